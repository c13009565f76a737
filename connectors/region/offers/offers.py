"""The Region's offers: merging what a source said, closing what it no longer says, the history of both.

Belongs here: set-based statements on ``offer``, ``offer_change`` and ``correction``. Does not: what an offer should be
(core/normalise.py) or who publishes it (ledger/ledger.py).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from connectors import clock
from connectors.region.access import acts
from connectors.region.copying import copy_rows
from connectors.region.database import Region, lock_revisions
from connectors.region.publishing import plans
from core.guards import Limits, Snapshot, Withdrawals, snapshot
from schemas.errors import Refused, Rejected
from schemas.offer import content_hash, key_of

DEFAULT = Limits()
CHANGED_OFFERS = "o.content_hash <> i.content_hash OR o.status <> i.status"


class Incoming(msgspec.Struct, frozen=True):
    """One valid payload, ready to be merged. ``content`` is the encoded canonical offer; ``open`` as of the merge."""

    ref: str
    version: int
    raw_hash: bytes
    content: bytes
    withheld: bytes | None
    updated_at: dt.datetime
    closed_reason: str | None


class Merged(msgspec.Struct, frozen=True):
    """What a merge did. ``stale`` are the refs whose payload is older than what the Region holds: left out."""

    new: int = 0
    changed: int = 0
    closed: int = 0
    unchanged: int = 0
    stale: tuple[str, ...] = ()


_INCOMING = {
    "ref": "text",
    "key": "text",
    "version": "int8",
    "raw_hash": "bytea",
    "content": "jsonb",
    "content_hash": "bytea",
    "withheld": "jsonb",
    "updated_at": "timestamptz",
    "closed_reason": "text",
}


def merge(region: Region, run_id: int | None, source: str, rows: Sequence[Incoming]) -> Merged:
    """Make the Region's offers say what the payloads say, corrections kept on top, in one transaction.

    Refs must be distinct. Only offers whose content or status differs get a new revision and a line of history.
    """
    if not rows:
        return Merged()
    with region.begin() as connection:
        merged, written = merge_in(connection, run_id, source, rows)
    region.wrote(written)
    return merged


def merge_in(
    connection: Connection, run_id: int | None, source: str, rows: Sequence[Incoming]
) -> tuple[Merged, int]:
    """``merge`` in a transaction that does more. Beside what it did, the rows written."""
    lock_revisions(connection)
    _stage(connection, source, rows)
    stale = _drop_stale(connection, source)
    _apply_corrections(connection, source)
    counts = _write_history(connection, source, run_id)
    _update_known(connection, source)
    created = _insert_new(connection, source, run_id)
    changed = counts.get("updated", 0) + counts.get("reopened", 0)
    closed = counts.get("closed", 0) + created.get("closed", 0)
    new = created.get("created", 0)
    merged = Merged(new, changed, closed, len(rows) - len(stale) - new - changed - closed, stale)
    return merged, len(rows) - len(stale) + new + changed + closed


def _stage(connection: Connection, source: str, rows: Sequence[Incoming]) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in _INCOMING.items())
    connection.execute(text(f"CREATE TEMP TABLE incoming ({columns}, status text) ON COMMIT DROP"))
    copy_rows(
        connection,
        "incoming",
        _INCOMING,
        (
            (
                r.ref,
                key_of(source, r.ref),
                r.version,
                r.raw_hash,
                r.content,
                content_hash(r.content),
                r.withheld,
                r.updated_at,
                r.closed_reason,
            )
            for r in rows
        ),
    )
    connection.execute(text("ANALYZE incoming"))


def _drop_stale(connection: Connection, source: str) -> tuple[str, ...]:
    rows = connection.execute(
        text(
            "DELETE FROM incoming i USING offer o "
            "WHERE o.source = :source AND o.ref = i.ref AND o.version > i.version RETURNING i.ref"
        ),
        {"source": source},
    )
    return tuple(row.ref for row in rows)


def _apply_corrections(connection: Connection, source: str) -> None:
    connection.execute(
        text(
            "UPDATE correction c SET original = i.content -> c.field FROM incoming i JOIN offer o "
            "ON o.source = :source AND o.ref = i.ref WHERE c.offer_id = o.id"
        ),
        {"source": source},
    )
    connection.execute(
        text(
            "UPDATE incoming i SET content = i.content || c.overlay, "
            "content_hash = sha256(convert_to((i.content || c.overlay)::text, 'UTF8')) "
            "FROM (SELECT o.ref, jsonb_object_agg(c.field, c.value) AS overlay FROM correction c "
            "JOIN offer o ON o.id = c.offer_id WHERE o.source = :source GROUP BY o.ref) c WHERE c.ref = i.ref"
        ),
        {"source": source},
    )
    connection.execute(  # what we withdrew stays withdrawn, whatever its source says
        text(
            "UPDATE incoming i SET closed_reason = 'withdrawn' FROM offer o "
            "WHERE o.source = :source AND o.ref = i.ref AND o.closed_reason = 'withdrawn'"
        ),
        {"source": source},
    )
    connection.execute(
        text("UPDATE incoming SET status = CASE WHEN closed_reason IS NULL THEN 'open' ELSE 'closed' END")
    )


def _write_history(connection: Connection, source: str, run_id: int | None) -> dict[str, int]:
    rows = connection.execute(
        text(
            "WITH history AS (INSERT INTO offer_change (offer_id, run_id, change, fields) "
            "SELECT o.id, cast(:run AS bigint), CASE WHEN o.status = i.status THEN 'updated' WHEN i.status = 'open' THEN 'reopened' "
            "ELSE 'closed' END, (SELECT jsonb_object_agg(key, jsonb_build_array(a.value, b.value)) "
            "FROM jsonb_each(o.content) a FULL JOIN jsonb_each(i.content) b USING (key) "
            "WHERE a.value IS DISTINCT FROM b.value) "
            f"FROM offer o JOIN incoming i ON o.source = :source AND o.ref = i.ref WHERE {CHANGED_OFFERS} "
            "RETURNING change) SELECT change, count(*) AS n FROM history GROUP BY change"
        ),
        {"source": source, "run": run_id},
    )
    return {row.change: row.n for row in rows}


def _update_known(connection: Connection, source: str) -> None:
    connection.execute(
        text(
            "UPDATE offer o SET kind = i.content ->> 'kind', status = i.status, closed_reason = i.closed_reason, "
            "version = i.version, raw_hash = i.raw_hash, content = i.content, content_hash = i.content_hash, "
            "withheld = i.withheld, department = i.content #>> '{location,department}', "
            "published_at = (i.content ->> 'published_at')::timestamptz, "
            "expires_at = (i.content ->> 'expires_at')::timestamptz, updated_at = i.updated_at, "
            f"revision = CASE WHEN {CHANGED_OFFERS} THEN nextval('offer_revision_seq') ELSE o.revision END, "
            f"changed_at = CASE WHEN {CHANGED_OFFERS} THEN now() ELSE o.changed_at END "
            "FROM incoming i WHERE o.source = :source AND o.ref = i.ref"
        ),
        {"source": source},
    )


def _insert_new(connection: Connection, source: str, run_id: int | None) -> dict[str, int]:
    rows = connection.execute(
        text(
            "WITH created AS (INSERT INTO offer (key, source, ref, kind, status, closed_reason, version, raw_hash, "
            "content, content_hash, withheld, department, published_at, expires_at, updated_at, revision) "
            "SELECT i.key, :source, i.ref, i.content ->> 'kind', i.status, i.closed_reason, i.version, i.raw_hash, "
            "i.content, i.content_hash, i.withheld, i.content #>> '{location,department}', "
            "(i.content ->> 'published_at')::timestamptz, (i.content ->> 'expires_at')::timestamptz, i.updated_at, "
            "nextval('offer_revision_seq') FROM incoming i "
            "WHERE NOT EXISTS (SELECT FROM offer o WHERE o.source = :source AND o.ref = i.ref) "
            "RETURNING id, status), "
            "history AS (INSERT INTO offer_change (offer_id, run_id, change) "
            "SELECT id, cast(:run AS bigint), CASE status WHEN 'open' THEN 'created' ELSE 'closed' END FROM created RETURNING change) "
            "SELECT change, count(*) AS n FROM history GROUP BY change"
        ),
        {"source": source, "run": run_id},
    )
    return {row.change: row.n for row in rows}


_CLOSE = """
    WITH shut AS (
        UPDATE offer o SET status = 'closed', closed_reason = :reason, changed_at = now(),
            revision = nextval('offer_revision_seq')
        WHERE o.status = 'open' AND {condition} RETURNING o.id),
    history AS (
        INSERT INTO offer_change (offer_id, run_id, change, fields)
        SELECT id, cast(:run AS bigint), 'closed', jsonb_build_object('closed_reason', jsonb_build_array(NULL, cast(:reason AS text)))
        FROM shut RETURNING 1)
    SELECT count(*) FROM history
