"""A relay's web hook: it tells of a letter that came back.

Belongs here: who may tell, and in which shape. Does not: what follows (connectors/region/people/bounces.py, flows/bounces.py).

It takes what the bounce mailbox would take, for relays that read that mail themselves. A letter that is not ours is no error: a relay
would tell of it again and again.
"""

from __future__ import annotations

import hmac
import logging
from typing import Final

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.people import bounces
from core.bounces import reported
from portal.forms import body
from portal.problems import problem
from schemas.errors import Rejected

LARGEST: Final = 16 * 1024  # bytes; an honest one has about 500
_logger: Final = logging.getLogger(__name__)


async def take(request: Request) -> Response:
    """Note what a relay tells, in the shape of schemas/json/bounce.v1.json: 204, also when it was known."""
    token = request.app.state.settings.bounce_token
    if token is None:
        raise HTTPException(404)
    if not _bears(request, token.get_secret_value()):
        return problem(
            401,
            "Le jeton manque ou n’est pas le bon.",
            headers={"WWW-Authenticate": 'Bearer realm="bounces"'},
        )
    try:
        bounce = reported(await body(request, LARGEST))
    except HTTPException as error:
        return problem(
            error.status_code, f"Le message n’est pas arrivé en entier, ou dépasse {LARGEST} octets."
        )
    except Rejected as error:
        return problem(
            400, "Ce message n’a pas la forme attendue (bounce.v1).", members={"errors": str(error)}
        )
    outcome = await anyio.to_thread.run_sync(bounces.take, request.app.state.region, bounce, clock.now())
    _logger.info("a bounce came in: %s", outcome)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def _bears(request: Request, token: str) -> bool:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


ROUTES: Final = (Route("/api/bounces", take, methods=["POST"]),)
