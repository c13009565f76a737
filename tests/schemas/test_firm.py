"""The records of a registration and its document."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings

from schemas import documents
from schemas.firm import (
    SLOTS,
    Consent,
    FirmDraft,
    Headcount,
    Level,
    PersonDraft,
    Purpose,
    Registration,
    Transport,
    decode,
    encode,
)
from tests.core.firms import registrations


@settings(deadline=None)  # the first report loads jsonschema
@given(registrations())
def test_a_registration_is_read_back_as_it_was_and_fits_its_document(registration: Registration) -> None:
    assert decode(encode(registration)) == registration
    payload = msgspec.json.decode(encode(registration))
    assert documents.report("registration.v1", payload) == []
    assert documents.impossible("registration.v1", payload) == []


def test_the_document_and_the_records_have_the_same_members() -> None:
    document = documents.document("registration.v1")["properties"]
    parts = {
        Registration: document,
        FirmDraft: document["firm"]["properties"],
        PersonDraft: document["person"]["properties"],
    }
    parts[Consent] = document["consents"]["items"]["properties"]
    for record, members in parts.items():
        assert set(members) == set(record.__struct_fields__)
    required = {field.name for field in msgspec.structs.fields(Registration) if field.required}
    assert set(documents.document("registration.v1")["required"]) == required


def test_the_document_and_the_records_know_the_same_words() -> None:
    document = documents.document("registration.v1")["properties"]
    consent = document["consents"]["items"]["properties"]
    assert tuple(document["firm"]["properties"]["headcount"]["enum"]) == get_args(Headcount)
    assert tuple(consent["purpose"]["enum"]) == get_args(Purpose)
    assert tuple(consent["transport"]["enum"]) == get_args(Transport)
    assert tuple(document["level"]["enum"]) == get_args(Level)
    assert document["availability"]["maxItems"] == len(SLOTS)
    for slot in SLOTS:
        assert documents.valid("registration.v1", {**SMALLEST, "availability": [slot]})


SMALLEST = {
    "firm": {"siret": "73282932000074", "name": "A"},
    "person": {"name": "B", "email": "b@c.example"},
    "told_at": "2026-11-12T18:30:00Z",
    "origin": "C",
}


@pytest.mark.parametrize("content", [b"", b"null", b"{}", b'{"firm":{}}'])
def test_what_is_no_registration_is_refused(content: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(content)
