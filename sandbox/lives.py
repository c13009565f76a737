"""The truth of the live videos: every one that ever was, what it says, and how far it has come.

Belongs here: rows and counts. Does not: Graph's words (graph_lives.py).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox.clock import HOUR, SECOND, Clock, instant
from sandbox.draws import number as drawn
from sandbox.state import State

FIRST = 600_000_000_000_000  # of their ids
SCHEDULED, EXPIRED, CANCELLED = "SCHEDULED_UNPUBLISHED", "SCHEDULED_EXPIRED", "SCHEDULED_CANCELED"
_COLUMNS = "number, page, title, description, status, starts, post, created, updated, deleted"


class Live(NamedTuple):
    """A live video. ``starts`` is seconds, when it is scheduled; ``post`` is that of its broadcast in the Page's feed."""

    number: int
    page: str
    title: str
    description: str
    status: str
    starts: int | None
    post: int | None
    created: int
    updated: int
    deleted: int | None = None

    @property
    def id(self) -> str:
        """As Graph names it."""
        return str(FIRST + self.number)

    @property
    def key(self) -> str:
        """What whoever sends the picture needs: a secret."""
        return f"FB-{self.id}-0-Ab{drawn('stream', self.number):x}"


def is_id(node: str) -> bool:
    """Whether it is a live video's, there or not, and no Page's."""
    return node.isdigit() and FIRST < int(node[:18]) < FIRST + 10**9


class Lives:
    """The live videos of every Page."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._connection, self._clock = state.connection, clock

    def create(self, page: str, title: str, description: str, status: str, starts: int | None) -> Live:
        """A new one."""
        now = self._clock.now()
        row = self._connection.execute(
            "INSERT INTO lives (page, title, description, status, starts, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (page, title, description, status, starts, now, now),
        )
        return Live(int(row.lastrowid or 0), page, title, description, status, starts, None, now, now)

    def get(self, node: str) -> Live | None:
        """The one of that id, unless it never was or was deleted."""
        if not is_id(node):
            return None
        found = self._rows("number = ? AND deleted IS NULL", int(node) - FIRST)
        return found[0] if found else None

    def change(self, live: Live) -> None:
        """It is now as ``live`` says."""
        self._connection.execute(
            "UPDATE lives SET title = ?, description = ?, status = ?, starts = ?, post = ?, updated = ?, updates = updates + 1"
            " WHERE number = ?",
            (*live[2:7], self._clock.now(), live.number),
        )

    def delete(self, live: Live) -> None:
        """Gone for the Page, kept for the truth."""
        self._connection.execute(
            "UPDATE lives SET deleted = ? WHERE number = ?", (self._clock.now(), live.number)
        )

    def of(self, page: str) -> list[Live]:
        """A Page's that are there, newest first."""
        return self._rows("page = ? AND deleted IS NULL", page)

    def ever(self) -> list[dict[str, Any]]:
        """Every one that ever was, oldest first, with its secret."""
        return [
            {
                **live._asdict(),
                "id": live.id,
                "stream_key": live.key,
                "created": instant(live.created),
                "updated": instant(live.updated),
            }
            for live in reversed(self._rows("number > ?", 0))
        ]

    def truth(self) -> dict[str, int]:
        """Counts. ``duplicates``: those that are there beyond the first of the same Page and title."""
        totals = self._connection.execute(
            "SELECT COUNT(*) - COUNT(deleted), COUNT(*), COALESCE(SUM(updates), 0), COUNT(deleted) FROM lives"
        ).fetchone()
        duplicates = self._connection.execute(
            "SELECT COALESCE(SUM(there - 1), 0) FROM (SELECT COUNT(*) AS there FROM lives WHERE deleted IS NULL"
            " GROUP BY page, title)"
        ).fetchone()[0]
        names = ("lives", "created", "updated", "deleted")
        return {**dict(zip(names, totals, strict=True)), "duplicates": duplicates}

    def _rows(self, condition: str, value: str | int) -> list[Live]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM lives WHERE {condition} ORDER BY number DESC", (value,)
        )
        return [self._aged(Live(*row)) for row in rows]

    def _aged(self, live: Live) -> Live:
        """What nobody began within the hour after its time is over."""
        late = live.starts is not None and self._clock.now() > live.starts * SECOND + HOUR
        return live._replace(status=EXPIRED) if late and live.status == SCHEDULED else live
