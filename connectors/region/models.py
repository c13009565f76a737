"""The Region's database, table by table.

Belongs here: typed tables, their keys and indexes, and what each column means. Does not: how they are read and written
(the other modules of this folder). Every change here is a migration in ``migrations/versions``.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATE, DOUBLE_PRECISION, JSONB, TIMESTAMP, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

METADATA = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)
REVISION = Sequence(
    "offer_revision_seq", metadata=METADATA
)  # drawn under a lock: order of numbers is order of commits
LEASE = Sequence("effect_lease_seq", metadata=METADATA)


class Base(DeclarativeBase):
    """What every table shares: instants with a zone, JSONB for objects, bytea for hashes."""

    metadata = METADATA
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        dt.datetime: TIMESTAMP(timezone=True),
        dt.date: DATE(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
        str: Text(),
        int: BigInteger(),
        float: DOUBLE_PRECISION(),
        bytes: LargeBinary(),
    }


class SourceRow(Base):
    """How far each source has been read."""

    __tablename__ = "source"
    name: Mapped[str] = mapped_column(primary_key=True)
    last_snapshot_at: Mapped[dt.datetime | None]  # end of the last whole snapshot
    last_snapshot_id: Mapped[str | None]
    last_snapshot_total: Mapped[int | None]
    etag: Mapped[str | None]
    cursor: Mapped[dt.datetime | None]  # the next incremental walk starts here
    last_change_at: Mapped[dt.datetime | None]  # our clock, when the last change was written


class RunRow(Base):
    """One sync, settle or replay, with the figures it ended on."""

    __tablename__ = "run"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    flow: Mapped[str]
    source: Mapped[str | None]
    mode: Mapped[str | None]
    started_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    finished_at: Mapped[dt.datetime | None]
    summary: Mapped[dict[str, Any] | None]
    asked: Mapped[
        dict[str, Any] | None
    ]  # what a replay was asked for: the same twice at once is a double click


class CollectedRow(Base):
    """What the walk of a run saw, item by item; emptied when the run ends. The bytes are in the run's spool file."""

    __tablename__ = "collected"
    run_id: Mapped[int] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]  # the ref, or "#" and the hash when no ref can be read
    version: Mapped[int | None]
    raw_hash: Mapped[bytes]
    position: Mapped[int]  # bytes into the spool
    length: Mapped[int]
    __table_args__ = (Index(None, "run_id", "key"), {"prefixes": ["UNLOGGED"]})


class OfferRow(Base):
    """An offer as the Region holds it. ``content`` is canonical (schemas/offer.py), corrections applied."""

    __tablename__ = "offer"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # the public key, schemas.offer.key_of
    source: Mapped[str]
    ref: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str]
    closed_reason: Mapped[
        str | None
    ]  # closed | absent | removed (absent, and approved) | expired | withdrawn (by us)
    version: Mapped[int]
    raw_hash: Mapped[bytes]  # of the payload it was made from
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[bytes]
    withheld: Mapped[dict[str, Any] | None]  # the anonymous employer: never leaves this database
    department: Mapped[str | None]
    published_at: Mapped[dt.datetime | None]
    expires_at: Mapped[dt.datetime | None]
    updated_at: Mapped[dt.datetime]  # at the source
    revision: Mapped[int]
    first_seen_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    __table_args__ = (
        UniqueConstraint("source", "ref"),
        CheckConstraint("status IN ('open', 'closed')", name="status"),
        CheckConstraint("(status = 'closed') = (closed_reason IS NOT NULL)", name="closed_reason"),
        Index(None, "revision", unique=True),
        Index("offer_expiry_idx", "expires_at", postgresql_where=text("status = 'open'")),
        Index("offer_newest_idx", "department", "published_at", postgresql_where=text("status = 'open'")),
        Index(
            "offer_siret_idx",
            text("(content #>> '{employer,siret}')"),
            postgresql_where=text("(content #>> '{employer,siret}') IS NOT NULL"),
        ),
    )


class OfferChangeRow(Base):
    """What changed in an offer, when, by which run. ``fields`` maps a field to [before, after]."""

    __tablename__ = "offer_change"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[int | None]
    at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    change: Mapped[str]
    fields: Mapped[dict[str, Any] | None]
    __table_args__ = (
        CheckConstraint("change IN ('created', 'updated', 'closed', 'reopened')", name="change"),
    )


class CorrectionRow(Base):
    """A field that region staff override. It survives every sync; ``original`` is what the source last said."""

    __tablename__ = "correction"
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB())
    original: Mapped[Any | None] = mapped_column(JSONB())
    author: Mapped[str]
    at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class QuarantineRow(Base):
    """A payload that broke its schema or a rule, with all its reasons."""

    __tablename__ = "quarantine"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    source: Mapped[str]
    key: Mapped[str]  # as in ``collected``
    ref: Mapped[str | None]
    raw_hash: Mapped[bytes]
    payload: Mapped[bytes]  # as it came, byte for byte
    rule: Mapped[str]  # of the first reason: what reports group by
    reasons: Mapped[list[Any]]
    run_id: Mapped[int | None]
    first_seen_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    checked_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    __table_args__ = (UniqueConstraint("source", "key", "raw_hash"), Index(None, "source", "rule"))


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


