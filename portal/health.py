"""What machines ask of the portal: whether it lives, and whether it can serve.

Belongs here: /healthz and /readyz. Does not: the questions to the database (connectors/region/upkeep/condition.py), or telling people
(deployments/watchdog.py).

Both answer from the event loop, for when the database hangs every thread waits for it. A look at the database has a thread of its
own, one at a time however many ask, and an end.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.region.database import Region
from connectors.region.upkeep.condition import Condition, condition, needed
from schemas.errors import Unreachable

SECONDS: Final = 5.0
_HEADERS: Final = {"Cache-Control": "no-store"}


class Looks:
    """Looks at the database: whoever asks while one is under way gets its answer too."""

    def __init__(self, region: Region) -> None:
        self._region, self._lock = region, Lock()
        self._look: Future[Condition] | None = None

    async def look(self) -> Condition:
        """How the database stands.

        Raises:
            Unreachable: it does not answer in time.

        """
        with self._lock:
            if self._look is None or self._look.done():
                self._look = Future()
                self._look.set_running_or_notify_cancel()  # so that who waits no longer cancels nobody else's
                Thread(target=self._run, args=(self._look,), daemon=True).start()
            look = self._look
        try:
            return await asyncio.wait_for(asyncio.wrap_future(look), SECONDS)
        except TimeoutError:
            raise Unreachable("The Region's database does not answer in time.") from None

    def _run(self, look: Future[Condition]) -> None:
        try:
            look.set_result(condition(self._region))
        except BaseException as error:  # noqa: BLE001 - whoever waits for it raises it
            look.set_exception(error)


async def alive(_: Request) -> Response:
    """The process answers; it says nothing of what it needs, so that nobody restarts it because the database is away."""
    return JSONResponse({"status": "alive"}, headers=_HEADERS)


async def ready(request: Request) -> Response:
    """Whether pages can be served, and when a schedule last ran; 503 with the reason when they cannot."""
    try:
        found = await request.app.state.looks.look()
    except Unreachable as error:
        return _told(503, status="not ready", reason=str(error))
    at = found.heartbeat_at
    told = {"version": found.version, "heartbeat_at": at.isoformat() if at else None}
    if not found.is_current:
        reason = f"The database's tables are of version {found.version}, this portal needs {needed()}."
        return _told(503, status="not ready", reason=reason, **told)
    return _told(200, status="ready", **told)


def _told(code: int, **told: str | None) -> Response:
    return JSONResponse(told, code, _HEADERS)


ROUTES: Final = (Route("/healthz", alive), Route("/readyz", ready))
