"""OpsGenie and JSM Operations by their REST APIs; nothing but GET is asked for."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from setflow.adapters.sources.source import PAGE, Document, Source, ahead, ids, paged
from setflow.errors import DeliveryError


def opsgenie(url: str, key: str, now: datetime) -> Iterator[Document]:
    """Users, schedules and, of each, the timeline of eight weeks and the overrides; teams with
    their routing rules, escalations, and what watches.

    What the key may not read, beside schedules, comes as {"refused": what it is}.
    """
    source = Source("OpsGenie", url, headers={"Authorization": f"GenieKey {key}"})
    with source.understood():
        yield from paged(source, "/v2/users", "data", "limit")
        listed = source.get("/v2/schedules", expand="rotation")
        yield "/v2/schedules", listed
        for key_of in ids(listed.get("data")):
            path = f"/v2/schedules/{quote(key_of, safe='')}"
            yield f"{path}/timeline", source.get(f"{path}/timeline", **ahead(now))
            named = source.get(f"{path}/overrides", scheduleIdentifierType="id")
            yield f"{path}/overrides", named
        yield "/v2/forwarding-rules", source.get("/v2/forwarding-rules")
        used = _users(listed)
        for name, document in (*_teams(source), *_watches(source)):
            used |= _users(document)
            yield name, document
        yield from _contacts(source, sorted(used))


def _teams(source: Source) -> Iterator[Document]:
    for key in ids(_readable(source, "/v2/teams", "teams").get("data")):
        path = f"/v2/teams/{quote(key, safe='')}"
        team = source.get(path, identifierType="id")["data"]
        rules = source.get(f"{path}/routing-rules", teamIdentifierType="id")["data"]
        yield path, {"team": team, "teamRoutingRules": rules}
    yield "/v2/escalations", _readable(source, "/v2/escalations", "escalations")


def _watches(source: Source) -> Iterator[Document]:
    yield "/v2/heartbeats", _readable(source, "/v2/heartbeats", "heartbeats")
    yield "/v2/integrations", _readable(source, "/v2/integrations", "integrations")
    listed = _readable(source, "/v1/maintenance", "maintenance", type="non-expired")
    yield "/v1/maintenance", {"data": []} if "data" in listed else listed
    for key in ids(listed.get("data")):
        path = f"/v1/maintenance/{quote(key, safe='')}"
        yield path, source.get(path)


def _contacts(source: Source, users: list[str]) -> Iterator[Document]:
    """How these users are told of new alerts, rule by rule."""
    for user in users:
        path = f"/v2/users/{quote(user, safe='')}/notification-rules"
        listed = _readable(source, path, "notification rules")
        if "data" not in listed:
            yield path, listed
            return
        for one in listed["data"]:
            if one.get("actionType") == "create-alert":
                yield (
                    f"/v2/users/{user}/notification-rules",
                    source.get(f"{path}/{quote(one['id'], safe='')}"),
                )


def _readable(source: Source, path: str, what: str, **query: str) -> Any:
    try:
        return source.get(path, **query)
    except DeliveryError as error:
        if error.status not in (402, 403, 404):
            raise
        return {"refused": what}


def _users(document: Any) -> set[str]:
    """The ids of all users that a document names."""
    found: set[str] = set()
    if isinstance(document, list):
        return found.union(*map(_users, document))
    if isinstance(document, Mapping):
        if document.get("type") == "user" or "username" in document:
            found |= {document["id"]} if document.get("id") else set()
        return found.union(*map(_users, document.values()))
    return found


def jsm(url: str, user: str, token: str, now: datetime) -> Iterator[Document]:
    """Schedules and, of each, rotations, the timeline of eight weeks and the overrides; users.

    url  such as https://api.atlassian.com/jsm/ops/api/CLOUD-ID
    """
    source = Source("JSM Operations", url, headers={}, user=user, token=token)
    with source.understood():
        accounts: set[str] = set()
        for name, page in paged(source, "/v1/schedules", "values", "size"):
            schedules = []
            for one in page["values"]:
                path = f"/v1/schedules/{quote(one['id'], safe='')}"
                listed = paged(source, f"{path}/rotations", "values", "size")
                rotations = [part for _, found in listed for part in found["values"]]
                schedules.append({**one, "rotations": rotations})
                yield f"{path}/timeline", source.get(f"{path}/timeline", **ahead(now))
                yield from paged(source, f"{path}/overrides", "values", "size")
                accounts |= {
                    person["id"]
                    for part in rotations
                    for person in part.get("participants") or ()
                    if person.get("type") == "user" and person.get("id")
                }
            yield name, {"values": schedules}
        for name, document in _jsm_teams(source):
            accounts |= _users(document)
            yield name, document
        # Who the accounts are, by Jira of the same site:
        # https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/
        parts = urlsplit(url)
        site = parts.path.rstrip("/").rpartition("/")[2]
        jira = Source(
            "Jira",
            f"{parts.scheme}://{parts.netloc}/ex/jira/{site}",
            headers={},
            user=user,
            token=token,
        )
        yield from _accounts(jira, sorted(accounts))


def _jsm_teams(source: Source) -> Iterator[Document]:
    """Escalations and routing rules, which stand under a team there; members stand elsewhere."""
    teams = _readable(source, "/v1/teams", "teams")
    if "refused" in teams:
        yield "/v1/teams", teams
    for one in teams.get("platformTeams") or ():
        key, path = one["teamId"], f"/v1/teams/{quote(one['teamId'], safe='')}"
        rules: list[Any] = []
        for _, page in paged(source, f"{path}/routing-rules", "values", "size"):
            rules += page["values"]
        team = {"id": key, "name": one.get("teamName") or key, "members": []}
        yield path, {"team": team, "teamRoutingRules": rules}
        for name, page in paged(source, f"{path}/escalations", "values", "size"):
            yield name, {"values": [{**each, "teamId": key} for each in page["values"]]}


def _accounts(jira: Source, accounts: list[str]) -> Iterator[Document]:
    path = "/rest/api/3/user/bulk"
    try:
        for start in range(0, len(accounts), PAGE):
            some = accounts[start : start + PAGE]
            yield path, jira.get(path, accountId=some, maxResults=PAGE)
    except DeliveryError as error:
        # A token may be good for Operations alone: then people go by their accounts.
        if error.status not in (401, 403, 404):
            raise
