"""What becomes of an alert that is or was somebody's, told or asked in a direct message.

Pure, as `alerts`, which says the alert itself.
"""

from collections.abc import Callable, Mapping

from setflow.adapters.mattermost.alert_words import ACKNOWLEDGED, button, heading
from setflow.adapters.mattermost.post import AMBER, GREY, RED, Button, Pen, Post
from setflow.adapters.mattermost.text import escape, span, when
from setflow.facts import AlertNewsFacts


def alert_news(news: AlertNewsFacts, pen: Pen) -> Post:
    """A question to who has an alert, or is to have it; or word of what another did with it."""
    words, colour, bar, buttons = _KINDS[news.what](news, pen)
    return pen.post(words, pen.bar(colour, bar, buttons))


_Said = tuple[str, str, str, list[Button]]


def _still(news: AlertNewsFacts, pen: Pen) -> _Said:
    alert = news.alert
    since = f" You have had it for {span(pen.now - alert.owned_at)}." if alert.owned_at else ""
    by = when(alert.check_at, news.zone, now=pen.now) if alert.check_at else "soon"
    words = (
        f"{heading(alert)} — are you still on it?{since} Without an answer by **{by}** it pages "
        "again, from the first step."
    )
    buttons = [
        button(alert, "still", "Still on it", "primary"),
        button(alert, "resolve", "Resolve"),
        button(alert, "hand-back", "Hand back"),
    ]
    return words, RED, "Waiting for you.", buttons


def _offered(news: AlertNewsFacts, pen: Pen) -> _Said:
    alert, by = news.alert, escape(news.by.title)
    until = alert.offered_until
    end = f" by **{when(until, news.zone, now=pen.now)}**" if until else ""
    words = (
        f"{by} asks you to take over {heading(alert)}{end}. Until you do, it stays with "
        f"{_owner(news)}."
    )
    buttons = [
        button(alert, "take", "Take over", "primary"),
        button(alert, "decline", "Not me"),
    ]
    return words, RED, "Waiting for you.", buttons


def _declined(news: AlertNewsFacts, _: Pen) -> _Said:
    by = escape(news.by.title)
    words = f"{by} does not take {heading(news.alert)}: it stays with {_owner(news)}."
    return words, AMBER, "Not over yet.", []


def _unanswered(news: AlertNewsFacts, _: Pen) -> _Said:
    by = escape(news.by.title)
    words = f"{by} has not answered: {heading(news.alert)} stays with {_owner(news)}."
    return words, AMBER, "Not over yet.", []


def _taken(news: AlertNewsFacts, _: Pen) -> _Said:
    by = escape(news.by.title)
    words = f"{by} has taken {heading(news.alert)} over from you. Nothing more for you to do."
    return words, GREY, "Nothing for you to do.", _take_back(news)


def _snoozed(news: AlertNewsFacts, pen: Pen) -> _Said:
    until = news.alert.until
    end = f" until {when(until, news.zone, now=pen.now)}" if until else ""
    by = escape(news.by.title)
    words = (
        f"{by} has snoozed {heading(news.alert)}, which you had,{end}. It then comes back to {by}."
    )
    return words, GREY, "Nothing for you to do.", _take_back(news)


def _handed_back(news: AlertNewsFacts, _: Pen) -> _Said:
    words = (
        f"{escape(news.by.title)} has handed {heading(news.alert)} back for you: it pages again, "
        "from the first step, without you."
    )
    return words, GREY, "Nothing for you to do.", _take_back(news)


def _louder(news: AlertNewsFacts, _: Pen) -> _Said:
    words = (
        f"{heading(news.alert)}, which you had, has become louder: it pages again, from the first "
        "step."
    )
    return words, AMBER, "Not over yet.", _take_back(news)


def _assigned(news: AlertNewsFacts, _: Pen) -> _Said:
    alert = news.alert
    by = escape(news.by.title)
    if alert.owner != news.person or alert.status != ACKNOWLEDGED:
        return f"{by} gave you {heading(alert)}.", GREY, "Nothing for you to do.", []
    words = (
        f"{by} has given you {heading(alert)}: you have it now. Handed back, it pages again, "
        "without you."
    )
    buttons = [button(alert, "resolve", "Resolve"), button(alert, "hand-back", "Hand back")]
    return words, AMBER, "Yours, and not over.", buttons


def _take_back(news: AlertNewsFacts) -> list[Button]:
    return [button(news.alert, "take", "Take it back")]


def _owner(news: AlertNewsFacts) -> str:
    owner = news.alert.owner
    if owner is None or news.alert.status != ACKNOWLEDGED:
        return "whoever takes it"
    return "you" if owner == news.person else escape(owner.title)


_KINDS: Mapping[str, Callable[[AlertNewsFacts, Pen], _Said]] = {
    "still": _still,
    "offered": _offered,
    "declined": _declined,
    "unanswered": _unanswered,
    "taken": _taken,
    "snoozed": _snoozed,
    "handed-back": _handed_back,
    "assigned": _assigned,
    "louder": _louder,
}
