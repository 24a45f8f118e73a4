"""`setflow demo` from its first to its last moment."""

import json
import signal
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType

from setflow import resources
from setflow.demo.clock import SimulatedClock
from setflow.demo.player import DEFAULT_SPEED, Player
from setflow.demo.script import BEGIN
from setflow.demo.stage import Stage, at, configuration, staged
from setflow.demo.transcript import transcript
from setflow.sandbox.page import page_app
