"""Registrations made canonical, and the reasons why some are not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.registrations import canonical, read
from schemas.documents import Reason
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration, encode
from tests.core.firms import EVENING, FIRM, GOOD, PERSON, firm, registered, registrations


def found(told: Registration) -> list[tuple[str, str]]:
    verdict = canonical(told)
    return [(reason.pointer, reason.rule) for reason in verdict] if isinstance(verdict, tuple) else []


def person(**changes: Any) -> PersonDraft:
    return msgspec.structs.replace(PERSON, **changes)


def test_what_is_right_stays_as_it_is() -> None:
    assert canonical(GOOD) == GOOD


def test_what_needs_no_guess_is_mended() -> None:
    told = Registration(
        firm=FirmDraft(
            siret="732 829 320 00074",
            name=" Fournil\u00a0 des\u200b Pentes ",
            naf="1071c",
            postal_code="69001",
            city="LYON 01",
        ),
        person=PersonDraft(name="Marie  Dupont", email="marie@FOURNIL.example", phone="06 39 98 12 34"),
        told_at=dt.datetime(2026, 11, 12, 18, 30, tzinfo=dt.timezone(dt.timedelta(hours=1))),
        origin="Feuille\ndu séminaire de Lyon",
        consents=(Consent("sessions", "sms"), Consent("sessions", "mail"), Consent("sessions", "sms")),
        availability=("sat-evening", "mon-morning"),
    )
    verdict = canonical(told)
    assert isinstance(verdict, Registration)
    assert verdict.firm == msgspec.structs.replace(FIRM, headcount=None)
    assert verdict.person == PersonDraft("Marie Dupont", "marie@fournil.example", "+33639981234")
    assert (verdict.told_at, verdict.origin) == (EVENING, "Feuille du séminaire de Lyon")
    assert verdict.told_at.tzinfo is dt.UTC
    assert verdict.consents == (Consent("sessions", "mail"), Consent("sessions", "sms"))
    assert verdict.availability == ("mon-morning", "sat-evening")


@pytest.mark.parametrize(
    ("told", "pointer", "rule"),
    [
        (registered(firm(siret="73282932000075")), "/firm/siret", "siret_checksum"),
        (registered(firm(name=" \u200b")), "/firm/name", "name_empty"),
        (registered(person=person(name="")), "/person/name", "name_empty"),
        (registered(person=PersonDraft("A"), consents=()), "/person", "contact_missing"),
        (registered(person=person(email="a@b")), "/person/email", "email"),
        (registered(person=person(phone="3615"), consents=()), "/person/phone", "phone"),
        (registered(firm(postal_code="38000", city="Lyon", commune=None)), "/firm/city", "commune_unknown"),
        (
            registered(firm(postal_code="69999", city=None, commune=None)),
            "/firm/postal_code",
            "commune_unknown",
        ),
        (registered(firm(postal_code=None, city=None, commune="69999")), "/firm/commune", "commune_unknown"),
        (registered(firm(naf="boulanger")), "/firm/naf", "naf"),
        (registered(firm(headcount="4")), "/firm/headcount", "headcount"),
        (registered(level="expert"), "/level", "level"),
        (registered(availability=("mon-morning", "sun-evening")), "/availability/1", "slot"),
        (registered(session="séance 1"), "/session", "session_ref"),
        (registered(told_at=dt.datetime(2026, 11, 12)), "/told_at", "told_at"),  # noqa: DTZ001
        (registered(person=person(email=None)), "/consents/0", "consent_unreachable"),
        (registered(person=person(phone="+33472000000")), "/consents/1", "consent_unreachable"),
        (registered(firm(name="x" * 161)), "/firm/name", "too_long"),
        (registered(origin="x" * 201), "/origin", "too_long"),
    ],
)
def test_what_is_wrong_is_pointed_at(told: Registration, pointer: str, rule: str) -> None:
    assert found(told) == [(pointer, rule)]


@pytest.mark.parametrize(
    "told",
    [
        registered(firm(postal_code="39200", city="Saint-Claude", commune=None)),
        registered(firm(postal_code=None, city=None, commune=None)),
        registered(firm(naf="47.12Y")),
        registered(consents=()),
        registered(person=person(email=None), consents=(Consent("sessions", "sms"),)),
        registered(person=person(phone=None), consents=(Consent("invitations", "mail"),)),
    ],
)
def test_what_is_merely_unusual_is_accepted(told: Registration) -> None:
    assert found(told) == []


def test_all_reasons_come_at_once_and_say_what_to_send() -> None:
    verdict = canonical(registered(firm(siret="1", naf="x"), person(email="x"), level="expert"))
    assert isinstance(verdict, tuple)
    assert [reason.rule for reason in verdict] == ["siret_checksum", "email", "naf", "level"]
    for reason in verdict:
        assert reason.value in reason.message
        assert "end" in reason.message
        assert reason.message.endswith(".")


@given(registrations())
def test_a_registration_that_is_sent_is_read_as_it_was_meant(told: Registration) -> None:
    assert read(encode(told)) == told


TEXT = st.text(max_size=12) | st.none()


@settings(deadline=None)  # the first report loads jsonschema
@given(
    st.builds(
        Registration,
        firm=st.builds(FirmDraft, siret=st.text(max_size=15), name=st.text(max_size=9), naf=TEXT, commune=TEXT, postal_code=TEXT, city=TEXT),
        person=st.builds(PersonDraft, name=st.text(max_size=9), email=TEXT, phone=TEXT, role=TEXT),
        told_at=st.datetimes(dt.datetime(2000, 1, 2)),  # noqa: DTZ001 - naive ones too
        origin=st.text(max_size=9),
        session=TEXT,
    )
)  # fmt: skip
def test_any_registration_is_canonical_once_and_for_all_or_has_reasons(told: Registration) -> None:
    verdict = canonical(told)
    if isinstance(verdict, Registration):
        assert canonical(verdict) == verdict
    else:
        assert verdict
        assert all(isinstance(reason, Reason) for reason in verdict)


@settings(deadline=None)  # the first report loads jsonschema
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_raise(payload: bytes) -> None:
    verdict = read(payload)
    assert isinstance(verdict, tuple)
    assert verdict


@pytest.mark.parametrize(
    ("change", "pointer", "rule"),
    [
        ({"x": 1}, "", "additionalProperties"),
        ({"told_at": "2026-02-30T08:00:00Z"}, "/told_at", "calendar"),
        ({"told_at": "2026-11-12T08:00:00"}, "/told_at", "pattern"),
        ({"told_at": "1926-11-12T08:00:00Z"}, "/told_at", "pattern"),
        ({"consents": [{"purpose": "sales", "transport": "mail"}]}, "/consents/0/purpose", "enum"),
        ({"level": None}, "/level", "enum"),
        ({"origin": " "}, "/origin", "pattern"),
    ],
)
def test_a_payload_that_breaks_the_document_is_refused_with_its_place(
    change: dict[str, Any], pointer: str, rule: str
) -> None:
    payload = {**msgspec.to_builtins(GOOD), "told_at": "2026-11-12T18:30:00Z", **change}
    verdict = read(msgspec.json.encode(payload))
    assert isinstance(verdict, tuple)
    assert [(reason.pointer, reason.rule) for reason in verdict] == [(pointer, rule)]


def test_a_payload_that_says_a_thing_twice_is_refused() -> None:
    verdict = read(b'{"origin": "a", "origin": "b"}')
    assert isinstance(verdict, tuple)
    assert [reason.rule for reason in verdict] == ["json"]
