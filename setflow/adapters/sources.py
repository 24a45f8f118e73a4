"""Schedules from the live APIs of other systems, as the JSON that `importing` reads.

OpsGenie, JSM Operations and PagerDuty by their REST APIs, GoAlert by one GraphQL query: an API key
of GoAlert is good for one query alone. Nothing but GET is asked for, and that query.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import sleep
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from setflow.adapters.answers import refused
from setflow.errors import DeliveryError

TIMEOUT_SECONDS = (3, 30)
PAGE = 100
MOST_PAGES = 200
LONGEST_BYTES = 50_000_000
LOOK_AHEAD = timedelta(weeks=4)
# How often, and for how long at most, an answer that says so is waited for.
WAITS, LONGEST_WAIT_SECONDS = 20, 60.0

GOALERT_QUERY = """\
query SetflowImport($from: ISOTimestamp!, $to: ISOTimestamp!, $users: String = "",
  $rotations: String = "", $schedules: String = "", $overrides: String = "") {
  users(first: 100, after: $users) {
    nodes { id name email }
    pageInfo { endCursor hasNextPage }
  }
  rotations(input: {first: 50, after: $rotations}) {
    nodes {
      id name timeZone start type shiftLength activeUserIndex
      nextHandoffTimes(num: 1) users { id name }
    }
    pageInfo { endCursor hasNextPage }
  }
  schedules(input: {first: 20, after: $schedules}) {
    nodes {
      id name timeZone
      targets { target { id type name } rules { start end weekdayFilter } }
      shifts(start: $from, end: $to) { userID start end }
      temporarySchedules { start end }
    }
    pageInfo { endCursor hasNextPage }
  }
  userOverrides(input: {first: 100, after: $overrides, start: $from, end: $to}) {
    nodes { id start end addUser { id name } removeUser { id name } target { id } }
    pageInfo { endCursor hasNextPage }
  }
}
"""
_CURSORS = {
    "users": "users",
    "rotations": "rotations",
    "schedules": "schedules",
    "userOverrides": "overrides",
}

Document = tuple[str, Any]


class Source:
    """One account, read as its owner may. Every failure is a DeliveryError.

    title    what messages call it
    headers  that every request carries, its key among them
    user     with `token` for basic authentication, "" for none
    """

    def __init__(
        self, title: str, url: str, *, headers: Mapping[str, str], user: str = "", token: str = ""
    ) -> None:
        self._title, self._url = title, url.rstrip("/")
        self._session = requests.Session()
        self._session.headers.update({"Accept": "application/json", **headers})
        # Without this a .netrc of the machine would be taken for credentials.
        self._session.trust_env = False
        self._session.auth = (user, token) if user else None
        self._waits, self._bytes = WAITS, LONGEST_BYTES

    def get(self, path: str, **query: str | int | list[str]) -> Any:
        """What is at that path."""
        return self._ask("GET", f"{self._url}{path}", params=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What is answered to that body."""
        return self._ask("POST", f"{self._url}{path}", json=body)

    @contextmanager
    def understood(self) -> Iterator[None]:
        """Turn an answer of another shape than was expected inside into a DeliveryError."""
        try:
            yield
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise self._strange() from error

    def _strange(self) -> DeliveryError:
        return DeliveryError(
            f"{self._url} does not answer as {self._title} does; is the address right?",
            again=False,
        )

    def _ask(self, verb: str, url: str, **what: Any) -> Any:
        try:
            while True:
                answer = self._session.request(
                    verb, url, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True, **what
                )
                text = self._read(answer)
                if answer.status_code != 429 or not self._waited(answer.headers):
                    break
        except requests.RequestException as error:
            kind = type(error).__name__
            raise DeliveryError(
                f"{self._title} cannot be reached at {self._url} ({kind}).", again=True
            ) from error
        if answer.status_code >= 300:
            raise self._refused(answer, text)
        try:
            return json.loads(text)
        except ValueError:
            raise self._strange() from None

    def _read(self, answer: requests.Response) -> str:
        parts = []
        with answer:
            for part in answer.iter_content(65_536):
                parts.append(part)
                self._bytes -= len(part)
                if self._bytes < 0:
                    raise DeliveryError(
                        f"{self._title} answers with over {LONGEST_BYTES:,} bytes; save the "
                        "schedules that you want and import them with --from.",
                        again=False,
                    )
        return b"".join(parts).decode("utf-8", "replace")

    def _waited(self, headers: Mapping[str, str]) -> bool:
        self._waits -= 1
        given = headers.get("Retry-After", "")
        sleep(min(float(given) if given.isdecimal() else 2.0, LONGEST_WAIT_SECONDS))
        return self._waits > 0

    def _refused(self, answer: requests.Response, text: str) -> DeliveryError:
        if answer.status_code in (401, 403):
            return DeliveryError(
                f"{self._title} refuses the key ({answer.status_code}); it needs to read "
                "schedules and users.",
                again=False,
                status=answer.status_code,
            )
        return refused(self._title, answer.status_code, headers=answer.headers, said=text)


