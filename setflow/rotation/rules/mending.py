"""Overrides that make a schedule kept elsewhere say whom our seats say."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from setflow.rotation.rules.remote import (
    HALF_HOUR,
    Lines,
    On,
    StandIn,
    half_hour,
    people_at,
    pieces,
)

PREFIX = "setflow-"
"""What the aliases of our overrides begin with. Others are never touched."""

StandIns = Mapping[str, StandIn]
"""Overrides there, by alias."""

_At = Mapping[str, str]  # rotation → who is on


def is_own(alias: str) -> bool:
    """Whether an override there is one of ours."""
    return alias.startswith(PREFIX)


def without_own(
    final: Lines, base: Lines, overrides: StandIns, start: datetime, end: datetime
) -> dict[str, tuple[On, ...]]:
    """Who would be on there without our overrides, rotation by rotation.

    final, base  with all overrides, and with none
    """
    own = [one for alias, one in overrides.items() if is_own(alias)]
    others = [one for alias, one in overrides.items() if not is_own(alias)]
    found: dict[str, tuple[On, ...]] = {}
    for rotation, line in final.items():
        below = base.get(rotation, ())
        parts: list[On] = []
        for begin, finish in pieces([*line, *below, *own, *others], start, end):
            person = _person(line, begin)
            if _standing(own, rotation, begin) is not None:
                by = _standing(others, rotation, begin)
                person = _person(below, begin) if by is None else by
            parts += [On(person, begin, finish)] if person else []
        found[rotation] = tuple(_joined(parts))
    return found


def mended(lines: Lines, own: Iterable[StandIn], start: datetime, end: datetime) -> list[On]:
    """Who is on there once our overrides hold."""
    overrides = list(own)
    found: list[On] = []
    for rotation, line in lines.items():
        for begin, finish in pieces([*line, *overrides], start, end):
            by = _standing(overrides, rotation, begin)
            person = _person(line, begin) if by is None else by
            found += [On(person, begin, finish)] if person else []
    return found


def mend(
    lines: Lines,
    here: Sequence[On],
    kept: StandIns,
    name: str,
    *,
    able: Collection[str],
    within: tuple[datetime, datetime],
) -> dict[str, StandIn]:
    """Our overrides as they should be, by alias: those of `kept` that are right stay as they are.

    Each is of one rotation.
    lines  who would be on there without them
    here   who is on here; where that is nobody theirs is left alone, as it is for somebody who is
           not among those `able` to be on there
    name   what aliases are made of
    within  from when to when; one that has begun before and is wrong ends there: what was stays
    What is over by then is left out.
    """
    start, end = within
    live = {alias: one for alias, one in kept.items() if one.end > start}
    every = [one for line in lines.values() for one in line]
    parts: dict[str, list[On]] = {rotation: [] for rotation in lines}
    for begin, finish in pieces([*every, *here, *live.values()], start, end):
        wanted = people_at(here, begin)
        if set(wanted) <= set(able):
            below = {rotation: _person(line, begin) for rotation, line in lines.items()}
            own = {rotation: _standing(live.values(), rotation, begin) for rotation in lines}
            held = {rotation: person for rotation, person in own.items() if person is not None}
            for rotation, person in _needed(wanted, below, held).items():
                parts[rotation].append(On(person, begin, finish))
    return _named(parts, live, name, start)


def changed(kept: StandIns, wanted: StandIns, start: datetime) -> list[str]:
    """The aliases of those to be taken away, then those to be changed, then those to be made."""
    gone = [alias for alias, one in kept.items() if one.end > start and alias not in wanted]
    other = [alias for alias in wanted if kept.get(alias) != wanted[alias]]
    return [*gone, *sorted(other, key=lambda alias: alias not in kept)]


def _needed(wanted: Sequence[str], below: _At, own: _At) -> _At:
    """Who is to stand in at an instant, by rotation."""
    if not wanted:
        return {}
    if set(filter(None, {**below, **own}.values())) == set(wanted):
        return own
    missing = [person for person in wanted if person not in below.values()]
    first: dict[str, str] = {}
    for rotation, person in below.items():
        first.setdefault(person, rotation)
    wrong = [rotation for rotation, person in below.items() if person and person not in wanted]
    empty = [rotation for rotation, person in below.items() if not person]
    twice = [
        rotation
        for rotation, person in below.items()
        if person in wanted and first[person] != rotation
    ]
    found = dict(zip([*wrong, *empty, *twice], missing, strict=False))
    return {**dict.fromkeys(wrong, wanted[0]), **found}


def _named(
    parts: Mapping[str, Sequence[On]], live: StandIns, name: str, start: datetime
) -> dict[str, StandIn]:
    """One override for each stretch and rotation, at full and half hours."""
    found: dict[str, StandIn] = {}
    for rotation, line in parts.items():
        for one in _joined(line):
            begin = half_hour(one.start)
            alias = f"{PREFIX}{name}-{begin:%Y%m%dT%H%M}-{rotation[:8]}"
            same = [
                (known, old.start)
                for known, old in live.items()
                if (old.person, old.rotations) == (one.person, (rotation,))
                and (old.start == begin or old.start < begin == start)
            ]
            if same or one.end - one.start >= HALF_HOUR:
                alias, begin = same[0] if same else (alias, begin)
                found[alias] = StandIn(one.person, begin, half_hour(one.end), (rotation,))
    for alias, old in live.items():
        if alias not in found and old.start < start:
            found[alias] = old._replace(end=start)
    return found


def _person(line: Iterable[On], when: datetime) -> str:
    return next((one.person for one in line if one.start <= when < one.end), "")


def _standing(overrides: Iterable[StandIn], rotation: str, when: datetime) -> str | None:
    """Who stands in at an instant, "" for nobody; None where there is no override."""
    return next((one.person for one in overrides if one.covers(rotation, when)), None)


def _joined(line: Iterable[On]) -> list[On]:
    """With those that touch and are of one person made one."""
    found: list[On] = []
    for one in line:
        if found and (found[-1].person, found[-1].end) == (one.person, one.start):
            one = found.pop()._replace(end=one.end)
        found.append(one)
    return found
