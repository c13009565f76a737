"""Holding a dialogue, and what comes after: on air, closed, minutes, answered, archived.

Belongs here: those steps, and what time alone brings. Does not: what comes before (dialogue_life.py), or residents' questions
(questions/questions.py).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.dialogues import announcing, dialogues
from connectors.region.dialogues.dialogue_steps import Hub, change, check_follows, keep
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.sessions import sessions
from core.dialogues import State
from schemas.errors import Refused

CLOCK = "the clock"  # who decided what time brought


def go_on_air(region: Region, hub: Hub, ref: str, by: str, now: dt.datetime) -> Dialogue:
    """It has begun: its page says so. Twice is once.

    Raises:
        Misconfigured: there is none.
        Refused: it is not announced.

    """
    return _step(region, hub, ref, "on_air", by, now)


def close(
    region: Region, hub: Hub, ref: str, by: str, now: dt.datetime, *, replay: str | None = None
) -> Dialogue:
    """It is over; from now on minutes and answers are waited for. Twice is once, and may bring the replay's address.

    Raises:
        Misconfigured: there is none.
        Refused: it was not announced.

    """
    return _step(region, hub, ref, "closed", by, now, replay=replay)


def publish_record(
    region: Region, hub: Hub, ref: str, record: str, by: str, now: dt.datetime, *, replay: str | None = None
) -> Dialogue:
    """Publish the minutes, or others in their place.

    Raises:
        Misconfigured: there is none.
        Refused: it is not over.

    """
    with region.begin() as connection:
        before = dialogues.lock(connection, ref)
        if before.state not in {"closed", "answered"}:
            raise Refused(f"Dialogue {ref} is {before.state}: minutes are published when it is closed.")
        kept = sessions.shown({"summary": record})["summary"]
        after = change(connection, before, now, record=kept, replay=replay or before.replay)
        keep(connection, after, "recorded", by, None, now)
        announcing.show(connection, hub.rules, before, after)
        acts.note(connection, "published", "dialogue", [ref], by, now, why="minutes")
    return after


def settle(region: Region, hub: Hub, now: dt.datetime) -> list[Dialogue]:
    """What time and answers bring: dialogues whose end has passed are closed, answered ones said to be so, old ones archived."""
    old = now - dt.timedelta(days=hub.rules.archive_days)
    return [
        *(
            close(region, hub, each.ref, CLOCK, now)
            for each in _in(region, "announced", "on_air")
            if _is_over(each, now)
        ),
        *(
            _step(region, hub, each.ref, "answered", CLOCK, now)
            for each in _in(region, "closed")
            if each.record and not _open_questions(region, each.id)
        ),
        *(
            _step(region, hub, each.ref, "archived", CLOCK, now)
            for each in _in(region, "answered")
            if each.changed_at <= old
        ),
    ]


def _in(region: Region, *states: State) -> list[Dialogue]:
    return dialogues.listed(region, states=states, limit=10_000)


def _is_over(dialogue: Dialogue, now: dt.datetime) -> bool:
    return dialogue.ends_at is not None and dialogue.ends_at <= now


def _open_questions(region: Region, dialogue: int) -> bool:
    with region.begin() as connection:
        return bool(
            connection.execute(
                text(
                    "SELECT EXISTS (SELECT FROM question WHERE dialogue_id = :id AND state IN ('waiting', 'published'))"
                ),
                {"id": dialogue},
            ).scalar_one()
        )


def _step(
    region: Region, hub: Hub, ref: str, state: State, by: str, now: dt.datetime, *, replay: str | None = None
) -> Dialogue:
    with region.begin() as connection:
        before = dialogues.lock(connection, ref)
        if before.state == state and (replay is None or replay == before.replay):
            return before
        if before.state != state:
            check_follows(before, state)
        after = change(connection, before, now, state=state, replay=replay or before.replay)
        keep(connection, after, state, by, None, now)
        announcing.show(connection, hub.rules, before, after)
    return after
