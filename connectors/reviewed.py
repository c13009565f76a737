"""Files that are reviewed like code: TOML, held against a schema of ours.

Belongs here: reading one, or telling everything that is wrong with it. Does not: what a file means (registry.py,
reminder_rules.py).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from schemas import documents
from schemas.errors import Misconfigured


def reviewed(file: Path, schema: str) -> dict[str, Any]:
    """What a file says, which fits the document ``schema``.

    Raises:
        Misconfigured: it cannot be read, is no TOML, or does not fit; the message has every reason.

    """
    try:
        written = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"{file}: {error}") from error
    refuse(file, (f"{reason.pointer}: {reason.message}" for reason in documents.report(schema, written)))
    return written


def refuse(file: Path, faults: Iterable[str]) -> None:
    """Tell what is wrong with a file, a line each; nothing when nothing is.

    Raises:
        Misconfigured: something is.

    """
    if lines := [f"{file}{fault}" for fault in faults]:
        raise Misconfigured("\n".join(lines))
