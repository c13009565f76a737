"""Audits: what is really on a channel, against the ledger and the database; and making the ledger say what was found.

Belongs here: the comparison, and what healing writes into the ledger. Does not: reading a channel (its ``inventory``) or
putting it right: what the ledger says after healing, the next delivery carries out.

Only effects at rest are judged: one that is under way, or was received after the audit began, may be on its way.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.channel import Readable
from connectors.region.copying import copy_rows
from connectors.region.database import Region
from core.effects import Found, Intent, subject_of

Kind = Literal["missing", "edited", "doubled", "unexpected"]
LOOKED_UP = 500  # missing objects that are looked up at once


class Drift(msgspec.Struct, frozen=True):
    """One object that is not as the ledger says.

    ``missing``: live in the ledger, not there. ``edited``: there, and not as it was written. ``doubled``: there once more
    than it should. ``unexpected``: ours and there, not live in the ledger.
    """

    kind: Kind
    subject: str
    remote_id: str | None
    marker: str = ""


class Audit(msgspec.Struct, frozen=True):
    """The channel's truth against the ledger, in objects. ``foreign`` ones are not ours, and left alone."""

    channel: str
    began: dt.datetime
    wanted: int
    live: int
    inventory: int
    foreign: int
    drifts: tuple[Drift, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind of drift."""
        seen = Counter(drift.kind for drift in self.drifts)
        return {kind: seen[kind] for kind in ("missing", "edited", "doubled", "unexpected")}

    @property
    def agrees(self) -> bool:
        """Whether channel, ledger and database tell the same story."""
        return not self.drifts and self.wanted == self.live == self.inventory

    def told(self, examples: int = 10) -> dict[str, Any]:
        """The audit as ``--json`` shows it."""
        shown = msgspec.to_builtins(msgspec.structs.replace(self, drifts=self.drifts[:examples]))
        return {**shown, **self.counts, "agrees": self.agrees}


def audit(region: Region, channel: Readable) -> Audit:
    """Hold a channel's inventory against the ledger; changes nothing. Memory grows with what is there.

    Raises:
        RetryLater: the channel cannot be read now.

    """
    with region.begin() as connection:
        began = connection.execute(text("SELECT now()")).scalar_one()
    with region.begin() as connection:
        connection.execute(
            text(
                "CREATE TEMP TABLE inventory (subject text, marker text, remote_id text, digest text) ON COMMIT DROP"
            )
        )
        columns = {"subject": "text", "marker": "text", "remote_id": "text", "digest": "text"}
        copy_rows(connection, "inventory", columns, _rows(channel.inventory()))
        connection.execute(text("CREATE INDEX ON inventory (subject)"))
        connection.execute(text("ANALYZE inventory"))  # without it every comparison is a nested loop
        values = {"channel": channel.name, "began": began, "form": channel.capabilities.form.encode()}
        foreign = _claim_edited(connection, values)
        row = connection.execute(text(_COUNTS), values).one()
        drifts = [
            *_missing(connection, values, channel),
            *_edited(connection, values, channel),
            *(Drift(*found) for found in connection.execute(text(_DOUBLED), values)),
            *(Drift(*found) for found in connection.execute(text(_UNEXPECTED), values)),
        ]
    return Audit(channel.name, began, row.wanted, row.live, row.inventory, foreign, tuple(drifts))


def _rows(inventory: Iterator[Found]) -> Iterator[tuple[str | None, str, str, str]]:
    for found in inventory:
        subject = subject_of(found.marker) if found.marker else None
        yield subject, found.marker, found.remote_id, found.digest


# An effect that the audit may judge.
_AT_REST = "e.channel = :channel AND e.state NOT IN ('intent', 'unknown') AND e.changed_at < :began"
_OURS = "inventory WHERE subject IS NOT NULL"
_COUNTS = (
    f"SELECT (SELECT count(*) FROM {_OURS}) AS inventory, count(wanted_hash) AS wanted, count(live_hash) AS live "
    "FROM effect WHERE channel = :channel"
)


def _claim_edited(connection: Connection, values: dict[str, Any]) -> int:
    """An object without our marker that has an id we were given is ours: somebody took the marker away. Returns the rest."""
    connection.execute(
        text(
            "UPDATE inventory i SET subject = e.subject FROM effect e WHERE i.subject IS NULL AND e.channel = :channel "
            "AND e.remote_id = i.remote_id"
        ),
        values,
    )
    return int(connection.execute(text("SELECT count(*) FROM inventory WHERE subject IS NULL")).scalar_one())


def _missing(connection: Connection, values: dict[str, Any], channel: Readable) -> Iterator[Drift]:
    rows = connection.execute(
        text(
            f"SELECT e.id, e.subject, e.marker, e.remote_id, e.intent_at FROM effect e WHERE {_AT_REST} "
            "AND e.live_hash IS NOT NULL AND NOT EXISTS (SELECT FROM inventory i WHERE i.subject = e.subject) ORDER BY e.id"
        ),
        values,
    ).all()
    for start in range(0, len(rows), LOOKED_UP):
        part = rows[start : start + LOOKED_UP]
        there = _still_there(channel, part)
        yield from (Drift("missing", row.subject, row.remote_id) for row in part if row.id not in there)


def _still_there(channel: Readable, rows: Sequence[Any]) -> set[int]:
    """Which of them are there all the same: an incomplete inventory proves no absence."""
    if channel.capabilities.complete:
        return set()
    intents = [Intent(r.id, r.subject, "update", r.marker, r.remote_id, None, r.intent_at) for r in rows]
    return set(channel.find(intents))


def _edited(connection: Connection, values: dict[str, Any], channel: Readable) -> Iterator[Drift]:
    rows = connection.execution_options(stream_results=True, max_row_buffer=1000).execute(
        text(
            "SELECT i.subject, i.marker, i.remote_id, i.digest, o.content::text AS content FROM inventory i "
            f"JOIN effect e ON e.subject = i.subject JOIN offer o ON o.id = e.offer_id WHERE {_AT_REST} "
            "AND e.state = 'done' AND e.live_hash = sha256(o.content_hash || :form) ORDER BY e.id"
        ),
        values,
    )
    for row in rows:
        if not row.marker or channel.digest(row.marker, row.content.encode()) != row.digest:
            yield Drift("edited", row.subject, row.remote_id, row.marker)


# Of several objects of one subject the one that the ledger knows is right, else the newest marker's.
_DOUBLED = f"""
    SELECT 'doubled', subject, remote_id, marker FROM (
        SELECT i.subject, i.remote_id, i.marker, row_number() OVER (PARTITION BY i.subject
            ORDER BY (i.remote_id = e.remote_id) DESC NULLS LAST, length(i.marker) DESC, i.marker DESC, i.remote_id) AS rank
        FROM inventory i LEFT JOIN effect e ON e.channel = :channel AND e.subject = i.subject
        WHERE i.subject IS NOT NULL AND (e.id IS NULL OR {_AT_REST})
    ) ranked WHERE rank > 1 ORDER BY subject, remote_id
"""
_UNEXPECTED = f"""
    SELECT DISTINCT ON (i.subject) 'unexpected', i.subject, i.remote_id, i.marker FROM inventory i
    LEFT JOIN effect e ON e.channel = :channel AND e.subject = i.subject
    WHERE i.subject IS NOT NULL AND (e.id IS NULL OR (e.live_hash IS NULL AND {_AT_REST}))
    ORDER BY i.subject, length(i.marker) DESC, i.marker DESC, i.remote_id
"""


def heal(region: Region, found: Audit) -> int:
    """Make the ledger say what the audit found, so that the next delivery puts it right. Returns how many effects changed.

    Nothing that changed since the audit began is touched. What is ours and unknown to the ledger is adopted: after a restore
    from a backup this is what keeps it from being published again.
    """
    by_kind: dict[str, list[Drift]] = {
        kind: [d for d in found.drifts if d.kind == kind] for kind in found.counts
    }
    known = [*by_kind["edited"], *by_kind["unexpected"]]
    with region.begin() as connection:
        healed = _mark(connection, found, by_kind["missing"], "NULL::bytea", "NULL")
        healed += _mark(connection, found, known, "''::bytea", "d.remote_id")
        healed += _adopt(connection, found, by_kind["unexpected"], lambda drift: drift.subject)
        healed += _adopt(connection, found, by_kind["doubled"], _beside)
        if by_kind[
            "unexpected"
        ]:  # the next plan must look at every offer: some of what was adopted may be wanted
            connection.execute(
                text("UPDATE channel SET policy = '' WHERE name = :channel"), {"channel": found.channel}
            )
    region.wrote(healed)
    return healed


def _mark(connection: Connection, found: Audit, drifts: Sequence[Drift], live: str, remote_id: str) -> int:
    return connection.execute(
        text(
            f"UPDATE effect e SET live_hash = {live}, remote_id = {remote_id}, cause = 'drift', error = 'an audit: ' || d.kind, "
            f"held_by = NULL, state = CASE WHEN e.wanted_hash IS NOT DISTINCT FROM {live} THEN 'done' ELSE 'planned' END, "
            "not_before = NULL, attempts = 0, changed_at = now() "
            "FROM unnest(cast(:kinds AS text[]), cast(:subjects AS text[]), cast(:remote_ids AS text[])) "
            f"AS d (kind, subject, remote_id) WHERE e.subject = d.subject AND {_AT_REST}"
        ),
        {
            "channel": found.channel,
            "began": found.began,
            "kinds": [drift.kind for drift in drifts],
            "subjects": [drift.subject for drift in drifts],
            "remote_ids": [drift.remote_id for drift in drifts],
        },
    ).rowcount


def _adopt(
    connection: Connection, found: Audit, drifts: Sequence[Drift], named: Callable[[Drift], str]
) -> int:
    """Objects of ours without an effect: the ledger takes them in as unwanted, until a plan wants them."""
    return connection.execute(
        text(
            "INSERT INTO effect (channel, subject, offer_id, live_hash, remote_id, marker, state, cause, error) "
            "SELECT :channel, d.subject, o.id, ''::bytea, d.remote_id, d.marker, 'planned', 'drift', 'an audit: ' || d.kind "
            "FROM unnest(cast(:kinds AS text[]), cast(:subjects AS text[]), cast(:keys AS text[]), cast(:remote_ids AS text[]), "
            "cast(:markers AS text[])) AS d (kind, subject, key, remote_id, marker) LEFT JOIN offer o ON o.key = d.key "
            "ON CONFLICT (channel, subject) DO NOTHING"
        ),
        {
            "channel": found.channel,
            "kinds": [drift.kind for drift in drifts],
            "subjects": [named(drift) for drift in drifts],
            "keys": [drift.subject for drift in drifts],
            "remote_ids": [drift.remote_id for drift in drifts],
            "markers": [drift.marker for drift in drifts],
        },
    ).rowcount


def _beside(drift: Drift) -> str:
    """The subject of an extra object: its offer's key, and what tells it from the right one."""
    return f"{drift.subject}.{hashlib.sha256(str(drift.remote_id).encode()).hexdigest()[:8]}"
