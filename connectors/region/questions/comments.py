"""Comments under what a dialogue has on channels: those that ask become questions.

Belongs here: which objects are read, how far they were, and keeping what asks. Does not: reading a channel (connectors/facebook_live), or
what asks (core/question_text.py).

Who wrote a comment is not kept: they asked on Facebook, not us. An answer is read where everybody reads it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final, Protocol

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.dialogues.dialogues import new_ref
from core import question_text

READ_AFTER: Final = dt.timedelta(days=1)  # a dialogue was closed: then nobody looks for an answer there


class Comment(Protocol):
    """What a channel tells of a comment. ``from_page``: it is our own, so an echo."""

    @property
    def id(self) -> str:
        """What the channel calls it."""

    @property
    def message(self) -> str:
        """What it says."""

    @property
    def from_page(self) -> bool:
        """Whether it is our own."""


class Discussed(msgspec.Struct, frozen=True):
    """What a dialogue has on a channel, and how far its comments were read."""

    dialogue: int
    ref: str
    theme: str
    channel: str
    remote_id: str
    cursor: str | None


def discussed(region: Region, channels: Collection[str], now: dt.datetime) -> list[Discussed]:
    """What is to be read now: of dialogues on the air, or closed since yesterday."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT d.id, d.ref, d.theme, e.channel, e.remote_id, r.cursor FROM dialogue d JOIN effect e ON e.subject = d.ref "
                "AND e.channel = ANY(:channels) AND e.remote_id IS NOT NULL AND e.live_hash IS NOT NULL "
                "LEFT JOIN comments_read r ON r.dialogue_id = d.id AND r.channel = e.channel "
                "WHERE d.state = 'on_air' OR (d.state = 'closed' AND d.changed_at > :since) ORDER BY d.id, e.channel"
            ),
            {"channels": list(channels), "since": now - READ_AFTER},
        )
        return [Discussed(*row) for row in rows]


def take(
    region: Region, read: Discussed, comments: Iterable[Comment], cursor: str | None, now: dt.datetime
) -> int:
    """Keep what asks, and how far was read, in one commit. What comes twice is one. Returns how many questions are new."""
    asking = [each for each in comments if not each.from_page and question_text.asks(each.message)]
    with region.begin() as connection:
        added = sum(
            connection.execute(
                text(
                    "INSERT INTO question (ref, dialogue_id, theme, body, origin, remote_id, state, asked_at, changed_at) "
                    "VALUES (:ref, :dialogue, :theme, :body, 'facebook', :remote, 'waiting', :now, :now) "
                    "ON CONFLICT (remote_id) DO NOTHING"
                ),
                {
                    "ref": new_ref("q"),
                    "dialogue": read.dialogue,
                    "theme": read.theme,
                    "body": question_text.shortened(each.message),
                    "remote": each.id,
                    "now": now,
                },
            ).rowcount
            for each in asking
        )
        connection.execute(
            text(
                "INSERT INTO comments_read AS r (dialogue_id, channel, cursor, read_at) VALUES (:dialogue, :channel, :cursor, :now) "
                "ON CONFLICT (dialogue_id, channel) DO UPDATE SET cursor = coalesce(excluded.cursor, r.cursor), read_at = excluded.read_at"
            ),
            {"dialogue": read.dialogue, "channel": read.channel, "cursor": cursor, "now": now},
        )
    return added
