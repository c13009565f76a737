"""Calendar files: what each iCalendar object of ours is wrapped in (RFC 5545).

Belongs here: the object around its components, and the hour at which one begins. Does not: the components: a training's session
(portal/calendars.py), a session of the programme (core/session_calendar.py), a place in one (core/invitations.py), a dialogue
(core/dialogue_calendar.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from icalendar import Calendar, Component, Timezone, TimezoneDaylight, TimezoneStandard, vDuration

from core.days import PARIS
from core.wall import instant, wall_of

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]
REFRESHED: Final = dt.timedelta(hours=1)  # after so long a subscriber may look again
_PRODID: Final = "-//Région Auvergne-Rhône-Alpes//Boostez votre Région//FR"


def calendar_file(method: Method | None, *components: Component, name: str = "") -> bytes:
    """Components as one iCalendar object. ``method`` is RFC 5546's: what whoever reads it is to do with it.

    None is an object that a calendar server keeps, which has none (RFC 4791, 4.1). With a ``name`` it is a calendar to subscribe to (RFC 7986, and what was there before it).
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODID)
    calendar.add("version", "2.0")
    if method:
        calendar.add("method", method)
    if name:
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", vDuration(REFRESHED), {"VALUE": "DURATION"})
        calendar.add("x-published-ttl", vDuration(REFRESHED))
    for component in components:
        calendar.add_component(component)
    return bytes(calendar.to_ical())


def local(moment: dt.datetime, zone: str) -> dt.datetime:
    """The instant as Paris's clocks show it, so that it stays where it is on people's calendars whatever becomes of the law on clocks.

    An hour that they show twice means the first (RFC 5545, 3.3.5), so the second can only be told in UTC; so is another zone, for
    whose clocks no rule is sent along.
    """
    if zone != PARIS.key or instant(wall_of(moment, zone), zone) != moment:
        return moment.astimezone(dt.UTC)
    return moment.astimezone(PARIS)


def paris() -> Timezone:
    """Paris's clocks since 1996 (directive 2000/84/EC), each change at the local time that it ends (RFC 5545, 3.6.5)."""
    zone = Timezone()
    zone.add("tzid", PARIS.key)
    for observance, name, start, month, before, after in (
        (TimezoneDaylight(), "CEST", dt.datetime(1996, 3, 31, 2), 3, 1, 2),  # noqa: DTZ001 - a wall time
        (TimezoneStandard(), "CET", dt.datetime(1996, 10, 27, 3), 10, 2, 1),  # noqa: DTZ001
    ):
        observance.add("tzname", name)
        observance.add("dtstart", start)
        observance.add("rrule", {"freq": "yearly", "bymonth": month, "byday": "-1su"})
        observance.add("tzoffsetfrom", dt.timedelta(hours=before))
        observance.add("tzoffsetto", dt.timedelta(hours=after))
        zone.add_component(observance)
    return zone
