"""Taking in a file of registrations: what it would change, left where staff see it, and taking it in.

Belongs here: the steps. Does not: reading a file (connectors/registration_files.py), what is written (connectors/region/firms/imports.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from connectors.region.database import Region
from connectors.region.firms import imports
from connectors.registration_files import File
from connectors.reminder_rules import reminder_rules
from connectors.settings import Settings
from core.import_preview import Preview
from core.markdown import cell

KEY: Final = "import-preview"


@task(name="preview-import", cache_policy=NO_CACHE)
def preview_import(region: Region, file: File, now: dt.datetime) -> Preview:
    """Leave what a file would change as an artifact, with every error by line. People are not named in it."""
    preview = imports.look(region, file.sheet, now)
    create_markdown_artifact(
        markdown=f"# {cell(file.name)}\n\n{preview.markdown()}",
        key=KEY,
        description=f"What {file.name} brings",
    )
    return preview


@task(name="take-in", cache_policy=NO_CACHE)
def take_in(region: Region, settings: Settings, file: File, by: str, now: dt.datetime) -> dict[str, Any]:
    """Take a file in. Returns the figures.

    Raises:
        Refused: it was taken in before.

    """
    rules = reminder_rules(settings.reminders_file)
    figures = imports.take_in(region, rules, file.sheet.rows, file.name, file.digest, by, now)
    return dict(msgspec.to_builtins(figures, str_keys=True))
