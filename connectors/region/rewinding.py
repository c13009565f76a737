"""Going back in time: what a database must be told before it serves again in place of a newer one.

Belongs here: pausing, reading the sources anew, numbers that were drawn since. Does not: where the older database comes
from (deployments/restore.py), or adopting what the ledger does not know (`boostez audit --heal`).

Such a ledger is older than the world: what was published since is not in it, so delivering would publish it again. Its
effects in state ``intent`` need nothing: whoever claimed them is gone, their lease runs out, and settling looks them up
by their marker as it does after any death of a worker.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text

from connectors.region import channel_state
from connectors.region.database import Region

GAP = 2**32  # leases that may have been drawn since: markers out there bear them, ours to come must not


def lease(region: Region) -> int:
    """The newest lease number drawn, 0 in an empty database."""
    with region.begin() as connection:
        if connection.scalar(text("SELECT to_regclass('effect_lease_seq')")) is None:
            return 0
        return int(connection.execute(text("SELECT last_value FROM effect_lease_seq")).scalar_one())


def rewind(region: Region, channels: Iterable[str], reason: str, *, newest_lease: int) -> list[str]:
    """Make an older database fit to serve: its channels paused, its sources unread, its leases never used before.

    ``newest_lease`` is that of the database it takes the place of. Returns the paused channels.
    """
    standings = channel_state.standings(region)
    paused = sorted({*channels, *standings})
    for name in paused:
        before = standings[name].paused_reason if name in standings else None
        channel_state.pause(region, name, f"{reason}; paused before that: {before}" if before else reason)
    with region.begin() as connection:
        connection.execute(text("UPDATE source SET etag = NULL, cursor = NULL"))
    beyond = max(lease(region), newest_lease) + GAP
    with region.begin() as connection:
        connection.execute(text("SELECT setval('effect_lease_seq', :beyond)"), {"beyond": beyond})
    return paused
