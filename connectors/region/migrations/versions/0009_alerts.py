"""Alerts that repeat, escalate, end and are acknowledged; mutes.

What was raised before was told to whom its effects name. What was over is closed.

Revision: 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)


def _added() -> list[sa.Column]:
    return [
        sa.Column("returns", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed_at", _INSTANT, nullable=True),
        sa.Column("notices", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("told", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("told_at", postgresql.ARRAY(_INSTANT), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("acknowledged_at", _INSTANT, nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("pillar", sa.Text(), nullable=True),
        sa.Column("affected", sa.Text(), nullable=True),
        sa.Column("runbook", sa.Text(), nullable=True),
        sa.Column("muted_by", sa.Text(), nullable=True),
    ]


def upgrade() -> None:
    for column in _added():
        op.add_column("alert", column)
    op.execute(
        "UPDATE alert a SET closed_at = a.resolved_at, notices = 1, told_at = ARRAY[a.raised_at], told = coalesce((SELECT "
        "array_agg(split_part(e.subject, '.', 2)) FROM effect e WHERE e.channel = 'alerts' AND e.subject LIKE a.id || '.%'), '{}')"
    )
    op.drop_index("alert_open_idx", table_name="alert")
    op.create_index(
        "alert_open_idx", "alert", ["cause"], unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_check_constraint(
        op.f("alert_acknowledged_check"), "alert", "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)"
    )
    op.create_check_constraint(
        op.f("alert_closed_check"), "alert", "closed_at IS NULL OR resolved_at IS NOT NULL"
    )
    op.create_table(
        "alert_mute",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("muted_at", _INSTANT, nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("until > muted_at", name=op.f("alert_mute_until_check")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("alert_mute_ended_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_mute_pkey")),
    )


def downgrade() -> None:
    op.drop_table("alert_mute")
    op.drop_index("alert_open_idx", table_name="alert")
    op.create_index(
        "alert_open_idx", "alert", ["cause"], unique=True, postgresql_where=sa.text("resolved_at IS NULL")
    )
    op.drop_constraint(op.f("alert_acknowledged_check"), "alert")
    op.drop_constraint(op.f("alert_closed_check"), "alert")
    for column in _added():
        op.drop_column("alert", column.name)
