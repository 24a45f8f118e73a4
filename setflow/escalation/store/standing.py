"""How it is with the alerts that are not over, however many there are: none is read whole."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from setflow.db import Tx
from setflow.escalation.rules import CHANNEL
from setflow.escalation.store.alerts import Name

_REMOTE = text("""
    select remote, source, key from alerts where status <> 'resolved' and remote is not null
""")
_OWNED = text("""
    select id, state->>'title' from alerts
    where status in ('acknowledged', 'snoozed') and state->>'owner' = :person
    order by id
""")
_PAGED = text("""
    select page->>'person' as person
    from alerts, jsonb_array_elements(state->'pages') with ordinality as sent(page, place)
    where status <> 'resolved' and page->>'method' <> :channel and (
        strpos(state->>'title', :name) > 0
        or exists (select from jsonb_each_text(state->'details') as detail where value = :name)
    )
    group by person
    order by min(id), min(place)
""")
_SEATS = """jsonb_path_exists(
        state->'ladder', '{place} ? (@.kind == "seat" && @.name == $names[*])',
        jsonb_build_object('names', to_jsonb(cast(:targets as text[])))
    )"""
_GOES = text(f"""
    select state->>'owner' as owner, count(*) as many,
        (array_agg(id order by id))[: cast(:most as int)] as first
    from alerts
    where status <> 'resolved' and (
        {_SEATS.format(place="$.steps[*].targets[*]")} or {_SEATS.format(place="$.fallback[*]")}
    )
    group by owner
    order by min(id)
""")
_RELEASE = text("""
    update alerts set wake_at = :now,
        state = jsonb_set(state, '{until}', to_jsonb(cast(:ended as text)))
    where id in (
        select id from alerts
        where status = 'snoozed' and state->>'held' = :held
            and cast(state->>'until' as timestamptz) = :until
        order by id
        for update
    )
""")


@dataclass(frozen=True, slots=True)
class Owned:
    """`many` open alerts of one owner, None for nobody; `first` are the lowest numbers of them."""

    owner: str | None
    many: int
    first: Sequence[int]


def remote_names(tx: Tx) -> Mapping[str, Name]:
    """The open alerts that OpsGenie has too: its id → our source and key."""
    return {row.remote: (row.source, row.key) for row in tx.execute(_REMOTE)}


def owned(tx: Tx, person: str) -> list[tuple[int, str]]:
    """Number and title of the open alerts that a person has, or has put off, oldest first."""
    return [(number, title) for number, title in tx.execute(_OWNED, {"person": person})]


def paged_for(tx: Tx, name: str) -> tuple[str, ...]:
    """Who was paged for open alerts that have `name` in the title or as a detail, first first."""
    given = {"name": name, "channel": CHANNEL}
    return tuple(tx.execute(_PAGED, given).scalars())


def on_seats(tx: Tx, targets: Collection[str], most: int) -> list[Owned]:
    """The open alerts whose ladder names one of these seats or rotations, by owner.

    most  so many numbers are given of each
    """
    found = tx.execute(_GOES, {"targets": list(targets), "most": most})
    return [Owned(*row) for row in found]


def release(tx: Tx, held: str, until: datetime, now: datetime) -> None:
    """Have what a maintenance window holds, up to `until`, be woken at once: it is over `now`."""
    given = {"held": held, "until": until, "now": now, "ended": now.isoformat()}
    tx.execute(_RELEASE, given)
