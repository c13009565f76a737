"""Audits: what is really on a channel, against the ledger and the database.

Belongs here: the comparison. Does not: reading a channel (its ``inventory``) or mending it.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import text

from connectors.region.copying import copy_rows
from connectors.region.database import Region
from core.effects import Found, subject_of


class Audit(msgspec.Struct, frozen=True):
    """The channel's truth against the ledger, in objects.

    ``missing``: live in the ledger, not there. ``unexpected``: ours and there, not live in the ledger. ``doubled``:
    there more than once. ``foreign``: not ours, left alone.
    """

    channel: str
    wanted: int
    live: int
    inventory: int
    missing: int
    unexpected: int
    doubled: int
    foreign: int

    @property
    def agrees(self) -> bool:
        """Whether channel, ledger and database tell the same story."""
        drift = self.missing + self.unexpected + self.doubled
        return drift == 0 and self.wanted == self.live == self.inventory


def audit(region: Region, channel: str, inventory: Iterable[Found | None]) -> Audit:
    """Hold the channel's ``inventory`` (None: an object that is not ours) against the ledger; changes nothing."""
    foreign = 0

    def ours() -> Iterable[tuple[str, str]]:
        nonlocal foreign
        for found in inventory:
            if found is None:
                foreign += 1
            else:
                yield subject_of(found.marker), found.remote_id

    with region.begin() as connection:
        connection.execute(text("CREATE TEMP TABLE inventory (subject text, remote_id text) ON COMMIT DROP"))
        copy_rows(connection, "inventory", {"subject": "text", "remote_id": "text"}, ours())
        row = connection.execute(
            text(
                "WITH there AS (SELECT subject, count(*) AS n FROM inventory GROUP BY subject), "
                "ledger AS (SELECT subject, wanted_hash, live_hash FROM effect WHERE channel = :channel) "
                "SELECT (SELECT count(*) FROM inventory) AS inventory, "
                "(SELECT count(wanted_hash) FROM ledger) AS wanted, (SELECT count(live_hash) FROM ledger) AS live, "
                "(SELECT count(*) FROM ledger l WHERE live_hash IS NOT NULL "
                "AND NOT EXISTS (SELECT FROM there t WHERE t.subject = l.subject)) AS missing, "
                "(SELECT count(*) FROM there t WHERE NOT EXISTS (SELECT FROM ledger l "
                "WHERE l.subject = t.subject AND l.live_hash IS NOT NULL)) AS unexpected, "
                "(SELECT count(*) FROM there WHERE n > 1) AS doubled"
            ),
            {"channel": channel},
        ).one()
    return Audit(
        channel, row.wanted, row.live, row.inventory, row.missing, row.unexpected, row.doubled, foreign
    )
