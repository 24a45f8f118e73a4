"""Alerts by command: which one is meant, and what people do with one that somebody has."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from setflow import engine, views
from setflow.adapters.mattermost.text import escape, when
from setflow.calendar import spoken
from setflow.db import Tx
from setflow.document import duration
from setflow.errors import Refused
from setflow.facts import AlertFacts
from setflow.views import Which
from setflow.web.caller import Caller, Verb

SNOOZE_BUTTON = timedelta(hours=1)
YOURS = "is yours; `/set backup` gets you help, `/set unack` hands it back."
MOST_LISTED = 10
LONGEST_NUMBER = 18
"""As many digits as the number of a row may have."""
ANY, FIRING = Which(), Which(status="firing")


def chosen(tx: Tx, caller: Caller, given: Sequence[str], fits: Which) -> AlertFacts:
    """The alert that is meant: the number given, or the only open one that fits.

    Raises Refused, which lists them, where there is none or more than one.
    """
    if given:
        return _numbered(tx, caller, given[0].removeprefix("#"))
    waiting = views.open_alerts(tx, fits, now=caller.now, most=MOST_LISTED + 1)
    if len(waiting) == 1:
        return waiting[0]
    if not waiting:
        raise Refused("No alert waits for anybody now.")
    raise Refused(f"Which one? {_listed(waiting)}")


def _numbered(tx: Tx, caller: Caller, number: str) -> AlertFacts:
    if not number.isdecimal() or len(number) > LONGEST_NUMBER:
        raise Refused("Say the alert by its number, such as `/set ack 12`.")
    found = views.open_alert(tx, int(number), now=caller.now)
    if found is None:
        listed = _listed(views.open_alerts(tx, now=caller.now, most=MOST_LISTED + 1))
        raise Refused(f"No alert {int(number)} is open. {listed}")
    return found


def until_of(words: str, tx: Tx, caller: Caller) -> datetime:
    """The instant that `2h`, `until 14:00` or `until Mon 09:00` means. Raises Refused."""
    text = words.strip().removeprefix("for ").removeprefix("until ").strip()
    zone = views.zone_of(tx, caller.name, now=caller.now)
    try:
        return caller.now + duration(text)
    except ValueError:
        pass
    try:
        return spoken(text, zone, after=caller.now)
    except ValueError:
        said = f"“{escape(text, 40)}” is no time that I know. " if text else ""
        raise Refused(
            f"{said}Say how long or until when: `/set snooze 2h`, `/set snooze 12 until 14:00`."
        ) from None


def snooze(tx: Tx, caller: Caller, asked: engine.Deciding) -> str:
    """Put an alert off; what to say of it. Raises Refused."""
    engine.handle(tx, [asked], now=caller.now)
    zone = views.zone_of(tx, caller.name, now=caller.now)
    until = f" until {when(asked.until, zone, now=caller.now)}" if asked.until else ""
    return f"snoozed{until}; it then comes back to you."


def _snooze(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    # A length such as 2h is no number, and a bare number no length.
    numbered = bool(arguments) and arguments[0].removeprefix("#").isdigit()
    given = arguments[:1] if numbered else ()
    until = until_of(" ".join(arguments[len(given) :]), tx, caller)
    mine = _mine(caller)
    own = views.open_alerts(tx, mine, now=caller.now, most=1)
    alert = chosen(tx, caller, given, mine if own else FIRING)
    asked = engine.Deciding("snooze", alert.id, by=caller.name, how="slash", until=until)
    return f"{_said(alert)} is {snooze(tx, caller, asked)}"


def _hand(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    if not arguments or not arguments[-1].startswith("@"):
        raise Refused("Say to whom: `/set hand @bo`, or `/set hand 12 @bo`.")
    username = arguments[-1].removeprefix("@")
    person = views.person_of(tx, username, now=caller.now)
    if person is None:
        raise Refused(
            f"{escape(username, 60)} is not among the people that setflow knows; name somebody who "
            "is, or have an admin add them to the configuration file."
        )
    alert = chosen(tx, caller, arguments[:-1], _mine(caller))
    _decide(tx, caller, "hand-over", alert, person=person.name)
    owner = alert.owner if alert.status == "acknowledged" else None
    if person.name == caller.name:
        return f"{_said(alert)} {YOURS}"
    stays = "you" if owner is None or owner.name == caller.name else escape(owner.title)
    return (
        f"{escape(person.title)} is asked to take {_said(alert)}; until then it stays with {stays}."
    )


def _verb(verb: str, said: str, fits: Callable[[Caller], Which]) -> Callable[..., str]:
    def work(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
        alert = chosen(tx, caller, arguments[:1], fits(caller))
        _decide(tx, caller, verb, alert)
        return said.format(alert=_said(alert))

    return work


def _decide(
    tx: Tx, caller: Caller, verb: str, alert: AlertFacts, person: str | None = None
) -> None:
    message = engine.Deciding(verb, alert.id, by=caller.name, how="slash", person=person)
    engine.handle(tx, [message], now=caller.now)


def _mine(caller: Caller) -> Which:
    return Which(owner=caller.name)


def _others(caller: Caller) -> Which:
    return Which(other=caller.name)


def _said(alert: AlertFacts) -> str:
    return f"#{alert.id} {escape(alert.title, 80)}"


def _listed(alerts: Sequence[AlertFacts]) -> str:
    if not alerts:
        return "None is open."
    shown = [f"**{one.id}** {escape(one.title, 60)}" for one in alerts[:MOST_LISTED]]
    return "Open: " + " · ".join(shown) + (" · and more" if alerts[MOST_LISTED:] else "")


VERBS = {
    "take": Verb(
        "take [NUMBER]",
        "takes an alert over from whoever has it",
        _verb("take", f"{{alert}} {YOURS}", _others),
    ),
    "hand": Verb("hand [NUMBER] @PERSON", "asks somebody to take an alert of yours", _hand),
    "unack": Verb(
        "unack [NUMBER]",
        "hands an alert back: it pages again, without you",
        _verb("hand-back", "{alert} is handed back; it pages again, without you.", _mine),
    ),
    "backup": Verb(
        "backup [NUMBER]",
        "pages the next step to help you; you keep the alert",
        _verb("backup", "The next step is paged to help with {alert}; you keep it.", _mine),
    ),
    "snooze": Verb(
        "snooze [NUMBER] 2h or until 14:00",
        "puts an alert off; it then comes back to you",
        _snooze,
    ),
    "still": Verb(
        "still [NUMBER]",
        "says that you are still on an alert",
        _verb("still", "Noted: you are still on {alert}.", _mine),
    ),
}
"""What `/set` adds for alerts that somebody has."""
