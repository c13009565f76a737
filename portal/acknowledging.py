"""Acknowledging an alert: its message leads here, and whoever may see to operations acts; nobody else is called.

Belongs here: routes. Does not: what an acknowledgement does (core/alerting.py), statements (connectors/region/alerting/alerts.py), or words
(templates/alert.html; what happened is written in English, as staff read it everywhere).

The link says which alert, and lets nobody in. Opening it changes nothing: mail servers open links.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.alerting import alerts
from connectors.region.alerting.alerts import Alert
from connectors.seals import ALERT_WITHIN, Seals
from portal.access import Officer, form_for, page_for
from portal.forms import go, private, sealed, with_form


def _opened(request: Request, now: dt.datetime) -> Alert | None:
    seals = Seals(request.app.state.settings)
    word = seals.opened("alert", request.path_params["seal"], now, ALERT_WITHIN)
    return None if word is None else alerts.get(request.app.state.region, int(word))


def _dead(request: Request) -> Response:
    return private(request, "alert_gone.html", 410)


def show(request: Request, _: Officer) -> Response:
    """What happened, since when, what it affects and what to do."""
    now = clock.now()
    alert = _opened(request, now)
    return _dead(request) if alert is None else _page(request, alert, now)


def _page(request: Request, alert: Alert, now: dt.datetime, status: int = 200) -> Response:
    return with_form(request, "alert.html", status, now, alert=alert)


def acknowledge(request: Request, officer: Officer, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Somebody acts. Who is second is shown who was first."""
    alert = _opened(request, now)
    if alert is None:
        return _dead(request)
    if not sealed(request, given, now):
        return _page(request, alert, now, 403)
    alerts.acknowledge(request.app.state.region, alert.id, officer.name, now)
    return go(request.url.path)


_LINK: Final = "/alertes/{seal}"
ROUTES: Final = (
    Route(_LINK, page_for("operations", show), methods=["GET"]),
    Route(_LINK, form_for("operations", acknowledge), methods=["POST"]),
)
