"""More pages than a person can read: from the sixth within five minutes they go into one digest.

Each alert keeps its state, its ladder and its post; only the message to the person is shared. In
chat the digest grows in place. A patch makes no sound, so what joins it is heard by a new message:
at once where it is louder than all before, else after a while. By phone there are those alone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from setflow.effects import MATTERMOST, Effect, ShowDigest
from setflow.frozen import replace

MOST, WITHIN = 5, timedelta(minutes=5)
"""So many pages somebody reads one by one: five in five minutes are one a minute, about what it
takes to open one and look."""
CALM = timedelta(minutes=5)
"""With no further page for so long it is no storm any more."""
EVERY = timedelta(seconds=10)
"""How often the digest changes under the eyes of its reader."""
AGAIN, AGAIN_P1 = timedelta(minutes=10), timedelta(minutes=2)
"""How long what joined waits to be heard, where nothing louder comes; of P1 less."""
P1 = "P1"
HEARD, MISSED = 0, -1
"""Instead of a lot: its ladder has heard, or is to hear, that the digest did not get through."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is about to go out to somebody: of which alert, how loud, by what."""

    alert: int
    priority: str
    method: str


@dataclass(frozen=True, slots=True)
class Way:
    """The digest by one method.

    number    counts its messages, for ever; revision counts what the last of them has shown, 0
              where none can be patched
    pushed_at when the last was made; shown_at when it was made or changed last
    loudest   of what was heard in this storm; owed: of what joined and was not heard yet
    changed   it would look different now
    pending   the revision that is on its way, 0 for none: there is never a second
    lot       what joins now is of this one, all of which the next revision is the first to show
    settled   lots up to this one got through, but for what counts as missed
    failing   the last try did not get through: what joins now takes the next method at once
    missed    there are alerts whose ladders are to hear that
    """

    number: int = 0
    revision: int = 0
    pushed_at: datetime | None = None
    shown_at: datetime | None = None
    loudest: str = ""
    owed: str = ""
    changed: bool = False
    pending: int = 0
    lot: int = 1
    settled: int = 0
    failing: bool = False
    missed: bool = False


