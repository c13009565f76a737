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

from connectors.channel import DocumentChannel, Readable
from connectors.region.copying import copy_rows
from connectors.region.database import Region
from core.effects import Found, Intent, subject_of

Kind = Literal["missing", "edited", "doubled", "unexpected"]
LOOKED_UP = 500  # objects that an inventory lacks, looked up at once


class Drift(msgspec.Struct, frozen=True):
    """One object that is not as the ledger says.

    ``missing``: live in the ledger, not there. ``edited``: there, and not as it was written, or not where. ``doubled``: there
    once more than it should. ``unexpected``: ours and there, not live in the ledger.
    """

    kind: Kind
    subject: str
    remote_id: str | None
    marker: str = ""


class Audit(msgspec.Struct, frozen=True):
    """The channel's truth against the ledger, in objects. ``foreign`` ones are not ours, and left alone.

    ``lease`` is the newest that any marker there shows. ``outrun``: this ledger has not given it yet, so it is older than what
    is on the channel: it was restored from a backup.
    """

    channel: str
    began: dt.datetime
    wanted: int
    live: int
    inventory: int
    foreign: int
    lease: int = 0
    outrun: bool = False
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
        began = connection.execute(text(_BEGAN)).scalar_one()
    with region.begin() as connection:
        values = {"channel": channel.name, "began": began, "form": channel.capabilities.form.encode()}
        _take_inventory(connection, values, channel)
        foreign = connection.execute(
            text("SELECT count(*) FROM inventory WHERE subject IS NULL")
        ).scalar_one()
        row = connection.execute(text(_COUNTS), values).one()
        drifts = [
            *(Drift(*found) for found in connection.execute(text(_MISSING), values)),
            *_edited(connection, values, channel),
            *(Drift(*found) for found in connection.execute(text(_DOUBLED), values)),
            *(Drift(*found) for found in connection.execute(text(_UNEXPECTED), values)),
        ]
    if isinstance(channel, DocumentChannel) and row.live and not drifts and not channel.whole():
        drifts += _spoilt(region, values)
    return Audit(
        channel.name,
        began,
        row.wanted,
        row.live,
        row.inventory,
        foreign,
        row.lease,
        row.lease > row.given,
        tuple(drifts),
    )


def _spoilt(region: Region, values: dict[str, Any]) -> list[Drift]:
    """A document that is damaged where no entry is: told of its first, since writing one anew writes all."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"SELECT e.subject, e.remote_id, e.marker FROM effect e WHERE {_AT_REST} AND e.live_hash IS NOT NULL "
                "ORDER BY e.id LIMIT 1"
            ),
            values,
        ).all()
    return [Drift("edited", *row) for row in rows]


# What a transaction that is still open writes bears the time at which that began, and is not to be seen yet: such an effect
# is under way.
_BEGAN = (
    "SELECT least(now(), min(xact_start)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND backend_type = 'client backend'"
)
# An effect that the audit may judge.
_AT_REST = "e.channel = :channel AND e.state NOT IN ('intent', 'unknown') AND e.changed_at < :began"
_COLUMNS = {"subject": "text", "marker": "text", "remote_id": "text", "digest": "text"}


def _take_inventory(connection: Connection, values: dict[str, Any], channel: Readable) -> None:
    """Read the channel into ``inventory``, and rank what is ours in ``there``: of a subject's objects the first is right."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    connection.execute(text(f"CREATE TEMP TABLE inventory ({columns}) ON COMMIT DROP"))
    copy_rows(connection, "inventory", _COLUMNS, _rows(channel.inventory()))
    connection.execute(text("ANALYZE inventory"))  # without it every comparison is a nested loop
    connection.execute(text(_CLAIM), values)
    if not channel.capabilities.complete:
        copy_rows(connection, "inventory", _COLUMNS, list(_unlisted(connection, values, channel)))
    connection.execute(text(_RANK), values)
    connection.execute(text("CREATE INDEX ON there (effect)"))
    connection.execute(text("ANALYZE there"))


def _rows(inventory: Iterator[Found]) -> Iterator[tuple[str | None, str, str, str]]:
    for found in inventory:
        subject = subject_of(found.marker) if found.marker else None
        yield subject, found.marker, found.remote_id, found.digest


