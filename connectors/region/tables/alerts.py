"""The tables of alerts: what is open, and what is muted.

Belongs here: typed tables. Does not: how they are read and written (alerting/).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    CheckConstraint,
    Identity,
    Index,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from connectors.region.tables.base import Base


class AlertRow(Base):
    """Something that a person must know, as long as it lasts and a while longer: one open row a cause.

    It ends (``resolved_at``), and is closed when it did not come back; until then it is the same alert that comes back.
    """

    __tablename__ = "alert"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    cause: Mapped[str]
    title: Mapped[str]
    message: Mapped[str]
    raised_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    seen_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    times: Mapped[int] = mapped_column(server_default=text("1"))
    resolved_at: Mapped[dt.datetime | None]
    returns: Mapped[int] = mapped_column(server_default=text("0"))  # how often it came back
    closed_at: Mapped[dt.datetime | None]
    notices: Mapped[int] = mapped_column(
        server_default=text("0")
    )  # the number of the newest; in its effects' subject
    told: Mapped[list[str]] = mapped_column(
        ARRAY(Text()), server_default=text("'{}'")
    )  # the addresses that are to hear of its end, as their effects name them
    told_at: Mapped[list[dt.datetime]] = mapped_column(
        ARRAY(TIMESTAMP(timezone=True)), server_default=text("'{}'")
    )  # its newest notices, in order
    acknowledged_at: Mapped[dt.datetime | None]
    acknowledged_by: Mapped[str | None]
    severity: Mapped[
        str | None
    ]  # these four are the rules' (deployments/alerts.toml), of when it was last judged
    pillar: Mapped[str | None]
    affected: Mapped[str | None]
    runbook: Mapped[str | None]
    muted_by: Mapped[str | None]  # the cause that it follows from, or who muted it
    __table_args__ = (
        Index("alert_open_idx", "cause", unique=True, postgresql_where=text("closed_at IS NULL")),
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged"),
        CheckConstraint("closed_at IS NULL OR resolved_at IS NOT NULL", name="closed"),
    )


class AlertMuteRow(Base):
    """Causes of which nobody is told for a while, because a person said so."""

    __tablename__ = "alert_mute"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    pattern: Mapped[str]
    by: Mapped[str]
    why: Mapped[str]
    muted_at: Mapped[dt.datetime]
    until: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("until > muted_at", name="until"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
    )
