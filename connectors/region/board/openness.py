"""What the public is told of the hub's own work: where offers come from, when, and what is kept back.

Belongs here: figures of sources and of quarantine without any payload. Does not: channels (publishing/carried.py), what staff see
(offers/quarantine.py, offers/walks.py) or words in French (portal/).
"""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import text

from connectors.region.alerting.service_levels import SYNCED
from connectors.region.database import Region


class Taken(msgspec.Struct, frozen=True):
    """What is open of a source. Instants are None for what never was: its last whole reading, its last change."""

    source: str
    jobs: int
    trainings: int
    read_at: dt.datetime | None
    changed_at: dt.datetime | None


class Kept(msgspec.Struct, frozen=True):
    """How many payloads of a source are in quarantine with this as their first reason."""

    source: str
    rule: str
    payloads: int


class Work(msgspec.Struct, frozen=True):
    """The hub's work as of ``at``, all of one moment."""

    at: dt.datetime
    sources: tuple[Taken, ...]
    kept: tuple[Kept, ...]
    synced_at: dt.datetime | None


def work(region: Region) -> Work:
    """Every source that was ever read, what is in quarantine, and when the last sync ended that did all it had to.

    Raises:
        Unreachable: the database does not answer.

    """
    with region.begin() as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        at, synced_at = connection.execute(text(f"SELECT now(), ({SYNCED})")).one()
        sources = connection.execute(
            text(
                "SELECT coalesce(s.name, o.source), coalesce(o.jobs, 0), coalesce(o.trainings, 0), s.last_snapshot_at, s.last_change_at "
                "FROM source s FULL JOIN (SELECT source, count(*) FILTER (WHERE kind = 'job') AS jobs, "
                "count(*) FILTER (WHERE kind = 'training') AS trainings FROM offer WHERE status = 'open' "
                "GROUP BY source) o ON o.source = s.name ORDER BY 1"
            )
        )
        kept = connection.execute(
            text(
                "SELECT source, rule, count(*) FROM quarantine GROUP BY source, rule "
                "ORDER BY source, count(*) DESC, rule"
            )
        )
        return Work(at, tuple(Taken(*row) for row in sources), tuple(Kept(*row) for row in kept), synced_at)
