"""Whether what stands around setflow is there, and whether it is set up as the file wants."""

from collections.abc import Iterator

from setflow.adapters.jira import Jira
from setflow.adapters.mail.names import Names
from setflow.adapters.mail.survey import survey
from setflow.adapters.notify import Notify
from setflow.adapters.opsgenie import OpsGenie
from setflow.definitions import Configuration
from setflow.doctor import chat
from setflow.doctor.findings import Finding, bad, good
from setflow.errors import DeliveryError
from setflow.settings import Settings
from setflow.team.spec import MENTION


def around(given: Settings, configuration: Configuration | None) -> Iterator[Finding]:
    """What does not need the database."""
    for name, look in (
        ("Mattermost", chat.look),
        ("Jira", _jira),
        ("OpsGenie", _opsgenie),
        ("contact methods", _notify),
        ("mail", _mail),
    ):
        try:
            yield from look(given, configuration)
        except DeliveryError as error:
            yield bad(name, str(error), "Check its address and token in the settings.")


def _jira(given: Settings, configuration: Configuration | None) -> Iterator[Finding]:
    wanted = configuration.jira if configuration else None
    if given.jira is None:
        if wanted:
            todo = "Set SETFLOW_JIRA_URL, SETFLOW_JIRA_USER and SETFLOW_JIRA_TOKEN."
            yield bad("Jira", "the file has a section jira, but no site is set", todo)
        return
    if wanted is None:
        todo = "Write a section jira into the file; examples/set.yaml has one."
        yield bad("Jira", "a site is set, but the file has no section jira", todo)
        return
    token = given.jira.token.get_secret_value()
    yield good("Jira", Jira(given.jira.url, given.jira.user, token=token, settings=wanted).check())


def _opsgenie(given: Settings, configuration: Configuration | None) -> Iterator[Finding]:
    if given.opsgenie is None:
        if configuration and configuration.opsgenie:
            said = "the file has a section opsgenie, but no key is set"
            yield bad("OpsGenie", said, "Set SETFLOW_OPSGENIE_KEY.")
        return
    of = given.opsgenie
    checked = OpsGenie(of.url, of.key.get_secret_value(), of.user).check()
    yield good("OpsGenie", checked)


def _notify(given: Settings, configuration: Configuration | None) -> Iterator[Finding]:
    try:
        Notify({name: one.get_secret_value() for name, one in given.notify.items()})
    except ValueError as error:
        yield bad("contact methods", str(error), "Write it as apprise does.")
    people = configuration.people.values() if configuration else ()
    used = [
        contact.via for person in people for contact in person.contact if contact.via != MENTION
    ]
    for via in sorted(set(used)):
        name = f"SETFLOW_NOTIFY_{via.upper()}"
        if via in given.notify:
            yield good(via, f"has a gateway, for {used.count(via)} people")
        else:
            todo = f"Set {name} to an apprise address with {{to}} in it."
            yield bad(via, f"has no gateway, and {used.count(via)} people are paged by it", todo)


def _mail(given: Settings, configuration: Configuration | None) -> Iterator[Finding]:
    address = configuration.mail.address if configuration and configuration.mail else ""
    url = given.mail.url.get_secret_value() if given.mail.url else ""
    for said, todo in survey(address, given.mail.listen, url, Names()):
        yield Finding("mail", said, todo, ok=not todo)
