"""What a configuration file comes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from setflow.calendar import BusinessDays
from setflow.escalation.spec import Ladder, MailSettings, Route, Source, Window
from setflow.escalation.spec.heartbeats import Heartbeat
from setflow.playbook.spec import Playbook
from setflow.rotation.spec import Rotation
from setflow.rotation.spec.remote import OpsGenieSettings
from setflow.team.spec import Person, Team
from setflow.ticket.spec import JiraSettings


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration file without mistakes.

    zone       where instants are read and nobody says otherwise; UTC by default
    channels   use, such as operations, → the channel's name
    playbooks  those that the file names, by name
    text       the file as it was given; `digest` tells it and its playbooks from any other
    """

    version: int
    zone: ZoneInfo
    admins: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    channels: Mapping[str, str]
    calendars: Mapping[str, BusinessDays]
    jira: JiraSettings | None
    opsgenie: OpsGenieSettings | None
    mail: MailSettings | None
    playbooks: Mapping[str, Playbook]
    people: Mapping[str, Person]
    teams: Mapping[str, Team]
    rotations: Mapping[str, Rotation]
    ladders: Mapping[str, Ladder]
    routes: tuple[Route, ...]
    maintenance: tuple[Window, ...]
    sources: Mapping[str, Source]
    heartbeats: Mapping[str, Heartbeat]
    text: str
    digest: str
