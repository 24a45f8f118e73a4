"""The documents of OpsGenie and JSM Operations sorted by their shape, then read."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from setflow.importing.opsgenie.escalations import Ladders
from setflow.importing.opsgenie.people import contacts
from setflow.importing.opsgenie.routing import Routing
from setflow.importing.opsgenie.schedules import Schedules
from setflow.importing.opsgenie.watches import beats, pauses
from setflow.importing.values import Found, Raw, instant, mapping, rows, text

_OPENED = ("data", "values", "heartbeats", "platformTeams")


class Desk:
    """Those of one account; what is over at `now` is left out."""

    def __init__(self, now: datetime) -> None:
        self._now, self._found = now, Found()
        self._schedules = Schedules(now, self._found)
        self._teams: dict[str, Raw] = {}
        self._escalations: dict[str, Raw] = {}
        self._routing: dict[str, list[Raw]] = {}
        self._rules: list[tuple[str, Raw]] = []
        self._told: list[tuple[str, Raw]] = []
        self._beats: list[Raw] = []
        self._pauses: list[Raw] = []
        self._integrations: dict[str, Raw] = {}
        self._others = 0

    def take(self, name: str, document: Any) -> None:
        """Sort one document by its shape; lists and envelopes are opened."""
        if isinstance(document, list):
            for one in document:
                self.take(name, one)
        elif isinstance(document, Mapping):
            inner = next((document[key] for key in _OPENED if key in document), None)
            if isinstance(inner, list | Mapping):
                self.take(name, inner)
            else:
                self._sort(name, document)

    def found(self) -> Found:
        """All of it. People of whom there is no document are added as the schedules have them."""
        found = self._found
        self._schedules.read()
        self._assigned()
        self._ladders()
        found.beats += beats(self._beats, found)
        found.pauses += pauses(self._pauses, self._integrations, found, self._now)
        for person in found.people.values():
            if not person.name and not person.email:
                found.leave(
                    f"Who the account {person.id} belongs to is not known; give that person in the "
                    "file a name and an address."
                )
        if self._others:
            found.leave(
                "Policies, custom roles and the like are no part of this "
                f"({self._others} of them were given)."
            )
        if self._integrations:
            names = ", ".join(sorted(text(one, "name") for one in self._integrations.values()))
            found.leave(
                f"Monitors that reach OpsGenie by an integration are to be pointed here: {names}."
            )
        return found

    def _ladders(self) -> None:
        found = self._found
        carried = {
            one.id: min(len(set(part.layers[0].people)) for part in one.rotations)
            for one in found.schedules
            if one.rotations
        }
        ladders = Ladders(
            found,
            self._schedules.person,
            escalations=self._escalations,
            teams=self._teams,
            routing={key: _ordered(rules) for key, rules in self._routing.items()},
            schedules=carried,
        )
        found.squads += ladders.squads()
        for key in self._escalations:
            if one := ladders.escalation(key):
                found.escalations.append(one)
        titles = {one.id: one.title for one in found.schedules}
        routing = Routing(found, ladders, self._teams, titles)
        routing.read({key: _ordered(rules) for key, rules in self._routing.items()})

    def _sort(self, name: str, one: Raw) -> None:
        for fits, sort in _SHAPES:
            if fits(one):
                sort(self, name, one)
                return
        if not self._schedules.user(one):
            self._others += 1

    def _refused(self, _: str, one: Raw) -> None:
        self._found.leave(f"The key may not read {one[_REFUSED]}, so that none of it is here.")

    def _whole_schedule(self, name: str, one: Raw) -> None:
        """As the backup tool writes it."""
        self._sort(name, one["schedule"])
        where = text(one["schedule"], "id")
        parts = rows(one.get("scheduleOverrideList"))
        self._schedules.overrides += [(where, part) for part in parts]

    def _whole_team(self, _: str, one: Raw) -> None:
        """As the backup tool writes it."""
        self._team("", one["team"])
        key = text(one["team"], "id")
        for rule in rows(one.get("teamRoutingRules")):
            self._routing.setdefault(key, []).append(rule)

    def _whole_user(self, name: str, one: Raw) -> None:
        """As the backup tool writes it, or with the rules that were asked for one by one."""
        key = self._schedules.user(one["user"])
        for part in one.values():
            for rule in rows(part):
                self._told.append((key or name, rule))

    def _team(self, _: str, one: Raw) -> None:
        key = text(one, "id", "teamId")
        named = {"id": key, "name": text(one, "name", "teamName")}
        # A list says less of a team than its own answer.
        self._teams[key] = {**self._teams.get(key, {}), **one, **named}

    def _routing_rule(self, name: str, one: Raw) -> None:
        self._rules.append((name, one))

    def _notification(self, name: str, one: Raw) -> None:
        self._told.append((name, one))

    def _assigned(self) -> None:
        """What stands in documents of its own, given to the team or user of the document's name."""
        for name, one in self._rules:
            key = next((team for team in self._teams if team in name), "")
            if not key and len(self._teams) == 1:
                (key,) = self._teams
            self._routing.setdefault(key, []).append(one)
        for name, one in self._told:
            self._reached(name, one)

    def _reached(self, name: str, one: Raw) -> None:
        if "actionType" in (rule := mapping(one.get("notificationRule")) or one):
            listed = [part for value in one.values() for part in rows(value) if "contact" in part]
            whole = {**rule, "steps": rows(rule.get("steps")) or listed}
            contacts(self._found, name, whole)

    def _escalation(self, _: str, one: Raw) -> None:
        self._escalations[text(one, "id")] = one

    def _schedule(self, _: str, one: Raw) -> None:
        self._schedules.raw[text(one, "id")] = one

    def _timeline(self, name: str, one: Raw) -> None:
        self._schedules.timelines.append((name, one))

    def _override(self, name: str, one: Raw) -> None:
        self._schedules.overrides.append((name, one))

    def _forward(self, _: str, one: Raw) -> None:
        until = instant(one.get("endDate"))
        if until is None or until > self._now:
            self._schedules.forwards.append(one)

    def _beat(self, _: str, one: Raw) -> None:
        self._beats.append(one)

    def _pause(self, _: str, one: Raw) -> None:
        self._pauses.append(one)

    def _integration(self, _: str, one: Raw) -> None:
        self._integrations[text(one, "id")] = one


