"""What each channel carries, as far as receipts tell, and what of it residents can see on the portal.

Belongs here: counting the ledger's live effects for the public. Does not: the ledger's transactions (ledger.py), what staff
see of a channel (channel_state.py) or the French names of channels (core/wording.py).

Channels are named by whoever asks: messages to persons are in the same ledger and are nobody else's business.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import text

from connectors.region.database import Region

EXAMPLES: Final = 10  # of the offers that the portal lacks


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
        rows = connection.execute(
            text(
                "SELECT e.channel, count(*) FILTER (WHERE coalesce(o.kind, b.kind) IS DISTINCT FROM 'training') AS jobs, "
                "count(*) FILTER (WHERE coalesce(o.kind, b.kind) = 'training') AS trainings, "
                "count(b.content_hash) AS reachable, max(e.changed_at) AS at, "
                f"(array_agg(e.subject ORDER BY e.subject) FILTER (WHERE b.content_hash IS NULL))[1:{EXAMPLES}] AS lacking "
                "FROM effect e LEFT JOIN offer o ON o.id = e.offer_id LEFT JOIN board b ON b.key = e.subject "
                "WHERE e.channel = ANY(:channels) AND e.live_hash IS NOT NULL GROUP BY e.channel"
            ),
            {"channels": list(channels)},
        )
        found = {
            row.channel: Carried(
                row.channel, row.jobs, row.trainings, row.reachable, tuple(row.lacking or ()), row.at
            )
            for row in rows
        }
    return [found.get(channel, Carried(channel, 0, 0, 0)) for channel in channels]
