"""What letters to officials and moderators tell, as it is when they are sent.

Belongs here: reading it. Does not: when a letter is called for (announcing.py) or its words (connectors/mail/dialogues.py).
"""

from __future__ import annotations

import msgspec
from sqlalchemy import text

from connectors.region import dialogues, hosts
from connectors.region.database import Region
from connectors.region.dialogues import Dialogue
from schemas.letters import DialogueLetter


class Told(msgspec.Struct, frozen=True):
    """Whom a letter goes to, and the dialogue as it is now. ``holds``: whether they hold it; ``waiting`` questions have no answer."""

    dialogue: Dialogue
    name: str
    email: str
    holds: bool
    waiting: int


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
