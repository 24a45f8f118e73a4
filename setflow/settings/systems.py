"""The variables of each system around: all that one needs, or that it is not there."""

import re
from urllib.parse import urlsplit

from pydantic import SecretStr

from setflow.settings.reader import Reader
from setflow.settings.values import Jira, Mail, Mattermost, OpsGenie, Source

OPSGENIE = "https://api.opsgenie.com"
JSM_PATH = "/jsm/ops/"
"""What an address of JSM Operations has in it, https://api.atlassian.com/jsm/ops/api/CLOUD-ID."""
PAGERDUTY = "https://api.pagerduty.com"


def mattermost(reader: Reader) -> Mattermost | None:
    """The chat; None where it is not set up."""
    url, token = reader.url("SETFLOW_MATTERMOST_URL"), reader.secret("SETFLOW_MATTERMOST_TOKEN")
    if not url and token is None:
        return None
    given = "SETFLOW_MATTERMOST_URL" if url else "SETFLOW_MATTERMOST_TOKEN"
    reader.needs(
        given, "SETFLOW_MATTERMOST_URL", "SETFLOW_MATTERMOST_TEAM", "SETFLOW_MATTERMOST_TOKEN"
    )
    command_token = reader.secret("SETFLOW_MATTERMOST_COMMAND_TOKEN") or SecretStr("")
    team = reader.text("SETFLOW_MATTERMOST_TEAM")
    return Mattermost(url, team, token or SecretStr(""), command_token)


def jira(reader: Reader) -> Jira | None:
    """The site of tickets; None where it is not set up."""
    url, token = reader.url("SETFLOW_JIRA_URL"), reader.secret("SETFLOW_JIRA_TOKEN")
    if not url and token is None:
        return None
    given = "SETFLOW_JIRA_URL" if url else "SETFLOW_JIRA_TOKEN"
    reader.needs(given, "SETFLOW_JIRA_URL", "SETFLOW_JIRA_TOKEN")
    return Jira(url, reader.text("SETFLOW_JIRA_USER"), token or SecretStr(""))


def opsgenie(reader: Reader) -> OpsGenie | None:
    """OpsGenie or JSM Operations; None where neither is set up."""
    url, key = reader.url("SETFLOW_OPSGENIE_URL"), reader.secret("SETFLOW_OPSGENIE_KEY")
    hook_key = reader.secret("SETFLOW_OPSGENIE_HOOK_KEY")
    if key is None:
        if url or hook_key is not None:
            given = "SETFLOW_OPSGENIE_URL" if url else "SETFLOW_OPSGENIE_HOOK_KEY"
            reader.needs(given, "SETFLOW_OPSGENIE_KEY")
        return None
    user = ""
    if JSM_PATH in url:
        reader.needs("SETFLOW_OPSGENIE_URL", "SETFLOW_OPSGENIE_USER")
        user = reader.text("SETFLOW_OPSGENIE_USER")
    return OpsGenie(url or OPSGENIE, key, hook_key or SecretStr(""), user)


def mail(reader: Reader) -> Mail:
    """The door for mail, and the way out."""
    usual = "0.0.0.0:25"
    given = reader.text("SETFLOW_SMTP_LISTEN")
    listen = reader.listen("SETFLOW_SMTP_LISTEN", usual) if given else None
    cert, key = reader.text("SETFLOW_SMTP_CERT"), reader.text("SETFLOW_SMTP_KEY")
    for one, other in (("CERT", "KEY"), ("KEY", "CERT")):
        if reader.text(f"SETFLOW_SMTP_{one}"):
            reader.needs(f"SETFLOW_SMTP_{one}", f"SETFLOW_SMTP_{other}", "SETFLOW_SMTP_LISTEN")
    secret = reader.secret("SETFLOW_MAIL_SECRET") or SecretStr("")
    if secret and not re.fullmatch(r"[A-Za-z0-9-]{16,40}", secret.get_secret_value()):
        reader.problems.append(
            "SETFLOW_MAIL_SECRET should have 16 to 40 letters, digits and - only: it stands in an "
            "address."
        )
    url = reader.secret("SETFLOW_MAIL_URL")
    if url and not _is_mail_server(url.get_secret_value()):
        reader.problems.append(
            "SETFLOW_MAIL_URL should be an address such as smtps://user:password@example.com."
        )
    return Mail(listen, cert, key, secret, url)


def _is_mail_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def sources(reader: Reader) -> dict[str, Source]:
    """What can be imported from, by jsm, goalert and pagerduty."""
    found = {}
    for name, usual in (("jsm", ""), ("goalert", ""), ("pagerduty", PAGERDUTY)):
        prefix = f"SETFLOW_{name.upper()}"
        url, token = reader.url(f"{prefix}_URL"), reader.secret(f"{prefix}_TOKEN")
        if not url and token is None:
            continue
        needed = ["_TOKEN", *([] if usual else ["_URL"]), *(["_USER"] if name == "jsm" else [])]
        given = f"{prefix}_URL" if url else f"{prefix}_TOKEN"
        reader.needs(given, *(f"{prefix}{end}" for end in needed))
        user = reader.text("SETFLOW_JSM_USER") if name == "jsm" else ""
        found[name] = Source(url or usual, user, token or SecretStr(""))
    return found
