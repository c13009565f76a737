"""NAF codes as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.naf import SECTORS, label_of, read, section_of
from schemas.reference_tables import activities, naf_sections


@pytest.mark.parametrize(
    "typed", ["47.11B", "4711B", "4711b", " 47.11 B ", "47 11 b", "47.11\u00a0B", "47.11.B"]
)
def test_a_code_is_read_however_it_is_written(typed: str) -> None:
    assert read(typed) == "47.11B"


@pytest.mark.parametrize(
    "typed", ["", "47.11", "4711", "47.1B", "47.11BB", "4711E3", "47.11É", "\u0664\u0667.11B", "Commerce"]
)
def test_what_has_not_the_form_of_a_code_is_none(typed: str) -> None:
    assert read(typed) is None


@given(st.sampled_from(sorted(activities())))
def test_every_code_of_the_table_reads_as_itself_and_has_a_label_and_a_sector(code: str) -> None:
    assert read(code) == read(code.replace(".", "").lower()) == code
    assert label_of(code) == activities()[code].label
    section = section_of(code)
    assert section == activities()[code].section
    assert section in SECTORS


@pytest.mark.parametrize(
    ("code", "section"),
    [
        ("01.11Z", "A"),
        ("10.71C", "C"),
        ("43.21A", "F"),
        ("47.11B", "G"),
        ("56.10A", "I"),
        ("62.01Z", "J"),
        ("96.02A", "S"),
    ],
)
def test_a_code_is_in_the_section_that_insee_says(code: str, section: str) -> None:
    assert section_of(code) == section


def test_a_code_of_naf_2025_falls_into_the_sector_of_its_division_and_has_no_label() -> None:
    """From January 2027 INSEE gives such codes; a firm that has one is a firm like any other."""
    assert "47.12Y" not in activities()
    assert read("4712Y") == "47.12Y"
    assert label_of("47.12Y") is None
    assert section_of("47.12Y") == "G"


@pytest.mark.parametrize("code", ["04.00Z", "00.00Z", "44.11A"])
def test_a_division_that_does_not_exist_has_no_sector(code: str) -> None:
    assert section_of(code) is None


def test_every_section_has_a_name_that_people_say() -> None:
    assert set(SECTORS) == set(naf_sections())
    assert len(set(SECTORS.values())) == 21
