"""What an incident owes: an update for every day of its duty, and nudges until it came.

Updates are owed by incidents of level L1 and L2 (`reference/practice.md`, "One issue"). An update
is one for its calendar day in the duty's zone, before or after the due instant. However rarely the
clock ticks, the same nudges fall due at the same instants; of those over 60 s late only the newest
stage goes out.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from setflow.calendar import resolve
from setflow.due import Duty, Quiet, next_occurrence
from setflow.effects import Decision, Effect, EndNudge, NudgeUpdate, ShowIncident, ShowUpdate
from setflow.errors import Refused
from setflow.incident.spec import (
    HOWS,
    CloseIncident,
    Declare,
    Incident,
    IncidentClosed,
    IncidentDeclared,
    LevelChanged,
    LevelMoved,
    MarkPaged,
    NoteUpdate,
    NothingNew,
    OwnerChanged,
    Reassign,
    Surroundings,
    Update,
    UpdateMissed,
    UpdateNoted,
    Waiting,
)

OWING = ("L1", "L2")
NOTHING_NEW = "Nothing new."
MOST_NOTHING_NEW = 2
LATE = timedelta(seconds=60)


def declare(message: Declare, now: datetime, around: Surroundings) -> Decision[Incident]:
    """Open an incident; its first update is owed at the first due instant from `now` on."""
    incident = Incident(
        id=message.id,
        run=message.run,
        ticket=message.ticket,
        title=message.title,
        customer=message.customer,
        level=message.level,
        url=message.url,
        channel=message.channel,
        status="open",
        opened_at=now,
        owner=message.owner,
        duty=message.duty,
        paged=message.paged,
    )
    work = _Work(incident, now, around)
    work.owe(now - datetime.resolution)
    work.events.append(
        IncidentDeclared(message.id, message.run, message.ticket, message.level, message.owner)
    )
    return work.finish(shown=True)


def note_update(
    incident: Incident, message: NoteUpdate, now: datetime, around: Surroundings
) -> Decision[Incident]:
    """Take a status update; one that does not count (`counts`) changes nothing.

    Raises Refused if it was given by command or button and does not count, or the incident is over.
    """
    work = _Work(incident, now, around)
    asked = message.how in ("command", "button")
    if incident.status == "over":
        return work.refused(f"{incident.ticket} is over; write it in the ticket.", asked=asked)
    if not counts(incident, message):
        return work.refused(_whose(incident), asked=asked)
    work.settle(message.at)
    work.note(Update(message.at, message.by, message.how, message.text), message.number)
    work.incident = replace(work.incident, nothing_new=0)
    return work.finish(shown=True)


def counts(incident: Incident, message: NoteUpdate) -> bool:
    """Whether an update is one by the incident's duty: how it came, from whom, and not too old."""
    if message.at < incident.opened_at:
        return False
    if incident.duty is None:
        return True
    kind = f"post({message.tag})" if message.how == "post" else HOWS[message.how]
    return kind in incident.duty.satisfied_by and message.source in incident.duty.sources


def nothing_new(
    incident: Incident, message: NothingNew, now: datetime, around: Surroundings
) -> Decision[Incident]:
    """Count "nothing new" as an update.

    Raises Refused if that was said twice in a row, the day has its update, it comes from somebody
    whose update does not count, or the incident is over.
    """
    work = _Work(incident, now, around)
    if incident.status == "over":
        raise Refused(f"{incident.ticket} is over; nothing changed.")
    if incident.duty and message.source not in incident.duty.sources:
        raise Refused(_whose(incident))
    last = incident.last_update
    if last and work.day(last.at) == work.day(now):
        by = around.titles.get(last.by, last.by)
        raise Refused(f"{incident.ticket} has its update for today, by {by}; nothing changed.")
    if incident.nothing_new >= MOST_NOTHING_NEW:
        raise Refused(f"{incident.ticket} had nothing new twice in a row; write where it stands.")
    work.settle(now)
    work.note(Update(now, message.by, "button", NOTHING_NEW), message.number)
    work.incident = replace(work.incident, nothing_new=incident.nothing_new + 1)
    return work.finish(shown=True)


def reassign(
    incident: Incident, message: Reassign, now: datetime, around: Surroundings
) -> Decision[Incident]:
    """Give the incident to another owner, who owes its updates from now on."""
    work = _Work(incident, now, around)
    if incident.status == "over" or incident.owner == message.owner:
        return work.finish()
    work.settle(now)
    work.incident = replace(work.incident, owner=message.owner)
    work.events.append(OwnerChanged(incident.id, incident.owner, message.owner))
    return work.finish(shown=True)


