"""Sheets taken in: what is new, what changes, who came, and nothing twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from connectors.region.firms import imports
from connectors.region.firms.imports import Figures
from connectors.region.people import contacts
from connectors.region.sessions import attendance
from core.seminar_sheets import Row, Sheet
from schemas.errors import Refused
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration
from tests.hands import sql
from tests.makers import NOON
from tests.programme import DAY, ENDS, HOUR, Programme

pytestmark = pytest.mark.database
SESSIONS = Consent("sessions", "mail")
INVITED = Consent("invitations", "mail")
SIRET, OTHER = "73282932000074", "55208131766522"


def row(
    line: int = 2,
    *,
    siret: str = SIRET,
    firm: str = "Fournil des Pentes",
    name: str = "Ada Roux",
    email: str | None = "ada@roux.example",
    present: bool | None = None,
    told_at: dt.datetime = NOON - DAY,
    place: str | None = "69001",
    **told: Any,
) -> Row:
    registration = Registration(
        firm=FirmDraft(siret, firm, postal_code=place),
        person=PersonDraft(name, email),
        told_at=told_at,
        origin="Séminaire de Lyon, feuille signée",
    )
    return Row(line, msgspec.structs.replace(registration, **told), present)


def take(programme: Programme, *rows: Row, digest: bytes = b"1") -> Figures:
    return imports.take_in(
        programme.region, programme.rules, rows, "lyon.csv", digest, "Camille", programme.now
    )


def look(programme: Programme, *rows: Row) -> list[str]:
    return list(imports.look(programme.region, Sheet(rows, (), (), ()), programme.now).lines())


def only(programme: Programme, statement: str) -> Any:
    (found,) = sql(programme.region, statement)
    return found


def test_a_line_brings_firm_person_consent_and_place(programme: Programme) -> None:
    session = programme.session()
    figures = take(programme, row(session=session.ref, consents=(SESSIONS,), level="beginner"))
    assert (figures.kinds["new firm"], figures.places, figures.finished) == (1, {"registered": 1}, True)
    firm = only(programme, "SELECT siret, level, department, origin FROM firm")
    assert firm == (SIRET, "beginner", "69", "lyon.csv")
    consent = only(programme, "SELECT purpose, given_at, proof FROM consent")
    assert consent[:2] == ("sessions", NOON - DAY)
    assert consent.proof == {
        "how": "import",
        "import": 1,
        "line": 2,
        "told_at": (NOON - DAY).isoformat(),
        "origin": "Séminaire de Lyon, feuille signée",
    }
    assert programme.letters() == ["registered.1.1.1"]


def test_the_same_file_twice_is_once_and_says_when_and_by_whom(programme: Programme) -> None:
    take(programme, row())
    with pytest.raises(Refused, match=r"taken in on 2026-11-24 at 12:00 UTC by Camille, as lyon\.csv"):
        take(programme, row())
    assert take(programme, row(), digest=b"2").kinds["nothing new"] == 1
    assert only(programme, "SELECT count(*) FROM contact") == (1,)


def test_what_a_sheet_changes_is_shown_and_applied(programme: Programme) -> None:
    take(programme, row())
    changed = row(firm="Boulangerie Roux", email="ada@pain.example", place="38000")
    shown = "\n".join(look(programme, changed))
    assert "name: Fournil des Pentes → Boulangerie Roux" in shown
    assert "postal_code: 69001 → 38000" in shown
    take(programme, changed, digest=b"2")
    firm = only(programme, "SELECT name, postal_code, department FROM firm")
    assert firm == ("Boulangerie Roux", "38000", "38")
    assert only(programme, "SELECT email FROM contact") == ("ada@pain.example",)
    assert look(programme, changed)[0].endswith("1 nothing new, 0 lines in error")


def test_two_people_who_share_a_mailbox_stay_two(programme: Programme) -> None:
    take(programme, row(), row(3, name="Bob Noir"))
    names = {each.name for each in sql(programme.region, "SELECT name FROM contact")}
    assert names == {"Ada Roux", "Bob Noir"}


def test_one_person_of_two_sessions_is_one(programme: Programme) -> None:
    one, other = programme.session(), programme.session()
    take(programme, row(session=one.ref), row(3, session=other.ref))
    assert only(programme, "SELECT count(*) FROM contact") == (1,)
    assert only(programme, "SELECT count(*) FROM enrolment") == (2,)


@pytest.mark.parametrize(("present", "state"), [(True, "present"), (False, "absent"), (None, "registered")])
def test_a_walk_in_of_a_session_that_is_over_has_what_still_makes_sense_and_no_letter(
    programme: Programme, *, present: bool | None, state: str
) -> None:
    session = programme.session()
    programme.now = ENDS + HOUR
    take(programme, row(session=session.ref, present=present, consents=(SESSIONS,)))
    enrolled = only(programme, "SELECT id, state, enrolled_at, attended_at FROM enrolment")
    assert enrolled[1:] == (state, NOON - DAY, ENDS if present else None)
    assert programme.letters() == []
    rules = {each.rule for each in sql(programme.region, "SELECT rule FROM reminder")}
    assert rules == {"thanks", "missed", "never"}


def test_nothing_is_armed_long_after(programme: Programme) -> None:
    session = programme.session()
    programme.now = ENDS + 60 * DAY
    take(programme, row(session=session.ref, present=True))
    assert sql(programme.region, "SELECT FROM reminder") == []


@pytest.mark.parametrize(
    ("before", "present", "after"),
    [
        ("registered", True, "present"),
        ("registered", False, "absent"),
        ("present", False, "absent"),
        ("absent", True, "present"),
        ("left", True, "present"),
        ("left", False, "left"),
        ("waiting", False, "waiting"),
        ("waiting", True, "present"),
        ("left", None, "left"),
        ("present", None, "present"),
    ],
)
def test_a_sheet_corrects_what_is_known_of_who_came(
    programme: Programme, *, before: str, present: bool | None, after: str
) -> None:
    session = programme.session()
    take(programme, row(session=session.ref))
    sql(
        programme.region,
        "UPDATE enrolment SET state = :state, attended_at = CASE WHEN :state = 'present' THEN since END",
        state=before,
    )
    programme.now = ENDS + HOUR
    for digest in (b"2", b"3"):
        take(programme, row(session=session.ref, present=present), digest=digest)
    assert only(programme, "SELECT state FROM enrolment") == (after,)


def test_who_gave_their_place_back_has_none_by_a_sheet(programme: Programme) -> None:
    session = programme.session()
    take(programme, row(session=session.ref))
    (enrolled,) = sql(programme.region, "SELECT contact_id FROM enrolment")
    place = programme.enrol(session, enrolled.contact_id)
    programme.leave(place)
    take(programme, row(session=session.ref), digest=b"2")
    assert programme.state(place) == "left"


def test_a_full_session_has_them_wait(programme: Programme) -> None:
    session = programme.session(capacity=1)
    people = [row(2, session=session.ref), row(3, name="Bob Noir", email="b@x.example", session=session.ref)]
    assert take(programme, *people).places == {"registered": 1, "waiting": 1}


def test_a_line_that_does_not_fit_never_stops_the_others(programme: Programme) -> None:
    cancelled, later = programme.session(), programme.session()
    programme.cancel(cancelled)
    rows = [
        row(2, session="S-none"),
        row(3, session=cancelled.ref),
        row(4, session=later.ref, present=True),
        row(5, told_at=NOON + DAY),
        row(6, session=later.ref),
    ]
    shown = look(programme, *rows)
    assert shown[0].endswith("4 lines in error")
    figures = take(programme, *rows)
    assert (figures.refused, figures.places, figures.kinds["new firm"]) == (4, {"registered": 1}, 1)


def test_a_near_duplicate_is_taken_in_and_listed(programme: Programme) -> None:
    take(programme, row())
    (known,) = sql(programme.region, "SELECT id FROM firm")
    figures = take(programme, row(siret=OTHER, email="ada@roux.example"), digest=b"2")
    assert (figures.kinds["near duplicate"], figures.near) == (1, {2: [known.id]})
    assert only(programme, "SELECT count(*) FROM firm") == (2,)
    assert "example" not in str(only(programme, "SELECT figures::text FROM import WHERE id = 2"))


def test_an_older_sheet_does_not_revive_a_consent_and_a_newer_one_does(programme: Programme) -> None:
    take(programme, row(consents=(INVITED,), told_at=NOON - 3 * DAY))
    (person,) = sql(programme.region, "SELECT id FROM contact")
    contacts.withdraw(programme.region, person.id, "one-click", NOON - 2 * DAY)
    take(programme, row(consents=(INVITED,), told_at=NOON - 3 * DAY), digest=b"2")
    assert sql(programme.region, "SELECT FROM consent WHERE withdrawn_at IS NULL") == []
    take(programme, row(consents=(INVITED,), told_at=NOON - DAY), digest=b"3")
    assert len(sql(programme.region, "SELECT FROM consent WHERE withdrawn_at IS NULL")) == 1


class Killed(BaseException):
    """As if the process ended there."""


def failing_at(call: int, real: Callable[..., Any]) -> Callable[..., Any]:
    calls = iter(range(call))

    def noted(*args: Any, **kwargs: Any) -> Any:
        if next(calls, None) is None:
            raise Killed
        return real(*args, **kwargs)

    return noted


@pytest.mark.parametrize("call", range(5))
def test_an_import_that_is_killed_goes_on_when_its_file_comes_again(
    programme: Programme, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    session = programme.session()
    rows: Sequence[Row] = [
        row(line, name=f"Ada {line}", email=f"ada{line}@x.example", session=session.ref)
        for line in range(2, 7)
    ]
    monkeypatch.setattr(imports, "BATCH", 2)
    with monkeypatch.context() as patched:
        patched.setattr(attendance, "note", failing_at(call, attendance.note))
        with pytest.raises(Killed):
            take(programme, *rows)
    figures = take(programme, *rows)
    assert figures.finished
    assert sum(figures.kinds.values()) == 5
    assert figures.places == {"registered": 5}
    assert only(programme, "SELECT count(*) FROM contact") == (5,)
    assert len(programme.letters()) == 5
