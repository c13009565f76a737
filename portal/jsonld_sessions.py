"""A session of the programme as search engines read it: Event, in JSON-LD. Pure.

Belongs here: a session in schema.org's words. Does not: offers, or what keeps those words inside their block (jsonld.py).

Sources: schema.org 30.0; Google Search Central, "Event" structured data. The link of a session that is online is for those who
take part, so to everybody else it is held where its page is.
"""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.region.sessions.sessions import Session
from portal.jsonld import CONTEXT, REGION, known

ORGANIZER: Final = "Région Auvergne-Rhône-Alpes"
_TYPES: Final = {"seminar": "BusinessEvent"}


def described(session: Session, address: str, public_url: str) -> dict[str, Any]:
    """The session at ``address``, cancelled or not."""
    zone = ZoneInfo(session.zone)
    return known(
        {
            "@context": CONTEXT,
            "@type": _TYPES.get(session.kind, "Event"),
            "name": session.title,
            "description": session.summary or None,
            "startDate": session.starts_at.astimezone(zone).isoformat(timespec="minutes"),
            "endDate": session.ends_at.astimezone(zone).isoformat(timespec="minutes"),
            "eventStatus": f"{CONTEXT}/Event{'Cancelled' if session.state == 'cancelled' else 'Scheduled'}",
            "eventAttendanceMode": f"{CONTEXT}/{_mode(session)}EventAttendanceMode",
            "location": _locations(session, address),
            "organizer": {"@type": "Organization", "name": ORGANIZER, "url": public_url},
            "isAccessibleForFree": True,
            "inLanguage": "fr",
            "offers": _admission(session, address),
            "url": address,
        }
    )


def _mode(session: Session) -> str:
    if session.place is None:
        return "Online"
    return "Mixed" if session.link else "Offline"


def _locations(session: Session, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if session.place is not None:
        where = session.address or {
            "@type": "PostalAddress",
            "addressRegion": REGION,
            "addressCountry": "FR",
        }
        found.append({"@type": "Place", "name": session.place, "address": where})
    if session.link:
        found.append({"@type": "VirtualLocation", "url": address})
    return found


def _admission(session: Session, address: str) -> dict[str, Any] | None:
    """What taking part costs, and whether there is room; None when nobody can register."""
    if session.kind != "seminar" or session.state != "open":
        return None
    return {
        "@type": "Offer",
        "price": 0,
        "priceCurrency": "EUR",
        "availability": f"{CONTEXT}/{'InStock' if session.left else 'SoldOut'}",
        "url": address,
    }
