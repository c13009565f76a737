"""The tables of the programme: firms and their contacts, sessions, who takes part, and what each is to be reminded of.

Belongs here: typed tables. Does not: how they are read and written (firms/firms.py, sessions/sessions.py, sessions/enrolments.py,
sessions/reminders.py).

What is personal is in ``contact``, ``registration`` (until it is confirmed) and ``coach``; everything else names people by number.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from connectors.region.tables.base import Base

_TRANSPORT = "transport IN ('mail', 'sms')"
_PURPOSE = "purpose IN ('sessions', 'follow_up', 'invitations')"
_LEVEL = "level IN ('beginner', 'intermediate', 'advanced')"


class FirmRow(Base):
    """An establishment that the programme accompanies: one row a SIRET."""

    __tablename__ = "firm"
    id: Mapped[int] = mapped_column(
        Identity(), primary_key=True
    )  # a merge that is undone brings its number back
    siret: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    naf: Mapped[str | None]
    headcount: Mapped[str | None]  # schemas.firm.HEADCOUNTS
    commune: Mapped[str | None]  # INSEE code
    department: Mapped[str | None]
    postal_code: Mapped[str | None]
    city: Mapped[str | None]
    level: Mapped[str | None]
    origin: Mapped[str]  # portal | the name of an import
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
    __table_args__ = (
        CheckConstraint(f"level IS NULL OR {_LEVEL}", name="level"),
        Index(None, "department"),
        Index(None, "commune"),
    )


class FirmMergeRow(Base):
    """Two records that were one firm: what the dropped one was, so that it can be undone."""

    __tablename__ = "firm_merge"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kept: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), index=True)
    dropped: Mapped[dict[str, Any]]  # the whole ``firm`` row
    contacts: Mapped[list[Any]]  # the numbers of those who moved
    moves: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))  # core.firm_merging.Moves
    by: Mapped[str]
    reason: Mapped[str]
    at: Mapped[dt.datetime]
    undone_at: Mapped[dt.datetime | None]
    undone_by: Mapped[str | None]


class ContactRow(Base):
    """A person: of a firm, or a resident. Erasing one empties the row; its number stays for what happened."""

    __tablename__ = "contact"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("firm.id"), index=True)
    name: Mapped[str | None]
    role: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]  # E.164
    availability: Mapped[list[Any] | None]  # slots, as core.cohorts names them
    origin: Mapped[str]  # portal | the name of an import
    created_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]  # what they last did themselves: retention counts from it
    mail_stopped: Mapped[str | None]  # why the address takes no mail: it bounced, say
    sms_stopped: Mapped[str | None]
    erased_at: Mapped[dt.datetime | None]
    merged_into: Mapped[int | None] = (
        mapped_column(  # the record that this one is, since their firms were merged
            ForeignKey("contact.id"), index=True
        )
    )
    __table_args__ = (
        CheckConstraint(
            "erased_at IS NULL OR coalesce(name, role, email, phone, availability::text) IS NULL",
            name="erased",
        ),
        Index("contact_email_idx", text("lower(email)"), postgresql_where=text("email IS NOT NULL")),
        Index("contact_phone_idx", "phone", postgresql_where=text("phone IS NOT NULL")),
        Index("contact_seen_idx", "seen_at", postgresql_where=text("erased_at IS NULL")),
    )


class ConsentRow(Base):
    """That a person agreed to be written to, for one purpose by one transport, how that is known, and when it ended."""

    __tablename__ = "consent"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    transport: Mapped[str]
    given_at: Mapped[dt.datetime]
    proof: Mapped[
        dict[str, Any]
    ]  # how it is known: the form's text, the registration, the sheet and its line
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[str | None]  # one-click | preferences | erasure | staff | merge
    __table_args__ = (
        CheckConstraint(_PURPOSE, name="purpose"),
        CheckConstraint(_TRANSPORT, name="transport"),
        Index(
            "consent_current_idx",
            "contact_id",
            "purpose",
            "transport",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("consent_contact_idx", "contact_id"),
    )


class RegistrationRow(Base):
    """What somebody filled in, until they press the link in the mail. Unconfirmed it is deleted after 48 hours."""

    __tablename__ = "registration"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    draft: Mapped[dict[str, Any] | None]  # schemas.firm.Registration; erased once it is confirmed
    email: Mapped[str | None]
    siret: Mapped[str]
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    origin: Mapped[bytes | None]  # keyed hash of the network address, for a day
    created_at: Mapped[dt.datetime] = mapped_column(index=True)
    confirmed_at: Mapped[dt.datetime | None]
    __table_args__ = (
        CheckConstraint("(confirmed_at IS NULL) = (draft IS NOT NULL)", name="draft"),
        CheckConstraint("(confirmed_at IS NULL) = (email IS NOT NULL)", name="email"),
        CheckConstraint("(confirmed_at IS NULL) = (contact_id IS NULL)", name="contact"),
    )


class ImportRow(Base):
    """A seminar sheet or a partner's file that was taken in: once, whoever sends it again."""

    __tablename__ = "import"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    by: Mapped[str]
    at: Mapped[dt.datetime]
    figures: Mapped[dict[str, Any]]