def level_changed(
    incident: Incident, message: LevelChanged, now: datetime, around: Surroundings
) -> Decision[Incident]:
    """Take another level: below L2 nothing is owed any more, from there up it is again."""
    work = _Work(incident, now, around)
    if incident.status == "over" or incident.level == message.level:
        return work.finish()
    work.settle(now)
    owed = work.incident.due_at is not None
    work.incident = replace(work.incident, level=message.level)
    work.events.append(LevelMoved(incident.id, incident.level, message.level))
    if not owed or message.level not in OWING:
        work.owe(now)
    return work.finish(shown=True)


def mark_paged(
    incident: Incident, message: MarkPaged, now: datetime, around: Surroundings
) -> Decision[Incident]:
    """Remember who was paged for it, so that its post can say so."""
    paged = tuple(dict.fromkeys((*incident.paged, *message.people)))
    work = _Work(replace(incident, paged=paged), now, around)
    return work.finish(shown=paged != incident.paged)


def close(
    incident: Incident, message: CloseIncident, now: datetime, around: Surroundings
) -> Decision[Incident]:
    """End it; nothing is owed any more. One that is over stays as it is."""
    work = _Work(incident, now, around)
    if incident.status == "over":
        return work.finish()
    work.settle(now)
    work.incident = replace(work.incident, status="over", closed_at=now, why_closed=message.why)
    work.owe(now)
    work.events.append(IncidentClosed(incident.id, message.why))
    return work.finish(shown=True)


def wake(incident: Incident, now: datetime, around: Surroundings) -> Decision[Incident]:
    """Send the nudges that have fallen due by `now`."""
    return _Work(incident, now, around).finish()


def still_owed(incident: Incident, day: str) -> bool:
    """Whether the update for `day` is still to come, so that a nudge for it makes sense."""
    return incident.day == day


def _whose(incident: Incident) -> str:
    sources = incident.duty.sources if incident.duty else ()
    return f"An update on {incident.ticket} counts from {' or '.join(sources)}; ask one of them."


