"""One decision on a run in the making: what falls due, and what follows from it."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from setflow.calendar import instant
from setflow.due import Anchors, due_at, next_occurrence, parse_due
from setflow.effects import Decision, Effect, Invite, NudgeTask, OpenChannel, RulePost, ShowRun
from setflow.errors import Refused
from setflow.playbook.rules.asking import (
    bound,
    channel_name,
    fallbacks,
    holds,
    newest,
    phase_done,
    said,
    settled,
    week,
)
from setflow.playbook.spec import (
    ActionWanted,
    Due,
    Firing,
    Phase,
    PhaseOpened,
    RoleMoved,
    Rule,
    Run,
    RunEnded,
    RunStarted,
    Surroundings,
    Task,
    TaskDone,
    TaskOverdue,
    TaskReopened,
    TaskSkipped,
    TaskState,
)

BY_SETFLOW = "setflow"
LEAD = "lead"

_AGAIN = parse_due("next bd 09:00")
_DONE_BY_ACTION = ("handover.post", "invite")

_Waiting = tuple[datetime, int, Callable[[], None]]
"""What waits for an instant: when, in which order at one instant, what to do then."""


class Work:
    """One decision on a run in the making."""

    def __init__(self, run: Run, now: datetime, around: Surroundings) -> None:
        self.run, self.now, self.around = run, now, around
        self.events: list[object] = []
        self.effects: list[Effect] = []
        self.late: list[tuple[tuple[str, str] | None, int, Effect]] = []
        self.touched: set[str] = set()

    def finish(self) -> Decision[Run]:
        """All that has fallen due, and the decision."""
        self.settle()
        states = {state.key: state for state in self.run.tasks}
        for key, stage, effect in self.late:
            state = states[key] if key else None
            open_still = state is None or state.status == "open"
            newest_stage = state is not None and stage == state.nudges
            if open_still and (stage == 0 or (newest_stage and self.run.status == "open")):
                self.effects.append(effect)
        shown: list[Effect] = []
        for phase in self.run.playbook.phases:
            if phase.id in self.touched and self.run.phases[phase.id].opened_at:
                revision = self.run.phases[phase.id].revision + 1
                self._phase(phase.id, revision=revision, done=phase_done(self.run, phase))
                shown.append(ShowRun(self.run.id, phase.id, revision))
        at = min((at for at, *_ in self._pending()), default=None)
        first = [one for one in self.effects if isinstance(one, OpenChannel | Invite)]
        rest = [one for one in self.effects if not isinstance(one, OpenChannel | Invite)]
        return Decision(self.run, self.events, [*first, *shown, *rest], at)

    def begin(self, by: str) -> None:
        """Open the run: its channel, its first phases, the rules that its start sets off."""
        run, book = self.run, self.run.playbook
        self.events.append(RunStarted(run.id, book.name, book.version, run.title, by, book.updates))
        if book.channel and not run.channel:
            name = book.channel.use or channel_name(
                said(self.around, book.channel.create, self._facts())
            )
            self.run = replace(run, channel=name)
            if book.channel.create:
                self.effects.append(OpenChannel(run.id, name))
                self._invite(book.channel.invite, run.title)
        self._set_off("run.started", "", run.started_at, None)
        for phase in book.phases:
            if phase.starts is None:
                self._open(phase, run.started_at)

    def settle(self) -> None:
        """Work what has fallen due, earliest first, then ask the conditions."""
        while True:
            due = min(self._pending(), key=lambda one: one[:2], default=None)
            if due and due[0] <= self.now:
                due[2]()
            elif not self._conditions():
                return

    # What waits for an instant: when, in which order at one instant, what to do then

    def _pending(self) -> Iterator[_Waiting]:
        if self.run.status == "open":
            if self.run.ends_at:
                yield self.run.ends_at, 0, partial(self.over, self.run.ends_at, "its turn is over")
            for phase in self.run.playbook.phases:
                yield from self._pending_of_phase(phase)
            for state in self.run.tasks:
                if state.status == "open":
                    yield from self._pending_of_task(state)
        for firing in self.run.firings:
            yield firing.at, 5, partial(self._fire, firing)

    def _pending_of_phase(self, phase: Phase) -> Iterator[_Waiting]:
        opened = self.run.phases[phase.id].opened_at
        if opened is None:
            if phase.starts and phase.starts.at:
                at = self._due(phase.starts.at, self._anchors(self.run.started_at), ())
                at = max(at, self.run.started_at)
                yield at, 1, partial(self._open, phase, at)
            return
        for task in phase.tasks:
            if task.repeat:
                last = newest(self.run, task.id)
                after = (
                    datetime.fromisoformat(last.occurrence)
                    if last
                    else opened - datetime.resolution
                )
                at = next_occurrence(
                    task.repeat, after, zone=self.around.zone, days=self.around.days
                )
                yield at, 2, partial(self._come_up, task, at)

    def _pending_of_task(self, state: TaskState) -> Iterator[_Waiting]:
        if state.due is None:
            return
        if not state.overdue:
            yield state.due, 3, partial(self._overdue, state, state.due)
        if state.ready_at is None:
            return
        first = max(state.due, state.ready_at)
        task = self._task(state)
        if state.nudges == 0:
            yield first, 4, partial(self._nudge, state, 1)
        elif state.nudges == 1 and not task.repeat and self.run.roles.get(LEAD):
            anchors = Anchors(self.run.started_at, first)
            again = due_at(_AGAIN, anchors, zone=self.around.zone, days=self.around.days)
            yield again, 4, partial(self._nudge, state, 2)

    # Phases and tasks

    def _open(self, phase: Phase, at: datetime) -> None:
        self._phase(phase.id, opened_at=at)
        self.events.append(PhaseOpened(self.run.id, phase.id, at))
        self.touched.add(phase.id)
        self._set_off("phase.started", phase.id, at, None)
        for task in phase.tasks:
            if not task.repeat:
                self._come_up(task, at)
        self._cascade(at)

    def _come_up(self, task: Task, at: datetime) -> None:
        occurrence = at.isoformat() if task.repeat else ""
        for old in self.run.tasks:
            if old.task == task.id and old.status == "open":
                self._skip(old, "its next one has come")
        opened = self.run.phases[self.run.playbook.phase_of(task.id).id].opened_at or at
        people = self.run.roles.get(task.role, ())
        due = at if occurrence else None
        if task.due:
            due = self._due(task.due, self._anchors(opened, at), people)
        title = said(self.around, task.title, self._facts())
        state = TaskState(task.id, occurrence, title, people, at, due)
        self.run = replace(self.run, tasks=(*self.run.tasks, state))
        self._touch(state)
        stays = self._staying(task.role)
        if stays:
            self._skip(state, f"{stays} stays the same")
        self._cascade(at)

    def _staying(self, name: str) -> str:
        """The present role of a next one, where the same people hold both."""
        role, held = self.run.playbook.roles[name], self.run.roles.get(name)
        for other in self.run.playbook.roles.values():
            twin = role.turn == "next" and other.turn == "present" and other.seat == role.seat
            if twin and held and set(held) == set(self.run.roles.get(other.name, ())):
                return other.name
        return ""

    def _cascade(self, at: datetime) -> None:
        """What follows at once from what is settled: tasks become ready, phases open."""
        if self.run.status == "over":
            return None
        for state in self.run.tasks:
            needs = self._task(state).needs
            waits = state.status == "open" and state.ready_at is None
            if waits and all(settled(self.run, need) for need in needs):
                self._ready(state, at)
                return self._cascade(at)
        for phase in self.run.playbook.phases:
            after = phase.starts.after if phase.starts else ""
            if after and self.run.phases[phase.id].opened_at is None:
                before = next(one for one in self.run.playbook.phases if one.id == after)
                if phase_done(self.run, before):
                    self._open(phase, at)
                    return self._cascade(at)
        return None

    def _ready(self, state: TaskState, at: datetime) -> None:
        state = self._put(state, ready_at=at)
        action = self._task(state).action
        if action is None:
            return
        people = tuple(
            dict.fromkeys(one for role in action.roles for one in self.run.roles.get(role, ()))
        )
        self.events.append(ActionWanted(self.run.id, state.task, action.name, people, action.to))
        if action.name in _DONE_BY_ACTION:
            self.done(state, at, BY_SETFLOW, "action")

    def done(self, state: TaskState, at: datetime, by: str, how: str) -> None:
        """Settle a task, and what follows from that."""
        self._put(state, status="done", done_by=by, done_at=at, note=how)
        self.events.append(TaskDone(self.run.id, state.task, state.occurrence, by, how))
        self._cascade(at)

    def _skip(self, state: TaskState, why: str) -> None:
        self._put(state, status="skipped", note=why)
        self.events.append(TaskSkipped(self.run.id, state.task, state.occurrence, why))

    def reopen(self, state: TaskState, by: str) -> None:
        """Take back that a task was done; raises Refused where there is nothing to take back."""
        if self.run.status == "over":
            raise Refused(f"{self.run.title} is over; nothing changed.")
        if state.status != "done":
            raise Refused(f"“{state.title}” is not done, so there is nothing to take back.")
        self._put(state, status="open", done_by="", done_at=None, note="")
        self.events.append(TaskReopened(self.run.id, state.task, state.occurrence, by))

    def _overdue(self, state: TaskState, at: datetime) -> None:
        self._put(state, overdue=True)
        self.events.append(TaskOverdue(self.run.id, state.task, state.occurrence, at))
        self._set_off("task.overdue", f"{state.task}/{state.occurrence}", at, state)

    def _nudge(self, state: TaskState, stage: int) -> None:
        lead = self.run.roles.get(LEAD, ())
        state = self._put(state, nudges=stage)
        for person in lead if stage == 2 or not state.people else state.people:
            effect = NudgeTask(self.run.id, state.task, state.occurrence, person, stage)
            self.late.append((state.key, stage, effect))

    # Rules

    def _set_off(self, event: str, occurrence: str, at: datetime, state: TaskState | None) -> None:
        facts = self._facts(state)
        for rule in self.run.playbook.rules:
            if rule.event != event or (
                rule.condition and not holds(self.around, rule.condition, facts)
            ):
                continue
            when = at
            if rule.at:
                due = Due(rule.at)
                when = max(at, self._due(due, self._anchors(self.run.started_at, at), ()))
            firing = Firing(rule.id, occurrence, when, state.key if state else None)
            self.run = replace(self.run, firings=(*self.run.firings, firing))

    def _fire(self, firing: Firing) -> None:
        left = tuple(one for one in self.run.firings if one != firing)
        self.run = replace(self.run, firings=left)
        state = next((one for one in self.run.tasks if one.key == firing.task), None)
        rule = next(one for one in self.run.playbook.rules if one.id == firing.rule)
        for index, (to, text) in enumerate(self._posts(rule, state)):
            marker = f"{firing.occurrence}.{index}"
            effect = RulePost(self.run.id, rule.id, marker, to, text)
            self.late.append((firing.task, 0, effect))

    def _posts(self, rule: Rule, state: TaskState | None) -> Iterator[tuple[str, str]]:
        facts = self._facts(state)
        for post in rule.posts:
            kind, _, name = post.to.partition(":")
            text = said(self.around, post.text, facts)
            if kind == "channel":
                yield f"~{name}", text
                continue
            people = {"role": self.run.roles, "group": self.around.groups}.get(kind, {})
            for person in people.get(name, ()) if kind != "person" else (name,):
                yield f"@{person}", text

    # Conditions, roles, the end

    def _conditions(self) -> bool:
        """Ask the conditions as things stand now; whether one of them changed anything."""
        if self.run.status == "over":
            return False
        facts = self._facts()
        for phase in self.run.playbook.phases:
            when = phase.starts.when if phase.starts else ""
            waits = when and self.run.phases[phase.id].opened_at is None
            if waits and holds(self.around, when, facts):
                self._open(phase, self.now)
                return True
        finish = self.run.playbook.finish
        every = all(phase_done(self.run, phase) for phase in self.run.playbook.phases)
        if holds(self.around, finish, facts) if finish else every:
            self.over(self.now, "everything is done" if every else "what it was for is over")
            return True
        return False

    def bind(self, names: set[str]) -> None:
        """Bind these roles again, and those that they stand in for."""
        if self.run.status == "over":
            return
        book = self.run.playbook
        names = names | {
            role.name for role in book.roles.values() if names & set(fallbacks(book, role.name))
        }
        moved, known = [], {one for people in self.run.roles.values() for one in people}
        for name in (name for name in book.roles if name in names):
            before, after = self.run.roles[name], bound(book, name, self.around)
            if before != after:
                self.run = replace(self.run, roles={**self.run.roles, name: after})
                self.events.append(RoleMoved(self.run.id, name, before, after))
                moved.append(name)
        if moved:
            self._move(moved, known)

    def _move(self, roles: list[str], known: set[str]) -> None:
        """Take the open tasks of `roles` to those who hold them now, and let in who is new."""
        self.run = replace(self.run, moves=self.run.moves + 1)
        for state in self.run.tasks:
            task = self._task(state)
            if task.role in roles and state.status == "open":
                people = self.run.roles[task.role]
                due = state.due
                if task.due and task.due.tz == "assignee" and not state.overdue:
                    opened = self.run.phases[self.run.playbook.phase_of(task.id).id].opened_at
                    anchors = self._anchors(opened or state.opened_at, state.opened_at)
                    due = self._due(task.due, anchors, people)
                state = self._put(state, people=people, due=due)
                stays = self._staying(task.role)
                if stays:
                    self._skip(state, f"{stays} stays the same")
        channel = self.run.playbook.channel
        if channel and channel.create:
            mine = tuple(
                role
                for role in channel.invite
                if role in roles and not known.issuperset(self.run.roles[role])
            )
            what = f"you are {mine[0]} now" if len(mine) == 1 else "you are on duty for it now"
            self._invite(mine, f"{self.run.title}: {what}", known)
        self._cascade(self.now)

    def _invite(self, roles: tuple[str, ...], why: str, known: Collection[str] = ()) -> None:
        found = dict.fromkeys(one for role in roles for one in self.run.roles[role])
        people = tuple(one for one in found if one not in known)
        if people:
            marker = f"{self.run.id}.{self.run.moves}"
            self.effects.append(Invite(self.run.channel, people, why, marker))

    def over(self, at: datetime, why: str) -> None:
        """End the run; open tasks stay as they are, rules that were set off still post."""
        left = tuple(state.task for state in self.run.tasks if state.status == "open")
        self.run = replace(self.run, status="over", ended_at=at, why_ended=why)
        self.events.append(RunEnded(self.run.id, why, left))
        self.touched.update(self.run.phases)

    # Small things

    def _task(self, state: TaskState) -> Task:
        task = self.run.playbook.task(state.task)
        assert task is not None, "a run's tasks are those of the playbook that it carries"
        return task

    def _put(self, state: TaskState, **changes: Any) -> TaskState:
        changed = replace(state, **changes)
        tasks = tuple(changed if one.key == state.key else one for one in self.run.tasks)
        self.run = replace(self.run, tasks=tasks)
        self._touch(state)
        return changed

    def _touch(self, state: TaskState) -> None:
        self.touched.add(self.run.playbook.phase_of(state.task).id)

    def _phase(self, name: str, **changes: Any) -> None:
        changed = replace(self.run.phases[name], **changes)
        self.run = replace(self.run, phases={**self.run.phases, name: changed})

    def _anchors(self, start: datetime, occurrence: datetime | None = None) -> Anchors:
        target = self.run.facts.get("T")
        day = instant(str(target), self.around.zone) if target else None
        return Anchors(start, occurrence, day)

    def _due(self, due: Due, anchors: Anchors, people: tuple[str, ...]) -> datetime:
        """When that is due; for the assignee's clock the first of the people's."""
        zones = [self.around.zone]
        if due.tz == "assignee":
            zones = [self.around.zones.get(one, self.around.zone) for one in people] or zones
        elif due.tz != "run":
            zones = [ZoneInfo(due.tz)]
        days = self.around.days
        return min(due_at(due.rule, anchors, zone=one, days=days, roll=due.roll) for one in zones)

    def _facts(self, state: TaskState | None = None) -> dict[str, Any]:
        """What conditions and templates may ask about."""
        run = self.run
        phases = {
            phase.id: {
                "open": run.phases[phase.id].opened_at is not None,
                "done": phase_done(run, phase),
            }
            for phase in run.playbook.phases
        }
        own: dict[str, Any] = {
            "week": week(run.started_at, self.around.zone),
            "run": {"id": run.id, "title": run.title, "status": run.status},
            "phases": phases,
            "roles": {name: list(people) for name, people in run.roles.items()},
        }
        if state:
            own["task"] = {"id": state.task, "title": state.title, "people": list(state.people)}
        return {**run.facts, **self.around.facts, **own}
