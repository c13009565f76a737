from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import documents
from schemas.offer import (
    Employer,
    Job,
    Location,
    Offer,
    Salary,
    Session,
    Training,
    content_hash,
    decode,
    encode,
    key_of,
)
from tests.makers import job

ALPHABET = frozenset("0123456789abcdefghjkmnpqrstvwxyz")
characters = st.characters(exclude_categories=["Cs"])


def optional(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


digits = st.text("0123456789", min_size=5, max_size=5)
days = st.dates(dt.date(1, 1, 1))
moments = st.datetimes(timezones=st.just(dt.UTC))
amounts = st.floats(0, 1e6)
links = st.builds("https://a.example/{}".format, st.text("abc/?=&%é", max_size=10))
employers = st.builds(
    Employer,
    name=optional(st.text(characters, max_size=20)),
    siret=optional(st.text("0123456789", min_size=14, max_size=14)),
    url=optional(links),
) | st.just(Employer(anonymous=True))
locations = st.builds(
    Location,
    postal_code=optional(digits),
    city=optional(st.text(characters, max_size=10)),
    commune=optional(digits | st.just("2A004")),
    department=optional(st.sampled_from(["01", "69", "2A", "971"])),
    latitude=optional(st.floats(-90, 90)),
    longitude=optional(st.floats(-180, 180)),
    remote=st.sampled_from(["none", "partial", "full"]),
)
salaries = st.builds(
    Salary, unit=st.sampled_from(["hour", "month", "year"]), minimum=amounts, maximum=optional(amounts)
)
jobs = st.builds(
    Job,
    contract=st.sampled_from(["CDI", "CDD", "interim", "apprenticeship", "freelance"]),
    duration_months=optional(st.integers(1, 60)),
    hours_per_week=optional(st.floats(0, 48, exclude_min=True)),
    salary=optional(salaries),
    experience=optional(st.sampled_from(["none", "junior", "confirmed", "senior"])),
    openings=st.integers(1, 10**6),
    starts_on=optional(days),
)
sessions = st.builds(Session, starts_on=days, ends_on=days, seats=optional(st.integers(0, 500)))
trainings = st.builds(
    Training,
    sessions=st.lists(sessions, max_size=3).map(tuple),
    rncp=optional(st.from_regex(r"(RNCP|RS)[0-9]{1,6}", fullmatch=True)),
    cpf_eligible=optional(st.booleans()),
    level=optional(st.integers(1, 8)),
    hours=optional(st.integers(1, 5000)),
    price_eur=optional(amounts),
)


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """Any canonical offer."""
    is_job = draw(st.booleans())
    return draw(
        st.builds(
            Offer,
            source=st.from_regex(r"[a-z][a-z0-9_]{1,31}", fullmatch=True),
            ref=st.text(characters, min_size=1, max_size=20),
            kind=st.just("job" if is_job else "training"),
            title=st.text(characters, min_size=3, max_size=20),
            description=st.text(characters, min_size=1, max_size=30),
            employer=employers,
            location=locations,
            rome_code=optional(st.from_regex(r"[A-N][0-9]{4}", fullmatch=True)),
            rome_label=optional(st.text(characters, min_size=1, max_size=20)),
            job=optional(jobs) if is_job else st.none(),
            training=st.none() if is_job else optional(trainings),
            apply_url=optional(links),
            apply_email=st.sampled_from([None, "emploi@fournil.example"]),
            published_at=optional(moments),
            expires_at=optional(moments),
        )
    )


@given(offer=offers())
def test_an_encoded_offer_is_read_back_as_it_was(offer: Offer) -> None:
    content = encode(offer)
    assert decode(content) == offer
    assert decode(content.decode()) == offer
    assert encode(decode(content)) == content


@settings(deadline=None)  # the first report loads jsonschema
@given(offer=offers())
def test_an_encoded_offer_fits_its_document(offer: Offer) -> None:
    payload = msgspec.json.decode(encode(offer))
    assert documents.report("offer.v1", payload) == []
    assert documents.valid("offer.v1", payload)
    assert documents.impossible("offer.v1", payload) == []


@given(offer=offers())
def test_equal_offers_have_equal_bytes_and_hashes(offer: Offer) -> None:
    twin = msgspec.convert(msgspec.to_builtins(offer), Offer)
    assert twin == offer
    assert encode(twin) == encode(offer)
    assert content_hash(encode(twin)) == content_hash(encode(offer))


@pytest.mark.parametrize(
    ("whole", "broken"),
    [
        (Salary("month", 1900), Salary("month", 1900.0)),
        (Salary("month", 1900, 2100), Salary("month", 1900.0, 2100.0)),
    ],
)
def test_a_round_amount_read_back_has_the_same_bytes_whether_it_was_written_as_a_whole_number_or_not(
    whole: Salary, broken: Salary
) -> None:
    one, other = (job(job=Job("CDI", salary=salary)) for salary in (whole, broken))
    assert one == other
    assert encode(decode(encode(one))) == encode(other)  # what is read back has floats


@given(one=offers(), other=offers())
def test_different_offers_have_different_bytes(one: Offer, other: Offer) -> None:
    assert (encode(one) == encode(other)) is (one == other)


def test_the_document_and_the_record_have_the_same_members() -> None:
    document = documents.document("offer.v1")
    records: dict[tuple[str, ...], type[msgspec.Struct]] = {
        (): Offer,
        ("employer",): Employer,
        ("location",): Location,
        ("job",): Job,
        ("job", "salary"): Salary,
        ("training",): Training,
        ("training", "sessions", "items"): Session,
    }
    for path, record in records.items():
        schema = document
        for step in path:
            schema = schema[step] if step == "items" else schema["properties"][step]
        assert set(schema["properties"]) == set(record.__struct_fields__)
        required = {f.name for f in msgspec.structs.fields(record) if f.required}
        assert set(schema.get("required", ())) == required


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{}", b'{"source":"a"}', b'"x"', "{}"])
def test_what_is_no_offer_is_refused(content: bytes | str) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(content)


@given(offer=offers())
def test_a_content_hash_has_32_bytes(offer: Offer) -> None:
    assert len(content_hash(encode(offer))) == 32


# Keys


@pytest.mark.parametrize(
    ("source", "ref", "key"),
    [("contractor", "EMP-000001", "f3rdp8evwh5h"), ("france_travail", "048KLTP", "ezm34p8m35tj")],
)
def test_a_key_is_the_same_for_ever(source: str, ref: str, key: str) -> None:
    assert key_of(source, ref) == key


@given(st.text(characters), st.text(characters))
def test_a_key_has_twelve_characters_that_nobody_mistakes(source: str, ref: str) -> None:
    key = key_of(source, ref)
    assert len(key) == 12
    assert set(key) <= ALPHABET
    assert key == key_of(source, ref)


def test_a_hundred_thousand_references_have_as_many_keys() -> None:
    refs = [f"EMP-{number:06}" for number in range(50_000)] + [f"FOR-{number:06}" for number in range(50_000)]
    assert len({key_of("contractor", ref) for ref in refs}) == len(refs)


def test_the_same_reference_of_two_sources_has_two_keys() -> None:
    assert key_of("contractor", "1") != key_of("lheo", "1")


def test_every_character_of_a_key_varies_over_the_whole_alphabet() -> None:
    keys = [key_of("contractor", f"EMP-{number:06}") for number in range(5_000)]
    for position in range(12):
        assert {key[position] for key in keys} == ALPHABET
