"""The morning page in Markdown: empty states, buttons, commands, words of others that stay words."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.morning import Button, Line, Morning, Part, late, level_line, markdown, span
from core.service_levels import Level, Objective, Seen
from tests.makers import NOON
from tests.markdown import read

FRESH = Objective("freshness", "contractor", dt.timedelta(minutes=90), 0.99)


def page(*lines: Line) -> str:
    return markdown(Morning(NOON, (Part("Late", "Nothing is late.", lines),)))


def test_where_there_is_nothing_it_says_so_and_shows_no_table() -> None:
    assert page() == "# 2026-11-24 13:00\n\n## Late\n\nNothing is late.\n"


def test_a_line_has_its_button_and_its_command() -> None:
    line = Line("Plan 1", "1", NOON, Button("decide", "http://ui/d/1"), "boostez plan show 1")
    assert "| [decide](http://ui/d/1) or `boostez plan show 1` | 1 | 2026-11-24 13:00 | Plan 1 |" in page(
        line
    )


@given(st.text())
@example("0 \x1b")
def test_whatever_somebody_wrote_is_one_cell_of_one_row(what: str) -> None:
    """A cell has no space at its ends: of a space beside a control character nothing is left."""
    words = "".join(mark for mark in " ".join(what.split()) if unicodedata.category(mark) != "Cc").strip()
    plain = read(page(Line("x")), "td")
    assert plain.count("x") == 1
    assert read(page(Line(what)), "td") == [words if each == "x" else each for each in plain]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (90, "90 s"), (600, "10 min"), (7200, "2 h"), (172_800, "2 d")]
)
def test_a_time_is_told_in_the_unit_that_tells_it(seconds: int, said: str) -> None:
    assert span(dt.timedelta(seconds=seconds)) == said


def test_a_level_says_what_was_promised_what_was_kept_and_what_is_burnt() -> None:
    line = level_line(Level(FRESH, Seen(98, 2, now=dt.timedelta(minutes=7))), "docs/page.md")
    assert line == Line(
        "freshness contractor, 99% within 90 min: 98.00%, 7 min ago",
        "200% of the budget burnt",
        command="docs/page.md",
    )
    kept = level_line(Level(FRESH, Seen(100, 0)), "docs/page.md")
    assert (kept.figure, kept.command) == ("0% of the budget burnt", "")
    assert level_line(Level(FRESH, Seen()), "docs/page.md").figure == "nothing measured yet"


def test_late_is_a_source_whose_last_good_sync_is_older_than_promised() -> None:
    fresh, stale = (Level(FRESH, Seen(1, 0, now=dt.timedelta(minutes=age))) for age in (90, 91))
    assert late([fresh, stale, Level(FRESH, Seen())]) == [stale]
