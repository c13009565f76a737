"""Which sessions an import's lines may name.

Belongs here: what keeps a line out though it is right by itself. Does not: single cells (sheet_cells.py), who has a place
(connectors/region).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import msgspec

from core.seminar_sheets import Row, SheetError
from core.sheet_sentences import LABELS, sentence


class Held(msgspec.Struct, frozen=True):
    """A session as far as it matters here."""

    state: str
    starts_at: dt.datetime


def wrong(row: Row, held: Mapping[str, Held], now: dt.datetime) -> Iterator[SheetError]:
    """What keeps a line out, with the sessions that there are by reference."""
    told = row.registration
    if told.told_at > now:
        yield SheetError(row.line, "", told.told_at.isoformat(), sentence("told_later"), "told_later")
    if told.session and (rule := _rule(held.get(told.session), row, now)):
        yield SheetError(row.line, LABELS["session"], told.session, sentence(rule), rule)


def _rule(session: Held | None, row: Row, now: dt.datetime) -> str | None:
    if session is None:
        return "session_unknown"
    if session.state != "open":
        return "session_closed"
    return "session_early" if row.present is not None and session.starts_at > now else None
