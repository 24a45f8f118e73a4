"""More pages than a person can read: from the sixth within five minutes they go into one digest.

Each alert keeps its state, its ladder and its post; only the message to the person is shared. In
chat the digest grows in place. A patch makes no sound, so what joins it is heard by a new message:
at once where it is louder than all before, else after a while. By phone there are those alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from setflow.effects import MATTERMOST, Effect, ShowDigest

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
    waiting   alerts that joined and are in no revision yet; sending: in the one on its way
    failing   the last try did not get through: what joins now takes the next method at once
    missed    alerts whose ladders are to hear that
    """

    number: int = 0
    revision: int = 0
    pushed_at: datetime | None = None
    shown_at: datetime | None = None
    loudest: str = ""
    owed: str = ""
    changed: bool = False
    pending: int = 0
    waiting: tuple[int, ...] = ()
    sending: tuple[int, ...] = ()
    failing: bool = False
    missed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Storm:
    """What `person` was paged of late, and their digest.

    recent   when they were sent pages of their own by chat, the last five
    last_at  when something joined the digest, None where that is of no account any more
    since    when the digest began
    alerts   those in it, by number
    over     all of them are: the next begins another digest
    stirred  some of them changed since it was looked at
    answered_at  of the last reaction or reply to it that was worked
    """

    person: str
    recent: tuple[datetime, ...] = ()
    last_at: datetime | None = None
    since: datetime | None = None
    alerts: tuple[int, ...] = ()
    over: bool = False
    stirred: bool = False
    answered_at: datetime | None = None
    ways: Mapping[str, Way] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is with the alerts of a digest: how many wait, and are not over.

    others  whether somebody else than its reader took or ended some of them
    """

    waiting: int
    unresolved: int
    others: bool


def fold(storm: Storm, pages: Sequence[Page], now: datetime) -> tuple[Storm, frozenset[int]]:
    """Which of the pages, by their place, go into the digest instead of out by themselves.

    Of several at once the loudest are those that go out.
    """
    if storm.over:
        storm = _fresh(storm)
    raging = storm.last_at is not None and now - storm.last_at < CALM
    recent = tuple(at for at in storm.recent if now - at < WITHIN)
    known = set(storm.alerts)
    chat = [place for place, page in enumerate(pages) if page.method == MATTERMOST]
    chat.sort(key=lambda place: pages[place].priority)
    room = 0 if raging else MOST - len(recent)
    single = [place for place in chat if pages[place].alert not in known][: max(room, 0)]
    folded = {place for place in chat if place not in single}
    inside = known | {pages[place].alert for place in folded}
    folded |= {
        place
        for place, page in enumerate(pages)
        if page.method != MATTERMOST and (raging or page.alert in inside)
    }
    storm = replace(storm, recent=(*recent, *[now] * len(single))[-MOST:])
    if not folded:
        return storm, frozenset()
    return _joined(storm, [pages[place] for place in sorted(folded)], now), frozenset(folded)


def stir(storm: Storm) -> Storm:
    """Have the digest looked at: some alert in it has changed."""
    return replace(storm, stirred=True) if storm.alerts and not storm.over else storm


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
    arrived = replace(way, pending=0, sending=(), failing=False)
    return replace(storm, ways={**storm.ways, effect.method: arrived})


def failed(storm: Storm, effect: ShowDigest, now: datetime, *, dead: bool) -> Storm:
    """The digest did not get through: what is new in it takes the next method.

    dead  it is not tried again by itself: another message is made after a while
    """
    way = storm.ways.get(effect.method)
    if way is None or (way.number, way.pending) != (effect.number, effect.revision):
        return storm
    missing = dict.fromkeys([*way.missed, *way.sending, *way.waiting])
    lost = replace(way, failing=True, missed=tuple(missing), sending=(), waiting=())
    if dead:
        lost = replace(lost, pending=0, revision=0, owed=way.owed or way.loudest, pushed_at=now)
    return replace(storm, ways={**storm.ways, effect.method: lost})


def missed(storm: Storm, most: int) -> list[tuple[int, str]]:
    """Up to `most` alerts whose ladders are to hear that a method failed, and which."""
    found = [(alert, name) for name, way in storm.ways.items() for alert in way.missed]
    return found[:most]


def heard(storm: Storm, told: Iterable[tuple[int, str]]) -> Storm:
    """The storm with those alerts, by method, told."""
    done = set(told)
    ways = {
        name: replace(way, missed=tuple(one for one in way.missed if (one, name) not in done))
        for name, way in storm.ways.items()
    }
    return replace(storm, ways=ways)


def _fresh(storm: Storm) -> Storm:
    ways = {
        name: replace(way, pushed_at=None, loudest="", owed="", revision=0)
        for name, way in storm.ways.items()
    }
    return replace(storm, over=False, alerts=(), since=None, last_at=None, ways=ways)


def _joined(storm: Storm, pages: Sequence[Page], now: datetime) -> Storm:
    ways = dict(storm.ways)
    for page in pages:
        ways[page.method] = _with(ways.get(page.method, Way()), page)
    known = set(storm.alerts)
    news = [page for page in pages if page.alert not in known]
    return replace(
        storm,
        ways=ways,
        alerts=tuple(sorted({*known, *(page.alert for page in news)})),
        since=storm.since or now,
        last_at=now if news else storm.last_at,
    )


def _with(way: Way, page: Page) -> Way:
    owed = min(filter(None, [way.owed, page.priority]))
    joined = replace(way, owed=owed, changed=True)
    if way.failing:
        return replace(joined, missed=(*way.missed, page.alert))
    return replace(joined, waiting=(*way.waiting, page.alert))


def _go_on(person: str, method: str, way: Way, now: datetime) -> tuple[Way, list[Effect]]:
    if not _dues(method, replace(way, missed=()), now, by=now):
        return way, []
    sent = replace(way, sending=way.waiting, waiting=(), changed=False, shown_at=now)
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
