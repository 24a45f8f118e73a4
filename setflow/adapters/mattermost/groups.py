"""Custom user groups in Mattermost: a name such as @set-oncall that reaches whoever is on.

They need a licence (Professional or better); servers without one answer 501. A group that was
deleted keeps its name, so it is brought back instead of made anew (servers from 7.7).
"""

from collections.abc import Collection, Mapping
from typing import Any

from setflow.adapters.mattermost.outbound import PAGE, Mattermost
from setflow.errors import DeliveryError

LONGEST_TITLE = 64


def keep(mattermost: Mattermost, name: str, title: str, user_ids: Collection[str]) -> bool:
    """Make `user_ids` the members of the user group `name`, made now where there is none.

    Whether that was a change. Raises DeliveryError; one not to be tried again says in words what
    an admin of the server can do.
    """
    try:
        return _keep(mattermost, name, title, sorted(user_ids))
    except DeliveryError as error:
        reason = _REASONS.get(error.status or 0)
        if reason is None:
            raise
        raise DeliveryError(reason.format(name=name), again=False, status=error.status) from None


_REASONS = {
    400: "Mattermost takes no user group called @{name}; choose another name in the file",
    403: "the bot may not manage user groups; an admin can give it the permissions for custom "
    "groups (create, manage members, restore)",
    501: "this Mattermost server has no licence for user groups",
}


def _keep(mattermost: Mattermost, name: str, title: str, wanted: list[str]) -> bool:
    client = mattermost.driver.client
    there = _find(mattermost, name)
    if there is None:
        body = {
            "name": name,
            "display_name": title[:LONGEST_TITLE],
            "source": "custom",
            "allow_reference": True,
            "user_ids": wanted,
        }
        client.post("/groups", options=body)
        return True
    path = f"/groups/{there['id']}"
    if there["delete_at"]:
        client.post(f"{path}/restore")
    members = _members(mattermost, path)
    for change, ids in (
        (client.post, [one for one in wanted if one not in members]),
        (client.delete, [one for one in members if one not in wanted]),
    ):
        if ids:
            change(f"{path}/members", options={"user_ids": ids})
    return bool(there["delete_at"]) or sorted(members) != wanted


def _find(mattermost: Mattermost, name: str) -> Mapping[str, Any] | None:
    """The custom group of that name, deleted or not."""
    # `since` is what makes the server list deleted groups too.
    params = {"q": name, "since": 1, "per_page": PAGE}
    found = mattermost.driver.client.get("/groups", params=params) or []
    named = (one for one in found if one["name"] == name and one["source"] == "custom")
    return min(named, key=lambda one: bool(one["delete_at"]), default=None)


def _members(mattermost: Mattermost, path: str) -> list[str]:
    found: list[str] = []
    page = 0
    while True:
        params = {"page": page, "per_page": PAGE}
        listed = mattermost.driver.client.get(f"{path}/members", params=params)["members"] or []
        found += [user["id"] for user in listed]
        if len(listed) < PAGE:
            return found
        page += 1
