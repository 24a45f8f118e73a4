"""Effects of rotations: headers, and what people are told of stand-ins."""

from dataclasses import dataclass

from setflow.effects.core import Effect


@dataclass(frozen=True, slots=True)
class ShowHeader(Effect):
    """Make our part of the header of a rotation's channel say who is on.

    rotation  its name
    marker    what made it change: an instant or an override, unlike any before
    """

    rotation: str
    marker: str

    @property
    def key(self) -> str:
        """Once for each change."""
        return f"header:{self.rotation}:{self.marker}"

    @property
    def lane(self) -> str:
        """The rotation's header."""
        return f"header:{self.rotation}"


@dataclass(frozen=True, slots=True)
class TellOverride(Effect):
    """Tell `person` about override `override`: they were displaced, or stand in, or it was undone.

    what  displaced | stands-in | undone
    also  further overrides of the same doing, told in the same message
    by    who undid it; "" for whoever made it
    """

    override: int
    person: str
    what: str
    also: tuple[int, ...] = ()
    by: str = ""

    @property
    def key(self) -> str:
        """Once for each override, person and piece of news."""
        return f"override:{self.override}:{self.person}:{self.what}"
