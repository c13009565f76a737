from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.comparing import Change, changes
from schemas.offer import Employer, Job, Location, Offer, Salary
from tests.makers import NOON, job

OUT = job(source="portal", expires_at=NOON + dt.timedelta(days=30))
JOB = OUT.job
assert JOB is not None
OTHERWISE: dict[str, Any] = {
    "title": "Pâtissier",
    "description": "<p>Autre chose.</p>",
    "employer": Employer(name="Autre"),
    "location": Location(postal_code="69002", city="Lyon"),
    "rome_label": "Pâtissier",
    "job": Job(contract="CDD"),
    "apply_url": "https://fournil.example/",
    "apply_email": None,
    "expires_at": None,
}
UNSEEN = {"source", "ref", "kind", "rome_code", "training", "published_at"}
JOBS: dict[str, Any] = {
    "contract": "CDD",
    "duration_months": 6,
    "hours_per_week": 20.0,
    "salary": Salary("month", 1900.0, 2200.0),
    "experience": "junior",
    "openings": 3,
    "starts_on": dt.date(2027, 1, 4),
}


def test_every_field_that_residents_see_is_compared() -> None:
    assert set(Offer.__struct_fields__) == OTHERWISE.keys() | UNSEEN
    assert set(Job.__struct_fields__) == JOBS.keys()


@pytest.mark.parametrize("field", OTHERWISE)
def test_a_field_that_changes_is_named(field: str) -> None:
    found = changes(OUT, msgspec.structs.replace(OUT, **{field: OTHERWISE[field]}))
    assert found
    assert all(change.before != change.after for change in found)


@pytest.mark.parametrize("field", JOBS)
def test_a_part_of_the_job_that_changes_is_named_alone(field: str) -> None:
    assert JOB is not None
    new = msgspec.structs.replace(JOB, **{field: JOBS[field]})
    assert len(changes(OUT, msgspec.structs.replace(OUT, job=new))) == 1


def test_of_a_text_only_the_paragraphs_that_differ_are_told() -> None:
    old = job(description="<p>Un.</p><p>Deux.</p><p>Trois.</p>")
    new = job(description="<p>Un.</p><p>Deux bis.</p><p>Trois.</p><p>Quatre.</p>")
    assert changes(old, new) == (Change("Texte", "Deux.", "Deux bis.\nQuatre."),)


def test_a_paragraph_that_moves_shows_both_texts() -> None:
    """What went and what came were the same words, so nothing was told of it."""
    old, new = job(description="<p>Un.</p><p>Deux.</p>"), job(description="<p>Deux.</p><p>Un.</p>")
    assert changes(old, new) == (Change("Texte", "Un.\nDeux.", "Deux.\nUn."),)


@given(st.lists(st.text("ab", min_size=1), max_size=6), st.lists(st.text("ab", min_size=1), max_size=6))
def test_two_texts_are_the_same_or_something_is_told(one: list[str], other: list[str]) -> None:
    old, new = (job(description="".join(f"<p>{word}</p>" for word in words)) for words in (one, other))
    assert bool(changes(old, new)) == (one != other)
