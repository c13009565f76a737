"""Sheets that seminar staff fill in: every line is a registration, or has an error that says what to do."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.delimited import Unreadable, text_of
from core.seminar_sheets import MOST_LINES, Sheet, SheetError, read
from core.sheet_columns import find
from schemas.firm import Consent
from tests.core.firms import EVENING, ORIGIN, SIRET, siret_with
from tests.core.sheets import HEADERS, Written, sheets

HEADER = "SIRET;Raison sociale;Nom;Prénom;E-mail;Portable;Code postal;Commune"
LINE = f"{SIRET};Fournil des Pentes;Dupont;Marie;marie@fournil.example;06 39 98 12 34;69001;Lyon"
OTHER = "35600000049837"


def sheet(*lines: str, header: str = HEADER) -> Sheet:
    return read("\r\n".join([header, *lines]).encode(), origin=ORIGIN, told_at=EVENING)


def told(found: tuple[SheetError, ...]) -> list[tuple[int, str, str]]:
    return [(each.line, each.column, each.rule) for each in found]


def with_cell(column: str, value: str) -> Sheet:
    """A sheet of one good line, but for one cell."""
    headers = [
        *HEADER.split(";"),
        "NAF",
        "Effectif",
        "Niveau",
        "Présent",
        "Disponibilités",
        "Session",
        "Téléphone",
        "Code INSEE",
    ]
    cells = dict(zip(headers, LINE.split(";"), strict=False)) | {column: value}
    return sheet(";".join(cells.get(header, "") for header in headers), header=";".join(headers))


# Any sheet


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(sheets())
def test_any_sheet_that_is_right_is_read_as_it_was_meant(written: Written) -> None:
    found = read(written.raw, origin=ORIGIN, told_at=EVENING)
    assert found.errors == ()
    assert tuple((row.line, row.registration, row.present) for row in found.rows) == written.rows
    assert [unknown.casefold() for unknown in found.unknown] == ["remarques du coach"]


def sheet_or_refusal(raw: bytes) -> Sheet | Unreadable:
    try:
        return read(raw, origin=ORIGIN, told_at=EVENING)
    except Unreadable as error:
        return error


def partition(raw: bytes) -> None:
    """Every line below the headers that is not blank is a row or has an error, and never both."""
    found = sheet_or_refusal(raw)
    if isinstance(found, Unreadable):
        assert str(found).endswith(".")
        return
    rows, errors = {row.line for row in found.rows}, {error.line for error in found.errors}
    _, below = find(text_of(raw))
    assert rows.isdisjoint(errors)
    assert rows | errors == {record.line for record in below if not record.blank}
    assert len(rows) == len(found.rows)
    for each in (*found.errors, *found.notes):
        assert each.message.endswith(".")
        assert len(each.value) <= 120


@given(st.binary(max_size=300))
@example(b"\xff\xfe\x00")
@example(b"PK\x03\x04")
@example(b"\x81\x8d")
@example(b"sep=;\n")
def test_no_bytes_raise_anything_but_that_they_are_no_sheet(raw: bytes) -> None:
    partition(raw)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(sheets(), st.data())
def test_no_sheet_that_was_damaged_loses_a_line(written: Written, data: st.DataObject) -> None:
    raw = bytearray(written.raw)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.binary(max_size=2) | st.sampled_from([b'"', b";", b"\r\n"])
        )
    partition(bytes(raw))


CELL = st.text(max_size=12) | st.sampled_from(
    [
        "",
        "x",
        "oui",
        SIRET,
        "7,32829E+13",
        "a@b.example",
        "0639981234",
        "69001",
        "Lyon",
        "01-févr",
        "=1+1",
        '="0639981234"',
        "Ã©",
    ]
)


@given(st.lists(st.lists(CELL, max_size=len(HEADERS) + 2), min_size=1, max_size=4))
def test_whatever_stands_in_the_cells_no_line_is_lost(table: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    one_each = {field: spelled[0] for field, spelled in HEADERS.items()}
    csv.writer(text, delimiter=";").writerows([list(one_each.values()), *table])
    partition(text.getvalue().encode("utf-8", "replace"))


# Cells


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("SIRET", "7,32829E+13", "scientific"),
        ("SIRET", "7.32829E+13", "scientific"),
        ("SIRET", "732829320", "siren"),
        ("SIRET", "73282932000075", "siret_checksum"),
        ("SIRET", "7328293200007", "siret_length"),
        ("SIRET", "en cours", "siret_form"),
        ("SIRET", "", "missing"),
        ("Raison sociale", "", "missing"),
        ("Raison sociale", "CafÃ© de la Gare", "garbled"),
        ("Raison sociale", "x" * 161, "too_long"),
        ("Nom", "", "missing"),
        ("Nom", "Dupr\ufffd", "garbled"),
        ("E-mail", "marie@fournil", "email"),
        ("E-mail", "a@b.fr, c@d.fr", "email"),
        ("Portable", "6,12346E+08", "scientific"),
        ("Portable", "06 12", "phone"),
        ("Téléphone", "04 72", "phone"),
        ("Code postal", "69", "postal_code"),
        ("Code postal", "38000", "commune_served"),
        ("Commune", "Nulle Part", "commune_served"),
        ("Code INSEE", "Lyon", "commune_form"),
        ("NAF", "4711", "naf"),
        ("Effectif", "01-févr", "headcount_date"),
        ("Effectif", "03/05/2026", "headcount_date"),
        ("Effectif", "beaucoup", "headcount"),
        ("Effectif", "3 à 12", "headcount"),
        ("Effectif", "+ de 10", "headcount"),
        ("Effectif", "300", "headcount_large"),
        ("Niveau", "expert", "level"),
        ("Présent", "peut-être", "yes_no"),
        ("Disponibilités", "le soir", "slot"),
        ("Session", "la première", "session_ref"),
    ],
)
def test_a_wrong_cell_keeps_its_line_out_and_says_why(column: str, value: str, rule: str) -> None:
    found = with_cell(column, value)
    assert found.rows == ()
    assert [each[2] for each in told(found.errors)] == [rule]
    [error] = found.errors
    assert error.line == 2
    assert error.column in {column, "Commune"}
    assert error.value in {value, value[:119] + "…", "Lyon"}


def test_a_siret_that_lost_its_zeros_is_not_repaired_but_told() -> None:
    """Excel takes a number's zeros; a number with a right checksum once they are back is most likely it, and only likely."""
    with_zero = siret_with("005213457000")
    assert with_zero.startswith("00")
    found = with_cell("SIRET", with_zero.lstrip("0"))
    [error] = found.errors
    assert error.rule == "siret_zeros"
    assert with_zero in error.message


