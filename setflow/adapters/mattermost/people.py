"""Which people are still there: active members of the team, and no guests."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

from setflow.adapters.mattermost.outbound import Mattermost
from setflow.errors import DeliveryError

AT_ONCE = 100

Standing = Literal["", "unknown", "deactivated", "guest", "not-in-team"]


def standing(mattermost: Mattermost, usernames: Collection[str]) -> Mapping[str, Standing]:
    """Why each of `usernames` is not there, "" for one who is. Raises DeliveryError.

    Also where not one of them is there: the bot sees too little then to believe it.
    """
    found: dict[str, Standing] = {}
    for some in _parts(sorted(usernames)):
        users = mattermost.driver.users.get_users_by_usernames(options=some)
        ids = [user["id"] for user in users]
        members = mattermost.driver.teams.get_team_members_by_id(mattermost.team_id, options=ids)
        inside = {member["user_id"] for member in members if not member.get("delete_at")}
        known = {user["username"]: _of(user, inside) for user in users}
        found |= {name: known.get(name, "unknown") for name in some}
    if found and all(found.values()):
        what = "not one of the people is in Mattermost, so none is taken for gone"
        raise DeliveryError(what, again=True)
    return found


def _of(user: Mapping[str, Any], inside: Collection[str]) -> Standing:
    if user.get("delete_at"):
        return "deactivated"
    if "system_guest" in user.get("roles", "").split():
        return "guest"
    return "" if user["id"] in inside else "not-in-team"


def _parts(names: Sequence[str]) -> Iterator[list[str]]:
    left = iter(names)
    while some := list(islice(left, AT_ONCE)):
        yield some
