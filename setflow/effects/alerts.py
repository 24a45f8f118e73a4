"""Effects of alerts: pages, posts, and what OpsGenie is told."""

from dataclasses import dataclass

from setflow.effects.core import IN_CHAT, MATTERMOST, NOTIFY, OPSGENIE, Effect


@dataclass(frozen=True, slots=True)
class PagePerson(Effect):
    """Tell `person` by `method` that an alert waits for them.

    alert, nth   the alert, and which start of its ladder this is (1 is the first)
    round, step  from 0, where on the ladder
    method       "mattermost", or the `via` of one of the person's contact methods; "mention" names
                 them in a channel
    late_seconds how long after it was due it was decided; after the first step folded into it
    folded       earlier steps that passed unsent while nothing ran, and are told by this page
    again        how often this step has told them so before
    """

    alert: int
    nth: int
    round: int
    step: int
    person: str
    method: str
    late_seconds: int = 0
    folded: int = 0
    again: int = 0

    @property
    def system(self) -> str:
        """Chat for the direct message and the mention, else a contact method."""
        return MATTERMOST if self.method in IN_CHAT else NOTIFY

    @property
    def key(self) -> str:
        """Once for each start of the ladder, round, step, repeat, person and method."""
        again = f".{self.again}" if self.again else ""
        where = f"{self.alert}.{self.nth}.{self.round}.{self.step}{again}"
        return f"page:{where}:{self.person}:{self.method}"


@dataclass(frozen=True, slots=True)
class UpdatePage(Effect):
    """Bring a page that was sent up to date: who has the alert now, and which buttons are left.

    In chat the direct message is patched. With `stand_down` the person, who was woken and is no
    longer needed, is told so by the method that woke them (chat: a reply below the page).
    page      the key of the PagePerson
    revision  of the alert, counts up
    """

    page: str
    alert: int
    nth: int
    person: str
    method: str
    revision: int
    stand_down: bool = False

    @property
    def system(self) -> str:
        """That of the page."""
        return MATTERMOST if self.method in IN_CHAT else NOTIFY

    @property
    def key(self) -> str:
        """Once for each page and revision."""
        return f"update-{self.page}:{self.revision}"

    @property
    def lane(self) -> str:
        """Behind the page itself."""
        return self.page


@dataclass(frozen=True, slots=True)
class PageChannel(Effect):
    """Tell everybody in `channel` that an alert waits for somebody, because a step says so.

    revision  0 makes the post; later ones patch it, as the alert then is, and mention nobody
    The rest is as with PagePerson.
    """

    alert: int
    nth: int
    round: int
    step: int
    channel: str
    revision: int = 0
    late_seconds: int = 0
    folded: int = 0

    @property
    def key(self) -> str:
        """Once for each step and revision."""
        return f"{self.lane}:{self.revision}"

    @property
    def lane(self) -> str:
        """The post."""
        where = f"{self.alert}.{self.nth}.{self.round}.{self.step}"
        return f"page-channel:{where}:{self.channel}"


@dataclass(frozen=True, slots=True)
class ShowAlert(Effect):
    """Keep the channel's post on an alert as it now is: the first makes it, later ones patch it."""

    alert: int
    nth: int
    revision: int

    @property
    def key(self) -> str:
        """Once for each revision."""
        return f"alert:{self.alert}.{self.nth}:{self.revision}"

    @property
    def lane(self) -> str:
        """The post."""
        return f"alert:{self.alert}.{self.nth}"


@dataclass(frozen=True, slots=True)
class RemindChannel(Effect):
    """Say in the alert's channel that still nobody has it, the ladder being at its end.

    count  1 at the end of the ladder, then one more every 30 minutes
    """

    alert: int
    nth: int
    count: int

    @property
    def key(self) -> str:
        """Once for each count."""
        return f"remind:{self.alert}.{self.nth}:{self.count}"


@dataclass(frozen=True, slots=True)
class TellAlert(Effect):
    """Tell `person`, in chat, what became of an alert that is or was theirs, or ask them.

    what      still (do you still have it) | offered | declined | unanswered | taken | snoozed |
              handed-back | louder | assigned
    by        whose doing it was; "" for nobody's
    revision  of the alert when it happened
    """

    alert: int
    nth: int
    person: str
    what: str
    revision: int
    by: str = ""

    @property
    def key(self) -> str:
        """Once for each piece of news."""
        return f"tell-alert:{self.alert}.{self.nth}:{self.person}:{self.what}:{self.revision}"


@dataclass(frozen=True, slots=True)
class MirrorAlert(Effect):
    """Do in OpsGenie what was done here, by `person`.

    verb  acknowledge, unacknowledge, snooze or close
    """

    alert: int
    verb: str
    person: str
    revision: int

    @property
    def system(self) -> str:
        """OpsGenie."""
        return OPSGENIE

    @property
    def key(self) -> str:
        """Once for each revision of the alert and verb."""
        return f"opsgenie:{self.alert}:{self.verb}:{self.revision}"

    @property
    def lane(self) -> str:
        """The remote alert."""
        return f"opsgenie:{self.alert}"
