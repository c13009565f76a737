"""Serving the portal with uvicorn.

Belongs here: the socket and the server's settings. Does not: the application (app.py).
"""

from __future__ import annotations

import socket
from contextlib import ExitStack, suppress

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import LOGGING_CONFIG

from connectors import clock
from connectors.logs import in_json
from connectors.region.database import region
from connectors.region.upkeep.metrics import measures, reader
from connectors.settings import Settings
from core.service_levels import Rules
from portal import metrics
from portal.app import create_app
from schemas.errors import Misconfigured


def run(host: str, port: int, settings: Settings, objectives: Rules) -> None:
    """Serve until told to stop; on METRICS_PORT, if it is set, what Prometheus reads, with these service levels.

    Raises:
        Misconfigured: the port is taken or may not be used.

    """
    with _bound(host, port) as listener, ExitStack() as ending:
        own = ending.enter_context(reader(region()))
        registry = metrics.registry_of(lambda: measures(own, objectives, clock.now()))
        app = metrics.Answers(create_app(region(), settings), registry)
        if settings.metrics_port:
            ending.callback(metrics.serve(host, settings.metrics_port, registry))
        with suppress(KeyboardInterrupt):  # uvicorn raises it again once it has shut down
            uvicorn.Server(configured(app, settings)).run(sockets=[listener])


def configured(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves ``app``: who calls is who connects, or whom a proxy of ours names (X-Forwarded-For)."""
    return uvicorn.Config(
        app,
        log_config=None if in_json() else LOGGING_CONFIG,
        log_level="warning",
        access_log=False,  # who reads what is nobody's business (templates/privacy.html)
        server_header=False,
        timeout_graceful_shutdown=5,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=sorted(settings.trusted_proxies),
    )


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, proto=socket.IPPROTO_TCP)  # said, or asyncio does not set TCP_NODELAY
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"The portal cannot listen on {host}:{port}: {error.strerror}. Stop what uses it, or set BOOSTEZ_PORTAL_PORT."
        ) from error
    return listener
