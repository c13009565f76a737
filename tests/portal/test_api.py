"""The open API: the portal's offers for programs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors.region.board.search import Query
from connectors.region.database import Region
from connectors.settings import Settings
from portal import openapi
from portal.addresses import PLACE
from portal.app import create_app
from portal.parameters import PARAMETERS
from schemas import documents
from schemas.offer import Employer, Location, Offer
from tests.makers import NOON, job, training
from tests.portal.conftest import Place

pytestmark = pytest.mark.database
SITE = "https://offres.region.example"
OFFERS = "/api/v1/offres"


def _problem(answer: Any, status: int) -> Any:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert told["status"] == status
    assert {"type", "title", "detail"} <= told.keys()
    return told


def _walk(client: TestClient, address: str) -> list[str]:
    seen = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200
        page = answer.json()
        seen += [item["key"] for item in page["items"]]
        linked = re.search(r'<([^>]+)>; rel="next"', answer.headers["link"])
        assert (linked[1] if linked else None) == page["next"]
        parts = urlsplit(page["next"] or "")
        address = f"{parts.path}?{parts.query}" if page["next"] else ""
    return seen


def test_a_search_is_told_as_offers_in_the_canonical_form(client: TestClient, place: Place) -> None:
    offer = job("1")
    key = place(offer)
    place(training("2"))
    answer = client.get(f"{OFFERS}?q=boulangers&type=emploi&departement=69&contrat=cdi&tri=pertinence")
    assert answer.headers["content-type"] == "application/json"
    page = answer.json()
    assert (page["total"], page["next"]) == (1, None)
    [item] = page["items"]
    assert item["key"] == key
    assert item["url"] == f"{SITE}/offres/{key}"
    assert msgspec.convert(item["offer"], Offer) == offer
    assert documents.valid("offer.v1", item["offer"])
    assert client.get(f"{OFFERS}/{key}").json() == item


def test_pages_by_date_follow_each_other_to_the_end(client: TestClient, place: Place) -> None:
    keys = {place(job(str(number), published_at=NOON if number % 2 else None)) for number in range(50)}
    seen = _walk(client, f"{OFFERS}?type=emploi")
    assert len(seen) == 50
    assert set(seen) == keys
    assert _walk(client, f"{OFFERS}?q=boulanger&tri=date") == seen


@pytest.mark.parametrize("words", ["boulanger", "les", "à la"])
def test_pages_by_relevance_follow_each_other_to_the_end(
    client: TestClient, place: Place, words: str
) -> None:
    keys = {place(job(str(number))) for number in range(50)}
    seen = _walk(client, f"{OFFERS}?q={words}")
    assert len(seen) == 50
    assert set(seen) == keys


def test_an_offer_is_told_gone_or_not_found(client: TestClient, place: Place) -> None:
    key = place(training(), withdrawn_at=NOON)
    gone = _problem(client.get(f"{OFFERS}/{key}"), 410)
    assert gone["key"] == key
    assert gone["withdrawn_at"] == "2026-11-24T12:00:00+00:00"
    for path in ("/0000", "/%00", "/a/b", "/a%0Ab"):
        _problem(client.get(OFFERS + path), 404)
    for path in ("/api/", "/api/v1/", "/api/v2/offres", "/api/v1/nulle-part"):
        _problem(client.get(path), 404)


@pytest.mark.parametrize(
    ("asked", "parameter", "expected"),
    [
        ("type=x", "type", "emploi, formation"),
        ("type=", "type", "emploi"),
        ("departement=99", "departement", "69"),
        ("contrat=%00", "contrat", "cdi"),
        ("teletravail=oui", "teletravail", "possible, complet"),
        ("tri=x", "tri", "date, pertinence"),
        ("apres=zz", "apres", "next"),
        ("apres=", "apres", "next"),
        ("apres=p2", "apres", "next"),
        ("apres=p0&q=pain", "apres", "next"),
        ("apres=p51&q=pain", "apres", "next"),
        ("page=2", "page", "departement"),
        ("Type=emploi", "Type", "type"),
        ("type=emploi&type=formation", "type", "une seule"),
        (f"q={'a' * 201}", "q", "200"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_it_may_be(
    client: TestClient, asked: str, parameter: str, expected: str
) -> None:
    told = _problem(client.get(f"{OFFERS}?{asked}"), 400)
    assert [error["parameter"] for error in told["errors"]] == [parameter]
    assert expected in told["errors"][0]["expected"]
    assert f"«\u00a0{parameter}\u00a0»" in told["detail"]


def test_every_wrong_parameter_is_told_at_once(client: TestClient, place: Place) -> None:
    told = _problem(client.get(f"{OFFERS}?type=x&couleur=bleu&tri=date"), 400)
    assert [error["parameter"] for error in told["errors"]] == ["type", "couleur"]
    _problem(client.get(f"{OFFERS}/{place(job())}?e=1"), 400)


def test_every_field_of_a_search_has_its_parameter() -> None:
    """Whoever adds a filter to the list adds it here, and the API has it too."""
    assert {parameter.field for parameter in PARAMETERS} | {"page"} == set(Query.__struct_fields__)


def test_an_answer_is_sent_once_to_whoever_has_it(client: TestClient, place: Place) -> None:
    key = place(job())
    for path in (OFFERS, f"{OFFERS}/{key}", "/api/v1/openapi.json"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["access-control-allow-origin"] == "*"
        assert client.head(path).headers["etag"] == first.headers["etag"]
        assert "public" in first.headers["cache-control"]
    place(job("2"))
    etag = first.headers["etag"]
    assert client.get(OFFERS, headers={"If-None-Match": etag}).status_code == 200


def test_any_site_may_ask_and_read(client: TestClient, place: Place) -> None:
    place(job())
    asked = client.options(
        OFFERS,
        headers={
            "Origin": "https://elsewhere.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "GET" in asked.headers["access-control-allow-methods"]
    assert "If-None-Match" in asked.headers["access-control-allow-headers"]
    told = client.get(OFFERS).headers
    assert told["access-control-allow-origin"] == "*"
    assert {"Link", "ETag", "RateLimit"} <= set(told["access-control-expose-headers"].split(", "))
    assert 'rel="service-desc"' in told["link"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_nothing_can_be_written(client: TestClient, method: str) -> None:
    answer = client.request(method, OFFERS)
    _problem(answer, 405)
    assert "GET" in answer.headers["allow"]


def test_trouble_of_ours_is_a_problem_that_tells_no_secret(
    client: TestClient, region: Region, chosen: Settings
) -> None:
    away = Region("postgresql://nobody:hush@127.0.0.1:1/none")
    answer = TestClient(create_app(away, chosen), raise_server_exceptions=False).get(OFFERS)
    _problem(answer, 503)
    assert answer.headers["retry-after"] == "30"
    with region.begin() as connection:
        connection.execute(text("DROP TABLE board"))
    failed = client.get(OFFERS)
    _problem(failed, 500)
    for told in (answer.text, failed.text):
        assert not re.search("127.0.0.1|hush|board", told)


def test_an_anonymous_employer_stays_so(client: TestClient, place: Place) -> None:
    key = place(job(employer=Employer(anonymous=True)))
    assert client.get(f"{OFFERS}/{key}").json()["offer"]["employer"] == {"anonymous": True}


def test_a_place_is_searched_around_nearest_first_page_behind_page(client: TestClient, place: Place) -> None:
    keys = [
        place(job(str(n), location=Location(city="Aurillac", latitude=44.9254 + n / 1000, longitude=2.4398)))
        for n in range(30)
    ]
    place(job("far", location=Location(city="Lyon", latitude=45.7491, longitude=4.8479)))
    assert _walk(client, f"{OFFERS}?pres=Aurillac&rayon=10") == keys
    told = _problem(client.get(f"{OFFERS}?pres=Marseille"), 400)
    assert told["errors"][0]["expected"] == "le nom ou le code postal d’une commune de la région"


def test_the_description_is_valid_and_holds_the_schema_of_offers_itself(client: TestClient) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    OpenAPIV31SpecValidator(told).validate()
    assert told == openapi.description(SITE)
    assert told["components"]["schemas"]["Offer"] == documents.document("offer.v1")
    assert told["servers"] == [{"url": SITE}]
    named = {parameter["name"] for parameter in told["paths"][OFFERS]["get"]["parameters"]}
    assert named == {parameter.name for parameter in PARAMETERS}


@pytest.mark.parametrize(
    ("path", "method"),
    [
        (OFFERS, "GET"),
        (f"{OFFERS}/{{key}}", "GET"),
        ("/api/v1/openapi.json", "GET"),
        ("/api/v1/verifier", "POST"),
    ],
)
def test_every_answer_is_one_that_the_description_knows(
    region: Region, chosen: Settings, place: Place, path: str, method: str
) -> None:
    for number in range(30):
        place(job(str(number)))
    known = [place(training("open")), place(training("closed"), withdrawn_at=NOON)]
    app = create_app(region, chosen.model_copy(update={"portal_rate_api": 0, "portal_rate_checks": 0}))
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    accepted = schema.config.checks.positive_data_acceptance
    accepted.expected_statuses = [*accepted.expected_statuses, "410"]  # a closed offer's key is a right one
    turn = iter(range(10_000))

    @settings(
        max_examples=60,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case[Any]) -> None:
        case.query.pop("apres", None)  # a mark is the server's to give: see the pages above
        number = next(turn)
        near = case.query.get("pres")
        if isinstance(near, str) and len(near) <= PLACE:
            case.query["pres"] = "Aurillac"  # which texts name a commune no schema says
        if "key" in case.path_parameters and number % 3 < 2:
            case.path_parameters["key"] = known[number % 3]
        case.call_and_validate()

    given(case=schema[path][method].as_strategy())(check)()
