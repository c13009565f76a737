"""The page about open data, and its files.

Belongs here: serving them, whole or in part, once to whoever has them. Does not: writing them (dumps.py), or their columns
(columns.py).
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from connectors import clock
from connectors.region.database import Region
from connectors.settings import Settings
from portal import dumps
from portal.answers import page
from portal.columns import COLUMNS, table_schema
from portal.problems import problem
from portal.revalidation import SHARED, kept

TYPES: Final = {dumps.CSV: "application/gzip", dumps.PARQUET: "application/vnd.apache.parquet"}
SECONDS: Final = 600  # that a reader may keep a file
PATIENCE: Final = 20  # seconds that whoever asks first waits for fresh files
WAIT: Final = 30  # seconds after which to ask again for the first of all files
_WRITING: Final[set[asyncio.Future[dumps.Dump | None]]] = set()


def folder(settings: Settings) -> Path:
    """Where the files are, under the hub's home."""
    return settings.home / "dumps"


def about(request: Request) -> Response:
    """What data there is, its licence and its columns."""
    return page(
        request,
        "data.html",
        dump=dumps.current(folder(request.app.state.settings)),
        columns=COLUMNS,
        types=TYPES,
    )


def schema(request: Request) -> Response:
    """The columns as Table Schema."""
    public_url = request.app.state.settings.public_url
    return kept(request, msgspec.json.encode(table_schema(public_url)), "application/json", seconds=3_600)


async def serve(request: Request) -> Response:
    """One of the files; 503 while the first is being written."""
    name = request.url.path.rsplit("/", 1)[1]
    settings = request.app.state.settings
    dump = await _in_time(request.app.state.region, settings)
    if dump is None:
        return problem(503, "Le fichier est en préparation.", headers={"Retry-After": str(WAIT)})
    answer = await StaticFiles(directory=folder(settings)).get_response(dump.files[name], request.scope)
    if answer.status_code != 304:
        answer.headers["Content-Type"] = TYPES[name]
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers.update(SHARED | {"Cache-Control": f"public, max-age={SECONDS}"})
    return answer


async def _in_time(region: Region, settings: Settings) -> dumps.Dump | None:
    """Fresh files, or what is there when writing them takes longer than anybody should wait: it goes on by itself."""
    now = clock.now()
    writing = asyncio.ensure_future(
        run_in_threadpool(dumps.fresh, region, folder(settings), settings.public_url, now)
    )
    _WRITING.add(writing)  # the loop itself would let it go
    writing.add_done_callback(_WRITING.discard)
    done, _ = await asyncio.wait({writing}, timeout=PATIENCE)
    return writing.result() if done else dumps.current(folder(settings))


PAGES: Final = (Route("/donnees", about),)
ROUTES: Final = (
    *PAGES,
    Route("/donnees/offres.schema.json", schema),
    *(Route(f"/donnees/{name}", serve) for name in TYPES),
)
