"""The tables of the ledger: channels, picks, effects, plans that are held.

Belongs here: typed tables. Does not: how they are read and written (ledger/, publishing/).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from connectors.region.tables.base import Base


class ChannelRow(Base):
    """What the hub remembers of a channel between runs."""

    __tablename__ = "channel"
    name: Mapped[str] = mapped_column(primary_key=True)
    planned_revision: Mapped[int] = mapped_column(server_default=text("0"))
    policy: Mapped[str] = mapped_column(server_default=text("''"))  # hash of the policy last planned with
    paused: Mapped[bool] = mapped_column(server_default=text("false"))
    paused_reason: Mapped[str | None]
    not_before: Mapped[dt.datetime | None]  # the channel asked everyone to wait until then
    spacing: Mapped[float] = mapped_column(
        server_default=text("0")
    )  # seconds between two calls of all workers
    next_call_at: Mapped[dt.datetime | None]  # the first instant that no worker has reserved
    calls: Mapped[int] = mapped_column(server_default=text("0"))  # since the used percent last changed
    usage: Mapped[float] = mapped_column(server_default=text("0"))  # percent of its budget, as last told
    call_cost: Mapped[float] = mapped_column(
        server_default=text("0")
    )  # percent that one call was seen to take


class PickRow(Base):
    """An offer chosen for an editorial channel, and the Paris day it was chosen on."""

    __tablename__ = "pick"
    channel: Mapped[str] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[dt.date]
    __table_args__ = (Index(None, "channel", "day"),)


class EffectRow(Base):
    """The ledger: one row an outward thing that must be true. Nothing leaves the hub without one.

    ``wanted_hash`` null means: should not be there. ``live_hash`` null means: is not there, as far as receipts tell.
    """

    __tablename__ = "effect"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    channel: Mapped[str]
    subject: Mapped[str]  # the offer's key
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"), index=True)
    wanted_hash: Mapped[bytes | None]
    live_hash: Mapped[bytes | None]
    remote_id: Mapped[str | None]
    marker: Mapped[str | None]  # of the newest intent; visible in the remote object
    state: Mapped[str]
    operation: Mapped[str | None]  # of the newest intent
    intent_hash: Mapped[bytes | None]
    intent_at: Mapped[dt.datetime | None]
    lease: Mapped[int | None]
    lease_until: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(Integer(), server_default=text("0"))
    lookups: Mapped[int] = mapped_column(Integer(), server_default=text("0"))
    looked_up_at: Mapped[dt.datetime | None]
    not_before: Mapped[dt.datetime | None]
    error: Mapped[str | None]
    cause: Mapped[str | None]  # of the error, in one word (core/effects.py): what a replay in bulk goes by
    content: Mapped[
        dict[str, Any] | None
    ]  # what a once-only effect says; null for an offer's, which says the offer
    held_by: Mapped[int | None] = mapped_column(ForeignKey("held_plan.id"))  # the stopped plan it is part of
    run_id: Mapped[int | None]  # the sync that wanted it; null when it was asked for, or found amiss
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    __table_args__ = (
        UniqueConstraint("channel", "subject"),
        CheckConstraint(
            "state IN ('planned', 'intent', 'done', 'unknown', 'rejected', 'parked')", name="state"
        ),
        CheckConstraint("operation IN ('create', 'update', 'withdraw')", name="operation"),
        Index("effect_due_idx", "channel", "id", postgresql_where=text("state = 'planned'")),
        Index("effect_open_idx", "channel", "id", postgresql_where=text("state NOT IN ('planned', 'done')")),
        Index("effect_held_idx", "held_by", postgresql_where=text("held_by IS NOT NULL")),
    )


class HeldPlanRow(Base):
    """A plan that a guard stopped, and what a person decided. A row never changes its items: another plan is another row."""

    __tablename__ = "held_plan"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]  # source: offers to close; channel: objects to withdraw
    place: Mapped[str]  # the source's or the channel's name
    guard: Mapped[str]
    message: Mapped[str]
    hash: Mapped[str]  # core.guards.hash_of its items
    numbers: Mapped[dict[str, Any]]
    examples: Mapped[list[Any]]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    raised_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    run_id: Mapped[int | None]
    flow_run: Mapped[str | None]  # the Prefect run that shows the form
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("kind IN ('source', 'channel')", name="kind"),
        CheckConstraint("state IN ('waiting', 'approved', 'refused', 'replaced', 'moot')", name="state"),
        CheckConstraint("(state IN ('approved', 'refused')) = (decided_by IS NOT NULL)", name="decided"),
        Index(
            "held_plan_waiting_idx", "kind", "place", unique=True, postgresql_where=text("state = 'waiting'")
        ),
    )


class HeldItemRow(Base):
    """One change of a stopped plan: what it concerns, and the state that the plan was made from."""

    __tablename__ = "held_item"
    plan_id: Mapped[int] = mapped_column(ForeignKey("held_plan.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)  # an offer's ref, or an effect's subject
    base: Mapped[str]  # the offer's revision, or the effect's live hash in hex
