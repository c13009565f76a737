"""Dialogues: officials, moderators and venues, seasons, each dialogue's life, residents' questions and what they asked for.

Revision: 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)
_JSON = postgresql.JSONB()


def upgrade() -> None:
    op.create_table(
        "calendar",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("read_at", _INSTANT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("calendar_pkey")),
    )
    op.create_table(
        "moderator",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("departments", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "(name IS NULL) = (email IS NULL) AND (email IS NOT NULL OR ended_at IS NOT NULL)",
            name=op.f("moderator_erased_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("moderator_pkey")),
    )
    op.create_index("moderator_email_idx", "moderator", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "official",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("departments", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("themes", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=True),
        sa.Column("most", sa.Integer(), server_default=sa.text("4"), nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "(name IS NULL) = (email IS NULL) AND (email IS NOT NULL OR ended_at IS NOT NULL)",
            name=op.f("official_erased_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("official_pkey")),
    )
    op.create_index("official_email_idx", "official", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "season",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("proposal", _JSON, nullable=True),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("proposed_at", _INSTANT, nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint("(proposal IS NULL) = (proposed_at IS NULL)", name=op.f("season_proposal_check")),
        sa.CheckConstraint("last_day >= first_day", name=op.f("season_days_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("season_pkey")),
        sa.UniqueConstraint("name", name=op.f("season_name_key")),
    )
    op.create_table(
        "venue",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('room', 'studio')", name=op.f("venue_kind_check")),
        sa.CheckConstraint("seats >= 0", name=op.f("venue_seats_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("venue_pkey")),
        sa.UniqueConstraint("name", name=op.f("venue_name_key")),
    )
    op.create_table(
        "busy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("official_id", sa.BigInteger(), nullable=True),
        sa.Column("moderator_id", sa.BigInteger(), nullable=True),
        sa.Column("venue_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.CheckConstraint("origin IN ('calendar', 'staff')", name=op.f("busy_origin_check")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("busy_length_check")),
        sa.CheckConstraint(
            "num_nonnulls(official_id, moderator_id, venue_id) = 1", name=op.f("busy_whose_check")
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["moderator.id"], name=op.f("busy_moderator_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["official_id"], ["official.id"], name=op.f("busy_official_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["venue_id"], ["venue.id"], name=op.f("busy_venue_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("busy_pkey")),
    )
    op.create_index(op.f("busy_moderator_id_idx"), "busy", ["moderator_id"], unique=False)
    op.create_index(op.f("busy_official_id_idx"), "busy", ["official_id"], unique=False)
    op.create_index(op.f("busy_venue_id_idx"), "busy", ["venue_id"], unique=False)
    op.create_table(
        "dialogue",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("season_id", sa.BigInteger(), nullable=True),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("official_id", sa.BigInteger(), nullable=True),
        sa.Column("moderator_id", sa.BigInteger(), nullable=True),
        sa.Column("venue_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_wall", postgresql.TIMESTAMP(), nullable=True),
        sa.Column("zone", sa.Text(), server_default=sa.text("'Europe/Paris'"), nullable=False),
        sa.Column("starts_at", _INSTANT, nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("was_at", _INSTANT, nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("replay", sa.Text(), nullable=True),
        sa.Column("record", sa.Text(), nullable=True),
        sa.Column("fallen_back_at", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.CheckConstraint("form IN ('live', 'written')", name=op.f("dialogue_form_check")),
        sa.CheckConstraint(
            "state IN ('draft', 'proposed', 'cancelled') OR form = 'written' OR venue_id IS NOT NULL",
            name=op.f("dialogue_venue_check"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'proposed', 'cancelled') OR num_nulls(official_id, moderator_id, starts_wall, starts_at) = 0",
            name=op.f("dialogue_moderated_check"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'proposed', 'approved', 'announced', 'on_air', 'closed', 'answered', 'archived', 'cancelled')",
            name=op.f("dialogue_state_check"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'proposed', 'approved', 'cancelled') OR session_id IS NOT NULL",
            name=op.f("dialogue_session_check"),
        ),
        sa.CheckConstraint("(starts_wall IS NULL) = (starts_at IS NULL)", name=op.f("dialogue_start_check")),
        sa.CheckConstraint("minutes > 0", name=op.f("dialogue_minutes_check")),
        sa.ForeignKeyConstraint(["moderator_id"], ["moderator.id"], name=op.f("dialogue_moderator_id_fkey")),
        sa.ForeignKeyConstraint(["official_id"], ["official.id"], name=op.f("dialogue_official_id_fkey")),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("dialogue_season_id_fkey")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("dialogue_session_id_fkey")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("dialogue_venue_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("dialogue_pkey")),
        sa.UniqueConstraint("ref", name=op.f("dialogue_ref_key")),
        sa.UniqueConstraint("session_id", name=op.f("dialogue_session_id_key")),
    )
    op.create_index(op.f("dialogue_moderator_id_idx"), "dialogue", ["moderator_id"], unique=False)
    op.create_index(
        "dialogue_next_idx",
        "dialogue",
        ["starts_at"],
        unique=False,
        postgresql_where=sa.text("starts_at IS NOT NULL"),
    )
    op.create_index(op.f("dialogue_official_id_idx"), "dialogue", ["official_id"], unique=False)
    op.create_index(op.f("dialogue_season_id_idx"), "dialogue", ["season_id"], unique=False)
    op.create_index(op.f("dialogue_venue_id_idx"), "dialogue", ["venue_id"], unique=False)
    op.create_table(
        "comments_read",
        sa.Column("dialogue_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("read_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["dialogue_id"], ["dialogue.id"], name=op.f("comments_read_dialogue_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dialogue_id", "channel", name=op.f("comments_read_pkey")),
    )
    op.create_table(
        "dialogue_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dialogue_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["dialogue_id"], ["dialogue.id"], name=op.f("dialogue_step_dialogue_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("dialogue_step_pkey")),
    )
    op.create_index(op.f("dialogue_step_dialogue_id_idx"), "dialogue_step", ["dialogue_id"], unique=False)
    op.create_table(
        "move_proposal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dialogue_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_wall", postgresql.TIMESTAMP(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL)", name=op.f("move_proposal_decided_check")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'accepted', 'refused', 'moot')", name=op.f("move_proposal_state_check")
        ),
        sa.ForeignKeyConstraint(
            ["dialogue_id"], ["dialogue.id"], name=op.f("move_proposal_dialogue_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("move_proposal_pkey")),
    )
    op.create_index(
        "move_proposal_waiting_idx",
        "move_proposal",
        ["dialogue_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "question",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("dialogue_id", sa.BigInteger(), nullable=True),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("into_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("asked_from", sa.LargeBinary(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("published_at", _INSTANT, nullable=True),
        sa.Column("due_at", _INSTANT, nullable=True),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.CheckConstraint(
            "(state = 'answered') = (answer IS NOT NULL)", name=op.f("question_answered_check")
        ),
        sa.CheckConstraint("(state = 'merged') = (into_id IS NOT NULL)", name=op.f("question_merged_check")),
        sa.CheckConstraint(
            "(state IN ('answered', 'merged', 'refused')) = (ended_at IS NOT NULL)",
            name=op.f("question_ended_check"),
        ),
        sa.CheckConstraint(
            "origin IN ('portal', 'anonymous', 'facebook')", name=op.f("question_origin_check")
        ),
        sa.CheckConstraint("state <> 'refused' OR reason IS NOT NULL", name=op.f("question_refused_check")),
        sa.CheckConstraint(
            "state IN ('unconfirmed', 'waiting', 'published', 'answered', 'merged', 'refused')",
            name=op.f("question_state_check"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('published', 'answered') OR num_nulls(published_at, due_at) = 0",
            name=op.f("question_due_check"),
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("question_contact_id_fkey")),
        sa.ForeignKeyConstraint(["dialogue_id"], ["dialogue.id"], name=op.f("question_dialogue_id_fkey")),
        sa.ForeignKeyConstraint(["into_id"], ["question.id"], name=op.f("question_into_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("question_pkey")),
        sa.UniqueConstraint("ref", name=op.f("question_ref_key")),
        sa.UniqueConstraint("remote_id", name=op.f("question_remote_id_key")),
    )
    op.create_index(op.f("question_contact_id_idx"), "question", ["contact_id"], unique=False)
    op.create_index(op.f("question_dialogue_id_idx"), "question", ["dialogue_id"], unique=False)
    op.create_index(op.f("question_into_id_idx"), "question", ["into_id"], unique=False)
    op.create_index(
        "question_open_idx",
        "question",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'published')"),
    )
    op.create_table(
        "ask",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("question_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("origin", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("confirmed_at", _INSTANT, nullable=True),
        sa.CheckConstraint("(kind = 'follow') = (question_id IS NULL)", name=op.f("ask_question_check")),
        sa.CheckConstraint("(kind = 'follow') = (session_id IS NOT NULL)", name=op.f("ask_session_check")),
        sa.CheckConstraint("kind IN ('follow', 'question', 'watch')", name=op.f("ask_kind_check")),
        sa.CheckConstraint("(confirmed_at IS NULL) = (contact_id IS NULL)", name=op.f("ask_contact_check")),
        sa.CheckConstraint("(confirmed_at IS NULL) = (email IS NOT NULL)", name=op.f("ask_email_check")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("ask_contact_id_fkey")),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("ask_question_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("ask_session_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("ask_pkey")),
        sa.UniqueConstraint("ref", name=op.f("ask_ref_key")),
    )
    op.create_index(op.f("ask_contact_id_idx"), "ask", ["contact_id"], unique=False)
    op.create_index(op.f("ask_created_at_idx"), "ask", ["created_at"], unique=False)
    op.create_index(op.f("ask_question_id_idx"), "ask", ["question_id"], unique=False)
    op.create_index(op.f("ask_session_id_idx"), "ask", ["session_id"], unique=False)
    op.create_table(
        "vote",
        sa.Column("question_id", sa.BigInteger(), nullable=False),
        sa.Column("voter", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.LargeBinary(), nullable=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("vote_question_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("question_id", "voter", name=op.f("vote_pkey")),
    )
    op.create_index(op.f("vote_at_idx"), "vote", ["at"], unique=False)
    op.create_table(
        "watch",
        sa.Column("question_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("watch_contact_id_fkey")),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("watch_question_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("question_id", "contact_id", name=op.f("watch_pkey")),
    )
    op.create_index(op.f("watch_contact_id_idx"), "watch", ["contact_id"], unique=False)


def downgrade() -> None:
    op.drop_table("watch")
    op.drop_table("vote")
    op.drop_table("ask")
    op.drop_table("question")
    op.drop_table("move_proposal")
    op.drop_table("dialogue_step")
    op.drop_table("comments_read")
    op.drop_table("dialogue")
    op.drop_table("busy")
    op.drop_table("venue")
    op.drop_table("season")
    op.drop_table("official")
    op.drop_table("moderator")
    op.drop_table("calendar")
    op.execute("DELETE FROM effect WHERE content ->> 'about' IN ('dialogue_host', 'question')")
