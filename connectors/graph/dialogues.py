"""A dialogue as the Page tells of it, in a post or a live video.

Belongs here: what a template is given, and the link that ends its text. Does not: the templates (facebook_dialogues, facebook_live).
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.templates import templates
from connectors.writing import line
from core.effects import subject_of
from core.wording import duration, moment
from schemas.dialogue import Announcement
from schemas.reference_tables import departments

PATH: Final = "dialogues"
SUMMARY: Final = 600  # characters: a post is read on a telephone
_GAP: Final = re.compile(r"\n{3,}")  # what a condition leaves that does not hold
_WEB: Final = re.compile(r"https?://[!-~]{4,500}")


def link(publisher: str, marker: str) -> str:
    """The address of the dialogue's page, which carries the marker: its subject is the dialogue's ``ref``."""
    return f"{publisher}/{PATH}/{subject_of(marker)}?e={marker}"


def title(told: Announcement) -> str:
    """Its title, in one line."""
    return line(told.title)


def text(template: Path, told: Announcement, link: str) -> str:
    """What the template says of it. Whatever stands in an announcement, each of its texts is one line, and ours are the last words."""
    place = ", ".join(line(each) for each in (told.place, departments().get(told.department or "")) if each)
    values: dict[str, Any] = {
        "state": told.state,
        "live": told.form == "live",
        "title": title(told),
        "summary": line(told.summary, SUMMARY),
        "theme": line(told.theme),
        "official": line(told.official),
        "moderator": line(told.moderator),
        "place": place,
        "when": _moment(told.starts, told.zone),
        "length": duration(told.minutes),
        "was": told.was and _moment(told.was, told.zone),
        "reason": told.reason and line(told.reason, SUMMARY),
        "replay": told.replay if told.replay and _WEB.fullmatch(told.replay) else None,
        "link": link,
    }
    written = templates(template.parent).get_template(template.name).render(values)
    return _GAP.sub("\n\n", written).strip()


def _moment(instant: dt.datetime, zone: str) -> str:
    return moment(instant.astimezone(ZoneInfo(zone)), zone)
