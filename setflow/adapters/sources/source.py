"""An account of another system, read over HTTP: pages, limits and refusals."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from time import sleep
from typing import Any

import requests

from setflow.adapters.answers import refused
from setflow.errors import DeliveryError

TIMEOUT_SECONDS = (3, 30)
PAGE = 100
MOST_PAGES = 200
LONGEST_BYTES = 50_000_000
# How often, and for how long at most, an answer that says so is waited for.
WAITS, LONGEST_WAIT_SECONDS = 20, 60.0

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
        if answer.status_code == 404:
            return DeliveryError(
                f"{self._title} answers 404 at {self._url}; is the address right?",
                again=False,
                status=404,
            )
        return refused(self._title, answer.status_code, headers=answer.headers, said=text)


def paged(source: Source, path: str, key: str, size: str) -> Iterator[tuple[str, Any]]:
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
    raise too_many(path)


def too_many(what: str) -> DeliveryError:
    """The error for a list that does not end."""
    said = f"{what} has over {MOST_PAGES} pages; save what you want and import it with --from."
    return DeliveryError(said, again=False)


def ids(listed: Any) -> list[str]:
    """The ids of what is listed."""
    return [one["id"] for one in listed or ()]


def ahead(now: datetime) -> dict[str, str | int | list[str]]:
    """What asks for a timeline of eight weeks."""
    return {
        "identifierType": "id",
        "interval": 8,
        "intervalUnit": "weeks",
        "date": written(now),
        "expand": "override,forwarding",
    }


def written(when: datetime) -> str:
    """An instant as these APIs take it."""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
