"""Postings: offers that firms write on the open portal, and finding a firm's name by its SIRET.

Revision: 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)
_SIRET = "content #>> '{employer,siret}'"


def upgrade() -> None:
    op.create_table(
        "posting",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'unconfirmed'"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("approved_revision", sa.BigInteger(), nullable=True),
        sa.Column("draft", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("origin", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("submitted_at", _INSTANT, nullable=False),
        sa.Column("confirmed_at", _INSTANT, nullable=True),
        sa.Column("published_at", _INSTANT, nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("closed_at", _INSTANT, nullable=True),
        sa.Column("flow_run", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('unconfirmed', 'waiting', 'approved', 'refused', 'closed', 'expired')",
            name=op.f("posting_state_check"),
        ),
        sa.CheckConstraint(
            "(state = 'unconfirmed') = (confirmed_at IS NULL)", name=op.f("posting_confirmed_check")
        ),
        sa.CheckConstraint(
            "(state IN ('closed', 'expired')) = (closed_at IS NOT NULL)", name=op.f("posting_closed_check")
        ),
        sa.CheckConstraint(
            "state IN ('closed', 'expired', 'refused') OR contact IS NOT NULL",
            name=op.f("posting_contact_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("posting_pkey")),
        sa.UniqueConstraint("ref", name=op.f("posting_ref_key")),
    )
    op.create_index(op.f("posting_siret_created_at_idx"), "posting", ["siret", "created_at"])
    op.create_index(
        "posting_waiting_idx", "posting", ["submitted_at"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index(
        "offer_siret_idx",
        "offer",
        [sa.text(f"({_SIRET})")],
        postgresql_where=sa.text(f"({_SIRET}) IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("offer_siret_idx", table_name="offer")
    op.drop_table("posting")
