"""Quarantine: payloads that broke their schema or a rule, kept byte for byte with every reason.

Belongs here: putting in, listing, taking out. Does not: judging (schemas/documents.py, core/rules.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, text

from connectors.region.database import Region
from schemas.documents import Reason


class Detained(msgspec.Struct, frozen=True):
    """One payload in quarantine. ``key`` and ``raw_hash`` as in walks.Item."""

    source: str
    key: str
    ref: str | None
    raw_hash: bytes
    payload: bytes
    reasons: tuple[Reason, ...]
    first_seen_at: dt.datetime | None = None


def put(region: Region, run_id: int | None, detained: Sequence[Detained]) -> None:
    """Keep payloads aside; a payload already there gets its new reasons."""
    if not detained:
        return
    region.wrote(len(detained))
    with region.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO quarantine (source, key, ref, raw_hash, payload, rule, reasons, run_id) "
                "VALUES (:source, :key, :ref, :raw_hash, :payload, :rule, cast(:reasons AS jsonb), :run) "
                "ON CONFLICT (source, key, raw_hash) DO UPDATE SET rule = excluded.rule, reasons = excluded.reasons, "
                "checked_at = now()"
            ),
            [
                {
                    "source": d.source,
                    "key": d.key,
                    "ref": d.ref,
                    "raw_hash": d.raw_hash,
                    "payload": d.payload,
                    "rule": d.reasons[0].rule,
                    "reasons": msgspec.json.encode(d.reasons)
                    .decode()
                    .replace("\\u0000", "\\ufffd"),  # jsonb holds no NUL
                    "run": run_id,
                }
                for d in detained
            ],
        )


def release_outdated(region: Region, run_id: int, source: str, *, whole: bool) -> int:
    """Drop what is no longer the newest word on its offer. Returns how many.

    Outdated: the run's walk saw another payload under the same key; or, when the walk was ``whole``, saw none.
    """
    unseen = (
        "OR NOT EXISTS (SELECT FROM collected c WHERE c.run_id = :run AND c.key = q.key)" if whole else ""
    )
    with region.begin() as connection:
        number = connection.execute(
            text(
                "DELETE FROM quarantine q WHERE q.source = :source AND ((EXISTS (SELECT FROM collected c "
                "WHERE c.run_id = :run AND c.key = q.key) AND NOT EXISTS (SELECT FROM collected c "
                f"WHERE c.run_id = :run AND c.key = q.key AND c.raw_hash = q.raw_hash)) {unseen})"
            ),
            {"source": source, "run": run_id},
        ).rowcount
    region.wrote(number)
    return number


def release(region: Region, source: str, hashes: Sequence[bytes]) -> int:
    """Take payloads out by their hash: they are offers now. Returns how many."""
    if not hashes:
        return 0
    with region.begin() as connection:
        number = connection.execute(
            text("DELETE FROM quarantine WHERE source = :source AND raw_hash = ANY(:hashes)"),
            {"source": source, "hashes": list(hashes)},
        ).rowcount
    region.wrote(number)
    return number


_COLUMNS = "id, source, key, ref, raw_hash, payload, reasons, first_seen_at"


def detained(
    region: Region, *, source: str | None = None, ref: str | None = None, limit: int
) -> list[Detained]:
    """What is in quarantine, newest first. ``ref`` matches the ref, the key or the start of a ``#`` key."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"SELECT {_COLUMNS} FROM quarantine WHERE (cast(:source AS text) IS NULL OR source = :source) "
                "AND (cast(:ref AS text) IS NULL OR ref = :ref OR key = :ref OR starts_with(key, '#' || ltrim(:ref, '#'))) "
                "ORDER BY id DESC LIMIT :limit"
            ),
            {"source": source, "ref": ref, "limit": limit},
        )
        return [_read(row) for row in rows]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which payloads: refused by a rule, first seen ``since``, of these refs or keys; empty means any."""

    cause: str | None = None
    since: dt.datetime | None = None
    refs: Sequence[str] = ()


def chunks(region: Region, source: str, size: int, choice: Choice = Choice()) -> Iterator[list[Detained]]:  # noqa: B008 - frozen
    """What is chosen of a source's quarantine, oldest first, ``size`` payloads at a time."""
    last = 0
    values = {**msgspec.structs.asdict(choice), "refs": list(choice.refs), "source": source, "size": size}
    while True:
        with region.begin() as connection:
            rows = connection.execute(
                text(
                    f"SELECT {_COLUMNS} FROM quarantine WHERE source = :source AND id > :last "
                    "AND (cast(:cause AS text) IS NULL OR rule = :cause) "
                    "AND (cast(:since AS timestamptz) IS NULL OR first_seen_at >= :since) "
                    "AND (cardinality(cast(:refs AS text[])) = 0 OR ref = ANY(:refs) OR key = ANY(:refs)) "
                    "ORDER BY id LIMIT :size"
                ),
                {**values, "last": last},
            ).all()
        if not rows:
            return
        last = rows[-1].id
        yield [_read(row) for row in rows]


def sources(region: Region) -> list[str]:
    """The sources that have something in quarantine."""
    with region.begin() as connection:
        return [
            row.source
            for row in connection.execute(text("SELECT DISTINCT source FROM quarantine ORDER BY 1"))
        ]


def _read(row: Row[Any]) -> Detained:
    reasons = msgspec.convert(row.reasons, tuple[Reason, ...])
    return Detained(
        row.source, row.key, row.ref, bytes(row.raw_hash), bytes(row.payload), reasons, row.first_seen_at
    )


def counts(region: Region) -> dict[str, int]:
    """Payloads in quarantine by the rule of their first reason, most frequent first."""
    with region.begin() as connection:
        rows = connection.execute(
            text("SELECT rule, count(*) AS n FROM quarantine GROUP BY rule ORDER BY n DESC, rule")
        )
        return {row.rule: row.n for row in rows}
