"""Errors that setflow raises on purpose.

SetflowError
  Refused        a person asked for what the rules do not allow; the text is for them to read
  ConfigError    a configuration or playbook is wrong; carries every problem with its place
  DeliveryError  an effect could not be delivered; says whether, and when, to try again
"""

from collections.abc import Sequence
from dataclasses import dataclass


class SetflowError(Exception):
    """The base of them all."""


class Refused(SetflowError):
    """What was asked for is against the rules as things stand; says what to do instead."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a file: where (line and column from 1), the path of the key, what is wrong."""

    file: str
    line: int
    column: int
    path: str
    text: str

    def __str__(self) -> str:
        """Say it as `set.yaml:14:17: rotations.set: what is wrong`."""
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}: {self.path}: {self.text}" if self.path else f"{where}: {self.text}"


class ConfigError(SetflowError):
    """A file that cannot be used as it is. `problems` are all of its mistakes, sorted."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        count = len(self.problems)
        lines = [*map(str, self.problems), f"{count} mistake{'s' if count != 1 else ''}."]
        super().__init__("\n".join(lines))


class DeliveryError(SetflowError):
    """A far side did not take what was sent.

    again        whether the same thing may succeed later
    after_seconds  how long the far side asked us to wait (Retry-After), None if it did not say
    status       its HTTP status, None where there was no answer at all
    """

    def __init__(
        self,
        text: str,
        *,
        again: bool,
        after_seconds: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(text)
        self.again, self.after_seconds, self.status = again, after_seconds, status
