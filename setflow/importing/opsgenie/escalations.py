"""Escalations and teams of OpsGenie and JSM Operations, as the ladders that they become.

After the schemas Escalation, Team and TeamRoutingRule of OpsGenie's OpenAPI document. Delays count
from the start of an escalation.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from setflow.importing.ladders import Aim, Escalation, Rule, Squad
from setflow.importing.values import Found, Raw, mapping, plain, rows, text

DEEPEST = 5
"""How many escalations may stand in one another, by the teams that they name."""
ALONE = "schedule:"
"""What the ids of ladders begin with that tell a schedule and nobody else."""

_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_HOW = {"next": "whoever is on next", "previous": "whoever was on before"}


class Ladders:
    """Reads them, of all that was given by id.

    person     the id of a person of a recipient, "" for none
    schedules  how many people each schedule that was carried over has in turn, at least
    """

    def __init__(
        self,
        found: Found,
        person: Callable[[Raw], str],
        *,
        escalations: Mapping[str, Raw],
        teams: Mapping[str, Raw],
        routing: Mapping[str, list[Raw]],
        schedules: Mapping[str, int],
    ) -> None:
        self.found, self._person = found, person
        self._escalations, self._teams, self._routing = escalations, teams, routing
        self._schedules = schedules

    def squads(self) -> Iterator[Squad]:
        """Teams with members."""
        for key, raw in self._teams.items():
            title = plain(raw.get("name")) or key
            members = [
                (role, person)
                for one in rows(raw.get("members"))
                for role in [text(one, "role")]
                if (person := self._person({"type": "user", **mapping(one.get("user"))}))
            ]
            if not members:
                self.found.leave(f'Team "{title}" has no member that is known; it was left out.')
                continue
            admins = [person for role, person in members if role == "admin"]
            if not admins:
                first = self.found.people[members[0][1]]
                self.found.leave(
                    f'Nobody leads team "{title}" there; here {first.name or first.email} does, '
                    "who is first in it."
                )
            people = tuple(dict.fromkeys([*admins, *(person for _, person in members)]))
            yield Squad(key, title, people)

    def escalation(self, key: str) -> Escalation | None:
        """The escalation of that id; None, and said, where nothing of it can be carried over."""
        raw = self._escalations[key]
        title = plain(raw.get("name")) or key
        of = f'Escalation "{title}"'
        rules = tuple(self._rules(of, raw, timedelta(0), (key,)))
        if not rules:
            self.found.leave(f"{of} tells nobody who is known, and was left out.")
            return None
        repeat = mapping(raw.get("repeat"))
        found = Escalation(
            key,
            title,
            rules,
            _number(repeat.get("count")) if _number(repeat.get("waitInterval")) else 0,
            timedelta(minutes=_number(repeat.get("waitInterval"))),
            text(mapping(raw.get("ownerTeam")), "id") or text(raw, "teamId"),
        )
        self._said(of, found, repeat)
        return found

    def alone(self, key: str, title: str) -> Escalation:
        """What tells a schedule and nobody else."""
        return Escalation(f"{ALONE}{key}", title, (Rule(timedelta(0), Aim("schedule", key)),))

    def _said(self, of: str, found: Escalation, repeat: Raw) -> None:
        if found.first:
            minutes = f"{found.first.total_seconds() / 60:g}"
            self.found.leave(
                f"{of} tells nobody in its first {minutes} minutes; its ladder begins at once."
            )
        if found.repeats + 1 > found.rounds:
            self.found.leave(f"{of} repeats {found.repeats} times; here it is {found.rounds - 1}.")
        if found.repeats and repeat.get("resetRecipientStates") is False:
            self.found.leave(
                f"{of} does not tell those again who have seen it; here each round tells everybody."
            )
        if repeat.get("closeAlertAfterAll") is True:
            self.found.leave(
                f"{of} closes the alert at its end; here its channel is reminded until somebody "
                "takes it."
            )

    def _rules(
        self, of: str, raw: Raw, after: timedelta, within: tuple[str, ...]
    ) -> Iterator[Rule]:
        """Those of an escalation, and of those that its teams send an alert to in turn."""
        for one in rows(raw.get("rules")):
            delay = after + self._delay(of, one.get("delay"))
            if text(one, "condition") == "if-not-closed":
                self.found.leave(
                    f"{of} has a rule that tells somebody until the alert is closed; here nobody "
                    "is told any more once it is acknowledged."
                )
            yield from self._recipient(of, one, delay, within)

    def _recipient(
        self, of: str, rule: Raw, delay: timedelta, within: tuple[str, ...]
    ) -> Iterator[Rule]:
        whom, how = mapping(rule.get("recipient")), text(rule, "notifyType") or "default"
        kind, key = text(whom, "type"), text(whom, "id")
        person = self._person({**whom, "type": "user"}) if kind == "user" else ""
        if person:
            yield Rule(delay, Aim("person", person))
        elif kind == "schedule" and key in self._schedules:
            yield Rule(delay, self._on(of, whom, how))
        elif kind == "team" and key in self._teams:
            yield from self._team(of, whom, how, delay, within)
        elif kind == "escalation" and key in self._escalations:
            yield from self._inner(of, key, delay, within)
        elif kind != "none":
            self.found.leave(
                f"{of} tells the {plain(kind) or 'recipient'} {_called(whom)}, which was not "
                "carried over; nobody is told in its place."
            )

    def _on(self, of: str, schedule: Raw, how: str) -> Aim:
        key = text(schedule, "id")
        if how == "next" and self._schedules[key] > 1:
            return Aim("next", key)
        if how in _HOW:
            self.found.leave(
                f"{of} tells {_HOW[how]} of the schedule {_called(schedule)}; here whoever is on "
                "at that moment is told."
            )
        return Aim("schedule", key)

    def _team(
        self, of: str, team: Raw, how: str, delay: timedelta, within: tuple[str, ...]
    ) -> Iterator[Rule]:
        key = text(team, "id")
        if how in ("all", "random"):
            if how == "random":
                self.found.leave(
                    f"{of} tells somebody of the team {_called(team)} at random; here they take "
                    "turns, where nobody else is told at the same time."
                )
            yield Rule(delay, Aim("team", key), turn=how == "random")
        elif how in ("users", "admins"):
            for member in rows(self._teams[key].get("members")):
                is_admin = text(member, "role") == "admin"
                person = self._person({"type": "user", **mapping(member.get("user"))})
                if person and is_admin == (how == "admins"):
                    yield Rule(delay, Aim("person", person))
        else:
            yield from self._routed(of, team, delay, within)

    def _routed(
        self, of: str, team: Raw, delay: timedelta, within: tuple[str, ...]
    ) -> Iterator[Rule]:
        """By the team's last routing rule, which is of every alert."""
        listed = self._routing.get(text(team, "id"), [])
        notify = mapping(listed[-1].get("notify")) if listed else {}
        key, kind = text(notify, "id"), text(notify, "type")
        if len(listed) > 1:
            self.found.leave(
                f"{of} goes to the team {_called(team)}, by its routing rules; here always by the "
                "last of them."
            )
        if kind == "schedule" and key in self._schedules:
            yield Rule(delay, Aim("schedule", key))
        elif kind == "escalation" and key in self._escalations:
            yield from self._inner(of, key, delay, within)
        else:
            self.found.leave(
                f"{of} goes to the team {_called(team)}, whose routing was not given; here the "
                "whole team is told."
            )
            yield Rule(delay, Aim("team", text(team, "id")))

    def _inner(
        self, of: str, key: str, delay: timedelta, within: tuple[str, ...]
    ) -> Iterator[Rule]:
        raw = self._escalations[key]
        if key in within or len(within) >= DEEPEST:
            self.found.leave(f"{of} comes round to {_called(raw)} again; here it does not.")
            return
        yield from self._rules(of, raw, delay, (*within, key))

    def _delay(self, of: str, given: object) -> timedelta:
        """Whole seconds; a bare number, as JSM Operations has it, is of minutes."""
        amount, unit = given, "minutes"
        if isinstance(given, Mapping):
            amount, unit = given.get("timeAmount"), text(given, "timeUnit") or "minutes"
        number = _number(amount)
        if unit not in _SECONDS:
            self.found.leave(f'{of} counts in "{plain(unit)}", which was read as no time at all.')
        return timedelta(seconds=number * _SECONDS.get(unit, 0))


def _number(given: object) -> int:
    return given if isinstance(given, int) and 0 < given < 1_000_000 else 0


def _called(raw: Raw) -> str:
    return f'"{plain(text(raw, "name", "username", "id"))}"'
