from __future__ import annotations

import datetime as dt
import html
import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from icalendar import Calendar
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.settings import Settings
from core.wording import CHANNELS, PARTNERS
from portal.app import create_app
from schemas.offer import Employer, Location, Offer, Session, Training
from tests.makers import NOON, job, training
from tests.portal.conftest import Place

pytestmark = pytest.mark.database
TWO = training(
    title="CAP Pâtisserie ; « niveau 3 », à Saint-Étienne",
    training=Training(
        (
            Session(dt.date(2027, 1, 4), dt.date(2027, 6, 30), 12),
            Session(dt.date(2027, 9, 1), dt.date(2027, 9, 1)),
        )
    ),
)


def ledger(region: Region, key: str, channel: str, *, live: bool = True) -> None:
    with region.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO effect (channel, subject, wanted_hash, live_hash, state) VALUES "
                "(:channel, :key, 'x', CASE WHEN :live THEN cast('x' AS bytea) END, :state)"
            ),
            {"channel": channel, "key": key, "live": live, "state": "done" if live else "planned"},
        )


def test_offers_like_it_are_told_and_at_most_four(client: TestClient, place: Place) -> None:
    key, *others = [place(job(str(number), title=f"Boulanger {number}")) for number in range(7)]
    page = client.get(f"/offres/{key}").text
    cards = re.findall(r'<h3><a href="/offres/(\w+)"', page)
    assert len(cards) == 4
    assert set(cards) <= set(others)
    assert "Offres proches" in page
    alone = client.get(f"/offres/{place(training())}").text
    assert "Formations proches" not in alone


def test_the_channels_that_carry_it_are_named_from_the_ledger(
    client: TestClient, place: Place, region: Region
) -> None:
    key = place(job())
    ledger(region, key, "open_portal")
    assert "Aussi publiée" not in client.get(f"/offres/{key}").text
    ledger(region, key, "facebook_page", live=False)
    ledger(region, key, "alerts")
    ledger(region, key, "aggregator_feed")
    assert "Aussi publiée sur le flux ouvert pour agrégateurs." in client.get(f"/offres/{key}").text
    with region.begin() as connection:
        connection.execute(text("UPDATE effect SET live_hash = 'x'"))
    both = "Aussi publiée sur le flux ouvert pour agrégateurs et la page Facebook de la Région."
    assert both in client.get(f"/offres/{key}").text
    assert "Transmise" not in client.get(f"/offres/{key}").text
    ledger(region, key, "contractor")
    page = client.get(f"/offres/{key}").text
    assert both in page
    assert "Transmise aussi au prestataire de la Région." in page


def test_every_channel_of_offers_has_its_french_name() -> None:
    from connectors.registry import CHANNELS as REGISTERED

    assert set(CHANNELS | PARTNERS) == set(REGISTERED)
    assert not set(CHANNELS) & set(PARTNERS)


def test_a_problem_is_reported_by_a_letter_that_is_begun(
    region: Region, chosen: Settings, place: Place
) -> None:
    key = place(job(ref='R&D "1"?bcc=x@y.example'))
    settings = chosen.model_copy(update={"contact_email": "offres@region.example", "portal_url": None})
    page = TestClient(create_app(region, settings)).get(f"/offres/{key}").text
    [link] = [html.unescape(found) for found in re.findall(r'href="(mailto:offres@[^"]*)"', page)]
    parts = urlsplit(link)
    assert unquote(parts.path) == "offres@region.example"
    asked = parse_qs(parts.query)
    assert set(asked) == {"subject", "body"}
    assert key in asked["subject"][0]
    assert 'R&D "1"?bcc=x@y.example' in asked["body"][0]


def test_without_a_mailbox_the_reference_and_the_address_are_told(client: TestClient, place: Place) -> None:
    key = place(job())
    page = client.get(f"/offres/{key}").text
    assert 'href="/mentions-legales#contact"' in page
    assert f'<span class="reference">{key}</span>' in page
    assert 'id="contact"' in client.get("/mentions-legales").text


