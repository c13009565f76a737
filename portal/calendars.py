"""A training's session as a calendar's event (RFC 5545).

Belongs here: one dated session in iCalendar. Does not: which offer it is of (offer.py).
"""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from icalendar import Event

from core import wording
from core.calendar_files import calendar_file
from core.html import plain_text
from schemas.offer import Offer, Session

_LONGEST = 600  # characters of a description


def session_event(offer: Offer, session: Session, key: str, address: str, stamp: dt.datetime) -> bytes:
    """One session as a calendar of one event, for whoever keeps it.

    The same session is the same event for ever: its UID is made of the offer's key and its dates. Nothing in it changes
    unless the offer does: ``stamp`` is when it last did. It blocks nobody's days (TRANSPARENT).
    """
    event = Event()
    event.add(
        "uid", f"{key}-{session.starts_on:%Y%m%d}-{session.ends_on:%Y%m%d}@{urlsplit(address).hostname}"
    )
    event.add("dtstamp", stamp.astimezone(dt.UTC).replace(microsecond=0))
    event.add("dtstart", session.starts_on)
    event.add("dtend", session.ends_on + dt.timedelta(days=1))  # exclusive (3.6.1)
    event.add("summary", offer.title)
    told = [wording.employer(offer), wording.excerpt(plain_text(offer.description), _LONGEST), address]
    event.add("description", "\n".join(line for line in told if line))
    place = " ".join(part for part in (offer.location.postal_code, offer.location.city) if part)
    if place:
        event.add("location", place)
    event.add("url", address)
    event.add("transp", "TRANSPARENT")
    return calendar_file("PUBLISH", event)
