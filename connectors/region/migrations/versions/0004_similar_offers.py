"""Similar offers: an index that hands out an occupation's open offers, newest first.

Revision: 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "board_similar_idx",
        "board",
        [sa.text("(content ->> 'rome_code')"), "kind", "published_at"],
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("board_similar_idx", table_name="board")
