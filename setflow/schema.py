"""Every table of setflow.

Instants are timestamptz and given by the caller: no statement says now(). What waits has a
`wake_at`. An instance (alert, run, incident) is one row whose `state` is the value its rules work
on; the other columns are what statements look it up by.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

OLDEST_THAT_MAY_TICK = 2
"""The oldest process version (see `app.PROCESS_VERSION`) that understands these tables."""

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_name)s_idx",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


def _instant(name: str, *, nullable: bool = False, comment: str | None = None) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable, comment=comment)


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(), primary_key=True)


def _due(table: Table) -> None:
    Index(f"{table.name}_due", table.c.wake_at, postgresql_where=table.c.wake_at.is_not(None))


house = Table(
    "house",
    metadata,
    Column("oldest", Integer, primary_key=True, comment="oldest process version that may tick"),
)

versions = Table(
    "versions",
    metadata,
    _id(),
    Column("file", Text, nullable=False, comment="the name messages give to the text"),
    Column("text", Text, nullable=False),
    Column("playbooks", JSONB, nullable=False, comment="name → [file, text], as applied with it"),
    Column("digest", Text, nullable=False),
    _instant("applied_at"),
    Column("applied_by", Text, nullable=False),
)

seat_versions = Table(
    "seat_versions",
    metadata,
    Column("applied", BigInteger, ForeignKey("versions.id"), primary_key=True),
    Column("seat", Text, primary_key=True),
    Column("place", Integer, primary_key=True, comment="order in the seat's past and future"),
    _instant("since", nullable=True, comment="null: always"),
    Column("version", BigInteger, ForeignKey("versions.id"), comment="null: the seat is gone"),
    Column("rotation", Text, nullable=False),
)

overrides = Table(
    "overrides",
    metadata,
    _id(),
    Column("seat", Text, nullable=False),
    Column("person", Text, nullable=False),
    _instant("starts_at"),
    _instant("ends_at"),
    _instant("created_at"),
    Column("created_by", Text, nullable=False),
    Column("displaced", ARRAY(Text), nullable=False),
    _instant("undone_at", nullable=True),
    CheckConstraint("starts_at < ends_at", name="lasts"),
)
Index("overrides_by_end", overrides.c.ends_at)

requests = Table(
    "requests",
    metadata,
    _id(),
    Column("kind", Text, nullable=False, comment="cover | swap | approval"),
    Column("rotation", Text, nullable=False),
    Column("person", Text, nullable=False, comment="who asks"),
    Column("status", Text, nullable=False, comment="open until it is settled"),
    _instant("opened_at"),
    Column("state", JSONB, nullable=False),
    _instant("wake_at", nullable=True),
)
_due(requests)

absences = Table(
    "absences",
    metadata,
    _id(),
    Column("person", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="away | rather-not"),
    _instant("starts_at"),
    _instant("ends_at"),
    Column("reason", Text, nullable=False, comment="for oneself, leads and admins alone"),
    Column("source", Text, nullable=False, comment="who or what said so: chat, api, shell, feed"),
    Column("uid", Text, comment="the event of a feed, else null"),
    _instant("created_at"),
    Column("created_by", Text, nullable=False),
    _instant("ended_at", nullable=True, comment="taken back"),
    CheckConstraint("starts_at < ends_at", name="lasts"),
)
Index("absences_by_end", absences.c.ends_at, postgresql_where=absences.c.ended_at.is_(None))

absence_feeds = Table(
    "absence_feeds",
    metadata,
    Column("person", Text, primary_key=True),
    Column("url", Text, nullable=False, comment="a secret: never shown again"),
    Column("every", Boolean, nullable=False, comment="all events count, else those that say away"),
    _instant("checked_at", nullable=True),
    Column("error", Text),
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", Text, primary_key=True, comment="by chance; its address is signed"),
    Column("kind", Text, nullable=False, comment="person | seat | rotation"),
    Column("target", Text, nullable=False),
    Column("owner", Text, nullable=False, comment="who asked for it"),
    _instant("created_at"),
    _instant("revoked_at", nullable=True),
)

muted = Table(
    "muted",
    metadata,
    Column("person", Text, primary_key=True),
    Column("notices", ARRAY(Text), nullable=False, comment="day, soon, on, relieved: not told"),
)

chores = Table(
    "chores",
    metadata,
    Column("name", Text, primary_key=True, comment="what setflow looks after by itself"),
    Column("state", JSONB, nullable=False),
    _instant("wake_at", nullable=True),
)
_due(chores)

rotation_watch = Table(
    "rotation_watch",
    metadata,
    Column("rotation", Text, primary_key=True),
    Column("state", JSONB, nullable=False, comment="turns and people as last seen"),
    _instant("wake_at", nullable=True),
)
_due(rotation_watch)

alerts = Table(
    "alerts",
    metadata,
    _id(),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("remote", Text, comment="its id in OpsGenie"),
    _instant("fired_at"),
    Column("state", JSONB, nullable=False),
    _instant("wake_at", nullable=True),
)
Index(
    "alerts_open",
    alerts.c.source,
    alerts.c.key,
    unique=True,
    postgresql_where=alerts.c.status != "resolved",
)
Index("alerts_named", alerts.c.source, alerts.c.key, alerts.c.id)
Index("alerts_remote", alerts.c.remote, postgresql_where=alerts.c.remote.is_not(None))
_due(alerts)

keys = Table(
    "keys",
    metadata,
    Column("id", Text, primary_key=True, comment="the part of the key that is no secret"),
    Column("source", Text, nullable=False, index=True),
    Column("scopes", ARRAY(Text), nullable=False, comment="create | read | act"),
    Column("digest", Text, nullable=False, comment="SHA-256 of the secret part"),
    _instant("created_at"),
    Column("created_by", Text, nullable=False),
    _instant("used_at", nullable=True, comment="to the hour or so"),
    _instant("ends_at", nullable=True, comment="lets nobody in from then on"),
)

members = Table(
    "members",
    metadata,
    _id(),
    Column("alert", BigInteger, nullable=False, index=True, comment="the group it belongs to"),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    _instant("fired_at"),
    _instant("resolved_at", nullable=True),
    Column("state", JSONB, nullable=False),
)
Index(
    "members_open",
    members.c.source,
    members.c.key,
    unique=True,
    postgresql_where=members.c.resolved_at.is_(None),
)

storms = Table(
    "storms",
    metadata,
    Column("person", Text, primary_key=True),
    Column("state", JSONB, nullable=False, comment="the pages of late, and the digest if any"),
    _instant("wake_at", nullable=True),
)
_due(storms)

digested = Table(
    "digested",
    metadata,
    Column("person", Text, primary_key=True),
    Column("nth", Integer, primary_key=True, comment="which of their digests"),
    Column("alert", BigInteger, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("lot", Integer, nullable=False, comment="shown together; -1 missed, 0 missed and heard"),
)
Index(
    "digested_missed",
    digested.c.person,
    digested.c.alert,
    postgresql_where=digested.c.lot == -1,
)

contacts = Table(
    "contacts",
    metadata,
    Column("person", Text, primary_key=True),
    Column("via", Text, primary_key=True),
    Column("receiver", Text, primary_key=True, comment="digest of where it goes"),
    Column("state", JSONB, nullable=False, comment="asked, verified, delivered, failed: when"),
)

links = Table(
    "links",
    metadata,
    Column("id", Text, primary_key=True, comment="of a signed link that was used"),
    _instant("used_at"),
    Column("alert", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
)

mails = Table(
    "mails",
    metadata,
    Column("message", Text, primary_key=True, comment="Message-ID, of a mail in or out"),
    Column("alert", BigInteger, nullable=False, index=True),
    Column("sender", Text, nullable=False, comment="with whom the thread is"),
    _instant("at"),
)

tickets = Table(
    "tickets",
    metadata,
    Column("key", Text, primary_key=True),
    Column("open", Boolean, nullable=False),
    _instant("updated_at"),
    Column("state", JSONB, nullable=False),
)

comments = Table(
    "comments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("ticket", Text, nullable=False, index=True),
    Column("author", Text, nullable=False),
    _instant("at"),
    Column("text", Text, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    _id(),
    Column("playbook", Text, nullable=False),
    Column("dedupe", Text, nullable=False),
    Column("status", Text, nullable=False),
    _instant("started_at"),
    Column("state", JSONB, nullable=False),
    _instant("wake_at", nullable=True),
)
Index(
    "runs_open",
    runs.c.playbook,
    runs.c.dedupe,
    unique=True,
    postgresql_where=runs.c.status == "open",
)
_due(runs)

incidents = Table(
    "incidents",
    metadata,
    _id(),
    Column("run", BigInteger, nullable=False, unique=True),
    Column("ticket", Text, nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False),
    _instant("opened_at"),
    Column("state", JSONB, nullable=False),
    _instant("wake_at", nullable=True),
)
_due(incidents)

updates = Table(
    "updates",
    metadata,
    _id(),
    Column("incident", BigInteger, nullable=False, index=True),
    Column("ref", Text, nullable=False, unique=True, comment="where it was said, once"),
    _instant("at"),
    Column("person", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("text", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True, comment="names the effect; done once"),
    Column("lane", Text, nullable=False, comment="the remote thing; one lane goes in order"),
    Column("system", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("reason", Text, nullable=False, comment="which rule of which version asked for it"),
    _instant("decided_at"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _instant("due_at", comment="not to be tried before; while leased, the end of the lease"),
    Column("error", Text),
    _instant("settled_at", nullable=True, comment="delivered, skipped or dropped"),
    Column("outcome", Text, comment="delivered | skipped | dropped; null while it waits"),
    Column("gave_up", Integer, nullable=False, server_default="0", comment="times given up"),
    _instant("dead_at", nullable=True, comment="given up; waits for a person"),
)
Index(
    "outbox_waiting",
    outbox.c.lane,
    outbox.c.id,
    postgresql_where=outbox.c.settled_at.is_(None),
)
Index(
    "outbox_due",
    outbox.c.due_at,
    postgresql_where=outbox.c.settled_at.is_(None) & outbox.c.dead_at.is_(None),
)
Index(
    "outbox_next",
    text("(kind <> 'PagePerson' AND kind <> 'ShowDigest')"),
    outbox.c.id,
    postgresql_where=outbox.c.settled_at.is_(None) & outbox.c.dead_at.is_(None),
)

Index("outbox_settled", outbox.c.settled_at, postgresql_where=outbox.c.settled_at.is_not(None))

receipts = Table(
    "receipts",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("channel", Text, nullable=False, comment="remote channel, or the contact method"),
    Column("remote", Text, nullable=False, comment="id there: a post, a channel, an alert"),
    _instant("at"),
)
Index("receipts_remote", receipts.c.remote)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("source", Text, nullable=False),
    Column("delivery", Text, nullable=False, comment="the far side's own name for it"),
    Column("payload", JSONB, nullable=False),
    _instant("received_at"),
    _instant("wake_at", nullable=True, comment="null: worked, or given up"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("outcome", JSONB, comment="what became of it, for a caller that asks later"),
    UniqueConstraint("source", "delivery"),
)
_due(inbox)

history = Table(
    "history",
    metadata,
    _id(),
    _instant("at"),
    Column("kind", Text, nullable=False, comment="the event's name"),
    Column("subject", Text, nullable=False, comment='such as "alert:42"'),
    Column("payload", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
)
Index("history_subject", history.c.subject, history.c.id)

pulls = Table(
    "pulls",
    metadata,
    Column("source", Text, primary_key=True),
    Column("cursor", JSONB, nullable=False),
    Column("leased_by", Text),
    _instant("leased_until", nullable=True),
    _instant("succeeded_at", nullable=True),
    Column("error", Text),
)

processes = Table(
    "processes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    _instant("seen_at"),
)
