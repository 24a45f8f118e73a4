"""How the effects of each system are delivered: `render` says what, the adapter how."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from setflow.adapters.mattermost import groups
from setflow.adapters.mattermost.insisting import settle
from setflow.adapters.mattermost.outbound import Mattermost
from setflow.adapters.mattermost.render import Post, render, stood_down
from setflow.adapters.opsgenie import OpsGenie
from setflow.effects import (
    Invite,
    MirrorAlert,
    NudgeTask,
    NudgeUpdate,
    OpenChannel,
    PageChannel,
    PagePerson,
    Receipt,
    RulePost,
    ShowDigest,
    ShowGroup,
    ShowHeader,
    ShowMail,
    ShowNote,
    ShowSchedule,
    TellDuty,
    TellOverride,
    UpdatePage,
)
from setflow.errors import DeliveryError
from setflow.facts import (
    AbsenceFacts,
    AlertNewsFacts,
    ChannelFacts,
    ContactFacts,
    DigestFacts,
    Facts,
    FeedFacts,
    GroupFacts,
    HeaderFacts,
    InviteFacts,
    MirrorFacts,
    NoticeFacts,
    OverrideFacts,
    PageFacts,
    RemoteOverrideFacts,
    RequestFacts,
    RequestNewsFacts,
    RulePostFacts,
    ScheduleFacts,
    Sending,
    TaskNudgeFacts,
    UpdateNudgeFacts,
    Who,
)
from setflow.relay.pictures import with_picture
from setflow.rotation.rules.remote import StandIn

ASKED_FOR = ("P1", "P2")
"""The priorities for which Mattermost is to ask for an acknowledgement, where it can."""

Sign = Callable[[Mapping[str, str | int]], str]


class Chat:
    """Delivers to Mattermost.

    operations    the channel for what has none of its own
    callback_url  where Mattermost reaches us, without a slash at its end
    """

    def __init__(
        self,
        mattermost: Mattermost,
        *,
        operations: Callable[[], str],
        sign: Sign,
        callback_url: str,
    ) -> None:
        self.mattermost, self.operations = mattermost, operations
        self.sign, self.callback_url = sign, callback_url
        self._ids: dict[str, str] = {}

    def send(self, sending: Sending) -> Receipt | None:
        """What was made or changed. Raises DeliveryError."""
        match sending.effect:
            case ShowHeader():
                self._header(sending)
                return None
            case ShowGroup():
                self._group(sending)
                return None
            case OpenChannel(name=name):
                title = facts.title if isinstance(facts := sending.facts, ChannelFacts) else name
                made = self.mattermost.create_channel(name, title)
                return Receipt(made.id, made.id)
            case Invite():
                return self._invite(sending)
            case ShowSchedule():
                return self._schedule(sending)
            case ShowMail() | ShowNote() if sending.root is None:
                raise DeliveryError("the post of its alert is not there yet", again=True)
            case UpdatePage(stand_down=stand_down):
                return self._update_page(sending, stand_down=stand_down)
            case _:
                return self._post(sending)

    def _schedule(self, sending: Sending) -> Receipt | None:
        """Post into the channel where it was asked for, else to whoever asked."""
        try:
            return self._post(sending)
        except DeliveryError as error:
            if error.status not in (403, 404) or not isinstance(sending.facts, ScheduleFacts):
                raise
        return self._post(sending, self._direct(sending.facts.by))

    def _post(self, sending: Sending, channel: str = "") -> Receipt | None:
        post = self._said(sending)
        if post is None:
            return None
        if sending.before and sending.before.remote:
            self.mattermost.patch(sending.before.remote, post)
            return sending.before
        root = sending.root.remote if sending.root else ""
        if not channel:
            channel = sending.root.channel if sending.root else self._channel_of(sending)
        made = self.mattermost.post(
            channel,
            replace(with_picture(post, sending.facts), asks=_asked(sending)),
            key=sending.effect.key,
            root_id=root,
            urgent=isinstance(sending.effect, PagePerson | ShowDigest),
            tried_at=sending.tried_at,
        )
        return Receipt(channel, made)

    def _said(self, sending: Sending) -> Post | None:
        if sending.facts is None:
            return None
        return render(
            sending.effect,
            sending.facts,
            sign=self.sign,
            callback_url=self.callback_url,
            now=sending.now,
        )

    def _update_page(self, sending: Sending, *, stand_down: bool) -> Receipt | None:
        page, facts = sending.root, sending.facts
        post = self._said(sending)
        if page is None or post is None or not isinstance(facts, PageFacts):
            return None
        if not facts.wanted:
            key = sending.effect.key
            settled = settle(self.mattermost, page, post, key=key, tried_at=sending.tried_at)
            if settled != page:
                return settled
        else:
            self.mattermost.patch(page.remote, post)
        if stand_down:
            self.mattermost.post(
                page.channel,
                stood_down(facts, sending.now),
                key=sending.effect.key,
                root_id=page.remote,
                tried_at=sending.tried_at,
            )
        return page

    def _header(self, sending: Sending) -> None:
        facts = sending.facts
        if isinstance(facts, HeaderFacts) and (post := self._said(sending)):
            assert isinstance(sending.effect, ShowHeader)
            channel = self._channel(facts.channel)
            self.mattermost.set_header(channel, post.message, mark=sending.effect.rotation)

    def _group(self, sending: Sending) -> None:
        facts = sending.facts
        if isinstance(facts, GroupFacts):
            # Who has no account cannot be mentioned anyway, and keeps nobody else out.
            ids = self.mattermost.user_ids([who.username for who in facts.people])
            groups.keep(self.mattermost, facts.name, facts.title, ids.values())

    def _invite(self, sending: Sending) -> Receipt | None:
        facts, post = sending.facts, self._said(sending)
        if not isinstance(facts, InviteFacts) or post is None:
            return None
        channel = self._channel(facts.channel)
        ids = [self._user(who) for who in facts.people]
        self.mattermost.add_to_channel(channel, ids)
        self.mattermost.post(channel, post, key=sending.effect.key, tried_at=sending.tried_at)
        return sending.before or Receipt(channel, channel)

    def _channel_of(self, sending: Sending) -> str:
        facts = sending.facts
        match sending.effect, facts:
            case PagePerson(method="mention"), PageFacts(to=to):
                return self._channel(to)
            case (
                (PagePerson() | NudgeTask() | TellOverride() | TellDuty() | NudgeUpdate(by="dm")),
                _,
            ):
                return self._direct(_receiver(facts))
            case (
                _,
                AlertNewsFacts()
                | RequestNewsFacts()
                | AbsenceFacts()
                | FeedFacts()
                | ContactFacts()
                | DigestFacts()
                | RequestFacts(to=Who()),
            ):
                return self._direct(_receiver(facts))
            case RulePost(), RulePostFacts(to=to) if to.startswith("@"):
                return self._direct(Who(to[1:], to[1:], to[1:]))
            case RulePost(), RulePostFacts(to=to):
                return self._channel(to.removeprefix("~"))
            case PageChannel(channel=channel), _:
                return self._channel(channel)
        named = getattr(facts, "channel", "") or getattr(
            getattr(facts, "incident", None), "channel", ""
        )
        return self._channel(named or self.operations())

    def _direct(self, who: Who) -> str:
        return self.mattermost.direct_channel(self._user(who))

    def _user(self, who: Who) -> str:
        if who.username not in self._ids:
            self._ids |= self.mattermost.user_ids([who.username])
        if who.username not in self._ids:
            raise DeliveryError(
                f"Mattermost knows no {who.username or who.title}; correct the person's "
                '"mattermost" in the configuration',
                again=False,
            )
        return self._ids[who.username]

    def _channel(self, name: str) -> str:
        if re.fullmatch(r"[a-z0-9]{26}", name):
            return name
        found = self._ids.get(f"~{name}")
        if found is None:
            channel = self.mattermost.channel(name)
            if channel is None:
                # One that is about to be made is there in a moment.
                raise DeliveryError(
                    f"Mattermost has no channel ~{name} that the bot may see; create it, or invite "
                    "the bot",
                    again=True,
                    status=404,
                )
            found = self._ids[f"~{name}"] = channel.id
        return found


class Mirror:
    """Does in OpsGenie what was done here."""

    def __init__(self, opsgenie: OpsGenie) -> None:
        self.opsgenie = opsgenie

    def send(self, sending: Sending) -> Receipt | None:
        """Nothing to keep: an alert's id there is its own, as the alias of an override is ours.

        Raises DeliveryError.
        """
        match sending.effect, sending.facts:
            case MirrorAlert(verb=verb), MirrorFacts() as alert:
                self._act(verb, alert)
            case _, RemoteOverrideFacts(user="") as override:
                self.opsgenie.schedules.end(override.schedule, override.alias)
            case _, RemoteOverrideFacts() as override:
                self.opsgenie.schedules.keep(
                    override.schedule,
                    override.alias,
                    StandIn(override.user, override.start, override.end, override.rotations),
                )
        return None

    def _act(self, verb: str, alert: MirrorFacts) -> None:
        note = f"{verb} in Mattermost (setflow)"
        if verb == "snooze":
            # One that was taken up again meanwhile is not put off any more.
            if alert.until:
                self.opsgenie.snooze(alert.remote, alert.user, until=alert.until, note=note)
            return
        act = {
            "acknowledge": self.opsgenie.acknowledge,
            "unacknowledge": self.opsgenie.unacknowledge,
            "close": self.opsgenie.close,
        }[verb]
        act(alert.remote, alert.user, note=note)


def _asked(sending: Sending) -> str:
    """The username of whom a loud page asks for an acknowledgement; "" for nobody."""
    page = sending.facts
    if not isinstance(sending.effect, PagePerson) or not isinstance(page, PageFacts):
        return ""
    return page.person.username if page.alert.priority in ASKED_FOR else ""


def _receiver(facts: Facts | None) -> Who:
    match facts:
        case AlertNewsFacts():
            return facts.person
        case PageFacts() | TaskNudgeFacts() | OverrideFacts() | NoticeFacts() | RequestNewsFacts():
            return facts.person
        case DigestFacts() | ContactFacts():
            return facts.person
        case RequestFacts(to=Who() as person) | AbsenceFacts(to=person) | FeedFacts(person=person):
            return person
        case UpdateNudgeFacts(people=(person, *_)):
            return person
        case _:
            raise DeliveryError("nobody to tell", again=False)
