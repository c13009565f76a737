"""What is said of a dialogue in public: the content of its effects, whatever carries them.

Belongs here: the message that the Page, its live videos and calendars are made from. Does not: when it is said
(connectors/region/dialogues/dialogues.py), or in which words (connectors/facebook_page, facebook_live, caldav).
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

Form = Literal["live", "written"]


class Announcement(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="about", tag="dialogue", omit_defaults=True
):
    """One dialogue as everybody may read it. What is for people is French.

    ``ref`` is what its page is called (``/dialogues/<ref>``), in [0-9a-z]; ``version`` counts changes of time, place or form, as
    RFC 5545's SEQUENCE does. ``starts`` is an instant in UTC, ``zone`` the one whose clocks people look at. ``was`` is when it was
    to begin before it was moved. ``reason`` says why it is cancelled, ``replay`` where a live video can be seen again.
    """

    ref: str
    version: int
    state: Literal["announced", "cancelled", "over"]
    form: Form
    title: str
    summary: str
    theme: str
    official: str  # name and office: « Ada Martin, vice-présidente déléguée à l’apprentissage »
    moderator: str
    starts: dt.datetime
    minutes: int
    zone: str = "Europe/Paris"
    place: str | None = None
    department: str | None = None
    was: dt.datetime | None = None
    reason: str | None = None
    replay: str | None = None


def decode(content: bytes) -> Announcement:
    """The announcement of an effect's content.

    Raises:
        msgspec.ValidationError: it is none; we wrote it, so that is a defect of ours.

    """
    return msgspec.json.decode(content, type=Announcement)


def encode(announcement: Announcement) -> bytes:
    """What an effect says: the same announcement gives the same bytes."""
    return msgspec.json.encode(announcement)
