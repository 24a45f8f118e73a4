"""A configuration file, read and checked as a whole.

Each section is read by the slice that it belongs to; what one says of another is checked here. The
format is that of DESIGN.md, section 6.
"""

from setflow.definitions.changes import differences
from setflow.definitions.conditions import holding, passed_over, route
from setflow.definitions.reading import read
from setflow.definitions.values import Configuration

__all__ = [
    "Configuration",
    "differences",
    "holding",
    "passed_over",
    "read",
    "route",
]
