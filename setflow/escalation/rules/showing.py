"""What posts, pages and OpsGenie are told of an alert."""

from collections.abc import Collection

from setflow.effects import (
    IN_CHAT,
    Effect,
    MirrorAlert,
    PageChannel,
    PagePerson,
    ShowAlert,
    UpdatePage,
)
from setflow.escalation.rules.values import CHANNEL, Alert, Pair
from setflow.frozen import replace


def updates(alert: Alert, stand_down: Collection[Pair]) -> list[Effect]:
    """Every page in chat brought up to date, and the receivers in `stand_down` told, once each."""
    last = {(page.person, page.method): page for page in alert.pages}
    found: list[Effect] = []
    for page in alert.pages:
        if page.digest:
            continue  # the digest says it, and is brought up to date by itself
        pair = page.person, page.method
        where = alert.id, page.nth, page.round, page.step, page.person
        told = pair in stand_down and last[pair] is page
        if page.method == CHANNEL:
            found.append(PageChannel(*where, revision=alert.revision))
        elif told or page.method in IN_CHAT:
            key = PagePerson(*where, page.method, again=page.again).key
            found.append(
                UpdatePage(key, alert.id, page.nth, *pair, alert.revision, stand_down=told)
            )
    return found


def show(alert: Alert) -> ShowAlert:
    """Its post, brought up to date."""
    return ShowAlert(alert.id, alert.nth, alert.revision)


def mirror(alert: Alert, verb: str, person: str) -> list[MirrorAlert]:
    """The same done in OpsGenie, where it has the alert. verb: as of effects.MirrorAlert."""
    return [MirrorAlert(alert.id, verb, person, alert.revision)] if alert.remote else []


def revised(alert: Alert) -> Alert:
    """The alert as posts are to show it anew."""
    return replace(alert, revision=alert.revision + 1)
