"""A page on the stand-in for Mattermost: look at it as anybody, act as anybody, drive the clock.

It is for one visitor on the machine it runs on: whoever reaches it may be everybody.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from setflow.sandbox.chat.records import Channel, Dialog, Json, Problem, User
from setflow.sandbox.chat.state import Server
from setflow.sandbox.mattermost import MattermostSandbox
from setflow.sandbox.rooms import Room

STATIC = Path(__file__).parent / "static"
LOOK_EVERY_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 20
SAFE = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Control(Protocol):
    """The clock that the page drives; every method returns at once."""

    def state(self) -> Json:
        """What the bar on top shows.

        now        the simulated instant, ISO 8601 with offset
        zone       IANA name of the zone in which times are shown
        paused     whether the clock stands still
        speed      simulated seconds a second; 0 for as fast as can be
        next_at    ISO 8601, the instant of the next event; None for none
        next_what  what is waited for, a few words
        story      what happened so far, a sentence each
        ended      whether the story is over
        """

    def pause(self) -> None:
        """Let the clock stand still."""

    def play(self) -> None:
        """Let the clock run."""

    def step(self) -> None:
        """Jump to the next event, then stand still."""

    def set_speed(self, speed: float) -> None:
        """Set the simulated seconds a second; 0 for as fast as can be."""


def page_app(sandbox: MattermostSandbox, control: Control) -> Starlette:
    """The page as an ASGI application: `/`, its files, `/view`, `/file/ID` and `/do`."""
    page = _Page(sandbox, control)

    def file(name: str) -> Callable[[Request], Response]:
        return lambda _request: FileResponse(STATIC / name, headers=SAFE)

    return Starlette(
        routes=[
            Route("/", file("index.html")),
            Route("/page.css", file("page.css")),
            Route("/page.js", file("page.js")),
            Route("/view", page.view),
            Route("/file/{file_id}", page.file),
            Route("/do", page.do, methods=["POST"]),
        ]
    )


class _Page:
    def __init__(self, sandbox: MattermostSandbox, control: Control) -> None:
        self._sandbox, self._control = sandbox, control
        self._server: Server = sandbox.server
        self._deeds: dict[str, Callable[[Json], Any]] = {
            "say": self._say,
            "react": lambda ask: sandbox.react(ask["you"], ask["post"], ask["emoji"]),
            "click": lambda ask: sandbox.click(
                ask["you"], ask["post"], ask["action"], selected=ask.get("selected")
            ),
            "submit": lambda ask: sandbox.submit(
                ask["you"],
                ask["submission"],
                dialog_id=ask["dialog"],
                cancelled=bool(ask.get("cancelled")),
            ),
            "pause": lambda _ask: control.pause(),
            "play": lambda _ask: control.play(),
            "step": lambda _ask: control.step(),
            "speed": lambda ask: control.set_speed(float(ask["speed"])),
        }

    async def view(self, request: Request) -> Response:
        """What is to be seen, once it differs from what the asker has (`clock`, `room`).

        you, channel, thread, post name what is looked at; post finds the channel by one of its
        posts. `room` is null where it did not change.
        """
        query = dict(request.query_params)
        for _ in range(int(LONGEST_WAIT_SECONDS / LOOK_EVERY_SECONDS)):
            seen = await run_in_threadpool(self._seen, query)
            if seen or await request.is_disconnected():
                return JSONResponse(seen, headers=SAFE)
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        return JSONResponse(None, headers=SAFE)

    def _seen(self, query: dict[str, str]) -> Json | None:
        state = self._control.state()
        clock = "|".join(str(state[key]) for key in ("now", "paused", "speed", "next_at", "ended"))
        clock += f"|{len(state['story'])}"
        with self._server.lock:
            version = str(self._server.version)
            fresh = query.get("room") != version
            if not fresh and query.get("clock") == clock:
                return None
            room = self._room(query, ZoneInfo(state["zone"])) if fresh else None
            return {
                "clock": clock,
                "version": str(self._server.version),
                "state": state,
                "room": room,
            }

    def _room(self, query: dict[str, str], zone: ZoneInfo) -> Json:
        people = [user for user in self._server.users.values() if not user.is_bot]
        you = next((u for u in people if u.username == query.get("you")), people[0])
        channel, wanted = self._wanted(query, you)
        room = Room(self._server, you, zone)
        if channel:
            channel.members[you.id] = max(channel.last_post_at, channel.members[you.id])
        thread = query.get("thread", "")
        return {
            "people": [self._person(person, zone) for person in people],
            "you": you.username,
            "channels": room.channels(),
            "channel": room.place(channel) if channel else self._unwritten(wanted),
            "posts": room.posts(channel) if channel else [],
            "thread": room.thread(thread) if thread else None,
            "dialog": self._dialog(you),
        }

    def _wanted(self, query: dict[str, str], you: User) -> tuple[Channel | None, str]:
        """The channel to show, or the @name of one that nobody has written in yet."""
        post = self._server.posts.get(query.get("post", ""))
        wanted = post.channel_id if post else query.get("channel", "")
        mine = [c for c in self._server.channels.values() if you.id in c.members]
        for channel in mine:
            if wanted in (channel.id, f"~{channel.name}"):
                return channel, wanted
        others = [u for u in self._server.users.values() if wanted == f"@{u.username}"]
        if others:
            name = "__".join(sorted((you.id, others[0].id)))
            return next((c for c in mine if c.name == name), None), wanted
        places = sorted((c for c in mine if c.team_id), key=lambda c: c.display.lower())
        return next(iter([*places, *mine]), None), wanted

    def _person(self, person: User, zone: ZoneInfo) -> Json:
        return {
            "username": person.username,
            "name": person.display,
            "news": Room(self._server, person, zone).news(),
        }

    def _unwritten(self, wanted: str) -> Json:
        name = wanted.removeprefix("@")
        return {"id": wanted, "name": name, "handle": wanted, "kind": "D", "header": ""}

    def _dialog(self, you: User) -> Json | None:
        mine: list[Dialog] = [d for d in self._server.dialogs if d.user_id == you.id]
        return {"id": mine[-1].id, "form": mine[-1].form} if mine else None

    def file(self, request: Request) -> Response:
        """A file of some post."""
        found = (self._server.files or {}).get(request.path_params["file_id"])
        if found is None:
            return JSONResponse({"error": "There is no such file."}, 404, headers=SAFE)
        return Response(found.content, media_type=found.mime_type, headers=SAFE)

    async def do(self, request: Request) -> Response:
        """One deed of the visitor; {"result"}, or {"error"} with a sentence.

        Only JSON is taken, which no other site can send here unasked.
        """
        if not request.headers.get("content-type", "").startswith("application/json"):
            return JSONResponse({"error": "Send JSON."}, 415)
        ask = await request.json()
        try:
            result = await run_in_threadpool(self._deeds[ask["do"]], ask)
        except Problem as problem:
            return JSONResponse({"error": problem.message})
        return JSONResponse({"result": result})

    def _say(self, ask: Json) -> Any:
        """Post, reply or give a command, as the text and `thread` say."""
        you, text, thread = ask["you"], str(ask["text"]), str(ask.get("thread") or "")
        channel = ask["channel"]
        if text.startswith("/"):
            return self._sandbox.slash(you, channel, text, root_id=thread)
        if thread:
            return self._sandbox.reply(you, thread, text)
        return self._sandbox.say(you, channel, text)
