"""A walk: what one reading of a source saw, and what of it is new.

Belongs here: runs, source cursors, the ``collected`` index and the comparison with what is known. Does not: the payloads'
bytes (they are in the spool, see connectors/spool.py) or their meaning.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import text

from connectors.region.copying import copy_rows
from connectors.region.database import Region


class Item(msgspec.Struct, frozen=True):
    """One payload of a walk: ``key`` is its ref, or ``#`` and its hash when no ref can be read.

    ``position`` and ``length`` are bytes in the spool.
    """

    ordinal: int
    key: str
    version: int | None
    raw_hash: bytes
    position: int
    length: int
    duplicate: bool = False


class SourceState(msgspec.Struct, frozen=True):
    """How far a source has been read. Instants are UTC; all None when never read."""

    name: str
    last_snapshot_at: dt.datetime | None = None
    last_snapshot_id: str | None = None
    last_snapshot_total: int | None = None
    etag: str | None = None
    cursor: dt.datetime | None = None
    last_change_at: dt.datetime | None = None


_COLUMNS = {
    "run_id": "int8",
    "ordinal": "int8",
    "key": "text",
    "version": "int8",
    "raw_hash": "bytea",
    "position": "int8",
    "length": "int8",
}


def start_run(region: Region, flow: str, source: str | None = None, mode: str | None = None) -> int:
    """Open a run and clear what dead runs of the same source left. Returns its number."""
    with region.begin() as connection:
        connection.execute(
            text("DELETE FROM collected c USING run r WHERE r.id = c.run_id AND r.source = :source"),
            {"source": source},
        )
        return int(
            connection.execute(
                text("INSERT INTO run (flow, source, mode) VALUES (:flow, :source, :mode) RETURNING id"),
                {"flow": flow, "source": source, "mode": mode},
            ).scalar_one()
        )


def finish_run(region: Region, run_id: int, summary: Mapping[str, Any]) -> None:
    """Close a run with its figures and drop its index."""
    with region.begin() as connection:
        connection.execute(text("DELETE FROM collected WHERE run_id = :run"), {"run": run_id})
        connection.execute(
            text("UPDATE run SET finished_at = now(), summary = cast(:summary AS jsonb) WHERE id = :run"),
            {"run": run_id, "summary": json.dumps(summary, default=str)},
        )


def source_state(region: Region, name: str) -> SourceState:
    """What is remembered of a source."""
    return next((s for s in source_states(region) if s.name == name), SourceState(name))


def source_states(region: Region) -> list[SourceState]:
    """What is remembered of every source, by name."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT name, last_snapshot_at, last_snapshot_id, last_snapshot_total, etag, cursor, last_change_at "
                "FROM source ORDER BY name"
            )
        )
        return [SourceState(*row) for row in rows]


def remember(region: Region, state: SourceState) -> None:
    """Store how far a source has been read; to be called when everything that was read is stored."""
    with region.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO source (name, last_snapshot_at, last_snapshot_id, last_snapshot_total, etag, cursor, last_change_at) "
                "VALUES (:name, :last_snapshot_at, :last_snapshot_id, :last_snapshot_total, :etag, :cursor, :last_change_at) "
                "ON CONFLICT (name) DO UPDATE SET (last_snapshot_at, last_snapshot_id, last_snapshot_total, etag, cursor, "
                "last_change_at) = (excluded.last_snapshot_at, excluded.last_snapshot_id, excluded.last_snapshot_total, "
                "excluded.etag, excluded.cursor, excluded.last_change_at)"
            ),
            msgspec.structs.asdict(state),
        )


def index(region: Region, run_id: int, items: Iterable[Item]) -> int:
    """Add items to the run's index. Returns how many."""
    with region.begin() as connection:
        return copy_rows(
            connection,
            "collected",
            _COLUMNS,
            ((run_id, i.ordinal, i.key, i.version, i.raw_hash, i.position, i.length) for i in items),
        )


def forget(region: Region, run_id: int) -> None:
    """Empty the run's index: its walk is void and starts again."""
    with region.begin() as connection:
        connection.execute(text("DELETE FROM collected WHERE run_id = :run"), {"run": run_id})


_CHANGED = """
    FROM (
        SELECT c.*, first_value(raw_hash) OVER best AS best_hash, row_number() OVER best AS rank
        FROM collected c WHERE run_id = :run
        WINDOW best AS (PARTITION BY key ORDER BY version DESC NULLS LAST, ordinal)
    ) c
    WHERE (c.rank = 1 OR c.raw_hash <> c.best_hash)
    AND NOT EXISTS (
        SELECT FROM quarantine q WHERE q.source = :source AND q.key = c.key AND q.raw_hash = c.raw_hash
        AND (c.rank > 1 OR q.rule <> 'duplicate_ref'))
    AND NOT EXISTS (
        SELECT FROM offer o WHERE o.source = :source AND o.ref = c.key AND o.raw_hash = c.raw_hash
        AND (o.status = 'open' OR o.closed_reason NOT IN ('absent', 'removed')))
"""


def changed(region: Region, run_id: int, source: str, chunk: int) -> Iterator[list[Item]]:
    """What the walk saw that is not known byte for byte, oldest first, ``chunk`` items at a time.

    Of several payloads with one ref the highest version counts; the others come as ``duplicate``. One comparison serves
    the whole walk: it streams, so memory does not grow with the catalogue.
    """
    with region.begin() as connection:
        rows = connection.execution_options(stream_results=True, max_row_buffer=chunk).execute(
            text(
                "SELECT c.ordinal, c.key, c.version, c.raw_hash, c.position, c.length, c.rank > 1 "
                f"{_CHANGED} ORDER BY c.ordinal"
            ),
            {"run": run_id, "source": source},
        )
        for part in rows.partitions(chunk):
            yield [Item(*row) for row in part]


def count_unreadable(region: Region, run_id: int) -> int:
    """How many payloads of the walk have no readable ref: any absent offer may be one of them."""
    with region.begin() as connection:
        return int(
            connection.execute(
                text("SELECT count(*) FROM collected WHERE run_id = :run AND key LIKE '#%'"), {"run": run_id}
            ).scalar_one()
        )


def count_changed(region: Region, run_id: int, source: str) -> tuple[int, int]:
    """How many items the walk saw, and how many of them ``changed`` will give."""
    with region.begin() as connection:
        seen = connection.execute(
            text("SELECT count(*) FROM collected WHERE run_id = :run"), {"run": run_id}
        ).scalar_one()
        new = connection.execute(
            text(f"SELECT count(*) {_CHANGED}"), {"run": run_id, "source": source}
        ).scalar_one()
        return int(seen), int(new)
