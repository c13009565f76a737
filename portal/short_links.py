"""Short addresses, for text messages: each leads on to the sealed link that it stands for.

Belongs here: the way from one to the other. Does not: what they are (connectors/seals.py), or the pages behind (place.py,
preferences.py, questionnaires.py).
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.seals import SHORT, Seals
from portal.forms import go, private


def lead_on(request: Request) -> Response:
    """To the sealed link; 410 when the address is none of ours."""
    seals = Seals(request.app.state.settings)
    link = seals.lengthened(request.path_params["code"], clock.now())
    return private(request, "link_gone.html", 410) if link is None else go(urlsplit(link).path)


ROUTES: Final = (Route(f"{SHORT}/{{code}}", lead_on),)
