"""Contact methods in words: the test page, and what their owners are told. Pure."""

from setflow.adapters.mattermost.post import Pen, Post
from setflow.adapters.mattermost.text import escape, listed
from setflow.facts import ContactFacts, ContactTestFacts


def test_text(test: ContactTestFacts, code: str, link: str) -> tuple[str, str]:
    """Title and body of a test page, plain and short enough for a text message."""
    again = "A repeat: it may have reached you before. " if test.again else ""
    return (
        "Test by setflow",
        f"{again}Your code is {code}, good for 15 min: /set contact verify {code}, or {link}",
    )


def contact_post(told: ContactFacts, pen: Pen) -> Post:
    """Which methods do not count yet, and how to verify them."""
    names = [escape(via) for via in told.unverified]
    one = len(names) == 1
    return pen.post(
        f"**Verify your {listed(names)}**: {'it is' if one else 'they are'} used for pages, but "
        "counted on only once a test page has reached you. Until then the next way to reach you "
        f"is used beside {'it' if one else 'them'}. `/set contact test {told.unverified[0]}` "
        "sends you one."
    )
