"""The tables of covered events: events, the students who cover them, consents, slots, media.

Belongs here: typed tables. Does not: how they are read and written (coverage/events.py, coverage/students.py, coverage/media_consents.py,
coverage/media.py).

Students are minors, most of them: what is personal of them is in ``student`` and ``media_consent``, their faces are in ``medium_file``,
and nowhere else. An effect says a medium's caption, and no name.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.region.tables.base import Base


class EventRow(Base):
    """A regional event that high-school students cover."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)  # in [0-9a-z]: its page
    name: Mapped[str]
    place: Mapped[str]
    department: Mapped[str]
    first_day: Mapped[dt.date]
    last_day: Mapped[dt.date]
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    created_at: Mapped[dt.datetime]
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="days"),
        CheckConstraint("state IN ('open', 'closed')", name="state"),
    )


class StudentRow(Base):
    """Somebody of a crew, or whom a medium shows. A guardian is named as long as they are, or were, a minor; erased, all is null."""

    __tablename__ = "student"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
    born: Mapped[dt.date | None]
    guardian_name: Mapped[str | None]
    guardian_email: Mapped[str | None]
    created_at: Mapped[dt.datetime]
    erased_at: Mapped[dt.datetime | None]
    __table_args__ = (
        CheckConstraint(
            "CASE WHEN erased_at IS NULL THEN num_nulls(name, email, born) = 0 "
            "ELSE num_nonnulls(name, email, born, guardian_name, guardian_email) = 0 END",
            name="erased",
        ),
        CheckConstraint("(guardian_name IS NULL) = (guardian_email IS NULL)", name="guardian"),
        Index("student_email_idx", text("lower(email)"), unique=True),
    )


class MediaConsentRow(Base):
    """That somebody may be shown: what of them, where, at which event, who said so, how that can be proved, until when."""

    __tablename__ = "media_consent"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
    kind: Mapped[str]
    scopes: Mapped[list[Any]]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"), index=True)  # null: any event
    given_by: Mapped[str]
    given_at: Mapped[dt.datetime]
    proof: Mapped[str]  # the page and its wording, or where the paper is kept
    expires_at: Mapped[dt.datetime]
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("kind IN ('image', 'voice', 'byline')", name="kind"),
        CheckConstraint("given_by IN ('student', 'guardian')", name="giver"),
        CheckConstraint("expires_at > given_at", name="expiry"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
        CheckConstraint(
            'scopes <> \'[]\' AND scopes <@ \'["portal", "facebook", "instagram"]\'', name="scopes"
        ),
        Index("media_consent_expiry_idx", "expires_at", postgresql_where=text("withdrawn_at IS NULL")),
    )


class CrewMemberRow(Base):
    """That a student covers an event, and what they do there."""

    __tablename__ = "crew_member"
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), primary_key=True, index=True)
    role: Mapped[str]  # in French: « cadreuse »


class SlotRow(Base):
    """A time of an event's coverage: a live video, stories, or pictures for the wall, on an account."""

    __tablename__ = "slot"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    kind: Mapped[str]
    account: Mapped[str]  # as staff call it: « la Page de la Région »
    state: Mapped[str] = mapped_column(server_default=text("'planned'"))
    changed_at: Mapped[dt.datetime]
    changed_by: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="length"),
        CheckConstraint("kind IN ('live', 'story', 'wall')", name="kind"),
        CheckConstraint("state IN ('planned', 'live', 'done', 'cancelled')", name="state"),
    )


class SlotPersonRow(Base):
    """That a slot shows a student."""

    __tablename__ = "slot_person"
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"), primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), primary_key=True, index=True)


class MediumRow(Base):
    """An image or a video of a slot. ``scopes`` is where it is shown now: published while there is one.

    draft ─> published ─> withdrawn ─> published. What was published stays in the roll (``medium_step``).
    """

    __tablename__ = "medium"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)  # in [0-9a-z]: its address
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"), index=True)
    kind: Mapped[str]
    digest: Mapped[bytes]  # SHA-256 of the file
    caption: Mapped[str]
    alt: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'draft'"))
    scopes: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    turn: Mapped[int] = mapped_column(Integer(), server_default=text("0"))  # how often it was published
    published_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
    __table_args__ = (
        CheckConstraint("kind IN ('image', 'video')", name="kind"),
        CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'published') = (scopes <> '[]')", name="scopes"),
        CheckConstraint("state <> 'published' OR published_at IS NOT NULL", name="published"),
        CheckConstraint('scopes <@ \'["portal", "instagram"]\'', name="places"),
        Index("medium_published_idx", "published_at", postgresql_where=text("state = 'published'")),
    )


class MediumFileRow(Base):
    """The file itself, with nothing in it that says where or with which telephone it was made (core/jpeg.py)."""

    __tablename__ = "medium_file"
    medium_id: Mapped[int] = mapped_column(ForeignKey("medium.id", ondelete="CASCADE"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary())


class MediumPersonRow(Base):
    """That a medium shows a student."""

    __tablename__ = "medium_person"
    medium_id: Mapped[int] = mapped_column(ForeignKey("medium.id", ondelete="CASCADE"), primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), primary_key=True, index=True)


class MediumStepRow(Base):
    """The roll: what was published or withdrawn, where, by whom, when and why."""

    __tablename__ = "medium_step"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    medium_id: Mapped[int] = mapped_column(ForeignKey("medium.id", ondelete="CASCADE"), index=True)
    step: Mapped[str]
    scopes: Mapped[list[Any]]
    by: Mapped[str]
    why: Mapped[str | None]
    at: Mapped[dt.datetime]
    __table_args__ = (CheckConstraint("step IN ('published', 'withdrawn')", name="step"),)
