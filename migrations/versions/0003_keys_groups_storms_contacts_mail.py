"""Keys, groups, storms, contacts, mail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from 0002 to 0003."""
    op.create_table(
        "contacts",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False, comment="digest of where it goes"),
        sa.Column(
            "state",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="asked, verified, delivered, failed: when",
        ),
        sa.PrimaryKeyConstraint("person", "via", "receiver", name=op.f("contacts_pkey")),
    )
    op.create_table(
        "digested",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False, comment="which of their digests"),
        sa.Column("alert", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column(
            "lot",
            sa.Integer(),
            nullable=False,
            comment="shown together; -1 missed, 0 missed and heard",
        ),
        sa.PrimaryKeyConstraint("person", "nth", "alert", "method", name=op.f("digested_pkey")),
    )
    op.create_index(
        "digested_missed",
        "digested",
        ["person", "alert"],
        unique=False,
        postgresql_where=sa.text("lot = -1"),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.Text(), nullable=False, comment="the part of the key that is no secret"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "scopes", postgresql.ARRAY(sa.Text()), nullable=False, comment="create | read | act"
        ),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the secret part"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "used_at", sa.DateTime(timezone=True), nullable=True, comment="to the hour or so"
        ),
        sa.Column(
            "ends_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="lets nobody in from then on",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("keys_pkey")),
    )
    op.create_index(op.f("keys_source_idx"), "keys", ["source"], unique=False)
    op.create_table(
        "links",
        sa.Column("id", sa.Text(), nullable=False, comment="of a signed link that was used"),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alert", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("links_pkey")),
    )
    op.create_table(
        "mails",
        sa.Column("message", sa.Text(), nullable=False, comment="Message-ID, of a mail in or out"),
        sa.Column("alert", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False, comment="with whom the thread is"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message", name=op.f("mails_pkey")),
    )
    op.create_index(op.f("mails_alert_idx"), "mails", ["alert"], unique=False)
    op.create_table(
        "members",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("alert", sa.BigInteger(), nullable=False, comment="the group it belongs to"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("members_pkey")),
    )
    op.create_index(op.f("members_alert_idx"), "members", ["alert"], unique=False)
    op.create_index(
        "members_open",
        "members",
        ["source", "key"],
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "storms",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column(
            "state",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the pages of late, and the digest if any",
        ),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("person", name=op.f("storms_pkey")),
    )
    op.create_index(
        "storms_due",
        "storms",
        ["wake_at"],
        unique=False,
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.drop_table("accounts")
    op.create_index("alerts_named", "alerts", ["source", "key", "id"], unique=False)
    op.drop_index("outbox_next", table_name="outbox")
    op.create_index(
        "outbox_next",
        "outbox",
        [sa.text("(kind <> 'PagePerson' AND kind <> 'ShowDigest')"), "id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL AND dead_at IS NULL"),
    )
    op.add_column(
        "inbox",
        sa.Column(
            "outcome",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="what became of it, for a caller that asks later",
        ),
    )
    op.execute("update house set oldest = 2")
