"""Letters about a place in a session: whether one that is about to leave still tells what is true.

Belongs here: the verdict, from facts that are arguments. Does not: reading them (connectors/region/cohorts/programme_letters.py), what a letter
says (connectors/mail), or reminders (core/judging.py).

Letters leave in any order and at any time, so each tells how things are when it leaves, and one whose story another letter tells by
then is not sent.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

from core.judging import Attendance
from schemas.letters import Kind, ProgrammeLetter


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How things are with a place and its session.

    ``version`` is the session's. ``told_version`` is the newest that a letter which says all of a place (registered, promoted) has
    told; None: none has. ``place_waits``: such a letter is to be sent, and nobody has begun it: it will tell the newest.
    """

    attendance: Attendance
    turn: int
    version: int
    told_version: int | None
    place_waits: bool
    cancelled: bool
    begun: bool


PlaceKind = Literal["registered", "waiting", "promoted", "moved", "cancelled", "left"]
PLACES: Final[tuple[PlaceKind, ...]] = get_args(PlaceKind)
"""Every kind of letter about a place."""

_SPOKEN_TO: Final[dict[Kind, tuple[Attendance, ...]]] = {
    "registered": ("registered",),
    "waiting": ("waiting",),
    "promoted": ("registered",),
    "moved": ("registered", "waiting"),
    "cancelled": ("registered", "waiting"),
    "left": ("left",),
}


def moot(letter: ProgrammeLetter, standing: Standing) -> str | None:
    """Why a letter about a place is not to be sent any more; None when it is."""
    if letter.turn != standing.turn:
        return "they left and came back since: another letter tells it"
    if standing.attendance not in _SPOKEN_TO[letter.kind]:
        return f"they are {standing.attendance} by now"
    if letter.kind == "cancelled":
        return None  # also when it would have begun: who came in vain is told why
    if standing.cancelled and letter.kind != "left":  # who left has no letter of the cancellation
        return "the session is cancelled: another letter tells it"
    if standing.begun:
        return "the session has begun"
    if letter.kind == "moved":
        return _told_elsewhere(letter, standing)
    return None


def _told_elsewhere(letter: ProgrammeLetter, standing: Standing) -> str | None:
    if letter.version < standing.version:
        return "the session has moved again: another letter tells it"
    if standing.told_version is not None and standing.told_version >= letter.version:
        return "the letter about their place told it"
    if standing.place_waits and standing.attendance == "registered":
        return "the letter about their place, which has not left yet, will tell it"
    return None
