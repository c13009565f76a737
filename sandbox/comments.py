"""The truth of what is said under posts and live videos.

Belongs here: rows. Does not: Graph's words (graph_comments.py).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox.clock import Clock, instant
from sandbox.draws import seeded
from sandbox.state import State

FIRST = 800_000_000_000_000  # of their ids
AUTHORS = ("Ada", "Béatrice", "Chloé", "Driss", "Élodie", "Farid", "Gaëlle", "Hugo")
ASKED = (
    "Bonjour, y aura-t-il des places d’apprentissage à la rentrée{end}",
    "Que fait la Région pour les trains du soir{end}",
    "Merci pour ce direct, on vous suit depuis le lycée{end}",
    "Comment s’inscrire aux ateliers sans ordinateur{end}",
)
_COLUMNS = "number, object, page, parent, author, name, message, hidden, created"


class Said(NamedTuple):
    """A comment under ``object`` of ``page``; ``parent`` is the comment that it answers, ``author`` an id."""

    number: int
    object: str
    page: str
    parent: int | None
    author: str
    name: str | None
    message: str
    hidden: int
    created: int

    @property
    def id(self) -> str:
        """As Graph names it."""
        return f"{self.object.rpartition('_')[2]}_{FIRST + self.number}"


class Discussion:
    """What is said everywhere."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._connection, self._clock = state.connection, clock

    def add(
        self, place: tuple[str, str], message: str, author: tuple[str, str | None], parent: int | None = None
    ) -> Said:
        """One more, at a place (object and page), by somebody (id and name)."""
        now = self._clock.now()
        row = self._connection.execute(
            "INSERT INTO comments (object, page, parent, author, name, message, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*place, parent, *author, message, now),
        )
        return Said(int(row.lastrowid or 0), *place, parent, *author, message, 0, now)

    def generate(self, place: tuple[str, str], count: int) -> list[Said]:
        """So many by residents: the same place and number give the same words."""
        draw = seeded("comments", place[0], count)
        made = []
        for _ in range(count):
            name = draw.choice(AUTHORS)
            words = draw.choice(ASKED).format(end="\u202f?" if draw.random() < 0.8 else "\u202f!")
            made.append(self.add(place, words, (str(900_000 + draw.randrange(1000)), name)))
        return made

    def get(self, node: str) -> Said | None:
        """The one of that id, unless it never was or was deleted."""
        text = node.rpartition("_")[2]
        if not text.isdigit() or len(text) > 18:
            return None
        found = self._rows("number = ?", int(text) - FIRST)
        return found[0] if found and found[0].id == node else None

    def under(self, node: str) -> list[Said]:
        """Those under an object, oldest first."""
        return self._rows("object = ?", node)

    def change(self, said: Said) -> None:
        """It is now as ``said`` says."""
        self._connection.execute(
            "UPDATE comments SET message = ?, hidden = ? WHERE number = ?",
            (said.message, said.hidden, said.number),
        )

    def delete(self, said: Said) -> None:
        """Gone, with the answers to it."""
        self._connection.execute(
            "UPDATE comments SET deleted = ? WHERE number = ? OR parent = ?",
            (self._clock.now(), said.number, said.number),
        )

    def there(self) -> list[dict[str, Any]]:
        """Every one that is there, oldest first."""
        rows = self._rows("number > ?", 0)
        return [{**said._asdict(), "id": said.id, "created": instant(said.created)} for said in rows]

    def _rows(self, condition: str, value: str | int) -> list[Said]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM comments WHERE {condition} AND deleted IS NULL ORDER BY number", (value,)
        )
        return [Said(*row) for row in rows]
