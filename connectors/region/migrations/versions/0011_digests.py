"""Weekly digests: editions, approvals, and who wants none.

Revision: 0011, after 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)
_ROLE = "role IN ('officials', 'coaches', 'contractor', 'press', 'direction')"


def upgrade() -> None:
    op.create_table(
        "digest_edition",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("letters", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.CheckConstraint(_ROLE, name=op.f("digest_edition_role_check")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'expired')", name=op.f("digest_edition_state_check")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (ended_at IS NULL)", name=op.f("digest_edition_ended_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("digest_edition_pkey")),
        sa.UniqueConstraint("role", "week", name=op.f("digest_edition_role_week_key")),
    )
    op.create_table(
        "digest_approval",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("readers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("raised_at", _INSTANT, nullable=False),
        sa.Column("flow_run", sa.Text(), nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(_ROLE, name=op.f("digest_approval_role_check")),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'refused', 'replaced')",
            name=op.f("digest_approval_state_check"),
        ),
        sa.CheckConstraint(
            "(state IN ('approved', 'refused')) = (decided_by IS NOT NULL)",
            name=op.f("digest_approval_decided_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("digest_approval_pkey")),
    )
    op.create_index(
        "digest_approval_waiting_idx",
        "digest_approval",
        ["role"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "digest_stop",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("stopped_at", _INSTANT, nullable=False),
        sa.CheckConstraint(_ROLE, name=op.f("digest_stop_role_check")),
        sa.PrimaryKeyConstraint("role", "reader", name=op.f("digest_stop_pkey")),
    )


def downgrade() -> None:
    op.drop_table("digest_stop")
    op.drop_table("digest_approval")
    op.drop_table("digest_edition")
