"""Serving the portal with uvicorn.

Belongs here: the socket and the server's settings. Does not: the application (app.py).
"""

from __future__ import annotations

import socket
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

from connectors.region.database import region
from connectors.settings import Settings
from portal.app import create_app
from schemas.errors import Misconfigured


def run(host: str, port: int, settings: Settings) -> None:
    """Serve until told to stop.

    Raises:
        Misconfigured: the port is taken or may not be used.

    """
    with _bound(host, port) as listener:
        config = configured(create_app(region(), settings), settings)
        with suppress(KeyboardInterrupt):  # uvicorn raises it again once it has shut down
            uvicorn.Server(config).run(sockets=[listener])


def configured(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves ``app``: who calls is who connects, or whom a proxy of ours names (X-Forwarded-For)."""
    return uvicorn.Config(
        app,
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
