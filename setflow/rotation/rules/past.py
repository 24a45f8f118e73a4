"""What a seat was defined as over time, and the eras that this makes, counted once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import NamedTuple, Self

from setflow.calendar import Turns
from setflow.rotation.spec import Rotation, Seat

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Version:
    """From `since` on (None: always) a seat is as `rotation` has it; None: it is gone."""

    since: datetime | None
    rotation: Rotation | None


class Count(NamedTuple):
    """How one layer's turns are counted on from those of the era before.

    more   to be added to a turn's own number
    used   the highest that was given before
    again  what tells the parts of a turn up to that one from those that had its number before
    fresh  the same for later turns
    """

    more: int
    used: int
    again: str
    fresh: str


class Era(NamedTuple):
    """A seat is `place` all along, None before there was one and after it is gone.

    staffed_before  somebody had a turn of it in an earlier era: being empty now is a gap
    counts          one for each layer of `place`
    """

    begin: datetime
    end: datetime
    place: Seat | None
    staffed_before: bool
    counts: tuple[Count, ...]


class Past(tuple[Version, ...]):
    """The versions of one seat, the oldest first; a part of them is a plain tuple.

    What follows from them is found when first asked for, and kept.
    """

    _seat: str

    def __new__(cls, seat: str, versions: Iterable[Version]) -> Self:
        """Those of the seat of that name."""
        made = super().__new__(cls, versions)
        made._seat = seat
        return made

    @cached_property
    def eras(self) -> tuple[Era, ...]:
        """From the first instant of the first version to the last there is, in order."""
        found: list[Era] = []
        for index, version in enumerate(self):
            end = since_of(self[index + 1]) if index + 1 < len(self) else LAST
            place = version.rotation.seat(self._seat) if version.rotation else None
            last = found[-1] if found else None
            if last and last.place == place:
                found[-1] = last._replace(end=end)
            elif since_of(version) < end:
                begin = since_of(version)
                found.append(Era(begin, end, place, _staffed(last), _counts(found, place, begin)))
        return tuple(found)

    @cached_property
    def definitions(self) -> tuple[Version, ...]:
        """Those in which there is a rotation; of several that begin at one instant the first."""
        own = (version for version in self if version.rotation)
        return tuple(next(same) for _, same in groupby(own, key=since_of))

    @cached_property
    def names(self) -> frozenset[str]:
        """All that overrides may have called the seat, ever."""
        places = (version.rotation.seat(self._seat) for version in self if version.rotation)
        return frozenset(name for place in places if place for name in place.names)


def since_of(version: Version) -> datetime:
    """When a version begins."""
    return version.since or FIRST


def anchor_of(place: Seat) -> datetime:
    """When the first turn of the first layer begins."""
    return min(layer.turns.begin(0) for layer in place.layers)


def _counts(past: Sequence[Era], place: Seat | None, begin: datetime) -> tuple[Count, ...]:
    last = next((era for era in reversed(past) if era.place), None)
    found: list[Count] = []
    for level, layer in enumerate(place.layers if place else ()):
        name = f".l{level}" if level else ""
        again = f"{name}.v{len(past)}"
        if last is None or last.place is None:
            found.append(Count(0, 0, name, name))
        elif level >= len(last.counts):
            found.append(Count(0, 0, again, again))
        else:
            before, old = last.counts[level], last.place.layers[level].turns
            more, used = _going_on(old, layer.turns, begin)
            used = max(before.used, used + before.more)
            found.append(Count(more + before.more, used, again, before.fresh))
    return tuple(found)


def _going_on(old: Turns, new: Turns, when: datetime) -> tuple[int, int]:
    """What to add to the numbers of `new` so that they go on from `old`, and the last of `old`."""
    # Turns of both that begin at about the same time are the same one, moved.
    near = _nearest(old, when)
    return near - _nearest(new, old.begin(near)), old.number(when - INSTANT)


def _nearest(turns: Turns, when: datetime) -> int:
    """The turn that begins nearest to an instant."""
    number = turns.number(when)
    begin, end = turns.begin(number), turns.begin(number + 1)
    return turns.number(end) if end - when < when - begin else number


def _staffed(era: Era | None) -> bool:
    """Whether somebody had a turn by the end of the era."""
    return bool(era and era.place and (era.staffed_before or anchor_of(era.place) < era.end))
