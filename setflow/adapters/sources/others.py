"""PagerDuty by its REST API, GoAlert by one GraphQL query.

An API key of GoAlert is good for one query alone. Nothing but GET is asked for, and that query.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import quote

from setflow.adapters.sources.source import (
    MOST_PAGES,
    Document,
    Source,
    paged,
    too_many,
    written,
)
from setflow.errors import DeliveryError

LOOK_AHEAD = timedelta(weeks=4)
"""GoAlert tells no longer stretch than a month."""
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
CURSORS = {
    "users": "users",
    "rotations": "rotations",
    "schedules": "schedules",
    "userOverrides": "overrides",
}


def pagerduty(url: str, token: str, now: datetime) -> Iterator[Document]:
    """Users and schedules, each schedule with its layers and what is final for four weeks."""
    kind = "application/vnd.pagerduty+json;version=2"
    headers = {"Authorization": f"Token token={token}", "Accept": kind}
    source = Source("PagerDuty", url, headers=headers)
    with source.understood():
        yield from paged(source, "/users", "users", "limit")
        for _, page in paged(source, "/schedules", "schedules", "limit"):
            for one in page["schedules"]:
                path = f"/schedules/{quote(one['id'], safe='')}"
                # Times of day come on the clocks of that zone, and else on the account's.
                yield (
                    path,
                    source.get(
                        path,
                        since=written(now),
                        until=written(now + LOOK_AHEAD),
                        time_zone=one["time_zone"],
                    ),
                )


def goalert(url: str, token: str, now: datetime) -> Iterator[Document]:
    """Users, rotations, schedules with their shifts of four weeks, overrides; a page at a time."""
    source = Source("GoAlert", url, headers={"Authorization": f"Bearer {token}"})
    with source.understood():
        stretch = {"from": written(now), "to": written(now + LOOK_AHEAD)}
        cursors = dict.fromkeys(CURSORS.values(), "")
        for _ in range(MOST_PAGES):
            body = {"query": GOALERT_QUERY, "variables": {**stretch, **cursors}}
            answer = source.post("/api/graphql", body)
            data = answer.get("data")
            if answer.get("errors") or not data:
                said = " ".join(str(one.get("message")) for one in answer.get("errors") or ())
                raise DeliveryError(
                    f"GoAlert refuses the query: {said[:200]}. A key of its API is good for the "
                    "one query that it was made for; make one for SetflowImport, which stands in "
                    "setflow/adapters/sources/others.py.",
                    again=False,
                )
            yield "/api/graphql", {"data": data, **stretch}
            pages = {name: data[key]["pageInfo"] for key, name in CURSORS.items()}
            cursors |= {
                name: page["endCursor"] for name, page in pages.items() if page.get("endCursor")
            }
            if not any(page["hasNextPage"] for page in pages.values()):
                return
        raise too_many("GoAlert")
