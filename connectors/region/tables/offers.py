"""The tables of offers: sources, runs, what was collected, offers with their changes and corrections, quarantine, postings, the portal's board.

Belongs here: typed tables. Does not: how they are read and written (offers/, board/, publishing/).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from connectors.region.tables.base import Base


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
