"""Colours by scheme and person, how long words are, and the parts that a drawing is made of."""

import unicodedata
from collections.abc import Iterable, Mapping
from enum import Enum
from hashlib import blake2b
from html import escape

REGULAR, STRONG = 400, 500


class Scheme(Enum):
    """On what a picture is looked at: a light page, a dark one, or whichever the reader has."""

    LIGHT = "light"
    DARK = "dark"
    EITHER = "either"


# Light tint, light solid, dark tint, dark solid; hues without red, which is for gaps. Words stand
# on the tints, at 4.5:1 and more; the solids stand off from tint and ground at 3:1.
PALETTE = (
    ("#ffd8bf", "#ac6227", "#492e1b", "#d78951"),
    ("#f5deb9", "#946800", "#433215", "#c5953b"),
    ("#e4e5bb", "#747108", "#383717", "#a6a442"),
    ("#d2eac6", "#4f7f33", "#2a3b20", "#7daf61"),
    ("#c3edd5", "#187f54", "#1c3d2c", "#50b584"),
    ("#b9eee6", "#008076", "#0f3e39", "#17b6a8"),
    ("#b8ecf7", "#007c91", "#0e3c44", "#10b1ca"),
    ("#c1e7ff", "#1a76aa", "#1b394c", "#4fa8e1"),
    ("#d0e2ff", "#5474be", "#29354f", "#7a9ce9"),
    ("#e0dcff", "#7769b9", "#35314d", "#9e91e4"),
    ("#f1d6fa", "#945fa5", "#402d46", "#bd86cf"),
    ("#fdd3ea", "#a85887", "#482b3b", "#d37faf"),
)

# class → (property, light, dark)
GROUND: Mapping[str, tuple[str, str, str]] = {
    "card": ("fill", "#ffffff", "#1b1f27"),
    "edge": ("stroke", "#d5d9e0", "#3a404c"),
    "ink": ("fill", "#1c2230", "#f0f2f6"),
    "soft": ("fill", "#545c6b", "#a9b1bf"),
    "rest": ("fill", "#f0f2f5", "#242933"),
    "feast": ("fill", "#ffefa8", "#4a4210"),
    "line": ("stroke", "#e4e7ec", "#2e343f"),
    "week": ("stroke", "#b3bac5", "#535b69"),
    "gap": ("stroke", "#c9303e", "#ff6b78"),
    "void": ("fill", "#fdeaec", "#43202a"),
    "now": ("stroke", "#1f5fd6", "#79a6ff"),
    "here": ("fill", "#1f5fd6", "#79a6ff"),
}

# Neighbours look alike: who has to move goes this far, by which every place is reached.
_APART = 5

_TINT, _SOLID, _HALO = "t", "s", "h"

_WIDTHS: Mapping[str, int] = {
    char: width
    for width, chars in {
        28: " ',;j|il!:[].I·",
        35: '"`-t{}()fr',
        45: "/\\^*_",
        52: "?yvxz<>cks",
        57: "Lae+=Jbdhnpu$0123456789EgoqF",
        62: "SZ#TYR",
        68: "BKX&PCDUV~AG–",
        74: "OQHN%w…",
        90: "mMW@—",
    }.items()
    for char in chars
}


def hue(name: str) -> int:
    """The place in the palette that a person has where nobody else has it."""
    return blake2b(name.encode(), digest_size=4).digest()[0] % len(PALETTE)


def hues(names: Iterable[str]) -> Mapping[str, int]:
    """The places in the palette of people drawn together: no two alike while there are enough.

    The first by name has a place that several would have; who is beyond the palette shares theirs.
    """
    people = sorted(set(names))
    owners = {hue(name): name for name in reversed(people)}
    found = {name: place for place, name in owners.items()}
    for name in people:
        if name not in found:
            places = ((hue(name) + step * _APART) % len(PALETTE) for step in range(len(PALETTE)))
            found[name] = next((place for place in places if place not in owners), hue(name))
            owners[found[name]] = name
    return found


def tint(place: int) -> str:
    """The class of a light colour of the palette, for words to stand on."""
    return f"{_TINT}{place}"


def solid(place: int) -> str:
    """The class of a strong colour of the palette."""
    return f"{_SOLID}{place}"


def halo(place: int) -> str:
    """The class of words that stand on hatching in colours of the palette."""
    return f"{_HALO}{place}"


def style(scheme: Scheme) -> str:
    """The style sheet of all classes."""
    dark = _rules(1)
    rules = {
        Scheme.LIGHT: _rules(0),
        Scheme.DARK: dark,
        Scheme.EITHER: f"{_rules(0)}@media (prefers-color-scheme:dark){{{dark}}}",
    }[scheme]
    font = "text{font-family:Roboto,system-ui,'Segoe UI','Helvetica Neue',sans-serif}"
    return f"<style>{font}{rules}</style>"


def _rules(side: int) -> str:
    ground = [f".{name}{{{given[0]}:{given[1 + side]}}}" for name, given in GROUND.items()]
    people = [
        f".{_TINT}{index}{{fill:{colours[2 * side]}}}"
        f".{_HALO}{index}{{stroke:{colours[2 * side]}}}"
        f".{_SOLID}{index}{{fill:{colours[2 * side + 1]}}}"
        for index, colours in enumerate(PALETTE)
    ]
    return "".join([*ground, *people])


def width_of(text: str, size: float) -> float:
    """How wide `text` is set in the bundled font's strong weight at `size`, never less."""
    return sum(_width(char) for char in text) * size / 100


def _width(char: str) -> int:
    found = _WIDTHS.get(char)
    if found is None:
        found = _WIDTHS.get(unicodedata.normalize("NFD", char)[0])
    if found is None:
        found = 100 if unicodedata.east_asian_width(char) in "WF" else 96
    return found


def words(text: str, x: float, y: float, *, size: float, looks: str, weight: int = REGULAR) -> str:
    """Text with its baseline's begin at x, y; `looks` are attributes such as `class="ink"`."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" {looks}>'
        f"{plain(text)}</text>"
    )


def box(x: float, y: float, width: float, height: float, looks: str) -> str:
    """A rectangle."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {looks}/>'


def upright(x: float, top: float, bottom: float, looks: str) -> str:
    """A vertical line."""
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" {looks}/>'


def told(tip: str, *parts: str) -> str:
    """Parts that say `tip` when pointed at."""
    return f"<g><title>{plain(tip)}</title>{''.join(parts)}</g>"


def plain(text: str) -> str:
    """Text from outside, fit to stand in the picture."""
    return escape("".join(char for char in text if char.isprintable()))
