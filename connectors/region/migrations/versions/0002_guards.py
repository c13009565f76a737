"""Guards: stopped plans, alerts, once-only effects, budgets that workers share.

Revision: 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)
_NOW = sa.text("now()")
_JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.create_table(
        "held_plan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("guard", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("numbers", _JSONB, nullable=False),
        sa.Column("examples", _JSONB, nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("raised_at", _INSTANT, server_default=_NOW, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("flow_run", sa.Text(), nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('source', 'channel')", name=op.f("held_plan_kind_check")),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'refused', 'replaced', 'moot')",
            name=op.f("held_plan_state_check"),
        ),
        sa.CheckConstraint(
            "(state IN ('approved', 'refused')) = (decided_by IS NOT NULL)",
            name=op.f("held_plan_decided_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("held_plan_pkey")),
    )
    op.create_index(
        "held_plan_waiting_idx",
        "held_plan",
        ["kind", "place"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "held_item",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["held_plan.id"], name=op.f("held_item_plan_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plan_id", "subject", name=op.f("held_item_pkey")),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("raised_at", _INSTANT, server_default=_NOW, nullable=False),
        sa.Column("seen_at", _INSTANT, server_default=_NOW, nullable=False),
        sa.Column("times", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("resolved_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_pkey")),
    )
    op.create_index(
        "alert_open_idx", "alert", ["cause"], unique=True, postgresql_where=sa.text("resolved_at IS NULL")
    )
    op.add_column("effect", sa.Column("cause", sa.Text(), nullable=True))
    op.add_column("effect", sa.Column("content", _JSONB, nullable=True))
    op.add_column("effect", sa.Column("held_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("effect_held_by_fkey"), "effect", "held_plan", ["held_by"], ["id"])
    op.create_index("effect_held_idx", "effect", ["held_by"], postgresql_where=sa.text("held_by IS NOT NULL"))
    op.add_column("run", sa.Column("asked", _JSONB, nullable=True))
    zero = sa.text("0")
    op.add_column(
        "channel", sa.Column("spacing", postgresql.DOUBLE_PRECISION(), server_default=zero, nullable=False)
    )
    op.add_column("channel", sa.Column("next_call_at", _INSTANT, nullable=True))
    op.add_column("channel", sa.Column("calls", sa.BigInteger(), server_default=zero, nullable=False))
    op.add_column(
        "channel", sa.Column("usage", postgresql.DOUBLE_PRECISION(), server_default=zero, nullable=False)
    )
    op.add_column(
        "channel", sa.Column("call_cost", postgresql.DOUBLE_PRECISION(), server_default=zero, nullable=False)
    )


def downgrade() -> None:
    for column in ("call_cost", "usage", "calls", "next_call_at", "spacing"):
        op.drop_column("channel", column)
    op.drop_column("run", "asked")
    op.drop_index("effect_held_idx", table_name="effect")
    op.drop_constraint(op.f("effect_held_by_fkey"), "effect", type_="foreignkey")
    op.execute("DELETE FROM effect WHERE offer_id IS NULL")  # once-only effects: 0001 does not know them
    for column in ("held_by", "content", "cause"):
        op.drop_column("effect", column)
    op.drop_index("alert_open_idx", table_name="alert")
    op.drop_table("alert")
    op.drop_table("held_item")
    op.drop_index("held_plan_waiting_idx", table_name="held_plan")
    op.drop_table("held_plan")