"""
_ABSENT = (
    "o.source = :source AND NOT EXISTS (SELECT FROM collected c WHERE c.run_id = :run AND c.key = o.ref)"
)
# Somebody refused to close it, and it is as it was then.
_REFUSED = (
    "EXISTS (SELECT FROM held_item i JOIN held_plan h ON h.id = i.plan_id WHERE h.kind = 'source' AND h.place = :source "
    "AND h.state = 'refused' AND i.subject = o.ref AND i.base = o.revision::text)"
)


def absent(region: Region, run_id: int, source: str) -> list[str]:
    """Refs of open offers that the run's walk did not see."""
    with region.begin() as connection:
        rows = connection.execute(
            text(f"SELECT o.ref FROM offer o WHERE o.status = 'open' AND {_ABSENT} ORDER BY o.id"),
            {"source": source, "run": run_id},
        )
        return [row.ref for row in rows]


class Closing(msgspec.Struct, frozen=True):
    """What became of the offers that a whole snapshot lacks.

    ``closed`` were; ``held`` are open because a guard ``stopped`` them or somebody refused to close them; ``doubted``: the
    snapshot is not a good one.
    """

    closed: int = 0
    held: int = 0
    stopped: plans.Stopped | None = None
    doubted: bool = False


def stops_absent(region: Region, run_id: int, source: str, seen: Snapshot, limits: Limits = DEFAULT) -> bool:
    """Whether a guard would stop the closing of everything that a whole snapshot lacks: then nobody needs to be asked."""
    with region.begin() as connection:
        items, _ = _lacking(connection, run_id, source)
        return bool(items) and snapshot(seen, _counted(connection, source, len(items)), limits) is not None


