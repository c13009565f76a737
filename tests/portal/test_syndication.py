"""A search followed by a machine: Atom and JSON Feed."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest
from lxml import etree
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors.region.database import Region
from schemas.offer import Employer, Location
from tests.hostile import SCRIPTS
from tests.makers import NOON, job, training
from tests.portal.conftest import Place

pytestmark = pytest.mark.database
SITE = "https://offres.region.example"


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def _atom(content: bytes) -> Any:
    read = feedparser.parse(content)
    assert not read.bozo, read.get("bozo_exception")
    return read


def test_atom_tells_each_offer_newest_first(client: TestClient, place: Place) -> None:
    old = place(training("1", published_at=NOON - dt.timedelta(days=9)))
    new = place(job("2", published_at=NOON))
    undated = place(job("3", published_at=None))
    answer = client.get("/offres.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = _atom(answer.content)
    assert feed.version == "atom10"
    assert [entry.id for entry in feed.entries] == [f"{SITE}/offres/{key}" for key in (new, old, undated)]
    assert feed.feed.id == f"{SITE}/offres.atom"
    [entry, *_] = feed.entries
    assert entry.title == "Boulanger, boulangère"
    assert entry.link == entry.id
    assert entry.published == "2026-11-24T12:00:00Z"
    assert entry.content[0].value.startswith("<p>Vous façonnez")
    assert "1\u202f900 à 2\u202f100\u00a0€ brut par mois" in entry.summary
    assert {tag.term for tag in entry.tags} == {
        "Offre d’emploi",
        "CDI",
        "Rhône",
        "Boulanger / Boulangère",
    }
    assert "published" not in feed.entries[2]


def test_json_feed_tells_the_same(client: TestClient, place: Place) -> None:
    place(training("1"))
    key = place(job("2"))
    answer = client.get("/offres.json")
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["home_page_url"] == f"{SITE}/offres"
    assert feed["items"][0]["id"] == feed["items"][0]["url"] == f"{SITE}/offres/{key}"
    assert feed["items"][0]["date_published"] == "2026-11-22T12:00:00Z"
    atom = _atom(client.get("/offres.atom").content)
    assert [
        (i["id"], i["title"], i["summary"], i["date_modified"], set(i["tags"])) for i in feed["items"]
    ] == [(e.id, e.title, e.summary, e.updated, {tag.term for tag in e.tags}) for e in atom.entries]


@pytest.mark.parametrize("form", ["atom", "json"])
def test_a_feed_takes_the_parameters_of_the_list(client: TestClient, place: Place, form: str) -> None:
    place(job("1"))
    place(job("2", title="Boucher", rome_label=None, description="<p>Viande.</p>"))
    place(training("3"))
    answer = client.get(
        f"/offres.{form}?q=boulangers&type=emploi&departement=69&contrat=cdi&tri=pertinence&page=3"
    )
    assert answer.text.count("Boulanger, boulangère") == 1
    assert "Boucher" not in answer.text
    assert "Pâtisserie" not in answer.text
    assert "Boostez votre Région – Offres d’emploi – «\u00a0boulangers\u00a0» – Rhône" in answer.text
    assert client.get(f"/offres.{form}?type=x&departement=99&apres=zz&page=-4").status_code == 200


def test_pages_of_atom_follow_each_other_to_the_end(client: TestClient, place: Place) -> None:
    keys = {place(job(str(n), published_at=NOON if n % 3 else None)) for n in range(120)}
    seen: list[str] = []
    pages = []
    address = "/offres.atom?type=emploi"
    while address:
        feed = _atom(client.get(address).content)
        links = {link.rel: link.href for link in feed.feed.links}
        pages.append(len(feed.entries))
        seen += [entry.id.rsplit("/", 1)[1] for entry in feed.entries]
        assert feed.feed.id == links["first"] == f"{SITE}/offres.atom?type=emploi"
        assert links["self"] == SITE + address
        assert _path(links["alternate"]) == address.replace(".atom", "")
        address = _path(links["next"]) if "next" in links else ""
    assert pages == [50, 50, 20]
    assert len(seen) == 120
    assert set(seen) == keys


@pytest.mark.parametrize(("offers", "pages"), [(0, [0]), (50, [50]), (51, [50, 1]), (60, [50, 10])])
def test_pages_of_json_feed_follow_each_other_to_the_end(
    client: TestClient, place: Place, offers: int, pages: list[int]
) -> None:
    for number in range(offers):
        place(job(str(number)))
    seen, address = [], "/offres.json?q=boulanger"
    while address:
        feed = client.get(address).json()
        seen.append(len(feed["items"]))
        address = _path(feed["next_url"]) if "next_url" in feed else ""
    assert seen == pages


def test_a_withdrawn_offer_leaves_its_feeds(client: TestClient, place: Place) -> None:
    place(job("1"), withdrawn_at=NOON)
    assert _atom(client.get("/offres.atom").content).entries == []
    assert client.get("/offres.json").json()["items"] == []


def test_an_empty_feed_is_dated_all_the_same(client: TestClient, region: Region, place: Place) -> None:
    assert _atom(client.get("/offres.atom").content).feed.updated == "2017-01-01T00:00:00Z"
    place(job("1"))
    with region.begin() as connection:
        connection.execute(text("UPDATE board SET changed_at = '2026-11-24T23:05:00Z'"))
    assert _atom(client.get("/offres.atom?q=xyz").content).feed.updated == "2026-11-24T23:05:00Z"
    assert _atom(client.get("/offres.atom").content).feed.updated == "2026-11-24T23:05:00Z"


@pytest.mark.parametrize("form", ["atom", "json"])
def test_a_feed_is_sent_once_to_whoever_has_it(client: TestClient, place: Place, form: str) -> None:
    place(job("1"))
    first = client.get(f"/offres.{form}")
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, max-age=300"
    assert first.headers["access-control-allow-origin"] == "*"
    for held in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        again = client.get(f"/offres.{form}", headers={"If-None-Match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    assert client.get(f"/offres.{form}", headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.head(f"/offres.{form}").headers["etag"] == etag
    place(job("2"))
    assert client.get(f"/offres.{form}", headers={"If-None-Match": etag}).status_code == 200


def test_hostile_offers_stay_text_in_a_well_formed_feed(client: TestClient, place: Place) -> None:
    for number, script in enumerate(SCRIPTS):
        bad = script.replace("\x00", "\x01")  # which no JSONB can hold
        place(
            job(
                str(number),
                title=bad,
                description=bad,
                employer=Employer(name=bad),
                location=Location(postal_code="69001", city=bad),
                rome_label=bad,
            )
        )
    answer = client.get("/offres.atom")
    root = etree.fromstring(answer.content)
    known = {"feed", "id", "title", "updated", "rights", "icon", "author", "name", "uri", "link", "entry",
             "published", "category", "summary", "content"}  # fmt: skip
    assert {etree.QName(element).localname for element in root.iter()} == known
    assert len(_atom(answer.content).entries) == len(SCRIPTS)
    assert len(client.get("/offres.json").json()["items"]) == len(SCRIPTS)
    for form in ("atom", "json"):
        asked = client.get(f"/offres.{form}", params={"q": SCRIPTS[1] + "\x01\x1b"})
        assert asked.status_code == 200
        assert (etree.fromstring if form == "atom" else json.loads)(asked.content) is not None


@pytest.mark.shared
def test_json_feed_fits_its_schema(client: TestClient, place: Place, shared: Path) -> None:
    from jsonschema import Draft4Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT4

    folder = shared / "data" / "feeds"
    base = "https://json.schemastore.org/"
    documents = {}
    for name in ("feed", "feed-1"):
        document = json.loads((folder / f"jsonfeed_{name}.json").read_text("utf-8"))
        documents[name] = document | {"id": f"{base}{name}.json"}  # the saved ones refer to each other by it
    registry: Any = Registry().with_resources(
        (f"{base}{name}{end}", Resource.from_contents(document, default_specification=DRAFT4))
        for name, document in documents.items()
        for end in ("", ".json")
    )
    validator: Any = Draft4Validator(documents["feed"], registry=registry)
    validator.validate(json.loads((folder / "schemastore_test_feed_simple.json").read_text("utf-8")))
    place(job("undated", published_at=None))
    for number in range(60):
        place(training(str(number)))
    first = client.get("/offres.json?type=formation").json()
    assert "next_url" in first
    for feed in (first, client.get("/offres.json").json(), client.get("/offres.json?q=xyz").json()):
        validator.validate(feed)
    assert not validator.is_valid(first | {"items": [{"id": 3}]})
