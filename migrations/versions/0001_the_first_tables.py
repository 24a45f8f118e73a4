"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from nothing to 0001."""
    op.create_table(
        "accounts",
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("guest", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("username", name=op.f("accounts_pkey")),
        sa.UniqueConstraint("user_id", name=op.f("accounts_user_id_key")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("remote", sa.Text(), nullable=True, comment="its id in OpsGenie"),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("alerts_pkey")),
    )
    op.create_index(
        "alerts_due",
        "alerts",
        ["wake_at"],
        unique=False,
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_index(
        "alerts_open",
        "alerts",
        ["source", "key"],
        unique=True,
        postgresql_where=sa.text("status != 'resolved'"),
    )
    op.create_index(
        "alerts_remote",
        "alerts",
        ["remote"],
        unique=False,
        postgresql_where=sa.text("remote IS NOT NULL"),
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("comments_pkey")),
    )
    op.create_index(op.f("comments_ticket_idx"), "comments", ["ticket"], unique=False)
    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="the event's name"),
        sa.Column("subject", sa.Text(), nullable=False, comment='such as "alert:42"'),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("history_pkey")),
    )
    op.create_index("history_subject", "history", ["subject", "id"], unique=False)
    op.create_table(
        "house",
        sa.Column(
            "oldest", sa.Integer(), nullable=False, comment="oldest process version that may tick"
        ),
        sa.PrimaryKeyConstraint("oldest", name=op.f("house_pkey")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False, comment="the far side's own name for it"),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "wake_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="null: worked, or given up",
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("inbox_pkey")),
        sa.UniqueConstraint("source", "delivery", name=op.f("inbox_source_key")),
    )
    op.create_index(
        "inbox_due",
        "inbox",
        ["wake_at"],
        unique=False,
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("incidents_pkey")),
        sa.UniqueConstraint("run", name=op.f("incidents_run_key")),
    )
    op.create_index(
        "incidents_due",
        "incidents",
        ["wake_at"],
        unique=False,
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_index(op.f("incidents_ticket_idx"), "incidents", ["ticket"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="names the effect; done once"),
        sa.Column(
            "lane", sa.Text(), nullable=False, comment="the remote thing; one lane goes in order"
        ),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "reason", sa.Text(), nullable=False, comment="which rule of which version asked for it"
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="not to be tried before; while leased, the end of the lease",
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "settled_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="delivered, skipped or dropped",
        ),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=True,
            comment="delivered | skipped | dropped; null while it waits",
        ),
        sa.Column(
            "gave_up", sa.Integer(), server_default="0", nullable=False, comment="times given up"
        ),
        sa.Column(
            "dead_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="given up; waits for a person",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pkey")),
        sa.UniqueConstraint("key", name=op.f("outbox_key_key")),
    )
    op.create_index(
        "outbox_due",
        "outbox",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL AND dead_at IS NULL"),
    )
    op.create_index(
        "outbox_next",
        "outbox",
        [sa.text("(kind <> 'PagePerson')"), "id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL AND dead_at IS NULL"),
    )
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "overrides",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("seat", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("displaced", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("overrides_lasts_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("overrides_pkey")),
    )
    op.create_index(
        "overrides_by_end",
        "overrides",
        ["ends_at"],
        unique=False,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "processes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("processes_pkey")),
    )
    op.create_table(
        "pulls",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("cursor", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", name=op.f("pulls_pkey")),
    )
    op.create_table(
        "receipts",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column(
            "channel", sa.Text(), nullable=False, comment="remote channel, or the contact method"
        ),
        sa.Column(
            "remote", sa.Text(), nullable=False, comment="id there: a post, a channel, an alert"
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("lane", name=op.f("receipts_pkey")),
    )
    op.create_index("receipts_remote", "receipts", ["remote"], unique=False)
    op.create_table(
        "rotation_watch",
        sa.Column("rotation", sa.Text(), nullable=False),
        sa.Column(
            "state",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="turns and people as last seen",
        ),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("rotation", name=op.f("rotation_watch_pkey")),
    )
    op.create_index(
        "rotation_watch_due",
        "rotation_watch",
        ["wake_at"],
        unique=False,
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("dedupe", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("runs_pkey")),
    )
    op.create_index(
        "runs_due",
        "runs",
        ["wake_at"],
        unique=False,
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.create_index(
        "runs_open",
        "runs",
        ["playbook", "dedupe"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "tickets",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("tickets_pkey")),
    )
    op.create_table(
        "updates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("incident", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False, comment="where it was said, once"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("updates_pkey")),
        sa.UniqueConstraint("ref", name=op.f("updates_ref_key")),
    )
    op.create_index(op.f("updates_incident_idx"), "updates", ["incident"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("file", sa.Text(), nullable=False, comment="the name messages give to the text"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "playbooks",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="name → [file, text], as applied with it",
        ),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("versions_pkey")),
    )
    op.create_table(
        "seat_versions",
        sa.Column("applied", sa.BigInteger(), nullable=False),
        sa.Column("seat", sa.Text(), nullable=False),
        sa.Column(
            "place", sa.Integer(), nullable=False, comment="order in the seat's past and future"
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True, comment="null: always"),
        sa.Column("version", sa.BigInteger(), nullable=True, comment="null: the seat is gone"),
        sa.Column("rotation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["applied"], ["versions.id"], name=op.f("seat_versions_applied_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["versions.id"], name=op.f("seat_versions_version_fkey")
        ),
        sa.PrimaryKeyConstraint("applied", "seat", "place", name=op.f("seat_versions_pkey")),
    )
    op.execute("insert into house (oldest) values (1)")