def close_absent(
    region: Region,
    run_id: int,
    source: str,
    seen: Snapshot,
    limits: Limits = DEFAULT,
    *,
    spared: Sequence[str] = (),
) -> Closing:
    """Close every open offer that a whole snapshot did not contain, but for ``spared`` refs and what a guard stops.

    Raises:
        Refused: the walk's index does not hold the number of payloads that were ``seen``. Nothing is closed.

    """
    with region.begin() as connection:
        lock_revisions(connection)
        _check_index(connection, run_id, seen.collected)
        items, refused = _lacking(connection, run_id, source, spared)
        if stopped := _guard(connection, source, items, seen, limits, run_id):
            return Closing(held=len(items) + refused, stopped=stopped, doubted=True)
        plans.no_longer(connection, "source", source)
        statement = _CLOSE.format(condition=f"{_ABSENT} AND o.ref <> ALL(:spared) AND NOT {_REFUSED}")
        values = {"run": run_id, "source": source, "spared": list(spared), "reason": "absent"}
        number = connection.execute(text(statement), values).scalar_one()
        doubted = refused > 0 and seen.fell(limits)
        return Closing(_closed(region, number), held=refused, doubted=doubted)


def _lacking(
    connection: Connection, run_id: int, source: str, spared: Sequence[str] = ()
) -> tuple[list[plans.Item], int]:
    """The open offers that the run's walk did not see, but for ``spared`` refs; beside them how many were refused before."""
    rows = connection.execute(
        text(
            f"SELECT o.ref, o.revision::text AS base, {plans.title_by(f'{_REFUSED}, o.id')} AS title, {_REFUSED} AS refused "
            f"FROM offer o WHERE o.status = 'open' AND {_ABSENT} AND o.ref <> ALL(:spared) ORDER BY o.id"
        ),
        {"run": run_id, "source": source, "spared": list(spared)},
    ).all()
    items = [plans.Item(row.ref, row.base, row.title) for row in rows if not row.refused]
    return items, len(rows) - len(items)


