"""« Vérifier un fichier d’offres »: what a sync would make of a producer's file, for people and for machines.

Belongs here: the form, the API's route, how large a file may be and how many are checked at once. Does not: reading files
(connectors/offer_files.py), the report (core/checking.py), words (templates/, core/advice.py).

Nothing is stored and no offer leaves. So the form carries no seal, and no cookie comes with it: whoever forged it would
learn nothing and change nothing. That another site's form is refused only saves the work.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Any, Final, cast

import anyio
import msgspec
from anyio import CapacityLimiter
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.offer_files import FORMATS, OfferFile, opened, pasted
from core.checking import MOST_OFFERS, Report, check
from portal.answers import FOLDER, page
from portal.forms import body, private, upload
from portal.parameters import Fault
from portal.problems import problem
from portal.revalidation import SHARED

LARGEST: Final = 5 * 1024 * 1024  # bytes of a file: 2,500 real offers, and a few seconds of work
FORM: Final = LARGEST + 65_536  # bytes of the form around it
KEPT: Final = 100_000  # characters of a pasted text that are shown again, to be put right on the spot
SECONDS: Final = (
    3.0  # of a processor, after which no further offer is looked at; 5 MiB of real offers take two
)
AT_ONCE: Final = 1  # checks under way: each keeps a core busy, and residents search meanwhile
WAITING: Final = 8  # checks that may wait for their turn, each with its file in memory
_TURNS: Final = CapacityLimiter(AT_ONCE)
_TYPES: Final = frozenset(
    {
        "application/json",
        "application/x-ndjson",
        "application/xml",
        "text/xml",
        "text/plain",
        "application/octet-stream",
    }
)
_FAULTS: Final = {413: "too_large", 408: "form", 415: "form", 400: "form", 403: "form", 503: "busy"}


def form(request: Request) -> Response:
    """The empty form."""
    return page(request, "verify.html", **_shown())


def example(request: Request) -> Response:
    """The report on a small file in which much is wrong."""
    text = (FOLDER / "example.json").read_text("utf-8")
    file = opened(text.encode(), "json")
    report = check(file.pieces, file.wire, file.format, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    return page(request, "verify.html", **_shown(report=report, text=text, example=True))


async def send(request: Request) -> Response:
    """The report on what was pasted or uploaded, or what is wrong with the form."""
    text, chosen = "", ""
    try:
        given = await upload(request, FORM)
        text, chosen = _text(given, "texte"), _text(given, "format")
        file = given.get("fichier")
        named = isinstance(file, UploadFile) and bool(file.filename)
        if named == bool(text.strip()):
            fault = "both" if named else "missing"
            return private(request, "verify.html", 422, **_shown(fault=fault, text=text, chosen=chosen))
        content = await cast(UploadFile, file).read() if named else pasted(text)
        report = await _checked(content, chosen)
    except HTTPException as error:
        fault = _FAULTS[error.status_code]
        shown = _shown(fault=fault, text=text, chosen=chosen)
        answer = private(request, "verify.html", error.status_code, **shown)
        answer.headers.update(error.headers or {})
        return answer
    return private(request, "verify.html", **_shown(report=report, text=text, chosen=chosen))


async def check_for_machines(request: Request) -> Response:
    """The report as JSON. A file that cannot be read has a report as well: it says so."""
    given = request.query_params.multi_items()
    wrong = [
        Fault(name[:80], value[:80], f"format, une fois, parmi : {', '.join(FORMATS)}")
        for number, (name, value) in enumerate(given)
        if number or name != "format" or value not in FORMATS
    ]
    if wrong:
        return problem(400, "Le seul paramètre est « format ».", members={"errors": wrong})
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _TYPES:
        raise HTTPException(415)
    report = await _checked(await body(request, LARGEST), dict(given).get("format", ""))
    headers = SHARED | {"Cache-Control": "no-store", "Content-Language": "fr"}
    return Response(msgspec.json.encode(report), headers=headers, media_type="application/json")


async def _checked(content: bytes, chosen: str) -> Report:
    """The report, made in a thread of its own when its turn has come.

    Raises:
        HTTPException: 413 the file is too large, 503 too many wait.

    """
    if len(content) > LARGEST:
        raise HTTPException(413)
    if _TURNS.statistics().tasks_waiting >= WAITING:
        raise HTTPException(503, "Trop de fichiers attendent leur tour.", {"Retry-After": "30"})
    file = opened(content, chosen if chosen in FORMATS else None)
    return await anyio.to_thread.run_sync(_report, file, clock.now(), limiter=_TURNS)


def _report(file: OfferFile, now: dt.datetime) -> Report:
    begun = time.thread_time()
    return check(file.pieces, file.wire, file.format, now, lambda: time.thread_time() - begun > SECONDS)


def _text(given: dict[str, str | UploadFile], name: str) -> str:
    value = given.get(name, "")
    return value if isinstance(value, str) else ""


def _shown(
    *, report: Report | None = None, fault: str = "", text: str = "", chosen: str = "", example: bool = False
) -> dict[str, Any]:
    return {
        "report": report,
        "fault": fault,
        "text": text if len(text) <= KEPT else "",
        "chosen": chosen if chosen in FORMATS else "",
        "example": example,
        "formats": FORMATS,
        "most": MOST_OFFERS,
    }


ROUTES: Final = (
    Route("/verifier", form, methods=["GET"]),
    Route("/verifier", send, methods=["POST"]),
    Route("/verifier/exemple", example),
)
