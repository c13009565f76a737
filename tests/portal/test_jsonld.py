from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from starlette.testclient import TestClient

from portal.jsonld import block, described
from schemas.offer import Contract, Employer, Job, Location, Offer, Salary, Session, Training
from tests.hostile import SCRIPTS
from tests.makers import NOON, job, training
from tests.portal.conftest import Place

LATER = dt.datetime(2036, 12, 31, 12, tzinfo=dt.UTC)
FULL_JOB = job(
    description="<p>Vous <strong>façonnez</strong> le pain.</p>",
    employer=Employer("Fournil des Pentes", "73282932000074", "https://fournil.example/"),
    location=Location("15000", "Aurillac", "15014", "15", 44.93, 2.44),
    expires_at=LATER,
    job=Job("CDD", 6, 20.0, Salary("month", 1850.0, 2100.0), "none", 3, dt.date(2027, 2, 1)),
)
FULL_TRAINING = training(
    description="<p>Préparer le <em>certificat</em></p><ul><li>en un an</li></ul>",
    employer=Employer("Institut du Forez", url="https://forez.example/"),
    training=Training(
        (
            Session(dt.date(2026, 1, 5), dt.date(2026, 6, 30)),
            Session(dt.date(2027, 1, 4), dt.date(2027, 6, 30), 12),
        ),
        "RNCP38565",
        cpf_eligible=True,
        level=3,
        hours=420,
        price_eur=1200.0,
    ),
)


def told(offer: Offer, now: dt.datetime = NOON) -> dict[str, Any]:
    document = described(offer, "abc", "https://offres.region.example/offres/abc", now)
    assert document is not None
    return document


def nothing(offer: Offer) -> bool:
    return described(offer, "abc", "https://offres.region.example/offres/abc", NOON) is None


def test_a_job_has_all_that_google_requires_and_recommends() -> None:
    assert told(FULL_JOB) == {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": "Boulanger, boulangère",
        "description": "<p>Vous <strong>façonnez</strong> le pain.</p>",
        "datePosted": "2026-11-22T12:00:00Z",
        "validThrough": "2036-12-31T12:00:00Z",
        "employmentType": ["TEMPORARY", "PART_TIME"],
        "hiringOrganization": {
            "@type": "Organization",
            "name": "Fournil des Pentes",
            "sameAs": "https://fournil.example/",
        },
        "identifier": {"@type": "PropertyValue", "name": "Boostez votre Région", "value": "abc"},
        "url": "https://offres.region.example/offres/abc",
        "directApply": False,
        "jobLocation": {
            "@type": "Place",
            "address": {
                "@type": "PostalAddress",
                "addressLocality": "Aurillac",
                "postalCode": "15000",
                "addressRegion": "Auvergne-Rhône-Alpes",
                "addressCountry": "FR",
            },
            "geo": {"@type": "GeoCoordinates", "latitude": 44.93, "longitude": 2.44},
        },
        "baseSalary": {
            "@type": "MonetaryAmount",
            "currency": "EUR",
            "value": {
                "@type": "QuantitativeValue",
                "unitText": "MONTH",
                "minValue": 1850.0,
                "maxValue": 2100.0,
            },
        },
        "jobStartDate": "2027-02-01",
        "totalJobOpenings": 3,
        "occupationalCategory": "Boulanger / Boulangère",
    }


def test_a_training_is_a_course_with_the_sessions_that_can_still_be_taken() -> None:
    document = told(FULL_TRAINING)
    place = document["hasCourseInstance"][0].pop("location")
    assert place["address"]["addressLocality"] == "Saint-Étienne"
    assert document["hasCourseInstance"] == [
        {
            "@type": "CourseInstance",
            "courseMode": "Onsite",
            "startDate": "2027-01-04",
            "endDate": "2027-06-30",
            "courseWorkload": "PT420H",
        }
    ]
    assert document["description"] == "Préparer le certificat\n- en un an"
    assert document["provider"]["name"] == "Institut du Forez"
    assert document["offers"] == {
        "@type": "Offer",
        "category": "Paid",
        "price": 1200.0,
        "priceCurrency": "EUR",
    }
    assert document["educationalCredentialAwarded"] == "RNCP38565"


