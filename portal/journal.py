"""The log of acts, for auditors.

Belongs here: its page. Does not: statements (connectors/region/access/acts.py), or whether its chain holds (`boostez access verify`).

Reading it is an act, and noted.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.access import acts
from portal.access import HOME, Officer, page_for
from portal.forms import private

JOURNAL: Final = f"{HOME}/journal"
PAGE: Final = 100  # acts
_DIGITS: Final = 15


def journal(request: Request, officer: Officer) -> Response:
    """Who did what, newest first; ``avant`` is where the page goes on."""
    region, asked = request.app.state.region, request.query_params.get("avant", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= _DIGITS else None
    found = acts.listed(region, before=before, limit=PAGE)
    with region.begin() as connection:
        acts.note(connection, "read", "log", [before], officer.name, clock.now())
    return private(
        request,
        "access_journal.html",
        acts=found,
        following=found[-1].id if len(found) == PAGE else None,
    )


ROUTES: Final = (Route(JOURNAL, page_for("auditor", journal)),)
