"""The programme: firms and their contacts, sessions, who takes part, reminders; and letters that say what they are about.

Revision: 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)
_JSON = postgresql.JSONB()


def upgrade() -> None:
    op.create_table(
        "coach",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("departments", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("availability", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("cohorts", sa.Integer(), server_default=sa.text("2"), nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "(name IS NULL) = (email IS NULL) AND (email IS NOT NULL OR ended_at IS NOT NULL)",
            name=op.f("coach_erased_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("coach_pkey")),
    )
    op.create_index("coach_email_idx", "coach", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "firm",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("naf", sa.Text(), nullable=True),
        sa.Column("headcount", sa.Text(), nullable=True),
        sa.Column("commune", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.CheckConstraint(
            "level IS NULL OR level IN ('beginner', 'intermediate', 'advanced')",
            name=op.f("firm_level_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("firm_pkey")),
        sa.UniqueConstraint("siret", name=op.f("firm_siret_key")),
    )
    op.create_index(op.f("firm_commune_idx"), "firm", ["commune"], unique=False)
    op.create_index(op.f("firm_department_idx"), "firm", ["department"], unique=False)
    op.create_table(
        "import",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("figures", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("import_pkey")),
        sa.UniqueConstraint("digest", name=op.f("import_digest_key")),
    )
    op.create_table(
        "cohort",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("coach_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'proposed'"), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("proposal", sa.Text(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("finished_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "(state = 'finished') = (finished_at IS NOT NULL)", name=op.f("cohort_finished_check")
        ),
        sa.CheckConstraint(
            "level IN ('beginner', 'intermediate', 'advanced')", name=op.f("cohort_level_check")
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'open', 'refused', 'finished')", name=op.f("cohort_state_check")
        ),
        sa.ForeignKeyConstraint(["coach_id"], ["coach.id"], name=op.f("cohort_coach_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("cohort_pkey")),
    )
    op.create_index(op.f("cohort_coach_id_idx"), "cohort", ["coach_id"], unique=False)
    op.create_index(op.f("cohort_proposal_idx"), "cohort", ["proposal"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("firm_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("availability", _JSON, nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("mail_stopped", sa.Text(), nullable=True),
        sa.Column("sms_stopped", sa.Text(), nullable=True),
        sa.Column("erased_at", _INSTANT, nullable=True),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "erased_at IS NULL OR coalesce(name, role, email, phone, availability::text) IS NULL",
            name=op.f("contact_erased_check"),
        ),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name=op.f("contact_firm_id_fkey")),
        sa.ForeignKeyConstraint(["merged_into"], ["contact.id"], name=op.f("contact_merged_into_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("contact_pkey")),
    )
    op.create_index(
        "contact_email_idx",
        "contact",
        [sa.literal_column("lower(email)")],
        unique=False,
        postgresql_where=sa.text("email IS NOT NULL"),
    )
    op.create_index(op.f("contact_firm_id_idx"), "contact", ["firm_id"], unique=False)
    op.create_index(op.f("contact_merged_into_idx"), "contact", ["merged_into"], unique=False)
    op.create_index(
        "contact_phone_idx", "contact", ["phone"], unique=False, postgresql_where=sa.text("phone IS NOT NULL")
    )
    op.create_index(
        "contact_seen_idx",
        "contact",
        ["seen_at"],
        unique=False,
        postgresql_where=sa.text("erased_at IS NULL"),
    )
    op.create_table(
        "firm_merge",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("dropped", _JSON, nullable=False),
        sa.Column("contacts", _JSON, nullable=False),
        sa.Column("moves", _JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("undone_at", _INSTANT, nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["kept"], ["firm.id"], name=op.f("firm_merge_kept_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("firm_merge_pkey")),
    )
    op.create_index(op.f("firm_merge_kept_idx"), "firm_merge", ["kept"], unique=False)
    op.create_table(
        "bounce",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("marker", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('hard', 'soft', 'complaint')", name=op.f("bounce_kind_check")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("bounce_contact_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("bounce_pkey")),
        sa.UniqueConstraint("marker", "kind", name=op.f("bounce_marker_kind_key")),
    )
    op.create_index(op.f("bounce_contact_id_idx"), "bounce", ["contact_id"], unique=False)
    op.create_table(
        "cohort_member",
        sa.Column("cohort_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("joined_at", _INSTANT, nullable=False),
        sa.Column("left_at", _INSTANT, nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("cohort_member_cohort_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("cohort_member_contact_id_fkey")),
        sa.PrimaryKeyConstraint("cohort_id", "contact_id", name=op.f("cohort_member_pkey")),
    )
    op.create_index(op.f("cohort_member_contact_id_idx"), "cohort_member", ["contact_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("transport", sa.Text(), nullable=False),
        sa.Column("given_at", _INSTANT, nullable=False),
        sa.Column("proof", _JSON, nullable=False),
        sa.Column("withdrawn_at", _INSTANT, nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('sessions', 'follow_up', 'invitations')", name=op.f("consent_purpose_check")
        ),
        sa.CheckConstraint("transport IN ('mail', 'sms')", name=op.f("consent_transport_check")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("consent_contact_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("consent_pkey")),
    )
    op.create_index("consent_contact_idx", "consent", ["contact_id"], unique=False)
    op.create_index(
        "consent_current_idx",
        "consent",
        ["contact_id", "purpose", "transport"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("cohort_id", sa.BigInteger(), nullable=True),
        sa.Column("coach_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_wall", sa.TIMESTAMP(), nullable=False),
        sa.Column("zone", sa.Text(), server_default=sa.text("'Europe/Paris'"), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("starts_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.CheckConstraint(
            "(kind = 'coaching') = (cohort_id IS NOT NULL)", name=op.f("session_cohort_check")
        ),
        sa.CheckConstraint("kind IN ('seminar', 'coaching', 'dialogue')", name=op.f("session_kind_check")),
        sa.CheckConstraint(
            "level IS NULL OR level IN ('beginner', 'intermediate', 'advanced')",
            name=op.f("session_level_check"),
        ),
        sa.CheckConstraint("state IN ('draft', 'open', 'cancelled')", name=op.f("session_state_check")),
        sa.CheckConstraint(
            "minutes > 0 AND capacity >= 0 AND ends_at > starts_at", name=op.f("session_length_check")
        ),
        sa.CheckConstraint("place IS NOT NULL OR link IS NOT NULL", name=op.f("session_place_check")),
        sa.ForeignKeyConstraint(["coach_id"], ["coach.id"], name=op.f("session_coach_id_fkey")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f("session_cohort_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("session_pkey")),
        sa.UniqueConstraint("ref", name=op.f("session_ref_key")),
    )
    op.create_index(op.f("session_coach_id_idx"), "session", ["coach_id"], unique=False)
    op.create_index(op.f("session_cohort_id_idx"), "session", ["cohort_id"], unique=False)
    op.create_index(
        "session_next_idx", "session", ["starts_at"], unique=False, postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "enrolment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("enrolled_at", _INSTANT, nullable=False),
        sa.Column("turn", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("armed_at", _INSTANT, nullable=True),
        sa.Column("attended_at", _INSTANT, nullable=True),
        sa.Column("attended_by", sa.Text(), nullable=True),
        sa.Column("told_version", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'present') = (attended_at IS NOT NULL)", name=op.f("enrolment_attended_check")
        ),
        sa.CheckConstraint(
            "state IN ('registered', 'waiting', 'left', 'present', 'absent')",
            name=op.f("enrolment_state_check"),
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("enrolment_contact_id_fkey")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("enrolment_session_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("enrolment_pkey")),
        sa.UniqueConstraint("session_id", "contact_id", name=op.f("enrolment_session_id_contact_id_key")),
    )
    op.create_index("enrolment_contact_idx", "enrolment", ["contact_id", "session_id"], unique=False)
    op.create_index(
        "enrolment_waiting_idx",
        "enrolment",
        ["session_id", "since"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "registration",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("draft", _JSON, nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("confirmed_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (contact_id IS NULL)", name=op.f("registration_contact_check")
        ),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (draft IS NOT NULL)", name=op.f("registration_draft_check")
        ),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (email IS NOT NULL)", name=op.f("registration_email_check")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("registration_contact_id_fkey")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("registration_session_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("registration_pkey")),
        sa.UniqueConstraint("ref", name=op.f("registration_ref_key")),
    )
    op.create_index(op.f("registration_contact_id_idx"), "registration", ["contact_id"], unique=False)
    op.create_index(op.f("registration_created_at_idx"), "registration", ["created_at"], unique=False)
    op.create_index(op.f("registration_session_id_idx"), "registration", ["session_id"], unique=False)
    op.create_table(
        "answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("content", _JSON, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.CheckConstraint(
            "about IN ('satisfaction', 'outcome_3', 'outcome_6')", name=op.f("answer_about_check")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("answer_contact_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("answer_enrolment_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("answer_pkey")),
        sa.UniqueConstraint("enrolment_id", "about", name=op.f("answer_enrolment_id_about_key")),
    )
    op.create_index(op.f("answer_contact_id_idx"), "answer", ["contact_id"], unique=False)
    op.create_table(
        "reminder",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("enrolment_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("tried", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("turn", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("effect_id", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.Column("told_by", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", _INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'queued', 'sent', 'parked', 'void', 'expired', 'refused', 'unreachable')",
            name=op.f("reminder_state_check"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('queued', 'sent', 'parked') OR effect_id IS NOT NULL",
            name=op.f("reminder_effect_check"),
        ),
        sa.CheckConstraint("at < until", name=op.f("reminder_until_check")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("reminder_contact_id_fkey")),
        sa.ForeignKeyConstraint(["effect_id"], ["effect.id"], name=op.f("reminder_effect_id_fkey")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("reminder_enrolment_id_fkey")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("reminder_session_id_fkey")),
        sa.ForeignKeyConstraint(["told_by"], ["effect.id"], name=op.f("reminder_told_by_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("reminder_pkey")),
        sa.UniqueConstraint(
            "enrolment_id", "rule", "version", name=op.f("reminder_enrolment_id_rule_version_key")
        ),
    )
    op.create_index("reminder_contact_idx", "reminder", ["contact_id"], unique=False)
    op.create_index(
        "reminder_due_idx", "reminder", ["at"], unique=False, postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index(
        "reminder_open_idx",
        "reminder",
        ["effect_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'parked')"),
    )
    op.create_index("reminder_session_idx", "reminder", ["session_id", "state"], unique=False)
    op.create_index(
        "reminder_telling_idx",
        "reminder",
        ["told_by"],
        unique=False,
        postgresql_where=sa.text("told_by IS NOT NULL"),
    )
    op.create_index(
        "reminder_untold_idx",
        "reminder",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('parked', 'expired', 'unreachable') AND told_at IS NULL"),
    )
    op.create_table(
        "person_act",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.CheckConstraint(
            "act IN ('found', 'shown', 'exported', 'erased')", name=op.f("person_act_act_check")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("person_act_contact_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("person_act_pkey")),
    )
    op.create_index(op.f("person_act_at_idx"), "person_act", ["at"], unique=False)
    op.create_index(op.f("person_act_contact_id_idx"), "person_act", ["contact_id"], unique=False)
    op.execute("UPDATE effect SET content = content || '{\"about\": \"posting\"}' WHERE channel = 'mail'")


def downgrade() -> None:
    op.drop_table("person_act")
    op.drop_table("reminder")
    op.drop_table("answer")
    op.drop_table("registration")
    op.drop_table("enrolment")
    op.drop_table("session")
    op.drop_table("consent")
    op.drop_table("cohort_member")
    op.drop_table("bounce")
    op.drop_table("firm_merge")
    op.drop_table("contact")
    op.drop_table("cohort")
    op.drop_table("import")
    op.drop_table("firm")
    op.drop_table("coach")
    op.execute("DELETE FROM effect WHERE channel IN ('mail', 'sms') AND content ->> 'about' <> 'posting'")
    op.execute("UPDATE effect SET content = content - 'about' WHERE channel = 'mail'")
