"""An attestation of presence: the document by its holder's link, and the page that says whether one is genuine.

Belongs here: routes. Does not: the document (attestation_pdf.py), or what was attended (connectors/region/sessions/attestations.py).

The code on the paper leads to a page that tells what the paper tells, to whoever holds it; it opens nothing else.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.sessions import attestations
from connectors.region.sessions.attestations import Attestation
from connectors.seals import Opener, Seals
from core.days import paris_day
from portal.answers import SECURITY
from portal.attestation_pdf import attestation
from portal.forms import PRIVATE, private


def _found(request: Request, purpose: Opener) -> Attestation | None:
    word = Seals(request.app.state.settings).opened(purpose, request.path_params["seal"], clock.now(), None)
    return None if word is None else attestations.of(request.app.state.region, int(word))


def document(request: Request) -> Response:
    """The PDF."""
    told = _found(request, "attestation")
    if told is None:
        return private(request, "link_gone.html", 410)
    now, seals = clock.now(), Seals(request.app.state.settings)
    word = seals.opened("attestation", request.path_params["seal"], now, None)
    assert word is not None
    content = attestation(told, paris_day(now), seals.link("verify", word, now))
    named = {"Content-Disposition": f'inline; filename="attestation-{told.number}.pdf"'}
    return Response(content, media_type="application/pdf", headers=SECURITY | PRIVATE | named)


def verification(request: Request) -> Response:
    """Whether an attestation is genuine, and what it says."""
    told = _found(request, "verify")
    if told is None:
        return private(request, "link_gone.html", 410)
    return private(request, "attestation.html", told=told)


ROUTES: Final = (
    Route("/attestation/verifier/{seal}", verification),
    Route("/attestation/{seal}", document),
)
