"""The `people`, `teams` and `groups` of a configuration file."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from setflow.calendar import clock, day, zone
from setflow.document import Node, Reader

MATTERMOST = "mattermost"
MENTION = "mention"
"""The contact method that names somebody in a channel; it needs no gateway."""
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
RESERVED = ("shell", "calendar")
"""Those who do something without being people."""

AWAKE = (time(7), time(23))
NOT_LOUD = ("P3", "P4", "P5")
"""What quiet hours hold back where they do not say so."""

_ACCOUNT_KEYS = ("name", "mattermost", "timezone", "email", "jira", "opsgenie", "contact")
_PERSON_KEYS = (*_ACCOUNT_KEYS, "calendar", "awake", "since", "until", "quiet")
_Taken = dict[tuple[str, str], str]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_GATEWAY = re.compile(r"[a-z][a-z0-9_]{0,31}")
# model.IsValidUsername of https://github.com/mattermost/mattermost, server/public/model/user.go
_USERNAME = re.compile(r"[a-z0-9._-]{1,64}")
# https://docs.mattermost.com/end-user-guide/collaborate/channel-naming-conventions.html
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach somebody beside direct messages: gateway `via`, address `to`, so long `after`.

    priorities  of the alerts for which it is used; () for all
    """

    via: str
    to: str
    after: timedelta
    priorities: tuple[str, ...] = ()

    def serves(self, priority: str) -> bool:
        """Whether it is used for alerts of this priority."""
        return not self.priorities or priority in self.priorities


@dataclass(frozen=True, slots=True)
class Quiet:
    """When somebody wants no contact method for alerts of `priorities`, which are never P1.

    start, end  on their own clock; from 22:00 to 07:00 crosses midnight
    wait        they are reached at its end, where the alert still waits; else in chat alone
    """

    start: time
    end: time
    priorities: tuple[str, ...] = NOT_LOUD
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a Mattermost account.

    name        what the configuration calls them; `title` what people do
    mattermost  their username, without @; `name` by default
    timezone    theirs; None: the file's
    jira        their Jira account id; opsgenie their OpsGenie user: the e-mail address by default
    contact     beside Mattermost, the soonest first
    calendar    the one of `calendars` with their public holidays; None: `company`, if there is one
    awake       from when to when they are, on their own clock; the same twice is round the clock
    quiet       when contact methods are held back; None: never
    since       their first day, `until` their last; None: not known
    """

    name: str
    title: str
    mattermost: str
    timezone: ZoneInfo | None = None
    email: str | None = None
    jira: str | None = None
    opsgenie: str | None = None
    contact: tuple[Contact, ...] = ()
    calendar: str | None = None
    awake: tuple[time, time] = AWAKE
    quiet: Quiet | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """An engineering team. `jira_team` is what Jira's team field has for it."""

    name: str
    title: str
    lead: str
    members: tuple[str, ...]
    channel: str | None = None
    jira_team: str | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """The lead and the members, each once."""
        return tuple(dict.fromkeys((self.lead, *self.members)))


def read_people(node: Node, reader: Reader) -> dict[str, Person]:
    """The people by name, in the order of the file; mistakes are noted in `reader`.

    Two people with one account are a mistake: a message from it would be either's.
    """
    people: dict[str, Person] = {}
    taken: _Taken = {}
    for name, part in reader.mapping(node).items():
        if not _PERSON.fullmatch(name):
            reader.fail(part, "should be named with letters, digits, dots, - and _ only")
        elif name in RESERVED:
            reader.fail(part, f'"{name}" is what history calls the command line; choose another')
        keys = {} if part.value is None else reader.mapping(part, _PERSON_KEYS)
        people[name] = _person(name, keys, reader)
        _unlike_others(people[name], part, keys, taken, reader)
    if not people:
        reader.fail(node, "should have at least one person")
    return people


def _person(name: str, keys: Mapping[str, Node], reader: Reader) -> Person:
    def text(key: str) -> str | None:
        return reader.text(keys[key]) or None if key in keys else None

    email = reader.parsed(keys["email"], _address, "") or None if "email" in keys else None
    own = name.lower()
    if "mattermost" in keys:
        own = reader.parsed(keys["mattermost"], _username, "")
    return Person(
        name,
        title=text("name") or name,
        mattermost=own,
        timezone=reader.parsed(keys["timezone"], zone, None) if "timezone" in keys else None,
        email=email,
        jira=text("jira"),
        opsgenie=text("opsgenie") or email,
        contact=_contacts(keys["contact"], reader) if "contact" in keys else (),
        calendar=text("calendar"),
        awake=_awake(keys["awake"], reader) if "awake" in keys else AWAKE,
        quiet=_quiet(keys["quiet"], reader) if "quiet" in keys else None,
        **_days(keys, reader),
    )


def _awake(node: Node, reader: Reader) -> tuple[time, time]:
    return _hours(reader.mapping(node, ("from", "to"), required=("from", "to")), reader)


def _hours(keys: Mapping[str, Node], reader: Reader) -> tuple[time, time]:
    first, last = (
        reader.parsed(keys[key], clock, otherwise) if key in keys else otherwise
        for key, otherwise in zip(("from", "to"), AWAKE, strict=True)
    )
    return first, last


def _quiet(node: Node, reader: Reader) -> Quiet:
    known = ("from", "to", "priorities", "then")
    keys = reader.mapping(node, known, required=("from", "to"))
    start, end = _hours(keys, reader)
    if start == end:
        reader.fail(node, "should end at another time than it begins")
    priorities: tuple[str, ...] = NOT_LOUD
    if "priorities" in keys:
        priorities = _priorities(keys["priorities"], reader)
        if "P1" in priorities:
            reader.fail(
                keys["priorities"], "cannot have P1, which nothing holds back; leave it out"
            )
    then = reader.choice(keys["then"], ("wait", "chat")) if "then" in keys else "wait"
    return Quiet(start, end, priorities, wait=then != "chat")


