"""`setflow demo` from its first moment to its last."""

import json
import logging
import signal
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType

from setflow.demo.clock import SimulatedClock
from setflow.demo.player import DEFAULT_SPEED, Player
from setflow.demo.script import BEGIN, SET
from setflow.demo.stage import Stage, at, read_configuration, staged
from setflow.demo.transcript import transcript
from setflow.sandbox.page import page_app

YOU = "ana"
"""Whom the visitor is at first."""


def run(
    *,
    fast: bool,
    json_file: Path | None = None,
    data: Path | None = None,
    port: int = 0,
    open_browser: bool = True,
    tell: Callable[[str], None] | None = None,
) -> int:
    """Play the fortnight; returns the exit code.

    fast       at once and without a page; else a page to look at and act in, until Ctrl-C
    json_file  where the transcript of DESIGN section 6 is written at the end
    data       where the database lies and stays; None for a folder that is removed
    port       of the page, 0 for a free one
    tell       told what happens, a line each; None for standard output

    To be called from the main thread. Raises SetflowError where the stage cannot be set.
    """
    say = tell or _to_stdout
    logging.basicConfig(level=logging.WARNING)
    configuration = read_configuration()
    clock = SimulatedClock(at(BEGIN, configuration))

    def told(instant: datetime, sentence: str) -> None:
        local = instant.astimezone(configuration.zone)
        say(f"{local:%a} {local.day:2} {local:%b %H:%M}  {sentence}")

    with staged(clock, data=data, port=port) as stage:
        player = Player(stage, speed=0 if fast else DEFAULT_SPEED, tell=told)
        with _stopped_by_signals(player):
            if not fast:
                _show(stage, player, say, open_browser=open_browser)
            player.play_on()
            _write(stage, player, json_file)
            if not fast and not player.stopped:
                say("The fortnight is over. The page stays; press Ctrl-C to end.")
                player.linger()
                _write(stage, player, json_file)
    if json_file:
        say(f"The transcript is in {json_file}.")
    return 0


def _show(stage: Stage, player: Player, say: Callable[[str], None], *, open_browser: bool) -> None:
    door = stage.far.doors["page"]
    door.open(page_app(stage.far.chat, player))
    url = f"{door.url}/#you={stage.username(YOU)}&channel=~{SET}"
    say(f"The page is at {url}\nAct there as anybody; setflow reacts. Ctrl-C ends it.\n")
    if open_browser:
        webbrowser.open(url)


def _write(stage: Stage, player: Player, file: Path | None) -> None:
    if file:
        found = transcript(stage, player.begin)
        file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")


@contextmanager
def _stopped_by_signals(player: Player) -> Iterator[None]:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        player.stop()

    before = {
        number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _to_stdout(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
