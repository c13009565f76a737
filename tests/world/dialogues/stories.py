"""The stories: what staff press, one after the other, of one dialogue.

Belongs here: each step as staff take it, through its flow, and the tales made of them. Does not: what strikes them (world.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from connectors.region.sessions import enrolments, sessions
from flows import dialogues as flows
from schemas.errors import Refused
from tests.reminder_rules import RULES
from tests.world.dialogues.truth import evening
from tests.world.dialogues.world import Step, Tale, World

BY: Final = "Ada"
REASON: Final = "La salle est fermée."


def announced(world: World) -> None:
    """Everybody is told."""
    flows.announce_dialogue.fn(world.ref, BY)


def followed(world: World) -> None:
    """Two people follow it, on the portal."""
    session = world.dialogue.session_id
    if session is None:
        raise Refused("nobody can follow what is not announced")
    with world.stage.direct.begin() as connection:
        locked = sessions.lock(connection, session)
        for person in world.followers:
            enrolments.enrol(connection, RULES, locked, person, world.dialogues.now)


def moved_to(days: int, hour: int = 20) -> Step:
    """It is held another day, so many from now."""

    def moved(world: World) -> None:
        starts = dt.datetime.combine(evening(days).date(), dt.time(hour))
        flows.move_dialogue.fn(world.ref, BY, starts=starts)

    return moved


def given_to_another(world: World) -> None:
    """Another official holds it."""
    flows.move_dialogue.fn(world.ref, BY, official=world.email(world.other))


def given_back(world: World) -> None:
    """The first official holds it after all."""
    flows.move_dialogue.fn(world.ref, BY, official=world.email(world.first))


def cancelled(world: World) -> None:
    """It is not held."""
    flows.cancel_dialogue.fn(world.ref, BY, REASON)


def fell_back(world: World) -> None:
    """It is held in writing."""
    flows.fall_back_dialogue.fn(world.ref, BY, REASON)


_TOLD: Final = (announced, followed)
TALES: Final = {
    tale.name: tale
    for tale in (
        Tale("announced", _TOLD),
        Tale("moved", (*_TOLD, moved_to(4))),
        Tale("moved twice", (*_TOLD, moved_to(4), moved_to(2))),
        Tale("moved beyond Graph's horizon", (*_TOLD, moved_to(20))),
        Tale("moved nearer than Graph's horizon", (*_TOLD, moved_to(4)), days=20),
        Tale("another official", (*_TOLD, given_to_another)),
        Tale("another official and back", (*_TOLD, given_to_another, given_back)),
        Tale("cancelled", (*_TOLD, cancelled)),
        Tale("in writing", (*_TOLD, fell_back)),
        Tale("moved and cancelled", (*_TOLD, moved_to(4), cancelled)),
        Tale("moved and in writing", (*_TOLD, moved_to(4), fell_back)),
    )
}
