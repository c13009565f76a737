"""E-mail addresses and telephone numbers as people type them."""

from __future__ import annotations

import time

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.addresses import email, email_key, phone, textable
from schemas.documents import valid
from tests.core.firms import EMAILS


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("marie@fournil.example", "marie@fournil.example"),
        ("  Marie.Dupont@FOURNIL.Example\n", "Marie.Dupont@fournil.example"),
        ("o'brien+boostez@sous.domaine.fr", "o'brien+boostez@sous.domaine.fr"),
        ("a@3suisses.fr", "a@3suisses.fr"),
        ("\u200bmarie@fournil.example", "marie@fournil.example"),
        (f"{'a' * 64}@b.fr", f"{'a' * 64}@b.fr"),
        ("a@xn--caf-dma.fr", "a@xn--caf-dma.fr"),
    ],
)
def test_an_address_is_taken_with_its_host_in_lower_case(typed: str, address: str) -> None:
    assert email(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "marie",
        "marie@fournil",
        "marie@@fournil.fr",
        "marie fournil.fr",
        "marie@fournil.fr, luc@fournil.fr",
        "marie@fournil.fr;luc@fournil.fr",
        "Marie <marie@fournil.fr>",
        "mailto:marie@fournil.fr?",
        "marie..dupont@fournil.fr",
        ".marie@fournil.fr",
        "marie.@fournil.fr",
        "marie@192.168.0.1",
        "marie@[192.168.0.1]",
        "marie@-fournil.fr",
        "marie@fournil-.fr",
        "marie@fournil..fr",
        "marié@fournil.fr",
        "marie@café.fr",
        "marie@fournil.fr\r\nBcc: x@y.fr",
        '"marie"@fournil.fr',
        f"{'a' * 65}@b.fr",
        f"a@{'b' * 64}.fr",
        f"a@{'b.' * 130}fr",
    ],
)
def test_what_mail_could_not_reach_is_refused(typed: str) -> None:
    assert email(typed) is None


@given(EMAILS)
def test_any_plain_address_is_read_back(address: str) -> None:
    assert email(address) == address
    assert email_key(address.upper()) == email_key(address)


@given(
    st.text(max_size=30)
    | st.builds("{}@{}.{}".format, st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
)
def test_an_address_that_is_taken_has_one_at_sign_nothing_unseen_and_fits_the_document(typed: str) -> None:
    found = email(typed)
    if found is not None:
        assert found.isascii()
        assert found.isprintable()
        assert found.count("@") == 1
        assert " " not in found
        assert email(found) == found
        told = {"firm": {"siret": "73282932000074", "name": "A"}, "person": {"name": "A", "email": found}}
        assert valid("registration.v1", {**told, "told_at": "2026-11-12T18:30:00Z", "origin": "A"})


def test_an_address_made_to_be_slow_is_not() -> None:
    begun = time.process_time()
    for typed in (f"{'a.' * 50_000}@", f"a@{'a.' * 50_000}", f"{'a' * 100_000}", f"{'a' * 250}!@"):
        assert email(typed) is None
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("06.12.34.56.78", "+33612345678"),
        ("06-12-34-56-78", "+33612345678"),
        ("06/12/34/56/78", "+33612345678"),
        ("0612345678", "+33612345678"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("(+33) 6 12 34 56 78", "+33612345678"),
        ("0033 6 12 34 56 78", "+33612345678"),
        ("04\u00a072\u202f00 00\u201300", "+33472000000"),
        ("09 70 12 34 56", "+33970123456"),
        ("612345678", "+33612345678"),
        ("07 00 00 00 00", "+33700000000"),
        ("+41 79 123 45 67", "+41791234567"),
        ("+590 690 12 34 56", "+590690123456"),
    ],
)
def test_a_number_is_read_as_e164_however_it_is_spaced(typed: str, number: str) -> None:
    assert phone(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "3615",
        "112",
        "06 12 34 56 7",
        "06 12 34 56 78 9",
        "06 12 34 56 78 / 04 72 00 00 00",
        "0612345ABC",
        "06 12 34 56 78 poste 12",
        "06 12 34 56 78;ext=3",
        "0000000000",
        "00 0612345678",
        "0690123456",
        "+33 690 12 34 56",
        "6,12346E+08",
        "٠٦١٢٣٤٥٦٧٨",
        "+999 123456789",
        "()",
        "+",
        "1" * 10_000,
    ],
)
def test_what_nobody_could_call_is_refused(typed: str) -> None:
    assert phone(typed) is None


def test_numbers_kept_for_fiction_are_numbers() -> None:
    """libphonenumber says that nobody has them, and so of every range that was opened since its release."""
    fiction = "+33639981234"
    assert not phonenumbers.is_valid_number(phonenumbers.parse(fiction))
    assert phone("06 39 98 12 34") == fiction
    assert textable(fiction)


@given(st.integers(100_000_000, 999_999_999), st.sampled_from(["0{}", "+33{}", "0033 {}", "+33 (0){}"]))
def test_a_french_number_is_nine_digits_however_it_begins(national: int, form: str) -> None:
    overseas = str(national)[:3] in {
        "590",
        "594",
        "596",
        "690",
        "691",
        "692",
        "693",
        "694",
        "696",
        "697",
        "262",
        "263",
        "269",
    }
    assert phone(form.format(national)) == (None if overseas else f"+33{national}")


@given(st.text(max_size=45) | st.text("+0123456789 ().-/", max_size=45))
def test_a_number_that_is_taken_reads_as_itself(typed: str) -> None:
    found = phone(typed)
    if found is not None:
        assert found.startswith("+")
        assert found[1:].isascii()
        assert found[1:].isdigit()
        assert len(found) <= 16
        assert phone(found) == found
        textable(found)


@pytest.mark.parametrize(
    "number", ["+33612345678", "+33712345678", "+41791234567", "+393331234567", "+590690123456"]
)
def test_mobiles_of_france_and_its_neighbours_are_texted(number: str) -> None:
    assert textable(number)


@pytest.mark.parametrize(
    "number", ["+33472000000", "+33970123456", "+41215551010", "+240222123456", "+12025550123", "", "x"]
)
def test_nothing_else_is(number: str) -> None:
    assert not textable(number)
