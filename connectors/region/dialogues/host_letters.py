"""What letters to officials and moderators tell, as it is when they are sent.

Belongs here: reading it, and whom letters did not reach. Does not: when a letter is called for (announcing.py) or its words (connectors/mail/dialogues.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.dialogues import dialogues, hosts
from connectors.region.dialogues.dialogues import Dialogue
from schemas.letters import DialogueLetter, Host

CAUSE: Final = "unreached "  # what the causes of alerts about it begin with


class Told(msgspec.Struct, frozen=True):
    """Whom a letter goes to, and the dialogue as it is now. ``holds``: whether they hold it; ``waiting`` questions have no answer."""

    dialogue: Dialogue
    name: str
    email: str
    holds: bool
    waiting: int


class Unreached(msgspec.Struct, frozen=True):
    """Somebody who should know of a dialogue to come, and whose letter the relay refused."""

    ref: str
    title: str
    host: Host
    name: str

    @property
    def cause(self) -> str:
        """What the alert about it is known by."""
        return f"{CAUSE}{self.ref} {self.host} {self.name}"


def unreached(region: Region, now: dt.datetime) -> list[Unreached]:
    """Of each dialogue that has not begun, whom a letter about it as it is now did not reach."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT DISTINCT d.ref, d.title, e.content ->> 'host' AS host, coalesce(o.name, m.name) AS name FROM effect e "
                "JOIN dialogue d ON d.id = (e.content ->> 'dialogue')::bigint AND d.version = (e.content ->> 'version')::int "
                "LEFT JOIN official o ON e.content ->> 'host' = 'official' AND o.id = (e.content ->> 'of')::bigint "
                "LEFT JOIN moderator m ON e.content ->> 'host' = 'moderator' AND m.id = (e.content ->> 'of')::bigint "
                "WHERE e.channel = 'mail' AND e.state = 'rejected' AND e.content ->> 'about' = 'dialogue_host' "
                "AND e.cause IS DISTINCT FROM 'moot' AND d.starts_at > :now ORDER BY 1, 3, 4"
            ),
            {"now": now},
        )
        return [Unreached(*row) for row in rows]


def told(region: Region, letter: DialogueLetter) -> Told | None:
    """What the letter tells; None when its dialogue or its reader is gone."""
    with region.begin() as connection:
        row = connection.execute(
            text(f"{dialogues.SELECT} WHERE d.id = :id"), {"id": letter.dialogue}
        ).one_or_none()
        host = (
            hosts.get(connection, hosts.Official, letter.of)
            if letter.host == "official"
            else hosts.get(connection, hosts.Moderator, letter.of)
        )
        waiting: int = connection.execute(
            text(
                "SELECT count(*) FROM question WHERE dialogue_id = :id AND state IN ('waiting', 'published')"
            ),
            {"id": letter.dialogue},
        ).scalar_one()
    if row is None or host is None or host.ended_at is not None:
        return None
    found = dialogues.read(row)
    holds = letter.of == (found.official_id if letter.host == "official" else found.moderator_id)
    return Told(found, host.name, host.email, holds, waiting)
