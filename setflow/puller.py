"""The door that what nobody pushed is pulled in by: Jira, OpsGenie, Mattermost.

A pull is leased in the database, so that one process makes it at a time; where it left off is saved
with what it brought. Webhooks are hints: what never came is found here.
"""

import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from setflow import engine, views
from setflow.adapters import calendars
from setflow.adapters.jira import Jira
from setflow.adapters.mattermost import inbound, people
from setflow.adapters.mattermost.outbound import Mattermost, millis
from setflow.adapters.opsgenie import Notified, OpsGenie, RemoteAlert
from setflow.db import DatabaseGone, Db, transaction
from setflow.errors import DeliveryError, Refused
from setflow.escalation.rules.shadow import Theirs, Told
from setflow.rotation.rules.remote import window

log = logging.getLogger(__name__)

FIRST_LOOK_BACK = timedelta(days=1)
OVERLAP = timedelta(minutes=1)
ABSENCES_AHEAD = timedelta(days=366)
SOURCE = "opsgenie"
NATIVE = "mattermost acknowledgement"
TICKET_KEY = re.compile(r"\b[A-Z][A-Z0-9]{1,9}-[0-9]{1,9}\b")
# A check mark, a thumb and so on: any reaction of the person paged says that they saw it.
NO_ACKNOWLEDGEMENT = {"eyes", "question", "no_entry", "x", "thumbsdown", "-1"}

Cursor = Mapping[str, Any]
Answerable = views.OpenPage | views.OpenDigest
Pull = Callable[[Cursor, datetime], tuple[list[object], Cursor]]


@dataclass(frozen=True, slots=True)
class Sources:
    """What there is to pull from; None for what is not set up.

    jira        asked each time: its settings stand in the configuration
    feed_hosts  servers of absence calendars that may be private, or answer over http
    """

    jira: Callable[[], Jira | None]
    opsgenie: OpsGenie | None
    mattermost: Mattermost | None
    feed_hosts: Collection[str] = ()


