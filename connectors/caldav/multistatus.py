"""WebDAV's answer about many objects at once, and what is asked to have it.

Belongs here: bodies of requests, a 207 taken apart (RFC 4918, 13), errors' preconditions. Does not: sending anything (client.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote
from xml.sax.saxutils import escape

import msgspec
from lxml import etree

from connectors.xml_records import SAFE
from schemas.errors import RetryLater

_DAV: Final = "{DAV:}"
_CALDAV: Final = "{urn:ietf:params:xml:ns:caldav}"
_NAMES: Final = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
_DATA: Final = "<D:prop><D:getetag/><C:calendar-data/></D:prop>"


class Stored(msgspec.Struct, frozen=True):
    """An object as a server tells of it: its ``name`` in its collection; ``gone`` when it is not there (any more)."""

    name: str
    etag: str = ""
    data: bytes = b""
    calendar: bool = False
    gone: bool = False


class Multistatus(msgspec.Struct, frozen=True):
    """What a server tells of several objects, and its token for what it will tell next."""

    stored: list[Stored]
    token: str = ""


def read(content: bytes) -> Multistatus:
    """A 207 taken apart.

    Raises:
        RetryLater: it is none; document types and entities are refused.

    """
    root = _root(content)
    if root is None or root.tag != f"{_DAV}multistatus":
        raise RetryLater(f"not WebDAV's multistatus: {content[:60]!r}", after=0.0)
    return Multistatus(
        [_stored(each) for each in root.iterfind(f"{_DAV}response")],
        root.findtext(f"{_DAV}sync-token", "").strip(),
    )


def preconditions(content: bytes) -> frozenset[str]:
    """What an error says was not fulfilled, by local name (RFC 4918, 16); nothing when it is no such error."""
    root = _root(content)
    if root is None or root.tag != f"{_DAV}error":
        return frozenset()
    return frozenset(etree.QName(each).localname for each in root)


def _root(content: bytes) -> Any:
    try:
        root = etree.fromstring(content, etree.XMLParser(**SAFE))
    except (etree.LxmlError, ValueError):
        return None
    return root if root.getroottree().docinfo.internalDTD is None else None


def _stored(response: Any) -> Stored:
    found = {"etag": "", "data": "", "status": response.findtext(f"{_DAV}status", "")}
    calendar = False
    for propstat in response.iterfind(f"{_DAV}propstat"):
        if " 200 " not in f"{propstat.findtext(f'{_DAV}status', '')} ":
            continue
        prop = propstat.find(f"{_DAV}prop")
        found["etag"] = prop.findtext(f"{_DAV}getetag", found["etag"])
        found["data"] = prop.findtext(f"{_CALDAV}calendar-data", found["data"])
        calendar = calendar or prop.find(f"{_DAV}resourcetype/{_CALDAV}calendar") is not None
    path = response.findtext(f"{_DAV}href", "").strip().rstrip("/")
    return Stored(
        unquote(path.rpartition("/")[2]),
        found["etag"].strip(),
        found["data"].encode(),
        calendar,
        " 404 " in f"{found['status']} ",
    )


def kinds() -> bytes:
    """What asks which collections are calendars."""
    return f"<D:propfind {_NAMES}><D:prop><D:resourcetype/></D:prop></D:propfind>".encode()


def versions() -> bytes:
    """What asks for the version of every object."""
    return f"<D:propfind {_NAMES}><D:prop><D:getetag/></D:prop></D:propfind>".encode()


def several(paths: Iterable[str]) -> bytes:
    """What asks for objects by their paths (RFC 4791, 7.9)."""
    hrefs = "".join(f"<D:href>{escape(path)}</D:href>" for path in paths)
    return f"<C:calendar-multiget {_NAMES}>{_DATA}{hrefs}</C:calendar-multiget>".encode()


def between(first: dt.datetime, last: dt.datetime) -> bytes:
    """What asks for the objects with an event within [first, last) (RFC 4791, 7.8)."""
    span = f'<C:time-range start="{_utc(first)}" end="{_utc(last)}"/>'
    events = f'<C:comp-filter name="VEVENT">{span}</C:comp-filter>'
    only = f'<C:filter><C:comp-filter name="VCALENDAR">{events}</C:comp-filter></C:filter>'
    return f"<C:calendar-query {_NAMES}>{_DATA}{only}</C:calendar-query>".encode()


def since(token: str) -> bytes:
    """What asks for the objects that changed since ``token``; without one, for all (RFC 6578)."""
    asked = f"<D:sync-token>{escape(token)}</D:sync-token><D:sync-level>1</D:sync-level>"
    return f"<D:sync-collection {_NAMES}>{asked}<D:prop><D:getetag/></D:prop></D:sync-collection>".encode()


def _utc(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
