"""Requests to OpsGenie's REST API by its client library, and what their failures mean.

JSM Operations has the same nouns at another address, asked with an account's e-mail address and
token: https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from setflow.adapters.answers import refused
from setflow.errors import DeliveryError

TIMEOUT_SECONDS = (3, 10)

_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


class Calls:
    """One account, asked with an API key; of JSM Operations with `user` and their token as key.

    title  what messages call it
    jsm    whether it is of JSM Operations
    """

    def __init__(self, url: str, key: str, user: str = "") -> None:
        self.url, self._key, self._user = url.rstrip("/"), key, user
        self.jsm = bool(user)
        self.title = "JSM Operations" if user else "OpsGenie"

    def call(
        self,
        verb: str,
        path: str,
        names: Mapping[str, str] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """What is answered there; `names` stand in the path. To be called inside `failures`.

        path  as in OpsGenie, which JSM Operations has under /v1
        """
        headers = dict(_HEADERS)
        if self.jsm:
            path = path.replace("/v2/", "/v1/", 1)
            basic = b64encode(f"{self._user}:{self._key}".encode()).decode()
            headers["Authorization"] = f"Basic {basic}"
        return self._client.call_api(
            path,
            verb,
            path_params=dict(names or {}),
            query_params=dict(query or {}),
            header_params=headers,
            body=body,
            response_type="object",
            auth_settings=[] if self.jsm else ["GenieKey"],
            _return_http_data_only=True,
            # Only a tuple or a whole number is heeded; a float would mean for ever.
            _request_timeout=TIMEOUT_SECONDS,
        )

    def one(self, path: str, names: Mapping[str, str], **query: Any) -> Any:
        """What stands in the envelope of such an answer."""
        answer = self.call("GET", path, names, query=query)
        return answer if self.jsm else answer["data"]

    def pages(self, path: str, size: int, **query: Any) -> Iterator[list[Any]]:
        """Page after page of a list, as long as there is another."""
        count, more = 0, True
        limit, key = ("size", "values") if self.jsm else ("limit", "data")
        while more:
            asked = {**query, limit: size, "offset": count}
            page = self.call("GET", path, query=asked)
            yield page[key]
            count += len(page[key])
            links = page.get("paging") or page.get("links") or {}
            more = bool(page[key]) and bool(links.get("next"))

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn what goes wrong inside into a DeliveryError."""
        from opsgenie_sdk.exceptions import OpenApiException
        from tenacity import RetryError
        from urllib3.exceptions import HTTPError

        try:
            try:
                yield
            except RetryError as error:
                raise error.last_attempt.exception() or error from None
        except OpenApiException as error:
            raise self._refused(error) from error
        except (HTTPError, RetryError) as error:
            what = type(error).__name__
            raise DeliveryError(
                f"{self.title} cannot be reached at {self.url} ({what})", again=True
            ) from error
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise DeliveryError(
                f"{self.url} does not answer as {self.title} does; is SETFLOW_OPSGENIE_URL right?",
                again=True,
            ) from error

    def _refused(self, error: Any) -> DeliveryError:
        if not error.status:
            return DeliveryError(f"{self.title} at {self.url}: {error.reason}", again=True)
        if error.status == 401:
            key = "the key of an API integration that is switched on"
            if self.jsm:
                key = "an API token of the account in SETFLOW_OPSGENIE_USER"
            return DeliveryError(
                f"{self.title} refuses the key (401). Set SETFLOW_OPSGENIE_KEY to {key}.",
                again=False,
                status=401,
            )
        return refused(self.title, error.status, headers=error.headers, said=_said(error.body))

    @cached_property
    def _client(self) -> Any:
        from opsgenie_sdk import ApiClient, Configuration

        configuration = Configuration()
        configuration.host = self.url
        # A new dict: every Configuration is a shallow copy of one default, keys and all.
        configuration.api_key = {"Authorization": self._key}
        configuration.retry_enabled = False
        return ApiClient(configuration)


def _said(body: Any) -> str:
    """The sentence in an answer that is an error."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, LookupError, TypeError):
        return ""
