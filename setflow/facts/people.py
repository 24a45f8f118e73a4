"""People as posts say them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Who:
    """A person: the name in the configuration, the name for people, the Mattermost username."""

    name: str
    title: str
    username: str
