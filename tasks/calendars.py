"""Calendars of officials: when they are busy, and what they moved.

Belongs here: reading each, and keeping what it says. Does not: how calendars are read (connectors/caldav), or deciding on a move
(connectors/region/dialogues/move_proposals.py).
"""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from typing import Final

import msgspec
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from pydantic import SecretStr

from connectors.caldav import busy as reading
from connectors.caldav import changes as watching
from connectors.caldav.changes import Change, Known, Moved
from connectors.caldav.client import CalDav
from connectors.region.database import Region
from connectors.region.dialogues import calendars, hosts, move_proposals
from connectors.region.dialogues.announcing import CALENDARS
from connectors.region.dialogues.calendars import Interval, Kept
from connectors.region.dialogues.hosts import Official
from connectors.region.dialogues.move_proposals import Seen
from connectors.region.ledger import wants
from connectors.registry import calendar_server
from connectors.settings import Settings
from core.busy import Availability, is_ours
from core.wall import wall_of
from schemas.dialogue import decode
from schemas.errors import BoostezError
from tasks.tell import RUNBOOK, over, sound

AHEAD: Final = dt.timedelta(days=190)  # of a calendar: two seasons
PAGE: Final = f"{RUNBOOK}/officials-calendars.md"


class Read(msgspec.Struct):
    """What reading calendars came to."""

    officials: int = 0
    intervals: int = 0
    faults: int = 0
    proposed: int = 0
    errors: dict[str, str] = msgspec.field(default_factory=dict)


@task(name="read-calendars", retries=0, cache_policy=NO_CACHE)
def read_calendars(region: Region, settings: Settings, now: dt.datetime) -> Read:
    """Read when officials are busy, and what they did to our dialogues in their calendars. Trouble with one leaves the others alone."""
    read = Read()
    for official in hosts.listed(region, hosts.Official):
        if official.calendar:
            _attempt(region, settings, read, official, official.calendar, now)
    if settings.caldav_url is not None:
        with closing(calendar_server(settings)) as server:
            for official in hosts.listed(region, hosts.Official):
                _watch(region, settings, server, read, official, now)
    for proposed in move_proposals.waiting(region, now):
        sound(
            region,
            proposed.cause,
            f"Somebody moved « {proposed.title} » in their calendar",
            proposed.words(),
        )
    return read


def _attempt(
    region: Region, settings: Settings, read: Read, official: Official, calendar: str, now: dt.datetime
) -> None:
    cause = f"calendar of {official.id}"
    try:
        found = _availability(settings, calendar, now)
    except BoostezError as error:
        read.errors[official.name] = str(error)
        get_run_logger().warning("%s: %s", official.name, error)
        sound(
            region,
            cause,
            f"The calendar of {official.name} cannot be read",
            f"{error}\n\nUntil it can, what it said last counts. More: {PAGE}",
        )
        return
    over(region, cause)
    for fault in found.faults:
        get_run_logger().warning("%s: %s: %s", official.name, fault.what, fault.why)
    intervals = [
        Interval(each.starts, each.ends) for each in found.busy if not is_ours(each, settings.public_url)
    ]
    calendars.replace(region, official.id, intervals, now, now + AHEAD)
    read.officials += 1
    read.intervals += len(intervals)
    read.faults += len(found.faults)


def _availability(settings: Settings, calendar: str, now: dt.datetime) -> Availability:
    if "://" in calendar:
        return reading.busy_at(SecretStr(calendar), now, now + AHEAD, settings.private_hosts)
    with closing(calendar_server(settings)) as server:
        return reading.busy(server, calendar, now, now + AHEAD)


def _watch(
    region: Region, settings: Settings, server: CalDav, read: Read, official: Official, now: dt.datetime
) -> None:
    """Turn what an official did to our events in their calendar into proposals."""
    name = f"o{official.id}"
    known = {
        row.subject: Known(row.marker, decode(row.content))
        for row in wants.shown(region, CALENDARS, f".{name}")
    }
    if not known:
        return
    before = calendars.kept(region, [name]).get(name, Kept(name))
    try:
        seen = watching.changes(server, name, settings.public_url, known, before.token or "")
    except BoostezError as error:
        read.errors[name] = str(error)
        get_run_logger().warning("%s: %s", name, error)
        return
    told = [_seen(change, known[change.subject]) for change in seen.changes]
    taken_back = [known[subject].said.ref for subject in seen.taken_back]
    read.proposed += move_proposals.take_in(region, Kept(name, seen.token, now), told, taken_back, now)


def _seen(change: Change, known: Known) -> Seen:
    if not isinstance(change, Moved):
        return Seen(known.said.ref)
    return Seen(known.said.ref, wall_of(change.starts, known.said.zone), change.minutes)
