"""Calendar files: what each iCalendar object of ours is wrapped in (RFC 5545).

Belongs here: the object around its components. Does not: the components: a training's session (portal/calendars.py), a place in a
session of the programme (core/invitations.py).
"""

from __future__ import annotations

from typing import Final, Literal

from icalendar import Calendar, Component

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]
_PRODID: Final = "-//Région Auvergne-Rhône-Alpes//Boostez votre Région//FR"


def calendar_file(method: Method, *components: Component) -> bytes:
    """Components as one iCalendar object. ``method`` is RFC 5546's: what whoever reads it is to do with it."""
    calendar = Calendar()
    calendar.add("prodid", _PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for component in components:
        calendar.add_component(component)
    return bytes(calendar.to_ical())
