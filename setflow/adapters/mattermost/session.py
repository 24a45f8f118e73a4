"""HTTP to Mattermost: mattermostdriver 7.3.2 over one connection, and failures as DeliveryError.

The driver's own client opens a connection a call, may wait for ever, sends GET for PATCH and a body
with every call, takes tokens from .netrc, follows redirects, and loses the ids of errors.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from mattermostdriver import Driver
from mattermostdriver.client import Client

from setflow.errors import DeliveryError

API = "/api/v4"
PORTS = {"http": 80, "https": 443}
LONGEST_REASON = 200
UNAVAILABLE_SECONDS = 60.0

# An answer that another try a moment later makes good: the first try of a post is still under way.
_PENDING = "api.post.deduplicate_create_post.pending"


class MattermostError(DeliveryError):
    """Mattermost did not do what was asked. `id` is its own name for why, "" if it gave none."""

    def __init__(
        self,
        text: str,
        *,
        again: bool,
        after_seconds: float | None = None,
        status: int | None = None,
        id: str = "",
    ) -> None:
        super().__init__(text, again=again, after_seconds=after_seconds, status=status)
        self.id = id


class SessionClient(Client):  # type: ignore[misc]
    """The driver's client over a `requests.Session` of its own: for one thread."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.session = requests.Session()
        self.session.trust_env = False

    def make_request(  # noqa: PLR0913
        self,
        method: str,
        endpoint: str,
        options: Any = None,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        files: Any = None,
        basepath: str | None = None,
    ) -> requests.Response:
        """The answer to one request, below the site's `basepath` instead of the API where given.

        Raises MattermostError for no answer, and for any but success.
        """
        base = self.url if basepath is None else self.url.removesuffix(API) + basepath
        body = {"data": data, "files": files} if data or files else {"json": options}
        try:
            response = self.session.request(
                method.upper(),
                base + endpoint,
                params=params,
                headers=self.auth_header(),
                verify=self._verify,
                timeout=self.request_timeout,
                allow_redirects=False,
                **body,
            )
        except requests.RequestException as error:
            kind = type(error).__name__
            raise MattermostError(f"Mattermost does not answer ({kind})", again=True) from None
        if response.status_code >= 300:
            raise _refusal(response)
        return response

    def get_below(self, basepath: str, endpoint: str, params: Mapping[str, Any]) -> Any:
        """The JSON of a GET below the site's `basepath`, such as a plugin's."""
        return _json(self.make_request("get", endpoint, params=params, basepath=basepath))

    def get(self, endpoint: str, options: Any = None, params: Any = None) -> Any:
        """The JSON of a GET."""
        return _json(self.make_request("get", endpoint, options, params))

    def post(
        self,
        endpoint: str,
        options: Any = None,
        params: Any = None,
        data: Any = None,
        files: Any = None,
    ) -> Any:
        """The JSON of a POST, None where the answer is empty."""
        return _json(self.make_request("post", endpoint, options, params, data, files))

    def put(self, endpoint: str, options: Any = None, params: Any = None, data: Any = None) -> Any:
        """The JSON of a PUT, None where the answer is empty."""
        return _json(self.make_request("put", endpoint, options, params, data))

    def delete(
        self, endpoint: str, options: Any = None, params: Any = None, data: Any = None
    ) -> Any:
        """The JSON of a DELETE, None where the answer is empty."""
        return _json(self.make_request("delete", endpoint, options, params, data))


def connect(url: str, token: str, timeout: tuple[float, float]) -> Driver:
    """A driver for the server at `url`, which may have a path; nothing is asked of it yet.

    timeout  seconds to connect, and seconds between two bytes of an answer
    Raises DeliveryError if `url` is no http(s) address.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        port = None
    if port is None or not parts.hostname:
        raise DeliveryError(
            "SETFLOW_MATTERMOST_URL is no http(s) address; it should be like "
            "https://chat.example.com",
            again=False,
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    driver = Driver(
        {
            "scheme": parts.scheme,
            "url": host,
            "port": port,
            "basepath": parts.path.rstrip("/") + API,
            "token": token,
            "request_timeout": timeout,
        },
        client_cls=SessionClient,
    )
    driver.client.token = token
    return driver


def _json(response: requests.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        raise MattermostError(
            "what answers at SETFLOW_MATTERMOST_URL is not Mattermost: it sent no JSON",
            again=True,
            status=response.status_code,
        ) from None


def _refusal(response: requests.Response) -> MattermostError:
    status = response.status_code
    try:
        body = response.json()
    except ValueError:
        body = {}
    body = body if isinstance(body, Mapping) else {}
    reason = str(body.get("message") or body.get("error") or response.reason or "")
    error_id = str(body.get("id") or "")
    advice, again, after_seconds = _meaning(status, error_id, response.headers)
    return MattermostError(
        f"Mattermost answered {status}: {' '.join(reason.split())[:LONGEST_REASON]}{advice}",
        again=again,
        after_seconds=after_seconds,
        status=status,
        id=error_id,
    )


def _meaning(
    status: int, error_id: str, headers: Mapping[str, str]
) -> tuple[str, bool, float | None]:
    """What to do about it in words, whether to try again, and after how many seconds."""
    wait = headers.get("Retry-After", "")
    asked = float(wait) if wait.isascii() and wait.isdigit() else None
    if error_id == _PENDING:
        return "", True, 1.0
    if status == 429 or status in (500, 502, 503, 504):
        return "", True, asked
    return {
        401: (
            "; make a new token for the bot and set SETFLOW_MATTERMOST_TOKEN",
            True,
            UNAVAILABLE_SECONDS,
        ),
        403: ("; is the bot a member of the team and of the channel?", True, None),
    }.get(status, _redirected(status, headers))


def _redirected(status: int, headers: Mapping[str, str]) -> tuple[str, bool, float | None]:
    if status < 400:
        advice = f"; set SETFLOW_MATTERMOST_URL to {headers.get('Location', 'where it points')}"
        return advice, True, UNAVAILABLE_SECONDS
    return "", False, None