# An object with an id that we were given is that effect's, whatever marker somebody left in it.
_CLAIM = (
    "UPDATE inventory i SET subject = e.subject, marker = '' FROM effect e WHERE e.channel = :channel "
    "AND e.remote_id = i.remote_id AND i.subject IS DISTINCT FROM e.subject"
)


def _unlisted(
    connection: Connection, values: dict[str, Any], channel: Readable
) -> Iterator[tuple[str, str, str, str]]:
    """What is there all the same: an incomplete inventory proves no absence, so what it lacks is looked up."""
    rows = connection.execute(
        text(
            f"SELECT e.id, e.subject, e.marker, e.remote_id, e.intent_at FROM effect e WHERE {_AT_REST} "
            "AND e.live_hash IS NOT NULL AND NOT EXISTS (SELECT FROM inventory i WHERE i.subject = e.subject) ORDER BY e.id"
        ),
        values,
    ).all()
    for start in range(0, len(rows), LOOKED_UP):
        part = rows[start : start + LOOKED_UP]
        intents = [
            Intent(r.id, r.subject, "update", r.marker, r.remote_id, None, r.intent_at or values["began"])
            for r in part
        ]
        found = channel.find(intents)
        for row in part:
            if there := found.get(row.id):
                yield row.subject, there.marker, there.remote_id, there.digest


# Of several objects of one subject the one that the ledger knows is right, else the newest marker's.
_RANK = """
    CREATE TEMP TABLE there ON COMMIT DROP AS
    SELECT i.*, e.id AS effect, row_number() OVER (PARTITION BY i.subject
        ORDER BY (i.remote_id = e.remote_id) DESC NULLS LAST, length(i.marker) DESC, i.marker DESC, i.remote_id) AS rank
    FROM inventory i LEFT JOIN effect e ON e.channel = :channel AND e.subject = i.subject WHERE i.subject IS NOT NULL
"""
# What is wanted but at a later time, and was never tried, is not wanted yet.
_WANTED = (
    "count(wanted_hash) FILTER (WHERE content IS NULL OR live_hash IS NOT NULL OR attempts > 0 OR state <> 'planned' "
    "OR not_before IS NULL OR not_before <= now())"
)
# ``lease`` is the newest that any marker shows: of 13 digits at most, for anybody may write a marker.
_COUNTS = (
    f"SELECT (SELECT count(*) FROM there) AS inventory, (SELECT last_value FROM effect_lease_seq) AS given, {_WANTED} AS wanted, count(live_hash) AS live, "
    "(SELECT coalesce(max(('x' || lpad(substring(marker FROM '-([0-9a-f]{1,13})$'), 16, '0'))::bit(64)::bigint), 0) "
    "FROM there) AS lease FROM effect WHERE channel = :channel"
)
_MISSING = (
    f"SELECT 'missing', e.subject, e.remote_id FROM effect e WHERE {_AT_REST} AND e.live_hash IS NOT NULL "
    "AND NOT EXISTS (SELECT FROM there t WHERE t.effect = e.id) ORDER BY e.id"
)
_DOUBLED = (
    "SELECT 'doubled', t.subject, t.remote_id, t.marker FROM there t LEFT JOIN effect e ON e.id = t.effect "
    f"WHERE t.rank > 1 AND (e.id IS NULL OR {_AT_REST}) ORDER BY t.subject, t.remote_id"
)
_UNEXPECTED = (
    "SELECT 'unexpected', t.subject, t.remote_id, t.marker FROM there t LEFT JOIN effect e ON e.id = t.effect "
    f"WHERE t.rank = 1 AND (e.id IS NULL OR (e.live_hash IS NULL AND {_AT_REST})) ORDER BY t.subject"
)


def _edited(connection: Connection, values: dict[str, Any], channel: Readable) -> Iterator[Drift]:
    """What shows something else than was written, or bears another id: an update to the old one would go astray."""
    rows = connection.execution_options(stream_results=True, max_row_buffer=1000).execute(
        text(
            "SELECT t.subject, t.marker, t.remote_id, t.digest, coalesce(e.content, o.content)::text AS content, "
            "t.remote_id IS DISTINCT FROM e.remote_id AS moved FROM there t "
            f"JOIN effect e ON e.id = t.effect LEFT JOIN offer o ON o.id = e.offer_id WHERE {_AT_REST} AND t.rank = 1 "
            "AND e.live_hash IS NOT NULL AND (t.remote_id IS DISTINCT FROM e.remote_id "
            "OR (e.state = 'done' AND e.live_hash = CASE WHEN e.offer_id IS NULL THEN e.wanted_hash "
            "ELSE sha256(o.content_hash || :form) END)) ORDER BY e.id"
        ),
        values,
    )
    for row in rows:
        if row.moved or not row.marker or channel.digest(row.marker, row.content.encode()) != row.digest:
            yield Drift("edited", row.subject, row.remote_id, row.marker)


