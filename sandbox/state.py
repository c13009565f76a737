"""The state file: one SQLite database that lets a restart tell the same story.

Belongs here: opening it, its tables, facts by name. Does not: what the facts mean (clock.py, board.py, posts.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offers (
    key TEXT PRIMARY KEY, kind TEXT NOT NULL, number INTEGER NOT NULL, revision INTEGER NOT NULL,
    version INTEGER NOT NULL, open INTEGER NOT NULL, updated INTEGER NOT NULL, malformation TEXT,
    correction TEXT, body TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, digest TEXT NOT NULL, at INTEGER NOT NULL, answer BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS posts (
    number INTEGER PRIMARY KEY AUTOINCREMENT, page TEXT NOT NULL, message TEXT NOT NULL, link TEXT,
    published INTEGER NOT NULL, scheduled INTEGER, created INTEGER NOT NULL, updated INTEGER NOT NULL,
    updates INTEGER NOT NULL DEFAULT 0, deleted INTEGER
);
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, subject TEXT, title TEXT NOT NULL, message TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS mails (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, subject TEXT, recipient TEXT NOT NULL, letter BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS texts (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, subject TEXT, phone TEXT NOT NULL, message TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS lives (
    number INTEGER PRIMARY KEY AUTOINCREMENT, page TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL,
    status TEXT NOT NULL, starts INTEGER, post INTEGER, created INTEGER NOT NULL, updated INTEGER NOT NULL,
    updates INTEGER NOT NULL DEFAULT 0, deleted INTEGER
);
CREATE TABLE IF NOT EXISTS comments (
    number INTEGER PRIMARY KEY AUTOINCREMENT, object TEXT NOT NULL, page TEXT NOT NULL, parent INTEGER, author TEXT NOT NULL,
    name TEXT, message TEXT NOT NULL, hidden INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, deleted INTEGER
);
CREATE TABLE IF NOT EXISTS grams (
    number INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, type TEXT NOT NULL, url TEXT NOT NULL, caption TEXT NOT NULL,
    alt TEXT NOT NULL, made INTEGER NOT NULL, published INTEGER, deleted INTEGER
);
CREATE INDEX IF NOT EXISTS said_under ON comments (object, number);
CREATE INDEX IF NOT EXISTS live_posts ON posts (page, number) WHERE deleted IS NULL;
"""

_TOLD = (
    "facts", "offers", "answers", "posts", "lives", "grams", "comments", "messages", "mails", "texts", "sqlite_sequence",
)  # fmt: skip


class State:
    """An open state file; None keeps everything in memory."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.executescript(_TABLES)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; one inside another joins it."""
        if self.connection.in_transaction:
            yield self.connection
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def fact(self, name: str) -> str | None:
        """A fact's value, None when it was never stated."""
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def state(self, name: str, value: str) -> None:
        """State a fact, over what was stated before."""
        self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def wipe(self) -> None:
        """Forget everything."""
        with self.transaction() as connection:
            for table in _TOLD:
                connection.execute(f"DELETE FROM {table}")

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
