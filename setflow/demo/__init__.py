"""A fortnight of the duty in time-lapse, on stand-ins: `setflow demo`.

`script` says what people do and when, `stage` is where they do it, `player` lets the time pass,
`transcript` is what came of it.
"""

from setflow.demo.run import run

__all__ = ["run"]
