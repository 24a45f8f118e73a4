"""The words of a command, read from the left: seats, people, stretches of time."""

from collections.abc import Sequence
from datetime import datetime

from setflow import present, views
from setflow.adapters.mattermost.spans import EXAMPLES, Span, said, span_of
from setflow.adapters.mattermost.standins import LONGEST_NOTE
from setflow.adapters.mattermost.text import escape, listed
from setflow.db import Tx
from setflow.document import suggestion
from setflow.errors import Refused
from setflow.facts import Change
from setflow.web.caller import Caller

_BEFORE_SOMEBODY = ("ask", "by", "to", "with")


class Words:
    """What is left of a command; what was understood is taken from it."""

    def __init__(self, tx: Tx, caller: Caller, arguments: Sequence[str]) -> None:
        self.tx, self.caller, self.now = tx, caller, caller.now
        self.here = present.read(tx, caller.now)
        self.zone = self.here.zone_of(caller.name)
        self.text = " ".join(" ".join(arguments).split())

    def word(self, *known: str) -> str:
        """The next word where it is one of these, in lower case; else ""."""
        head, _, rest = self.text.partition(" ")
        if head.lower() not in known:
            return ""
        self.text = rest
        return head.lower()

    def seat(self) -> str:
        """The seat that comes next, "" for none; raises Refused for one that there is not."""
        head, _, rest = self.text.partition(" ")
        rotations = self.here.configuration.rotations
        names = [name for one in rotations.values() for seat in one.seats for name in seat.names]
        if head.lower() in names:
            self.text = rest
            return head.lower()
        rotation, _, more = head.lower().partition(".")
        if rotation in rotations and (more or not rest):
            hint = suggestion(head.lower(), names) or f"; there is {listed(dict.fromkeys(names))}"
            raise Refused(f"There is no seat {escape(head, 60)}{hint}.")
        return ""

    def person(self, *, bare: bool = False) -> str:
        """The @person that comes next, "" for none; `bare` where the @ may be left out.

        Raises Refused for one whom setflow does not know.
        """
        head, _, rest = self.text.partition(" ")
        if head.lower() in _BEFORE_SOMEBODY and rest.startswith("@"):
            head, _, rest = rest.partition(" ")
        if not head or not (bare or head.startswith("@")):
            return ""
        username = head.removeprefix("@").rstrip(",:")
        found = views.person_of(self.tx, username, now=self.now) or self.here.person(username)
        if found is None and username.lower() == "me":
            found = self.caller.person
        if found is None:
            hint = suggestion(username, list(self.here.configuration.people))
            raise Refused(
                f"{escape(username, 60)} is not among the people that setflow knows{hint}; an "
                "admin can add them to the configuration file and apply it."
            )
        self.text = rest
        return found.name

    def span(self) -> Span | None:
        """The stretch of time that comes next, None for none. Raises Refused for a wrong one."""
        try:
            found, self.text = span_of(self.text, self.zone, now=self.now)
        except ValueError as error:
            raise Refused(f"{error}. Write FROM and TO as {EXAMPLES}.") from None
        return found

    def comes_time(self) -> bool:
        """Whether a time comes next."""
        try:
            return span_of(self.text, self.zone, now=self.now)[0] is not None
        except ValueError:
            return True

    def left(self) -> str:
        """What is left, as words for people. Raises Refused for what looks like a time."""
        if self.text[:1].isdigit():
            raise self.no_time()
        if self.text.startswith("@"):
            raise Refused("Name one person; with nobody named, everybody in the channel is asked.")
        if len(self.text) > LONGEST_NOTE:
            raise Refused(f"That is too long: say it in {LONGEST_NOTE} characters.")
        return self.text

    def no_time(self) -> Refused:
        """That what comes next is no time."""
        return Refused(
            f"“{escape(self.text, 40)}” is no time that I know. Write FROM and TO as {EXAMPLES}."
        )

    def title(self, name: str) -> str:
        """A person as the caller is told of them."""
        return "you" if name == self.caller.name else escape(self.here.named(name).title)

    def at(self, start: datetime, end: datetime) -> str:
        """A stretch of time in the caller's zone."""
        return said(start, end, self.zone, now=self.now)

    def duties(self, person: str, seat: str, span: Span | None) -> Sequence[Change]:
        """The duties of a person in a stretch, else those to come; raises Refused for none."""
        start, end = (span.start, span.end) if span else (None, None)
        found = views.duties_of(self.tx, person, now=self.now, start=start, end=end)
        seats = self.here.seats(seat) if seat else ()
        found = [one for one in found if not seat or one.seat in seats]
        if not found:
            verb = "have" if person == self.caller.name else "has"
            whose = self.title(person)
            then = f", {self.at(span.start, span.end)}" if span else " in the next eight weeks"
            what = f"are not on as {views.seat_label(seat)}" if seat else f"{verb} no duty"
            if seat and person != self.caller.name:
                what = what.replace("are not", "is not", 1)
            raise Refused(f"{whose[:1].upper()}{whose[1:]} {what}{then}; `/set who` says who is.")
        return found
