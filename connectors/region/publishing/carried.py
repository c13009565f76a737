"""What each channel carries, as far as receipts tell, and what of it residents can see on the portal.

Belongs here: counting the ledger's live effects for the public. Does not: the ledger's transactions (ledger/ledger.py), what staff
see of a channel (ledger/channel_state.py) or the French names of channels (core/wording.py).

Channels are named by whoever asks: messages to persons are in the same ledger and are nobody else's business.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, text

from connectors.region.database import Region

EXAMPLES: Final = 10  # of the offers that the portal lacks


# What is open on the board is read from board_facets_idx alone.
_OPEN: Final = "(SELECT key, kind FROM board WHERE withdrawn_at IS NULL)"
_COUNTED: Final = f"""
    SELECT e.channel, count(*) FILTER (WHERE b.kind = 'job') AS jobs, count(*) FILTER (WHERE b.kind = 'training') AS trainings,
        count(*) FILTER (WHERE b.key IS NULL) AS lacking, max(e.changed_at) AS at
    FROM effect e LEFT JOIN {_OPEN} b ON b.key = e.subject
    WHERE e.channel = ANY(:channels) AND e.live_hash IS NOT NULL GROUP BY e.channel
"""
_LACKING: Final = f"""
    SELECT count(*) FILTER (WHERE kind = 'training') AS trainings,
        (array_agg(subject ORDER BY subject))[1:{EXAMPLES}] AS subjects
    FROM (SELECT e.subject, coalesce(o.kind, w.kind) AS kind
        FROM effect e LEFT JOIN {_OPEN} b ON b.key = e.subject LEFT JOIN offer o ON o.id = e.offer_id
            LEFT JOIN board w ON w.key = e.subject
        WHERE e.channel = :channel AND e.live_hash IS NOT NULL AND b.key IS NULL) AS lacking
"""


class Carried(msgspec.Struct, frozen=True):
    """What a channel carries, in offers. ``reachable`` of them are on the board; ``lacking`` names some that are not.

    ``at`` is when the channel last confirmed a change, None when it never did.
    """

    channel: str
    jobs: int
    trainings: int
    reachable: int
    lacking: tuple[str, ...] = ()
    at: dt.datetime | None = None

    @property
    def total(self) -> int:
        """Offers of both kinds."""
        return self.jobs + self.trainings


class Met(msgspec.Struct, frozen=True):
    """How many dialogues a channel carries, and how many of them have their page on the portal."""

    channel: str
    total: int
    reachable: int


def met(region: Region, channels: Collection[str]) -> list[Met]:
    """What each of these channels carries, in dialogues; a channel that carries none counts 0."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT e.channel, count(DISTINCT split_part(e.subject, '.', 1)) AS total, count(DISTINCT d.id) AS reachable "
                "FROM effect e LEFT JOIN dialogue d ON d.ref = split_part(e.subject, '.', 1) AND d.session_id IS NOT NULL "
                "WHERE e.channel = ANY(:channels) AND e.live_hash IS NOT NULL GROUP BY e.channel"
            ),
            {"channels": list(channels)},
        )
        found = {row.channel: Met(*row) for row in rows}
    return [found.get(name, Met(name, 0, 0)) for name in channels]


def carriers(region: Region, key: str, channels: Collection[str]) -> list[str]:
    """Which of ``channels`` carry the offer of a public key, in the order given.

    Raises:
        Unreachable: the database does not answer.

    """
    with region.begin() as connection:
        found = set(
            connection.scalars(
                text(
                    "SELECT channel FROM effect WHERE subject = :key AND channel = ANY(:channels) "
                    "AND live_hash IS NOT NULL"
                ),
                {"key": key, "channels": list(channels)},
            )
        )
    return [channel for channel in channels if channel in found]


def carried(region: Region, channels: Collection[str]) -> list[Carried]:
    """What each of ``channels`` carries now, in the order given.

    Raises:
        Unreachable: the database does not answer.

    """
    with region.begin() as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        rows = connection.execute(text(_COUNTED), {"channels": list(channels)}).all()
        found = {row.channel: _of(connection, row) for row in rows}
    return [found.get(channel, Carried(channel, 0, 0, 0)) for channel in channels]


def _of(connection: Connection, row: Row[Any]) -> Carried:
    """A channel's figures; those of the offers that the portal lacks are added from where else they are known."""
    told = Carried(row.channel, row.jobs, row.trainings, row.jobs + row.trainings, (), row.at)
    if not row.lacking:
        return told
    lacking = connection.execute(text(_LACKING), {"channel": row.channel}).one()
    return msgspec.structs.replace(
        told,
        jobs=row.jobs + row.lacking - lacking.trainings,
        trainings=row.trainings + lacking.trainings,
        lacking=tuple(lacking.subjects),
    )
