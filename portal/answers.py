"""What the portal answers with: a rendered page and the headers that all answers carry.

Belongs here: templates, their filters, ETags, security headers. Does not: routes (app.py) or what a page says
(templates/).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.sessions.sessions import Session
from core import charts, wording
from core.days import PARIS, paris_day
from core.html import plain_text
from core.wall import wall_of
from portal.revalidation import etag_of, has
from schemas.reference_tables import departments

FOLDER: Final = Path(__file__).parent
SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Headers:
    """ASGI middleware: security headers on every answer, HSTS when the public address is https, no host in a redirect that does not lead outside."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.headers = SECURITY | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, adding headers that the answer has not set itself."""

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # Ours, but for the way to sign in; Host may say anything, and is in what the router writes.
                if "location" in headers and "leads_outside" not in scope:
                    headers["location"] = urlunsplit(("", "", *urlsplit(headers["location"])[2:]))
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, dressed)


def page(request: Request, template: str, status: int = 200, /, **words: Any) -> Response:
    """A page in French. A 200 may be kept for a minute, and asked again by its ETag."""
    text = rendered(request, template, status, **words)
    if status != 200:
        return HTMLResponse(text, status, headers=SECURITY | {"Cache-Control": "no-store"})
    headers = {"ETag": etag_of(text.encode()), "Cache-Control": "public, max-age=60"}
    return unless_known(request, HTMLResponse(text, headers=headers))


def revalidated(request: Request, template: str, /, **words: Any) -> Response:
    """A page that is asked for again each time, by its ETag: what somebody just did must be on it."""
    text = rendered(request, template, 200, **words)
    headers = {"ETag": etag_of(text.encode()), "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    return unless_known(request, HTMLResponse(text, headers=headers))


def unless_known(request: Request, answer: Response) -> Response:
    """The answer, or a 304 when the reader has it already."""
    etag = answer.headers.get("ETag")
    if etag and has(request, etag):
        kept = {name: answer.headers[name] for name in ("ETag", "Cache-Control")}
        return Response(status_code=304, headers=kept)
    return answer


def rendered(request: Request, template: str, status: int, /, **words: Any) -> str:
    """A template's text, with what every page may ask for."""
    public_url = request.app.state.settings.public_url
    return (
        _templates()
        .get_template(template)
        .render(path=request.url.path, public_url=public_url, status=status, **words)
    )


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "number": wording.number,
        "salary": wording.salary,
        "date": wording.date,
        "day": lambda moment: wording.date(paris_day(moment)),
        "clock": _clock,
        "hours": lambda length: wording.duration(round(length * 60)),
        "place": wording.place,
        "employer": wording.employer,
        "excerpt": lambda html: wording.excerpt(plain_text(html), 190),
        "web": _web,
        "mailto": _mailto,
        "span": _span,
        "moment": lambda moment: wording.moment(wall_of(moment, PARIS.key)),
        "webcal": lambda address: f"webcal://{address.partition('://')[2]}",
        "capfirst": lambda text: text[:1].upper() + text[1:],
    }
    templates.globals |= {
        "CHANNELS": wording.CHANNELS | wording.PARTNERS,
        "SOURCES": wording.SOURCES,
        "KINDS": wording.KINDS,
        "CONTRACTS": wording.CONTRACTS,
        "REMOTES": wording.REMOTES,
        "EXPERIENCES": wording.EXPERIENCES,
        "FIELDS": wording.FIELDS,
        "LEVELS": wording.LEVELS,
        "MEETINGS": wording.MEETINGS,
        "STEPS": wording.STEPS,
        "NOT_SAID": wording.NOT_SAID,
        "bars": lambda *told: Markup(charts.bars(*told)),  # noqa: S704 - it escapes what it draws
        "funnel": lambda *told: Markup(charts.funnel(*told)),  # noqa: S704
        "DEPARTMENTS": departments(),
        "STYLE": hashlib.blake2b((FOLDER / "static/boostez.css").read_bytes(), digest_size=6).hexdigest(),
    }
    return templates


def _clock(moment: dt.datetime) -> str:
    """« 9 h 05 », in Paris."""
    local = moment.astimezone(PARIS)
    return f"{local.hour}{wording.NBSP}h{wording.NBSP}{local.minute:02}"


def _span(session: Session | Dialogue) -> str:
    """When a session of the programme, or a dialogue, is held, by the clocks of its place."""
    assert session.starts_wall is not None
    assert session.ends_at is not None
    return wording.span(session.starts_wall, wall_of(session.ends_at, session.zone), session.zone)


def _web(address: str | None) -> str:
    """The host of a web address; empty for anything that a browser should not be sent to."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return ""
    return (parts.hostname or "").removeprefix("www.") if parts.scheme in {"http", "https"} else ""


def _mailto(address: str) -> str:
    """A link that writes to one address: what stands in it adds neither copies nor a text (RFC 6068, 2)."""
    return f"mailto:{quote(address, safe='@')}"
