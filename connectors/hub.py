"""The hub as another machine sees it: the portal's /readyz and metrics, and the health of Prefect's server.

Belongs here: asking them. Does not: what the portal answers (portal/health.py), or what follows from silence
(deployments/watchdog.py, deployments/doctor).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from connectors.http import Http, Response
from schemas.errors import RetryLater

T = TypeVar("T")
ATTEMPTS: Final = 2
SECONDS: Final = 10.0
PORTAL: Final = "BOOSTEZ_PORTAL_URL"
API: Final = "PREFECT_API_URL"
METRICS: Final = "BOOSTEZ_METRICS_PORT"


class Ready(msgspec.Struct, frozen=True):
    """What /readyz says. ``reason`` tells why it is not; ``heartbeat_at`` is the last sign that schedules run."""

    status: str
    reason: str | None = None
    version: str | None = None
    heartbeat_at: dt.datetime | None = None


def check(portal: str, api: str | None) -> None:
    """See that both addresses are some.

    Raises:
        Misconfigured: one is not; the message names its setting.

    """
    for base, setting in ((portal, PORTAL), (api, API)):
        if base is not None:
            Http(base, setting=setting).close()


def readiness(portal: str, private_hosts: frozenset[str] = frozenset()) -> Ready:
    """What the portal says of itself.

    Raises:
        Unreachable: it says nothing.
        Permanent: something else answers there.

    """
    return _asked(portal, PORTAL, "/readyz", frozenset({200, 503}), _ready, private_hosts)


def orchestrates(api: str, private_hosts: frozenset[str] = frozenset()) -> None:
    """See that Prefect's server is healthy. ``api`` ends with /api. Raises as ``readiness``."""
    _asked(api, API, "/health", frozenset({200}), lambda _: None, private_hosts)


def metrics(port: int) -> dict[str, float]:
    """What the portal of this machine tells Prometheus of how it reads its numbers, by name, without those that have labels.

    Raises as ``readiness``.
    """
    return _asked(f"http://127.0.0.1:{port}", METRICS, "/metrics", frozenset({200}), _numbers, frozenset())


def _numbers(response: Response) -> dict[str, float]:
    told = (line.split(" ") for line in response.text.splitlines() if not line.startswith("#"))
    return {words[0]: float(words[1]) for words in told if len(words) == 2 and "{" not in words[0]}


def _asked(
    base: str,
    setting: str,
    path: str,
    accept: frozenset[int],
    parse: Callable[[Response], T],
    private_hosts: frozenset[str],
) -> T:
    http = Http(base, setting=setting, timeout=SECONDS, attempts=ATTEMPTS, private_hosts=private_hosts)
    try:
        return http.read(path, parse, accept=accept)
    finally:
        http.close()


def _ready(response: Response) -> Ready:
    try:
        return msgspec.json.decode(response.content, type=Ready)
    except msgspec.DecodeError:
        raise RetryLater(
            f"HTTP {response.status_code}, not what a portal says: {response.text[:60]!r}"
        ) from None
