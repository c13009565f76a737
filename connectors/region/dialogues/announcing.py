"""Announcing a dialogue: what every channel shows of it, and who of the Region's own is written to.

Belongs here: which channel is to show what, by a dialogue's state, and letters to who holds it, in the transaction that changes it.
Does not: a dialogue's steps (dialogue_life.py), residents who follow it (sessions/rescheduling.py), or any channel's words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.ledger import letters, once, wants
from core.dialogues import Rules
from schemas.dialogue import encode
from schemas.letters import DialogueKind, DialogueLetter, Host

LIVE: Final = "facebook_live"
CALENDARS: Final = "caldav"
PUBLIC_CALENDAR: Final = "dialogues"


def show(connection: Connection, rules: Rules, before: Dialogue | None, after: Dialogue) -> None:
    """Have every channel show a locked dialogue as it is now; ``before`` as it was.

    What was never shown somewhere is not shown there to say that it is cancelled.
    """
    content = encode(after.announcement(rules.themes[after.theme]))
    for channel in rules.channels:
        if channel == LIVE:
            _schedule(connection, rules, after, content)
            continue
        subjects = list(_subjects(channel, after))
        for subject in subjects:
            gone = after.state == "cancelled" and not wants.is_there(connection, channel, subject)
            wants.want(connection, channel, subject, None if gone else content)
        for subject in _subjects(channel, before) if before else ():
            if subject not in subjects:
                wants.want(connection, channel, subject, None)


def forget_unseen(region: Region, channels: Sequence[str]) -> int:
    """Have nothing said of a cancelling where nobody was shown anything: it was not known whether the announcement had arrived.

    Returns how many.
    """
    with region.begin() as connection:
        return connection.execute(
            text(
                "UPDATE effect SET wanted_hash = NULL, state = 'done', not_before = NULL, error = NULL, cause = NULL, "
                "changed_at = now() WHERE channel = ANY(:channels) AND state = 'planned' AND live_hash IS NULL "
                "AND wanted_hash IS NOT NULL AND content ->> 'about' = 'dialogue' AND content ->> 'state' = 'cancelled'"
            ),
            {"channels": list(channels)},
        ).rowcount


def _subjects(channel: str, dialogue: Dialogue) -> Iterator[str]:
    """What a dialogue is called on a channel; in calendars, one event in each."""
    if channel != CALENDARS:
        yield dialogue.ref
        return
    yield f"{dialogue.ref}.{PUBLIC_CALENDAR}"
    if dialogue.official_id is not None:
        yield f"{dialogue.ref}.o{dialogue.official_id}"


def _schedule(connection: Connection, rules: Rules, dialogue: Dialogue, content: bytes) -> None:
    """Have a live video scheduled, as soon as that is possible. What was on air stays as it is: it can be seen again.

    One that is there is told at once: it shows a time that may be no more.
    """
    if dialogue.state == "announced" and dialogue.form == "live":
        assert dialogue.starts_at is not None
        horizon = dialogue.starts_at - dt.timedelta(days=rules.live_horizon_days)
        there = wants.is_there(connection, LIVE, dialogue.ref)
        wants.want(connection, LIVE, dialogue.ref, content, not_before=None if there else horizon)
    elif dialogue.state == "cancelled" or dialogue.form == "written":
        wants.want(connection, LIVE, dialogue.ref, None)


def rewrite_calendars(connection: Connection, dialogue: Dialogue) -> None:
    """Have a locked dialogue be written into calendars again as it is: somebody changed it there."""
    connection.execute(
        text(
            "UPDATE effect SET state = 'planned', attempts = 0, not_before = NULL, changed_at = now() "
            "WHERE channel = :channel AND subject = ANY(:subjects) AND state = 'done' AND wanted_hash IS NOT NULL"
        ),
        {"channel": CALENDARS, "subjects": list(_subjects(CALENDARS, dialogue))},
    )


def write(
    connection: Connection, dialogue: Dialogue, kind: DialogueKind, *hosts: tuple[Host, int], days: int = 0
) -> int:
    """Write to who holds a locked dialogue, once a version of it; without ``hosts`` to both. Returns how many letters are new.

    ``days`` after it ended, when that is what the letter is about.
    """
    both: tuple[tuple[Host, int | None], ...] = (
        ("official", dialogue.official_id),
        ("moderator", dialogue.moderator_id),
    )
    after = f".{days}" if days else ""
    told = {
        f"dialogue.{dialogue.ref}.{host}{number}.{kind}.{dialogue.version}{after}": DialogueLetter(
            kind, dialogue.id, dialogue.version, host, number, days
        )
        for host, number in (hosts or both)
        if number is not None
    }
    said = {subject: msgspec.json.encode(each) for subject, each in told.items()}
    return len(once.plan(connection, letters.MAIL, said))
