"""SVG made into PNG by resvg (https://github.com/linebender/resvg)."""

import re
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
ZOOM = 2

# Latin, Greek, Cyrillic and their punctuation, which the bundled font has.
_BUNDLED = re.compile(r"[\u0000-\u052f\u1e00-\u1fff\u2000-\u206f\u20a0-\u20bf]*")


def png(svg: str) -> bytes:
    """`svg` as PNG at twice its size.

    Fonts of the machine are looked at only where the bundled one lacks a letter.
    """
    from resvg_py import svg_to_bytes

    return svg_to_bytes(
        svg_string=svg,
        zoom=ZOOM,
        skip_system_fonts=_BUNDLED.fullmatch(svg) is not None,
        font_files=[str(path) for path in sorted(FONTS.glob("*.ttf"))],
        sans_serif_family="Roboto",
        font_family="Roboto",
    )
