"""A playbook from its YAML. The shape of the file is that of DESIGN section 7."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from setflow.calendar import day
from setflow.document import Node, Reader
from setflow.due import DueRule, Duty, Nudge, Quiet, parse_due
from setflow.playbook.spec.values import (
    Action,
    Channel,
    Due,
    Example,
    Expected,
    Parameter,
    Phase,
    Playbook,
    Post,
    Role,
    Rule,
    Starts,
    Task,
    Trigger,
)
from setflow.playbook.spec.words import (
    Checks,
    Words,
    a_clock,
    a_span,
    a_wall_time,
    an_answer,
    circular,
    ids_in,
    listed,
)

SECTIONS = (
    *("playbook", "title", "owners", "timezone", "calendar", "roles", "parameters", "channel"),
    *("header", "triggers", "conflict", "attach", "ends", "updates", "phases", "rules"),
    *("finish", "tests"),
)
EVENTS = ("rotation.handoff", "slash", "ticket.changed")
RULE_EVENTS = ("task.overdue", "run.started", "phase.started")
SOURCES = ("owner", "crew", "support")

_START = DueRule("start", "start")
_DAILY = DueRule("each day 00:00", "each", day="day", at=time())
_NEVER = datetime(1, 1, 1)  # noqa: DTZ001  a wall time that stands for one that cannot be read


def read_playbook(node: Node, reader: Reader, *, version: str, checks: Checks) -> Playbook | None:
    """The playbook that a file says; None if it lacks a name or a zone.

    version  the digest of the file's text
    Every mistake is noted in `reader`.
    """
    keys = reader.mapping(node, SECTIONS, ("playbook", "title", "timezone", "roles", "phases"))
    if "playbook" not in keys or "timezone" not in keys:
        return None
    return _Reading(keys, reader, checks).playbook(version)


class _Reading(Words):
    """One reading of a whole playbook."""

    def playbook(self, version: str) -> Playbook:
        keys = self.keys
        self.unique()
        return Playbook(
            name=self.of(keys, "playbook", self.id, ""),
            version=version,
            title=self.of(keys, "title", self.template, ""),
            zone=self.zone,
            roles=self.of(keys, "roles", self.roles, {}),
            phases=self.of(keys, "phases", self.phases, ()),
            owners=self.targets(keys, "owners"),
            calendar=self.of(keys, "calendar", self.named("calendars"), ""),
            parameters=self.of(keys, "parameters", self.parameters, ()),
            channel=self.of(keys, "channel", self.channel, None),
            header=self.of(keys, "header", self.template, ""),
            triggers=self.each(keys, "triggers", self.trigger),
            conflict="refuse"
            if self.one_of(keys, "conflict", ("join", "refuse"), "") == "refuse"
            else "join",
            attach=bool(self.one_of(keys, "attach", ("playbooks_plugin",), "")),
            ends=bool(self.one_of(keys, "ends", ("turn.end",), "")),
            updates=self.of(keys, "updates", self.updates, None),
            rules=self.each(keys, "rules", self.rule),
            finish=self.of(keys, "finish", self.finish, ""),
            tests=self.each(keys, "tests", self.example),
        )

    def unique(self) -> None:
        given = {"phases": self.phase_ids, "tasks": self.task_ids}
        given |= {name: ids_in(listed(self.keys, name)) for name in ("triggers", "rules")}
        for name, ids in given.items():
            for twice in sorted({one for one in ids if ids.count(one) > 1}):
                place = self.keys["phases" if name == "tasks" else name]
                self.reader.fail(place, f'has two {name} with the id "{twice}"')

    # Roles, parameters, channel, triggers

    def roles(self, node: Node) -> dict[str, Role]:
        parts = self.reader.mapping(node)
        found = {name: self.one_role(name, part) for name, part in parts.items()}
        for name, part in parts.items():
            if circular(name, {one.name: [one.fallback] for one in found.values()}):
                self.reader.fail(part, "falls back on itself")
        return found

    def one_role(self, name: str, node: Node) -> Role:
        known = ("seat", "turn", "people", "ticket", "rebind", "fallback")
        keys = self.reader.mapping(node, known)
        self.exactly_one(node, keys, ("seat", "people", "ticket"))
        self.one_of(keys, "ticket", ("assignee",), "")
        if "turn" in keys and "seat" not in keys:
            self.reader.fail(keys["turn"], "belongs to a seat")
        turn = self.one_of(keys, "turn", ("present", "next"), "present")
        rebound = self.each(
            keys, "rebind", lambda part: self.reader.choice(part, ("handoff", "override"))
        )
        return Role(
            name,
            seat=self.of(keys, "seat", self.named("seats"), ""),
            turn="next" if turn == "next" else "present",
            people=self.each(keys, "people", self.target("person", "group")),
            rebind=rebound,
            fallback=self.of(keys, "fallback", self.role, ""),
        )

    def exactly_one(self, node: Node, keys: Mapping[str, Node], names: tuple[str, ...]) -> None:
        if len(keys.keys() & set(names)) != 1:
            self.reader.fail(node, f"should have one of {', '.join(names)}")

    def parameters(self, node: Node) -> tuple[Parameter, ...]:
        parts = self.reader.mapping(node)
        return tuple(self.parameter(name, part) for name, part in parts.items())

    def parameter(self, name: str, node: Node) -> Parameter:
        keys = self.reader.mapping(node, ("type", "required"), ("type",))
        kind = self.one_of(keys, "type", ("text", "ticket", "date"), "text")
        required = self.of(keys, "required", self.reader.boolean, otherwise=False)
        if name == "T" and (kind != "date" or not required):
            self.reader.fail(node, "is what due rules count from: {type: date, required: true}")
        return Parameter(name, kind, required)

    def channel(self, node: Node) -> Channel:
        keys = self.reader.mapping(node, ("use", "create", "invite"))
        self.exactly_one(node, keys, ("use", "create"))
        if "invite" in keys and "create" not in keys:
            self.reader.fail(keys["invite"], "belongs to a channel that is created")
        return Channel(
            use=self.of(keys, "use", self.named("channels"), ""),
            create=self.of(keys, "create", self.template, ""),
            invite=self.each(keys, "invite", self.role),
        )

    def trigger(self, node: Node) -> Trigger:
        known = ("id", "event", "with", "if", "dedupe", "allow")
        keys = self.reader.mapping(node, known, ("id", "event"))
        event = self.one_of(keys, "event", EVENTS, EVENTS[-1])
        own = {"rotation.handoff": ("rotation",), "slash": ("text", "rotation")}.get(event, ())
        if own and "with" not in keys:
            self.reader.fail(node, f'lacks "with" and in it "{own[0]}"')
        given = self.inside(keys, "with", (*own, *self.parameter_names), own[:1])
        filled = {name: part for name, part in given.items() if name not in own}
        return Trigger(
            id=self.of(keys, "id", self.id, ""),
            event=event,
            rotation=self.of(given, "rotation", self.named("rotations"), ""),
            text=self.of(given, "text", self.reader.text, "") if event == "slash" else "",
            parameters={name: self.template(part) for name, part in filled.items()},
            condition=self.of(keys, "if", self.condition, ""),
            dedupe=self.of(keys, "dedupe", self.template, ""),
            allow=self.targets(keys, "allow"),
        )

    # Phases and tasks

    def phases(self, node: Node) -> tuple[Phase, ...]:
        parts = self.reader.items(node)
        if isinstance(node.value, tuple) and not parts:
            self.reader.fail(node, "should have at least one phase")
        found = tuple(map(self.phase, parts))
        after = {phase.id: [phase.starts.after] for phase in found if phase.starts}
        needs = {task.id: task.needs for phase in found for task in phase.tasks}
        for phase, part in zip(found, parts, strict=True):
            if circular(phase.id, after):
                self.reader.fail(part, "waits for itself")
            for task in phase.tasks:
                if circular(task.id, needs):
                    self.reader.fail(part, f'has a task that needs itself: "{task.id}"')
        return found

    def phase(self, node: Node) -> Phase:
        known = ("id", "title", "tasks", "starts")
        keys = self.reader.mapping(node, known, known[:3])
        return Phase(
            id=self.of(keys, "id", self.id, ""),
            title=self.of(keys, "title", self.template, ""),
            tasks=self.each(keys, "tasks", self.one_task),
            starts=self.of(keys, "starts", self.starts, None),
        )

    def starts(self, node: Node) -> Starts:
        keys = self.reader.mapping(node, ("after", "or", "rule", "tz", "roll", "when"))
        self.exactly_one(node, keys, ("after", "rule", "when"))
        if "or" in keys and "after" not in keys:
            self.reader.fail(keys["or"], 'belongs to "after"')
        at = self.of(keys, "or", self.due, None)
        if "rule" in keys:
            at = self.rolled(keys)
        if at and at.tz == "assignee":
            self.reader.fail(node, "has no assignee; write tz: run, or a zone")
        after = self.of(
            keys,
            "after",
            lambda part: self.reader.name(part, self.phase_ids, "this playbook's phases"),
            "",
        )
        return Starts(after, at, self.of(keys, "when", self.condition, ""))

    def one_task(self, node: Node) -> Task:
        known = ("id", "title", "role", "due", "repeat", "needs", "action")
        keys = self.reader.mapping(node, known, known[:3])
        if "repeat" in keys and "action" in keys:
            self.reader.fail(keys["action"], "happens once, so its task cannot repeat")
        return Task(
            id=self.of(keys, "id", self.id, ""),
            title=self.of(keys, "title", self.template, ""),
            role=self.of(keys, "role", self.role, ""),
            due=self.of(keys, "due", self.due, None),
            repeat=self.of(keys, "repeat", self.repeating, None),
            needs=self.each(keys, "needs", self.task_name),
            action=self.of(keys, "action", self.action, None),
        )

    def due(self, node: Node) -> Due:
        """From text, or a mapping with rule, tz and roll."""
        if not isinstance(node.value, Mapping):
            return Due(self.once(node))
        return self.rolled(self.reader.mapping(node, ("rule", "tz", "roll"), ("rule",)))

    def rolled(self, keys: Mapping[str, Node]) -> Due:
        roll = self.one_of(keys, "roll", ("none", "back", "forward"), "none")
        return Due(
            self.of(keys, "rule", self.once, _START),
            self.of(keys, "tz", self.tz, "run"),
            "back" if roll == "back" else "forward" if roll == "forward" else "none",
        )

    def tz(self, node: Node) -> str:
        return self.reader.parsed(node, a_clock, "run")

    def once(self, node: Node) -> DueRule:
        rule = self.reader.parsed(node, parse_due, _START)
        if rule.repeats:
            self.reader.fail(node, f'"{rule.text}" is due again and again; that stands in repeat')
            return _START
        if rule.base == "T" and "T" not in self.parameter_names:
            self.reader.fail(node, "counts from T, which is not one of this playbook's parameters")
        return rule

    def repeating(self, node: Node) -> DueRule:
        rule = self.reader.parsed(node, parse_due, _DAILY)
        if not rule.repeats:
            self.reader.fail(node, f'"{rule.text}" does not repeat; write such as each bd 10:00')
            return _DAILY
        return rule

    def action(self, node: Node) -> Action | None:
        keys = self.reader.mapping(node, ("handover.post", "invite", "page.test"))
        self.exactly_one(node, keys, ("handover.post", "invite", "page.test"))
        for name, part in keys.items():
            known = {"invite": ("who", "to"), "page.test": ("to",)}.get(name, ())
            inside = self.reader.mapping(part, known, known)
            if name == "page.test":
                return Action(name, (self.of(inside, "to", self.role, ""),))
            to = self.one_of(inside, "to", ("live_incidents",), "")
            return Action(name, self.each(inside, "who", self.role), to)
        return None

    # Updates, rules, finish, tests

    def updates(self, node: Node) -> Duty:
        known = ("owed_by", "every", "satisfied_by", "from", "nudges", "quiet")
        keys = self.reader.mapping(node, known, known[:4])
        nudges = self.each(keys, "nudges", self.nudge)
        return Duty(
            owed_by=self.of(keys, "owed_by", self.role, ""),
            every=self.of(keys, "every", self.repeating, _DAILY),
            satisfied_by=self.each(
                keys, "satisfied_by", lambda part: self.reader.parsed(part, an_answer, "")
            ),
            sources=self.each(keys, "from", lambda part: self.reader.choice(part, SOURCES)),
            nudges=tuple(sorted(nudges, key=lambda nudge: nudge.after)),
            zone=self.zone,
            quiet=self.of(keys, "quiet", self.quiet, None),
        )

    def nudge(self, node: Node) -> Nudge:
        known = ("after", "to", "by")
        keys = self.reader.mapping(node, known, known)
        return Nudge(
            self.of(keys, "after", self.reader.duration, timedelta(0)),
            self.of(keys, "to", self.role, ""),
            self.one_of(keys, "by", ("dm", "thread"), "dm"),
        )

    def quiet(self, node: Node) -> Quiet:
        keys = self.reader.mapping(node, ("tz", "outside", "unless"), ("outside",))
        span = (time(), time())
        begin, end = self.of(
            keys, "outside", lambda part: self.reader.parsed(part, a_span, span), span
        )
        tz = self.of(keys, "tz", self.tz, "run")
        return Quiet(tz, begin, end, self.of(keys, "unless", self.condition, ""))

    def rule(self, node: Node) -> Rule:
        keys = self.reader.mapping(node, ("id", "event", "if", "at", "do"), ("id", "event", "do"))
        return Rule(
            id=self.of(keys, "id", self.id, ""),
            event=self.one_of(keys, "event", RULE_EVENTS, ""),
            posts=self.each(keys, "do", self.post),
            condition=self.of(keys, "if", self.condition, ""),
            at=self.of(keys, "at", self.once, None),
        )

    def post(self, node: Node) -> Post:
        outer = self.reader.mapping(node, ("post",), ("post",))
        known = ("to", "text")
        keys = self.inside(outer, "post", known, known)
        to = self.of(keys, "to", self.target("role", "group", "person", "channel"), "")
        return Post(to, self.of(keys, "text", self.template, ""))

    def finish(self, node: Node) -> str:
        keys = self.reader.mapping(node, ("when",), ("when",))
        return self.of(keys, "when", self.condition, "")

    def example(self, node: Node) -> Example:
        keys = self.reader.mapping(node, ("name", "given", "expect"), ("name", "given", "expect"))
        own = ("start", "holidays")
        given = self.inside(keys, "given", (*own, *self.parameter_names), own[:1])
        return Example(
            name=self.of(keys, "name", self.reader.text, ""),
            start=self.of(given, "start", self.wall, _NEVER),
            holidays=self.each(
                given, "holidays", lambda part: self.reader.parsed(part, day, date.min)
            ),
            given={name: self.reader.text(part) for name, part in given.items() if name not in own},
            expect=self.each(keys, "expect", self.expected),
        )

    def expected(self, node: Node) -> Expected:
        keys = self.reader.mapping(node, ("task", "due"), ("task", "due"))
        return Expected(
            self.of(keys, "task", self.task_name, ""), self.of(keys, "due", self.wall, _NEVER)
        )

    def wall(self, node: Node) -> datetime:
        return self.reader.parsed(node, a_wall_time, _NEVER)
