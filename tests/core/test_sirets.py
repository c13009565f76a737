"""SIRET numbers as people write them."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.sirets import read, siren_of

ROOT = Path(__file__).parents[2]
GOOD = "73282932000074"
SEPARATORS = st.text(" .-\u00a0\u202f\u2009\u2011\t\u200b", max_size=2)
DIGITS = st.text(string.digits, min_size=14, max_size=14)


def passes_luhn(number: str) -> bool:
    """As INSEE describes it: every second digit from the right doubled, nine taken from what is above nine."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0


@pytest.mark.parametrize(
    "typed",
    [
        "73282932000074",
        "732 829 320 00074",
        "732.829.320.00074",
        "732\u00a0829\u00a0320\u00a000074",
        "732\u202f829\u202f320 00074\n",
        "732-829-320-00074",
        "\ufeff73282932000074",
    ],
)
def test_a_siret_is_read_however_it_is_spaced(typed: str) -> None:
    assert read(typed) == GOOD


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "73282932000075",
        "732829320",
        "732829320000740",
        "7,32829E+13",
        "7.32829E+13",
        "73282932000074.0",
        "SIRET 73282932000074",
        "٧٣٢٨٢٩٣٢٠٠٠٠٧٤",
        "7328293200007\uff14",
        "00000000000000",
        "1" * 10_000,
    ],
)
def test_what_is_no_siret_is_none(typed: str) -> None:
    assert read(typed) is None


@pytest.mark.parametrize("number", ["35600000009075", "35600000049837", "35600000000048"])
def test_la_poste_has_sirets_of_its_own(number: str) -> None:
    """The sum of the digits is a multiple of five; the head office alone follows Luhn's formula."""
    assert read(number) == number


@given(st.integers(0, 99_999))
def test_a_siret_of_la_poste_is_judged_by_the_sum_of_its_digits(nic: int) -> None:
    number = f"356000000{nic:05}"
    right = passes_luhn(number) if nic == 48 else sum(map(int, number)) % 5 == 0
    assert read(number) == (number if right else None)


@given(DIGITS)
def test_any_other_is_judged_by_luhn_twice(number: str) -> None:
    assume(not number.startswith("356000000"))
    right = passes_luhn(number) and passes_luhn(number[:9]) and number[:9] != "000000000"
    assert read(number) == (number if right else None)


@given(st.lists(SEPARATORS, min_size=15, max_size=15))
def test_separators_between_digits_change_nothing(separators: list[str]) -> None:
    typed = "".join(separator + digit for separator, digit in zip(separators, GOOD + " ", strict=True))
    assert read(typed) == (GOOD if len(typed) <= 40 else None)


@given(st.text())
def test_what_is_read_is_fourteen_digits_and_reads_as_itself(text: str) -> None:
    found = read(text)
    if found is not None:
        assert len(found) == 14
        assert found.isascii()
        assert found.isdigit()
        assert read(found) == found


def test_a_siret_starts_with_its_firms_siren() -> None:
    assert siren_of(GOOD) == "732829320"


def asks_stdnum(source: str) -> bool:
    """Whether a module takes SIRETs from python-stdnum itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stdnum"):
            return True
        if isinstance(node, ast.Import) and any(name.name.startswith("stdnum") for name in node.names):
            return True
    return False


def test_a_second_door_would_be_seen() -> None:
    assert asks_stdnum("from stdnum.fr import siret")
    assert asks_stdnum("import stdnum.fr.siren")
    assert not asks_stdnum("from core import sirets")


def test_nothing_else_asks_whether_a_number_is_a_siret() -> None:
    rooms = ["core", "schemas", "connectors", "tasks", "flows", "deployments", "portal"]
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    assert len(files) > 80
    found = [str(file.relative_to(ROOT)) for file in files if asks_stdnum(file.read_text("utf-8"))]
    assert found == ["core/sirets.py"]
