"""That somebody moved a dialogue in their own calendar: a proposal, which a person accepts or refuses.

Belongs here: statements on ``move_proposal``, and what a verdict sets going. Does not: reading calendars (connectors/caldav), or moving
a dialogue (dialogue_life.py). Nothing moves silently: residents were told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.dialogues import announcing, calendars, dialogue_life, dialogues
from connectors.region.dialogues.calendars import Kept
from connectors.region.dialogues.dialogue_life import Placement
from connectors.region.dialogues.dialogue_steps import Hub
from connectors.region.dialogues.dialogues import Dialogue
from schemas.errors import Misconfigured, Refused

CAUSE: Final = "move "  # begins the cause of the alert about one


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal. Without ``starts_wall`` and ``minutes`` they took it out of their calendar."""

    id: int
    ref: str
    title: str
    was: dt.datetime | None
    starts_wall: dt.datetime | None
    minutes: int | None
    calendar: str
    at: dt.datetime
    state: Literal["waiting", "accepted", "refused", "moot"]

    @property
    def cause(self) -> str:
        """The alert about it."""
        return f"{CAUSE}{self.id}"

    def words(self) -> str:
        """What it is, and what to do, for ops staff."""
        to = (
            f"to {self.starts_wall:%Y-%m-%d %H:%M}, {self.minutes} minutes"
            if self.starts_wall
            else "out of it"
        )
        return (
            f"In calendar {self.calendar} somebody moved « {self.title} » ({self.was:%Y-%m-%d %H:%M}) {to}. The dialogue stays where it "
            f"was announced until you decide: `boostez dialogue accept-move {self.id}` moves it and tells everybody, "
            f"`boostez dialogue refuse-move {self.id}` puts it back into their calendar."
        )


_SELECT: Final = (
    "SELECT p.id, d.ref, d.title, d.starts_wall AS was, p.starts_wall, p.minutes, p.calendar, p.at, p.state "
    "FROM move_proposal p JOIN dialogue d ON d.id = p.dialogue_id"
)


class Seen(msgspec.Struct, frozen=True):
    """What somebody did to a dialogue in their calendar. Without ``starts_wall`` and ``minutes`` they took it out."""

    ref: str
    starts_wall: dt.datetime | None = None
    minutes: int | None = None


def take_in(
    region: Region, calendar: Kept, seen: Sequence[Seen], taken_back: Sequence[str], now: dt.datetime
) -> int:
    """Keep what was seen in a calendar, and how far it was read, in one commit. Returns how many proposals are new.

    ``taken_back``: refs of dialogues that whoever had moved them has put back.
    """
    with region.begin() as connection:
        calendars.keep(connection, calendar)
        connection.execute(
            text(
                "UPDATE move_proposal p SET state = 'moot', decided_at = :now FROM dialogue d WHERE d.id = p.dialogue_id "
                "AND p.state = 'waiting' AND p.calendar = :calendar AND d.ref = ANY(:refs)"
            ),
            {"now": now, "calendar": calendar.name, "refs": list(taken_back)},
        )
        return sum(_propose(connection, calendar.name, each, now) for each in seen)


def _propose(connection: Connection, calendar: str, seen: Seen, now: dt.datetime) -> bool:
    """It takes the place of what waits. Of a dialogue that does not stand announced nothing is proposed."""
    found = dialogues.lock(connection, seen.ref)
    if found.state != "announced":
        return False
    return bool(
        connection.execute(
            text(
                "INSERT INTO move_proposal (dialogue_id, starts_wall, minutes, calendar, at) VALUES (:id, :starts_wall, :minutes, :calendar, "
                ":now) ON CONFLICT (dialogue_id) WHERE state = 'waiting' DO UPDATE SET starts_wall = excluded.starts_wall, "
                "minutes = excluded.minutes, calendar = excluded.calendar, at = excluded.at "
                "WHERE (move_proposal.starts_wall, move_proposal.minutes) IS DISTINCT FROM (excluded.starts_wall, excluded.minutes)"
            ),
            {"id": found.id, **msgspec.structs.asdict(seen), "calendar": calendar, "now": now},
        ).rowcount
    )


def waiting(region: Region, now: dt.datetime) -> list[Proposed]:
    """Those that somebody must decide on, oldest first. What is over, or as they would have it by now, waits no more."""
    with region.begin() as connection:
        connection.execute(
            text(
                "UPDATE move_proposal p SET state = 'moot', decided_at = :now FROM dialogue d WHERE d.id = p.dialogue_id "
                "AND p.state = 'waiting' AND (d.state <> 'announced' OR d.starts_at <= :now "
                "OR (d.starts_wall = p.starts_wall AND d.minutes = p.minutes))"
            ),
            {"now": now},
        )
        rows = connection.execute(text(f"{_SELECT} WHERE p.state = 'waiting' ORDER BY p.id"))
        return [Proposed(**row._asdict()) for row in rows]


def accept(region: Region, hub: Hub, number: int, by: str, now: dt.datetime) -> Dialogue:
    """Move the dialogue as proposed; whoever was told is told anew.

    Raises:
        Misconfigured: there is no such proposal.
        Refused: it waits no more, they took it out (cancel it, or give it to somebody else), or it cannot be held then.

    """
    with region.begin() as connection:
        proposed, before = _locked(connection, number)
        if proposed.starts_wall is None or proposed.minutes is None:
            raise Refused(
                f"They took dialogue {before.ref} out of their calendar: `boostez dialogue move {before.ref}` gives it to somebody else "
                f"or another time, `boostez dialogue cancel {before.ref}` ends it."
            )
        assert before.official_id is not None
        assert before.moderator_id is not None
        where = Placement(
            official_id=before.official_id,
            moderator_id=before.moderator_id,
            venue_id=before.venue_id,
            starts_wall=proposed.starts_wall,
        )
        why = f"proposal {number}, from calendar {proposed.calendar}"
        after = dialogue_life.move_locked(
            connection, hub, before, where, by, why, now, minutes=proposed.minutes
        )
        _decide(connection, number, "accepted", by, now)
        acts.note(connection, "approved", "move", [number], by, now, why=f"dialogue {before.ref}")
    return after


def refuse(region: Region, number: int, by: str, now: dt.datetime) -> Dialogue:
    """Leave the dialogue where it is, and put it back into the calendar as it was.

    Raises:
        Misconfigured: there is no such proposal.
        Refused: it waits no more.

    """
    with region.begin() as connection:
        _, before = _locked(connection, number)
        announcing.rewrite_calendars(connection, before)
        _decide(connection, number, "refused", by, now)
        acts.note(connection, "refused", "move", [number], by, now, why=f"dialogue {before.ref}")
    return before


def _locked(connection: Connection, number: int) -> tuple[Proposed, Dialogue]:
    row: Any = connection.execute(text(f"{_SELECT} WHERE p.id = :id"), {"id": number}).one_or_none()
    if row is None:
        raise Misconfigured(f"No proposal {number}: `boostez dialogue moves` shows which wait.")
    before = dialogues.lock(connection, str(row.ref))
    row = connection.execute(text(f"{_SELECT} WHERE p.id = :id FOR UPDATE OF p"), {"id": number}).one()
    proposed = Proposed(**row._asdict())
    if proposed.state != "waiting":
        raise Refused(f"Proposal {number} is {proposed.state} already.")
    return proposed, before


def _decide(connection: Connection, number: int, state: str, by: str, now: dt.datetime) -> None:
    connection.execute(
        text("UPDATE move_proposal SET state = :state, decided_at = :now, decided_by = :by WHERE id = :id"),
        {"id": number, "state": state, "now": now, "by": by},
    )
