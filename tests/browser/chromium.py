"""Which Chromium the browser tests drive; run as a program it prints the path, or fails."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--no-first-run",
)


def flags() -> list[str]:
    """What to start it with; root cannot have its sandbox."""
    return [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else [*FLAGS]


def find() -> str | None:
    """The path of a Chromium that runs: $CHROMIUM, an installed one, or Playwright's own."""
    return next((path for path in _candidates() if _runs(path)), None)


def _candidates() -> Iterator[str]:
    yield os.environ.get("CHROMIUM", "")
    for name in NAMES:
        yield shutil.which(name) or ""
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    yield path


def _runs(path: str) -> bool:
    if not path or not Path(path).exists():
        return False
    asked = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    return asked.returncode == 0


if __name__ == "__main__":
    found = find()
    if found is None:
        sys.exit("no Chromium")
    sys.stdout.write(f"{found}\n")