def heal(region: Region, found: Audit, patience: float = 0.0) -> int:
    """Make the ledger say what the audit found, so that the next delivery puts it right. Returns how many effects changed.

    Nothing that changed since the audit began is touched. What is ours and unknown to the ledger is adopted: after a restore
    from a backup this is what keeps it from being published again. When its offer is unknown too, a sync has ``patience``
    seconds to bring that, before it is withdrawn.
    """
    by_kind: dict[str, list[Drift]] = {
        kind: [d for d in found.drifts if d.kind == kind] for kind in found.counts
    }
    known = [*by_kind["edited"], *by_kind["unexpected"]]
    with region.begin() as connection:
        healed = _mark(connection, found, by_kind["missing"], "NULL::bytea", "NULL")
        healed += _mark(connection, found, known, "''::bytea", "d.remote_id")
        healed += _adopt(connection, found, by_kind["unexpected"], lambda drift: drift.subject, patience)
        healed += _adopt(connection, found, by_kind["doubled"], _beside, 0.0)
        if by_kind[
            "unexpected"
        ]:  # the next plan must look at every offer: some of what was adopted may be wanted
            connection.execute(
                text("UPDATE channel SET policy = '' WHERE name = :channel"), {"channel": found.channel}
            )
        connection.execute(text(_BEYOND), {"lease": found.lease})
    region.wrote(healed)
    return healed


# After a restore from a backup leases would be given anew that markers on the channel show: a look-up would take one for
# the other.
_BEYOND = "SELECT setval('effect_lease_seq', :lease + 1000) FROM effect_lease_seq WHERE last_value < :lease"


def _mark(connection: Connection, found: Audit, drifts: Sequence[Drift], live: str, remote_id: str) -> int:
    return connection.execute(
        text(
            f"UPDATE effect e SET live_hash = {live}, remote_id = {remote_id}, cause = 'drift', error = 'an audit: ' || d.kind, "
            f"held_by = NULL, state = CASE WHEN e.wanted_hash IS NOT DISTINCT FROM {live} THEN 'done' ELSE 'planned' END, "
            "not_before = NULL, attempts = 0, run_id = NULL, changed_at = now() "
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
    connection: Connection,
    found: Audit,
    drifts: Sequence[Drift],
    named: Callable[[Drift], str],
    patience: float,
) -> int:
    """Objects of ours without an effect: the ledger takes them in as unwanted, until a plan wants them."""
    return connection.execute(
        text(
            "INSERT INTO effect AS e (channel, subject, offer_id, live_hash, remote_id, marker, state, cause, error, not_before) "
            "SELECT DISTINCT ON (d.subject) :channel, d.subject, o.id, ''::bytea, d.remote_id, d.marker, 'planned', 'drift', "
            "'an audit: ' || d.kind, CASE WHEN o.id IS NULL AND :patience > 0 THEN now() + make_interval(secs => :patience) END "
            "FROM unnest(cast(:kinds AS text[]), cast(:subjects AS text[]), cast(:keys AS text[]), cast(:remote_ids AS text[]), "
            "cast(:markers AS text[])) AS d (kind, subject, key, remote_id, marker) LEFT JOIN offer o ON o.key = d.key "
            "ON CONFLICT (channel, subject) DO UPDATE SET live_hash = excluded.live_hash, remote_id = excluded.remote_id, "
            "marker = excluded.marker, state = excluded.state, cause = excluded.cause, error = excluded.error, "
            f"run_id = NULL, changed_at = now() WHERE e.live_hash IS NULL AND e.wanted_hash IS NULL AND {_AT_REST}"
        ),
        {
            "channel": found.channel,
            "began": found.began,
            "patience": patience,
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
