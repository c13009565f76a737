"""Terms: nothing goes a moment early, nothing stays a moment longer than its term."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.region.firms import registrations
from connectors.seals import CONFIRM_WITHIN
from core import terms
from core.terms import TERMS, Term

UTC = dt.UTC
instants = st.integers(0, 2_300_000_000).map(
    lambda seconds: dt.datetime(2026, 1, 1, tzinfo=UTC) + dt.timedelta(seconds=seconds)
)
several = st.sampled_from(sorted(TERMS))
UNITS = {"hours": dt.timedelta(hours=1), "days": dt.timedelta(days=1), "years": dt.timedelta(days=365)}


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("term", "now", "back"),
    [
        (terms.CONTACT, "2029-11-24T12:00", "2026-11-24T12:00"),
        (terms.CONTACT, "2027-02-28T12:00", "2024-02-28T12:00"),
        (terms.CONTACT, "2028-02-29T00:00", "2025-02-28T23:59:59.999999"),
        (terms.CONTACT, "2028-03-01T00:00", "2025-03-01T00:00"),
        (Term(4, "years", "", ""), "2028-02-29T06:00", "2024-02-29T06:00"),
        (terms.REGISTRATION, "2026-11-26T12:00", "2026-11-24T12:00"),
        (terms.ORIGIN, "2026-11-25T12:00", "2026-11-24T12:00"),
    ],
)
def test_a_term_reaches_back_to_the_last_instant_that_is_over(term: Term, now: str, back: str) -> None:
    assert term.back(at(now)) == at(back)


@given(several, instants)
def test_everything_is_kept_for_its_whole_term(name: str, now: dt.datetime) -> None:
    term = TERMS[name]
    assert now - term.back(now) >= term.amount * UNITS[term.unit]


@given(several, instants, instants)
def test_what_is_over_stays_over(name: str, one: dt.datetime, other: dt.datetime) -> None:
    """On 29 February the calendar of another year has no such day: the first rule went back and forth there."""
    earlier, later = sorted((one, other))
    assert TERMS[name].back(earlier) <= TERMS[name].back(later)


@given(several, instants)
def test_no_term_lasts_more_than_two_days_longer_than_its_days(name: str, now: dt.datetime) -> None:
    """Of five years one or two are leap years."""
    term = TERMS[name]
    spare = dt.timedelta(days=2) if term.unit == "years" else dt.timedelta(0)
    assert now - term.back(now) <= term.amount * UNITS[term.unit] + spare


@pytest.mark.parametrize("name", TERMS)
def test_every_term_says_since_when_and_who_asks_for_it(name: str) -> None:
    term = TERMS[name]
    assert len(term.since) > 10
    assert term.source.startswith(("RGPD", "CNIL", "Code civil"))


def test_a_term_can_be_read_by_machines_and_people() -> None:
    assert (terms.CONTACT.iso, terms.CONTACT.words) == ("P3Y", "3\u00a0ans")
    assert (terms.BOUNCE.iso, terms.BOUNCE.words) == ("P1Y", "1\u00a0an")
    assert (terms.REGISTRATION.iso, terms.REGISTRATION.words) == ("PT48H", "48\u00a0heures")
    assert (terms.ORIGIN.iso, terms.ORIGIN.words) == ("P1D", "1\u00a0jour")


def test_a_registration_is_kept_for_as_long_as_its_link_works_and_counted_for_as_long_as_its_origin_is() -> (
    None
):
    now = at("2026-11-24T12:00")
    assert now - terms.REGISTRATION.back(now) == CONFIRM_WITHIN
    assert now - terms.ORIGIN.back(now) == registrations.COUNTED
