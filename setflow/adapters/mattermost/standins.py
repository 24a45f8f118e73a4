"""Stand-ins in words: the card before anything is done, what those concerned are told of it.

Pure: facts and `now` in, words out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from zoneinfo import ZoneInfo

from setflow.adapters.mattermost.post import AMBER, GREEN, GREY, Button, Pen, Post
from setflow.adapters.mattermost.spans import said
from setflow.adapters.mattermost.text import escape, listed, names
from setflow.facts import (
    AbsenceFacts,
    Change,
    ConsideredFacts,
    OverrideFacts,
    Who,
)
from setflow.wording import stretch

CHANGES_SHOWN = 8
MANY = 4
REMARKS_SHOWN = 8
LONGEST_NOTE = 180
LONGEST_SENTENCE = 300


def card(considered: ConsideredFacts, what: str, buttons: Sequence[Button], pen: Pen) -> Post:
    """What would follow from a command, before it is done: who gives way to whom, all remarks.

    what  a sentence, already safe: what is about to be done
    """
    zone = considered.zone
    lines = [
        f"- {escape(one.label)}, {stretch(one.start, one.end, zone, now=pen.now)}"
        f"{f' ({count} shifts)' if count > 1 else ''}: {names(one.before) or 'nobody'} → "
        f"{escape(one.after.title) if one.after else 'whoever takes it'}"
        for one, count in _runs(considered.changes)
    ]
    shown = lines[:CHANGES_SHOWN]
    shown += [f"- … and {len(lines) - len(shown)} more like these"] if lines[len(shown) :] else []
    shown += [f"- {escape(one, LONGEST_SENTENCE)}" for one in considered.remarks[:REMARKS_SHOWN]]
    if considered.needs:
        verb = "has" if len(considered.needs) == 1 else "have"
        shown.append(f"- {names(considered.needs)} {verb} to agree before anything changes.")
    words = "\n".join(shown) or "Nobody's duty changes by it."
    return pen.post(
        f"{what} Nothing is changed until you press `Do it`.", pen.bar(AMBER, words, buttons, zone)
    )


def _runs(changes: Sequence[Change]) -> list[tuple[Change, int]]:
    """The changes with many alike that follow each other as one, and how many each is."""
    found: list[tuple[Change, int]] = []
    alike = groupby(
        sorted(changes, key=lambda one: (one.seat, one.start)),
        key=lambda one: (one.seat, one.before, one.after),
    )
    for _, group in alike:
        run = list(group)
        if len(run) < MANY:
            found += [(one, 1) for one in run]
        else:
            found.append((replace(run[0], end=run[-1].end), len(run)))
    return sorted(found, key=lambda pair: (pair[0].start, pair[0].seat))


def override_post(override: OverrideFacts, pen: Pen) -> Post:
    """What its receiver is told: they stand in, are displaced, or it was undone."""
    me = override.person
    stand_in = named(override.stand_in, me)
    others = [who for who in override.displaced if who.name != me.name]
    instead = listed(
        [*(["you"] if len(others) < len(override.displaced) else []), *_titles(others)]
    )
    verb = "stand in" if stand_in == "you" else "stands in"
    for_whom = f" for {instead}" if instead else ""
    what = f"{stand_in} {verb}{for_whom} as {places(override.parts, override.zone, pen)}"
    by = escape(override.by)
    if override.undone:
        return pen.post(
            f"Undone by {by}: {what}. The turn is as it was before.",
            pen.bar(GREY, "Nothing for you to do."),
        )
    return pen.post(
        f"{sentence(what)}, arranged by {by}. An alert somebody has by then stays with them.",
        pen.bar(GREEN, "Arranged.", [undo(override.id, override.also)]),
    )


def absence_post(absence: AbsenceFacts, pen: Pen) -> Post:
    """What somebody is told where another has noted when they are away, or took that back."""
    days = said(absence.start, absence.end, absence.zone, now=pen.now)
    state = "are away" if absence.kind == "away" else "would rather not serve"
    by = escape(absence.by)
    if absence.ended:
        words = f"{by} took back that you {state}, {days}."
    else:
        words = f"{by} noted that you {state}, {days}. `/set away end {absence.id}` takes it back."
    return pen.post(words, pen.bar(GREY, "Nothing for you to do."))


def places(parts: Sequence[Change], zone: ZoneInfo, pen: Pen) -> str:
    """Seats and when: those of one stretch together, `SET lead and SET backup, Thu 13:00 – …`."""
    by_stretch: dict[str, list[str]] = {}
    for one in parts:
        at = said(one.start, one.end, zone, now=pen.now)
        by_stretch.setdefault(at, []).append(escape(one.label))
    return "; ".join(f"{listed(seats)}, {at}" for at, seats in by_stretch.items())


def named(who: Who, me: Who | None) -> str:
    """A person as `me` reads it: "you", or the name."""
    return "you" if me and who.name == me.name else escape(who.title)


def _titles(people: Iterable[Who]) -> list[str]:
    return [escape(who.title) for who in people]


def sentence(text: str) -> str:
    """`text` with a capital."""
    return text[:1].upper() + text[1:]


def undo(number: int, also: Sequence[int]) -> Button:
    """What takes a stand-in back, with those that were told with it."""
    more = {"also": ",".join(map(str, also))} if also else {}
    return Button("undo", "Undo", {"do": "undo", "override": number, **more})