class PostingRow(Base):
    """An offer that a firm posts on the open portal: its newest text, and how far that has come.

    The published text is the offer of source ``portal`` with the same ``ref``; it stays while a newer text waits.
    """

    __tablename__ = "posting"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(server_default=text("'unconfirmed'"))
    revision: Mapped[int] = mapped_column(server_default=text("1"))  # of the text; an edit makes another
    approved_revision: Mapped[int | None]  # the text that is out
    draft: Mapped[dict[str, Any] | None]  # core.drafts.Draft as the firm wrote it; erased with the contact
    siret: Mapped[str]
    contact: Mapped[str | None]  # personal: an address that mails go to, nowhere else; erased by ``tidy``
    origin: Mapped[bytes | None]  # keyed hash of the network address, for a day: limits go by it
    created_at: Mapped[dt.datetime]
    submitted_at: Mapped[dt.datetime]  # the newest text
    confirmed_at: Mapped[dt.datetime | None]
    published_at: Mapped[dt.datetime | None]  # first approval
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    closed_at: Mapped[dt.datetime | None]
    flow_run: Mapped[str | None]  # the Prefect run that shows the form for this revision
    __table_args__ = (
        CheckConstraint(
            "state IN ('unconfirmed', 'waiting', 'approved', 'refused', 'closed', 'expired')", name="state"
        ),
        CheckConstraint("(state = 'unconfirmed') = (confirmed_at IS NULL)", name="confirmed"),
        CheckConstraint("(state IN ('closed', 'expired')) = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("state IN ('closed', 'expired', 'refused') OR contact IS NOT NULL", name="contact"),
        Index(None, "siret", "created_at"),
        Index("posting_waiting_idx", "submitted_at", postgresql_where=text("state = 'waiting'")),
    )


class BoardRow(Base):
    """The open portal's board: what residents see. A withdrawn offer leaves its row, without content, for the 410."""

    __tablename__ = "board"
    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    marker: Mapped[str]
    content: Mapped[dict[str, Any] | None]
    content_hash: Mapped[bytes | None]
    published_at: Mapped[dt.datetime | None]
    placed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    withdrawn_at: Mapped[dt.datetime | None]
    department: Mapped[str | None] = mapped_column(
        Computed("content #>> '{location,department}'", persisted=True)
    )
    contract: Mapped[str | None] = mapped_column(Computed("content #>> '{job,contract}'", persisted=True))
    field: Mapped[str | None] = mapped_column(
        Computed("\"left\"(content ->> 'rome_code', 1)", persisted=True)
    )
    level: Mapped[int | None] = mapped_column(
        SmallInteger(), Computed("(content #>> '{training,level}')::smallint", persisted=True)
    )
    cpf: Mapped[bool | None] = mapped_column(
        Computed("(content #>> '{training,cpf_eligible}')::boolean", persisted=True)
    )
    paid: Mapped[bool | None] = mapped_column(
        Computed("(content #> '{job,salary}') IS NOT NULL", persisted=True)
    )
    remote: Mapped[str | None] = mapped_column(Computed("content #>> '{location,remote}'", persisted=True))
    latitude: Mapped[float | None] = mapped_column(
        DOUBLE_PRECISION(), Computed("(content #>> '{location,latitude}')::float8", persisted=True)
    )
    longitude: Mapped[float | None] = mapped_column(
        DOUBLE_PRECISION(), Computed("(content #>> '{location,longitude}')::float8", persisted=True)
    )
    search: Mapped[Any | None] = mapped_column(
        TSVECTOR(),
        Computed(
            "setweight(to_tsvector('boostez_french', replace(coalesce(content ->> 'title', ''), '/', ' ')), 'A') || "
            "setweight(to_tsvector('boostez_french', replace(coalesce(content ->> 'rome_label', ''), '/', ' ') || ' ' || "
            "coalesce(content #>> '{employer,name}', '') || ' ' || coalesce(content #>> '{location,city}', '')), 'B') || "
            "setweight(to_tsvector('boostez_french', coalesce(content ->> 'description', '')), 'D')",
            persisted=True,
        ),
    )
    __table_args__ = (
        CheckConstraint("(content IS NULL) = (withdrawn_at IS NOT NULL)", name="content"),
        Index("board_search_idx", "search", postgresql_using="gin"),
        Index("board_changed_idx", "changed_at"),
        Index("board_newest_idx", "published_at", "key", postgresql_where=text("withdrawn_at IS NULL")),
        Index(
            "board_similar_idx",
            text("(content ->> 'rome_code')"),
            "kind",
            "published_at",
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index(
            "board_facets_idx",
            "kind",
            "department",
            "contract",
            "published_at",
            postgresql_include=[
                "key",
                "field",
                "level",
                "cpf",
                "paid",
                "remote",
                "latitude",
                "longitude",
            ],
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )
