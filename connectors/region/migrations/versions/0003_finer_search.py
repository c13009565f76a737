"""Finer search: the board's columns that residents filter by, and one index that answers every count; another for offers alike.

Adding generated columns writes the board anew: about 20 s with 49,000 offers, during which the portal waits.

Revision: 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OPEN = sa.text("withdrawn_at IS NULL")
_REMOTE = "content #>> '{location,remote}'"
_COLUMNS = (
    ("field", sa.Text(), "\"left\"(content ->> 'rome_code', 1)"),
    ("level", sa.SmallInteger(), "(content #>> '{training,level}')::smallint"),
    ("cpf", sa.Boolean(), "(content #>> '{training,cpf_eligible}')::boolean"),
    ("paid", sa.Boolean(), "(content #> '{job,salary}') IS NOT NULL"),
    ("remote", sa.Text(), _REMOTE),
    ("latitude", postgresql.DOUBLE_PRECISION(), "(content #>> '{location,latitude}')::float8"),
    ("longitude", postgresql.DOUBLE_PRECISION(), "(content #>> '{location,longitude}')::float8"),
)


def upgrade() -> None:
    added = ", ".join(
        f"ADD COLUMN {name} {kind.compile(dialect=postgresql.dialect())} GENERATED ALWAYS AS ({made}) STORED"
        for name, kind, made in _COLUMNS
    )
    op.execute(f"ALTER TABLE board {added}")  # in one statement: the table is written once
    op.drop_index("board_filter_idx", table_name="board")
    op.drop_index("board_remote_idx", table_name="board")
    op.create_index(
        "board_facets_idx",
        "board",
        ["kind", "department", "contract", "published_at"],
        postgresql_where=_OPEN,
        postgresql_include=["key", *(name for name, _, _ in _COLUMNS)],
    )
    op.create_index(
        "board_similar_idx",
        "board",
        [sa.text("(content ->> 'rome_code')"), "kind", "published_at"],
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_index("board_similar_idx", table_name="board")
    op.drop_index("board_facets_idx", table_name="board")
    op.execute("ALTER TABLE board " + ", ".join(f"DROP COLUMN {name}" for name, _, _ in reversed(_COLUMNS)))
    op.create_index(
        "board_remote_idx",
        "board",
        [sa.text(f"({_REMOTE})")],
        postgresql_where=sa.text(f"withdrawn_at IS NULL AND ({_REMOTE}) IS NOT NULL"),
    )
    op.create_index(
        "board_filter_idx",
        "board",
        ["kind", "department", "contract", "published_at"],
        postgresql_where=_OPEN,
    )
