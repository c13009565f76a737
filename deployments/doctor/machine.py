"""The machine: packages, time zones, room on its disks.

Belongs here: checks that ask nobody else. Does not: settings (configuration.py).
"""

from __future__ import annotations

import datetime as dt
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from deployments.doctor.examining import Case, Check, Finding, bad, good, warning

# Releases that Prefect's own metadata allows and that break it, the second silently: no schedule ever fires. Measured.
BREAKS: Final = {"fastapi": (0, 149), "sqlalchemy": (2, 1)}


def packages(_: Case) -> Finding:
    """No release is installed that breaks Prefect without a word."""
    there = {name: version(name) for name in ("prefect", *BREAKS)}
    broken = [name for name, least in BREAKS.items() if _numbers(there[name]) >= least]
    told = ", ".join(f"{name} {number}" for name, number in there.items())
    if broken:
        least = ", ".join(f"{name} before {'.'.join(map(str, BREAKS[name]))}" for name in broken)
        return bad(
            f"{told}: Prefect does not work with it, and says nothing",
            f"Install from requirements.txt: {least}.",
        )
    return good(told)


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".")[:2] if part.isdigit())


def time_zones(_: Case) -> Finding:
    """Europe/Paris is known, with its summer."""
    todo = "Install the system's time zone data (Debian: tzdata)."
    try:
        paris = ZoneInfo("Europe/Paris")
    except ZoneInfoNotFoundError:
        return bad("Europe/Paris is not known", todo)
    summer = dt.datetime(2026, 7, 1, tzinfo=paris).utcoffset()
    if summer != dt.timedelta(hours=2):
        return bad(f"Paris has {summer} in July", todo)
    return good("Europe/Paris is known")


def room(case: Case) -> Finding:
    """The disks of the state folder (the embedded database's too) and of feeds in a folder."""
    feeds = case.settings.feeds
    places = [case.home, *([Path(feeds.removeprefix("file://"))] if feeds.startswith("file://") else [])]
    free = {place: shutil.disk_usage(_there(place)).free for place in places}
    told = ", ".join(f"{place} {size / 1e9:,.1f} GB free" for place, size in free.items())
    if min(free.values()) < case.least:
        return bad(
            told, f"Free {case.least / 1e9:,.0f} GB: old files of HOME/backups and HOME/logs go first."
        )
    if min(free.values()) < 3 * case.least:
        return warning(
            told, "Free some before it is needed: old files of HOME/backups and HOME/logs go first."
        )
    return good(told)


def _there(place: Path) -> Path:
    return place if place.exists() else _there(place.parent)


CHECKS: Final = (
    Check("packages", packages),
    Check("time zones", time_zones),
    Check("room on disks", room),
)
