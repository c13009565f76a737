"""The table of a sync in the Prefect UI: what outside systems said stays words in it."""

from __future__ import annotations

import unicodedata

import pytest

from tasks.report import table
from tasks.run import Delivered, Figures
from tests.hostile import SCRIPTS
from tests.markdown import read


@pytest.mark.parametrize(
    "said", [*SCRIPTS, "a | b | c", "[x](javascript:alert(1))", "`x`", "# x\n\n| y |", "![x](//a)"]
)
def test_trouble_is_told_in_its_cell_and_is_no_markup(said: str) -> None:
    def of(error: str | None) -> str:
        return table(
            Figures(run=1, source="contractor", mode="full", channels={"page": Delivered(error=error)}),
            "https://p",
        )

    plain, told = of("x"), of(said)
    assert told.count("\n") == plain.count("\n")
    words = "".join(mark for mark in " ".join(said.split()) if unicodedata.category(mark) != "Cc")
    assert read(told, "td") == [words if cell == "x" else cell for cell in read(plain, "td")]
