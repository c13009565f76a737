"""One step of a dialogue: the state it may come to, what is written, and the decision that is kept.

Belongs here: what every step is made of. Does not: which steps there are (dialogue_life.py, dialogue_holding.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.dialogues import dialogues
from connectors.region.dialogues.dialogues import Dialogue
from core import reminders
from core.dialogues import FOLLOWS, Rules, State
from schemas.errors import Refused


class Hub(msgspec.Struct, frozen=True):
    """What steps go by: the rules of dialogues and of reminders, and the portal's address."""

    rules: Rules
    reminders: Sequence[reminders.Rule]
    publisher: str

    def page(self, dialogue: Dialogue) -> str:
        """Where residents read of it, follow it and ask."""
        return f"{self.publisher}/dialogues/{dialogue.ref}"


class Step(msgspec.Struct, frozen=True):
    """A decision: the state that a dialogue came to, or what else was done, by whom and why."""

    step: str
    by: str
    why: str | None
    at: dt.datetime


def check_follows(before: Dialogue, state: State) -> None:
    """Whether a dialogue may come to that state.

    Raises:
        Refused: it may not; the message says what can follow.

    """
    if state not in FOLLOWS[before.state]:
        able = ", ".join(sorted(FOLLOWS[before.state])) or "nothing"
        raise Refused(f"Dialogue {before.ref} is {before.state}: what can follow is {able}.")


def change(connection: Connection, before: Dialogue, now: dt.datetime, **values: Any) -> Dialogue:
    """Write values of a locked dialogue. Returns it as it is then."""
    sets = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(
        text(f"UPDATE dialogue SET {sets}, changed_at = :now WHERE id = :id"),
        {**values, "now": now, "id": before.id},
    )
    return dialogues.lock(connection, before.id)


def keep(
    connection: Connection, dialogue: Dialogue, step: str, by: str, why: str | None, now: dt.datetime
) -> None:
    """Keep a decision."""
    connection.execute(
        text(
            "INSERT INTO dialogue_step (dialogue_id, step, by, why, at) VALUES (:id, :step, :by, :why, :now)"
        ),
        {"id": dialogue.id, "step": step, "by": by, "why": why, "now": now},
    )


def steps(region: Region, ref: str) -> list[Step]:
    """The decisions about a dialogue, oldest first."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT s.step, s.by, s.why, s.at FROM dialogue_step s JOIN dialogue d ON d.id = s.dialogue_id "
                "WHERE d.ref = :ref ORDER BY s.id"
            ),
            {"ref": ref},
        )
        return [Step(*row) for row in rows]
