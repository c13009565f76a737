"""The tables of weekly digests: each role's editions, what a person approved of, and who wants none.

Belongs here: typed tables. Does not: how they are read and written (digests/), or letters, which are in the ledger.

Nothing here is personal: officials and coaches are numbers, and of everybody else there is a hash of their address.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.region.tables.base import Base

_ROLE = "role IN ('officials', 'coaches', 'contractor', 'press', 'direction')"


class DigestEditionRow(Base):
    """A role's digest of one week: due once, whoever looks how often.

    waiting ─> sent (its letters are in the ledger), or expired: nobody could send it in time.
    """

    __tablename__ = "digest_edition"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    role: Mapped[str]
    week: Mapped[str]  # ISO's, « 2026-W49 »
    due_at: Mapped[dt.datetime]
    until: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    figures: Mapped[dict[str, Any]]  # what later weeks compare themselves with
    letters: Mapped[int] = mapped_column(Integer(), server_default=text("0"))
    made_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    __table_args__ = (
        UniqueConstraint("role", "week"),
        CheckConstraint(_ROLE, name="role"),
        CheckConstraint("state IN ('waiting', 'sent', 'expired')", name="state"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended"),
    )


class DigestApprovalRow(Base):
    """What a person is asked to approve of before a role's digest leaves: its words as they are, and to whom."""

    __tablename__ = "digest_approval"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    role: Mapped[str]
    form: Mapped[str]  # a hash of the role's words
    readers: Mapped[list[str]] = mapped_column(ARRAY(Text()))  # keys of the reviewed file; of tables none
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    raised_at: Mapped[dt.datetime]
    flow_run: Mapped[str | None]  # the Prefect run that shows the form
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    __table_args__ = (
        CheckConstraint(_ROLE, name="role"),
        CheckConstraint("state IN ('waiting', 'approved', 'refused', 'replaced')", name="state"),
        CheckConstraint("(state IN ('approved', 'refused')) = (decided_by IS NOT NULL)", name="decided"),
        Index("digest_approval_waiting_idx", "role", unique=True, postgresql_where=text("state = 'waiting'")),
    )


class DigestStopRow(Base):
    """That somebody wants no digest of a role any more. Who wants it again has no row."""

    __tablename__ = "digest_stop"
    role: Mapped[str] = mapped_column(primary_key=True)
    reader: Mapped[str] = mapped_column(primary_key=True)
    stopped_at: Mapped[dt.datetime]
    __table_args__ = (CheckConstraint(_ROLE, name="role"),)
