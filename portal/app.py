"""The open portal: everything the hub publishes, for everyone, without an account.

Belongs here: putting its parts together, what machines and operators ask of any site, answers when something is wrong. Does
not: pages (pages.py), headers (answers.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from connectors.access_rules import access_rules
from connectors.dialogue_rules import dialogue_rules
from connectors.oidc.provider import provider
from connectors.region.database import Region
from connectors.reminder_rules import reminder_rules
from connectors.settings import Settings
from portal import (
    acknowledging,
    api,
    asks,
    attendance,
    attestation,
    bounces,
    coverage,
    coverage_consents,
    dialogue_calendars,
    dialogues,
    digests,
    feeds,
    health,
    journal,
    moderating,
    offer,
    officer,
    open_data,
    openness,
    pages,
    place,
    posting,
    preferences,
    question_feed,
    question_queue,
    questionnaires,
    questions,
    registration,
    sessions,
    sheet,
    short_links,
    signing_in,
    sitemap,
    syndication,
    texts,
    verifying,
    voting,
)
from portal.answers import FOLDER, Headers, page
from portal.dumps import PARQUET
from portal.limits import API, Rates, rules
from portal.remembering import Memory
from schemas.errors import RetryLater

_ANSWERS = {404: "404.html", 405: "404.html"}
_LINKS: Final = (
    "inscription",
    "preferences",
    "desabonnement",
    "presence",
    "emargement",
    "avis",
    "bilan",
    "attestation",
    "couverture/accord",
    "medias",
    "s",
    "confirmer",
    "questions/suivi",
    "questions/desabonnement",
    "dialogues/moderation",
    "alertes",
    "lettres",
    "agents",
)
"""Where links that are somebody's own lead: nothing of it is for search engines."""


def create_app(
    region: Region, settings: Settings, *, clock: Callable[[], float] = time.monotonic
) -> Starlette:
    """The portal over ``region``. Builds nothing up: the database may come later (/readyz says so).

    ``clock`` gives the seconds by which rates are counted.

    Raises:
        Misconfigured: the rules of reminders, of dialogues or of access make no sense, or the provider's address.

    """
    app = Starlette(
        routes=[
            *pages.ROUTES,
            *syndication.ROUTES,
            *sitemap.ROUTES,
            *offer.ROUTES,
            *texts.ROUTES,
            *openness.ROUTES,
            *posting.ROUTES,
            *signing_in.ROUTES,
            *question_queue.ROUTES,
            *officer.ROUTES,
            *journal.ROUTES,
            *sessions.ROUTES,
            *registration.ROUTES,
            *moderating.ROUTES,
            *dialogue_calendars.ROUTES,
            *dialogues.ROUTES,
            *question_feed.ROUTES,
            *asks.ROUTES,
            *voting.ROUTES,
            *questions.ROUTES,
            *place.ROUTES,
            *preferences.ROUTES,
            *attendance.ROUTES,
            *attestation.ROUTES,
            *sheet.ROUTES,
            *questionnaires.ROUTES,
            *short_links.ROUTES,
            *open_data.ROUTES,
            *verifying.ROUTES,
            *coverage_consents.ROUTES,
            *acknowledging.ROUTES,
            *digests.ROUTES,
            *coverage.ROUTES,
            Route("/feeds/{name}", feeds.serve),
            *health.ROUTES,
            Route("/robots.txt", robots),
            *bounces.ROUTES,  # before the API, which is open to all and changes nothing
            Mount("/api", api.create(region, settings)),
            Mount("/static", _Static(directory=FOLDER / "static")),
        ],
        middleware=[
            Middleware(Headers, https=settings.public_url.startswith("https:")),
            Middleware(Rates, rules=rules(settings), clock=clock),
            Middleware(
                GZipMiddleware,
                compresslevel=5,
                # The feed's own .gz is there for the asking; packing 60 MB a request is not. Parquet is packed.
                exclude_content_types=(
                    *DEFAULT_EXCLUDED_CONTENT_TYPES,
                    "application/xml",
                    open_data.TYPES[PARQUET],
                ),
            ),
        ],
        exception_handlers={HTTPException: refused, RetryLater: away, 500: failed},
    )
    app.state.region, app.state.settings, app.state.memory = region, settings, Memory()
    app.state.looks = health.Looks(region)
    app.state.counter = openness.Counter(region)
    app.state.rules = reminder_rules(settings.reminders_file)
    app.state.dialogue_rules = dialogue_rules(settings.dialogue_file)
    app.state.access, app.state.provider = access_rules(settings.access_file), provider(settings)
    return app


def robots(request: Request) -> Response:
    """Everything may be indexed; endless combinations of filters need not be walked."""
    listed = f"Sitemap: {request.app.state.settings.public_url}/sitemap.xml"
    closed = ["/offres?", "/deposer/", *(f"/{name}/" for name in _LINKS), "/healthz", "/readyz"]
    return PlainTextResponse(
        "\n".join(["User-agent: *", *(f"Disallow: {path}" for path in closed), "", listed, ""])
    )


def refused(request: Request, error: Exception) -> Response:
    """An HTTP error, as a page; below /api, where a line end in the path leads out of the API's routes, as a problem."""
    if request.scope["path"].startswith(API):
        return api.refused(request, error)
    assert isinstance(error, HTTPException)
    answer = page(request, _ANSWERS.get(error.status_code, "400.html"), error.status_code)
    answer.headers.update(error.headers or {})
    return answer


def away(request: Request, _: Exception) -> Response:
    """The database does not answer: say so, and when to come back."""
    answer = page(request, "503.html", 503)
    answer.headers["Retry-After"] = "30"
    return answer


def failed(request: Request, _: Exception) -> Response:
    """A mistake of ours. It is in the log; the page says nothing of it."""
    return page(request, "500.html", 500)


class _Static(StaticFiles):
    """Files whose address changes with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=86400"
        return answer
