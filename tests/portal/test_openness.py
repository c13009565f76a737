from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors import registry
from connectors.region.board.search import Listed, one
from connectors.region.database import Region
from connectors.region.offers import walks
from connectors.region.publishing.carried import EXAMPLES, carried
from connectors.region.sessions import enrolments
from connectors.settings import Settings
from core.wording import CHANNELS, NOT_SAID, SOURCES
from portal.app import create_app
from portal.openness import KEPT, Counter
from sandbox.app import create_app as create_sandbox
from sandbox.server import running
from schemas.offer import Offer
from tests.makers import NOON, job, training
from tests.portal.conftest import Place
from tests.portal.programme import NOW, SIRETS, person, place, session
from tests.portal.test_offer import ledger
from tests.worlds import Hub, Sandbox, settings_of

pytestmark = pytest.mark.database


def read(page: str) -> str:
    """A page's text, its spaces made plain."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))


@pytest.fixture
def world(region: Region, tmp_path: Path) -> Iterator[tuple[Hub, Sandbox]]:
    """A hub that has put its offers on every channel."""
    with running(create_sandbox(None, jobs=60, trainings=40)) as base:
        sandbox = Sandbox(base)
        (home := tmp_path / "hub").mkdir()
        hub = Hub(region, settings_of(sandbox, home))
        hub.take_in()
        for channel in CHANNELS:
            hub.put_out(channel)
        yield hub, sandbox
        sandbox.http.close()


def live(region: Region) -> set[str]:
    """The key of every offer on any channel."""
    with region.begin() as connection:
        return set(
            connection.scalars(
                text("SELECT subject FROM effect WHERE channel = ANY(:names) AND live_hash IS NOT NULL"),
                {"names": list(CHANNELS)},
            )
        )


def found_in_two_clicks(client: TestClient, key: str, offer: Offer) -> bool:
    """Home, one search that says what a person read elsewhere, the offer."""
    home = client.get("/")
    assert 'action="/offres"' in home.text
    words = " ".join(word for word in (offer.title, offer.employer.name, offer.location.city) if word)
    asked = {"q": re.sub(r"[^\w’' -]", " ", words).replace(" -", " ")}
    results = client.get(f"/offres?{urlencode(asked)}").text
    return f'href="/offres/{key}"' in results and client.get(f"/offres/{key}").status_code == 200


def test_every_offer_on_any_channel_is_here_in_two_clicks_without_an_account(
    world: tuple[Hub, Sandbox], chosen: Settings
) -> None:
    hub, sandbox = world
    for _ in range(2):
        client = TestClient(create_app(hub.region, chosen))
        carrying = {each.channel: each for each in carried(hub.region, CHANNELS)}
        assert carrying["facebook_page"].total > 0
        assert carrying["aggregator_feed"].total > 0
        assert carrying["open_portal"].total == len(live(hub.region))
        assert [each for each in carrying.values() if each.reachable != each.total or each.lacking] == []
        for key in live(hub.region):
            listed = one(hub.region, key)
            assert isinstance(listed, Listed)
            assert found_in_two_clicks(client, key, listed.offer), listed.offer.title
        assert "Toutes les offres de tous les canaux sont ici" in read(client.get("/parite").text)
        sandbox.tell("/contractor/change", share=0.3, close=10, appear=10)
        hub.take_in("incremental")
        for channel in CHANNELS:
            hub.put_out(channel)


def test_what_is_really_on_the_page_and_in_the_feed_is_on_the_board(
    world: tuple[Hub, Sandbox], client: TestClient
) -> None:
    """By what the outside holds, not by what our ledger says of it."""
    hub, sandbox = world
    posted = set(re.findall(r"/offres/([0-9a-z]{12})", str(sandbox.posts())))
    fed = set(
        re.findall(
            r"/offres/([0-9a-z]{12})",
            (Path(hub.settings.feeds.removeprefix("file://")) / "aggregator.xml").read_text(),
        )
    )
    assert posted
    assert fed
    for key in posted | fed:
        assert client.get(f"/offres/{key}").status_code == 200


def test_a_gap_is_told_with_its_offers(client: TestClient, place: Place, region: Region) -> None:
    for name in CHANNELS:
        ledger(region, place(job(name)), name)
    ledger(region, "000000000000", "facebook_page")
    page = read(client.get("/parite").text)
    assert "1 publication n’a pas encore son offre ici" in page
    assert "La page Facebook de la Région : 000000000000" in page
    assert "Toutes les offres" not in page


def test_what_only_a_partner_reads_is_told_and_is_no_gap(client: TestClient, region: Region) -> None:
    ledger(region, "000000000000", "contractor")
    page = read(client.get("/parite").text)
    assert "prestataire" not in page
    assert "n’a pas encore" not in page
    told = read(client.get("/transparence").text)
    assert re.search(r"Le prestataire de la Région, pour les offres déposées ici .*? 1 0 ", told)


def test_many_gaps_are_counted_and_some_named(region: Region) -> None:
    for number in range(EXAMPLES + 3):
        ledger(region, f"{number:012}", "facebook_page")
    [page] = carried(region, ["facebook_page"])
    assert (page.total, page.reachable) == (EXAMPLES + 3, 0)
    assert page.lacking == tuple(f"{number:012}" for number in range(EXAMPLES))


def test_a_withdrawn_offer_that_another_channel_still_carries_is_a_gap(region: Region, place: Place) -> None:
    ledger(region, place(training(), withdrawn_at=NOON), "facebook_page")
    [page] = carried(region, ["facebook_page"])
    assert (page.trainings, page.reachable) == (1, 0)


def test_messages_to_persons_are_nobodys_business(client: TestClient, region: Region) -> None:
    ledger(region, "person", "alerts")
    for path in ("/parite", "/transparence"):
        assert "alerts" not in client.get(path).text
        assert "person" not in read(client.get(path).text).split()


def test_transparency_counts_dates_and_says_what_it_costs(
    world: tuple[Hub, Sandbox], client: TestClient
) -> None:
    hub, _ = world
    page = read(client.get("/transparence").text)
    with hub.region.begin() as connection:
        jobs, trainings = connection.execute(
            text(
                "SELECT count(*) FILTER (WHERE kind = 'job'), count(*) FILTER (WHERE kind = 'training') "
                "FROM board WHERE withdrawn_at IS NULL"
            )
        ).one()
        kept = connection.scalar(text("SELECT count(*) FROM quarantine"))
    told_at = r" \w[^:]* : \d+ \w+ \d{4} à \d+ h \d\d"
    assert re.search(rf"Ce portail{told_at} {jobs} {trainings}\b", page)
    assert re.search(rf"Prestataire de la Région{told_at}{told_at} {jobs} {trainings}\b", page)
    assert re.search(r"Chiffres calculés le \d+.* à \d+ h \d\d", page)
    counted = [
        int(number)
        for number in re.findall(r"Prestataire de la Région (\d+)(?= )", page.split("Ce qui est écarté")[1])
    ]
    assert sum(counted) == kept
    assert "340 000 € hors taxes" in page
    assert "1 020 000 € au plus" in page
    assert "sans publicité ni mise en concurrence" in page
    assert "articles de presse" in page


def test_transparency_says_when_there_is_nothing_yet(client: TestClient) -> None:
    page = read(client.get("/transparence").text)
    assert "Aucune source n’a encore été lue" in page
    assert "Aucun envoi n’est mis de côté" in page
    assert "jamais" in page
    assert "par offre en ligne" not in page
    assert "Aucune offre n’est publiée en ce moment" in read(client.get("/parite").text)


def test_nothing_of_a_quarantined_payload_is_told(client: TestClient, region: Region) -> None:
    with region.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO quarantine (source, key, ref, raw_hash, payload, rule, reasons) VALUES "
                "('contractor', 'R-77', 'R-77', 'x', 'secret', 'siret_checksum', "
                'cast(\'[{"value": "73282932000075"}]\' AS jsonb))'
            )
        )
    page = client.get("/transparence").text
    assert "Numéro SIRET faux" in page
    for told in ("R-77", "secret", "73282932000075"):
        assert told not in page


def test_a_count_serves_a_minute(region: Region, place: Place) -> None:
    now = 1000.0
    counter = Counter(region, lambda: now)
    assert sum(each.total for each in counter.count().channels) == 0
    ledger(region, place(job()), "facebook_page")
    now += KEPT - 1
    assert sum(each.total for each in counter.count().channels) == 0
    now += 1
    assert sum(each.total for each in counter.count().channels) == 1


def test_every_source_has_its_french_name() -> None:
    assert set(registry.SOURCES) <= set(SOURCES)


def test_the_tab_has_the_three_buttons_of_2017_and_may_be_framed_by_facebook_alone(
    client: TestClient,
) -> None:
    for answer in (client.get("/onglet"), client.post("/onglet", data={"signed_request": "x.y"})):
        assert answer.status_code == 200
        assert re.findall(r'class="button" href="https://offres.region.example([^"]+)"', answer.text) == [
            "/offres?type=emploi",
            "/offres?type=formation",
            "/deposer",
        ]
        assert ">Déposer une offre<" in answer.text
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors https://www.facebook.com https://apps.facebook.com" in policy
        assert policy.count("frame-ancestors") == 1
        assert "default-src 'none'" in policy
        assert "x-frame-options" not in answer.headers
        assert "set-cookie" not in answer.headers
    again = client.get("/onglet", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert "https://www.facebook.com" in again.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/offres", "/transparence", "/parite", "/vie-privee", "/onglet/"])
def test_no_other_page_may_be_framed(client: TestClient, path: str) -> None:
    answer = client.get(path, follow_redirects=False)
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert client.post("/", data={"signed_request": "x"}).status_code == 405


def test_the_tab_opens_everything_outside_of_the_frame(region: Region, chosen: Settings) -> None:
    page = TestClient(create_app(region, chosen)).get("/onglet").text
    for link in re.findall(r"<a [^>]*>", page):
        assert 'target="_blank"' in link
        assert 'rel="noopener"' in link


def test_how_far_firms_have_come_is_drawn_and_written(client: TestClient, region: Region) -> None:
    """Each figure of a chart stands in its table too."""
    held = session(region, in_days=0.5 / 24)
    for number, name in enumerate(("Fournil", "Fleuriste")):
        firm = person(region, f"Personne {number}", f"p{number}@x.example", firm=name, siret=SIRETS[number])
        mine = place(region, held, firm)
        if name == "Fournil":
            enrolments.attend(region, mine.id, "link", NOW)
    page = client.get("/accompagnement").text
    steps, departments, sectors = re.findall(r'<svg [^>]*class="chart".*?</svg>', page, re.DOTALL)
    assert "Inscrites : 2 ; Venues au moins une fois : 1 (50 %) ; Dans un groupe : 0 (0 %)" in read(steps)
    assert "Rhône : 1" in read(departments)
    assert f"{NOT_SAID} : 1" in read(sectors)
    assert "Inscrites 2 Venues au moins une fois 1 Dans un groupe 0" in read(page.partition("<table>")[2])


def test_transparency_takes_no_sync_that_failed_for_the_last_one(region: Region, chosen: Settings) -> None:
    """Residents read that offers were as of the evening when the contractor had not answered since the morning."""
    number = walks.start_run(region, "sync-offers", "contractor", "full")
    for completed, told in ((False, "jamais"), (True, r"\d+")):
        walks.finish_run(region, number, {"completed": completed})
        page = read(TestClient(create_app(region, chosen)).get("/transparence").text)
        assert re.search(rf"Dernière synchronisation terminée : {told}", page)