class _Work:
    """One decision on an incident in the making."""

    def __init__(self, incident: Incident, now: datetime, around: Surroundings) -> None:
        self.incident, self.now, self.around = incident, now, around
        self.events: list[object] = []
        self.effects: list[Effect] = []

    def finish(self, *, shown: bool = False) -> Decision[Incident]:
        """All that has fallen due, and the decision; `shown`: the post is brought up to date."""
        before = self.incident.day
        self.settle(self.now)
        if shown or self.incident.day != before:
            revision = self.incident.revision + 1
            self.incident = replace(self.incident, revision=revision)
            self.effects.insert(0, ShowIncident(self.incident.id, revision))
        at = min(self.instants(), default=None)
        return Decision(self.incident, self.events, self.effects, at)

    def refused(self, text: str, *, asked: bool) -> Decision[Incident]:
        """Nothing changes; somebody who `asked` is told why."""
        if asked:
            raise Refused(text)
        return self.finish()

    def day(self, at: datetime) -> str:
        """The calendar day of an instant, by the duty's clock."""
        zone = self.incident.duty.zone if self.incident.duty else ZoneInfo("UTC")
        return at.astimezone(zone).date().isoformat()

    def owe(self, after: datetime, why: str = "over") -> None:
        """Owe the first update that is due after `after` and not answered yet, if any.

        why  what became of the one owed before, for those who were nudged: EndNudge says the words
        """
        incident, duty = self.incident, self.incident.duty
        self.incident = replace(incident, day="", due_at=None, stage=0, waiting=(), sent=())
        unsent = {one.key for one in self.effects if isinstance(one, NudgeUpdate)}
        self.effects = [one for one in self.effects if one.key not in unsent]
        self.effects += [
            EndNudge(key, incident.id, why) for key in incident.sent if key not in unsent
        ]
        if duty is None or incident.status == "over" or incident.level not in OWING:
            return
        last = incident.last_update
        beyond = self.day(last.at) if last else ""
        due = next_occurrence(duty.every, after, zone=duty.zone, days=self.around.days)
        while self.day(due) <= beyond:
            due = next_occurrence(duty.every, due, zone=duty.zone, days=self.around.days)
        self.incident = replace(self.incident, day=self.day(due), due_at=due)

    def note(self, update: Update, number: int) -> None:
        """Take an update that counts; it answers for its day and whatever was owed before."""
        incident = self.incident
        if incident.last_update is None or incident.last_update.at <= update.at:
            self.incident = replace(incident, last_update=update)
        answered = incident.day if "" < incident.day <= self.day(update.at) else ""
        self.events.append(UpdateNoted(incident.id, number, update.by, update.how, answered))
        if update.how != "post":
            self.effects.append(ShowUpdate(incident.id, number))
        if answered and incident.due_at:
            self.owe(incident.due_at, "answered")

    # Nudges

    def instants(self) -> Iterator[datetime]:
        """When something happens next though nothing comes in."""
        incident = self.incident
        if incident.due_at is None or incident.duty is None:
            return
        yield self.following(incident.duty, incident.due_at)
        if incident.stage < len(incident.duty.nudges):
            yield incident.due_at + incident.duty.nudges[incident.stage].after
        for one in incident.waiting:
            yield one.at

    def following(self, duty: Duty, due: datetime) -> datetime:
        return next_occurrence(duty.every, due, zone=duty.zone, days=self.around.days)

    def settle(self, until: datetime) -> None:
        """Work what has fallen due by `until`, earliest first."""
        sent: list[Waiting] = []
        while (at := min(self.instants(), default=None)) and at <= until:
            incident = self.incident
            duty, due = incident.duty, incident.due_at
            assert duty is not None
            assert due is not None, "only an incident that owes something waits for an instant"
            if at == self.following(duty, due):
                sent.clear()
                self.events.append(UpdateMissed(incident.id, incident.day))
                self.owe(due, "missed")
                continue
            self.reach(duty, due, at)
            sent += [one for one in self.incident.waiting if one.at <= at]
            left = tuple(one for one in self.incident.waiting if one.at > at)
            self.incident = replace(self.incident, waiting=left)
        self.send(sent)

    def reach(self, duty: Duty, due: datetime, at: datetime) -> None:
        """Line up the nudges whose `after` is over at `at`."""
        while self.incident.stage < len(duty.nudges):
            nudge = duty.nudges[self.incident.stage]
            if due + nudge.after > at:
                return
            stage = self.incident.stage + 1
            people = self.around.roles.get(nudge.to, ())
            lined = tuple(
                Waiting(stage, one, nudge.by, self.awake(duty, one, due + nudge.after))
                for one in people
            )
            self.incident = replace(
                self.incident, stage=stage, waiting=(*self.incident.waiting, *lined)
            )

    def send(self, due: list[Waiting]) -> None:
        """Nudge: those over 60 s late only by the newest stage, nobody by two at once."""
        newest = max((one.stage for one in due), default=0)
        current = [one for one in due if one.stage == newest or self.now - one.at <= LATE]
        last = {one.person: one for one in sorted(current, key=lambda one: one.stage)}
        posts: dict[tuple[int, str, str], tuple[str, ...]] = {}
        for one in last.values():
            post = (one.stage, one.by, "" if one.by == "thread" else one.person)
            posts[post] = (*posts.get(post, ()), one.person)
        nudges = [
            NudgeUpdate(self.incident.id, self.incident.day, stage, people, by)
            for (stage, by, _), people in posts.items()
        ]
        self.effects += nudges
        sent = (*self.incident.sent, *(nudge.key for nudge in nudges))
        self.incident = replace(self.incident, sent=sent)

    def awake(self, duty: Duty, person: str, at: datetime) -> datetime:
        """`at`, or the end of the quiet hours that it falls in."""
        quiet = duty.quiet
        if quiet is None or self.exempt(quiet):
            return at
        zone = self.clock(duty, quiet, person)
        wall = at.astimezone(zone).replace(tzinfo=None)
        clock = wall.time()
        over_midnight = quiet.end <= quiet.begin
        inside = (
            clock >= quiet.begin or clock < quiet.end
            if over_midnight
            else quiet.begin <= clock < quiet.end
        )
        if inside:
            return at
        later = wall.date() + timedelta(days=clock >= quiet.begin)
        return resolve(datetime.combine(later, quiet.begin), zone)

    def clock(self, duty: Duty, quiet: Quiet, person: str) -> ZoneInfo:
        if quiet.tz == "assignee":
            return self.around.zones.get(person, duty.zone)
        return duty.zone if quiet.tz == "run" else ZoneInfo(quiet.tz)

    def exempt(self, quiet: Quiet) -> bool:
        """Whether nothing is put off; a condition on what is not there does not hold."""
        try:
            return bool(quiet.unless) and self.around.evaluate(quiet.unless, self.around.facts)
        except ValueError:
            return False