def _check_index(connection: Connection, run_id: int, expected: int) -> None:
    indexed = connection.execute(
        text("SELECT count(*) FROM collected WHERE run_id = :run"), {"run": run_id}
    ).scalar_one()
    if indexed != expected:
        raise Refused(
            f"The index of run {run_id} holds {indexed} payloads of {expected}: nothing is closed. Sync again."
        )


def _guard(
    connection: Connection,
    source: str,
    items: Sequence[plans.Item],
    seen: Snapshot,
    limits: Limits,
    run_id: int,
) -> plans.Stopped | None:
    if not items:
        return None
    counted = _counted(connection, source, len(items))
    trip = snapshot(seen, counted, limits)
    if trip is None:
        return None
    unreadable = connection.execute(
        text("SELECT count(*) FROM collected WHERE run_id = :run AND key LIKE '#%'"), {"run": run_id}
    ).scalar_one()
    numbers = {
        **msgspec.structs.asdict(counted),
        "collected": seen.collected,
        "unreadable": unreadable,  # some of the absent may hide behind these
        "last_good": seen.last,
    }
    return plans.hold(connection, "source", source, trip, numbers, items, run_id)


def _counted(connection: Connection, source: str, now: int) -> Withdrawals:
    """So many absent offers, beside what was closed for its absence in the last 24 hours, of those that are open."""
    present, day = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE status = 'open'), count(*) FILTER (WHERE status = 'closed' "
            "AND closed_reason = 'absent' AND changed_at > now() - interval '24 hours') FROM offer WHERE source = :source"
        ),
        {"source": source},
    ).one()
    return Withdrawals(now, day, present)


def expire(region: Region, run_id: int, now: dt.datetime) -> int:
    """Close every open offer whose end date has passed at ``now``. Returns how many."""
    with region.begin() as connection:
        lock_revisions(connection)
        statement = _CLOSE.format(condition="o.expires_at <= :now")
        values = {"run": run_id, "reason": "expired", "now": now}
        return _closed(region, connection.execute(text(statement), values).scalar_one())


def close_stated(connection: Connection, source: str, ref: str) -> int:
    """Close one open offer because its author says so: an explained closure. Returns how many."""
    lock_revisions(connection)
    statement = _CLOSE.format(condition="o.source = :source AND o.ref = :ref")
    values = {"run": None, "reason": "closed", "source": source, "ref": ref}
    return int(connection.execute(text(statement), values).scalar_one())


def _closed(region: Region, number: int) -> int:
    region.wrote(2 * number)  # the offer and its line of history
    return number


def correct(region: Region, source: str, ref: str, field: str, value: Any, author: str) -> None:
    """Override one top-level field of an offer, from now on and through every sync.

    Raises:
        Rejected: no such offer.

    """
    with region.begin() as connection:
        lock_revisions(connection)
        row = connection.execute(
            text(
                "UPDATE offer SET content = content || jsonb_build_object(cast(:field AS text), cast(:value AS jsonb)), "
                "content_hash = sha256(convert_to((content || jsonb_build_object(cast(:field AS text), "
                "cast(:value AS jsonb)))::text, 'UTF8')), revision = nextval('offer_revision_seq'), changed_at = now() "
                "WHERE source = :source AND ref = :ref RETURNING id, (SELECT o.content -> :field FROM offer o "
                "WHERE o.source = :source AND o.ref = :ref) AS original"
            ),
            {"source": source, "ref": ref, "field": field, "value": json.dumps(value)},
        ).one_or_none()
        if row is None:
            raise Rejected(f"No offer {ref} of {source}: check the reference with `boostez status`.")
        connection.execute(
            text(
                "INSERT INTO correction (offer_id, field, value, original, author) "
                "VALUES (:id, :field, cast(:value AS jsonb), cast(:original AS jsonb), :author) "
                "ON CONFLICT (offer_id, field) DO UPDATE SET value = excluded.value, author = excluded.author, at = now()"
            ),
            {
                "id": row.id,
                "field": field,
                "value": json.dumps(value),
                "original": json.dumps(row.original),
                "author": author,
            },
        )
        connection.execute(
            text(
                "INSERT INTO offer_change (offer_id, change, fields) VALUES (:id, 'updated', "
                "jsonb_build_object(cast(:field AS text), jsonb_build_array(cast(:original AS jsonb), cast(:value AS jsonb))))"
            ),
            {
                "id": row.id,
                "field": field,
                "original": json.dumps(row.original),
                "value": json.dumps(value),
            },
        )


