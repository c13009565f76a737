"""The sitemap: every page of the portal, for search engines.

Belongs here: its index and its files. Does not: which offers there are (connectors/region/board/catalogue.py).

Source: sitemaps.org, protocol 0.9: at most 50,000 addresses and 50 MB a file; lastmod in W3C form.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from lxml import etree
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from connectors.region.board.catalogue import Part, keys, parts
from connectors.region.board.search import state
from portal import coverage, dialogues, open_data, openness, pages, questions, sessions, texts, verifying
from portal.revalidation import has, kept

SIZE: Final = 50_000  # addresses a file
SECONDS: Final = 3_600  # that a reader may keep it
XML: Final = "text/xml"  # application/xml is not packed on its way: see app.py
_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_LEFT_OUT: Final = {"/feeds", "/onglet", "/seances.ics"}  # another name of a page, a frame's, a calendar
_LIVING: Final = {"/", "/offres"}  # pages that change with the board
Place = tuple[str, dt.datetime | None]  # an address, and when it last changed


def index(request: Request) -> Response:
    """The sitemap's index: the files of the pages, of the sessions to come, of dialogues and questions, and those of the offers."""
    region, public_url = request.app.state.region, request.app.state.settings.public_url
    files: list[Place] = [(f"{public_url}/sitemaps/pages.xml", state(region).changed_at)]
    if coming := sessions.coming(request):
        files.append((f"{public_url}/sitemaps/seances.xml", max(each.changed_at for each in coming)))
    if told := _dialogues(request):
        files.append((f"{public_url}/sitemaps/dialogues.xml", max(filter(None, (at for _, at in told)))))
    files += [
        (f"{public_url}/sitemaps/offres-{part.number}.xml", part.changed_at) for part in parts(region, SIZE)
    ]
    return kept(request, b"".join(written("sitemapindex", "sitemap", [files])), XML, seconds=SECONDS)


def fixed(request: Request) -> Response:
    """The pages that are always there."""
    public_url = request.app.state.settings.public_url
    changed_at = state(request.app.state.region).changed_at
    places = [(f"{public_url}{path}", changed_at if path in _LIVING else None) for path in paths()]
    return kept(request, b"".join(written("urlset", "url", [places])), XML, seconds=SECONDS)


def meetings(request: Request) -> Response:
    """The sessions to come; 404 when there is none."""
    public_url, coming = request.app.state.settings.public_url, sessions.coming(request)
    if not coming:
        raise HTTPException(404)
    places: list[Place] = [(f"{public_url}/seances/{each.ref}", each.changed_at) for each in coming]
    return kept(request, b"".join(written("urlset", "url", [places])), XML, seconds=SECONDS)


def answers(request: Request) -> Response:
    """Dialogues and the questions that everybody reads; 404 when there is none."""
    places = _dialogues(request)
    if not places:
        raise HTTPException(404)
    return kept(request, b"".join(written("urlset", "url", [places])), XML, seconds=SECONDS)


def _dialogues(request: Request) -> list[Place]:
    public_url = request.app.state.settings.public_url
    return [
        *((f"{public_url}/dialogues/{each.ref}", each.changed_at) for each in dialogues.told(request)),
        *((f"{public_url}/questions/{each.ref}", each.changed_at) for each in questions.told(request)),
    ]


def offers(request: Request) -> Response:
    """One file of offers, written while it is sent; 404 when there are not so many."""
    region, public_url = request.app.state.region, request.app.state.settings.public_url
    number = request.path_params["number"]
    part = next((part for part in parts(region, SIZE) if part.number == number), None)
    if part is None:
        raise HTTPException(404)
    headers = {"ETag": _etag(part), "Cache-Control": f"public, max-age={SECONDS}"}
    if has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        return Response(headers=headers, media_type=XML)
    chunks = (
        [(f"{public_url}/offres/{key}", changed_at) for key, changed_at in some]
        for some in keys(region, part, SIZE)
    )
    return StreamingResponse(written("urlset", "url", chunks), headers=headers, media_type=XML)


def paths() -> list[str]:
    """The paths of the residents' pages that need nothing more, each by its canonical name."""
    routes = (
        *pages.ROUTES,
        *sessions.ROUTES,
        *dialogues.ROUTES,
        *questions.ROUTES,
        *coverage.ROUTES,
        *open_data.PAGES,
        *openness.ROUTES,
        *texts.ROUTES,
        *verifying.ROUTES,
    )
    names = dict.fromkeys(route.path for route in routes if "{" not in route.path)
    return [name for name in names if name not in _LEFT_OUT]


def _etag(part: Part) -> str:
    """Whatever is placed changes the newest change, whatever is withdrawn alone changes the number."""
    told = f"{part.number} {part.offers} {part.after} {part.last} {part.changed_at.isoformat()}"
    return f'W/"{hashlib.blake2b(told.encode(), digest_size=12).hexdigest()}"'


def written(root: str, tag: str, chunks: Iterable[Sequence[Place]]) -> Iterator[bytes]:
    """A document of ``root`` with a ``tag`` for each place, in parts of some 64 KB: no more is held of it."""
    buffer = io.BytesIO()

    def drained() -> bytes:
        content = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return content

    with etree.xmlfile(buffer, encoding="utf-8") as file:
        file.write_declaration()
        with file.element(f"{{{_NAMESPACE}}}{root}", nsmap={None: _NAMESPACE}):
            for address, changed_at in itertools.chain.from_iterable(chunks):
                with file.element(f"{{{_NAMESPACE}}}{tag}"):
                    _write(file, "loc", address)
                    if changed_at:
                        _write(file, "lastmod", changed_at.astimezone(dt.UTC).isoformat(timespec="seconds"))
                if buffer.tell() > 65_536:
                    yield drained()
            file.flush()
    yield drained()


def _write(file: Any, tag: str, text: str) -> None:
    with file.element(f"{{{_NAMESPACE}}}{tag}"):
        file.write(text)


ROUTES: Final = (
    Route("/sitemap.xml", index),
    Route("/sitemaps/pages.xml", fixed),
    Route("/sitemaps/seances.xml", meetings),
    Route("/sitemaps/dialogues.xml", answers),
    Route("/sitemaps/offres-{number:int}.xml", offers),
)
