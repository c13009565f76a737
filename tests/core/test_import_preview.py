"""What an import would change, before anything is."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.import_preview import (
    KINDS,
    MOST_LISTED,
    Change,
    KnownFirm,
    KnownPerson,
    Line,
    Preview,
    new_consents,
    preview,
)
from core.seminar_sheets import Row, SheetError
from schemas.firm import Consent, PersonDraft, Registration
from tests.core.firms import EVENING, FIRM, GOOD, PERSON, firm, registered, registrations, siret_with

OTHER = siret_with("414243445555")
MAIL, SMS = Consent("sessions", "mail"), Consent("sessions", "sms")
MARIE = KnownPerson(7, PERSON, GOOD.consents, sessions={"SEM-2026-LYON": None})
THERE = KnownFirm(3, FIRM, (MARIE,))
NOBODYS = KnownFirm(3, FIRM)


def only(told: Registration, *known: KnownFirm, present: bool | None = None) -> Line:
    [line] = preview([Row(2, told, present)], known).rows
    return line


def person(**changes: Any) -> PersonDraft:
    return msgspec.structs.replace(PERSON, **changes)


def test_a_firm_that_nobody_knows_is_new() -> None:
    assert only(GOOD) == Line(2, "new firm", GOOD)


def test_the_same_again_changes_nothing() -> None:
    assert only(GOOD, THERE) == Line(2, "nothing new", GOOD, firm=3, person=7)


def test_somebody_else_of_a_known_firm_is_a_new_person() -> None:
    told = registered(person=PersonDraft("Luc Durand", "luc@fournil.example"), consents=(MAIL,))
    assert only(told, THERE) == Line(2, "new person", told, firm=3)


def test_what_differs_is_told_before_and_after() -> None:
    told = registered(
        firm(name="Le Fournil", headcount="6-9"), person(phone="+33639985678", role=None), session="S-2", consents=(MAIL, Consent("follow_up", "mail"))
    )  # fmt: skip
    line = only(told, THERE)
    assert (line.kind, line.firm, line.person) == ("changes", 3, 7)
    assert line.changes == (
        Change("name", "Fournil des Pentes", "Le Fournil"),
        Change("headcount", "3-5", "6-9"),
        Change("phone", "+33639981234", "+33639985678", personal=True),
        Change("consent", "", "follow_up by mail"),
        Change("session", "", "S-2"),
    )


def test_a_firm_that_changes_while_somebody_joins_it_tells_both() -> None:
    line = only(registered(firm(naf="10.71D"), PersonDraft("Luc Durand", "luc@fournil.example")), THERE)
    assert (line.kind, line.changes) == ("new person", (Change("naf", "10.71C", "10.71D"),))


def test_what_is_left_empty_is_kept_as_it_was() -> None:
    told = registered(
        firm(naf=None, headcount=None, commune=None, postal_code=None, city=None),
        person(phone=None, role=None),
        consents=(),
        session=None,
    )
    assert only(told, THERE).kind == "nothing new"


@pytest.mark.parametrize("name", ["DUPONT Marie", "marie dupont", "Dupont, Marie"])
def test_a_name_in_another_order_or_other_capitals_is_the_same(name: str) -> None:
    assert (
        only(
            registered(firm(name="FOURNIL DES PENTES"), person(name=name, email="MARIE@fournil.example")),
            THERE,
        ).kind
        == "nothing new"
    )


def test_somebody_whose_name_was_misspelled_is_known_by_the_address() -> None:
    line = only(registered(person=person(name="Marie Dupond")), THERE)
    assert (line.person, line.changes) == (
        7,
        (Change("name", "Marie Dupont", "Marie Dupond", personal=True),),
    )


def test_an_address_that_two_people_share_makes_them_not_one() -> None:
    assert only(registered(person=person(name="Luc Durand")), THERE).kind == "new person"


def test_coming_is_news() -> None:
    assert only(GOOD, THERE, present=True).changes == (Change("present at SEM-2026-LYON", "", "yes"),)
    came = KnownFirm(3, FIRM, (msgspec.structs.replace(MARIE, sessions={"SEM-2026-LYON": True}),))
    assert only(GOOD, came, present=True).kind == "nothing new"
    assert only(GOOD, came, present=False).changes == (Change("present at SEM-2026-LYON", "yes", "no"),)
    assert only(GOOD, came).kind == "nothing new"


@pytest.mark.parametrize(
    ("withdrawn", "expected"),
    [
        ({}, (MAIL,)),
        ({MAIL: EVENING - dt.timedelta(days=1)}, (MAIL,)),
        ({MAIL: EVENING}, ()),
        ({MAIL: EVENING + dt.timedelta(days=1)}, ()),
    ],
)
def test_an_old_sheet_never_brings_back_a_consent_that_was_withdrawn_since(
    withdrawn: dict[Consent, dt.datetime], expected: tuple[Consent, ...]
) -> None:
    known = KnownPerson(7, PERSON, (SMS,), withdrawn)
    assert new_consents(GOOD, known) == expected


def test_a_new_firm_that_is_near_a_known_one_says_which_and_why() -> None:
    told = registered(firm(siret=OTHER, name="SARL Fournil des Pente"), PersonDraft("Luc", "luc@x.example"))
    found = preview([Row(2, told)], [THERE])
    [line] = found.rows
    assert (line.kind, line.firm, [match.id for match in line.near]) == ("near duplicate", None, [3])
    assert "near duplicate of Fournil des Pentes (firm 3, " in "\n".join(found.lines())


def test_a_new_firm_that_is_near_a_line_above_says_so() -> None:
    twin = registered(firm(siret=OTHER))
    found = preview([Row(2, GOOD), Row(3, twin)], [])
    assert [line.kind for line in found.rows] == ["new firm", "near duplicate"]
    assert "near duplicate of Fournil des Pentes (line 2, " in "\n".join(found.lines())


def test_lines_are_compared_with_what_those_above_bring() -> None:
    luc = registered(firm(headcount=None), PersonDraft("Luc Durand", "luc@fournil.example"), consents=())
    found = preview([Row(2, GOOD), Row(3, luc), Row(4, registered(firm(headcount="6-9"))), Row(5, luc)], [])
    assert [(line.kind, line.same_as) for line in found.rows] == [
        ("new firm", None),
        ("new person", 2),
        ("changes", 2),
        ("nothing new", 2),
    ]
    assert "of the firm of line 2" in "\n".join(found.lines())


ERROR = SheetError(4, "E-mail", "jean.secret@", "Cette adresse n’est pas valable.", "email")


def test_counts_name_every_kind_and_count_lines_in_error_once() -> None:
    found = preview([Row(2, GOOD)], [], errors=[ERROR, ERROR, msgspec.structs.replace(ERROR, line=5)])
    assert found.counts == {
        "new firm": 1,
        "near duplicate": 0,
        "new person": 0,
        "changes": 0,
        "nothing new": 0,
        "lines in error": 2,
    }
    assert (
        next(iter(found.lines()))
        == "1 new firm, 0 near duplicate, 0 new person, 0 changes, 0 nothing new, 2 lines in error"
    )


def test_the_text_tells_all_of_it() -> None:
    found = preview(
        [Row(2, registered(person=person(phone="+33639985678")))], [THERE], [ERROR], [ERROR], ["Remarques"]
    )
    assert list(found.lines())[1:] == [
        "columns not understood: Remarques",
        "  line 2: changes: Fournil des Pentes (73282932000074), Marie Dupont",
        "      phone: +33639981234 → +33639985678",
        "  line 4: error: E-mail: jean.secret@: Cette adresse n’est pas valable.",
        "  line 4: note: E-mail: jean.secret@: Cette adresse n’est pas valable.",
    ]


def test_the_markdown_that_is_kept_names_nobody() -> None:
    """Prefect keeps artifacts for good: what stands there could not be erased with the person."""
    told = registered(person=PersonDraft("Luc Secret", "luc@secret.example", "+33639985678", "Boss"))
    changed = registered(person=person(phone="+33639985678", email="m@secret.example", role="Boss"))
    text = preview([Row(2, told), Row(3, changed)], [THERE], [ERROR], [ERROR]).markdown()
    for personal in ("Secret", "secret", "+336", "&#43;336", "Boss", "Marie", "marie"):
        assert personal not in text
    assert (
        "| 3 | changes | Fournil des Pentes | 73282932000074 | email changes; phone changes; role changes |"
        in text
    )
    assert "| 4 | E-mail | Cette adresse n’est pas valable. |" in text


def test_no_name_writes_into_the_markdown() -> None:
    told = registered(firm(name="<b>A</b> | [x](y)\n# `z`"))
    text = preview([Row(2, told)], [], unknown=["| a | <script>"]).markdown()
    for written in ("<b>", "<script>", "[x]", "`z`", "\n# "):
        assert written not in text
    assert text.count("\n| 2 |") == 1


def test_a_long_table_is_cut_and_says_so() -> None:
    text = preview(
        [], [], errors=[msgspec.structs.replace(ERROR, line=line) for line in range(MOST_LISTED + 3)]
    ).markdown()
    assert text.count("| E-mail |") == MOST_LISTED
    assert "… and 3 more" in text


def known_of(found: Preview) -> list[KnownFirm]:
    """What the database holds once the rows of a preview are imported."""
    firms: dict[str, KnownFirm] = {}
    for line in found.rows:
        told = line.registration
        sessions: dict[str, bool | None] = {told.session: None} if told.session else {}
        one = KnownPerson(len(firms) + 1, told.person, told.consents, sessions=sessions)
        firms.setdefault(told.firm.siret, KnownFirm(len(firms) + 1, told.firm, (one,)))
    return list(firms.values())


@given(st.lists(registrations(), max_size=4, unique_by=lambda told: told.firm.siret))
def test_once_imported_the_same_rows_are_nothing_new(told: list[Registration]) -> None:
    rows = [Row(number, each) for number, each in enumerate(told, start=2)]
    first = preview(rows, [])
    assert {line.kind for line in first.rows} <= {"new firm", "near duplicate"}
    again = preview(rows, known_of(first))
    assert [line.kind for line in again.rows] == ["nothing new"] * len(rows)
    assert again.counts["nothing new"] == len(rows)


@given(st.lists(registrations(), max_size=4))
def test_every_row_has_one_line_of_a_known_kind_and_can_be_printed(told: list[Registration]) -> None:
    rows = [Row(number, each, present=True) for number, each in enumerate([*told, *told], start=2)]
    found = preview(rows, [THERE, NOBODYS])
    assert [line.line for line in found.rows] == [row.line for row in rows]
    assert sum(found.counts[kind] for kind in KINDS) == len(rows)
    assert "\n".join(found.lines())
    assert found.markdown().startswith("| rows | count |")
