"""The variables by name, and one at a time: what each kind of them may be."""

from collections.abc import Mapping
from difflib import get_close_matches
from urllib.parse import urlsplit

from pydantic import SecretStr

SHORTEST_SECRET = 32
FEWEST_DAYS = 7
HOOK_KEY, NOTIFY = "SETFLOW_HOOK_KEY_", "SETFLOW_NOTIFY_"
NAMES = (
    "SETFLOW_DATABASE_URL",
    "SETFLOW_DATABASE_PASSWORD_COMMAND",
    "SETFLOW_LISTEN_DATABASE_URL",
    "SETFLOW_PUBLIC_URL",
    "SETFLOW_LISTEN",
    "SETFLOW_SECRET",
    "SETFLOW_DATA",
    "SETFLOW_MATTERMOST_URL",
    "SETFLOW_MATTERMOST_TEAM",
    "SETFLOW_MATTERMOST_TOKEN",
    "SETFLOW_MATTERMOST_COMMAND_TOKEN",
    "SETFLOW_JIRA_URL",
    "SETFLOW_JIRA_USER",
    "SETFLOW_JIRA_TOKEN",
    "SETFLOW_OPSGENIE_URL",
    "SETFLOW_OPSGENIE_USER",
    "SETFLOW_OPSGENIE_KEY",
    "SETFLOW_OPSGENIE_HOOK_KEY",
    "SETFLOW_FEED_HOSTS",
    "SETFLOW_JSM_URL",
    "SETFLOW_JSM_USER",
    "SETFLOW_JSM_TOKEN",
    "SETFLOW_GOALERT_URL",
    "SETFLOW_GOALERT_TOKEN",
    "SETFLOW_PAGERDUTY_URL",
    "SETFLOW_PAGERDUTY_TOKEN",
    "SETFLOW_API_TOKEN",
    "SETFLOW_HEARTBEAT_URL",
    "SETFLOW_KEEP_DAYS",
    "SETFLOW_SMTP_LISTEN",
    "SETFLOW_SMTP_CERT",
    "SETFLOW_SMTP_KEY",
    "SETFLOW_MAIL_SECRET",
    "SETFLOW_MAIL_URL",
)


class Reader:
    """Variables of the environment, one by one, and all that is wrong with them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = {
            name: value.strip()
            for name, value in values.items()
            if name.startswith("SETFLOW_") and value.strip()
        }
        self.problems: list[str] = []
        self._look_for_slips()

    def text(self, name: str) -> str:
        """What a variable says; "" where it is not set."""
        return self.values.get(name, "")

    def secret(self, name: str) -> SecretStr | None:
        """The same, kept from logs; None where it is not set."""
        return SecretStr(self.values[name]) if name in self.values else None

    def signing(self, name: str) -> SecretStr | None:
        """A secret that is long enough to sign with."""
        given = self.secret(name)
        if given is not None and len(given) < SHORTEST_SECRET:
            self.problems.append(f"{name} should have at least {SHORTEST_SECRET} characters.")
        return given

    def database(self, name: str) -> SecretStr | None:
        """The address of a PostgreSQL server."""
        given = self.secret(name)
        schemes = ("postgresql://", "postgres://", "postgresql+psycopg://")
        if given is not None and not given.get_secret_value().startswith(schemes):
            self.problems.append(f"{name} should begin with postgresql://.")
        return given

    def url(self, name: str) -> str:
        """An address without user and password, and without a slash at its end; "" for none."""
        given = self.text(name)
        parts = urlsplit(given)
        if given and (parts.scheme not in {"http", "https"} or not parts.hostname):
            self.problems.append(f"{name} should be an address such as https://example.com.")
        if parts.username or parts.password:
            self.problems.append(f"{name} should not carry a user or password.")
        return given.rstrip("/")

    def address(self, name: str) -> SecretStr | None:
        """An address that is a secret by itself."""
        given = self.secret(name)
        parts = urlsplit(given.get_secret_value() if given else "")
        if given is not None and (parts.scheme not in {"http", "https"} or not parts.hostname):
            self.problems.append(f"{name} should be an address such as https://example.com/x.")
        return given

    def days(self, name: str, otherwise: int) -> int:
        """How many days something is kept; 0 for ever."""
        given = self.text(name) or str(otherwise)
        if not given.isdecimal() or 0 < int(given) < FEWEST_DAYS:
            self.problems.append(f"{name} should be 0, for ever, or {FEWEST_DAYS} days at least.")
            return otherwise
        return int(given)

    def listen(self, name: str, otherwise: str) -> tuple[str, int]:
        """Where to listen: host and port."""
        host, _, port = (self.text(name) or otherwise).rpartition(":")
        if not host or not port.isdecimal() or not 0 <= int(port) < 65536:
            self.problems.append(f"{name} should be an address and a port, such as {otherwise}.")
            return "", 0
        return host.strip("[]"), int(port)

    def family(self, prefix: str) -> dict[str, SecretStr]:
        """The variables that begin with `prefix`, by the rest of their names in lower case."""
        found = {}
        for name, value in sorted(self.values.items()):
            if not name.startswith(prefix):
                continue
            if prefix == NOTIFY and ("://" not in value or "{to}" not in value):
                self.problems.append(f"{name} should be an apprise address with {{to}} in it.")
            found[name.removeprefix(prefix).lower()] = SecretStr(value)
        return found

    def needs(self, given: str, *others: str) -> None:
        """Note which of `others`, without which `given` is useless, are not set."""
        for other in others:
            if not self.text(other):
                self.problems.append(f"{other} is missing: {given} is useless without it.")

    def _look_for_slips(self) -> None:
        """Names close to one of ours; other names are left alone, for Kubernetes sets some."""
        known = {name.removeprefix("SETFLOW_"): name for name in NAMES}
        for name in sorted(self.values):
            if name in NAMES or name.startswith((HOOK_KEY, NOTIFY)):
                continue
            close = get_close_matches(name.removeprefix("SETFLOW_"), known, n=1, cutoff=0.8)
            if close:
                self.problems.append(f"{name} is not known; did you mean {known[close[0]]}?")
