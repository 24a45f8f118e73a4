"""Several alerts as one: who joins, when a louder one pages anew, when all of it is over."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from setflow.effects import Decision, PagePerson, TellAlert
from setflow.escalation import spec
from setflow.escalation.rules import answers
from setflow.escalation.rules.showing import revised, show, updates
from setflow.escalation.rules.starting import begin, come_back, kept
from setflow.escalation.rules.values import LOUDER, Alert, Back, Group, Status
from setflow.escalation.spec import Fired, Grouping, OnCall
from setflow.frozen import replace

SHOW_AFTER = timedelta(seconds=5)
"""How long a change waits for others before posts tell it: a storm of joins is a few patches."""
LONGEST_NAME = 60
GROUP_MARK = "\x1f"
"""What the name of a group begins with. No source can begin a key with it: it counts as a blank."""


def group_name(ladder: str, grouping: Grouping | None, details: Mapping[str, str]) -> str:
    """What finds the group of an alert with these details, by its key; "" where it has none."""
    if grouping is None or not all(details.get(label) for label in grouping.by):
        return ""
    labels = [[label, details[label]] for label in sorted(grouping.by)]
    text = json.dumps([ladder, labels], ensure_ascii=False)
    return GROUP_MARK + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def key_of(alert: Alert) -> str:
    """The key that an open alert is kept under: its own, or what finds its group."""
    return alert.group.name if alert.group else alert.key


def takes(alert: Alert, message: Fired, now: datetime) -> bool:
    """Whether a new alert joins this group, which has the same labels.

    One that is snoozed takes none: whoever put it off did not put off what is new.
    """
    if alert.group is None or alert.group.until <= now:
        return False
    if alert.status is Status.SNOOZED:
        return bool(alert.held and message.hold)
    return alert.status is not Status.RESOLVED


def give_up(alert: Alert) -> Decision[Alert]:
    """Let it take no more members, so that another of the same labels can be open."""
    assert alert.group is not None
    name = f"{alert.group.name}#{alert.id}"
    return kept(replace(alert, group=replace(alert.group, name=name)), [], [])


def fire(
    existing: Alert | None, message: Fired, *, new_id: int, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    """As `answers.fire`; a new one that others may join is the first of its group."""
    decision = answers.fire(existing, message, new_id=new_id, now=now, on_call=on_call)
    new = existing is None or existing.status is Status.RESOLVED
    grouping, ladder = message.group, message.ladder.name if message.ladder else ""
    if not new or grouping is None or not ladder:
        return decision
    name = group_name(ladder, grouping, message.details)
    if not name:
        return decision
    labels = {label: message.details[label] for label in grouping.by}
    group = Group(name, labels, now + grouping.within, grouping.within)
    return replace(decision, state=replace(decision.state, group=group))


def join(alert: Alert, message: Fired, *, now: datetime, on_call: OnCall) -> Decision[Alert]:
    """One more of an open group: it pages nobody, but where it is louder than all before.

    Then the group is as loud, takes its title and details, and begins its ladder anew, whoever has
    it. Where the ladder had ended unanswered it begins anew too.
    """
    group = alert.group
    assert group is not None
    joined = replace(
        alert,
        group=replace(
            group,
            until=now + group.within,
            size=group.size + 1,
            open=group.open + 1,
            show_at=group.show_at or now + SHOW_AFTER,
        ),
    )
    event = spec.MemberJoined(
        alert.id, message.source, message.key, called(alert, message), message.priority
    )
    # What comes in maintenance does not page, and so makes louder only what is held as well.
    if message.priority < alert.priority and (message.hold is None or alert.held):
        decision = _louder(joined, message, now, on_call)
    else:
        decision = answers.fire(joined, message, new_id=alert.id, now=now, on_call=on_call)
    return replace(decision, events=[event, *decision.events])


def leave(alert: Alert, message: spec.SourceResolved) -> Decision[Alert]:
    """End one of a group because its source says so, and the group with the last of them."""
    group = alert.group
    if group is None or alert.status is Status.RESOLVED or group.open <= 1:
        left = replace(alert, group=replace(group, open=0)) if group else alert
        return answers.source_resolved(left, message)
    show_at = group.show_at or message.at + SHOW_AFTER
    left = replace(alert, group=replace(group, open=group.open - 1, show_at=show_at))
    event = spec.MemberLeft(alert.id, message.source, message.key, group.open - 1)
    return kept(left, [event], [])


def wake(alert: Alert, *, now: datetime, on_call: OnCall) -> Decision[Alert]:
    """As `answers.wake`; what changed of a group is then told by its posts."""
    decision = answers.wake(alert, now=now, on_call=on_call)
    state = decision.state
    group = state.group
    if group is None or group.show_at is None or group.show_at > now:
        return decision
    shown = revised(replace(state, group=replace(group, show_at=None)))
    return kept(shown, decision.events, [*decision.effects, *updates(shown, ()), show(shown)])


def called(alert: Alert, message: Fired) -> str:
    """What tells a member from the first: its title, else a detail of its own, else its key."""
    if message.title != alert.title:
        return message.title[:LONGEST_NAME]
    own = [value for name, value in message.details.items() if alert.details.get(name) != value]
    return (own[0] if own and own[0] else message.key)[:LONGEST_NAME]


def _louder(alert: Alert, message: Fired, now: datetime, on_call: OnCall) -> Decision[Alert]:
    owner, ladder = alert.owner, alert.ladder
    assert ladder is not None
    louder = replace(
        alert,
        title=message.title,
        priority=message.priority,
        details=message.details,
        url=message.url,
        count=alert.count + 1,
        last_at=now,
        waiting=(),
    )
    if alert.status is Status.SNOOZED:
        return kept(louder, [], [])  # held by maintenance, as the new one is
    event = spec.GroupLouder(alert.id, alert.nth + 1, message.priority, alert.priority)
    if owner is None:
        return begin(replace(louder, back=None), ladder, now, on_call, said=[event])
    decision = come_back(louder, Back(LOUDER, owner, now), now, on_call)
    paged = {one.person for one in decision.effects if isinstance(one, PagePerson)}
    told = [TellAlert(alert.id, alert.nth + 1, owner, LOUDER, alert.revision)]
    return replace(
        decision,
        events=[event, *decision.events],
        effects=[*decision.effects, *(told if owner not in paged else ())],
    )
