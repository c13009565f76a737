"""Pages that are not made twice: what was answered is kept while the board stays as it is.

Belongs here: the memory and its bound. Does not: pages (pages.py), or what browsers may keep (answers.py).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import wraps
from threading import Lock
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from connectors.region.board.search import State, state
from portal.answers import unless_known

KEPT: Final = 512  # pages, of some 20 kB
Handler = Callable[[Request], Response]


Made = tuple[State, Any]


class Kept(msgspec.Struct, frozen=True):
    """A page, and what it was made of: the board, and what else it shows. No Response: on its way out that is packed in place."""

    made_of: Made
    body: bytes
    headers: Mapping[str, str]


class Memory:
    """The pages that were asked for last, by address; thread-safe."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, Kept] = OrderedDict()
        self._lock = Lock()

    def recall(self, address: str, now: Made) -> Response | None:
        """The page of that address, if it was made of the same."""
        with self._lock:
            kept = self._pages.get(address)
            if kept is None or kept.made_of != now:
                return None
            self._pages.move_to_end(address)
        return HTMLResponse(kept.body, headers=kept.headers)

    def keep(self, address: str, now: Made, answer: Response) -> None:
        """Remember a page, and forget the one that was not asked for longest."""
        headers = {name: answer.headers[name] for name in ("ETag", "Cache-Control")}
        with self._lock:
            self._pages[address] = Kept(now, bytes(answer.body), headers)
            self._pages.move_to_end(address)
            if len(self._pages) > KEPT:
                self._pages.popitem(last=False)


def remembered(handler: Handler, also: Callable[[Request], Any] = lambda _: None) -> Handler:
    """A page that depends on its address, on the board, and on what ``also`` answers, which costs little; on nothing else."""

    @wraps(handler)
    def answer(request: Request) -> Response:
        memory: Memory = request.app.state.memory
        address = f"{request.url.path}?{request.url.query}"
        now = state(request.app.state.region), also(request)
        known = memory.recall(address, now)
        if known is None:
            known = handler(request)
            if known.status_code == 200:
                memory.keep(address, now, known)
        return unless_known(request, known)

    return answer