class Named(msgspec.Struct, frozen=True):
    """An offer by its names: ``key`` is the public one, in addresses and markers."""

    id: int
    source: str
    ref: str
    key: str
    title: str
    status: str
    closed_reason: str | None


def named(region: Region, name: str, source: str | None = None) -> Named:
    """The offer that somebody means by its reference or by its key.

    Raises:
        Rejected: no offer has that name, or several sources have one.

    """
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT id, source, ref, key, content ->> 'title', status, closed_reason FROM offer "
                "WHERE (ref = :name OR key = :name) AND (cast(:source AS text) IS NULL OR source = :source) ORDER BY id"
            ),
            {"name": name, "source": source},
        ).all()
    if len(rows) == 1:
        return Named(*rows[0])
    if not rows:
        raise Rejected(
            f"No offer is named {name}: give its reference, or the key in its address on the portal."
        )
    raise Rejected(f"{name} is an offer of {', '.join(row.source for row in rows)}: say which with --source.")


def withdraw(region: Region, offer: int, by: str, reason: str) -> bool:
    """Close an offer for good, whatever its source goes on saying. Returns whether it was not withdrawn already."""
    return _restate(
        region,
        offer,
        ("closed", "withdrawn"),
        "closed",
        by,
        reason,
        "closed_reason IS DISTINCT FROM 'withdrawn'",
    )


def reinstate(region: Region, offer: int, by: str, reason: str) -> bool:
    """Undo a withdrawal: the offer is open, until its source or its end date says otherwise. Whether there was one."""
    return _restate(region, offer, ("open", None), "reopened", by, reason, "closed_reason = 'withdrawn'")


def _restate(
    region: Region, offer: int, state: tuple[str, str | None], change: str, by: str, reason: str, unless: str
) -> bool:
    with region.begin() as connection:
        lock_revisions(connection)
        done = connection.execute(
            text(
                "UPDATE offer SET status = :status, closed_reason = :closed_reason, changed_at = now(), "
                f"revision = nextval('offer_revision_seq') WHERE id = :id AND {unless}"
            ),
            {"id": offer, "status": state[0], "closed_reason": state[1]},
        ).rowcount
        if done:
            fields = {"closed_reason": [None, state[1]], "by": [None, by], "reason": [None, reason]}
            connection.execute(
                text(
                    "INSERT INTO offer_change (offer_id, change, fields) VALUES (:id, :change, cast(:fields AS jsonb))"
                ),
                {"id": offer, "change": change, "fields": json.dumps(fields)},
            )
            did: acts.Deciding = "withdrew" if change == "closed" else "undid"
            acts.note(connection, did, "offer", [offer], by, clock.now())
    region.wrote(2 * done)
    return bool(done)


def counts(region: Region) -> dict[str, dict[str, int]]:
    """Offers by kind and status."""
    figures = {kind: {"open": 0, "closed": 0} for kind in ("job", "training")}
    with region.begin() as connection:
        for row in connection.execute(
            text("SELECT kind, status, count(*) AS n FROM offer GROUP BY kind, status")
        ):
            figures[row.kind][row.status] = row.n
    return figures
