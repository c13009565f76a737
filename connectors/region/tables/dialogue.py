"""The tables of dialogues: who takes part on the Region's side, seasons, each dialogue's life, and residents' questions.

Belongs here: typed tables. Does not: how they are read and written (dialogues/dialogues.py, dialogues/seasons.py, questions/questions.py).

A dialogue that is announced has a ``session``: residents register for it and are reminded as for any other. What is personal of
residents is in ``contact`` and, until they confirm, in ``ask``; ``official`` and ``moderator`` are people of the Region's own.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from connectors.region.tables.base import Base

_FORM = "form IN ('live', 'written')"


class OfficialRow(Base):
    """An elected official who meets residents. A year after their end name and address are erased."""

    __tablename__ = "official"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str | None]
    office: Mapped[str]  # in French: « vice-présidente déléguée à l’apprentissage »
    email: Mapped[str | None]
    departments: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))  # none: the whole Region
    themes: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    calendar: Mapped[
        str | None
    ]  # where they are busy: a collection of our CalDAV server, or the https address of a file
    most: Mapped[int] = mapped_column(Integer(), server_default=text("4"))  # dialogues a season
    ended_at: Mapped[dt.datetime | None]
    __table_args__ = (
        CheckConstraint(
            "(name IS NULL) = (email IS NULL) AND (email IS NOT NULL OR ended_at IS NOT NULL)", name="erased"
        ),
        Index("official_email_idx", text("lower(email)"), unique=True),
    )


class ModeratorRow(Base):
    """Who holds a dialogue: no dialogue is proposed without one. A year after their end name and address are erased."""

    __tablename__ = "moderator"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
    departments: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))  # none: the whole Region
    ended_at: Mapped[dt.datetime | None]
    __table_args__ = (
        CheckConstraint(
            "(name IS NULL) = (email IS NULL) AND (email IS NOT NULL OR ended_at IS NOT NULL)", name="erased"
        ),
        Index("moderator_email_idx", text("lower(email)"), unique=True),
    )


class VenueRow(Base):
    """A room or a studio where live dialogues are held."""

    __tablename__ = "venue"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str | None]
    department: Mapped[str]
    kind: Mapped[str]
    seats: Mapped[int] = mapped_column(
        Integer(), server_default=text("0")
    )  # for residents; 0: they follow it online
    ended_at: Mapped[dt.datetime | None]
    __table_args__ = (
        CheckConstraint("kind IN ('room', 'studio')", name="kind"),
        CheckConstraint("seats >= 0", name="seats"),
    )


class BusyRow(Base):
    """When an official, a moderator or a venue cannot be had: as their calendar says, or staff. Never why."""

    __tablename__ = "busy"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    official_id: Mapped[int | None] = mapped_column(ForeignKey("official.id", ondelete="CASCADE"), index=True)
    moderator_id: Mapped[int | None] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), index=True
    )
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    origin: Mapped[str]
    __table_args__ = (
        CheckConstraint("num_nonnulls(official_id, moderator_id, venue_id) = 1", name="whose"),
        CheckConstraint("ends_at > starts_at", name="length"),
        CheckConstraint("origin IN ('calendar', 'staff')", name="origin"),
    )


class CalendarRow(Base):
    """What the hub remembers of a calendar that it reads: how far, and what was wrong with it."""

    __tablename__ = "calendar"
    name: Mapped[str] = mapped_column(primary_key=True)  # a collection, or an address
    token: Mapped[str | None]
    read_at: Mapped[dt.datetime | None]
    error: Mapped[str | None]


class SeasonRow(Base):
    """Dialogues that are planned together."""

    __tablename__ = "season"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    first_day: Mapped[dt.date]
    last_day: Mapped[dt.date]
    proposal: Mapped[
        dict[str, Any] | None
    ]  # where and when each of its dialogues would be, until it is decided on
    explanation: Mapped[str | None]
    proposed_at: Mapped[dt.datetime | None]
    proposed_by: Mapped[str | None]  # the run that made the newest proposal, or who typed the command
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str | None]
    created_at: Mapped[dt.datetime]
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="days"),
        CheckConstraint("(proposal IS NULL) = (proposed_at IS NULL)", name="proposal"),
    )


class DialogueRow(Base):
    """A session of residents with an official, live or in writing.

    draft ─> proposed ─> approved ─> announced ─> on_air ─> closed ─> answered ─> archived; cancelled from any before on_air. What is
    approved has an official, a moderator and a time: in 2017 nobody could say who would moderate. What is proposed is in its season's
    proposal.
    """

    __tablename__ = "dialogue"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)  # in [0-9a-z]: its page, and its subject on channels
    season_id: Mapped[int | None] = mapped_column(ForeignKey("season.id"), index=True)
    theme: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(server_default=text("''"))
    form: Mapped[str]
    department: Mapped[str | None]  # whose residents it is for; none: all
    official_id: Mapped[int | None] = mapped_column(ForeignKey("official.id"), index=True)
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderator.id"), index=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"), index=True)
    starts_wall: Mapped[dt.datetime | None] = mapped_column(TIMESTAMP(timezone=False))
    zone: Mapped[str] = mapped_column(server_default=text("'Europe/Paris'"))
    starts_at: Mapped[dt.datetime | None]  # the instant of ``starts_wall`` in ``zone``
    minutes: Mapped[int] = mapped_column(Integer())
    locked: Mapped[bool] = mapped_column(server_default=text("false"))  # a new proposal leaves it where it is
    version: Mapped[int] = mapped_column(Integer(), server_default=text("1"))  # of time, place and form
    was_at: Mapped[dt.datetime | None]  # when it was to begin before it was moved, for those who were told
    state: Mapped[str] = mapped_column(server_default=text("'draft'"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id"), unique=True)
    reason: Mapped[str | None]  # why it is cancelled, or held in writing, for those who were told
    replay: Mapped[str | None]
    record: Mapped[str | None]  # the minutes, as residents read them
    fallen_back_at: Mapped[dt.datetime | None]  # live became written
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'proposed', 'approved', 'announced', 'on_air', 'closed', 'answered', 'archived', 'cancelled')",
            name="state",
        ),
        CheckConstraint(_FORM, name="form"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint(
            "state IN ('draft', 'proposed', 'cancelled') OR num_nulls(official_id, moderator_id, starts_wall, starts_at) = 0",
            name="moderated",
        ),
        CheckConstraint(
            "state IN ('draft', 'proposed', 'cancelled') OR form = 'written' OR venue_id IS NOT NULL",
            name="venue",
        ),
        CheckConstraint(
            "state IN ('draft', 'proposed', 'approved', 'cancelled') OR session_id IS NOT NULL",
            name="session",
        ),
        CheckConstraint("(starts_wall IS NULL) = (starts_at IS NULL)", name="start"),
        Index("dialogue_next_idx", "starts_at", postgresql_where=text("starts_at IS NOT NULL")),
    )


class DialogueStepRow(Base):
    """A decision about a dialogue: who took it, when and why."""

    __tablename__ = "dialogue_step"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    dialogue_id: Mapped[int] = mapped_column(ForeignKey("dialogue.id", ondelete="CASCADE"), index=True)
    step: Mapped[str]  # the state it came to, or: moved, fallen_back, replaced, checked
    by: Mapped[str]
    why: Mapped[str | None]
    at: Mapped[dt.datetime]


class MoveProposalRow(Base):
    """That somebody moved a dialogue in their own calendar: nothing moves before a person says so."""

    __tablename__ = "move_proposal"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    dialogue_id: Mapped[int] = mapped_column(ForeignKey("dialogue.id", ondelete="CASCADE"))
    starts_wall: Mapped[dt.datetime | None] = mapped_column(
        TIMESTAMP(timezone=False)
    )  # null: they took it out of their calendar
    minutes: Mapped[int | None] = mapped_column(Integer())
    calendar: Mapped[str]
    at: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'accepted', 'refused', 'moot')", name="state"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided"),
        Index(
            "move_proposal_waiting_idx",
            "dialogue_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
    )


class QuestionRow(Base):
    """What a resident wants to know. It ends answered, merged into another, or refused with a reason that its author reads.

    unconfirmed ─> waiting (for a moderator) ─> published ─> answered; or merged, refused. ``due_at`` is the public clock's end.
    """

    __tablename__ = "question"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)  # in [0-9a-z]: its page
    dialogue_id: Mapped[int | None] = mapped_column(ForeignKey("dialogue.id"), index=True)
    theme: Mapped[str]
    body: Mapped[str]
    author: Mapped[str | None]  # as it is shown; null: somebody who wishes not to be named
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contact.id"), index=True
    )  # null: anonymous, or on Facebook
    origin: Mapped[str]
    remote_id: Mapped[str | None] = mapped_column(unique=True)  # of the comment that asks it
    state: Mapped[str]
    into_id: Mapped[int | None] = mapped_column(ForeignKey("question.id"), index=True)
    reason: Mapped[str | None]  # an article of the charter, and in further lines what its author alone reads
    answer: Mapped[str | None]
    answered_by: Mapped[str | None]  # the official, as shown
    asked_from: Mapped[bytes | None]  # keyed hash of the network address, for a day
    decided_by: Mapped[str | None]  # who of the staff took its last step
    asked_at: Mapped[dt.datetime]
    published_at: Mapped[dt.datetime | None]
    due_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    changed_at: Mapped[dt.datetime]
    __table_args__ = (
        CheckConstraint(
            "state IN ('unconfirmed', 'waiting', 'published', 'answered', 'merged', 'refused')", name="state"
        ),
        CheckConstraint("origin IN ('portal', 'anonymous', 'facebook')", name="origin"),
        CheckConstraint("(state = 'merged') = (into_id IS NOT NULL)", name="merged"),
        CheckConstraint("state <> 'refused' OR reason IS NOT NULL", name="refused"),
        CheckConstraint("(state = 'answered') = (answer IS NOT NULL)", name="answered"),
        CheckConstraint(
            "(state IN ('answered', 'merged', 'refused')) = (ended_at IS NOT NULL)", name="ended"
        ),
        CheckConstraint(
            "state NOT IN ('published', 'answered') OR num_nulls(published_at, due_at) = 0", name="due"
        ),
        Index("question_open_idx", "due_at", postgresql_where=text("state IN ('waiting', 'published')")),
    )


class VoteRow(Base):
    """That somebody finds a question worth asking. ``voter`` is a keyed hash of what their browser keeps for that: no person."""

    __tablename__ = "vote"
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), primary_key=True)
    voter: Mapped[bytes] = mapped_column(primary_key=True)
    origin: Mapped[bytes | None]  # keyed hash of the network address, for a day
    at: Mapped[dt.datetime] = mapped_column(index=True)


class WatchRow(Base):
    """That somebody wants to be told when a question is answered; its author does without being here."""

    __tablename__ = "watch"
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True, index=True)
    at: Mapped[dt.datetime]


class AskRow(Base):
    """What a resident asked for with an address, until they press the link in the mail. Unconfirmed it is deleted after 48 hours."""

    __tablename__ = "ask"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    email: Mapped[str | None]
    name: Mapped[str | None]
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id"), index=True)  # that they follow
    question_id: Mapped[int | None] = mapped_column(
        ForeignKey("question.id", ondelete="CASCADE"), index=True
    )  # that they ask, or watch
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    wording: Mapped[str]  # which they agreed to: the version of the form
    origin: Mapped[bytes | None]  # keyed hash of the network address, for a day
    created_at: Mapped[dt.datetime] = mapped_column(index=True)
    confirmed_at: Mapped[dt.datetime | None]
    __table_args__ = (
        CheckConstraint("kind IN ('follow', 'question', 'watch')", name="kind"),
        CheckConstraint("(kind = 'follow') = (session_id IS NOT NULL)", name="session"),
        CheckConstraint("(kind = 'follow') = (question_id IS NULL)", name="question"),
        CheckConstraint("(confirmed_at IS NULL) = (email IS NOT NULL)", name="email"),
        CheckConstraint("(confirmed_at IS NULL) = (contact_id IS NULL)", name="contact"),
    )


class CommentsReadRow(Base):
    """How far the comments of a dialogue on a channel were read."""

    __tablename__ = "comments_read"
    dialogue_id: Mapped[int] = mapped_column(ForeignKey("dialogue.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[str | None]
    read_at: Mapped[dt.datetime]
