from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.places import commune
from schemas.reference_tables import communes


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Aurillac", "Aurillac"),
        ("AURILLAC", "Aurillac"),
        ("aurilac", "Aurillac"),
        ("auriilac", "Aurillac"),
        ("15000", "Aurillac"),
        ("15000 Aurillac", "Aurillac"),
        ("15000 n’importe quoi", "Aurillac"),
        ("Lyon", "Lyon"),
        ("69003", "Lyon 3e Arrondissement"),
        ("Lyon 3e", "Lyon 3e Arrondissement"),
        ("clermont", "Clermont-Ferrand"),
        ("Clermont 63", "Clermont-Ferrand"),
        ("St-Étienne", "Saint-Étienne"),
        ("ste foy les lyon", "Sainte-Foy-lès-Lyon"),
        ("Le Puy", "Le Puy-en-Velay"),
        ("puy en velay", "Le Puy-en-Velay"),
        ("Grenoble (38)", "Grenoble"),
        ("saint-martin (Cantal)", "Saint-Martin-Valmeroux"),
        ("greno", "Grenoble"),
    ],
)
def test_what_residents_type_is_understood(typed: str, name: str) -> None:
    found = commune(typed)
    assert found is not None
    assert found.name == name
    assert found.latitude is not None


@pytest.mark.parametrize(
    "typed", ["", " ", "zz", "xylophone", "75001", "69", "Marseille", "\x00", "(38)", "-", "99999"]
)
def test_what_is_nowhere_near_is_none(typed: str) -> None:
    assert commune(typed) is None


@given(st.text(max_size=40))
def test_any_text_is_answered(typed: str) -> None:
    found = commune(typed)
    assert found is None or found.latitude is not None


@pytest.mark.parametrize("code", ["15014", "69123", "38185", "63113"])
def test_a_commune_is_found_by_its_name_and_department(code: str) -> None:
    each = communes()[code]
    assert commune(f"{each.name} ({each.department})") == each
