"""What one cell says, and what a spreadsheet did to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import sheet_cells
from core.sheet_cells import Wrong, headcount, lost_zero, plain, slots, yes
from core.sheet_sentences import sentence
from schemas.firm import SLOTS, Headcount


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  Café\u00a0 de\tla\nGare ", "Café de la Gare"),
        ('="01000"', "01000"),
        ("'0639981234", "0639981234"),
        ("'=1+1", "=1+1"),
        ("=1+1", "=1+1"),
        ("l'Atelier", "l'Atelier"),
        ("'t Hart", "'t Hart"),
        ("'", "'"),
        ("A\u202eB\x00", "AB"),
    ],
)
def test_a_cell_is_one_line_of_plain_text(cell: str, text: str) -> None:
    assert plain(cell) == text


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("0", "0"),
        ("aucun", "0"),
        ("1", "1-2"),
        ("2 salariés", "1-2"),
        ("1 salarié(e)", "1-2"),
        ("3-5", "3-5"),
        ("3 à 5 salariés", "3-5"),
        ("de 6 à 9", "6-9"),
        ("entre 10 et 19", "10-19"),
        ("12 à 15", "10-19"),
        ("20 – 49 ETP", "20-49"),
        ("249", "50-249"),
    ],
)
def test_a_number_of_employees_is_its_band(text: str, band: str) -> None:
    assert headcount(text) == band


@pytest.mark.parametrize(
    "text",
    [
        "9 à 10",
        "10+",
        "+ de 10",
        "moins de 5",
        "<3",
        "2,5",
        "-3",
        "12 34 56",
        "NC",
        "?",
        "3 CDI",
        "1 an",
        "٣",
    ],
)
def test_a_number_of_employees_that_could_be_two_bands_is_asked_for_again(text: str) -> None:
    with pytest.raises(Wrong) as error:
        headcount(text)
    assert error.value.rule == "headcount"


@pytest.mark.parametrize(
    "text", ["01-févr", "03-mai", "06-sept", "10-oct-26", "1 févr.", "5-mars-26", "03/05/2026", "2026-05-03"]
)
def test_a_band_that_became_a_date_is_told(text: str) -> None:
    """Excel reads « 3-5 » as the third of May."""
    with pytest.raises(Wrong) as error:
        headcount(text)
    assert error.value.rule == "headcount_date"


@given(st.integers(0, 249))
def test_every_small_number_is_of_exactly_one_band(number: int) -> None:
    band = headcount(str(number))
    least, _, most = band.partition("-")
    assert int(least) <= number <= int(most or least)
    assert band in get_args(Headcount)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mardi soir", ["tue-evening"]),
        ("Mardi soir, jeudi matin", ["tue-evening", "thu-morning"]),
        ("jeu. après-midi / sam matin", ["thu-afternoon", "sat-morning"]),
        ("lundi matin et soir", None),
        ("vendredi", ["fri-morning", "fri-afternoon", "fri-evening"]),
        ("mercredi matin apres midi", ["wed-morning", "wed-afternoon"]),
        ("dimanche matin", None),
        ("le soir", None),
        ("à voir", None),
        (",;", None),
        ("mardi 18h", None),
    ],
)
def test_when_somebody_can_come_is_read_or_asked_for_again(text: str, found: list[str] | None) -> None:
    if found is None:
        with pytest.raises(Wrong) as error:
            slots(text)
        assert error.value.rule == "slot"
    else:
        assert slots(text) == tuple(found)
        assert set(found) <= set(SLOTS)


@pytest.mark.parametrize("text", ["oui", "Oui", "O", "x", "X", "1", "✓", "☑", "vrai", "Présente"])
def test_yes_is_yes(text: str) -> None:
    assert yes(text)


@pytest.mark.parametrize("text", ["non", "N", "0", "faux", "Absent", "excusée"])
def test_no_is_no(text: str) -> None:
    assert not yes(text)


@pytest.mark.parametrize("text", ["?", "-", "peut-être", "oui/non", "2", "à confirmer"])
def test_what_is_neither_is_asked_for_again(text: str) -> None:
    with pytest.raises(Wrong):
        yes(text)


@pytest.mark.parametrize(
    ("field", "text", "restored"),
    [
        ("postal_code", "1000", "01000"),
        ("postal_code", "69001", None),
        ("postal_code", "100", None),
        ("mobile", "639981234", "0639981234"),
        ("phone", "4 72 00 00 00", "0472000000"),
        ("phone", "0472000000", None),
        ("siret", "1000", None),
    ],
)
def test_a_zero_is_put_back_where_nothing_else_can_be_meant(
    field: str, text: str, restored: str | None
) -> None:
    assert lost_zero(field, text) == restored


READERS: list[Callable[[str], object]] = [
    sheet_cells.siret,
    sheet_cells.email,
    sheet_cells.phone,
    sheet_cells.postal_code,
    sheet_cells.commune,
    sheet_cells.activity,
    sheet_cells.headcount,
    sheet_cells.level,
    sheet_cells.yes,
    sheet_cells.slots,
    sheet_cells.session,
    sheet_cells.whole,
]


@given(st.sampled_from(READERS), st.text(max_size=20) | st.text("0123456789,.-+E àetoun", max_size=20))
def test_no_cell_raises_anything_but_a_rule_that_has_a_sentence(
    reader: Callable[[str], object], text: str
) -> None:
    try:
        reader(plain(text))
    except Wrong as wrong:
        told = sentence(wrong.rule, *wrong.values)
    else:
        told = "."
    assert told.endswith(".")
