"""The sandbox's clock: real time, plus what it was advanced by.

Belongs here: now, and instants as the contract writes them. Does not: what happens when time passes. Instants are
milliseconds since 1970, UTC.
"""

from __future__ import annotations

import datetime as dt
import time

from sandbox.state import State

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock:
    """Real time plus an offset that survives a restart. ``epoch`` is the instant at which the state file was new."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.start()

    def start(self) -> None:
        """Read the clock from the state file, or begin a new story now."""
        self._offset = int(self._state.fact("offset") or 0)
        self.epoch = int(self._state.fact("epoch") or self.now())
        self._state.state("epoch", str(self.epoch))

    def now(self) -> int:
        """The sandbox's present."""
        return time.time_ns() // 1_000_000 + self._offset

    def advance(self, seconds: float) -> None:
        """Move the present; backwards is refused, since no instant may come twice."""
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        self._offset += int(seconds * SECOND)
        self._state.state("offset", str(self._offset))


def instant(moment: int) -> str:
    """As the contract writes it: 2026-11-24T02:17:00.123Z."""
    whole = dt.datetime.fromtimestamp(moment / SECOND, dt.UTC).isoformat(timespec="milliseconds")
    return whole[:-6] + "Z"


def day(moment: int) -> str:
    """The UTC date, as 2026-11-24."""
    return dt.datetime.fromtimestamp(moment / SECOND, dt.UTC).date().isoformat()


def milliseconds(text: str) -> int:
    """An RFC 3339 instant, rounded down to the millisecond; ValueError when it is none or carries no offset."""
    moment = dt.datetime.fromisoformat(text.upper().replace(":60", ":59"))
    if moment.tzinfo is None:
        raise ValueError("no offset from UTC")
    return int((moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(milliseconds=1))
