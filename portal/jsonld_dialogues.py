"""A dialogue as search engines read it: an event, that is broadcast when it is live, in JSON-LD. Pure.

Belongs here: a dialogue in schema.org's words. Does not: sessions of the programme (jsonld_sessions.py), or what keeps those words
inside their block (jsonld.py).

Sources: schema.org 30.0 (Event, BroadcastEvent, EventRescheduled); Google Search Central, "Event" structured data: one that was
moved is rescheduled, with its new time as startDate and the old one as previousStartDate.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from connectors.region.dialogues.dialogues import Dialogue
from portal.jsonld import CONTEXT, REGION, known
from portal.jsonld_sessions import ORGANIZER


def described(dialogue: Dialogue, theme: str, address: str, public_url: str) -> dict[str, Any]:
    """The dialogue at ``address``, whatever became of it; ``theme`` is its theme's French label."""
    assert dialogue.starts_at is not None
    assert dialogue.ends_at is not None
    live = dialogue.form == "live"
    moved = dialogue.was_at if dialogue.state != "cancelled" else None
    return known(
        {
            "@context": CONTEXT,
            "@type": "BroadcastEvent" if live else "Event",
            "name": dialogue.title,
            "description": dialogue.summary or None,
            "about": theme or None,
            "startDate": _local(dialogue.starts_at, dialogue.zone),
            "endDate": _local(dialogue.ends_at, dialogue.zone),
            "previousStartDate": moved and _local(moved, dialogue.zone),
            "eventStatus": f"{CONTEXT}/Event{_status(dialogue, moved)}",
            "eventAttendanceMode": f"{CONTEXT}/{'Mixed' if _room(dialogue) else 'Online'}EventAttendanceMode",
            "isLiveBroadcast": True if live else None,
            "location": _locations(dialogue, address),
            "performer": dialogue.official and {"@type": "Person", "name": dialogue.official.split(", ")[0]},
            "organizer": {"@type": "Organization", "name": ORGANIZER, "url": public_url},
            "isAccessibleForFree": True,
            "inLanguage": "fr",
            "recordedIn": dialogue.replay and {"@type": "CreativeWork", "url": dialogue.replay},
            "url": address,
        }
    )


def _local(moment: dt.datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")


def _status(dialogue: Dialogue, moved: dt.datetime | None) -> str:
    if dialogue.state == "cancelled":
        return "Cancelled"
    return "Rescheduled" if moved else "Scheduled"


def _room(dialogue: Dialogue) -> bool:
    """Whether residents can come: a studio, or a room without seats, is only broadcast from."""
    return dialogue.form == "live" and dialogue.venue is not None and dialogue.seats > 0


def _locations(dialogue: Dialogue, address: str) -> list[dict[str, Any]]:
    online = {"@type": "VirtualLocation", "url": address}
    if not _room(dialogue):
        return [online]
    where = dialogue.address or {"@type": "PostalAddress", "addressRegion": REGION, "addressCountry": "FR"}
    return [{"@type": "Place", "name": dialogue.venue, "address": where}, online]