def test_a_session_goes_into_a_calendar(client: TestClient, place: Place) -> None:
    key = place(TWO)
    page = client.get(f"/offres/{key}").text
    links = re.findall(r'href="(/offres/\w+/sessions/\d+\.ics)"', page)
    assert links == [f"/offres/{key}/sessions/1.ics", f"/offres/{key}/sessions/2.ics"]
    answer = client.get(links[0])
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    calendar = Calendar.from_ical(answer.content)
    assert calendar["version"] == "2.0"
    [event] = calendar.walk("VEVENT")
    assert event.errors == []
    assert event["summary"] == TWO.title
    assert event.decoded("dtstart") == dt.date(2027, 1, 4)
    assert event.decoded("dtend") == dt.date(2027, 7, 1)
    assert event["dtstart"].params["VALUE"] == event["dtend"].params["VALUE"] == "DATE"
    assert event["location"] == "42000 Saint-Étienne"
    assert event["url"] == f"https://offres.region.example/offres/{key}"
    assert event["uid"] == f"{key}-20270104-20270630@offres.region.example"
    assert event.decoded("dtstamp").tzinfo is not None
    [second] = Calendar.from_ical(client.get(links[1]).content).walk("VEVENT")
    assert second.decoded("dtend") - second.decoded("dtstart") == dt.timedelta(days=1)
    assert second["uid"] != event["uid"]


def test_the_same_session_is_the_same_bytes(client: TestClient, place: Place) -> None:
    address = f"/offres/{place(TWO)}/sessions/1.ics"
    assert client.get(address).content == client.get(address).content


@pytest.mark.parametrize("number", ["0", "3", "-1", "x", "01e", "²", "9" * 5000, "1/.."])
def test_a_session_that_is_not_there_is_not_found(client: TestClient, place: Place, number: str) -> None:
    assert client.get(f"/offres/{place(TWO)}/sessions/{number}.ics").status_code == 404


def test_jobs_have_no_sessions_and_withdrawn_trainings_are_gone(client: TestClient, place: Place) -> None:
    assert client.get(f"/offres/{place(job())}/sessions/1.ics").status_code == 404
    assert client.get("/offres/none/sessions/1.ics").status_code == 404
    assert client.get(f"/offres/{place(TWO, withdrawn_at=NOON)}/sessions/1.ics").status_code == 410


HOSTILE = "a\r\nATTACH:http://evil.example/\r\nX;Y,Z\\n"


@pytest.mark.parametrize(
    "offer",
    [
        training(title=HOSTILE, employer=Employer(HOSTILE), location=Location("42000", HOSTILE)),
        training(ref=HOSTILE, description=f"<p>{HOSTILE}</p>"),
    ],
)
def test_no_offer_writes_a_line_of_its_own_into_a_calendar(
    client: TestClient, place: Place, offer: Offer
) -> None:
    answer = client.get(f"/offres/{place(offer)}/sessions/1.ics")
    [event] = Calendar.from_ical(answer.content).walk("VEVENT")
    assert set(event) == {
        "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "TRANSP",
    }  # fmt: skip


def test_what_is_shared_has_a_title_a_summary_and_no_picture_from_elsewhere(
    client: TestClient, place: Place
) -> None:
    key = place(job(title='Chef « pain & "levain" »'))
    page = client.get(f"/offres/{key}").text
    metas = {
        name: html.unescape(value)
        for name, value in re.findall(r'<meta property="([^"]+)" content="([^"]*)"', page)
    }
    assert metas["og:title"] == 'Chef « pain & "levain" », Lyon 1er Arrondissement (69)'
    assert metas["og:url"] == f"https://offres.region.example/offres/{key}"
    assert metas["og:description"].startswith("Vous façonnez")
    assert metas["og:locale"] == "fr_FR"
    assert "og:image" not in metas
    assert 'property="og:' not in client.get("/offres/none").text
