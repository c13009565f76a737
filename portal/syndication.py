"""Any search as a feed: Atom and JSON Feed, newest first, page behind page.

Belongs here: the words of both formats, pure but for the search. Does not: what a search finds (connectors/region/board/search.py),
its address (addresses.py), what every Atom document is made of (atom.py), or the files for aggregators (feeds.py).

Sources: RFC 4287 (Atom), RFC 5005 section 3 (paged feeds), jsonfeed.org/version/1.1.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal

import msgspec
from lxml import etree
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.region.board.search import Cursor, Listed, Query, search, state
from connectors.region.database import Region
from core import wording
from core.html import printable
from portal import addresses, atom
from portal.atom import ATOM, PUBLISHER, RIGHTS
from portal.revalidation import kept
from schemas.reference_tables import departments

SIZE: Final = 50  # entries a page
SECONDS: Final = 300  # that a reader may keep a feed
Form = Literal["atom", "json"]
JSON: Final = "application/feed+json"
_SUBJECTS: Final = {"job": "Offres d’emploi", "training": "Formations"}
_LONG_AGO: Final = dt.datetime(2017, 1, 1, tzinfo=dt.UTC)  # of a board that never held anything


class Feed(msgspec.Struct, frozen=True):
    """A page of a feed. ``query`` is as asked, by date; ``following`` leads on, None at the end."""

    query: Query
    offers: tuple[Listed, ...]
    updated: dt.datetime
    following: Cursor | None


def atom_feed(request: Request) -> Response:
    """A search as Atom."""
    public_url = request.app.state.settings.public_url
    feed = gather(request.app.state.region, addresses.read(request.query_params))
    return kept(request, as_atom(feed, public_url), f"{ATOM}; charset=utf-8", seconds=SECONDS)


def json_feed(request: Request) -> Response:
    """A search as JSON Feed."""
    public_url = request.app.state.settings.public_url
    feed = gather(request.app.state.region, addresses.read(request.query_params))
    return kept(request, as_json(feed, public_url), JSON, seconds=SECONDS)


def gather(region: Region, query: Query) -> Feed:
    """``SIZE`` offers of a search by date, from its cursor on.

    Raises:
        Unreachable: the database does not answer.

    """
    query = replace(query, sort="newest", page=1)
    found: list[Listed] = []
    after, more = query.after, True
    while more and len(found) <= SIZE:
        page = search(region, replace(query, after=after))
        found += page.offers
        after, more = page.next_after, page.next_after is not None
    shown = tuple(found[:SIZE])
    following = Cursor(shown[-1].published_at, shown[-1].key) if more or len(found) > SIZE else None
    updated = max((listed.changed_at for listed in shown), default=None) or state(region).changed_at
    return Feed(query, shown, updated or _LONG_AGO, following)


def address(query: Query, form: Form | None = None) -> str:
    """The path of a search: as a feed, or as the list that people read."""
    written = addresses.write(query)
    return written.replace("/offres", f"/offres.{form}", 1) if form else written


def title(query: Query) -> str:
    """« Boostez votre Région – Formations – Cantal »."""
    parts = ["Boostez votre Région", _SUBJECTS.get(query.kind or "", "Emplois et formations")]
    parts += [f"«{wording.NBSP}{query.text}{wording.NBSP}»"] if query.text else []
    parts += [departments()[query.department]] if query.department else []
    return " – ".join(parts)


def as_atom(feed: Feed, public_url: str) -> bytes:
    """An Atom document, in UTF-8."""
    first = replace(feed.query, after=None)
    root = atom.feed(public_url + address(first, "atom"), title(feed.query), feed.updated, public_url)
    atom.link(root, "self", public_url + address(feed.query, "atom"), ATOM)
    atom.link(root, "first", public_url + address(first, "atom"), ATOM)
    if feed.following:
        atom.link(root, "next", public_url + address(replace(feed.query, after=feed.following), "atom"), ATOM)
    atom.link(root, "alternate", public_url + address(feed.query), "text/html")
    for listed in feed.offers:
        root.append(_entry(listed, public_url))
    return atom.written(root)


def as_json(feed: Feed, public_url: str) -> bytes:
    """A JSON Feed 1.1 document."""
    first = replace(feed.query, after=None)
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": printable(title(feed.query)),
        "home_page_url": public_url + address(first),
        "feed_url": public_url + address(first, "json"),
        "description": f"Les plus récentes d’abord. {RIGHTS}.",
        "language": "fr",
        "authors": [{"name": PUBLISHER, "url": f"{public_url}/"}],
        "items": [_item(listed, public_url) for listed in feed.offers],
    }
    if feed.following:
        document["next_url"] = public_url + address(replace(feed.query, after=feed.following), "json")
    return msgspec.json.encode(document)


def _entry(listed: Listed, public_url: str) -> Any:
    offer, place = listed.offer, f"{public_url}/offres/{listed.key}"
    entry = etree.Element(atom.name("entry"))
    atom.put(entry, "id", place)
    atom.put(entry, "title", offer.title)
    atom.put(entry, "updated", atom.instant(listed.changed_at))
    if listed.published_at:
        atom.put(entry, "published", atom.instant(listed.published_at))
    atom.link(entry, "alternate", place, "text/html")
    for tag in _tags(listed):
        etree.SubElement(entry, atom.name("category"), term=printable(tag))
    atom.put(entry, "summary", " · ".join(wording.facts(offer)))
    atom.put(entry, "content", offer.description).set("type", "html")
    return entry


def _item(listed: Listed, public_url: str) -> dict[str, Any]:
    offer, place = listed.offer, f"{public_url}/offres/{listed.key}"
    item = {
        "id": place,
        "url": place,
        "title": printable(offer.title),
        "content_html": printable(offer.description),
        "summary": printable(" · ".join(wording.facts(offer))),
        "date_modified": atom.instant(listed.changed_at),
        "tags": [printable(tag) for tag in _tags(listed)],
    }
    if listed.published_at:
        item["date_published"] = atom.instant(listed.published_at)
    return item


def _tags(listed: Listed) -> list[str]:
    offer = listed.offer
    tags = [
        wording.KINDS[offer.kind],
        wording.CONTRACTS[offer.job.contract] if offer.job else "",
        departments().get(offer.location.department or "", ""),
        offer.rome_label or "",
    ]
    return [tag for tag in tags if tag]


ROUTES: Final = (Route("/offres.atom", atom_feed), Route("/offres.json", json_feed))