def opsgenie(url: str, key: str, now: datetime) -> Iterator[Document]:
    """Users, schedules and, of each, the timeline of four weeks and the overrides."""
    source = Source("OpsGenie", url, headers={"Authorization": f"GenieKey {key}"})
    with source.understood():
        yield from _paged(source, "/v2/users", "data", "limit")
        listed = source.get("/v2/schedules", expand="rotation")
        yield "/v2/schedules", listed
        for key_of in _ids(listed.get("data")):
            path = f"/v2/schedules/{quote(key_of, safe='')}"
            yield f"{path}/timeline", source.get(f"{path}/timeline", **_ahead(now))
            named = source.get(f"{path}/overrides", scheduleIdentifierType="id")
            yield f"{path}/overrides", named
        yield "/v2/forwarding-rules", source.get("/v2/forwarding-rules")


def jsm(url: str, user: str, token: str, now: datetime) -> Iterator[Document]:
    """Schedules and, of each, rotations, the timeline of four weeks and the overrides; users.

    url  such as https://api.atlassian.com/jsm/ops/api/CLOUD-ID
    """
    source = Source("JSM Operations", url, headers={}, user=user, token=token)
    with source.understood():
        accounts: set[str] = set()
        for name, page in _paged(source, "/v1/schedules", "values", "size"):
            schedules = []
            for one in page["values"]:
                path = f"/v1/schedules/{quote(one['id'], safe='')}"
                listed = _paged(source, f"{path}/rotations", "values", "size")
                rotations = [part for _, found in listed for part in found["values"]]
                schedules.append({**one, "rotations": rotations})
                yield f"{path}/timeline", source.get(f"{path}/timeline", **_ahead(now))
                yield from _paged(source, f"{path}/overrides", "values", "size")
                accounts |= {
                    person["id"]
                    for part in rotations
                    for person in part.get("participants") or ()
                    if person.get("type") == "user" and person.get("id")
                }
            yield name, {"values": schedules}
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


def pagerduty(url: str, token: str, now: datetime) -> Iterator[Document]:
    """Users and schedules, each schedule with its layers and what is final for four weeks."""
    kind = "application/vnd.pagerduty+json;version=2"
    headers = {"Authorization": f"Token token={token}", "Accept": kind}
    source = Source("PagerDuty", url, headers=headers)
    with source.understood():
        yield from _paged(source, "/users", "users", "limit")
        for _, page in _paged(source, "/schedules", "schedules", "limit"):
            for one in page["schedules"]:
                path = f"/schedules/{quote(one['id'], safe='')}"
                # Times of day come on the clocks of that zone, and else on the account's.
                yield (
                    path,
                    source.get(
                        path,
                        since=_written(now),
                        until=_written(now + LOOK_AHEAD),
                        time_zone=one["time_zone"],
                    ),
                )


def goalert(url: str, token: str, now: datetime) -> Iterator[Document]:
    """Users, rotations, schedules with their shifts of four weeks, overrides; a page at a time."""
    source = Source("GoAlert", url, headers={"Authorization": f"Bearer {token}"})
    with source.understood():
        stretch = {"from": _written(now), "to": _written(now + LOOK_AHEAD)}
        cursors = dict.fromkeys(_CURSORS.values(), "")
        for _ in range(MOST_PAGES):
            body = {"query": GOALERT_QUERY, "variables": {**stretch, **cursors}}
            answer = source.post("/api/graphql", body)
            data = answer.get("data")
            if answer.get("errors") or not data:
                said = " ".join(str(one.get("message")) for one in answer.get("errors") or ())
                raise DeliveryError(
                    f"GoAlert refuses the query: {said[:200]}. A key of its API is good for the "
                    "one query that it was made for; make one for SetflowImport, which stands in "
                    "setflow/adapters/sources.py.",
                    again=False,
                )
            yield "/api/graphql", {"data": data, **stretch}
            pages = {name: data[key]["pageInfo"] for key, name in _CURSORS.items()}
            cursors |= {
                name: page["endCursor"] for name, page in pages.items() if page.get("endCursor")
            }
            if not any(page["hasNextPage"] for page in pages.values()):
                return
        raise _too_many("GoAlert")


def _paged(source: Source, path: str, key: str, size: str) -> Iterator[tuple[str, Any]]:
    """Page after page of a list, as long as there is another."""
    offset = 0
    for _ in range(MOST_PAGES):
        query: dict[str, str | int | list[str]] = {size: PAGE, "offset": offset}
        page = source.get(path, **query)
        listed = page.get(key) or []
        yield path, {**page, key: listed}
        offset += len(listed)
        links = (page.get("paging") or page.get("links") or {}).get("next") or page.get("more")
        if not listed or not links:
            return
    raise _too_many(path)


def _too_many(what: str) -> DeliveryError:
    said = f"{what} has over {MOST_PAGES} pages; save what you want and import it with --from."
    return DeliveryError(said, again=False)


def _ids(listed: Any) -> list[str]:
    return [one["id"] for one in listed or ()]


def _ahead(now: datetime) -> dict[str, str | int | list[str]]:
    return {
        "identifierType": "id",
        "interval": LOOK_AHEAD.days // 7,
        "intervalUnit": "weeks",
        "date": _written(now),
        "expand": "override,forwarding",
    }


def _written(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
