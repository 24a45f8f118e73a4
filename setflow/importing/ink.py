"""Names, texts and lengths of time as a configuration file has them."""

import json
import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from unicodedata import normalize

from setflow.importing.values import plain

# What YAML reads as the same text without quotes.
_PLAIN = re.compile(r"[^\W\d_]\w*(?:[ .@+-]\w+)*")
_NO_TEXT = {"null", "true", "false"}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


class Names:
    """Names that are taken once each."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, title: str, otherwise: str, *, dots: bool = False) -> str:
        """A name made of letters, digits, - and, with `dots`, dots and _ of the title."""
        ascii_alone = normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
        wanted = re.sub(r"[^a-z0-9._]+" if dots else r"[^a-z0-9]+", "-", ascii_alone)[:48]
        own = wanted.strip("-._") or otherwise
        named = (own if number == 1 else f"{own}-{number}" for number in count(1))
        found = next(name for name in named if name not in self._taken)
        self._taken.add(found)
        return found


def duration(length: timedelta) -> str:
    """Such as 1h 30m."""
    rest, parts = int(length.total_seconds()), []
    for seconds, unit in _UNITS:
        number, rest = divmod(rest, seconds)
        parts += [f"{number}{unit}"] if number else []
    return " ".join(parts) or "0s"


def scalar(given: str) -> str:
    """A text on one line, in quotes where it needs them."""
    text = plain(given)
    safe = _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT
    return text if safe else json.dumps(text, ensure_ascii=False)


def quoted(given: str) -> str:
    """A text in single quotes, as conditions are written, which have double ones in them."""
    return "'" + given.replace("'", "''") + "'"