@pytest.mark.parametrize(
    ("column", "value", "member", "read_as"),
    [("Code postal", "1000", "postal_code", "01000"), ("Portable", "639981234", "phone", "+33639981234")],
)
def test_a_zero_that_a_spreadsheet_took_is_put_back_and_told(
    column: str, value: str, member: str, read_as: str
) -> None:
    cells = dict(zip(HEADER.split(";"), LINE.split(";"), strict=True)) | {
        column: value,
        "Commune": "Bourg en Bresse",
    }
    found = sheet(";".join((cells | ({} if member == "postal_code" else {"Commune": "Lyon"})).values()))
    [row] = found.rows
    firm, person = row.registration.firm, row.registration.person
    assert (firm.postal_code if member == "postal_code" else person.phone) == read_as
    assert (2, column, "zero_restored") in told(found.notes)


def test_every_wrong_cell_of_a_line_is_told_at_once() -> None:
    found = sheet("1;;Dupont;;x;06;6;Lyon")
    assert {each.rule for each in found.errors} == {
        "siret_length",
        "missing",
        "email",
        "phone",
        "postal_code",
    }
    assert {each.line for each in found.errors} == {2}


def test_a_postal_code_that_serves_no_commune_is_told() -> None:
    found = sheet(LINE.replace("69001;Lyon", "69999;Nulle Part"))
    assert told(found.errors) == [(2, "Commune", "commune_unknown")]


def test_a_mobile_number_goes_before_another() -> None:
    header = HEADER + ";Téléphone"
    both, one = (
        sheet(LINE + ";04 72 00 00 00", header=header),
        sheet(LINE.replace("06 39 98 12 34", "") + ";0472000000", header=header),
    )
    assert both.rows[0].registration.person.phone == "+33639981234"
    assert one.rows[0].registration.person.phone == "+33472000000"


