"""Charts as a browser sets them: its letters, its widths."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from core.charts import WIDTH, Row, bars, funnel, row, shares
from core.naf import SECTORS
from core.wording import STEPS
from portal.answers import FOLDER

EDGE = 3  # units that a letter may reach over its place, as a T does; it is not cut off there
MEASURE = """() => [...document.querySelectorAll("svg text")].map(each => {
    const box = each.getBBox();
    return {line: each.getAttribute("y"), left: box.x, right: box.x + box.width, text: each.textContent};
})"""


@pytest.fixture
def measured(browser: Browser) -> Any:
    """Where each text of a chart stands, in the units of its picture."""
    page = browser.new_page(viewport={"width": 320, "height": 800})
    style = (FOLDER / "static/boostez.css").read_text("utf-8")

    def measure(picture: str) -> list[dict[str, Any]]:
        page.set_content(
            f'<!doctype html><html lang="fr"><style>{style}</style><main class="prose">{picture}</main>'
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        found: list[dict[str, Any]] = page.evaluate(MEASURE)
        return found

    yield measure
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    "picture",
    [
        bars("k", "Secteurs", [row(label, 8_000_000) for label in SECTORS.values()]),
        funnel(
            "k", "Étapes", shares([row(label, 7_999_999 - step) for step, label in enumerate(STEPS.values())])
        ),
        bars("k", "Large", [Row("MWmw@%&" * 20, 1, "1 240"), Row("WWWW " * 30, 1, "ŒÆ—…%@" * 30)]),
        bars(
            "k",
            "Autres",
            [row("日本語" * 20, 3), row("👩👩👧" * 20, 3), row("Ⅷ㎞﷽" * 9, 3), row("ÉÀÇŸ" * 30, 3)],
        ),
    ],
    ids=["sectors", "steps", "wide", "others"],
)
def test_no_text_leaves_its_picture_or_meets_another(measured: Any, picture: str) -> None:
    """On the narrowest telephone too: the picture shrinks, its texts with it."""
    ends: dict[str, float] = {}
    for each in measured(picture):
        assert each["left"] >= -EDGE, each["text"]
        assert each["right"] <= WIDTH + EDGE, each["text"]
        assert each["left"] >= ends.get(each["line"], -EDGE), each["text"]
        ends[each["line"]] = each["right"]
