"""Silences: when each source and channel was last heard of.

Belongs here: reading that. Does not: how long is too long (deployments/alerts.toml, core/alerting.py).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text

from connectors.region.database import Region


def last_heard(region: Region) -> dict[str, dt.datetime]:
    """By what is spoken of, as in ``sync contractor``; what was never heard of is not in it, nor a channel that is paused.

    ``sync``: one began. ``snapshot``: its whole catalogue was read. ``source``: it changed anything. ``channel``: anything was done.
    """
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT 'sync ' || source AS of, max(started_at) AS at FROM run WHERE flow = 'sync-offers' AND source IS NOT NULL "
                "GROUP BY source UNION ALL SELECT 'snapshot ' || name, last_snapshot_at FROM source "
                "UNION ALL SELECT 'source ' || name, last_change_at FROM source "
                "UNION ALL SELECT 'channel ' || c.name, max(e.changed_at) FROM channel c JOIN effect e ON e.channel = c.name "
                "WHERE e.state = 'done' AND NOT c.paused GROUP BY c.name"
            )
        )
        return {row.of: row.at for row in rows if row.at is not None}