@pytest.mark.parametrize(("remote", "mode"), [("none", "Onsite"), ("partial", "Blended"), ("full", "Online")])
def test_the_mode_of_a_course_is_told(remote: Any, mode: str) -> None:
    [instance] = told(replace(FULL_TRAINING, location=Location("42000", remote=remote)))["hasCourseInstance"]
    assert instance["courseMode"] == mode
    assert ("location" in instance) is (remote != "full")


def test_a_free_training_says_so_and_one_without_a_price_says_nothing() -> None:
    free = replace(FULL_TRAINING, training=Training((), price_eur=0.0))
    assert told(free)["offers"]["category"] == "Free"
    assert told(free)["offers"]["price"] == 0.0
    assert "hasCourseInstance" not in told(free)
    assert "offers" not in told(replace(FULL_TRAINING, training=Training(())))


def test_a_job_without_an_end_has_no_posting_and_nobody_invents_one() -> None:
    assert nothing(replace(FULL_JOB, expires_at=None))
    assert nothing(replace(FULL_JOB, expires_at=NOON))
    assert nothing(replace(FULL_JOB, published_at=None))
    assert nothing(replace(FULL_JOB, employer=Employer()))
    assert nothing(replace(FULL_TRAINING, employer=Employer()))


def test_an_anonymous_employer_is_confidential() -> None:
    document = told(replace(FULL_JOB, employer=Employer(anonymous=True)))
    assert document["hiringOrganization"] == {"@type": "Organization", "name": "confidential"}


def test_a_job_done_from_anywhere_says_from_which_country() -> None:
    document = told(replace(FULL_JOB, location=Location("15000", "Aurillac", remote="full")))
    assert "jobLocation" not in document
    assert document["jobLocationType"] == "TELECOMMUTE"
    assert document["applicantLocationRequirements"] == {"@type": "Country", "name": "France"}
    partial = told(replace(FULL_JOB, location=Location("15000", "Aurillac", remote="partial")))
    assert "jobLocation" in partial
    assert "jobLocationType" not in partial


@pytest.mark.parametrize(
    ("contract", "hours", "kinds"),
    [
        ("CDI", 35.0, ["FULL_TIME"]),
        ("CDI", 34.5, ["PART_TIME"]),
        ("CDI", None, None),
        ("interim", None, ["TEMPORARY"]),
        ("seasonal", 39.0, ["TEMPORARY", "FULL_TIME"]),
        ("apprenticeship", 35.0, ["OTHER", "FULL_TIME"]),
        ("internship", 35.0, ["INTERN"]),
        ("civic_service", 24.0, ["VOLUNTEER"]),
        ("freelance", None, ["CONTRACTOR"]),
    ],
)
def test_the_kind_of_employment_is_googles_word(
    contract: Contract, hours: float | None, kinds: list[str] | None
) -> None:
    document = told(replace(FULL_JOB, job=Job(contract, hours_per_week=hours)))
    assert document.get("employmentType") == kinds


def test_one_figure_is_a_value_and_two_are_bounds() -> None:
    one = told(replace(FULL_JOB, job=Job("CDI", salary=Salary("hour", 12.5))))["baseSalary"]["value"]
    assert one == {"@type": "QuantitativeValue", "unitText": "HOUR", "value": 12.5}
    same = told(replace(FULL_JOB, job=Job("CDI", salary=Salary("year", 30000.0, 30000.0))))
    assert same["baseSalary"]["value"]["value"] == 30000.0


def test_a_site_that_is_no_web_address_is_not_told() -> None:
    document = told(replace(FULL_JOB, employer=Employer("Nom", url="javascript:alert(1)")))
    assert "sameAs" not in document["hiringOrganization"]


# --- against schema.org's own vocabulary ---------------------------------------------------------------------------


def _ids(value: Any) -> set[str]:
    values = value if isinstance(value, list) else [value] if value else []
    return {each["@id"].removeprefix("schema:") for each in values}


@cache
def _vocabulary(folder: Path) -> tuple[dict[str, set[str]], dict[str, dict[str, set[str]]]]:
    """Every type's parents; every property's domains and ranges."""
    graph = json.loads((folder / "data/schema_org/schemaorg-current-https.jsonld").read_text("utf-8"))[
        "@graph"
    ]
    parents, properties = {}, {}
    for node in graph:
        name = node["@id"].removeprefix("schema:")
        if node["@type"] == "rdf:Property":
            properties[name] = {
                "domain": _ids(node.get("schema:domainIncludes")),
                "range": _ids(node.get("schema:rangeIncludes")),
            }
        else:
            parents[name] = _ids(node.get("rdfs:subClassOf"))
    return parents, properties


