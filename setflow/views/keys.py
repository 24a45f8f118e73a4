"""Questions about sources: their keys, without their secrets, and what the file says."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from setflow import keys as rows
from setflow import present
from setflow.db import Tx
from setflow.escalation.spec import Source
from setflow.keys import Key

__all__ = ["Key", "keys", "sources"]


def keys(tx: Tx) -> Sequence[Key]:
    """All keys of the table, ended ones too, by source and age."""
    return rows.every(tx)


def sources(tx: Tx, *, now: datetime) -> Mapping[str, Source]:
    """What the configuration in force says of sources, by name."""
    here = present.maybe(tx, now)
    return here.configuration.sources if here else {}
