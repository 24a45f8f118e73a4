"""What `/set` understands: a verb, what follows it, who asks and where."""

from collections.abc import Callable, Mapping, Sequence

from setflow import engine, views
from setflow.adapters.mattermost.inbound import Command
from setflow.adapters.mattermost.reports import findings_text
from setflow.adapters.mattermost.text import when
from setflow.db import Tx
from setflow.document import suggestion
from setflow.errors import Refused
from setflow.playbook.spec import TickTask
from setflow.team import rules as team
from setflow.web import (
    alerts,
    calendars,
    contacts,
    heartbeats,
    keys,
    maintenance,
    notices,
    schedules,
    standins,
)
from setflow.web.caller import Answer, Caller, Verb


def run(tx: Tx, caller: Caller, command: Command) -> Answer:
    """The answer to a command. Raises Refused."""
    verb = VERBS.get(command.verb or "help")
    if verb is None:
        hint = suggestion(command.verb, list(VERBS))
        return f"`/set {command.verb[:30]}` is none of mine{hint}.\n{_help(tx, caller, ())}"
    return verb.work(tx, caller, command.arguments)


def _usage(verb: str) -> Refused:
    return Refused(f"Write `/set {VERBS[verb].usage}`: {VERBS[verb].help}.")


def _help(_: Tx, __: Caller, ___: Sequence[str]) -> str:
    return "\n".join(f"- `/set {verb.usage}` {verb.help}" for verb in VERBS.values())


