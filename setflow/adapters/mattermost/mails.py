"""A mail as it is shown below the post of its alert. Pure."""

from setflow.adapters.mattermost.post import Pen, Post
from setflow.adapters.mattermost.text import escape, escape_lines, listed, mention, when
from setflow.facts import MailFacts

FILES_NAMED = 5


def mail_post(mail: MailFacts, pen: Pen) -> Post:
    """Who wrote when, and what; whoever has the alert is notified."""
    name = f"{escape(mail.name)} ({escape(mail.sender)})" if mail.name else escape(mail.sender)
    at = when(mail.at, mail.zone, now=pen.now)
    called = (mail.owner,) if mail.owner else ()
    call = f"{mention(called)} — " if called else ""
    body = escape_lines(mail.text) or "The mail has no text."
    files = listed((escape(one, 60) for one in mail.files), FILES_NAMED)
    lost = f"\nNot kept: {files}. Ask for it if you need it." if files else ""
    return pen.post(f"{call}{name} wrote {at}:\n{body}{lost}", mentions=called)
