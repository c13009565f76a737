"""What the public may check of the partnership: its work, its cost, and that nothing needs an account.

Belongs here: what the pages of transparency and parity and the tab on the Facebook Page are given. Does not: counting
(connectors/region/board/openness.py, carried.py), words and markup (templates/).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.region.board.openness import Work, work
from connectors.region.database import Region
from connectors.region.firms import progress
from connectors.region.publishing.carried import Carried, Met, carried, met
from connectors.region.sessions import sessions
from core.charts import Row, row, shares
from core.partnership import CONTRACT_EUR, RENEWALS
from core.progress import TARGET, Part, Progress
from core.wording import ANNOUNCERS, CHANNELS, NOT_SAID, PARTNERS, STEPS
from portal.answers import SECURITY, page
from schemas.reference_tables import departments

KEPT: Final = 60  # seconds that a count serves
PORTAL: Final = next(iter(CHANNELS))
_FRAMES: Final = "frame-ancestors https://www.facebook.com https://apps.facebook.com"
_FRAMED: Final = SECURITY["Content-Security-Policy"].replace("frame-ancestors 'none'", _FRAMES)


class Counted(msgspec.Struct, frozen=True):
    """What these pages tell, of one moment: ``work.at``. ``sessions`` are those to come."""

    work: Work
    channels: tuple[Carried, ...]
    met: tuple[Met, ...]
    sessions: int
    progress: Progress


class Counter:
    """Counts once in KEPT seconds, however many ask: a count reads the whole ledger."""

    def __init__(self, region: Region, clock: Callable[[], float] = time.monotonic) -> None:
        self.region = region
        self._clock = clock
        self._counting = threading.Lock()
        self._last: tuple[float, Counted] | None = None

    def count(self) -> Counted:
        """What there is now, or was up to KEPT seconds ago.

        Raises:
            Unreachable: the database does not answer.

        """
        with self._counting:
            now = self._clock()
            if self._last is None or now - self._last[0] >= KEPT:
                self._last = now, self._counted()
            return self._last[1]

    def _counted(self) -> Counted:
        told = work(self.region)
        return Counted(
            told,
            tuple(carried(self.region, CHANNELS | PARTNERS)),
            tuple(met(self.region, ANNOUNCERS)),
            sessions.number_upcoming(self.region, told.at),
            progress.figures(self.region),
        )


def transparency(request: Request) -> Response:
    """What the hub takes in and puts out, when, what it keeps back, and what the partnership costs."""
    counted = request.app.state.counter.count()
    return page(
        request,
        "transparency.html",
        work=counted.work,
        channels=counted.channels,
        online=sum(each.reachable for each in counted.channels if each.channel == PORTAL),
        contract=CONTRACT_EUR,
        renewals=RENEWALS,
    )


def parity(request: Request) -> Response:
    """How many offers and dialogues each channel carries, and how many of them are here, without an account."""
    counted = request.app.state.counter.count()
    public = [each for each in counted.channels if each.channel in CHANNELS]
    return page(
        request,
        "parity.html",
        channels=public,
        met=counted.met,
        announcers=ANNOUNCERS,
        sessions=counted.sessions,
        at=counted.work.at,
    )


def accompanied(request: Request) -> Response:
    """How many firms have come how far."""
    counted = request.app.state.counter.count()
    told = counted.progress
    return page(
        request,
        "progress.html",
        progress=told,
        drawn={
            "steps": shares([row(label, getattr(told.whole, step)) for step, label in STEPS.items()]),
            "departements": _drawn(told.departments, departments()),
            "secteurs": _drawn(told.sectors, {}),
        },
        target=TARGET,
        at=counted.work.at,
    )


def _drawn(parts: Sequence[Part], labels: Mapping[str, str]) -> list[Row]:
    return [row(labels.get(part.name, part.name) or NOT_SAID, part.steps.present) for part in parts]


def tab(request: Request) -> Response:
    """The three buttons of the Page's tab. Facebook asks for it by POST, with a signed request that nobody here reads."""
    answer = page(request, "tab.html")
    answer.headers["Content-Security-Policy"] = _FRAMED
    return answer


ROUTES: Final = (
    Route("/transparence", transparency),
    Route("/parite", parity),
    Route("/accompagnement", accompanied),
    Route("/onglet", tab, methods=["GET", "POST"]),
)