def _priorities(node: Node, reader: Reader) -> tuple[str, ...]:
    found = [reader.name(part, PRIORITIES, "the priorities") for part in reader.items(node)]
    if node.value == ():
        reader.fail(node, "should have at least one priority")
    return tuple(dict.fromkeys(filter(None, found)))


def _days(keys: Mapping[str, Node], reader: Reader) -> dict[str, date | None]:
    found = {
        key: reader.parsed(keys[key], day, None) if key in keys else None
        for key in ("since", "until")
    }
    first, last = found["since"], found["until"]
    if first and last and last < first:
        reader.fail(keys["until"], f"is before the first day, {first}")
    return found


def _contacts(node: Node, reader: Reader) -> tuple[Contact, ...]:
    found: dict[str, Contact] = {}
    for part in reader.items(node):
        known = ("via", "to", "after", "priorities")
        keys = reader.mapping(part, known, required=("via", "to"))
        if not {"via", "to"} <= set(keys):
            continue
        via = reader.parsed(keys["via"], _gateway, "")
        if via in found:
            reader.fail(part, f'"{via}" is given twice; one address each')
        to = reader.parsed(keys["to"], _channel if via == MENTION else _to, "")
        after = reader.duration(keys["after"]) if "after" in keys else timedelta(0)
        priorities = _priorities(keys["priorities"], reader) if "priorities" in keys else ()
        found[via] = Contact(via, to, after, priorities)
    if found and not any(contact.serves("P1") for contact in found.values()):
        reader.fail(node, "has nothing for a P1, which would come in chat alone; add P1 to one")
    return tuple(sorted(found.values(), key=lambda contact: contact.after))


def _unlike_others(
    person: Person, node: Node, keys: Mapping[str, Node], taken: _Taken, reader: Reader
) -> None:
    # An OpsGenie user is mostly an e-mail address, so that both are looked up as one.
    for key, kind, given in [
        ("mattermost", "Mattermost username", person.mattermost),
        ("email", "e-mail address", person.email),
        ("opsgenie", "e-mail address", person.opsgenie),
        ("jira", "Jira account", person.jira),
    ]:
        other = taken.setdefault((kind, given.casefold()), person.name) if given else person.name
        if other != person.name and (key in keys or key == "mattermost"):
            reader.fail(keys.get(key, node), f'"{given}" is the {kind} of "{other}" already')


def read_teams(node: Node, reader: Reader, *, people: Collection[str]) -> dict[str, Team]:
    """The teams by name, in the order of the file; mistakes are noted in `reader`."""
    teams: dict[str, Team] = {}
    for name, part in reader.mapping(node).items():
        check_name(part, name, reader)
        known = ("title", "lead", "members", "channel", "jira_team")
        keys = reader.mapping(part, known, required=("lead", "members"))
        members = read_names(keys["members"], reader, people) if "members" in keys else ()
        teams[name] = Team(
            name,
            reader.text(keys["title"]) if "title" in keys else name,
            reader.name(keys["lead"], people, "people") if "lead" in keys else "",
            members,
            read_channel(keys["channel"], reader) if "channel" in keys else None,
            reader.text(keys["jira_team"]) if "jira_team" in keys else None,
        )
    return teams


def read_groups(
    node: Node, reader: Reader, *, people: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The groups by name, each with its people; mistakes are noted in `reader`."""
    groups: dict[str, tuple[str, ...]] = {}
    for name, part in reader.mapping(node).items():
        check_name(part, name, reader)
        groups[name] = read_names(part, reader, people)
    return groups


def read_names(node: Node, reader: Reader, people: Collection[str]) -> tuple[str, ...]:
    """A list of people, each once and at least one; mistakes are noted in `reader`."""
    names: list[str] = []
    for part in reader.items(node):
        name = reader.name(part, people, "people")
        if name and name in names:
            reader.fail(part, f'"{name}" is given twice')
        elif name:
            names.append(name)
    if node.value == ():
        reader.fail(node, "should have at least one person")
    return tuple(names)


def read_channel(node: Node, reader: Reader) -> str:
    """The name of a channel, as in its address; mistakes are noted in `reader`."""
    return reader.parsed(node, _channel, "")


def check_name(node: Node, name: str, reader: Reader) -> None:
    """Note in `reader` that `name`, whose entry is `node`, cannot be one: other keys contain it."""
    if not _NAME.fullmatch(name):
        reader.fail(node, "should be named with letters, digits, - and _ only")


def _username(text: str) -> str:
    """`text` if it can be a Mattermost username; raises ValueError if it cannot."""
    if text.startswith("@"):
        raise ValueError(f'should be written without @: "{text[1:]}"')
    if not _USERNAME.fullmatch(text):
        raise ValueError(f'"{text}" is no Mattermost username; they look like ana.ruiz')
    return text


def _channel(text: str) -> str:
    if text.startswith("~"):
        raise ValueError(f'should be written without ~: "{text[1:]}"')
    if not _CHANNEL.fullmatch(text):
        raise ValueError(f'"{text}" is no channel; write it as in its address, like town-hall')
    return text


def _gateway(text: str) -> str:
    if text == MATTERMOST:
        raise ValueError("is where everybody is paged anyway; name another way to reach them")
    if not _GATEWAY.fullmatch(text):
        raise ValueError(f'"{text}" is no gateway; write it as in SETFLOW_NOTIFY_SMS: sms')
    return text


def _to(text: str) -> str:
    if any(not one.isprintable() for one in text):
        raise ValueError("should be an address on one line")
    return text


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f'"{text}" is no e-mail address')
    return text
