"""What a medium of a covered event says outside: the content of its effects.

Belongs here: the message that Instagram's objects are made from, and the words of coverage. Does not: whether it may be shown
(core/consents.py), or in which words (connectors/instagram).
"""

from __future__ import annotations

from typing import Literal

import msgspec

ConsentKind = Literal["image", "voice", "byline"]
Scope = Literal["portal", "facebook", "instagram"]
Place = Literal["everywhere", "portal", "instagram"]  # where a medium is shown
Giver = Literal["student", "guardian"]
MediumKind = Literal["image", "video"]
Format = Literal["story", "post"]


class Medium(msgspec.Struct, frozen=True, kw_only=True, tag_field="about", tag="medium"):
    """One image or video as everybody may see it; captions are French.

    ``ref`` is in [0-9a-z]; ``turn`` counts how often it was published, so that what was withdrawn and is published again is
    something new to say. ``url`` is where the portal serves the file: Instagram fetches it there.
    """

    ref: str
    turn: int
    kind: MediumKind
    format: Format
    url: str
    caption: str
    alt: str
    event: str


def decode(content: bytes) -> Medium:
    """The medium of an effect's content.

    Raises:
        msgspec.ValidationError: it is none; we wrote it, so that is a defect of ours.

    """
    return msgspec.json.decode(content, type=Medium)


def encode(medium: Medium) -> bytes:
    """What an effect says: the same medium gives the same bytes."""
    return msgspec.json.encode(medium)
