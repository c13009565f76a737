"""Letters about dialogues with example values.

Belongs here: the examples. Does not: the letters (connectors/mail/dialogues.py), or showing them (cli_letters.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final, get_args

import msgspec

from connectors.mail.dialogues import host_letter
from connectors.mail.programme_words import House
from connectors.mail.wire import Letter
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.dialogues.host_letters import Told
from connectors.settings import Settings
from core.wall import instant
from schemas.letters import DialogueKind, DialogueLetter, Host

STARTS: Final = dt.datetime(2026, 12, 15, 18, 30)  # noqa: DTZ001 - what clocks show


def dialogue(now: dt.datetime) -> Dialogue:
    """A live dialogue three weeks from ``now``."""
    return Dialogue(
        id=1,
        ref="d0exemple",
        season_id=None,
        theme="transport",
        title="Les trains du quotidien",
        summary="Horaires, travaux, tarifs : posez vos questions.",
        form="live",
        department="69",
        official_id=1,
        moderator_id=1,
        venue_id=1,
        starts_wall=STARTS,
        zone="Europe/Paris",
        starts_at=instant(STARTS, "Europe/Paris"),
        minutes=60,
        locked=False,
        version=1,
        was_at=None,
        state="announced",
        session_id=1,
        reason=None,
        replay=None,
        record=None,
        fallen_back_at=None,
        changed_at=now,
        official="Ada Martin, vice-présidente déléguée aux transports",
        moderator="Noé Garnier",
        venue="Studio de la Confluence",
        address="1 esplanade François-Mitterrand, 69002 Lyon",
    )


def letters(settings: Settings, house: House, now: dt.datetime) -> dict[str, Letter]:
    """Every letter to who holds a dialogue, by name."""
    readers: tuple[tuple[Host, str], ...] = (("official", "Ada Martin"), ("moderator", "Noé Garnier"))
    kinds: tuple[DialogueKind, ...] = get_args(DialogueKind)
    return {
        f"dialogue.{kind}.{host}": _letter(kind, host, name, settings, house, now)
        for kind in kinds
        for host, name in readers
        if kind != "before" or host == "moderator"
    }


def _letter(
    kind: DialogueKind, host: Host, name: str, settings: Settings, house: House, now: dt.datetime
) -> Letter:
    told = dialogue(now)
    if kind == "moved":
        assert told.starts_at is not None
        told = msgspec.structs.replace(told, version=2, was_at=told.starts_at - dt.timedelta(days=1))
    if kind == "cancelled":
        told = msgspec.structs.replace(told, state="cancelled", version=2, reason="L’élue est souffrante.")
    here = f"{settings.public_url}/dialogues/moderation/exemple" if kind == "before" else None
    reader = Told(told, name, f"{host}@region.example", holds=kind != "replaced", waiting=3)
    return host_letter(
        DialogueLetter(kind, 1, told.version, host, 1, 3), reader, settings.public_url, house, here
    )
