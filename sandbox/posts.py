"""The truth of the Pages: every post that was ever made, what it says now, and whether it was deleted.

Belongs here: rows and counts. Does not: Graph's words (graph.py).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox.clock import Clock
from sandbox.state import State

_COLUMNS = "number, page, message, link, published, scheduled, created, updated, deleted"


class Post(NamedTuple):
    """A post. Instants are milliseconds; ``scheduled`` is seconds, as Graph has it; ``deleted`` is None while it is there."""

    number: int
    page: str
    message: str
    link: str | None
    published: int
    scheduled: int | None
    created: int
    updated: int
    deleted: int | None = None

    @property
    def id(self) -> str:
        """As Graph names it."""
        return f"{self.page}_{self.number}"


class Posts:
    """The posts of every Page."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._connection, self._clock = state.connection, clock

    def create(
        self, page: str, message: str, link: str | None, *, published: bool, scheduled: int | None
    ) -> Post:
        """A new post."""
        now = self._clock.now()
        row = self._connection.execute(
            "INSERT INTO posts (page, message, link, published, scheduled, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (page, message, link, published, scheduled, now, now),
        )
        return Post(int(row.lastrowid or 0), page, message, link, int(published), scheduled, now, now)

    def get(self, page: str, number: int) -> Post | None:
        """A post, unless it never was or was deleted."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM posts WHERE number = ? AND page = ? AND deleted IS NULL", (number, page)
        ).fetchone()
        return None if row is None else Post(*row)

    def update(self, post: Post, message: str) -> None:
        """Another message."""
        self._connection.execute(
            "UPDATE posts SET message = ?, updated = ?, updates = updates + 1 WHERE number = ?",
            (message, self._clock.now(), post.number),
        )

    def publish(self, post: Post) -> None:
        """A scheduled or hidden draft, made visible."""
        self._connection.execute(
            "UPDATE posts SET published = 1, scheduled = NULL, updated = ?, updates = updates + 1 WHERE number = ?",
            (self._clock.now(), post.number),
        )

    def delete(self, post: Post) -> None:
        """Gone for the Page, kept for the truth."""
        self._connection.execute(
            "UPDATE posts SET deleted = ? WHERE number = ?", (self._clock.now(), post.number)
        )

    def newest(self, page: str) -> Post | None:
        """The Page's newest post that is there."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM posts WHERE page = ? AND deleted IS NULL ORDER BY number DESC LIMIT 1",
            (page,),
        ).fetchone()
        return None if row is None else Post(*row)

    def listed(
        self, page: str, numbers: range, published: int, between: tuple[int, int], limit: int
    ) -> list[Post]:
        """A Page's posts, newest first: of these ``numbers``, created within ``between``."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM posts WHERE page = ? AND deleted IS NULL AND number >= ? AND number < ?"
            " AND published = ? AND created BETWEEN ? AND ? ORDER BY number DESC LIMIT ?",
            (page, numbers.start, numbers.stop, published, *between, limit),
        )
        return [Post(*row) for row in rows]

    def oldest_of(self, newest: int, page: str, published: int) -> int:
        """The number of the oldest of a Page's ``newest`` so many posts; 0 when it has fewer."""
        row = self._connection.execute(
            "SELECT number FROM posts WHERE page = ? AND deleted IS NULL AND published = ?"
            " ORDER BY number DESC LIMIT 1 OFFSET ?",
            (page, published, newest - 1),
        ).fetchone()
        return 0 if row is None else int(row[0])

    def after(self, number: int, limit: int, *, ever: bool = False) -> list[Post]:
        """Every Page's posts that are there (``ever``: or were), oldest first, numbers above ``number``."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM posts WHERE (? OR deleted IS NULL) AND number > ? ORDER BY number LIMIT ?",
            (ever, number, limit),
        )
        return [Post(*row) for row in rows]

    def truth(self) -> dict[str, Any]:
        """Counts. ``duplicates``: posts that are there beyond the first of the same Page and link (else message)."""
        totals = self._connection.execute(
            "SELECT COUNT(*) - COUNT(deleted), COUNT(*), COALESCE(SUM(updates), 0), COUNT(deleted) FROM posts"
        ).fetchone()
        by_page = self._connection.execute(
            "SELECT page, COUNT(*) FROM posts WHERE deleted IS NULL GROUP BY page ORDER BY page"
        )
        duplicates = self._connection.execute(
            "SELECT COALESCE(SUM(there - 1), 0) FROM (SELECT COUNT(*) AS there FROM posts WHERE deleted IS NULL"
            " GROUP BY page, COALESCE(link, message))"
        ).fetchone()[0]
        names = ("posts", "created", "updated", "deleted")
        return {**dict(zip(names, totals, strict=True)), "by_page": dict(by_page), "duplicates": duplicates}
