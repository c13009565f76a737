"""Where the next incremental walk begins.

Belongs here: the one rule that advances a cursor. Does not: reading or storing it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable


def instant(text: str | None) -> dt.datetime | None:
    """An RFC 3339 instant in UTC, None when the text is none."""
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text.upper())  # RFC 3339 allows t and z
        return moment.astimezone(dt.UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def next_cursor(
    current: dt.datetime | None, seen: Iterable[dt.datetime], not_after: dt.datetime
) -> dt.datetime | None:
    """The newest change seen, never before ``current`` and never beyond ``not_after`` (the source's own clock).

    A malformed payload that claims to have changed in 2999 must not silence every change until then.
    """
    believable = [moment for moment in seen if moment <= not_after]
    return max([*believable, *([current] if current else [])], default=None)
