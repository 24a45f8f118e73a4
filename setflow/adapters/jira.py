"""Jira Cloud: pulls issues as tickets, with their comments.

What stands in the way is from Atlassian's REST API v2 documentation and its issue tracker: a search
knows no total and pages by token, cuts comments short, may not see recent writes, and reads an
absolute time in the zone of the account that asks.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import ceil
from typing import Any

from setflow.adapters.answers import refused
from setflow.document import suggestion
from setflow.errors import DeliveryError
from setflow.ticket.rules import Comment, Ticket, TicketSeen
from setflow.ticket.spec import JiraSettings

OVERLAP = timedelta(minutes=2)
FIRST_LOOK_BACK = timedelta(days=14)
TIMEOUT_SECONDS = (3, 10)
PAGE = 100

_FIELDS = (
    "summary",
    "status",
    "assignee",
    "priority",
    "updated",
    "resolutiondate",
    "statuscategorychangedate",
    "comment",
)


class Jira:
    """One Jira site, asked as `user` with an API token. Every failure is a DeliveryError.

    Made for one thread at a time; the first call connects.
    """

    def __init__(self, url: str, user: str, *, token: str, settings: JiraSettings) -> None:
        self._url, self._user, self._token = url.rstrip("/"), user, token
        self._settings = settings

    def check(self) -> str:
        """Who we are there, the query and the fields of the settings being understood."""
        with self._failures():
            me = self._get("myself")
            query = {"jql": self._settings.jql, "fields": self._asked, "maxResults": 1}
            self._post("search/jql", query)
            return f"{me['displayName']} at {self._url}"

    def changed_since(self, since: datetime | None, now: datetime) -> list[TicketSeen]:
        """The issues of the query that changed at or after `since`, in the order they changed.

        Changes of the two minutes before `since` come again, since the search lags. With None:
        all that are not done, and those that changed within 14 days.
        """
        if since is None:
            days = FIRST_LOOK_BACK.days
            recent = f'(statusCategory != Done OR updated >= "-{days}d")'
        else:
            recent = f'updated >= "-{_minutes(now - since + OVERLAP)}m"'
        jql = f"({self._settings.jql}) AND {recent} ORDER BY updated ASC, key ASC"
        with self._failures():
            return [self._ticket(issue, since) for issue in self._search(jql)]

    def tickets(self, keys: Sequence[str]) -> list[TicketSeen]:
        """Those issues as they are this moment, also such as left the query; none for a key that
        is gone. An issue that moved comes under its new key.
        """
        with self._failures():
            return [
                self._ticket(issue, None)
                for start in range(0, len(keys), PAGE)
                for issue in self._post(
                    "issue/bulkfetch",
                    {"issueIdsOrKeys": list(keys[start : start + PAGE]), "fields": self._asked},
                )["issues"]
            ]

    @cached_property
    def _client(self) -> Any:
        from jira import JIRA

        # Without the question for its version a wrong address is told by the call that was meant.
        return JIRA(
            self._url,
            basic_auth=(self._user, self._token),
            max_retries=0,
            timeout=TIMEOUT_SECONDS,
            get_server_info=False,
        )

    def _get(self, path: str, **query: str | int) -> Any:
        return self._client._get_json(path, params=query)

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        # Not by the client's own search: it renames the fields that it is asked for.
        return self._client._get_json(path, params=body, use_post=True)

    def _search(self, jql: str) -> Iterator[Mapping[str, Any]]:
        body: dict[str, Any] = {"jql": jql, "fields": self._asked, "maxResults": PAGE}
        while True:
            page = self._post("search/jql", body)
            yield from page["issues"]
            if not page.get("nextPageToken"):
                return
            body["nextPageToken"] = page["nextPageToken"]

    @cached_property
    def _field_ids(self) -> dict[str, str]:
        """The id of each field that the settings name."""
        settings = self._settings
        named = (settings.team_field, settings.level_field, settings.customer_field)
        known = [(field["id"], field["name"]) for field in self._get("field")]
        return {name: _field_id(name, known) for name in named if name}

    @property
    def _asked(self) -> list[str]:
        return [*_FIELDS, *self._field_ids.values()]

    def _ticket(self, issue: Mapping[str, Any], since: datetime | None) -> TicketSeen:
        settings, fields, key = self._settings, issue["fields"], issue["key"]
        own = {name: _text(fields.get(of)) for name, of in self._field_ids.items()}
        category = fields["status"]["statusCategory"]["key"]
        resolved = fields.get("resolutiondate") or fields.get("statuscategorychangedate")
        customer = own[settings.customer_field] if settings.customer_field else None
        ticket = Ticket(
            key=key,
            summary=fields["summary"],
            team=own[settings.team_field],
            level=_level(own[settings.level_field], settings.levels),
            status=fields["status"]["name"],
            open=category != "done",
            assignee=(fields.get("assignee") or {}).get("accountId"),
            assignee_name=_text(fields.get("assignee")),
            priority=_text(fields.get("priority")),
            customer=customer or None,
            url=f"{self._url}/browse/{key}",
            updated_at=_instant(fields["updated"]),
            resolved_at=_instant(resolved) if category == "done" and resolved else None,
        )
        return TicketSeen(ticket, self._comments(key, fields["comment"], since))

    def _comments(
        self, key: str, given: Mapping[str, Any], since: datetime | None
    ) -> tuple[Comment, ...]:
        """Oldest first: what the search gave, or, where it cut them short, all of them, or with
        `since` at least those that came after it.
        """
        found = [_comment(raw) for raw in given["comments"]]
        if len(found) < given["total"]:
            found = []
            more = True
            while more:
                page = self._get(
                    f"issue/{key}/comment",
                    startAt=len(found),
                    maxResults=PAGE,
                    orderBy="-created",
                )
                found += [_comment(raw) for raw in page["comments"]]
                more = bool(page["comments"]) and len(found) < page["total"]
                if since and found and found[-1].at < since - OVERLAP:
                    more = False
        return tuple(sorted(found, key=lambda comment: (comment.at, comment.id)))

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn what goes wrong inside into a DeliveryError."""
        from jira import JIRAError
        from requests import JSONDecodeError, RequestException

        try:
            yield
        except JIRAError as error:
            raise self._refused(error) from error
        except JSONDecodeError as error:
            raise self._nonsense() from error
        except RequestException as error:
            raise self._unreachable(error) from error
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise self._nonsense() from error

    def _nonsense(self) -> DeliveryError:
        return DeliveryError(
            f"{self._url} does not answer as Jira does; is SETFLOW_JIRA_URL right?", again=True
        )

    def _unreachable(self, error: Exception) -> DeliveryError:
        what = type(error).__name__
        return DeliveryError(f"Jira cannot be reached at {self._url} ({what})", again=True)

    def _refused(self, error: Any) -> DeliveryError:
        if error.status_code == 401:
            return DeliveryError(
                f"Jira refuses {self._user} (401). API tokens expire within a year: make a new one "
                "in the Atlassian account's security settings and set SETFLOW_JIRA_TOKEN.",
                again=False,
                status=401,
            )
        headers = error.response.headers
        return refused("Jira", error.status_code, headers=headers, said=error.text or "")


