"""Covered events: crews of students, their consents, slots, and media with the roll of what was published.

Revision: 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)
_JSON = postgresql.JSONB()


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("event_state_check")),
        sa.CheckConstraint("last_day >= first_day", name=op.f("event_days_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("event_pkey")),
        sa.UniqueConstraint("ref", name=op.f("event_ref_key")),
    )
    op.create_table(
        "student",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("born", sa.Date(), nullable=True),
        sa.Column("guardian_name", sa.Text(), nullable=True),
        sa.Column("guardian_email", sa.Text(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("erased_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "(guardian_name IS NULL) = (guardian_email IS NULL)", name=op.f("student_guardian_check")
        ),
        sa.CheckConstraint(
            "CASE WHEN erased_at IS NULL THEN num_nulls(name, email, born) = 0 ELSE num_nonnulls(name, email, born, guardian_name, guardian_email) = 0 END",
            name=op.f("student_erased_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("student_pkey")),
    )
    op.create_index("student_email_idx", "student", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "crew_member",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("crew_member_event_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("crew_member_student_id_fkey")),
        sa.PrimaryKeyConstraint("event_id", "student_id", name=op.f("crew_member_pkey")),
    )
    op.create_index(op.f("crew_member_student_id_idx"), "crew_member", ["student_id"], unique=False)
    op.create_table(
        "media_consent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scopes", _JSON, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", _INSTANT, nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("withdrawn_at", _INSTANT, nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.CheckConstraint("given_by IN ('student', 'guardian')", name=op.f("media_consent_giver_check")),
        sa.CheckConstraint("kind IN ('image', 'voice', 'byline')", name=op.f("media_consent_kind_check")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("media_consent_withdrawn_check")
        ),
        sa.CheckConstraint("expires_at > given_at", name=op.f("media_consent_expiry_check")),
        sa.CheckConstraint(
            'scopes <> \'[]\' AND scopes <@ \'["portal", "facebook", "instagram"]\'',
            name=op.f("media_consent_scopes_check"),
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("media_consent_event_id_fkey")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("media_consent_student_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("media_consent_pkey")),
    )
    op.create_index(op.f("media_consent_event_id_idx"), "media_consent", ["event_id"], unique=False)
    op.create_index(
        "media_consent_expiry_idx",
        "media_consent",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(op.f("media_consent_student_id_idx"), "media_consent", ["student_id"], unique=False)
    op.create_table(
        "slot",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'planned'"), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('live', 'story', 'wall')", name=op.f("slot_kind_check")),
        sa.CheckConstraint(
            "state IN ('planned', 'live', 'done', 'cancelled')", name=op.f("slot_state_check")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("slot_length_check")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("slot_event_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("slot_pkey")),
    )
    op.create_index(op.f("slot_event_id_idx"), "slot", ["event_id"], unique=False)
    op.create_table(
        "medium",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("slot_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("scopes", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("turn", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("published_at", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.CheckConstraint("(state = 'published') = (scopes <> '[]')", name=op.f("medium_scopes_check")),
        sa.CheckConstraint("kind IN ('image', 'video')", name=op.f("medium_kind_check")),
        sa.CheckConstraint(
            "state <> 'published' OR published_at IS NOT NULL", name=op.f("medium_published_check")
        ),
        sa.CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name=op.f("medium_state_check")),
        sa.CheckConstraint('scopes <@ \'["portal", "instagram"]\'', name=op.f("medium_places_check")),
        sa.ForeignKeyConstraint(["author_id"], ["student.id"], name=op.f("medium_author_id_fkey")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("medium_slot_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("medium_pkey")),
        sa.UniqueConstraint("ref", name=op.f("medium_ref_key")),
    )
    op.create_index(op.f("medium_author_id_idx"), "medium", ["author_id"], unique=False)
    op.create_index(
        "medium_published_idx",
        "medium",
        ["published_at"],
        unique=False,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_index(op.f("medium_slot_id_idx"), "medium", ["slot_id"], unique=False)
    op.create_table(
        "slot_person",
        sa.Column("slot_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("slot_person_slot_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("slot_person_student_id_fkey")),
        sa.PrimaryKeyConstraint("slot_id", "student_id", name=op.f("slot_person_pkey")),
    )
    op.create_index(op.f("slot_person_student_id_idx"), "slot_person", ["student_id"], unique=False)
    op.create_table(
        "medium_file",
        sa.Column("medium_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["medium_id"], ["medium.id"], name=op.f("medium_file_medium_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("medium_id", name=op.f("medium_file_pkey")),
    )
    op.create_table(
        "medium_person",
        sa.Column("medium_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["medium_id"], ["medium.id"], name=op.f("medium_person_medium_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("medium_person_student_id_fkey")),
        sa.PrimaryKeyConstraint("medium_id", "student_id", name=op.f("medium_person_pkey")),
    )
    op.create_index(op.f("medium_person_student_id_idx"), "medium_person", ["student_id"], unique=False)
    op.create_table(
        "medium_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("medium_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("scopes", _JSON, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.CheckConstraint("step IN ('published', 'withdrawn')", name=op.f("medium_step_step_check")),
        sa.ForeignKeyConstraint(
            ["medium_id"], ["medium.id"], name=op.f("medium_step_medium_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("medium_step_pkey")),
    )
    op.create_index(op.f("medium_step_medium_id_idx"), "medium_step", ["medium_id"], unique=False)


def downgrade() -> None:
    op.drop_table("medium_step")
    op.drop_table("medium_person")
    op.drop_table("medium_file")
    op.drop_table("slot_person")
    op.drop_table("medium")
    op.drop_table("slot")
    op.drop_table("media_consent")
    op.drop_table("crew_member")
    op.drop_table("student")
    op.drop_table("event")
    op.execute("DELETE FROM effect WHERE content ->> 'about' IN ('medium', 'coverage')")
