"""How the command line says things: instants with their weekday, tables, what a file holds."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from setflow.definitions import Configuration
from setflow.rotation.rules import Difference, Finding, Gap, Shift, Standing
from setflow.team.spec import Person
from setflow.views import Look

NOBODY = "nobody"
JOINED = timedelta(days=1)
"""Stretches of a day's work that are this close make one line."""

People = Mapping[str, Person]


def moment(at: datetime, zone: ZoneInfo) -> str:
    """An instant in a zone, such as `Wed 2 Dec 10:00`."""
    wall = at.astimezone(zone)
    return f"{wall:%a} {wall.day} {wall:%b %H:%M}"


def moment_in_full(at: datetime, zone: ZoneInfo) -> str:
    """An instant with its year and zone, such as `Wed 2 Dec 2026 10:00 (Europe/Berlin)`."""
    wall = at.astimezone(zone)
    return f"{wall:%a} {wall.day} {wall:%b %Y %H:%M} ({zone.key})"


def stretch(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """From one instant to another; the day of the second where it is another one."""
    wall = end.astimezone(zone)
    same = wall.date() == start.astimezone(zone).date()
    return f"{moment(start, zone)} – {f'{wall:%H:%M}' if same else moment(end, zone)}"


def titled(names: Sequence[str], people: People) -> str:
    """People as people call them, `nobody` for none."""
    return " and ".join(people[one].title if one in people else one for one in names) or NOBODY


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, their columns below one another."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def standing(rows: Iterable[Standing], people: People, zone: ZoneInfo) -> list[str]:
    """Who is on, one line a seat."""
    return table([(one.seat, *_standing(one, people, zone)) for one in rows])


def _standing(one: Standing, people: People, zone: ZoneInfo) -> tuple[str, str]:
    if one.people:
        until = f"until {moment(one.until, zone)}" if one.until else ""
        stands_in = ", stands in" if one.override else ""
        return titled(one.people, people) + stands_in, until
    holder = f"{titled([one.holder], people)} has the turn" if one.holder else ""
    back = f"next from {moment(one.until, zone)}" if one.until else ""
    return NOBODY, ", ".join(filter(None, (holder, back)))


def schedule(
    shifts: Sequence[Shift], gaps: Sequence[Gap], people: People, zone: ZoneInfo
) -> list[str]:
    """The shifts, one line each, by week; a gap stands where it falls."""
    rows = [(one.start, one.seat, one.end, titled(one.people, people)) for one in shifts]
    rows += [(one.start, one.seat, one.end, f"{NOBODY}  ← gap") for one in gaps]
    rows.sort()
    lines = table([(stretch(start, end, zone), seat, whom) for start, seat, end, whom in rows])
    return _by_week([start for start, *_ in rows], lines, zone)


def findings(look: Look) -> list[str]:
    """What was found, one line each, by week."""
    zone = look.configuration.zone
    found = sorted(look.found, key=lambda one: one.start)
    rows = [(stretch(one.start, one.end, zone), one.kind, look.said(one)) for one in found]
    return _by_week([one.start for one in found], table(rows) if rows else [], zone)


def tally(found: Iterable[Finding]) -> str:
    """How much was found, such as `3 findings: 1 gap, 2 away.`"""
    counts = Counter(one.kind for one in found)
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    return f"{counted(counts.total(), 'finding', 'findings')}: {kinds}."


def _by_week(starts: Iterable[datetime], lines: Iterable[str], zone: ZoneInfo) -> list[str]:
    weeks = groupby(zip(starts, lines, strict=True), key=lambda row: _week(row[0], zone))
    return [line for week, found in weeks for line in _under(week, [text for _, text in found])]


def _week(at: datetime, zone: ZoneInfo) -> str:
    day = at.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    return f"Week {monday:%V}, from {monday:%a} {monday.day} {monday:%b %Y}"


def _under(heading: str, lines: Iterable[str]) -> Iterator[str]:
    yield heading
    yield from (f"  {line}" for line in lines)
    yield ""


def differences(found: Sequence[Difference], people: People, zone: ZoneInfo) -> list[str]:
    """How it changes who is on, one line for each seat and stretch of days."""
    rows = []
    for one, last, count in _runs(found):
        instead = f"instead of {titled(one.before, people)}" if one.before else ""
        shifts = f"({count} shifts)" if count > 1 else ""
        said = stretch(one.start, last.end, zone)
        rows.append((said, one.seat, titled(one.after, people), f"{instead} {shifts}".strip()))
    return table(rows)


def _runs(found: Sequence[Difference]) -> list[tuple[Difference, Difference, int]]:
    """Differences of one seat that say the same on days in a row: the first, the last, how many."""
    newest: dict[str, int] = {}
    runs: list[tuple[Difference, Difference, int]] = []
    for one in found:
        index = newest.get(one.seat)
        if index is not None:
            first, last, count = runs[index]
            same = (first.before, first.after) == (one.before, one.after)
            if same and one.start - last.end <= JOINED:
                runs[index] = (first, one, count + 1)
                continue
        newest[one.seat] = len(runs)
        runs.append((one, one, 1))
    return runs


def contents(configuration: Configuration) -> str:
    """What a file holds, such as `36 people, 1 rotation, 2 ladders, 2 playbooks (5 tests)`."""
    tests = sum(len(one.tests) for one in configuration.playbooks.values())
    counts = (
        (len(configuration.people), "person", "people"),
        (len(configuration.teams), "team", "teams"),
        (len(configuration.rotations), "rotation", "rotations"),
        (len(configuration.ladders), "ladder", "ladders"),
        (len(configuration.heartbeats), "heartbeat", "heartbeats"),
        (len(configuration.playbooks), "playbook", "playbooks"),
    )
    said = ", ".join(counted(count, one, many) for count, one, many in counts if count)
    return f"{said} ({counted(tests, 'test', 'tests')})" if tests else said


def counted(count: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{count} {one if count == 1 else many}"
