"""What is in force at an instant: the configuration, and who stands where.

Read once a transaction; the parsed configuration and the seats' versions are kept by what was
applied, since neither ever changes.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from setflow import definitions
from setflow.db import Db, Tx
from setflow.definitions import Configuration
from setflow.errors import Refused
from setflow.escalation.spec import Target
from setflow.facts import Who
from setflow.rotation import rules as rotation
from setflow.rotation import store as rotations
from setflow.team import store as teams
from setflow.team.spec import Person

MOST_KEPT = 32
LOOK_BACK = timedelta(days=35)
"""Overrides that ended before are read for questions about the past alone."""

_configurations: dict[str, Configuration] = {}
_histories: dict[tuple[Db, int], "rotation.History"] = {}
_overrides: dict[Db, tuple[rotations.Stamp, tuple[rotation.Override, ...]]] = {}


@dataclass(frozen=True, slots=True)
class Present:
    """The configuration in force and the rotations with their overrides, as of `now`."""

    version: int
    configuration: Configuration
    history: rotation.History
    overrides: tuple[rotation.Override, ...]
    now: datetime
    _cache: dict[tuple[Target, datetime], tuple[str, ...]] = field(default_factory=dict, repr=False)

    def answering(self, target: Target, at: datetime | None = None) -> tuple[str, ...]:
        """Whom a ladder's target is, now or at an instant: names of people, nobody twice."""
        asked = target, at or self.now
        if asked not in self._cache:
            self._cache[asked] = self._answering(*asked)
        return self._cache[asked]

    def _answering(self, target: Target, at: datetime) -> tuple[str, ...]:
        match target.kind:
            case "seat":
                return rotation.answering(self.history, self.overrides, target.name, at)
            case "person":
                return (target.name,)
            case "group":
                return self.configuration.groups.get(target.name, ())
            case "team":
                team = self.configuration.teams.get(target.name)
                return tuple(dict.fromkeys((team.lead, *team.members))) if team else ()
            case _:
                return ()

    def holders(self, target: str, *, turn: str = "present") -> tuple[str, ...]:
        """This turn's people of a seat of every shift (or the next turn's), windows or not."""
        of = rotation.next_holders if turn == "next" else rotation.holders
        return of(self.history, self.overrides, target, self.now)

    def holders_at(self, target: str, instant: datetime) -> tuple[str, ...]:
        """The people who have the turn of a seat of every shift at an instant."""
        return rotation.holders(self.history, self.overrides, target, instant)

    def seats(self, name: str) -> tuple[str, ...]:
        """The seats of a rotation or a group target, or the seat itself; none if unknown."""
        return rotation.seats_of(self.history, name)

    def who(self, seat: str, at: datetime | None = None) -> rotation.Standing:
        """Who is on a seat, now or at an instant."""
        return rotation.who(self.history, self.overrides, seat, at or self.now)

    def seats_of_person(self, person: str) -> tuple[str, ...]:
        """The seats that a person holds or stands in for, now."""
        return tuple(
            seat
            for seat in self.history
            if person in (standing := self.who(seat)).people or person == standing.holder
        )

    def leads_of(self, person: str) -> tuple[str, ...]:
        """The leads, now, of the rotations in which somebody serves."""
        found = (
            lead
            for one in self.configuration.rotations.values()
            if one.lead and person in one.people()
            for lead in self.holders(one.lead)
        )
        return tuple(dict.fromkeys(found))

    def person(self, name: str) -> Person | None:
        """A person of the configuration by name; None for one who is no more in it."""
        return self.configuration.people.get(name)

    def named(self, name: str) -> Who:
        """A person as posts say them; one who left the configuration is said by name."""
        person = self.person(name)
        return Who(name, person.title, person.mattermost) if person else Who(name, name, "")

    def all_named(self, names: Iterable[str]) -> tuple[Who, ...]:
        """People as posts say them, in this order."""
        return tuple(self.named(name) for name in names)

    def zone_of(self, name: str) -> ZoneInfo:
        """A person's time zone, else the configuration's."""
        person = self.person(name)
        return (person.timezone if person else None) or self.configuration.zone

    def channel(self, use: str) -> str:
        """The channel for a use such as operations; the use's own name where none is set."""
        return self.configuration.channels.get(use, use)


def read(tx: Tx, now: datetime, *, since: datetime | None = None) -> Present:
    """What is in force at `now`. Raises Refused where nothing was applied yet.

    since  from when on stand-ins are asked about, where that is more than five weeks ago
    """
    found = maybe(tx, now, since=since)
    if found is None:
        raise Refused("Nothing is configured yet; run `setflow apply set.yaml` first.")
    return found


def maybe(tx: Tx, now: datetime, *, since: datetime | None = None) -> Present | None:
    """The same; None where nothing was applied yet."""
    newest = teams.newest(tx)
    if newest is None:
        return None
    version, digest = newest
    key = (tx.engine, version)
    if key not in _histories:
        _keep(_histories, key, _history(tx, version))
    overrides = _standing(tx, min(since or now, now - LOOK_BACK))
    return Present(version, _configuration(tx, version, digest), _histories[key], overrides, now)


def _standing(tx: Tx, ending_after: datetime) -> tuple[rotation.Override, ...]:
    stamp = rotations.override_stamp(tx, ending_after)
    kept = _overrides.get(tx.engine)
    if kept is None or kept[0] != stamp:
        kept = (stamp, rotations.standing_overrides(tx, ending_after))
        _keep(_overrides, tx.engine, kept)
    return kept[1]


def configuration(tx: Tx, version: int) -> Configuration:
    """The configuration that was applied as `version`."""
    return _configuration(tx, version, teams.digest(tx, version))


def _configuration(tx: Tx, version: int, digest: str) -> Configuration:
    if digest not in _configurations:
        applied = teams.read(tx, version)
        found = definitions.read(applied.text, applied.file, applied.playbooks)
        _keep(_configurations, digest, found)
    return _configurations[digest]


def _history(tx: Tx, newest: int) -> rotation.History:
    past = rotations.seat_history(tx, newest)
    texts = _configurations_of(tx, {item.version for item in past if item.version is not None})
    history: dict[str, list[rotation.Version]] = {}
    for item in past:
        definition = texts[item.version].rotations[item.rotation] if item.version else None
        history.setdefault(item.seat, []).append(rotation.Version(item.since, definition))
    now = configuration(tx, newest).rotations.values()
    order = dict.fromkeys([*(seat.name for one in now for seat in one.seats), *history])
    return {seat: rotation.Past(seat, history[seat]) for seat in order if seat in history}


def _configurations_of(tx: Tx, versions: Collection[int]) -> Mapping[int, Configuration]:
    return {version: configuration(tx, version) for version in versions}


def _keep(cache: dict, key: object, value: object) -> None:  # type: ignore[type-arg]
    while len(cache) >= MOST_KEPT:
        cache.pop(next(iter(cache)), None)
    cache[key] = value
