"""Headers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.folding import compact
from core.sheet_columns import FIELDS, find, meaning, understood
from core.sheet_sentences import LABELS
from schemas.firm import Consent, Purpose, Transport
from tests.core.sheets import HEADERS


@pytest.mark.parametrize(
    ("header", "field"),
    [(spelled, field) for field, many in HEADERS.items() for spelled in many if " " not in field],
)
def test_a_header_is_understood_in_any_case_and_without_accents(header: str, field: str) -> None:
    for spelled in (
        header,
        header.upper(),
        header.lower(),
        f"  {header} ",
        f"« {header} »",
        header.replace(" ", "_"),
    ):
        assert meaning(spelled) == (field, ())


def test_every_synonym_is_folded_and_every_field_has_a_name() -> None:
    assert all(header == compact(header) for header in FIELDS)
    assert set(FIELDS.values()) == set(LABELS)


@pytest.mark.parametrize(
    ("header", "purpose", "transport"),
    [
        ("Consentement séances", "sessions", "mail"),
        ("CONSENTEMENT RAPPELS PAR SMS", "sessions", "sms"),
        ("J’accepte le suivi par e-mail", "follow_up", "mail"),
        ("Accord enquête de satisfaction (SMS)", "follow_up", "sms"),
        ("J’accepte de recevoir les invitations", "invitations", "mail"),
        ("Opt-in newsletter", "invitations", "mail"),
    ],
)
def test_a_column_of_consent_says_to_what_and_how(
    header: str, purpose: Purpose, transport: Transport
) -> None:
    assert meaning(header) == ("consent", (Consent(purpose, transport),))


@pytest.mark.parametrize(
    "header",
    [
        "Consentement",
        "RGPD",
        "Accord SMS",
        "J’accepte que mes informations soient gardées",
        "Je n’accepte pas les invitations",
        "Refus du consentement suivi",
        "Accepte d’être rappelé",
    ],
)
def test_a_column_of_consent_that_names_no_purpose_or_denies_gives_none(header: str) -> None:
    assert meaning(header) == ("consent", ())


@pytest.mark.parametrize("header", ["", "Remarques", "Enseigne", "Date", "Nom du chien", "x" * 5_000])
def test_another_header_means_nothing(header: str) -> None:
    assert meaning(header) == ("", ())


@given(st.lists(st.text(max_size=9), max_size=8))
def test_no_headers_are_lost(cells: list[str]) -> None:
    head = understood(cells, 1, ";")
    told = [*(column.header for column in head.columns), *head.unknown, *head.vague]
    assert len(told) <= len(cells)
    for column in head.columns:
        assert column.header
        assert meaning(column.header)[0] == column.field


def test_the_separator_is_the_one_under_which_most_is_understood() -> None:
    for separator in ";,\t":
        text = separator.join(
            ["SIRET", "Raison sociale", "Nom, prénom" if separator != "," else "Nom", "E-mail"]
        )
        head, below = find(f"{text}\n1{separator}2{separator}3{separator}4\n")
        assert (head.separator, head.line, len(head.columns)) == (separator, 1, 4)
        assert [record.cells for record in below] == [("1", "2", "3", "4")]
