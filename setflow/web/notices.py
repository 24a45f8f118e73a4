"""`/set notices`: which notices of their own duties somebody gets, shown and changed."""

from collections.abc import Sequence
from datetime import datetime

from setflow import engine, views
from setflow.db import Tx
from setflow.document import suggestion
from setflow.errors import Refused

WHAT = {
    "day": "a day before you are on",
    "soon": "30 minutes before",
    "on": "when you are on",
    "relieved": "when you are relieved, with who has it now",
}


def answer(tx: Tx, person: str, words: Sequence[str], *, now: datetime) -> str:
    """What `/set notices [on|off [WHICH...]]` answers; without words it shows. Raises Refused."""
    if words:
        off = _changed(views.muted(tx, person), words)
        engine.handle(tx, [engine.ChooseNotices(person, off)], now=now)
    off = views.muted(tx, person)
    lines = [
        f"- {'off' if kind in off else '**on**'} · `{kind}`: {said}" for kind, said in WHAT.items()
    ]
    change = "Change it with `/set notices off relieved` or `/set notices on day`."
    return "\n".join(["I write to you:", *lines, change])


def _changed(off: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    """The kinds that are off when `words` are done."""
    switch, *which = (word.strip(",").lower() for word in words)
    if switch not in ("on", "off"):
        raise Refused(
            f"Write `/set notices on` or `/set notices off`, and which: {', '.join(WHAT)}."
        )
    for kind in which:
        if kind not in WHAT:
            hint = suggestion(kind, list(WHAT))
            raise Refused(f"There is no notice {kind[:30]}{hint}; there is {', '.join(WHAT)}.")
    named = which or list(WHAT)
    return tuple(
        kind
        for kind in WHAT
        if (kind in named and switch == "off") or (kind in off and kind not in named)
    )
