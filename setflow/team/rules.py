"""Who somebody is, and who may do what.

Every refusal says whom to ask instead. People are named by their names in the configuration, and
shown by their titles.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from setflow.errors import Refused
from setflow.team.spec import Person

PAGES_AN_HOUR = 3


@dataclass(frozen=True, slots=True)
class Directory:
    """The people of a configuration, to be found by what other systems call them."""

    people: Mapping[str, Person]
    mattermost: Mapping[str, Person]
    jira: Mapping[str, Person]
    opsgenie: Mapping[str, Person]

    @classmethod
    def of(cls, people: Mapping[str, Person]) -> "Directory":
        """The directory of `people`."""
        everybody = people.values()
        return cls(
            people,
            {person.mattermost.casefold(): person for person in everybody},
            {person.jira: person for person in everybody if person.jira},
            {person.opsgenie.casefold(): person for person in everybody if person.opsgenie},
        )

    def by_username(self, username: str) -> Person | None:
        """Whoever has that Mattermost username, with or without @."""
        return self.mattermost.get(username.removeprefix("@").casefold())

    def by_jira(self, account: str) -> Person | None:
        """Whoever has that Jira account id."""
        return self.jira.get(account)

    def by_opsgenie(self, user: str) -> Person | None:
        """Whoever is that user there: mostly an e-mail address, in JSM an Atlassian account."""
        return self.opsgenie.get(user.casefold()) or self.by_jira(user)

    def caller(self, username: str) -> Person:
        """Whoever has that Mattermost username; raises Refused if setflow does not know them."""
        person = self.by_username(username)
        if person is None:
            raise Refused(
                f"{username} is not among the people that setflow knows; "
                "an admin can add you to the configuration file and apply it."
            )
        return person

    def titles(self, names: Collection[str]) -> str:
        """What people call them: `Ana Ruiz, Bo Lind or Mara Stein`; "nobody" for no names."""
        known = [self.people[name].title if name in self.people else name for name in names]
        listed = [", ".join(known[:-1]), known[-1]] if known else ["nobody"]
        return " or ".join(filter(None, listed))


def may_acknowledge(directory: Directory, by: str, *, person: str) -> None:
    """Whether `by` may record that `person` has an alert: anyone known may, for anyone known.

    Raises Refused if not.
    """
    for name in (by, person):
        if name not in directory.people:
            raise Refused(
                f"{name} is not among the people that setflow knows; "
                "name somebody who is, or have an admin add them to the configuration file."
            )


def closers(owner: str | None, holders: Collection[str], leads: Collection[str]) -> tuple[str, ...]:
    """Who may resolve or snooze an alert: who acknowledged it, those who hold its seats, leads."""
    return tuple(dict.fromkeys([*([owner] if owner else []), *holders, *leads]))


def may_override(
    directory: Directory,
    by: str,
    *,
    holders: Collection[str],
    leads: Collection[str],
    admins: Collection[str],
) -> None:
    """Whether `by` may put somebody else on a seat, or undo that.

    holders  who has the seat in that stretch, and would be displaced: `by` alone makes it their own
    leads    of the rotation's turns in that stretch
    Raises Refused if not.
    """
    own = set(holders) == {by}
    if own or by in leads or by in admins:
        return
    whom = directory.titles(dict.fromkeys([*holders, *leads, *admins]))
    raise Refused(f"A seat is given away by whoever has it, by a lead or by an admin: ask {whom}.")


def may_page(*, member: bool, guest: bool, recent: int) -> None:
    """Whether somebody may page by hand.

    member, guest  of the Mattermost team; recent: how often they have in the last hour
    Raises Refused if not.
    """
    if not member or guest:
        raise Refused("Members of the team can page, guests cannot: ask one of them to.")
    if recent >= PAGES_AN_HOUR:
        raise Refused(
            f"You have paged {recent} times in the last hour, which is as often as one may. "
            "Escalate an alert that is open, or ask a colleague to page."
        )


def may_administer(directory: Directory, by: str, *, admins: Collection[str]) -> None:
    """Whether `by` may apply, import, make keys and retry from chat; the shell always may.

    Raises Refused if not.
    """
    if by not in admins:
        whom = f"ask {directory.titles(admins)}, or" if admins else "no admin is named;"
        raise Refused(f"That is for admins: {whom} use the command line where setflow runs.")
