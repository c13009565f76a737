"""Refused offers as rows of a table, for the engineers at a source who mend them.

Belongs here: the columns, and a row a reason. Does not: writing CSV (csv_rows.py), or which offers (connectors/region).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from schemas.documents import Reason

HEADER: Final = ("ref", "rule", "field", "message", "value", "since")
Refused = tuple[str, dt.datetime | None, Sequence[Reason]]
"""The reference, since when, and why."""


def rows(refused: Iterable[Refused], most: int | None = None) -> Iterator[tuple[str, ...]]:
    """A row for each reason, in order; ``most`` of them."""
    every = (
        (ref, each.rule, each.pointer or "/", each.message, each.value, since.isoformat() if since else "")
        for ref, since, reasons in refused
        for each in reasons
    )
    return islice(every, most)
