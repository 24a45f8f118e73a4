"""Schedules kept in OpsGenie, compared with ours and mended, as the engine works them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from setflow import chores, outbox
from setflow.effects import Effect, KeepRemoteOverride, ShowRemoteSchedule
from setflow.engine.work import Work
from setflow.rotation.rules import mending, remote
from setflow.rotation.rules.remote import On, StandIn
from setflow.rotation.rules.schedules import SCHEDULES, Known, known, written


@dataclass(frozen=True, slots=True)
class ScheduleSeen:
    """A schedule in OpsGenie was read: who is on by rotation, and its overrides by alias.

    target       the seat or rotation that it is compared with
    final, base  with all overrides, and with none; people as OpsGenie calls them
    """

    target: str
    final: Mapping[str, Sequence[On]]
    base: Mapping[str, Sequence[On]]
    overrides: Mapping[str, StandIn]


@dataclass(frozen=True, slots=True)
class ScheduleKept:
    """History: overrides in OpsGenie are to be changed, so that a schedule says whom ours says."""

    target: str
    aliases: tuple[str, ...]


def seen(work: Work, message: ScheduleSeen) -> Iterable[object]:
    """Compare what was read with who is on here."""
    settings = work.present.configuration.opsgenie
    if settings is None or message.target not in settings.schedules:
        return ()
    before = known(chores.hold(work.tx, f"{SCHEDULES}:{message.target}"))
    start, end = remote.window(work.now)
    names = _names(work)

    def named(one: On) -> On:
        return one._replace(person=names.get(one.person.casefold(), one.person))

    final, base = (
        {rotation: [named(one) for one in line] for rotation, line in lines.items()}
        for lines in (message.final, message.base)
    )
    overrides = {
        alias: one._replace(person=names.get(one.person.casefold(), one.person))
        for alias, one in message.overrides.items()
    }
    # What still waits to be delivered is as good as there; else it would be sent once more.
    waiting = outbox.behind(work.tx, 0, KeepRemoteOverride(message.target, "", 0).lane)
    own = {alias: one for alias, one in overrides.items() if mending.is_own(alias)}
    read = replace(
        before,
        lines=mending.without_own(final, base, overrides, start, end),
        until=end,
        kept=before.kept if waiting else own,
    )
    there = [one for line in final.values() for one in line]
    return _compare(work, message.target, read, None if waiting else there)


def look(work: Work, rotation: str) -> Iterable[object]:
    """Compare what was read last with who is on here by now."""
    settings = work.present.configuration.opsgenie
    events: list[object] = []
    for target in settings.schedules if settings else ():
        if target.partition(".")[0] == rotation:
            before = known(chores.hold(work.tx, f"{SCHEDULES}:{target}"))
            if before.until and before.until > work.now:
                events += _compare(work, target, before, None)
    return events


def _compare(
    work: Work, target: str, before: Known, there: Sequence[On] | None
) -> Iterable[object]:
    """`there` is who is really on there, None where nobody has looked just now."""
    here, settings = work.present, work.present.configuration.opsgenie
    assert settings
    assert before.until
    start, end = remote.window(work.now)[0], before.until
    ours = remote.ours(here.history, here.overrides, target, start, end)
    kept, changed = before.kept, []
    if settings.keep == "override":
        people = here.configuration.people.values()
        able = [person.name for person in people if person.opsgenie]
        kept = mending.mend(before.lines, ours, before.kept, target, able=able, within=(start, end))
        changed = mending.changed(before.kept, kept, start)
    if there is None or changed:
        there = mending.mended(before.lines, kept.values(), start, end)
    apart = remote.compare(there, ours, start, end)
    if settings.keep == "override":
        apart = [one for one in apart if one.ours]
    today = work.now.astimezone(here.configuration.zone).date().isoformat()
    told = remote.news(before.told, apart, work.now, until=end, today=today)
    after = replace(before, kept=kept, told=told, revision=before.revision + bool(changed))
    chores.save(work.tx, f"{SCHEDULES}:{target}", written(after), None)
    effects: list[Effect] = [KeepRemoteOverride(target, alias, after.revision) for alias in changed]
    effects += _said(target, before.told, told)
    events = [ScheduleKept(target, tuple(changed))] if changed else []
    reason = f"OpsGenie's schedule of {target} is kept in step ({settings.keep})"
    return work.note(f"chore:{SCHEDULES}:{target}", events, effects, reason)


def _said(target: str, before: remote.Told, told: remote.Told) -> list[Effect]:
    if told.revision == before.revision:
        return []
    days = dict.fromkeys(day for day in (before.day, told.day) if day)
    return [ShowRemoteSchedule(target, day, told.revision) for day in days]


def _names(work: Work) -> dict[str, str]:
    """Who people are by what OpsGenie calls them."""
    people = work.present.configuration.people.values()
    called = [(one.email, one.name) for one in people] + [
        (user, one.name) for one in people for user in (one.jira, one.opsgenie)
    ]
    return {user.casefold(): name for user, name in called if user}
