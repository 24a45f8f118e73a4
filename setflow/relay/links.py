"""Addresses at which pages and test pages are answered."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from setflow import signature, views
from setflow.effects import PagePerson, ShowDigest
from setflow.facts import ContactTestFacts


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses at which pages are answered, signed with `secret`."""

    secret: bytes = field(repr=False)
    callback_url: str

    def page(self, page: PagePerson, now: datetime) -> str:
        """Where a page's alert can be acknowledged."""
        return f"{self.callback_url}/a/{views.page_token(self.secret, page, now)}"

    def digest(self, digest: ShowDigest, now: datetime) -> str:
        """Where all of a digest can be acknowledged."""
        return f"{self.callback_url}/d/{views.digest_token(self.secret, digest, now)}"

    def test(self, test: ContactTestFacts) -> tuple[str, str]:
        """The code of a test page, and where it is confirmed."""
        code = views.test_code(partial(signature.sign, self.secret), test)
        return code, f"{self.callback_url}/c/{views.test_token(self.secret, test)}"
