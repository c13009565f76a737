"""Going back in time: what a database must be told before it serves again in place of a newer one.

Belongs here: pausing, reading the sources anew, numbers that were drawn since. Does not: where the older database comes
from (deployments/restore.py), or adopting what the ledger does not know (`boostez audit --heal`).

Such a ledger is older than the world: what was published since is not in it, so delivering would publish it again. Its
effects in state ``intent`` need nothing: whoever claimed them is gone, their lease runs out, and settling looks them up
by their marker as it does after any death of a worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.ledger import channel_state

GAP = 2**32  # leases that may have been drawn since: markers out there bear them, ours to come must not
NUMBERS_GAP = 1_000_000  # people, places and questions that may have been since
Drawn = Mapping[str, int]
_GAPS: Final = {
    "effect_lease_seq": GAP,
    # Links out there name these: the link of whoever had a number since must not open what another has under it.
    "contact_id_seq": NUMBERS_GAP,
    "enrolment_id_seq": NUMBERS_GAP,
    "coach_id_seq": NUMBERS_GAP,
    "official_id_seq": NUMBERS_GAP,
    "question_id_seq": NUMBERS_GAP,
}


def drawn(region: Region) -> Drawn:
    """The newest number drawn of each sequence whose numbers are known outside; 0 in an empty database."""
    with region.begin() as connection:
        return {name: _newest(connection, name) for name in _GAPS}


def _newest(connection: Connection, sequence: str) -> int:
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": sequence}) is None:
        return 0
    return int(connection.execute(text(f"SELECT last_value FROM {sequence}")).scalar_one())


def rewind(region: Region, channels: Iterable[str], reason: str, *, newest: Drawn) -> list[str]:
    """Make an older database fit to serve: its channels paused, its sources unread, its numbers never used before.

    ``newest`` are those of the database it takes the place of. Returns the paused channels.
    """
    standings = channel_state.standings(region)
    paused = sorted({*channels, *standings})
    for name in paused:
        before = standings[name].paused_reason if name in standings else None
        channel_state.pause(region, name, f"{reason}; paused before that: {before}" if before else reason)
    with region.begin() as connection:
        connection.execute(text("UPDATE source SET etag = NULL, cursor = NULL"))
    ours = drawn(region)
    with region.begin() as connection:
        for name, gap in _GAPS.items():
            beyond = max(ours[name], newest.get(name, 0)) + gap
            connection.execute(
                text("SELECT setval(cast(:name AS regclass), :beyond)"), {"name": name, "beyond": beyond}
            )
    return paused
