"""A file of registrations, a seminar's sheet or a partner's: looked at first, then taken in.

Belongs here: the form. Does not: the steps (tasks/import_registrations.py).

The file is named, not pasted: Prefect keeps what was filled in for as long as it likes, and no erasure reaches it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

from prefect import flow
from pydantic import Field

from connectors import clock, registration_files
from connectors.region.database import safe_region
from connectors.settings import settings
from tasks.import_registrations import preview_import, take_in

By = Annotated[str, Field(min_length=2, max_length=80)]
Origin = Annotated[str, Field(min_length=1, max_length=200)]


@flow(name="import-registrations", flow_run_name="import {file}", description=__doc__)
def import_registrations(
    file: str,
    by: By,
    origin: Origin = "Feuille de séminaire",
    source: Literal["sheet", "partner"] = "sheet",
    told_at: dt.datetime | None = None,
    session: str | None = None,
    dry_run: bool = True,
) -> dict[str, Any]:
    """Show what a file of registrations would change, as an artifact with every error by line; take it in when told to.

    Args:
        file: Where it is on the worker's machine: a CSV of a seminar, or a partner's JSON.
        by: Your name; the journal keeps it.
        origin: Where the people of a sheet agreed to be written to, in French: "Séminaire de Lyon, feuille signée".
        source: A seminar's sheet (CSV), or a partner's registrations (a JSON array, or a JSON document a line).
        told_at: When the people of a sheet signed it; empty: now. Without a zone, what clocks in Paris show.
        session: The session (S-…) of lines that name none; empty: they take part in nothing yet.
        dry_run: Only shows what would change. Switch it off to take the file in; that is done once a file.

    Raises:
        Misconfigured: the file cannot be read.
        Unreadable: nothing of it can be taken.
        Refused: it was taken in before.

    """
    chosen, region, now = settings(), safe_region(), clock.now()
    read = registration_files.read(
        Path(file), source, now, origin=origin, told_at=told_at, session=session or None
    )
    with region.at_work():
        counts = preview_import(region, read, now).counts
        figures = None if dry_run else take_in(region, chosen, read, by, now)
    return {"file": read.name, "counts": counts, "figures": figures}
