"""Requests to OpsGenie's REST API by its client library, and what their failures mean."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from setflow.adapters.answers import refused
from setflow.errors import DeliveryError

TIMEOUT_SECONDS = (3, 10)

_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


class Calls:
    """One account, asked with an API key."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self._key = url.rstrip("/"), key

    def call(
        self,
        verb: str,
        path: str,
        names: Mapping[str, str] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """What is answered there; `names` stand in the path. To be called inside `failures`."""
        return self._client.call_api(
            path,
            verb,
            path_params=dict(names or {}),
            query_params=dict(query or {}),
            header_params=dict(_HEADERS),
            body=body,
            response_type="object",
            auth_settings=["GenieKey"],
            _return_http_data_only=True,
            # Only a tuple or a whole number is heeded; a float would mean for ever.
            _request_timeout=TIMEOUT_SECONDS,
        )

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
                f"OpsGenie cannot be reached at {self.url} ({what})", again=True
            ) from error
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise DeliveryError(
                f"{self.url} does not answer as OpsGenie does; is SETFLOW_OPSGENIE_URL right?",
                again=True,
            ) from error

    def _refused(self, error: Any) -> DeliveryError:
        if not error.status:
            return DeliveryError(f"OpsGenie at {self.url}: {error.reason}", again=True)
        if error.status == 401:
            return DeliveryError(
                "OpsGenie refuses the key (401). Set SETFLOW_OPSGENIE_KEY to the key of an API "
                "integration that is switched on.",
                again=False,
                status=401,
            )
        return refused("OpsGenie", error.status, headers=error.headers, said=_said(error.body))

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