@dataclass(frozen=True, slots=True)
class Storm:
    """What `person` was paged of late, and their digest; the alerts in it are kept beside it.

    nth      counts their digests
    recent   when they were sent pages of their own by chat, the last five
    last_at  when something joined the digest, None where that is of no account any more
    since    when the digest began
    over     all of them are: the next begins another digest
    stirred  some of them changed since it was looked at
    answered_at  of the last reaction or reply to it that was worked
    """

    person: str
    nth: int = 1
    recent: tuple[datetime, ...] = ()
    last_at: datetime | None = None
    since: datetime | None = None
    over: bool = False
    stirred: bool = False
    answered_at: datetime | None = None
    ways: Mapping[str, Way] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is with the alerts of a digest: how many there are, wait, and are not over.

    others  whether somebody else than its reader took or ended some of them
    """

    alerts: int
    waiting: int
    unresolved: int
    others: bool


def fold(
    storm: Storm, pages: Sequence[Page], now: datetime, *, known: Collection[int]
) -> tuple[Storm, frozenset[int]]:
    """Which of the pages, by their place, go into the digest instead of out by themselves.

    Of several at once the loudest are those that go out.

    known  the alerts of these pages that are in it already
    """
    if storm.over:
        storm, known = _fresh(storm), ()
    raging = storm.last_at is not None and now - storm.last_at < CALM
    recent = tuple(at for at in storm.recent if now - at < WITHIN)
    chat = [place for place, page in enumerate(pages) if page.method == MATTERMOST]
    chat.sort(key=lambda place: pages[place].priority)
    room = 0 if raging else MOST - len(recent)
    single = [place for place in chat if pages[place].alert not in known][: max(room, 0)]
    folded = {place for place in chat if place not in single}
    inside = {*known} | {pages[place].alert for place in folded}
    folded |= {
        place
        for place, page in enumerate(pages)
        if page.method != MATTERMOST and (raging or page.alert in inside)
    }
    storm = replace(storm, recent=(*recent, *[now] * len(single))[-MOST:])
    if not folded:
        return storm, frozenset()
    joined = [pages[place] for place in sorted(folded)]
    news = any(page.alert not in known for page in joined)
    return _joined(storm, joined, now, news=news), frozenset(folded)


def lot(storm: Storm, method: str) -> int:
    """What a page by a method that has just joined is of: a lot, or MISSED."""
    way = storm.ways[method]
    return MISSED if way.failing else way.lot


def stir(storm: Storm) -> Storm:
    """Have the digest looked at: some alert in it has changed."""
    return replace(storm, stirred=True) if storm.since and not storm.over else storm


def answers(storm: Storm, at: datetime) -> bool:
    """Whether a reaction or reply to the digest, made at an instant, is still to be worked."""
    return storm.answered_at is None or storm.answered_at < at


def answered(storm: Storm, at: datetime) -> Storm:
    """The storm with what was answered up to an instant worked: what joins later waits anew."""
    return replace(storm, answered_at=at) if answers(storm, at) else storm


def settle(storm: Storm, standing: Standing) -> tuple[Storm, list[Effect]]:
    """The storm as its alerts now stand; of what others did, who was told by phone is stood down.

    With nothing left that waits, what comes next is news again.
    """
    storm = replace(storm, stirred=False, over=not standing.unresolved)
    ways = {name: replace(way, changed=True) for name, way in storm.ways.items()}
    effects: list[Effect] = []
    if standing.waiting == 0:
        for name, way in ways.items():
            if name != MATTERMOST and way.pushed_at and way.revision and standing.others:
                effects.append(ShowDigest(storm.person, name, way.number, way.revision + 1))
            ways[name] = replace(way, loudest="", owed="", pushed_at=None)
        storm = replace(storm, last_at=None, recent=())
    return replace(storm, ways=ways), effects


def advance(storm: Storm, now: datetime) -> tuple[Storm, list[Effect]]:
    """Whatever is due of the digest by `now`: a new message by a method, or a patch in chat."""
    effects: list[Effect] = []
    ways = dict(storm.ways)
    for name, way in ways.items():
        ways[name], more = _go_on(storm.person, name, way, now)
        effects += more
    return replace(storm, ways=ways), effects


def wake_at(storm: Storm, now: datetime) -> datetime | None:
    """When something of the storm is due; None where nothing more is to come by itself."""
    dues = [due for name, way in storm.ways.items() for due in _dues(name, way, now)]
    if storm.stirred:
        shown = storm.ways[MATTERMOST].shown_at if MATTERMOST in storm.ways else None
        dues.append(max(now, shown + EVERY) if shown else now)
    return min(dues, default=None)


def delivered(storm: Storm, effect: ShowDigest) -> Storm:
    """The digest got through: the pages in it count as sent."""
    way = storm.ways.get(effect.method)
    if way is None or (way.number, way.pending) != (effect.number, effect.revision):
        return storm
    arrived = replace(way, pending=0, settled=way.lot - 1, failing=False)
    return replace(storm, ways={**storm.ways, effect.method: arrived})


def failed(storm: Storm, effect: ShowDigest, now: datetime, *, dead: bool) -> Storm:
    """The digest did not get through: all later lots than were settled take the next method.

    dead  it is not tried again by itself: another message is made after a while
    """
    way = storm.ways.get(effect.method)
    if way is None or (way.number, way.pending) != (effect.number, effect.revision):
        return storm
    lost = replace(way, failing=True, missed=True)
    if dead:
        lost = replace(lost, pending=0, revision=0, owed=way.owed or way.loudest, pushed_at=now)
    return replace(storm, ways={**storm.ways, effect.method: lost})


def missed(storm: Storm) -> bool:
    """Whether ladders are to hear that a method failed."""
    return any(way.missed for way in storm.ways.values())


def heard(storm: Storm, left: Collection[str]) -> Storm:
    """The storm with ladders told, but for some of the methods that are `left`."""
    ways = {name: replace(way, missed=name in left) for name, way in storm.ways.items()}
    return replace(storm, ways=ways)


def _fresh(storm: Storm) -> Storm:
    ways = {
        name: replace(way, pushed_at=None, loudest="", owed="", revision=0, missed=False)
        for name, way in storm.ways.items()
    }
    return replace(storm, nth=storm.nth + 1, over=False, since=None, last_at=None, ways=ways)


def _joined(storm: Storm, pages: Sequence[Page], now: datetime, *, news: bool) -> Storm:
    ways = dict(storm.ways)
    for method in {page.method for page in pages}:
        way = ways.get(method, Way())
        loudest = min(page.priority for page in pages if page.method == method)
        ways[method] = replace(
            way,
            owed=min(filter(None, [way.owed, loudest])),
            changed=True,
            missed=way.missed or way.failing,
        )
    return replace(
        storm, ways=ways, since=storm.since or now, last_at=now if news else storm.last_at
    )


def _go_on(person: str, method: str, way: Way, now: datetime) -> tuple[Way, list[Effect]]:
    if not _dues(method, replace(way, missed=False), now, by=now):
        return way, []
    sent = replace(way, lot=way.lot + 1, changed=False, shown_at=now)
    push = _push_at(way, now)
    if push is None or push > now:
        patch = replace(sent, revision=way.revision + 1, pending=way.revision + 1)
        return patch, [ShowDigest(person, method, way.number, patch.revision)]
    loudest = min(filter(None, [way.loudest, way.owed]))
    new = replace(
        sent,
        number=way.number + 1,
        revision=1,
        pending=1,
        pushed_at=now,
        loudest=loudest,
        owed="",
    )
    effects: list[Effect] = [ShowDigest(person, method, new.number, 1)]
    if method == MATTERMOST and way.revision:
        effects.append(ShowDigest(person, method, way.number, way.revision + 1))
    return new, effects


def _dues(method: str, way: Way, now: datetime, *, by: datetime | None = None) -> list[datetime]:
    """When something of a way is due; with `by`, only what is by then."""
    dues = [now] if way.missed else []
    if not way.pending:
        push = _push_at(way, now)
        dues += [push] if push else []
        if method == MATTERMOST and way.changed and way.revision and way.shown_at:
            dues.append(way.shown_at + EVERY)
    return [due for due in dues if by is None or due <= by]


def _push_at(way: Way, now: datetime) -> datetime | None:
    """When what joined is to be heard; None where all of it was."""
    if not way.owed:
        return None
    if way.pushed_at is None or not way.loudest or way.owed < way.loudest:
        return now
    return way.pushed_at + (AGAIN_P1 if way.owed == P1 else AGAIN)
