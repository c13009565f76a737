"""A medium as Instagram has it, pure.

Belongs here: captions and their mark, requests, what an answer says, and what the ledger keeps between the two steps. Does not: calling
(channel.py).

Sources: developers.facebook.com, Instagram Platform, "Content Publishing" (container, then media_publish; status codes; the quota is
read) and "Error Codes"; IGUser and IGMedia of v26.0.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from connectors.graph import words
from connectors.graph.words import Error
from connectors.templates import templates
from connectors.writing import line
from core.effects import Found, Intent, Receipt, subject_of
from schemas.coverage import Medium
from schemas.errors import Unknown

PATH: Final = "medias"
MARKER: Final = words.marker(PATH, "sans compte Instagram")
TEMPLATE: Final = Path(__file__).with_name("caption.txt")
FIELDS: Final = "id,caption,media_product_type"
LONGEST: Final = 1500  # characters of our caption; Instagram takes 2,200 with all that is around it
ALT: Final = 900  # of 1,000
QUOTA_USED: Final = (9, 2207042)  # code and subcode
# Of media_publish: what is not there, or not any more, may be what was published just now.
CONTAINER_GONE: Final = frozenset({(24, 2207006), (9007, 2207027)})


class Container(NamedTuple):
    """The first of two steps: what Graph made of a content, known by its ``digest``.

    It stands where the ledger keeps the channel's own id, until what is published has one.
    """

    id: str
    digest: str

    def __str__(self) -> str:
        """As the ledger keeps it."""
        return f"container {self.id} {self.digest}"


_CONTAINER: Final = re.compile(r"container ([0-9]+) ([0-9a-f]+)")


def container(remote_id: str | None) -> Container | None:
    """The container that an id of the ledger's names; None when it names a medium, or nothing."""
    found = _CONTAINER.fullmatch(remote_id or "")
    return Container(found[1], found[2]) if found else None


def digest(content: bytes) -> str:
    """What tells a content from another's container."""
    return hashlib.sha256(content).hexdigest()[:16]


def link(publisher: str, marker: str) -> str:
    """The address of the medium on the portal, which carries the marker: its subject is the medium's ``ref``."""
    return f"{publisher}/{PATH}/{subject_of(marker)}?e={marker}"


def caption(medium: Medium, link: str) -> str:
    """The text under a post; its link carries the marker. A story has none."""
    if medium.format == "story":
        return ""
    values = {"caption": line(medium.caption, LONGEST), "event": line(medium.event), "link": link}
    return templates(TEMPLATE.parent).get_template(TEMPLATE.name).render(values).strip()


def contain(user: str, medium: Medium, link: str) -> words.Item:
    """The request of the first step."""
    said = {"video_url" if medium.kind == "video" else "image_url": medium.url}
    if medium.format == "story":
        said |= {"media_type": "STORIES"}
    else:
        said |= {"caption": caption(medium, link)}
        said |= {"media_type": "REELS"} if medium.kind == "video" else {"alt_text": line(medium.alt, ALT)}
    return words.call("POST", f"{user}/media", **said)


def publish(user: str, container: Container) -> words.Item:
    """The request of the second step."""
    return words.call("POST", f"{user}/media_publish", creation_id=container.id)


def contained(intent: Intent, answer: Any) -> Receipt:
    """What came of the first step: nothing is to be seen yet, so the effect is to be carried on, at once."""
    told = words.receipt(intent, answer)
    if told.outcome != "done":
        return told
    assert intent.content is not None
    made = Container(str(told.remote_id), digest(intent.content))
    return Receipt(intent.effect, "retry", str(made))


def published(intent: Intent, answer: Any, wait: float) -> Receipt:
    """What came of the second step. With the day's quota used up it is put off for ``wait`` seconds."""
    told = words.receipt(intent, answer)
    if told.outcome != "rejected":
        return told
    code = _code(answer)
    if code == QUOTA_USED:
        return Receipt(intent.effect, "retry", after=wait, error=told.error, cause="limit")
    if code in CONTAINER_GONE:
        return Receipt(intent.effect, "unknown", error=told.error, cause="answer")
    return told


def _code(answer: Any) -> tuple[int, int] | None:
    try:
        error = words.said(answer)
    except Unknown:
        return None
    return (error.code, error.error_subcode) if isinstance(error, Error) else None


def found(told: Mapping[str, Any]) -> Found:
    """A medium as it is read back. A story says nothing: it is known by its id alone."""
    text = str(told.get("caption") or "")
    match = MARKER.search(text)
    return Found(match.group(2) if match else "", told["id"], words.digest(text))
