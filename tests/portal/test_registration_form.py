from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.html import printable
from portal import registration_form
from portal.answers import _templates
from portal.registration_form import FIELDS, HEADCOUNTS, LENGTHS, LEVELS, read
from schemas.firm import SLOTS, Consent, Headcount

NOW = dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC)
GOOD = {
    "siret": "732 829 320 00074",
    "nom": "Fournil des Pentes",
    "code_postal": "69001",
    "ville": "Lyon",
    "effectif": "3-5",
    "personne": "Ada Martin",
    "fonction": "Gérante",
    "courriel": "Ada@Fournil.example",
    "telephone": "06 39 98 12 34",
    "niveau": "debutant",
    "dispo_tue-evening": "oui",
    "accord_sessions_mail": "oui",
    "accord_sessions_sms": "oui",
}


def filled(**changes: str) -> registration_form.Filled:
    return read({**GOOD, **changes}, "S-1", "form", NOW)


def test_a_good_form_is_a_registration_in_its_canonical_form() -> None:
    told = filled().registration
    assert told is not None
    assert told.firm.siret == "73282932000074"
    assert (told.firm.commune, told.firm.city) == ("69381", "Lyon 1er Arrondissement")
    assert told.firm.headcount == "3-5"
    assert told.person.email == "Ada@fournil.example"
    assert told.person.phone == "+33639981234"
    assert told.level == "beginner"
    assert told.availability == ("tue-evening",)
    assert set(told.consents) == {Consent("sessions", "mail"), Consent("sessions", "sms")}
    assert (told.session, told.origin, told.told_at) == ("S-1", "form", NOW)


def test_nothing_is_agreed_to_that_was_not_ticked() -> None:
    bare = {name: value for name, value in GOOD.items() if not name.startswith("accord_")}
    told = read({**bare, "accord_follow_up_mail": "non", "accord_invitations_sms": "oui"}, None, "form", NOW)
    assert told.registration is not None
    assert told.registration.consents == ()


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("siret", "", "missing"),
        ("siret", "73282932000075", "siret_checksum"),
        ("nom", " \u200b ", "missing"),
        ("nom", "x" * 161, "too_long"),
        ("code_postal", "6900", "postal_code"),
        ("ville", "Aurillac", "commune_unknown"),
        ("effectif", "a", "choice"),
        ("effectif", "", "missing"),
        ("niveau", "x", "choice"),
        ("personne", "", "missing"),
        ("fonction", "x" * 121, "too_long"),
        ("courriel", "ada@fournil", "email"),
        ("courriel", "", "missing"),
        ("telephone", "12", "phone"),
        ("telephone", "", "consent_unreachable"),
        ("telephone", "04 72 00 00 00", "consent_unreachable"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(field: str, value: str, word: str) -> None:
    told = filled(**{field: value})
    assert told.registration is None
    assert told.errors == {field: word}


def test_everything_that_is_wrong_is_told_at_once_in_the_order_of_the_page() -> None:
    told = read({}, None, "form", NOW)
    assert list(told.errors) == ["siret", "nom", "code_postal", "ville", "effectif", "personne", "courriel"]


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=400)))
def test_whatever_is_sent_is_a_registration_or_errors_and_is_shown_again(given_: dict[str, str]) -> None:
    told = read(given_, None, "form", NOW)
    assert (told.registration is None) is bool(told.errors)
    assert set(told.errors) <= set(FIELDS)
    for value in told.values.values():
        assert value == printable(value)
        assert "\n" not in value


def test_every_choice_has_its_words() -> None:
    words = _templates().get_template("registration_parts.html").module
    assert list(HEADCOUNTS) == list(words.HEADCOUNTS) == list(get_args(Headcount))  # type: ignore[attr-defined]
    assert list(LEVELS) == list(words.LEVELS)  # type: ignore[attr-defined]
    days, parts = words.DAYS, words.PARTS  # type: ignore[attr-defined]
    assert tuple(f"{day}-{part}" for day in days for part in parts) == SLOTS
    assert set(LENGTHS) <= set(FIELDS)