def test_a_line_without_any_way_to_reach_the_person_is_an_error() -> None:
    assert told(sheet(f"{SIRET};Fournil;Dupont;Marie;;;;").errors) == [(2, "E-mail", "contact_missing")]


def test_cells_are_plain_text_whatever_they_begin_with() -> None:
    found = sheet(f"{SIRET};=cmd|' /C calc'!A0;@Dupont\u202e;;marie@fournil.example;;;")
    registration = found.rows[0].registration
    assert registration.firm.name == "=cmd|' /C calc'!A0"
    assert registration.person.name == "@Dupont"


# Consents


def consents(header: str, cell: str = "oui") -> tuple[Consent, ...]:
    found = sheet(f"{LINE};{cell}", header=f"{HEADER};{header}")
    return found.rows[0].registration.consents


def test_nobody_consents_by_a_column_that_is_not_there() -> None:
    found = sheet(LINE)
    assert found.rows[0].registration.consents == ()
    assert told(found.notes) == [(1, "", "consent_none")]


@pytest.mark.parametrize(
    "header",
    ["Consentement", "RGPD", "J’accepte", "Consentement SMS", "Refus des invitations par SMS consentement"],
)
def test_nobody_consents_to_what_is_not_said(header: str) -> None:
    found = sheet(f"{LINE};oui", header=f"{HEADER};{header}")
    assert found.rows[0].registration.consents == ()
    assert told(found.notes) == [(1, header, "consent_vague")]


@pytest.mark.parametrize("cell", ["", " ", "non", "0", "NON"])
def test_nobody_consents_by_an_empty_cell_or_a_no(cell: str) -> None:
    assert consents("Consentement invitations", cell) == ()


def test_a_consent_is_for_text_messages_only_when_the_column_says_so() -> None:
    assert consents("Consentement invitations") == (Consent("invitations", "mail"),)
    assert consents("Consentement invitations SMS") == (Consent("invitations", "sms"),)
    assert consents("Consentement invitations e-mail et SMS") == (
        Consent("invitations", "mail"),
        Consent("invitations", "sms"),
    )


def test_a_consent_that_is_neither_yes_nor_no_is_an_error() -> None:
    found = sheet(f"{LINE};à voir", header=f"{HEADER};Consentement suivi")
    assert (found.rows, told(found.errors)) == ((), [(2, "Consentement suivi", "yes_no")])


def test_a_consent_that_cannot_be_used_is_left_out_and_told() -> None:
    line = LINE.replace("06 39 98 12 34", "04 72 00 00 00")
    found = sheet(f"{line};oui", header=f"{HEADER};Consentement suivi SMS")
    assert found.rows[0].registration.consents == ()
    assert told(found.notes) == [(2, "Consentement suivi SMS", "consent_unreachable")]


def test_where_and_when_it_was_said_is_the_proof() -> None:
    registration = sheet(LINE).rows[0].registration
    assert (registration.origin, registration.told_at) == (ORIGIN, EVENING)
    with pytest.raises(ValueError, match="zone"):
        read(LINE.encode(), origin=ORIGIN, told_at=dt.datetime(2026, 11, 12))  # noqa: DTZ001
    for origin in ("", " ", "x" * 201):
        with pytest.raises(ValueError, match="origin"):
            read(LINE.encode(), origin=origin, told_at=EVENING)


# Lines against each other


def test_a_person_who_stands_twice_for_one_firm_is_told_with_the_first_line() -> None:
    found = sheet(LINE, LINE.replace("Dupont;Marie", "MARIE;dupont").replace("marie@", "m@"))
    assert told(found.errors) == [(3, "Nom", "repeated")]
    assert "ligne 2 " in found.errors[0].message
    assert [row.line for row in found.rows] == [2]


def test_two_people_of_one_firm_are_two_rows_and_what_they_tell_differently_is_told() -> None:
    found = sheet(LINE, LINE.replace("Fournil des Pentes;Dupont;Marie;marie@", "Le Fournil;Durand;Luc;luc@"))
    assert [row.line for row in found.rows] == [2, 3]
    assert told(found.notes)[1:] == [(3, "Raison sociale", "firm_differs")]


def test_an_address_that_two_firms_share_is_told() -> None:
    found = sheet(LINE, LINE.replace(SIRET, OTHER))
    assert (len(found.rows), told(found.notes)[1:]) == (2, [(3, "E-mail", "email_shared")])


