"""What the hub remembers of each channel: its pause, its hold, where it stands.

Belongs here: the table ``channel`` after a plan, and the counts that staff see. Does not: effects one by one (ledger.py).
"""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.ledger.ledger import HELD
from schemas.errors import NO_FAILURE, Refused

MOOT = f"coalesce(e.cause IN ({', '.join(map(repr, NO_FAILURE))}), false)"


class Standing(msgspec.Struct, frozen=True):
    """Where a channel stands. ``wanted`` and ``live`` count objects, the others effects in that state.

    ``held`` are planned, and kept back by a guard; ``moot`` are messages that nobody needs any more, or may be sent.
    """

    wanted: int = 0
    live: int = 0
    planned: int = 0
    intent: int = 0
    unknown: int = 0
    parked: int = 0
    refused: int = 0
    paused: bool = False
    paused_reason: str | None = None
    not_before: dt.datetime | None = None
    held: int = 0
    moot: int = 0

    @property
    def quiet(self) -> bool:
        """Whether nothing is under way or waits for its turn."""
        return self.planned == self.intent == self.unknown == 0


def hold(region: Region, channel: str, seconds: float) -> None:
    """Nobody calls the channel for ``seconds``: it asked for time."""
    with region.begin() as connection:
        connection.execute(
            text(
                "UPDATE channel SET not_before = greatest(not_before, now() + make_interval(secs => :seconds)) "
                "WHERE name = :name"
            ),
            {"name": channel, "seconds": seconds},
        )


def pause(region: Region, channel: str, reason: str, by: str | None = None) -> None:
    """Stop delivering to the channel until a person resumes it; changes accumulate in the ledger. ``by`` nobody: the hub does."""
    with region.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO channel (name, paused, paused_reason) VALUES (:name, true, :reason) "
                "ON CONFLICT (name) DO UPDATE SET paused = true, paused_reason = excluded.paused_reason"
            ),
            {"name": channel, "reason": reason},
        )
        if by is not None:
            acts.note(connection, "paused", "channel", [channel], by)


def resume(region: Region, channel: str, by: str | None = None) -> None:
    """Deliver to the channel again, from now."""
    with region.begin() as connection:
        before = connection.scalar(
            text("SELECT paused FROM channel WHERE name = :name FOR UPDATE"), {"name": channel}
        )
        connection.execute(
            text(
                "UPDATE channel SET paused = false, paused_reason = NULL, not_before = NULL WHERE name = :name"
            ),
            {"name": channel},
        )
        acts.note(connection, "resumed", "channel", [channel] * bool(before), by)


def check_open(region: Region, channel: str) -> float:
    """Seconds until the channel may be called, 0 when it may now.

    Raises:
        Refused: it is paused; the message says why.

    """
    with region.begin() as connection:
        row = connection.execute(
            text(
                "SELECT paused, paused_reason, greatest(0, extract(epoch FROM not_before - now())) AS wait "
                "FROM channel WHERE name = :name"
            ),
            {"name": channel},
        ).one_or_none()
    if row is None:
        return 0.0
    if row.paused:
        raise Refused(
            f"{channel} is paused: {row.paused_reason}. Mend it, then `boostez channel resume {channel}`."
        )
    return float(row.wait or 0)


def standings(region: Region) -> dict[str, Standing]:
    """Where every channel stands, by name."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT c.name, count(e.wanted_hash) AS wanted, count(e.live_hash) AS live, "
                + ", ".join(
                    f"count(*) FILTER (WHERE e.state = '{state}') AS {state}"
                    for state in ("intent", "unknown", "parked")
                )
                + f", count(*) FILTER (WHERE e.state = 'rejected' AND NOT {MOOT}) AS refused"
                + f", count(*) FILTER (WHERE e.state = 'rejected' AND {MOOT}) AS moot"
                + f", count(*) FILTER (WHERE e.state = 'planned' AND NOT {HELD}) AS planned"
                + f", count(*) FILTER (WHERE e.state = 'planned' AND {HELD}) AS held"
                + ", c.paused, c.paused_reason, c.not_before FROM channel c LEFT JOIN effect e ON e.channel = c.name "
                "GROUP BY c.name ORDER BY c.name"
            )
        )
        return {
            r.name: Standing(
                r.wanted,
                r.live,
                r.planned,
                r.intent,
                r.unknown,
                r.parked,
                r.refused,
                r.paused,
                r.paused_reason,
                r.not_before,
                r.held,
                r.moot,
            )
            for r in rows
        }
