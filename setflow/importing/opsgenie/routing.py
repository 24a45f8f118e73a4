"""Routing rules of OpsGenie's teams, as routes."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from setflow.calendar import zone
from setflow.importing.ladders import Way
from setflow.importing.opsgenie.criteria import condition, of_team
from setflow.importing.opsgenie.escalations import ALONE, Ladders
from setflow.importing.values import Found, Raw, home, mapping, plain, text


class Routing:
    """Reads them, once the escalations were. `schedules` are the titles of those by id."""

    def __init__(
        self, found: Found, ladders: Ladders, teams: Mapping[str, Raw], schedules: Mapping[str, str]
    ) -> None:
        self.found, self.ladders, self.teams, self.schedules = found, ladders, teams, schedules
        self.home = ZoneInfo(home(found))

    def read(self, routing: Mapping[str, list[Raw]]) -> None:
        """Add the routes to what was found; the rules of each team come in their order."""
        ways: list[Way] = []
        for key, rules in routing.items():
            ways += self._team(key, rules, alone=len(routing) == 1)
        last = ways[0].escalation if ways else next((e.id for e in self.found.escalations), "")
        if ways and ways[-1].when is None:
            self.found.ways += ways
        elif ways or len(self.found.escalations) > 1:
            title = next(one.title for one in self.found.escalations if one.id == last)
            self.found.leave(
                f'No routing rule is of every alert; what none takes goes to "{title}" here. Where '
                "a team's monitors have a key of their own, write its `source:` into the routes."
            )
            self.found.ways += [*ways, Way("", None, last)]

    def _team(self, key: str, rules: list[Raw], *, alone: bool) -> list[Way]:
        title = plain(self.teams.get(key, {}).get("name")) or key
        ways: list[Way] = []
        for rule in rules:
            called = plain(rule.get("name")) or "default"
            of = f'Routing rule "{called}" of team "{title}"'
            target = self._target(of, mapping(rule.get("notify")))
            try:
                when = condition(rule, self._zone(of, rule), self.home)
            except ValueError as error:
                self.found.leave(f"{of} is not carried over: {error}.")
                continue
            if not target:
                continue
            parts = [*([] if alone else [of_team(title)]), *([when] if when else [])]
            whole = " && ".join(f"({one})" if len(parts) > 1 else one for one in parts)
            ways.append(Way(f'team "{title}", rule "{called}"', whole or None, target))
            if not when:
                break
        return ways

    def _zone(self, of: str, rule: Raw) -> ZoneInfo:
        given = text(rule, "timezone")
        if not given and mapping(rule.get("timeRestriction")):
            self.found.leave(
                f"{of} has the account's time zone, which was not given; it was read as "
                f"{self.home.key}."
            )
        return zone(given) if given else self.home

    def _target(self, of: str, notify: Raw) -> str:
        """The id of the escalation, "" and said where there is none."""
        key, kind = text(notify, "id"), text(notify, "type")
        carried = {one.id for one in self.found.escalations}
        if kind == "escalation" and key in carried:
            return key
        if kind == "schedule" and key in self.schedules:
            if f"{ALONE}{key}" not in carried:
                self.found.escalations.append(self.ladders.alone(key, self.schedules[key]))
            return f"{ALONE}{key}"
        whom = f"the {plain(kind)} {plain(notify.get('name')) or key}" if key else "nobody"
        self.found.leave(
            f"{of} goes to {whom.strip()}, which there is no ladder for; such alerts take the next "
            "route."
        )
        return ""
