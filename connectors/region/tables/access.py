"""The tables of access: officers' sessions, attempts to sign in, and the log of acts.

Belongs here: typed tables. Does not: how they are read and written (access/officer_sessions.py, access/acts.py), or what keeps the log
from being edited (migration 0010, access/act_owner.py).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ARRAY, CheckConstraint, Identity, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from connectors.region.tables.base import Base


class ActRow(Base):
    """Something that somebody did and answers for. Triggers number and chain it, and refuse to change it."""

    __tablename__ = "act"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    by: Mapped[str]  # whoever of the staff | themselves | term | restore
    account: Mapped[str | None]  # of whoever signed in: the provider's ``sub``
    via: Mapped[str]  # portal | command line | prefect | hub
    address: Mapped[str | None]  # of whoever signed in
    did: Mapped[str]
    what: Mapped[str]
    ref: Mapped[str | None]  # a number, or a reference; people are numbers
    outcome: Mapped[str]
    note: Mapped[str | None]
    previous: Mapped[bytes]
    hash: Mapped[bytes]
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'refused')", name="outcome"),
        Index(None, "what", "ref"),
    )


class OfficerSessionRow(Base):
    """Somebody who signed in. What opens it is in their browser alone; here is its hash."""

    __tablename__ = "officer_session"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    account: Mapped[str]  # the provider's ``sub``
    name: Mapped[str]
    claimed: Mapped[list[str]] = mapped_column(ARRAY(Text))  # values of the claim that the rules know
    address: Mapped[str | None]
    begun_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class SignInRow(Base):
    """Somebody who was sent to the provider and is not back."""

    __tablename__ = "sign_in"
    state_hash: Mapped[bytes] = mapped_column(primary_key=True)
    leads_to: Mapped[str]  # a path of ours
    begun_at: Mapped[dt.datetime] = mapped_column(index=True)
