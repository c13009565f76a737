"""The rules that no schema can say."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.drafts import Draft
from core.rules import check
from schemas.offer import Employer, Job, Salary, Session, Training
from tests.core.drafts import DRAFTS, GOOD, changed

JAN, FEB = dt.date(2026, 1, 1), dt.date(2026, 2, 1)
PARIS = dt.timezone(dt.timedelta(hours=1))
ANONYMOUS = Employer(name="SARL Boulangerie Dupont", url="https://www.dupont-pain.fr/", anonymous=True)
TRAINING = changed(GOOD, kind="training", job=None)


def found(draft: Draft) -> list[tuple[str, str]]:
    return [(reason.pointer, reason.rule) for reason in check(draft)]


def test_a_right_offer_has_no_reason_against_it() -> None:
    assert check(GOOD) == ()


def test_la_poste_has_its_own_checksum() -> None:
    assert check(changed(GOOD, employer=Employer(name="La Poste", siret="35600000049837"))) == ()


@pytest.mark.parametrize(
    ("draft", "pointer", "rule"),
    [
        (changed(GOOD, employer=Employer(siret="73282932000079")), "/employer/siret", "siret_checksum"),
        (changed(GOOD, rome_code="N9999"), "/rome_code", "rome_unknown"),
        (changed(GOOD, city="Échirolles"), "/location/city", "commune_unknown"),
        (changed(GOOD, postal_code="38999", city="Nulle Part"), "/location/postal_code", "commune_unknown"),
        (changed(GOOD, postal_code="00000"), "/location/postal_code", "commune_unknown"),
        (changed(GOOD, postal_code=None, city=None, commune="38999"), "/location/commune", "commune_unknown"),
        (changed(GOOD, training=Training(sessions=())), "/training", "kind_mismatch"),
        (
            changed(TRAINING, training=Training(sessions=(Session(JAN, FEB), Session(FEB, JAN)))),
            "/training/sessions/1/ends_on",
            "sessions_order",
        ),
        (
            changed(GOOD, job=Job("CDI", salary=Salary("month", 2000, 1900))),
            "/job/salary/maximum",
            "salary_order",
        ),
        (
            changed(GOOD, job=Job("CDI", salary=Salary("hour", 24000))),
            "/job/salary/minimum",
            "salary_impossible",
        ),
        (changed(GOOD, job=Job("CDI", hours_per_week=float("nan"))), "/job/hours_per_week", "number_range"),
        (changed(GOOD, job=Job("CDI", openings=10**30)), "/job/openings", "number_range"),
        (
            changed(
                GOOD,
                published_at=dt.datetime(2026, 1, 1, 0, 30, tzinfo=dt.UTC),
                expires_at=dt.datetime(2026, 1, 1, 1, 0, tzinfo=PARIS),
            ),
            "/expires_at",
            "dates_order",
        ),
        (changed(GOOD, expires_at=dt.datetime(2026, 1, 1)), "/expires_at", "timestamp_offset"),  # noqa: DTZ001
        (changed(GOOD, ref="c\x00:1"), "/ref", "ref_unprintable"),
        (
            changed(GOOD, employer=ANONYMOUS, apply_url=None, apply_email="rh@dupont-pain.fr"),
            "/apply_email",
            "anonymous_apply",
        ),
    ],
)
def test_what_is_wrong_is_pointed_at(draft: Draft, pointer: str, rule: str) -> None:
    assert found(draft) == [(pointer, rule)]


@pytest.mark.parametrize(
    "draft",
    [
        changed(GOOD, postal_code="39200", city="Saint-Claude"),
        changed(GOOD, postal_code=None, city="69 - Rhône"),
        changed(GOOD, postal_code=None, city=None),
        changed(GOOD, postal_code="99999", city="France"),
        changed(GOOD, job=None),
        changed(GOOD, job=Job("CDI", salary=Salary("year", 12))),
        changed(
            GOOD,
            expires_at=dt.datetime(1, 1, 1, tzinfo=dt.UTC),
            published_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        ),
        changed(GOOD, employer=ANONYMOUS, apply_email="rh@dupont-pain.fr"),
        changed(GOOD, employer=ANONYMOUS, apply_url=None),
    ],
)
def test_what_is_merely_unusual_is_accepted(draft: Draft) -> None:
    assert check(draft) == ()


def test_all_reasons_come_at_once() -> None:
    wrong = changed(GOOD, rome_code="N9999", city="Atlantis", job=Job("CDI", salary=Salary("month", 2, 1)))
    assert [rule for _, rule in found(wrong)] == ["rome_unknown", "commune_unknown", "salary_order"]


def test_a_reason_says_what_is_wrong_and_what_to_send() -> None:
    (reason,) = check(changed(GOOD, city="Échirolles"))
    assert reason.value == '"Échirolles"'
    assert "it serves Grenoble" in reason.message
    assert "/location/commune" in reason.message


@given(DRAFTS)
def test_every_reason_has_a_pointer_a_rule_and_a_sentence(draft: Draft) -> None:
    for reason in check(draft):
        assert reason.pointer.startswith("/")
        assert reason.rule.isidentifier()
        assert reason.message.endswith(".")


@given(DATES := st.dates(), DATES)
def test_sessions_are_refused_exactly_when_they_end_before_they_start(starts: dt.date, ends: dt.date) -> None:
    draft = changed(TRAINING, training=Training(sessions=(Session(starts, ends),)))
    assert bool(check(draft)) == (ends < starts)


@given(AMOUNT := st.floats(0, 1000), AMOUNT)
def test_salaries_are_refused_exactly_when_out_of_order(low: float, high: float) -> None:
    assert bool(check(changed(GOOD, job=Job("CDI", salary=Salary("hour", low, high))))) == (high < low)
