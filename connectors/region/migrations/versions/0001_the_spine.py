"""The spine

Revision: 0001, after an empty database.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # French full-text search that ignores accents; both need only CREATE on the database (trusted extension).
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute("CREATE TEXT SEARCH CONFIGURATION boostez_french (COPY = french)")
    op.execute(
        "ALTER TEXT SEARCH CONFIGURATION boostez_french "
        "ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem"
    )
    op.execute("CREATE SEQUENCE offer_revision_seq")
    op.execute("CREATE SEQUENCE effect_lease_seq")
    op.create_table(
        "board",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("marker", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(), nullable=True),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "placed_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "changed_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "department",
            sa.Text(),
            sa.Computed("content #>> '{location,department}'", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "contract", sa.Text(), sa.Computed("content #>> '{job,contract}'", persisted=True), nullable=True
        ),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('boostez_french', replace(coalesce(content ->> 'title', ''), '/', ' ')), 'A') || setweight(to_tsvector('boostez_french', replace(coalesce(content ->> 'rome_label', ''), '/', ' ') || ' ' || coalesce(content #>> '{employer,name}', '') || ' ' || coalesce(content #>> '{location,city}', '')), 'B') || setweight(to_tsvector('boostez_french', coalesce(content ->> 'description', '')), 'D')",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(content IS NULL) = (withdrawn_at IS NOT NULL)", name=op.f("board_content_check")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("board_pkey")),
    )
    op.create_index(
        "board_filter_idx",
        "board",
        ["kind", "department", "contract", "published_at"],
        unique=False,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "board_newest_idx",
        "board",
        ["published_at", "key"],
        unique=False,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index("board_changed_idx", "board", ["changed_at"], unique=False)
    op.create_index(
        "board_remote_idx",
        "board",
        [sa.text("(content #>> '{location,remote}')")],
        unique=False,
        postgresql_where=sa.text("withdrawn_at IS NULL AND (content #>> '{location,remote}') IS NOT NULL"),
    )
    op.create_index("board_search_idx", "board", ["search"], unique=False, postgresql_using="gin")
    op.create_table(
        "channel",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("planned_revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("policy", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("channel_pkey")),
    )
    op.create_table(
        "collected",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("raw_hash", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "ordinal", name=op.f("collected_pkey")),
        prefixes=["UNLOGGED"],
    )
    op.create_index(op.f("collected_run_id_key_idx"), "collected", ["run_id", "key"], unique=False)
    op.create_table(
        "offer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("raw_hash", sa.LargeBinary(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("withheld", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column(
            "first_seen_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "changed_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_reason IS NOT NULL)", name=op.f("offer_closed_reason_check")
        ),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("offer_status_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("offer_pkey")),
        sa.UniqueConstraint("key", name=op.f("offer_key_key")),
        sa.UniqueConstraint("source", "ref", name=op.f("offer_source_ref_key")),
    )
    op.create_index(
        "offer_expiry_idx", "offer", ["expires_at"], unique=False, postgresql_where=sa.text("status = 'open'")
    )
    op.create_index(
        "offer_newest_idx",
        "offer",
        ["department", "published_at"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(op.f("offer_revision_idx"), "offer", ["revision"], unique=True)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("raw_hash", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "first_seen_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "checked_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("quarantine_pkey")),
        sa.UniqueConstraint("source", "key", "raw_hash", name=op.f("quarantine_source_key_raw_hash_key")),
    )
    op.create_index(op.f("quarantine_source_rule_idx"), "quarantine", ["source", "rule"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column(
            "started_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("run_pkey")),
    )
    op.create_table(
        "source",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_snapshot_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_snapshot_id", sa.Text(), nullable=True),
        sa.Column("last_snapshot_total", sa.BigInteger(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("cursor", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_change_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("source_pkey")),
    )
    op.create_table(
        "correction",
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("original", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("correction_offer_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offer_id", "field", name=op.f("correction_pkey")),
    )
    op.create_table(
        "effect",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=True),
        sa.Column("wanted_hash", sa.LargeBinary(), nullable=True),
        sa.Column("live_hash", sa.LargeBinary(), nullable=True),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("marker", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("intent_hash", sa.LargeBinary(), nullable=True),
        sa.Column("intent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("lease", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lookups", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("looked_up_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "changed_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "operation IN ('create', 'update', 'withdraw')", name=op.f("effect_operation_check")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'intent', 'done', 'unknown', 'rejected', 'parked')",
            name=op.f("effect_state_check"),
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("effect_offer_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("effect_pkey")),
        sa.UniqueConstraint("channel", "subject", name=op.f("effect_channel_subject_key")),
    )
    op.create_index(
        "effect_due_idx",
        "effect",
        ["channel", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index(op.f("effect_offer_id_idx"), "effect", ["offer_id"], unique=False)
    op.create_index(
        "effect_open_idx",
        "effect",
        ["channel", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('planned', 'done')"),
    )
    op.create_table(
        "offer_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "change IN ('created', 'updated', 'closed', 'reopened')", name=op.f("offer_change_change_check")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("offer_change_offer_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("offer_change_pkey")),
    )
    op.create_index(op.f("offer_change_offer_id_idx"), "offer_change", ["offer_id"], unique=False)
    op.create_table(
        "pick",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.DATE(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("pick_offer_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel", "offer_id", name=op.f("pick_pkey")),
    )
    op.create_index(op.f("pick_channel_day_idx"), "pick", ["channel", "day"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("pick_channel_day_idx"), table_name="pick")
    op.drop_table("pick")
    op.drop_index(op.f("offer_change_offer_id_idx"), table_name="offer_change")
    op.drop_table("offer_change")
    op.drop_index(
        "effect_open_idx", table_name="effect", postgresql_where=sa.text("state NOT IN ('planned', 'done')")
    )
    op.drop_index(op.f("effect_offer_id_idx"), table_name="effect")
    op.drop_index("effect_due_idx", table_name="effect", postgresql_where=sa.text("state = 'planned'"))
    op.drop_table("effect")
    op.drop_table("correction")
    op.drop_table("source")
    op.drop_table("run")
    op.drop_index(op.f("quarantine_source_rule_idx"), table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_index(op.f("offer_revision_idx"), table_name="offer")
    op.drop_index("offer_newest_idx", table_name="offer", postgresql_where=sa.text("status = 'open'"))
    op.drop_index("offer_expiry_idx", table_name="offer", postgresql_where=sa.text("status = 'open'"))
    op.drop_table("offer")
    op.drop_index(op.f("collected_run_id_key_idx"), table_name="collected")
    op.drop_table("collected")
    op.drop_table("channel")
    op.drop_index("board_search_idx", table_name="board", postgresql_using="gin")
    op.drop_index("board_newest_idx", table_name="board", postgresql_where=sa.text("withdrawn_at IS NULL"))
    op.drop_index("board_filter_idx", table_name="board", postgresql_where=sa.text("withdrawn_at IS NULL"))
    op.drop_table("board")
    op.execute("DROP SEQUENCE effect_lease_seq")
    op.execute("DROP SEQUENCE offer_revision_seq")
    op.execute("DROP TEXT SEARCH CONFIGURATION boostez_french")
