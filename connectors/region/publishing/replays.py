"""Replays: having effects carried out again that failed, or that a channel should be sent anew.

Belongs here: choosing them, marking them, and telling a double click. Does not: sending (tasks/deliver.py) or judging
payloads again (tasks/recheck.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.ledger import channel_state
from schemas.errors import Refused

EXAMPLES = 10
_CLICKS = 72_016  # advisory lock: replays begin one at a time (72005 is the log's)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which effects: of a channel, with a cause, changed ``since``, of these refs or keys; empty means any.

    ``parked`` includes those whose outcome nobody can look up: they may happen twice.
    """

    channel: str | None = None
    cause: str | None = None
    since: dt.datetime | None = None
    refs: Sequence[str] = ()
    parked: bool = False


class Replayed(msgspec.Struct, frozen=True):
    """What a replay comes to, in effects (or payloads); ``dry``: nothing was changed."""

    number: int
    by_cause: dict[str, int]
    by_channel: dict[str, int]
    examples: list[str]
    dry: bool


# What is moot did not fail: it is tried again when somebody names that cause, after a consent was put right, say.
_FAILED = (
    f"((e.state = 'rejected' AND (NOT {channel_state.MOOT} OR e.cause = :cause)) "
    "OR (e.state = 'planned' AND e.cause IS NOT NULL) OR (:parked AND e.state = 'parked'))"
)
_CARRIED = "e.wanted_hash IS NOT NULL AND e.live_hash IS NOT NULL AND e.state = 'done'"
_CHOSEN = (
    "(cast(:channel AS text) IS NULL OR e.channel = :channel) AND (cast(:cause AS text) IS NULL OR e.cause = :cause) "
    "AND (cast(:since AS timestamptz) IS NULL OR e.changed_at >= :since) "
    "AND (cardinality(cast(:refs AS text[])) = 0 OR e.subject = ANY(:refs) OR o.ref = ANY(:refs))"
)


def failed(region: Region, choice: Choice, *, dry: bool) -> Replayed:
    """Have what failed tried again: refused, put off because of an error, or parked when asked for."""
    return _again(region, choice, _FAILED, "e.live_hash", dry=dry)


def carried(region: Region, choice: Choice, *, dry: bool) -> Replayed:
    """Have what a channel carries written again, as if its content had changed."""
    return _again(region, choice, _CARRIED, "''::bytea", dry=dry)


def _again(region: Region, choice: Choice, condition: str, live: str, *, dry: bool) -> Replayed:
    """One statement chooses and marks: what is shown is what is done."""
    values = {**msgspec.structs.asdict(choice), "refs": list(choice.refs), "examples": EXAMPLES}
    with region.begin() as connection:
        row = connection.execute(
            text(
                "WITH chosen AS (SELECT e.id, e.channel, e.subject, coalesce(e.cause, 'none') AS cause, "
                "coalesce(e.error, '') AS error, coalesce(o.content ->> 'title', '') AS title FROM effect e "
                f"LEFT JOIN offer o ON o.id = e.offer_id WHERE {condition} AND {_CHOSEN} ORDER BY e.id FOR UPDATE OF e), "
                f"marked AS (UPDATE effect e SET state = 'planned', live_hash = {live}, not_before = NULL, attempts = 0, "
                "error = NULL, cause = 'asked', run_id = NULL, changed_at = now() FROM chosen c WHERE e.id = c.id) "
                "SELECT (SELECT count(*) FROM chosen) AS number, "
                "(SELECT jsonb_object_agg(cause, n) FROM (SELECT cause, count(*) AS n FROM chosen GROUP BY 1) g) AS by_cause, "
                "(SELECT jsonb_object_agg(channel, n) FROM (SELECT channel, count(*) AS n FROM chosen GROUP BY 1) g) AS by_channel, "
                "(SELECT jsonb_agg(channel || ' ' || subject || '  ' || title || '  ' || error) FROM (SELECT * FROM chosen "
                "ORDER BY id LIMIT :examples) g) AS examples"
            ),
            values,
        ).one()
        if dry:
            connection.rollback()
    region.wrote(0 if dry else row.number)
    return Replayed(row.number, row.by_cause or {}, row.by_channel or {}, row.examples or [], dry)


def begin(region: Region, flow: str, asked: Mapping[str, Any], within: float) -> int:
    """Open the run of a replay. Returns its number.

    Raises:
        Refused: the same was asked for less than ``within`` seconds ago: a double click.

    """
    values = {"flow": flow, "asked": msgspec.json.encode(asked, order="sorted").decode(), "within": within}
    with region.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _CLICKS})
        before = connection.execute(
            text(
                "SELECT id, extract(epoch FROM now() - started_at) AS ago FROM run WHERE flow = :flow "
                "AND asked = cast(:asked AS jsonb) AND started_at > now() - make_interval(secs => :within) "
                "ORDER BY id DESC LIMIT 1"
            ),
            values,
        ).one_or_none()
        if before is not None:
            raise Refused(
                f"The same replay began {max(0.0, float(before.ago)):.0f} s ago (run {before.id}). Look at what came of it; "
                f"after {within:.0f} s it may be asked for again."
            )
        number = connection.execute(
            text("INSERT INTO run (flow, asked) VALUES (:flow, cast(:asked AS jsonb)) RETURNING id"), values
        ).scalar_one()
        acts.note(connection, "replayed", "replay", [number], why=flow)
    return int(number)


def give_up(region: Region, run: int) -> None:
    """The replay could not be done: asking for it again is no double click."""
    with region.begin() as connection:
        connection.execute(
            text("UPDATE run SET asked = NULL, finished_at = now() WHERE id = :run"), {"run": run}
        )
        acts.note(connection, "replayed", "replay", [run], outcome="refused")