def _ordered(rules: list[Raw]) -> list[Raw]:
    """As they are tried: the default comes last."""

    def place(rule: Raw) -> tuple[bool, int]:
        order = rule.get("order")
        return rule.get("isDefault") is True, order if isinstance(order, int) else 0

    return sorted(rules, key=place)


def _is_escalation(one: Raw) -> bool:
    return any("delay" in rule and "recipient" in rule for rule in rows(one.get("rules")))


def _is_team(one: Raw) -> bool:
    return "teamName" in one or isinstance(one.get("members"), list)


def _is_integration(one: Raw) -> bool:
    return {"name", "type", "enabled", "id"} <= set(one) and "rotations" not in one


_REFUSED = "refused"

_SHAPES: tuple[tuple[Callable[[Raw], bool], Callable[[Desk, str, Raw], None]], ...] = (
    (lambda one: _REFUSED in one, Desk._refused),
    (lambda one: isinstance(one.get("schedule"), Mapping), Desk._whole_schedule),
    (lambda one: isinstance(one.get("team"), Mapping), Desk._whole_team),
    (lambda one: "finalTimeline" in one, Desk._timeline),
    (lambda one: "timezone" in one and "rotations" in one, Desk._schedule),
    (lambda one: "fromUser" in one and "toUser" in one, Desk._forward),
    (lambda one: "startDate" in one and ("user" in one or "responder" in one), Desk._override),
    (lambda one: isinstance(one.get("user"), Mapping), Desk._whole_user),
    (lambda one: "notify" in one, Desk._routing_rule),
    (lambda one: "actionType" in one, Desk._notification),
    (lambda one: "intervalUnit" in one, Desk._beat),
    (lambda one: "type" in mapping(one.get("time")), Desk._pause),
    (_is_escalation, Desk._escalation),
    (_is_team, Desk._team),
    (_is_integration, Desk._integration),
)
