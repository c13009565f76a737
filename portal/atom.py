"""The parts that every Atom document of ours is made of (RFC 4287).

Belongs here: elements, and what every feed says of who publishes it. Does not: what a feed holds (syndication.py, question_feed.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from lxml import etree

from core.html import printable

ATOM: Final = "application/atom+xml"
PUBLISHER: Final = "Région Auvergne-Rhône-Alpes"
RIGHTS: Final = "Licence Ouverte / Open Licence 2.0"
_NAMESPACE: Final = "http://www.w3.org/2005/Atom"


def feed(address: str, title: str, updated: dt.datetime, public_url: str) -> Any:
    """An empty feed; ``address`` is its name for ever."""
    root = etree.Element(name("feed"), nsmap={None: _NAMESPACE})
    root.set("{http://www.w3.org/XML/1998/namespace}lang", "fr")
    put(root, "id", address)
    put(root, "title", title)
    put(root, "updated", instant(updated))
    put(root, "rights", RIGHTS)
    put(root, "icon", f"{public_url}/static/icon.svg")
    author = etree.SubElement(root, name("author"))
    put(author, "name", PUBLISHER)
    put(author, "uri", f"{public_url}/")
    return root


def written(root: Any) -> bytes:
    """A document, in UTF-8."""
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return content


def name(tag: str) -> str:
    """An element's name in the namespace."""
    return f"{{{_NAMESPACE}}}{tag}"


def put(parent: Any, tag: str, text: str) -> Any:
    """An element with a text, as its parent's last."""
    child = etree.SubElement(parent, name(tag))
    child.text = printable(text)  # XML 1.0 cannot hold every character
    return child


def link(parent: Any, relation: str, href: str, media_type: str) -> None:
    """A link, as its parent's last."""
    etree.SubElement(parent, name("link"), rel=relation, href=href, type=media_type)


def instant(moment: dt.datetime) -> str:
    """RFC 3339, to the second."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