class CoachRow(Base):
    """Who accompanies firms, and is told what a person must see to. A year after their end name and address are erased."""

    __tablename__ = "coach"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
    departments: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    availability: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    cohorts: Mapped[int] = mapped_column(Integer(), server_default=text("2"))  # that they take at once
    ended_at: Mapped[dt.datetime | None]
    __table_args__ = (
        CheckConstraint(
            "(name IS NULL) = (email IS NULL) AND (email IS NOT NULL OR ended_at IS NOT NULL)", name="erased"
        ),
        Index("coach_email_idx", text("lower(email)"), unique=True),
    )


class CohortRow(Base):
    """Firms that go through the programme together, with one coach."""

    __tablename__ = "cohort"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]
    department: Mapped[str]
    level: Mapped[str]
    slot: Mapped[str]
    capacity: Mapped[int] = mapped_column(Integer())
    coach_id: Mapped[int] = mapped_column(ForeignKey("coach.id"), index=True)
    state: Mapped[str] = mapped_column(server_default=text("'proposed'"))
    explanation: Mapped[str | None]
    proposal: Mapped[str | None] = mapped_column(index=True)  # the run that proposed it
    created_at: Mapped[dt.datetime]
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str | None]
    finished_at: Mapped[dt.datetime | None]
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'open', 'refused', 'finished')", name="state"),
        CheckConstraint(_LEVEL, name="level"),
        CheckConstraint("(state = 'finished') = (finished_at IS NOT NULL)", name="finished"),
    )


class CohortMemberRow(Base):
    """That a person's firm is in a cohort, and since when."""

    __tablename__ = "cohort_member"
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True, index=True)
    joined_at: Mapped[dt.datetime]
    left_at: Mapped[dt.datetime | None]
    why: Mapped[str | None]  # why the optimiser put them there


class SessionRow(Base):
    """A seminar, a cohort's session or a dialogue: when people meet, and where.

    ``version`` counts what those who were told must be told anew: another time or another place.
    """

    __tablename__ = "session"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(server_default=text("''"))
    level: Mapped[str | None]
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohort.id"), index=True)
    coach_id: Mapped[int | None] = mapped_column(ForeignKey("coach.id"), index=True)
    starts_wall: Mapped[dt.datetime] = mapped_column(TIMESTAMP(timezone=False))
    zone: Mapped[str] = mapped_column(server_default=text("'Europe/Paris'"))
    minutes: Mapped[int] = mapped_column(Integer())
    starts_at: Mapped[dt.datetime]  # the instant of ``starts_wall`` in ``zone``
    ends_at: Mapped[dt.datetime]
    place: Mapped[str | None]
    address: Mapped[str | None]
    department: Mapped[str | None]
    link: Mapped[str | None]  # where it is held, when online; for those who take part only
    capacity: Mapped[int] = mapped_column(Integer())
    version: Mapped[int] = mapped_column(Integer(), server_default=text("1"))
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    reason: Mapped[str | None]  # why it was cancelled, for those who were told
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
    __table_args__ = (
        CheckConstraint("kind IN ('seminar', 'coaching', 'dialogue')", name="kind"),
        CheckConstraint("state IN ('draft', 'open', 'cancelled')", name="state"),
        CheckConstraint(f"level IS NULL OR {_LEVEL}", name="level"),
        CheckConstraint("minutes > 0 AND capacity >= 0 AND ends_at > starts_at", name="length"),
        CheckConstraint("place IS NOT NULL OR link IS NOT NULL", name="place"),
        CheckConstraint("(kind = 'coaching') = (cohort_id IS NOT NULL)", name="cohort"),
        Index("session_next_idx", "starts_at", postgresql_where=text("state = 'open'")),
    )


