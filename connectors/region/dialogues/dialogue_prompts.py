"""What who holds a dialogue is prompted for: to say that they are there, before it; minutes and answers, after it.

Belongs here: who is written to when, from rows; that a moderator is there, and what a check before a live video found. Does not: the
letters (connectors/mail/dialogues.py) or the check (tasks/preflight.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.dialogues import announcing, dialogues
from connectors.region.dialogues.dialogue_steps import Hub, keep
from connectors.region.dialogues.dialogues import Dialogue
from schemas.errors import Refused

ASKED_BEFORE: Final = dt.timedelta(hours=2)  # a moderator is asked to say that they are there
PRESENT, CHECKED, TROUBLED = "present", "checked", "check_failed"


def prompt(region: Region, hub: Hub, now: dt.datetime) -> int:
    """Write to moderators of what begins soon, and to the office of what is waited for. Returns how many letters that takes."""
    soon = dialogues.listed(region, states={"announced"}, after=now, before=now + ASKED_BEFORE)
    written = 0
    with region.begin() as connection:
        for each in soon:
            assert each.moderator_id is not None
            written += announcing.write(connection, each, "before", ("moderator", each.moderator_id))
    for each in dialogues.listed(region, states={"closed"}, limit=1000):
        written += _due(region, hub, each, now)
    return written


def _due(region: Region, hub: Hub, dialogue: Dialogue, now: dt.datetime) -> int:
    """After an outage the office has one letter, not one for every day that passed."""
    assert dialogue.ends_at is not None
    passed = [
        days for days in hub.rules.minutes_due_days if now >= dialogue.ends_at + dt.timedelta(days=days)
    ]
    if not passed:
        return 0
    with region.begin() as connection:
        return announcing.write(connection, dialogue, "due", days=passed[-1])


def present(region: Region, ref: str, moderator: int, now: dt.datetime) -> Dialogue:
    """The moderator says that they are there. Twice is once.

    Raises:
        Misconfigured: there is no such dialogue.
        Refused: somebody else moderates it by now, or it is not about to begin.

    """
    with region.begin() as connection:
        found = dialogues.lock(connection, ref)
        if found.moderator_id != moderator:
            raise Refused(f"Somebody else moderates dialogue {ref} by now.")
        if found.state not in {"announced", "on_air"} or found.starts_at is None:
            raise Refused(f"Dialogue {ref} is {found.state}.")
        if is_early(found, now):
            raise Refused(f"Dialogue {ref} begins at {found.starts_at:%H:%M} UTC: say so when you are there.")
        known = connection.execute(
            text(
                "SELECT EXISTS (SELECT FROM dialogue_step WHERE dialogue_id = :id AND step = :step AND by = :by)"
            ),
            {"id": found.id, "step": PRESENT, "by": _name(found)},
        ).scalar_one()
        if not known:
            keep(connection, found, PRESENT, _name(found), None, now)
    return found


def is_early(dialogue: Dialogue, now: dt.datetime) -> bool:
    """Whether nobody can be there yet."""
    return dialogue.starts_at is not None and now < dialogue.starts_at - 2 * ASKED_BEFORE


def _name(dialogue: Dialogue) -> str:
    """How the moderator of a version of a dialogue is kept: another time is another presence."""
    return f"{dialogue.moderator} ({dialogue.version})"


def is_present(region: Region, dialogue: Dialogue) -> bool:
    """Whether its moderator has said that they are there, for its newest time and place."""
    with region.begin() as connection:
        return bool(
            connection.execute(
                text(
                    "SELECT EXISTS (SELECT FROM dialogue_step WHERE dialogue_id = :id AND step = :step AND by = :by)"
                ),
                {"id": dialogue.id, "step": PRESENT, "by": _name(dialogue)},
            ).scalar_one()
        )


def to_check(region: Region, hub: Hub, now: dt.datetime) -> list[Dialogue]:
    """Live dialogues that begin within the time of a check."""
    until = now + dt.timedelta(minutes=hub.rules.preflight_minutes)
    found = dialogues.listed(region, states={"announced"}, after=now, before=until)
    return [each for each in found if each.form == "live"]


def keep_check(region: Region, dialogue: Dialogue, troubles: Sequence[str], now: dt.datetime) -> bool:
    """Keep what a check found, once as long as it finds the same. Returns whether that is new."""
    step, why = (TROUBLED, "\n".join(troubles)) if troubles else (CHECKED, None)
    with region.begin() as connection:
        found = dialogues.lock(connection, dialogue.id)
        last = connection.execute(
            text(
                "SELECT step, why FROM dialogue_step WHERE dialogue_id = :id AND step IN (:checked, :troubled) "
                "ORDER BY id DESC LIMIT 1"
            ),
            {"id": found.id, "checked": CHECKED, "troubled": TROUBLED},
        ).one_or_none()
        if last is not None and (last.step, last.why) == (step, why):
            return False
        keep(connection, found, step, "the clock", why, now)
    return True
