from __future__ import annotations

import datetime as dt
import gzip
import html
import os
import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.settings import Settings
from core.html import sanitise
from portal.app import create_app
from schemas.offer import Employer, Job, Location, Salary, Session, Training
from tests.makers import NOON, job, training
from tests.portal.conftest import Place

pytestmark = pytest.mark.database
PAGES = (
    "/", "/offres", "/flux", "/feeds", "/accessibilite", "/mentions-legales", "/vie-privee", "/donnees", "/transparence",
    "/parite", "/nowhere",
)  # fmt: skip


def _read(page: str) -> str:
    """A page's text, its spaces made plain."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))


def test_home_tells_dated_figures_and_that_all_three_pillars_are_open(
    client: TestClient, region: Region, place: Place
) -> None:
    place(job("1"))
    place(training("2"))
    with region.begin() as connection:
        connection.execute(text("UPDATE board SET changed_at = '2026-11-24T23:05:00Z'"))
    page = _read(client.get("/").text)
    assert "25 novembre 2026 à 0 h 05" in page
    assert page.count(" Ouvert ") == 3
    assert "Boulanger, boulangère" in page


def test_an_empty_board_is_said_not_hidden(client: TestClient) -> None:
    assert "Aucune offre n’a encore été publiée" in client.get("/").text
    assert "Aucune offre ne correspond" in client.get("/offres").text


def test_a_search_finds_filters_and_keeps_its_words(client: TestClient, place: Place) -> None:
    place(job("1"))
    place(training("2"))
    page = client.get("/offres?q=boulang%C3%A8res&type=emploi&departement=69&contrat=cdi").text
    assert "Boulanger, boulangère" in page
    assert "CAP Pâtisserie" not in page
    assert 'value="boulangères"' in page
    assert re.search(r'value="69" selected>Rhône – 69 \(1\)', page)
    assert "1\u202f900 à 2\u202f100\u00a0€ brut par mois" in page


def test_a_mistyped_word_is_told_and_found(client: TestClient, place: Place) -> None:
    place(job("1"))
    page = _read(client.get("/offres?q=boulagner").text)
    assert "Aucune offre pour « boulagner ». Voici celles pour « boulanger »." in page
    assert "1 offre" in page


def test_a_place_is_understood_shown_and_can_be_taken_away(client: TestClient, place: Place) -> None:
    place(job("1", location=Location(city="Aurillac", department="15", latitude=44.93, longitude=2.44)))
    place(job("2", location=Location(city="Lyon", department="69", latitude=45.75, longitude=4.85)))
    page = client.get("/offres?pres=aurilac&rayon=10").text
    assert 'value="Aurillac (15)"' in page
    assert "1 offre à 10 km au plus de Aurillac (15)" in _read(page)
    assert re.search(r'<option value="10" selected>', page)
    assert 'href="/offres"><span class="unseen">Retirer' in page


def test_a_place_outside_the_region_is_said(client: TestClient, place: Place) -> None:
    place(job("1"))
    page = _read(client.get("/offres?pres=Marseille").text)
    assert "« Marseille » n’est pas une commune de la région" in page
    assert "1 offre" in page


def test_filters_offer_what_there_is_with_its_count(client: TestClient, place: Place) -> None:
    place(job("1", rome_code="D1102"))
    place(training("2"))
    page = client.get("/offres?domaine=D").text
    assert '<details class="more-filters" open>' in page
    assert re.search(r'<option value="D" selected>Commerce et vente \(\d\)</option>', page)
    assert '<option value="L"' not in page, "nothing on stage"
    assert '<details class="more-filters">' in client.get("/offres").text


def test_an_empty_list_offers_wider_searches_with_what_they_find(client: TestClient, place: Place) -> None:
    place(job("1", location=Location(city="Lyon", department="69", latitude=45.75, longitude=4.85)))
    page = client.get("/offres?q=boulanger&pres=Aurillac&cpf=oui").text
    assert "La même recherche dans toute la région" in page
    page = client.get("/offres?q=boulanger&cpf=oui&type=emploi").text
    assert "sans exiger le CPF</a> (1&nbsp;offre)" in page


@pytest.mark.parametrize(
    "asked",
    [
        "domaine=Z",
        "niveau=x",
        "rayon=-3&pres=Lyon",
        "depuis=9999999",
        "cpf=non",
        "pres=%00%ff",
        "tri=distance",
        "type=x",
        "departement=99",
        "contrat=%00",
        "apres=zz",
        "page=-1&q=a",
        "page=99999999999&q=pain",
        "q=%ff%00'",
        "tri=x",
    ],
)
def test_a_parameter_that_means_nothing_is_ignored(client: TestClient, asked: str) -> None:
    assert client.get(f"/offres?{asked}").status_code == 200


def test_pages_follow_each_other_to_the_end(client: TestClient, place: Place) -> None:
    keys = {place(job(str(number))) for number in range(50)}
    seen: list[str] = []
    address: str | None = "/offres?type=emploi"
    while address:
        page = client.get(address).text
        seen += re.findall(r'<h2><a href="/offres/(\w+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else None
    assert len(seen) == 50
    assert set(seen) == keys


def test_an_empty_result_leads_to_wider_searches(client: TestClient, place: Place) -> None:
    place(job("1"))
    page = client.get("/offres?q=boulanger&departement=15").text
    assert "Aucune offre ne correspond" in page
    assert 'href="/offres?q=boulanger">dans toute la région</a> (1' in page
    page = client.get("/offres?q=boulanger&departement=15&contrat=stage").text
    assert 'href="/offres?q=boulanger">sans filtre</a> (1' in page
    assert 'href="/offres?q=astronaute">astronaute</a>' in client.get("/offres?q=boulanger+astronaute").text


def test_a_job_is_told_whole(client: TestClient, place: Place) -> None:
    offer = job(
        published_at=dt.datetime(2026, 11, 23, 23, 30, tzinfo=dt.UTC),
        expires_at=dt.datetime(2036, 12, 31, 12, tzinfo=dt.UTC),
        apply_url="https://emploi.fournil.example/1",
        location=Location("15000", "Aurillac", "15014", "15", remote="partial"),
        job=Job("CDD", 6, 37.5, Salary("month", 1850, 2100), "none", 3, dt.date(2027, 2, 1)),
    )
    page = _read(client.get(f"/offres/{place(offer)}?e=whatever-1").text)
    for told in (
        "Publiée le 24 novembre 2026", "Jusqu’au 31 décembre 2036", "Aurillac (15)", "Cantal", "Télétravail partiel",
        "CDD", "6 mois", "37 h 30 par semaine", "1 850 à 2 100 € brut par mois", "Débutant accepté", "1er février 2027",
        "sur emploi.fournil.example", "emploi@fournil.example", "D1102", "732 829 320 00074", "Fournil des Pentes", "J-1",
    ):  # fmt: skip
        assert told in page, told


def test_a_training_is_told_whole(client: TestClient, place: Place) -> None:
    sessions = (
        Session(dt.date(2027, 1, 4), dt.date(2027, 6, 30), 12),
        Session(dt.date(2027, 9, 1), dt.date(2028, 6, 30)),
    )
    offer = training(
        training=Training(sessions, "RNCP38565", cpf_eligible=True, level=3, hours=1200, price_eur=0.0),
        apply_url=None,
    )
    page = _read(client.get(f"/offres/{place(offer)}").text)
    for told in ("du 4 janvier 2027 au 30 juin 2027", "12 places", "RNCP38565", "éligible", "CAP, BEP", "1 200 h",
                 "gratuite", "ni site ni courriel", "Institut du Forez"):  # fmt: skip
        assert told in page, told


def test_an_anonymous_employer_stays_so(client: TestClient, place: Place) -> None:
    key = place(job(employer=Employer(anonymous=True)))
    assert "Employeur anonyme" in client.get(f"/offres/{key}").text
    assert "Employeur anonyme" in client.get("/offres").text


def test_a_marker_changes_nothing_and_the_canonical_address_has_none(
    client: TestClient, place: Place
) -> None:
    key = place(job())
    plain, marked = client.get(f"/offres/{key}"), client.get(f"/offres/{key}?e={key}-2f")
    assert plain.text == marked.text
    assert f'<link rel="canonical" href="https://offres.region.example/offres/{key}">' in plain.text


def test_a_withdrawn_offer_is_gone_and_an_unknown_one_not_found(client: TestClient, place: Place) -> None:
    gone = client.get(f"/offres/{place(training(), withdrawn_at=NOON)}")
    assert gone.status_code == 410
    assert "24\u00a0novembre 2026" in gone.text
    for path in ("/offres/0000", "/offres/%00", "/nulle-part", "/static/none"):
        absent = client.get(path)
        assert absent.status_code == 404
        assert "Cette page n’existe pas" in absent.text


HOSTILE = "<script>alert(1)</script>\"'><img src=//evil.example/x onerror=alert(1)>{{ 7*7 }}"


def test_hostile_offers_are_text(client: TestClient, place: Place) -> None:
    offer = job(
        title=HOSTILE,
        description=sanitise(f"<p>Bonjour {HOSTILE}</p><a href='javascript:alert(1)'>ici</a>"),
        employer=Employer(name=HOSTILE, url="javascript:alert(1)"),
        location=Location(city=HOSTILE),
        rome_label=HOSTILE,
        apply_url="javascript:alert(1)",
        apply_email='a"onmouseover=alert(1)@b.example',
        ref=HOSTILE,
    )
    key = place(offer)
    for path in (
        f"/offres/{key}",
        "/offres",
        "/",
        f"/offres?q={HOSTILE}",
        f"/offres?q={HOSTILE}&departement=15",
    ):
        page = client.get(path).text
        assert page.count("<script") == page.count('<script type="application/ld+json">')
        assert "<img" not in page
        assert 'href="javascript' not in page
        assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', page))
        assert "{{ 7*7 }}" in page or "49" not in page
    assert "&lt;script&gt;" in client.get(f"/offres/{key}").text


@pytest.mark.parametrize("path", PAGES)
def test_no_page_asks_anything_of_another_host(client: TestClient, place: Place, path: str) -> None:
    place(replace(job("1"), employer=Employer(name="Nom", url="https://outside.example/")))
    page = client.get(path).text
    assert not re.search(r"<(script|iframe|img|object|embed)", page)
    left_for = [found for found in re.findall(r"<a [^>]*>", page) if 'href="https://' in found]
    assert [found for found in left_for if "noopener" not in found and "region.example" not in found] == []
    addresses = re.findall(r'(?:href|src|action)="([^"]*)"', re.sub(r"<a [^>]*https://[^>]*>", "", page))
    ours = ("/", "#", "https://offres.region.example/")
    assert [a for a in addresses if not a.startswith(ours) or a.startswith("//")] == []
    assert "style=" not in page
    sheet = client.get("/static/boostez.css").text
    assert not re.search(r"url\(['\"]?(?:https?:)?//|@import|data:", sheet)


@pytest.mark.parametrize("path", [*PAGES, "/healthz", "/robots.txt", "/static/boostez.css"])
def test_every_answer_is_guarded_and_sets_no_cookie(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "unsafe" not in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"]
    assert headers["strict-transport-security"]
    assert "set-cookie" not in headers


def test_pages_are_packed_and_not_sent_twice(client: TestClient, place: Place) -> None:
    place(job())
    first = client.get("/offres")
    assert first.headers["content-encoding"] == "gzip"
    again = client.get("/offres", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    for given in (
        first.headers["etag"].removeprefix("W/"),
        "*",
    ):  # a proxy that packs anew makes it strong; RFC 9110, 13.1.2
        assert client.get("/offres", headers={"If-None-Match": given}).status_code == 304
    place(job("2"))
    assert client.get("/offres", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_feeds_are_served_whole_dated_and_once(client: TestClient, chosen: Settings) -> None:
    assert "pas encore produit" in client.get("/flux").text
    assert client.get("/feeds/aggregator.xml").status_code == 404
    folder = Path(chosen.feeds.removeprefix("file://"))
    folder.mkdir()
    (folder / "aggregator.xml").write_bytes(b"<source/>" * 500)
    (folder / "aggregator.xml.gz").write_bytes(gzip.compress(b"<source/>" * 500))
    (folder / "aggregator.xml.new").write_bytes(b"half")
    os.utime(folder / "aggregator.xml", (NOON.timestamp(), NOON.timestamp()))
    plain, packed = client.get("/feeds/aggregator.xml"), client.get("/feeds/aggregator.xml.gz")
    assert plain.headers["content-type"] == "application/xml"
    assert plain.headers["last-modified"] == "Tue, 24 Nov 2026 12:00:00 GMT"
    assert "content-encoding" not in packed.headers
    assert gzip.decompress(packed.content) == plain.content
    again = client.get("/feeds/aggregator.xml", headers={"If-None-Match": plain.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/feeds/aggregator.xml.new").status_code == 404
    assert client.get("/feeds/..%2f..%2fetc%2fpasswd").status_code == 404
    assert "24\u00a0novembre 2026 à 13\u00a0h\u00a000" in client.get("/flux").text


def test_feeds_elsewhere_are_linked_to(region: Region, chosen: Settings) -> None:
    elsewhere = chosen.model_copy(update={"feeds_url": "https://flux.region.example/offres"})
    client = TestClient(create_app(region, elsewhere))
    assert 'href="https://flux.region.example/offres/aggregator.xml.gz"' in client.get("/flux").text
    assert client.get("/feeds/aggregator.xml").status_code == 404


@pytest.mark.parametrize("path", ["/offres/?q=pain", "/flux/", "/api/v1/offres/"])
def test_a_redirect_leads_to_this_portal_whatever_the_host_is_called(client: TestClient, path: str) -> None:
    """A slash too many led to whichever host the request named, and out of https behind a proxy."""
    answer = client.get(path, headers={"Host": "evil.example"}, follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["location"] == path.replace("/?", "?").rstrip("/")


@pytest.mark.parametrize(("method", "path"), [("POST", "/offres"), ("DELETE", "/flux"), ("OPTIONS", "/")])
def test_a_method_that_a_page_does_not_know_is_told_with_those_that_it_does(
    client: TestClient, method: str, path: str
) -> None:
    """RFC 9110, 15.5.6: a 405 has Allow. The page of it had lost what the router knew."""
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_without_its_database_a_page_says_so(chosen: Settings) -> None:
    away = Region("postgresql://nobody@127.0.0.1:1/none")
    alone = TestClient(create_app(away, chosen), raise_server_exceptions=False)
    page = alone.get("/offres")
    assert page.status_code == 503
    assert page.headers["retry-after"]
    assert "momentanément indisponibles" in page.text
    assert "127.0.0.1" not in page.text


def test_a_mistake_of_ours_is_a_french_page_that_tells_no_secret(client: TestClient, region: Region) -> None:
    with region.begin() as connection:
        connection.execute(text("DROP TABLE board"))
    page = client.get("/offres")
    assert page.status_code == 500
    assert "Une erreur s’est produite" in page.text
    assert "board" not in page.text.replace("boards", "")
    assert page.headers["content-security-policy"]