class EnrolmentRow(Base):
    """That a person takes part in a session, waits for a place, or did."""

    __tablename__ = "enrolment"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    state: Mapped[str]
    since: Mapped[dt.datetime]  # in this state; who waits longest is promoted first
    enrolled_at: Mapped[dt.datetime]
    turn: Mapped[int] = mapped_column(
        Integer(), server_default=text("1")
    )  # who left and comes back has another
    armed_at: Mapped[dt.datetime | None]  # reminders count from it: a place was had then
    attended_at: Mapped[dt.datetime | None]
    attended_by: Mapped[str | None]  # link | the coach's name | sheet
    told_version: Mapped[int | None] = mapped_column(Integer())  # the newest one they had a letter about
    __table_args__ = (
        UniqueConstraint("session_id", "contact_id"),
        CheckConstraint("state IN ('registered', 'waiting', 'left', 'present', 'absent')", name="state"),
        CheckConstraint("(state = 'present') = (attended_at IS NOT NULL)", name="attended"),
        Index("enrolment_contact_idx", "contact_id", "session_id"),
        Index("enrolment_waiting_idx", "session_id", "since", postgresql_where=text("state = 'waiting'")),
    )


class ReminderRow(Base):
    """One reminder of one person: due at ``at``, pointless after ``until``, and what became of it.

    waiting ─> queued (part of an effect) ─> sent | parked. Otherwise: void (no longer true), expired (too late), refused (no
    consent covers it), unreachable (no address that works). ``told_at``: when the coach was told of what was not sent,
    ``told_by``: by which letter, until that is done with; when it came to nothing ``told_at`` is null again, and an alert tells.
    """

    __tablename__ = "reminder"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    rule: Mapped[str]
    version: Mapped[int] = mapped_column(Integer())  # of the session
    at: Mapped[dt.datetime]
    until: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    tried: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))  # transports that failed
    turn: Mapped[int] = mapped_column(Integer(), server_default=text("0"))  # how often it was put in a letter
    effect_id: Mapped[int | None] = mapped_column(ForeignKey("effect.id"))
    why: Mapped[str | None]
    told_at: Mapped[dt.datetime | None]
    told_by: Mapped[int | None] = mapped_column(ForeignKey("effect.id"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    __table_args__ = (
        UniqueConstraint("enrolment_id", "rule", "version"),
        CheckConstraint(
            "state IN ('waiting', 'queued', 'sent', 'parked', 'void', 'expired', 'refused', 'unreachable')",
            name="state",
        ),
        CheckConstraint("state NOT IN ('queued', 'sent', 'parked') OR effect_id IS NOT NULL", name="effect"),
        CheckConstraint("at < until", name="until"),
        Index("reminder_due_idx", "at", postgresql_where=text("state = 'waiting'")),
        Index("reminder_open_idx", "effect_id", postgresql_where=text("state IN ('queued', 'parked')")),
        Index(
            "reminder_untold_idx",
            "id",
            postgresql_where=text("state IN ('parked', 'expired', 'unreachable') AND told_at IS NULL"),
        ),
        Index("reminder_telling_idx", "told_by", postgresql_where=text("told_by IS NOT NULL")),
        Index("reminder_contact_idx", "contact_id"),
        Index("reminder_session_idx", "session_id", "state"),
    )


class AnswerRow(Base):
    """What somebody answered: how a session was, or what became of the firm three and six months after its cohort."""

    __tablename__ = "answer"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    about: Mapped[str]  # satisfaction | outcome_3 | outcome_6
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id", ondelete="CASCADE"))
    content: Mapped[dict[str, Any]]
    at: Mapped[dt.datetime]
    __table_args__ = (
        UniqueConstraint("enrolment_id", "about"),
        CheckConstraint("about IN ('satisfaction', 'outcome_3', 'outcome_6')", name="about"),
        Index(None, "contact_id"),
    )


class BounceRow(Base):
    """That a letter came back."""

    __tablename__ = "bounce"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    marker: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str | None]
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    at: Mapped[dt.datetime]
    told_at: Mapped[dt.datetime | None]
    __table_args__ = (
        UniqueConstraint("marker", "kind"),
        CheckConstraint("kind IN ('hard', 'soft', 'complaint')", name="kind"),
    )
