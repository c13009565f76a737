"""The truth of Instagram: every container, and every story or post that was made of one, or by hand in the app.

Belongs here: rows and counts. Does not: Graph's words (graph_instagram.py).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox.clock import DAY, Clock, instant
from sandbox.state import State

CONTAINERS, MEDIA = 17_900_000_000_000_000, 18_000_000_000_000_000  # of their ids
_COLUMNS = "number, user, type, url, caption, alt, made, published, deleted"


class Gram(NamedTuple):
    """A container, and the medium that it became once it is ``published``. Instants are milliseconds."""

    number: int
    user: str
    type: str
    url: str
    caption: str
    alt: str
    made: int
    published: int | None
    deleted: int | None

    @property
    def container(self) -> str:
        """What Graph calls the container."""
        return str(CONTAINERS + self.number)

    @property
    def id(self) -> str:
        """What Graph calls the medium: another id, that nothing of the container tells."""
        return str(MEDIA + self.number)


def is_id(node: str) -> bool:
    """Whether it is a container's or a medium's, there or not, and no Page's."""
    return node.isdigit() and any(first < int(node[:18]) < first + 10**9 for first in (CONTAINERS, MEDIA))


class Grams:
    """What is on every account."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._connection, self._clock = state.connection, clock

    def contain(self, user: str, kind: str, url: str, caption: str, alt: str) -> Gram:
        """A new container."""
        now = self._clock.now()
        row = self._connection.execute(
            "INSERT INTO grams (user, type, url, caption, alt, made) VALUES (?, ?, ?, ?, ?, ?)",
            (user, kind, url, caption, alt, now),
        )
        return Gram(int(row.lastrowid or 0), user, kind, url, caption, alt, now, None, None)

    def container(self, node: str) -> Gram | None:
        """The container of that id."""
        return self._one(CONTAINERS, node)

    def medium(self, node: str) -> Gram | None:
        """The medium of that id, unless it was deleted, or was a story of more than a day."""
        found = self._one(MEDIA, node)
        return found if found and self._is_there(found) else None

    def publish(self, gram: Gram) -> None:
        """It is a medium now."""
        self._connection.execute(
            "UPDATE grams SET published = ? WHERE number = ?", (self._clock.now(), gram.number)
        )

    def caption(self, gram: Gram, caption: str) -> None:
        """Somebody writes another caption, which only the app can."""
        self._connection.execute("UPDATE grams SET caption = ? WHERE number = ?", (caption, gram.number))

    def delete(self, gram: Gram) -> None:
        """Gone for everybody, kept for the truth."""
        self._connection.execute(
            "UPDATE grams SET deleted = ? WHERE number = ?", (self._clock.now(), gram.number)
        )

    def there(self, user: str, *, stories: bool) -> list[Gram]:
        """An account's stories of the last day, or its posts; newest first."""
        published = self._rows("user = ? AND published IS NOT NULL", user)
        return [each for each in published if self._is_there(each) and (each.type == "STORIES") == stories]

    def published_since(self, user: str, moment: int) -> int:
        """How many were published, whatever became of them."""
        return sum((each.published or 0) > moment for each in self._rows("user = ?", user))

    def ever(self) -> list[dict[str, Any]]:
        """Every medium that ever was, oldest first."""
        return [
            {**each._asdict(), "id": each.id, "there": self._is_there(each), "made": instant(each.made)}
            for each in reversed(self._rows("published IS NOT NULL AND number > ?", 0))
        ]

    def truth(self) -> dict[str, int]:
        """Counts. ``duplicates``: media that are there beyond the first of the same account, kind and file."""
        everything = self._rows("number > ?", 0)
        there = [each for each in everything if each.published and self._is_there(each)]
        return {
            "containers": len(everything),
            "created": sum(each.published is not None for each in everything),
            "media": len(there),
            "deleted": sum(each.deleted is not None for each in everything),
            "duplicates": len(there) - len({(each.user, each.type, each.url) for each in there}),
        }

    def _is_there(self, gram: Gram) -> bool:
        if gram.published is None or gram.deleted is not None:
            return False
        return gram.type != "STORIES" or self._clock.now() < gram.published + DAY

    def _one(self, first: int, node: str) -> Gram | None:
        if not node.isdigit() or not first < int(node[:18]) < first + 10**9:
            return None
        found = self._rows("number = ?", int(node) - first)
        return found[0] if found else None

    def _rows(self, condition: str, value: str | int) -> list[Gram]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM grams WHERE {condition} ORDER BY number DESC", (value,)
        )
        return [Gram(*row) for row in rows]
