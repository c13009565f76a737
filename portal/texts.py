"""Texts that the law asks of a public body: accessibility, privacy, legal notice.

Belongs here: what these pages need to know of the settings. Does not: their words (templates/).
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.terms import TERMS
from portal.answers import page
from portal.voting import KEPT_FOR

_TEXTS: Final = {
    "/accessibilite": "accessibility.html",
    "/mentions-legales": "legal.html",
    "/vie-privee": "privacy.html",
}


def text(request: Request) -> Response:
    """A text, with the names that the settings know."""
    settings = request.app.state.settings
    return page(
        request,
        _TEXTS[request.url.path],
        contact=settings.contact_email,
        officer=settings.privacy_email,
        director=settings.publication_director,
        hosting=settings.hosting,
        terms=TERMS,
        vote_days=KEPT_FOR.days,
    )


ROUTES: Final = tuple(Route(path, text) for path in _TEXTS)
