"""What a producer is told: a sentence for every rule, and replacements that the schema takes."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core.rules
from connectors.xml_records import Fault
from core import advice
from core.json_places import Expected
from schemas import documents
from schemas.documents import Reason, shown
from tests.makers import contractor_job

FALLBACK = advice.sentence("no rule at all")
CONTRACTOR = "contractor.offer.v1"


@pytest.mark.parametrize("told", [*advice._SENTENCES.values(), *advice._REMEDIES.values()])  # noqa: SLF001
def test_no_line_breaks_before_a_sign_that_stands_apart(told: str) -> None:
    """« Codage : UTF-8 » could break before its colon, in one of two remedies that say the same."""
    assert not re.search(r" [:;!?»](?= |$)|« ", told)


def reason_of(pointer: str, value: Any) -> Reason:
    """The reason for which a job with that value there is refused."""
    payload = contractor_job()
    *steps, last = pointer.split("/")[1:]
    place = payload
    for step in steps:
        place[step] = place = dict(place[step])
    place[last] = value
    [reason] = documents.report(CONTRACTOR, payload)
    assert reason.pointer == pointer
    return reason


@pytest.mark.parametrize(
    ("pointer", "value", "meant"),
    [
        ("/job/contract", "cdi", "CDI"),
        ("/job/contract", "C.D.I.", "CDI"),
        ("/job/contract", "Intérim", "interim"),
        ("/job/contract", "interrim", "interim"),
        ("/job/contract", "alternence", "apprenticeship"),
        ("/kind", "Emploi", "job"),
        ("/job/salary/unit", "mensuel", "month"),
        ("/job/salary/minimum", "1 850,50 €", 1850.5),
        ("/job/salary/minimum", "1\u202f900 EUR", 1900),
        ("/job/starts_on", "31/01/2027", "2027-01-31"),
        ("/job/starts_on", "1er février 2027", "2027-02-01"),
        ("/job/starts_on", "20270131", "2027-01-31"),
        ("/published_at", "22-05-2025 00:11:19", "2025-05-22T00:11:19+02:00"),
        ("/published_at", "2025-02-27 14:31:25 UTC", "2025-02-27T14:31:25+00:00"),
        ("/published_at", "Tue, 21 Dec 2021 22:49:39 GMT", "2021-12-21T22:49:39+00:00"),
        ("/employer/siret", "732 829 320 00074", "73282932000074"),
        ("/location/postal_code", 1000, "01000"),
        ("/location/postal_code", "1000", "01000"),
        ("/rome_code", "d1102", "D1102"),
        ("/apply_url", "www.fournil.example/emploi", "https://www.fournil.example/emploi"),
        ("/apply_email", "mailto:emploi@fournil.example", "emploi@fournil.example"),
        ("/employer/anonymous", "oui", True),
        ("/version", "3", 3),
    ],
)
def test_what_was_meant_is_said(pointer: str, value: Any, meant: Any) -> None:
    sentence, replacement = advice.suggestion(CONTRACTOR, reason_of(pointer, value))
    assert replacement is not None
    assert json.loads(replacement) == meant
    assert sentence
    assert str(meant) in sentence or json.dumps(meant) in sentence


POINTERS = ["/kind", "/job/contract", "/job/salary/minimum", "/job/starts_on", "/published_at", "/rome_code",
            "/employer/siret", "/location/postal_code", "/apply_url", "/apply_email", "/version", "/ref"]  # fmt: skip


@given(
    pointer=st.sampled_from(POINTERS),
    rule=st.sampled_from(["enum", "pattern", "type", "calendar"]),
    value=st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    | st.from_regex(r"\A[0-3]?[0-9][/.-][01]?[0-9][/.-](19|20)?[0-9]{2}\Z") | st.lists(st.integers(), max_size=2),
)  # fmt: skip
def test_a_replacement_is_what_the_schema_takes(pointer: str, rule: str, value: Any) -> None:
    sentence, replacement = advice.suggestion(CONTRACTOR, Reason(pointer, rule, shown(value), ""))
    if replacement is None:
        return
    assert sentence
    payload = contractor_job()
    *steps, last = pointer.split("/")[1:]
    place = payload
    for step in steps:
        place[step] = place = dict(place[step])
    place[last] = json.loads(replacement)
    assert documents.report(CONTRACTOR, payload) == []


def test_every_rule_of_ours_and_every_fault_of_a_file_has_a_sentence_of_its_own() -> None:
    rules = re.findall(r"^\| (\w+) \| ", core.rules.__doc__ or "", re.MULTILINE)[1:]
    assert len(rules) > 10
    faults = [f"json_{each}" for each in get_args(Expected)] + [f"xml_{each}" for each in get_args(Fault)]
    told = [advice.sentence(rule) for rule in (*rules, *faults, "description_empty", "duplicate_ref", "json")]
    assert FALLBACK not in told
    assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("pointer", "value", "said"),
    [
        ("/title", "ab", "moins de 3\u00a0caractères"),
        ("/title", "a" * 201, "plus de 200\u00a0caractères"),
        ("/version", 0, "plus petit que 1"),
        ("/job/hours_per_week", 50, "plus grand que 48"),
        ("/job/hours_per_week", 0, "pas plus grand que 0"),
        ("/job", [], "un objet"),
        ("/employer", {}, "«\u00a0name\u00a0»"),
    ],
)
def test_a_limit_is_told_with_its_number(pointer: str, value: Any, said: str) -> None:
    reason = reason_of(pointer, value)
    assert said in advice.sentence(reason.rule, CONTRACTOR, reason)


def test_a_city_of_another_postal_code_is_told_with_its_own() -> None:
    reason = Reason("/location/city", "commune_unknown", '"Aurillac"', "")
    assert (
        advice.suggestion(CONTRACTOR, reason)[0]
        == "Aurillac a pour code postal 15000 et pour code INSEE 15014."
    )


def test_no_digit_of_a_siret_is_guessed() -> None:
    sentence, replacement = advice.suggestion(
        CONTRACTOR, Reason("/employer/siret", "siret_checksum", '"73282932000075"', "")
    )
    assert replacement is None
    assert sentence
    assert not re.search(r"[0-9]{14}", sentence)
