"""The Mattermost stand-in as a process of its own, so that it shares no interpreter with the load.

Reads one line of JSON: {"people": [USERNAME], "channels": [NAME]}; answers one: {"url", "token"}.
`GET /bench/pages` tells when which post arrived whole: [[seconds, "page" or "post", text]], by the
clock that all processes of a machine share (time.monotonic).
"""

import json
import sys
import threading
import time
from typing import Any

import uvicorn
from starlette.responses import JSONResponse

from setflow.app import real_clock
from setflow.sandbox.mattermost import MattermostSandbox

TEAM, BOT = "acme", "setflow"


class Arrivals:
    """An ASGI app that notes when posts come in that `app` then takes."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.seen: list[tuple[float, str, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/bench/pages":
            await JSONResponse(self.seen)(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/api/v4/posts":
            await self._post(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _post(self, scope: Any, receive: Any, send: Any) -> None:
        messages, body, more = [], b"", True
        while more:
            messages.append(await receive())
            body += messages[-1].get("body", b"")
            more = messages[-1].get("more_body", False)
        arrived = time.monotonic()

        async def replayed() -> Any:
            return messages.pop(0) if messages else await receive()

        async def told(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] < 300:
                post = json.loads(body)
                kind = post["props"]["setflow_key"].partition(":")[0]
                self.seen.append((arrived, kind, post["message"]))
            await send(message)

        await self.app(scope, replayed, told)


def main() -> None:
    """Serve until standard input ends."""
    wanted = json.loads(sys.stdin.readline())
    chat = MattermostSandbox(real_clock)
    chat.add_team(TEAM)
    for name in wanted["people"]:
        chat.add_user(name, name)
    token = chat.add_bot(BOT)
    for name in wanted["channels"]:
        chat.add_channel(TEAM, name, name)
        chat.join(name, BOT, *wanted["people"])
    config = uvicorn.Config(Arrivals(chat.app), port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{port}", "token": token}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
