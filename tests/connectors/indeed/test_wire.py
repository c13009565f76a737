"""Indeed feeds: what their jobs become, and our own feed read back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.aggregator_feed import wire as feed
from connectors.channel import Entry
from connectors.indeed import client, wire
from connectors.registry import source
from core.effects import subject_of
from core.verdicts import Accepted, judge
from schemas.errors import Rejected
from schemas.offer import Employer, Job, Offer, Salary
from tests.makers import NOON, job

JOB: dict[str, Any] = {
    "title": "Boulanger, boulangère",
    "referencenumber": "A-1",
    "url": "https://fournil.example/postuler",
    "company": "Fournil des Pentes",
    "description": "<p>Vous façonnez et cuisez le pain.</p>",
}


def written(folder: Path, *offers: Offer) -> Path:
    path = folder / "feed.xml"
    entries = [Entry(f"{offer.ref.lower().replace('-', '')}-1", offer) for offer in offers]
    text = feed.HEAD.format(publisher="https://offres.region.example", built_at="x")
    text += "".join(feed.job(entry, "https://offres.region.example") for entry in entries) + feed.TAIL
    path.write_text(text, "utf-8")
    return path


def test_every_job_of_our_own_feed_is_accepted_and_says_the_same(tmp_path: Path) -> None:
    offers = [
        job("a1", job=Job("CDD", salary=Salary("month", 1850.5, 2100.0), experience="junior")),
        job("a2", employer=Employer(anonymous=True), published_at=None, job=None),
        job(
            "a3", job=Job("internship", salary=Salary("hour", 4.35)), expires_at=NOON + dt.timedelta(days=90)
        ),
    ]
    verdicts = [judge(source("indeed"), raw) for raw in client.read(written(tmp_path, *offers))]
    assert len(verdicts) == 3
    for offer, verdict in zip(offers, verdicts, strict=True):
        assert isinstance(verdict, Accepted), verdict
        read = verdict.canonical.offer
        kept = ("title", "description", "employer", "job", "published_at", "expires_at")
        expected = msgspec.structs.replace(
            offer, employer=Employer(offer.employer.name, anonymous=offer.employer.anonymous)
        )
        assert [getattr(read, name) for name in kept] == [getattr(expected, name) for name in kept]
        assert read.location.commune == offer.location.commune
        assert read.ref == subject_of(f"{offer.ref}-1")


@pytest.mark.parametrize("word", ["fulltime", "parttime", "Temps plein", "x"])
def test_hours_are_no_contract(word: str) -> None:
    assert wire.draft({**JOB, "jobtype": word}).job is None


def test_a_salary_that_is_not_sure_says_nothing() -> None:
    for text in ("selon profil", "2000", "30 - 35 k€ par an", "12 EUR par jour"):
        pay = wire.draft({**JOB, "jobtype": "CDI", "salary": text}).job
        assert pay is not None
        assert pay.salary is None


def test_a_day_begins_in_paris_and_dates_the_version() -> None:
    draft = wire.draft({**JOB, "date": "2026-07-01"})
    assert draft.published_at == dt.datetime(2026, 6, 30, 22, tzinfo=dt.UTC)
    assert draft.version == int(draft.published_at.timestamp())
    assert wire.draft(JOB).version == 1


def test_a_date_that_no_calendar_knows_is_refused() -> None:
    with pytest.raises(Rejected, match="calendar"):
        wire.draft({**JOB, "date": "2026-02-30"})


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        (b'{"referencenumber": "A", "date": "2026-01-01"}', ("A", "2026-01-01")),
        (b'{"referencenumber": 1, "date": []}', (None, None)),
        (b"nonsense", (None, None)),
        (b"\xff", (None, None)),
    ],
)
def test_reference_and_date_are_seen_without_reading_the_rest(raw: bytes, seen: Any) -> None:
    assert wire.peek(raw) == seen


def test_an_empty_element_is_absent_and_the_first_of_two_counts(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(
        "<source><job><title> a <b>c</b> </title><city/><title>z</title><!-- x --></job></source>"
    )
    assert [msgspec.json.decode(raw) for raw in client.read(path)] == [{"title": "a c"}]
