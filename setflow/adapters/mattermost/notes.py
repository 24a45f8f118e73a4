"""Notes that come in by the API, below the post of their alert. Pure."""

from setflow.adapters.mattermost.post import Pen, Post
from setflow.adapters.mattermost.text import escape, escape_lines
from setflow.facts import NoteFacts

LONGEST = 2_000


def note_post(note: NoteFacts, pen: Pen) -> Post:
    """What somebody noted, and who it was."""
    return pen.post(f"**{escape(note.by.title)}** noted: {escape_lines(note.text[:LONGEST])}")
