"""Communes as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.communes import LYON, NOWHERE, department_of, in_lyon, match, served, unplaced
from schemas.reference_tables import Commune, communes, departments

LYON_CODES = {"69123", *(f"6938{number}" for number in range(1, 10))}
PLAIN = [commune for commune in communes().values() if commune.code not in LYON_CODES]


def code_of(postal_code: str | None, city: str | None, code: str | None = None) -> str | None:
    found = match(postal_code, city, code)
    return found.code if found else None


@pytest.mark.parametrize(
    ("postal_code", "city", "code"),
    [
        ("38000", "grenoble", "38185"),
        ("42000", "St-Étienne", "42218"),
        ("42000", "SAINT ETIENNE", "42218"),
        ("42170", "ST JUST ST RAMBERT", "42279"),
        ("38350", "MURE (LA)", "38269"),
        ("43000", "PUY EN VELAY", "43157"),
        ("43000", "Le Puy", "43157"),
        ("63000", "Clermont-Fd", "63113"),
        ("69450", "St Cyr au Mt d\u2019Or", "69191"),
        ("69100", "Villeurbanne La Doua", "69266"),
        ("74940", "ANNECY LE VIEUX", "74010"),
        ("42620", "St Pierre Laval", "03250"),
        ("69100", "69100 Villeurbanne", "69266"),
        ("69005", None, "69385"),
    ],
)
def test_a_commune_is_found_as_people_type_it(postal_code: str, city: str | None, code: str) -> None:
    assert code_of(postal_code, city) == code


@pytest.mark.parametrize(
    ("postal_code", "city"),
    [
        ("69003", "LYON 03"),
        ("69003", "Lyon 3EME"),
        ("69003", "Lyon 3e arrondissement"),
        ("69003", "Lyon"),
        ("69003", "Lyon Part-Dieu"),
        (None, "69 - LYON 03"),
        (NOWHERE, "69 - LYON 03"),
        ("69431", "LYON CEDEX 03"),
    ],
)
def test_lyon_is_matched_to_its_arrondissement(postal_code: str | None, city: str) -> None:
    assert code_of(postal_code, city) == "69383"


def test_lyon_as_a_whole_is_what_is_left_when_nothing_tells_the_arrondissement() -> None:
    assert code_of("69000", "Lyon") == "69123"
    assert code_of(None, None, "69123") == "69123"


def test_in_lyon_the_postal_code_wins_over_the_number() -> None:
    assert code_of("69007", "LYON 03") == "69387"


def test_a_cedex_is_matched_by_city_within_its_department() -> None:
    assert code_of("38035", "Grenoble Cedex 2") == "38185"
    assert code_of("26902", "GRENOBLE CEDEX 9") is None


def test_a_postal_code_and_a_city_that_contradict_each_other_match_nothing() -> None:
    assert code_of("38000", "Échirolles") is None
    assert code_of("69100", "Atlantis") is None


def test_a_city_alone_matches_nothing_because_other_regions_have_homonyms() -> None:
    assert code_of(None, "Vienne") is None


def test_an_insee_code_wins_over_a_label_that_is_wrong() -> None:
    assert code_of("07200", "45 - ST CLAUDE", "07019") == "07019"
    assert code_of("38000", "Échirolles", "38151") == "38151"


def test_postal_code_and_city_together_win_over_an_insee_code_alone() -> None:
    assert code_of("38000", "Grenoble", "69266") == "38185"


def test_an_insee_code_that_a_merger_ended_leads_to_todays_commune() -> None:
    assert code_of(None, None, "01120") == "01262"


def test_lyons_own_code_is_refined_by_the_postal_code() -> None:
    assert code_of("69007", "Lyon", "69123") == "69387"


def test_a_place_outside_the_region_is_no_commune_of_it() -> None:
    assert code_of("39200", "45 - ST CLAUDE", "39478") is None
    assert code_of("75002", "Paris", "69381") is None


@pytest.mark.parametrize(
    ("postal_code", "city", "code", "expected"),
    [
        ("38000", "Grenoble", None, False),
        ("38000", "Lyon", None, True),
        ("69999", None, None, True),
        (None, None, "69999", True),
        ("00000", None, None, True),
        ("39200", "Saint-Claude", None, False),
        (NOWHERE, "France", None, False),
        (None, "Grenoble", None, False),
        (None, None, None, False),
    ],
)
def test_a_place_is_missed_only_when_it_should_be_of_the_region(
    postal_code: str | None, city: str | None, code: str | None, *, expected: bool
) -> None:
    assert unplaced(postal_code, city, code) is expected


def test_lyon_is_its_own_code_and_those_of_its_arrondissements() -> None:
    assert {code for code in communes() if in_lyon(code)} == LYON_CODES
    assert LYON in LYON_CODES


def test_departments_are_read_from_postal_codes_and_labels() -> None:
    given = ["69003", "97400", "20090", "20200", "00000", "99999", "98000"]
    assert [department_of(code) for code in given] == ["69", "974", "2A", "2B", None, None, None]
    assert department_of(None, None, "69 - Rhône") == "69"
    assert department_of(None, "2A004") == "2A"


def test_what_a_postal_code_serves_is_listed_by_population() -> None:
    assert served("69003") == ("Lyon 3e Arrondissement",)
    assert served("01000")[0] == "Bourg-en-Bresse"


@given(st.sampled_from(PLAIN), st.data())
def test_every_commune_is_found_by_its_own_name_in_any_dress(commune: Commune, data: st.DataObject) -> None:
    dress = data.draw(
        st.sampled_from(
            [
                str.upper,
                str.lower,
                lambda name: name.replace("-", " "),
                lambda name: name.replace("Saint-", "St "),
                lambda name: name.replace("Sainte-", "STE-"),
                lambda name: name.replace("'", "\u2019"),
                lambda name: f"  {name} CEDEX 9",
                lambda name: f"{commune.department} - {name}",
            ]
        )
    )
    assert match(data.draw(st.sampled_from(commune.postal_codes)), dress(commune.name)) == commune
    assert match(None, None, commune.code) == commune


@given(st.none() | st.text(max_size=6), st.none() | st.text(max_size=20), st.none() | st.text(max_size=6))
def test_whatever_is_typed_the_match_is_a_commune_of_the_region_or_none(
    postal_code: str | None, city: str | None, code: str | None
) -> None:
    found = match(postal_code, city, code)
    assert found is None or found.department in departments()