def _who(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    name = arguments[0] if arguments else ""
    zone = views.zone_of(tx, caller.person.name if caller.person else "", now=caller.now)
    lines = []
    for one in views.who_rows(tx, name, caller.now, now=caller.now):
        label = views.seat_label(one.seat)
        until = f" until {when(one.until, zone, now=caller.now)}" if one.until else ""
        if one.people:
            said = " and ".join(views.title(tx, person, now=caller.now) for person in one.people)
            lines.append(f"- {label}: **{said}**{until}{' (stands in)' if one.override else ''}")
            continue
        back = f", next from {when(one.until, zone, now=caller.now)}" if one.until else ""
        turn = f"; {views.title(tx, one.holder, now=caller.now)} has the turn" if one.holder else ""
        lines.append(f"- {label}: nobody now{turn}{back}")
    return "\n".join(lines) or "No rotation is configured yet."


def _gaps(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    ahead = views.findings_facts(tx, arguments[0] if arguments else "", now=caller.now)
    return findings_text(ahead, caller.now)


def _decide(verb: str, said: str) -> Callable[[Tx, Caller, Sequence[str]], str]:
    def work(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
        person = caller.name
        fits = alerts.FIRING if verb != "resolve" else alerts.ANY
        alert = alerts.chosen(tx, caller, arguments[:1], fits)
        whom = None
        if verb == "acknowledge" and len(arguments) > 1:
            known = views.person_of(tx, arguments[-1].removeprefix("@"), now=caller.now)
            whom = known.name if known else arguments[-1].removeprefix("@")
        message = engine.Deciding(verb, alert.id, by=person, how="slash", person=whom)
        engine.handle(tx, [message], now=caller.now)
        return said.format(alert=f"#{alert.id} {alert.title[:80]}")

    return work


def tick(tx: Tx, caller: Caller, run: int, task: str, *, how: str) -> str:
    """Settle a task of a run. Raises Refused."""
    engine.handle(tx, [TickTask(run, task, caller.name, how)], now=caller.now)
    return ""


def _done(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    found = views.open_tasks(tx, caller.channel, now=caller.now)
    if not arguments:
        listed = "\n".join(f"- `{task}` {title}" for _, task, title in found[:20])
        raise Refused(f"Which task? Write `/set done TASK`.\n{listed or 'None is open.'}")
    for run, task, title in found:
        if task == arguments[0]:
            tick(tx, caller, run, task, how="slash")
            return f"Done: {title}"
    names = [task for _, task, _ in found]
    hint = suggestion(arguments[0], names)
    raise Refused(f"No open task is called {arguments[0][:60]}{hint}. Open: {', '.join(names)}")


def _update(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    if not arguments:
        raise _usage("update")
    ticket, words = "", list(arguments)
    if len(words) > 1 and views.is_incident(tx, words[0]):
        ticket = words.pop(0).upper()
    said = engine.UpdateSaid(
        caller.name,
        " ".join(words),
        at=caller.now,
        ref=f"slash:{caller.user.user_id}:{caller.now.isoformat()}",
        how="command",
        ticket=ticket,
        channel="" if ticket else caller.channel,
    )
    engine.handle(tx, [said], now=caller.now)
    return "Posted. Nobody is reminded of it again today."


def _page(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    if len(arguments) < 2:
        raise _usage("page")
    by = caller.person.name if caller.person else caller.user.username
    engine.may_page(tx, by, member=caller.user.member, guest=caller.user.guest, now=caller.now)
    asked = engine.PageAsked(
        arguments[0],
        " ".join(arguments[1:])[:1000],
        by=by,
        key=f"{caller.user.user_id}:{caller.now.isoformat()}",
    )
    engine.handle(tx, [asked], now=caller.now)
    return f"{arguments[0]} is paged now."


def page_for_incident(tx: Tx, caller: Caller, incident: int) -> str:
    """Page the crew of an incident, up their ladder. Raises Refused."""
    by = caller.person.name if caller.person else caller.user.username
    engine.may_page(tx, by, member=caller.user.member, guest=caller.user.guest, now=caller.now)
    engine.handle(tx, [engine.page_crew(tx, incident, by)], now=caller.now)
    return "The crew is paged now, primary first."


def _test(tx: Tx, caller: Caller, _: Sequence[str]) -> str:
    asked = engine.PageAsked(
        f"person:{caller.name}",
        "Test page: acknowledge it, and paging works",
        by=caller.name,
        key=f"{caller.name}:{caller.now.isoformat()}",
        test=True,
    )
    engine.handle(tx, [asked], now=caller.now)
    return "A test page is on its way to you, by every method that you have."


def _why(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    post = arguments[0].rstrip("/").rpartition("/")[2] if arguments else caller.root
    if not post:
        raise Refused("Write it in the thread of a post of mine, or add the post's link.")
    found = views.why(tx, post=post)
    if found is None:
        raise Refused("That post is none of mine, or too old for me to know.")
    zone = views.zone_of(tx, caller.person.name if caller.person else "", now=caller.now)
    decided = when(found.decided_at, zone, now=caller.now)
    return f"Decided {decided}: {found.reason}. (`{found.key}`)"


def _start(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    text = f"start {' '.join(arguments)}"
    facts: Mapping[str, object] = {"text": text}
    engine.handle(tx, [engine.Triggered("slash", facts, by=caller.name)], now=caller.now)
    return f"Started: {' '.join(arguments)}."


def may_administer(tx: Tx, caller: Caller) -> None:
    """Raise Refused unless the caller is an admin."""
    directory, admins = views.directory(tx, now=caller.now)
    team.may_administer(directory, caller.name, admins=admins)


VERBS: Mapping[str, Verb] = {
    "help": Verb("help", "says what there is", _help),
    "who": Verb("who [SEAT or ROTATION]", "says who is on", _who),
    "gaps": Verb("gaps [ROTATION]", "says what is wrong within the next 90 days", _gaps),
    "ack": Verb(
        "ack [NUMBER [@PERSON]]",
        "takes an alert, for you or in somebody's name",
        _decide("acknowledge", "{alert} is acknowledged; nobody else is paged."),
    ),
    "resolve": Verb("resolve [NUMBER]", "ends an alert", _decide("resolve", "{alert} is over.")),
    "escalate": Verb(
        "escalate [NUMBER]",
        "takes an alert one step up now",
        _decide("escalate", "{alert} goes one step up now."),
    ),
    **alerts.VERBS,
    **maintenance.VERBS,
    **heartbeats.VERBS,
    **keys.VERBS,
    "done": Verb("done TASK", "ticks a task of a run", _done),
    "update": Verb("update [TICKET] TEXT", "gives an incident its status update", _update),
    **schedules.VERBS,
    **calendars.VERBS,
    **contacts.VERBS,
    **standins.VERBS,
    "page": Verb("page PERSON-or-SEAT TEXT", "pages somebody now", _page),
    "test": Verb("test", "sends you a test page", _test),
    "notices": Verb(
        "notices [on|off WHICH]",
        "says which notices of your duties you get, or changes it",
        lambda tx, caller, words: notices.answer(tx, caller.name, words, now=caller.now),
    ),
    "start": Verb("start PLAYBOOK", "starts a run of a playbook", _start),
    "why": Verb("why [LINK]", "says which rule of which version caused a post", _why),
}