def _ancestors(parents: dict[str, set[str]], name: str) -> set[str]:
    return {name}.union(*(_ancestors(parents, each) for each in parents.get(name, ())))


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield each
            for inner in each.values():
                yield from _nodes(inner)


def check_vocabulary(shared: Path, document: Any) -> None:
    """Every property is one of its type, and every thing in it one that it may hold."""
    parents, properties = _vocabulary(shared)
    for node in _nodes(document):
        kinds = _ancestors(parents, node["@type"])
        assert node["@type"] in parents
        for name, value in node.items():
            if name.startswith("@"):
                continue
            assert properties[name]["domain"] & kinds, (node["@type"], name)
            for each in _nodes(value):
                if each in (value if isinstance(value, list) else [value]):
                    assert properties[name]["range"] & _ancestors(parents, each["@type"]), (name, each)


@pytest.mark.shared
@pytest.mark.parametrize(
    "offer",
    [
        FULL_JOB,
        FULL_TRAINING,
        replace(FULL_JOB, location=Location(remote="full")),
        replace(FULL_TRAINING, training=replace(FULL_TRAINING.training or Training(()), price_eur=0.0)),
    ],
    ids=["job", "training", "remote job", "free training"],
)
def test_every_property_is_known_for_its_type_and_holds_what_it_may(shared: Path, offer: Offer) -> None:
    check_vocabulary(shared, told(offer))


# --- on the page -----------------------------------------------------------------------------------------------------


class Blocks(HTMLParser):
    """The text of each script element of a page, as a browser cuts it, and every tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.blocks: list[tuple[str | None, str]] = []
        self.tags: list[str] = []
        self._inside: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "script":
            self._inside = dict(attrs).get("type")
            self.blocks.append((self._inside, ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = None if tag == "script" else self._inside

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.blocks[-1] = (self._inside, self.blocks[-1][1] + data)


@given(st.text())
def test_a_block_says_what_was_said_and_never_ends_early(text: str) -> None:
    words = text.encode("utf-8", "ignore").decode()
    written = block({"title": words})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {"title": words}


@pytest.mark.database
def test_a_job_page_has_one_data_block_and_no_list_has_any(client: TestClient, place: Place) -> None:
    key = place(FULL_JOB)
    [(kind, text)] = Blocks(client.get(f"/offres/{key}").text).blocks
    assert kind == "application/ld+json"
    document = json.loads(text)
    assert document["@type"] == "JobPosting"
    assert document["url"] == f"https://offres.region.example/offres/{key}"
    assert document["identifier"]["value"] == key
    for path in ("/", "/offres", "/offres?type=emploi", "/flux"):
        assert Blocks(client.get(path).text).blocks == []


@pytest.mark.database
def test_what_is_closed_or_never_ends_has_no_data_block(client: TestClient, place: Place) -> None:
    assert Blocks(client.get(f"/offres/{place(FULL_JOB, withdrawn_at=NOON)}").text).blocks == []
    assert Blocks(client.get(f"/offres/{place(job('2'))}").text).blocks == []
    assert Blocks(client.get("/offres/none").text).blocks == []


@pytest.mark.database
def test_no_offer_breaks_out_of_its_data_block(client: TestClient, place: Place) -> None:
    hostile = [
        *SCRIPTS,
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "</ScRiPt >",
        "\\u003c/script>",
        '"}',
    ]
    for number, text in enumerate(hostile):
        plain = text.replace("\x00", "")
        offer = replace(
            FULL_JOB, ref=str(number), title=plain, employer=Employer(plain), rome_label=plain,
            description=f"<p>{plain}</p>" if "<" not in plain else "<p>x</p>",
        )  # fmt: skip
        page = client.get(f"/offres/{place(offer)}").text
        [(_, written)] = Blocks(page).blocks
        assert json.loads(written)["title"] == plain
        assert page.count("<script") == page.count("</script") == 1
