"""Which sessions an import's lines may name."""

from __future__ import annotations

import datetime as dt

import pytest

from core.import_sessions import Held, wrong
from core.seminar_sheets import Row
from schemas.firm import FirmDraft, PersonDraft, Registration

NOW = dt.datetime.fromisoformat("2026-11-24T12:00:00+00:00")
HOUR = dt.timedelta(hours=1)
HELD = {
    "S-past": Held("open", NOW - HOUR),
    "S-next": Held("open", NOW + HOUR),
    "S-gone": Held("cancelled", NOW - HOUR),
    "S-plan": Held("draft", NOW + HOUR),
}


@pytest.mark.parametrize(
    ("session", "present", "told_at", "rules"),
    [
        (None, None, NOW, set()),
        ("S-past", True, NOW, set()),
        ("S-past", None, NOW, set()),
        ("S-next", None, NOW, set()),
        ("S-next", False, NOW, {"session_early"}),
        ("S-gone", True, NOW, {"session_closed"}),
        ("S-plan", None, NOW, {"session_closed"}),
        ("S-none", None, NOW + HOUR, {"session_unknown", "told_later"}),
    ],
)
def test_a_line_is_kept_out_by_its_session_or_its_date(
    *, session: str | None, present: bool | None, told_at: dt.datetime, rules: set[str]
) -> None:
    told = Registration(
        FirmDraft("73282932000074", "Fournil"),
        PersonDraft("Ada", "ada@roux.example"),
        told_at,
        "Lyon",
        session=session,
    )
    found = list(wrong(Row(7, told, present), HELD, NOW))
    assert {error.rule for error in found} == rules
    assert {error.line for error in found} <= {7}
