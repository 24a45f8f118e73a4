"""`/set contact`: by what somebody is reached, and how each method has verified itself."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from setflow import engine, signature, views
from setflow.adapters.mattermost.text import escape, fold, span, when
from setflow.db import Tx
from setflow.errors import Refused
from setflow.facts import ContactTestFacts, Who
from setflow.team.spec import MENTION
from setflow.web.caller import Caller, Verb

USAGE = "contact [test METHOD | verify CODE]"


def _contact(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    match list(arguments):
        case []:
            return _listed(tx, caller)
        case ["test", via]:
            return _test(tx, caller, via.lower())
        case ["verify", *code] if code:
            return _verify(tx, caller, "".join(code))
        case _:
            raise Refused(f"Write `/set {USAGE}`: it lists how you are reached, and tests it.")


def _listed(tx: Tx, caller: Caller) -> str:
    own = views.own_contacts(tx, caller.name, now=caller.now)
    if not own:
        return (
            "You are paged by direct message alone. An admin can add more to the configuration "
            "file, under your name: `contact: [{via: sms, to: …, after: 2m}]`."
        )
    zone = views.zone_of(tx, caller.name, now=caller.now)
    lines = ["You are paged by direct message, and by:"]
    lines += [f"- **{escape(one.via)}** {_said(one, caller, zone)}" for one in own]
    if waiting := [one.via for one in own if not one.sure]:
        lines.append(
            "What is not verified is used, but not counted on. "
            f"`/set contact test {waiting[0]}` sends you a test page."
        )
    return "\n".join(lines)


def _said(one: views.OwnContact, caller: Caller, zone: ZoneInfo) -> str:
    known = one.known
    only = f", for {' and '.join(one.priorities)} alone" if one.priorities else ""
    after = f" after {span(one.after)}" if one.after else " at once"
    told = [f"to `{fold(one.to, 60).replace('`', '')}`{after}{only}"]
    if one.via == MENTION:
        return told[0]
    for words, at in (
        ("verified", known.verified),
        ("last sent", known.sent),
        ("last arrived", known.delivered),
    ):
        told += [f"{words} {when(at, zone, now=caller.now)}"] if at else []
    if known.verified is None:
        told.insert(1, "**not verified**")
    if known.failed and (known.sent is None or known.failed >= known.sent):
        told.append(
            f"failed {when(known.failed, zone, now=caller.now)}: {escape(known.error, 200)}"
        )
    return " · ".join(told)


def _test(tx: Tx, caller: Caller, via: str) -> str:
    engine.handle(tx, [engine.TryMethod(caller.name, via)], now=caller.now)
    return (
        f"A test page by {escape(via)} is on its way to you. It has a code: give it with "
        "`/set contact verify CODE` within 15 min, or press the button behind its link."
    )


def _verify(tx: Tx, caller: Caller, code: str) -> str:
    own = views.own_contacts(tx, caller.name, now=caller.now)
    open_tests = [one for one in own if engine.waits_for_code(one.known, caller.now)]
    if not open_tests:
        raise Refused(
            "No test page waits for a code: it is good for 15 min, and for five tries. "
            "`/set contact test METHOD` sends you another."
        )
    right = tuple(one.via for one in open_tests if signature.equal(_code(caller, one), code))
    engine.handle(tx, [engine.CodeGiven(caller.name, right)], now=caller.now)
    if not right:
        return "That is not the code of your test page; nothing was verified. Look again."
    return f"{escape(right[0])} is verified: pages by it count from now on."


def _code(caller: Caller, one: views.OwnContact) -> str:
    who = Who(caller.name, caller.name, "")
    test = ContactTestFacts(who, one.via, one.to, one.receiver, one.known.number)
    return views.test_code(caller.pen.sign, test)


VERBS = {
    "contact": Verb(USAGE, "says how you are reached beside chat, and tests it", _contact),
}
"""What `/set` adds for contact methods."""
