"""Whether Mattermost is as setflow needs it."""

from collections.abc import Iterator

from setflow.adapters.mattermost import setup, survey
from setflow.adapters.mattermost.outbound import Mattermost
from setflow.definitions import Configuration
from setflow.doctor.findings import Finding, bad, good
from setflow.errors import DeliveryError, Refused
from setflow.settings import Settings

OPERATIONS = "setflow-ops"


def channels_of(configuration: Configuration | None) -> tuple[str, ...]:
    """The channels in which setflow posts by itself: operations, and those of rotations."""
    if configuration is None:
        return (OPERATIONS,)
    operations = configuration.channels.get("operations", "operations")
    own = [one.channel for one in configuration.rotations.values() if one.channel]
    return tuple(dict.fromkeys([operations, *(configuration.channels.get(o, o) for o in own)]))


def look(given: Settings, configuration: Configuration | None) -> Iterator[Finding]:
    """The server, the bot on it, and its way to us."""
    if given.mattermost is None:
        yield bad("Mattermost", "is not set up", "Run `setflow init mattermost`.")
        return
    mattermost = connected(given)
    bot_id, username = mattermost.me()
    yield good("Mattermost", f"@{username} at {given.mattermost.url}")
    yield _team(mattermost, given.mattermost.team, bot_id, username)
    for channel in channels_of(configuration):
        problem = survey.trouble(mattermost, channel)
        said = "the bot is in it and may edit its header"
        yield bad(f"~{channel}", *_split(problem)) if problem else good(f"~{channel}", said)
    if given.mattermost.command_token.get_secret_value():
        yield good("/set", f"has its token; it should call {given.public_url}{setup.COMMAND_PATH}")
    else:
        todo = "Run `setflow init mattermost`, or set SETFLOW_MATTERMOST_COMMAND_TOKEN."
        yield bad("/set", "has no token here, so every command is refused", todo)
    yield good("acknowledgement", survey.acknowledgement(mattermost))
    yield public(given.public_url, given.mattermost.url)
    if configuration:
        yield _accounts(mattermost, configuration)


def connected(given: Settings) -> Mattermost:
    """The server. Raises Refused where none is set up."""
    if given.mattermost is None:
        raise Refused("Mattermost is not set up; run `setflow init mattermost`.")
    chat = given.mattermost
    return Mattermost(chat.url, chat.token.get_secret_value(), chat.team)


def public(url: str, mattermost: str) -> Finding:
    """Whether that server can reach us."""
    name = "public address"
    if survey.is_here(url) and not survey.is_here(mattermost):
        said = f"{url} is this machine to itself; {mattermost} cannot reach it"
        return bad(name, said, "Set SETFLOW_PUBLIC_URL to where that server reaches setflow.")
    host = survey.private_host(url)
    private = f", private: AllowedUntrustedInternalConnections has to list {host}" if host else ""
    return good(name, f"{url}{private}")


def _split(problem: str) -> tuple[str, str]:
    said, _, todo = problem.partition("; ")
    return said, f"{todo[:1].upper()}{todo[1:]}."


def _team(mattermost: Mattermost, team: str, bot_id: str, username: str) -> Finding:
    todo = f"Invite @{username} into it, or run `setflow init mattermost`."
    try:
        if mattermost.is_team_member(bot_id):
            return good("team", f"@{username} is in {team}")
    except DeliveryError as error:
        if error.status == 404:
            return bad("team", f"there is no team {team}", "Set SETFLOW_MATTERMOST_TEAM.")
        if error.status != 403:
            raise
    return bad("team", f"@{username} is not in {team}", todo)


def _accounts(mattermost: Mattermost, configuration: Configuration) -> Finding:
    wanted = {one.mattermost: name for name, one in configuration.people.items()}
    there = mattermost.user_ids(wanted)
    missing = sorted(wanted.keys() - there.keys())
    if missing:
        names = ", ".join(f"{wanted[one]} (@{one})" for one in missing)
        todo = "Say their usernames in the file (`mattermost: …`), and apply it."
        return bad("accounts", f"Mattermost does not know {names}", todo)
    return good("accounts", f"Mattermost knows all {len(wanted)}")