class Puller:
    """Pulls from what is configured; `process` names us in leases."""

    def __init__(
        self, db: Db, sources: Sources, *, process: str, clock: Callable[[], datetime]
    ) -> None:
        self.db, self.process, self.clock = db, process, clock
        self.jira, self.opsgenie = sources.jira, sources.opsgenie
        self.mattermost, self.feed_hosts = sources.mattermost, sources.feed_hosts

    def sources(self) -> tuple[str, ...]:
        """What there is to pull from."""
        opsgenie = ("opsgenie", "schedules", "shadow") if self.opsgenie else ()
        chat = ("chat", "plugin", "people") if self.mattermost else ()
        return (*opsgenie, "jira", *chat, "absences")

    def pull(self, source: str) -> int:
        """Make one pull; returns how many messages it brought, 0 where another process has it."""
        with transaction(self.db) as tx:
            now = self.clock()
            cursor = engine.take_pull(tx, source, self.process, now=now)
        if cursor is None:
            return 0
        pull: Mapping[str, Pull] = {
            "jira": self._jira,
            "opsgenie": self._opsgenie,
            "schedules": self._schedules,
            "shadow": self._shadow,
            "chat": self._chat,
            "plugin": self._plugin,
            "people": self._people,
            "absences": self._absences,
        }
        try:
            messages, reached = pull[source](cursor, now)
        except DeliveryError as error:
            log.warning("pull failed: %s", error, extra={"source": source})
            with transaction(self.db) as tx:
                engine.keep_pull(tx, source, self.process, None, now=now, error=str(error))
            return 0
        self._take(source, messages)
        with transaction(self.db) as tx:
            engine.keep_pull(tx, source, self.process, reached, now=now)
        return len(messages)

    def _take(self, source: str, messages: Iterable[object]) -> None:
        """Work what was pulled, each in a transaction of its own: one bad apple spoils no pull."""
        for message in messages:
            try:
                with transaction(self.db) as tx:
                    engine.handle(tx, [message], now=self.clock())
            except Refused as refused:
                log.info("nothing changed: %s", refused)
            except DatabaseGone:
                raise
            except Exception as error:
                log.exception("what was pulled could not be worked", extra={"source": source})
                kind = type(error).__name__
                what = f"Something from {source} could not be worked ({kind}); the log says more."
                with transaction(self.db) as tx:
                    engine.warn(tx, what, f"pull:{source}", now=self.clock())

    def _absences(self, _: Cursor, now: datetime) -> tuple[list[object], Cursor]:
        """One failing calendar is its owner's matter, and no failure of the pull."""
        with transaction(self.db) as tx:
            due = views.absence_feeds(tx, now=now)
        messages: list[object] = []
        for feed, zone in due:
            try:
                content = calendars.fetch(feed.url, self.feed_hosts)
                found = calendars.read(content, zone, now, now + ABSENCES_AHEAD, every=feed.every)
            except DeliveryError as error:
                messages.append(engine.AbsencesRead(feed.person, (), str(error)))
            else:
                away = [(one.uid, one.start, one.end, one.reason) for one in found]
                messages.append(engine.AbsencesRead(feed.person, away))
        return messages, {}

    def _jira(self, cursor: Cursor, now: datetime) -> tuple[list[object], Cursor]:
        jira = self.jira()
        if jira is None:
            return [], cursor
        since = datetime.fromisoformat(cursor["since"]) if "since" in cursor else None
        found = jira.changed_since(since, now)
        with transaction(self.db) as tx:
            live = {one.key for one in views.live_incidents(tx, now=now)}
        # A ticket that went to another team leaves the query; its updates are owed all the same.
        elsewhere = sorted(live - {seen.ticket.key for seen in found})
        return [*found, *jira.tickets(elsewhere)], {"since": now.isoformat()}

    def _opsgenie(self, _: Cursor, __: datetime) -> tuple[list[object], Cursor]:
        assert self.opsgenie
        remote = {alert.id: alert for alert in self.opsgenie.open_alerts()}
        with transaction(self.db) as tx:
            known = views.remote_keys(tx)
        # One that is missing from the list may have been skipped by paging: ask for it itself.
        gone = {number: self.opsgenie.alert(number) for number in known if number not in remote}
        over: list[object] = [
            engine.AlertIn(*known[number], title="", firing=False)
            for number, alert in gone.items()
            if alert is None or alert.status == "closed"
        ]
        # The list leaves out an alert's details, which may name a ticket.
        new = [self.opsgenie.alert(number) for number in remote if number not in known]
        old = [one for number, one in remote.items() if number in known]
        open_now = [one for one in (*old, *new, *gone.values()) if one]
        return [*over, *(_alert(one) for one in open_now if one.status != "closed")], {}

    def _schedules(self, _: Cursor, now: datetime) -> tuple[list[object], Cursor]:
        """Those that are to say what ours do; one that is not there keeps no other waiting."""
        assert self.opsgenie
        with transaction(self.db) as tx:
            schedules = views.remote_schedules(tx, now=now)
        start, end = window(now)
        messages: list[object] = []
        for target, name in schedules.items():
            found = self.opsgenie.schedules.read(name, start, end)
            if found and found.enabled:
                read = (found.final, found.base, found.overrides)
                messages.append(engine.ScheduleSeen(target, *read))
                continue
            what = "is switched off" if found else "is not there, or the key may not read it"
            said = f'OpsGenie\'s schedule "{name}" of {target} {what}; it is compared with nothing.'
            with transaction(self.db) as tx:
                engine.warn(tx, said, f"schedules:{target}", now=now)
        return messages, {}

    def _shadow(self, _: Cursor, now: datetime) -> tuple[list[object], Cursor]:
        """What OpsGenie did about alerts, once a day, where both page."""
        assert self.opsgenie
        with transaction(self.db) as tx:
            due = views.shadow_due(tx, now=now)
        if due is None:
            return [], {}
        since, day = due
        found = self.opsgenie.since(since) if day else []
        alerts = tuple(_fared(one, self.opsgenie.notified(one.id)) for one in found)
        return [engine.ShadowSeen(alerts, since, now, day)], {}

    def _chat(self, cursor: Cursor, now: datetime) -> tuple[list[object], Cursor]:
        assert self.mattermost
        since = self._since(cursor, now)
        with transaction(self.db) as tx:
            pages: list[Answerable] = [*views.open_pages(tx, now=now), *views.open_digests(tx)]
            channels = views.open_channels(tx, now=now)
            live = views.live_incidents(tx, now=now)
        by_post = {page.post: page for page in pages}
        messages: list[object] = []
        for reacted in inbound.reactions(self.mattermost, by_post):
            if reacted.emoji not in NO_ACKNOWLEDGEMENT:
                page = by_post[reacted.post_id]
                messages.append(_acknowledged(page, page.person, "reaction", reacted.at))
        for channel in dict.fromkeys([*(page.channel for page in pages), *channels]):
            messages += self._answered(channel, by_post, since, now)
        for name in dict.fromkeys(one.channel for one in live):
            messages += self._updates(name, since, now)
        return messages, {"since": now.isoformat()}

    def _since(self, cursor: Cursor, now: datetime) -> datetime:
        if "since" not in cursor:
            return now - FIRST_LOOK_BACK
        return datetime.fromisoformat(cursor["since"]) - OVERLAP

    def _answered(
        self,
        channel: str,
        by_post: Mapping[str, Answerable],
        since: datetime,
        now: datetime,
    ) -> list[object]:
        """What was said below pages, and the pages that were acknowledged by Mattermost's means."""
        assert self.mattermost
        seen = inbound.seen(self.mattermost, channel, millis(since))
        others = {said.root_id for said in seen.said} - by_post.keys()
        with transaction(self.db) as tx:
            shown = {page.post: page for page in views.open_posts(tx, others, now=now)}
        answered = {**by_post, **shown}
        messages: list[object] = [
            _acknowledged(page, page.person, NATIVE, given.at)
            for given in seen.acknowledged
            if (page := by_post.get(given.post_id))
        ]
        for said in seen.said:
            if said.root_id in answered:
                messages += self._replied(answered[said.root_id], said, now)
        return messages

    def _replied(self, page: Answerable, said: inbound.Said, now: datetime) -> list[object]:
        """Any words below one's own page take the alert; in the channel only such as "on it"."""
        if page.person:
            return [_acknowledged(page, page.person, "reply", said.at)]
        person = self._person(said.user_id, now) if inbound.acknowledges(said.text) else ""
        return [_acknowledged(page, person, "reply", said.at)] if person else []

    def _updates(self, channel: str, since: datetime, now: datetime) -> list[object]:
        """Posts tagged #status in an incident's channel."""
        assert self.mattermost
        found = self.mattermost.channel(channel) if len(channel) != 26 else None
        if found is None and len(channel) != 26:
            return []
        number = found.id if found else channel
        messages: list[object] = []
        for said in inbound.activity(self.mattermost, number, millis(since)):
            text = inbound.status_update(said.text)
            person = self._person(said.user_id, now) if text else ""
            if text and person:
                messages.append(
                    engine.UpdateSaid(
                        person, text, said.at, f"post:{said.post_id}", "post", channel=channel
                    )
                )
        return messages

    def _person(self, user_id: str, now: datetime) -> str:
        assert self.mattermost
        username = self.mattermost.user(user_id).username
        with transaction(self.db) as tx:
            person = views.person_of(tx, username, now=now)
        return person.name if person else ""

    def _people(self, _: Cursor, now: datetime) -> tuple[list[object], Cursor]:
        """Who is still in Mattermost."""
        assert self.mattermost
        with transaction(self.db) as tx:
            here = views.in_force(tx, now=now)
        if here is None:
            return [], {}
        usernames = {name: one.mattermost for name, one in here.configuration.people.items()}
        seen = people.standing(self.mattermost, set(usernames.values()))
        return [engine.PeopleSeen({name: seen[own] for name, own in usernames.items()})], {}

    def _plugin(self, _: Cursor, now: datetime) -> tuple[list[object], Cursor]:
        """Runs of the Playbooks plugin that name a ticket, and their status updates."""
        assert self.mattermost
        messages: list[object] = []
        with transaction(self.db) as tx:
            live = {one.key for one in views.live_incidents(tx, now=now)}
        for run in self.mattermost.playbook_runs():
            keys = TICKET_KEY.findall(run.name.upper())
            messages += [engine.PluginRunSeen(key, run.id, run.channel_id) for key in keys]
            for key in live.intersection(keys):
                for update in self.mattermost.run_status_updates(run.id):
                    with transaction(self.db) as tx:
                        person = views.person_of(tx, update.author, now=now)
                    by = person.name if person else update.author
                    ref = f"playbooks:{update.id}"
                    messages.append(
                        engine.UpdateSaid(
                            by, update.message, update.at, ref, "playbooks", ticket=key
                        )
                    )
        return messages, {}


def _acknowledged(page: Answerable, person: str, how: str, at: datetime) -> object:
    if isinstance(page, views.OpenDigest):
        return engine.AcknowledgeDigest(person, how, at=at)
    return engine.Deciding("acknowledge", page.alert, by=person, how=how, nth=page.nth)


def _fared(remote: RemoteAlert, told: tuple[Notified, ...] | None) -> Theirs:
    return Theirs(
        remote.id,
        remote.message,
        remote.priority,
        remote.created_at,
        None if told is None else tuple(Told(one.user, one.at) for one in told),
        (remote.owner or "") if remote.acknowledged else "",
        over=remote.status == "closed",
    )


def _alert(remote: RemoteAlert) -> engine.AlertIn:
    return engine.AlertIn(
        SOURCE,
        remote.alias or remote.id,
        remote.message,
        remote.priority,
        details={**remote.details, **({"Source": remote.source} if remote.source else {})},
        tags=remote.tags,
        url=remote.url,
        remote=remote.id,
        acknowledged_by=(remote.owner or "OpsGenie") if remote.acknowledged else "",
        acknowledged_at=remote.acknowledged_at,
        snoozed_until=remote.snoozed_until,
    )