def _field_id(name: str, known: Sequence[tuple[str, str]]) -> str:
    ids = [of for of, called in known if name == of or name.casefold() == called.casefold()]
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise DeliveryError(
            f"Jira has {len(ids)} fields named {name}; put the right one of these ids in the "
            f"configuration instead: {', '.join(ids)}",
            again=False,
        )
    close = suggestion(name, [called for _, called in known])
    raise DeliveryError(f'Jira has no field named "{name}"{close}', again=False)


def _comment(raw: Mapping[str, Any]) -> Comment:
    author = (raw.get("author") or {}).get("accountId", "")
    return Comment(raw["id"], author, _instant(raw["created"]), raw["body"])


def _level(value: str, levels: Mapping[str, str]) -> str | None:
    return next((one for one, of in levels.items() if of.casefold() == value.casefold()), None)


def _text(value: Any) -> str:
    """What a field says, whatever its kind: text, a choice, a person, a team, or several."""
    match value:
        case None:
            return ""
        case Mapping():
            return next(
                (_text(value[k]) for k in ("displayName", "value", "name") if k in value), ""
            )
        case list():
            return ", ".join(filter(None, map(_text, value)))
        case _:
            return str(value).strip()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _minutes(length: timedelta) -> int:
    return ceil(length / timedelta(minutes=1))
