"""Pictures: a rotation's weeks as SVG, and an SVG as PNG, in fonts of our own.

The words on them are set in Roboto, which is bundled (Apache License 2.0, beside the files): a bare
machine has no font at all.
"""

from setflow.pictures.calendar import calendar
from setflow.pictures.ink import Scheme
from setflow.pictures.png import png

__all__ = ["Scheme", "calendar", "png"]
