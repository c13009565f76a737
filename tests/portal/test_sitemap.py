"""What search engines are told: every page, when it changed, and no closed offer."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest
from lxml import etree
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors.region.board import catalogue
from connectors.region.database import Region
from connectors.region.sessions import rescheduling
from connectors.seals import Opener, Seals
from connectors.settings import Settings
from portal import sitemap
from tests.makers import NOON, job, training
from tests.portal.conftest import Place
from tests.portal.programme import NOW, session

pytestmark = pytest.mark.database
SITE = "https://offres.region.example"
SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def _places(client: TestClient, path: str) -> dict[str, str | None]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    root = etree.fromstring(answer.content)
    assert root.tag == SPACE + ("sitemapindex" if path == "/sitemap.xml" else "urlset")
    return {place.findtext(SPACE + "loc"): place.findtext(SPACE + "lastmod") for place in root}


def _change(region: Region, key: str, at: str) -> None:
    with region.begin() as connection:
        connection.execute(text("UPDATE board SET changed_at = :at WHERE key = :key"), {"key": key, "at": at})


def test_every_open_offer_is_in_one_file_that_the_index_names(
    client: TestClient, region: Region, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "SIZE", 20)
    monkeypatch.setattr(catalogue, "BATCH", 7)
    keys = [place(job(str(number))) for number in range(45)]
    place(training("closed"), withdrawn_at=NOON)
    _change(region, keys[3], "2036-01-02T03:04:05Z")
    files = _places(client, "/sitemap.xml")
    assert list(files) == [
        f"{SITE}/sitemaps/{name}.xml" for name in ("pages", "offres-1", "offres-2", "offres-3")
    ]
    told: dict[str, str | None] = {}
    sizes = []
    for file, changed in files.items():
        places = _places(client, file.removeprefix(SITE))
        if "pages" not in file:
            assert max(filter(None, places.values())) == changed
            sizes.append(len(places))
            assert not places.keys() & told.keys()
            told |= places
    assert sizes == [20, 20, 5]
    assert told.keys() == {f"{SITE}/offres/{key}" for key in keys}
    assert told[f"{SITE}/offres/{keys[3]}"] == "2036-01-02T03:04:05+00:00"
    assert client.get("/sitemaps/offres-4.xml").status_code == 404
    assert client.get("/sitemaps/offres-0.xml").status_code == 404


def test_every_page_that_is_told_is_there_under_that_name(client: TestClient, place: Place) -> None:
    place(job())
    pages = _places(client, "/sitemaps/pages.xml")
    linked = set(re.findall(r'href="(/[a-z-]*)"', client.get("/").text))
    linked -= {"/deposer", "/inscription"}  # not open without a relay
    assert {f"{SITE}{path}" for path in linked} <= pages.keys(), "every page that all pages link to"
    assert pages[f"{SITE}/"] is not None
    for address in pages:
        page = client.get(address.removeprefix(SITE))
        assert page.status_code == 200
        assert re.search(r'<link rel="canonical" href="([^"]+)"', page.text)[1] == address  # type: ignore[index]


def test_a_board_without_an_offer_has_pages_only(client: TestClient) -> None:
    assert list(_places(client, "/sitemap.xml")) == [f"{SITE}/sitemaps/pages.xml"]
    assert client.get("/sitemaps/offres-1.xml").status_code == 404


def test_what_is_known_is_not_sent_again_until_an_offer_comes_or_goes(
    client: TestClient, region: Region, place: Place
) -> None:
    key = place(job("1"))
    place(job("2"))
    for path in ("/sitemap.xml", "/sitemaps/pages.xml", "/sitemaps/offres-1.xml"):
        first = client.get(path)
        assert first.headers["cache-control"] == "public, max-age=3600"
        assert client.head(path).headers["etag"] == first.headers["etag"]
        again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    tag = client.get("/sitemaps/offres-1.xml").headers["etag"]
    with region.begin() as connection:
        connection.execute(
            text("UPDATE board SET content = NULL, withdrawn_at = now() WHERE key = :key"), {"key": key}
        )
    left = client.get("/sitemaps/offres-1.xml", headers={"If-None-Match": tag})
    assert left.status_code == 200
    assert key not in left.text
    place(job("3"))
    assert (
        client.get("/sitemaps/offres-1.xml", headers={"If-None-Match": left.headers["etag"]}).status_code
        == 200
    )


def test_robots_are_told_where_it_is(client: TestClient) -> None:
    told = client.get("/robots.txt").text.splitlines()
    assert told[:4] == [
        "User-agent: *",
        "Disallow: /offres?",
        "Disallow: /deposer/",
        "Disallow: /inscription/",
    ]
    assert told[-4:] == ["Disallow: /healthz", "Disallow: /readyz", "", f"Sitemap: {SITE}/sitemap.xml"]


def test_no_link_that_is_somebodys_own_is_for_robots(client: TestClient, chosen: Settings) -> None:
    told = client.get("/robots.txt").text
    paths = {urlsplit(Seals(chosen).link(purpose, "1", NOON)).path for purpose in get_args(Opener)}
    paths.add(urlsplit(Seals(chosen).short("place", "1")).path)
    for path in paths:
        assert any(
            path.startswith(closed) for closed in re.findall(r"Disallow: (/\S+/)$", told, re.MULTILINE)
        ), path


def test_sessions_to_come_are_in_a_file_of_their_own(client: TestClient, region: Region) -> None:
    assert client.get("/sitemaps/seances.xml").status_code == 404
    coming, off = session(region), session(region, in_days=20)
    rescheduling.cancel(region, off.ref, "Neige.", NOW)
    session(region, in_days=-3)
    session(region, state="draft")
    assert f"{SITE}/sitemaps/seances.xml" in _places(client, "/sitemap.xml")
    told = _places(client, "/sitemaps/seances.xml")
    assert list(told) == [f"{SITE}/seances/{coming.ref}", f"{SITE}/seances/{off.ref}"]
    assert all(told.values())


def test_a_file_of_any_size_is_written_in_little_memory() -> None:
    chunk: Any = [(f"{SITE}/offres/0123456789{number:03}", NOON) for number in range(1000)]
    tracemalloc.start()
    size = sum(len(part) for part in sitemap.written("urlset", "url", (chunk for _ in range(50))))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 5_000_000 < size < 50_000_000
    assert peak < 1_000_000


@pytest.mark.shared
def test_a_file_fits_the_schema(client: TestClient, place: Place, shared: Path) -> None:
    schema = etree.XMLSchema(etree.parse(shared / "data" / "sitemap" / "sitemap.xsd"))
    for number in range(30):
        place(job(str(number)))
    for path in ("/sitemaps/pages.xml", "/sitemaps/offres-1.xml"):
        schema.assertValid(etree.fromstring(client.get(path).content))
    wrong = client.get("/sitemaps/offres-1.xml").content.replace(b"<lastmod>20", b"<lastmod>le 20")
    assert not schema.validate(etree.fromstring(wrong))
