"""Seats over time, overrides, and the answers given about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from setflow.rotation.rules.past import Past


@dataclass(frozen=True, slots=True)
class Override:
    """`person` stands in on `seat` from `start` to `end`, as far as its hours are open.

    seat  or a crew's `set.primary` or `set.backup`: each of its shifts. Created later wins
    """

    id: int
    seat: str
    person: str
    start: datetime
    end: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Absence:
    """`person` cannot serve from `start` to `end`; or, with kind `rather-not`, would rather not.

    reason  for themselves, leads and admins alone
    uid     of the event in a calendar feed that said so, None where somebody did
    """

    id: int
    person: str
    start: datetime
    end: datetime
    kind: Literal["away", "rather-not"] = "away"
    reason: str = ""
    uid: str | None = None


History = Mapping[str, Past]
"""Of every seat its versions. Seats of several rotations may stand in one."""


@dataclass(frozen=True, slots=True)
class Turn:
    """`holder` has turn `number` of `seat`, counted from 0, whether its hours are open or not."""

    seat: str
    holder: str
    start: datetime
    end: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is on a seat at an instant.

    people        who is on; empty for nobody
    holder        who has the turn, on or not; None where nobody has
    since, until  the whole of the present shift; with nobody on None, and the next filling or None
    override      whether a stand-in is on
    """

    seat: str
    people: tuple[str, ...]
    holder: str | None
    since: datetime | None
    until: datetime | None
    override: bool


class Shift(NamedTuple):
    """A turn cut by hours and overrides.

    turn  its number; it goes on where a new definition counts from another start
    part  which of the turn's shifts, as `[a-z0-9.-]+`

    Of a seat no two shifts have both in common. A shift keeps them when somebody else takes it,
    and when hours, handoff or start move it by less than half a turn.
    """

    seat: str
    people: tuple[str, ...]
    start: datetime
    end: datetime
    override: bool
    turn: int = 0
    part: str = "0"


class Duty(NamedTuple):
    """What people call their week: all of a turn's shifts that one person has without a break.

    start, end    the first opening and the last closing
    override      they stand in; then it goes on over turns
    number, part  the `turn` and `part` of its first shift
    """

    seat: str
    person: str
    start: datetime
    end: datetime
    override: bool
    number: int
    part: str


@dataclass(frozen=True, slots=True)
class Gap:
    """The seat's hours are open, and nobody is on."""

    seat: str
    start: datetime
    end: datetime


class Difference(NamedTuple):
    """A stretch in which other people are on than before."""

    seat: str
    start: datetime
    end: datetime
    before: tuple[str, ...]
    after: tuple[str, ...]