def test_one_person_may_register_for_two_sessions() -> None:
    found = sheet(f"{LINE};S-1", f"{LINE};S-2", header=f"{HEADER};Session")
    assert [row.registration.session for row in found.rows] == ["S-1", "S-2"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (f"{SIRET};Fournil;Dupont;Marie;m@f.example;;39200;Saint-Claude", "outside_region"),
        (f"{SIRET};Fournil;Dupont;Marie;m@f.example;;;Grenoble", "commune_unsure"),
    ],
)
def test_a_place_that_is_unusual_is_taken_and_told(line: str, rule: str) -> None:
    found = sheet(line)
    assert (len(found.rows), told(found.notes)[1:]) == (1, [(2, "Commune", rule)])


def test_a_naf_code_that_the_table_lacks_is_kept_and_told() -> None:
    found = with_cell("NAF", "4712Y")
    assert found.rows[0].registration.firm.naf == "47.12Y"
    assert (2, "NAF", "naf_unlabelled") in told(found.notes)


# The file


def refused(raw: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as error:
        read(raw, origin=ORIGIN, told_at=EVENING)
    return error.value


def test_a_cell_with_a_separator_too_many_is_told() -> None:
    assert told(sheet(LINE + ";x").errors) == [(2, "", "cells_many")]


def test_a_quote_that_swallows_lines_is_told_and_not_guessed_around() -> None:
    assert refused(f'{HEADER}\n"{LINE}\n{LINE}\n'.encode()).rule == "file_quotes"
    swallowed = f'{SIRET};"Fournil;a\nb;c";Dupont;Marie;m@f.example;;;'
    assert (2, "Raison sociale", "cell_quotes") in told(sheet(swallowed).errors)


def test_lines_are_numbered_as_the_spreadsheet_numbers_them() -> None:
    two_lines = f'{SIRET};"Fournil\ndes Pentes";Dupont;Marie;marie@fournil.example;;;'
    found = sheet(two_lines, "", "oops;;;;;;;")
    assert found.rows[0].registration.firm.name == "Fournil des Pentes"
    assert {each.line for each in found.errors} == {4}


@pytest.mark.parametrize(
    ("header", "rule", "named"),
    [
        ("a;b;c", "head_missing", "SIRET"),
        (HEADER.replace("SIRET", "Numéro"), "head_lacking", "SIRET"),
        (HEADER.replace("Raison sociale", "Enseigne"), "head_lacking", "Raison sociale"),
        (HEADER.replace("E-mail", "x").replace("Portable", "y"), "head_lacking", "E-mail"),
        (HEADER + ";Courriel", "head_twice", "Courriel"),
        (HEADER + ";Consentement suivi;Accord suivi par mail", "head_twice", "Accord suivi par mail"),
        (HEADER + ";x" * 100, "head_wide", "100"),
    ],
)
def test_headers_that_do_not_do_are_told_with_what_is_lacking(header: str, rule: str, named: str) -> None:
    error = refused(f"{header}\n{LINE}".encode())
    assert error.rule == rule
    assert named in str(error)


def test_a_sheet_with_headers_alone_is_told() -> None:
    assert refused(f"{HEADER}\n;;;\n".encode()).rule == "file_nothing"


def test_a_sheet_with_too_many_lines_is_told_before_it_is_read() -> None:
    assert refused((HEADER + "\n" * (MOST_LINES + 2)).encode()).rule == "file_long"


def test_a_whole_sheet_is_read_in_seconds() -> None:
    """A line costs some 0.2 ms; all of a programme's 8,000 firms may come in one sheet."""
    lines = [LINE.replace("Dupont", f"Dupont{number}") for number in range(5_000)]
    begun = time.process_time()
    found = sheet(*lines)
    assert time.process_time() - begun < 5
    assert len(found.rows) == 5_000


def test_titles_above_the_headers_are_passed_over() -> None:
    raw = f"Séminaire de Lyon;;\nle 12 novembre 2026;;\n\n{HEADER}\n{LINE}\n".encode("cp1252")
    assert [row.line for row in read(raw, origin=ORIGIN, told_at=EVENING).rows] == [5]


@pytest.mark.parametrize("message", [each.message for each in with_cell("Portable", "06").errors])
def test_a_message_is_french_with_french_typography(message: str) -> None:
    assert not re.search(r" [:;!?»]|« ", message)
