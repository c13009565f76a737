"""Charts: what they show is in proportion, inside, and written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from core import charts
from core.charts import BAR, LEAST, WIDTH, Row, bars, funnel, row, shares
from core.html import printable
from tests.hostile import SCRIPTS

Draw = Callable[[str, str, Sequence[Row]], str]
rows = st.lists(
    st.builds(Row, st.text(max_size=80), st.integers(0, 10**6), st.text(max_size=40)), min_size=1, max_size=8
)
both = pytest.mark.parametrize("draw", [bars, funnel])


def drawn(picture: str) -> Any:
    return etree.fromstring(picture.encode())


def filled(picture: Any) -> list[tuple[float, float, float]]:
    """Left, top and width of each bar."""
    found = [each for each in picture.iterfind(".//{*}g/{*}rect") if each.get("fill") != "none"]
    return [(float(each.get("x")), float(each.get("y")), float(each.get("width"))) for each in found]


def test_bars_are_drawn_like_this() -> None:
    assert bars("k", "Par secteur", [row("Bâtiment & travaux", 1240), row("Énergie", 310)], full=2480) == (
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-labelledby="k-titre k-chiffres" '
        'viewBox="0 0 480 96" width="480" height="96" font-size="16" fill="currentColor" overflow="visible"><title id="k-titre">Par secteur</title>'
        '<desc id="k-chiffres">Bâtiment &amp; travaux\u00a0: 1\u202f240\u202f; Énergie\u00a0: 310</desc>'
        '<text x="0" y="16">Bâtiment &amp; travaux</text><text x="480" text-anchor="end" y="16">1\u202f240</text>'
        '<text x="0" y="64">Énergie</text><text x="480" text-anchor="end" y="64">310</text><g class="bars">'
        '<rect x="0" y="21" width="240" height="12" rx="2"/>'
        '<rect x="0.5" y="21.5" width="479" height="11" rx="2" fill="none" stroke="currentColor" stroke-opacity="0.35"/>'
        '<rect x="0" y="69" width="60" height="12" rx="2"/>'
        '<rect x="0.5" y="69.5" width="479" height="11" rx="2" fill="none" stroke="currentColor" stroke-opacity="0.35"/>'
        "</g></svg>"
    )


def test_a_funnel_is_in_the_middle() -> None:
    assert filled(drawn(funnel("k", "Étapes", [row("Inscrites", 100), row("Venues", 50)]))) == [
        (0, 21, 480),
        (120, 69, 240),
    ]


@both
@given(found=rows)
def test_lengths_are_in_proportion(draw: Draw, found: list[Row]) -> None:
    most = max(each.value for each in found)
    widths = [width for *_, width in filled(drawn(draw("k", "t", found)))]
    shown = [each.value for each in found if each.value]
    assert len(widths) == len(shown)
    for width, value in zip(widths, shown, strict=True):
        assert width == pytest.approx(max(LEAST, WIDTH * value / most), abs=0.01)


@both
@given(found=rows, full=st.integers(1, 10**6))
def test_nothing_is_drawn_outside(draw: Draw, found: list[Row], full: int) -> None:
    picture = drawn(bars("k", "t", found, full=full) if draw is bars else draw("k", "t", found))
    height = float(picture.get("height"))
    for left, top, width in filled(picture):
        assert left >= 0
        assert left + width <= WIDTH + 0.01
        assert top + BAR <= height
    for each in picture.iterfind(".//{*}text"):
        assert 0 < float(each.get("y")) < height
        assert len(each.text) == 1 or charts._measured(each.text) <= WIDTH  # noqa: SLF001 - the browser measures in tests/portal


@both
@given(found=rows)
def test_words_stand_apart_from_each_other_and_from_bars(draw: Draw, found: list[Row]) -> None:
    picture = drawn(draw("k", "t", found))
    lines: dict[float, float] = {}
    for each in picture.iterfind(".//{*}text"):
        base = float(each.get("y"))
        lines[base] = lines.get(base, 0) + charts._measured(each.text)  # noqa: SLF001
    assert all(width <= WIDTH for width in lines.values() if width > 2 * charts.LETTER)
    for _, top, _ in filled(picture):
        assert not [base for base in lines if top < base < top + BAR + 10]


@both
@given(found=rows)
def test_every_word_and_figure_is_in_it_and_in_its_description(draw: Draw, found: list[Row]) -> None:
    picture = drawn(draw("k", "t", found))
    told = "".join("".join(each.text for each in picture.iterfind(".//{*}text")).split())
    described = picture.findtext("{*}desc")
    for each in found:
        for words in (each.label, each.told):
            assert same("".join(words.split())) in same(told)
            assert same(words) in same(described)


def same(text: str) -> str:
    """A text as XML gives it back, without what nobody sees and without spaces."""
    return re.sub(r"\s", "", printable(text))


@pytest.mark.parametrize("label", SCRIPTS)
def test_a_hostile_label_stays_words(label: str) -> None:
    picture = drawn(bars("k", label, [row(label, 1)]))
    assert {etree.QName(each).localname for each in picture.iter()} == {
        "svg",
        "title",
        "desc",
        "text",
        "g",
        "rect",
    }


def test_it_is_named_described_and_needs_no_colour_and_no_style() -> None:
    """Our pages refuse style attributes (Content-Security-Policy), and are dark where the reader wants it."""
    picture = bars("k", "Par secteur", [row("Énergie", 310)])
    assert 'role="img" aria-labelledby="k-titre k-chiffres"' in picture
    assert "style" not in picture
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', picture)) == {"currentColor", "none"}


@given(rows)
def test_a_share_is_of_the_figure_before(found: list[Row]) -> None:
    told = shares(found)
    assert [(each.label, each.value) for each in told] == [(each.label, each.value) for each in found]
    assert told[0] == found[0]
    for before, plain, each in zip(found, found[1:], told[1:], strict=False):
        assert each.told.startswith(plain.told)
        assert ("%" in each.told[len(plain.told) :]) == bool(before.value)
