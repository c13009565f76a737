"""One's place in a session, behind one's own link."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from icalendar import Calendar
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.region.people import contacts
from connectors.region.sessions import enrolments, rescheduling
from connectors.region.sessions.rescheduling import Change
from connectors.seals import Seals
from connectors.settings import Settings
from core.invitations import uid_of
from tests.hands import sql
from tests.portal.programme import NOW, path, person, place, press, rules, session
from tests.portal.test_openness import read
from tests.portal.test_posting import seal_of

pytestmark = pytest.mark.database


def state(region: Region, number: int) -> str:
    found = enrolments.get(region, number)
    assert found is not None
    return found.state


def test_a_place_says_where_it_stands(visitor: TestClient, region: Region, relayed: Settings) -> None:
    made = session(region, capacity=1, link="https://visio.region.example/42")
    first, second, third = (
        place(region, made, person(region, email=f"{name}@x.example")) for name in ("a", "b", "c")
    )
    told = visitor.get(path(relayed, "place", first.id)).text
    assert "Votre place est réservée" in told
    assert 'href="https://visio.region.example/42"' in told
    waits = visitor.get(path(relayed, "place", second.id)).text
    assert "Vous êtes la première personne à attendre" in waits
    assert "visio" not in waits
    assert "en 2ᵉ position" in read(visitor.get(path(relayed, "place", third.id)).text)


def test_opening_a_link_gives_nothing_back_and_its_button_does(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made = session(region, capacity=1)
    first, second = (place(region, made, person(region, email=f"{name}@x.example")) for name in "ab")
    mine = path(relayed, "place", first.id)
    assert "Votre place va aussitôt à la personne qui attend" in read(visitor.get(f"{mine}/rendre").text)
    assert state(region, first.id) == "registered"
    answer = press(visitor, f"{mine}/rendre")
    assert (answer.status_code, answer.headers["location"]) == (303, mine)
    told = visitor.get(mine).text
    assert "Vous avez rendu votre place" in told
    assert f"/seances/{made.ref}/inscription" in told
    assert state(region, second.id) == "registered"
    assert "Votre place est réservée" in visitor.get(path(relayed, "place", second.id)).text
    kinds = [row.kind for row in sql(region, "SELECT content ->> 'kind' AS kind FROM effect ORDER BY id")]
    assert kinds == ["registered", "waiting", "left", "promoted"]


def test_pressing_it_twice_gives_back_once(visitor: TestClient, region: Region, relayed: Settings) -> None:
    first = place(region, session(region), person(region))
    mine = path(relayed, "place", first.id)
    seal = seal_of(visitor.get(f"{mine}/rendre").text)
    assert visitor.post(f"{mine}/rendre", data={"sceau": seal}).status_code == 303
    again = visitor.post(f"{mine}/rendre", data={"sceau": seal})
    assert again.status_code == 200
    assert "Vous avez rendu votre place" in again.text


def test_a_stale_form_gives_nothing_back(visitor: TestClient, region: Region, relayed: Settings) -> None:
    first = place(region, session(region), person(region))
    mine = path(relayed, "place", first.id)
    answer = visitor.post(f"{mine}/rendre", data={"a": "b"})
    assert answer.status_code == 403
    assert "Appuyez de nouveau" in answer.text
    assert state(region, first.id) == "registered"


@pytest.mark.parametrize(
    ("in_days", "sheet", "told"),
    [
        (-0.01, "", "Votre place est réservée"),
        (-3, "came", "Vous étiez là"),
        (-3, "missed", "Vous n’avez pas pu venir"),
    ],
)
def test_a_session_that_has_begun_lets_nobody_go(
    visitor: TestClient, region: Region, relayed: Settings, in_days: float, sheet: str, told: str
) -> None:
    made = session(region, in_days=in_days)
    first = place(region, made, person(region))
    if sheet:
        enrolments.sheet(region, made.ref, [first.id] if sheet == "came" else [], "Claude", NOW)
    mine = path(relayed, "place", first.id)
    before = state(region, first.id)
    page = visitor.get(f"{mine}/rendre").text
    assert told in page
    assert "/rendre" not in page
    seal = seal_of(visitor.get("/inscription").text)
    assert visitor.post(f"{mine}/rendre", data={"sceau": seal}).status_code == 200
    assert state(region, first.id) == before


def test_who_came_finds_their_attestation(visitor: TestClient, region: Region, relayed: Settings) -> None:
    made = session(region, in_days=-3)
    came, missed = (place(region, made, person(region, email=f"{name}@x.example")) for name in "ab")
    enrolments.sheet(region, made.ref, [came.id], "Claude", NOW)
    page = visitor.get(path(relayed, "place", came.id)).text
    (link,) = set(re.findall(r'href="(/attestation/[^"]+)"', page))
    answer = visitor.get(link)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert "/attestation/" not in visitor.get(path(relayed, "place", missed.id)).text


def test_a_session_that_begins_while_somebody_reads_lets_nobody_go(
    visitor: TestClient, region: Region, relayed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = place(region, session(region), person(region))
    mine = path(relayed, "place", first.id)
    seal = seal_of(visitor.get(f"{mine}/rendre").text)
    leave = enrolments.leave
    later = NOW + dt.timedelta(days=30)
    monkeypatch.setattr(
        enrolments, "leave", lambda region, rules, number, _: leave(region, rules, number, later)
    )
    answer = visitor.post(f"{mine}/rendre", data={"sceau": seal})
    assert answer.status_code == 409
    assert "La séance a commencé" in answer.text
    assert state(region, first.id) == "registered"


def test_a_moved_or_cancelled_session_says_so(visitor: TestClient, region: Region, relayed: Settings) -> None:
    made = session(region)
    mine = path(relayed, "place", place(region, made, person(region)).id)
    assert "ont changé" not in visitor.get(mine).text
    rescheduling.change(region, rules(), made.ref, Change(place="Salle des fêtes"), NOW)
    told = visitor.get(mine).text
    assert "La date ou le lieu ont changé" in told
    assert "Salle des fêtes" in told
    rescheduling.cancel(region, made.ref, "La salle est inondée.", NOW)
    told = visitor.get(mine).text
    assert "Cette séance est annulée" in told
    assert "La salle est inondée." in told
    assert "/rendre" not in told


def test_its_event_is_the_one_that_letters_bring(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made = session(region, place=None, address=None, link="https://visio.region.example/42")
    contact = person(region)
    mine = path(relayed, "place", place(region, made, contact).id)
    answer = visitor.get(f"{mine}/agenda.ics")
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(event["UID"]) == uid_of(made.ref, contact, relayed.sender.rpartition("@")[2])
    assert str(event["LOCATION"]) == "https://visio.region.example/42"
    assert answer.headers["cache-control"] == "no-store"


def test_who_waits_is_not_told_where_it_is_held_online(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made = session(region, capacity=1, link="https://visio.region.example/42")
    place(region, made, person(region))
    waits = place(region, made, person(region, email="b@x.example"))
    assert b"visio" not in visitor.get(f"{path(relayed, 'place', waits.id)}/agenda.ics").content


def test_a_link_that_is_no_web_address_is_words(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made = session(region, link="javascript:alert(1)")
    told = visitor.get(path(relayed, "place", place(region, made, person(region)).id)).text
    assert "javascript:alert(1)" in told
    assert 'href="javascript' not in told


def test_a_link_is_gone_when_it_is_not_ours_a_year_after_and_for_the_erased(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    contact = person(region)
    mine = place(region, session(region), contact)
    old = place(region, session(region, in_days=-370), contact)
    other = path(relayed, "attend", mine.id).rpartition("/")[2]
    dead = [
        "x",
        other,
        path(relayed, "place", 999_999).rpartition("/")[2],
        path(relayed, "place", old.id).rpartition("/")[2],
    ]
    for seal in dead:
        for more in ("", "/rendre", "/agenda.ics"):
            assert visitor.get(f"/inscription/suivi/{seal}{more}").status_code == 410
        assert visitor.post(f"/inscription/suivi/{seal}/rendre", data={"a": "b"}).status_code == 410
    assert visitor.get(path(relayed, "place", mine.id)).status_code == 200
    with region.begin() as connection:
        contacts.erase(connection, contact, NOW)
    assert visitor.get(path(relayed, "place", mine.id)).status_code == 410


def test_a_short_address_leads_on_to_it(visitor: TestClient, region: Region, relayed: Settings) -> None:
    mine = place(region, session(region), person(region))
    short = Seals(relayed).short("place", str(mine.id)).removeprefix(relayed.public_url)
    answer = visitor.get(short)
    assert answer.status_code == 303
    assert visitor.get(answer.headers["location"]).status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    for wrong in (short[:-1] + ("A" if short[-1] != "A" else "B"), "/s/x", "/s/p1.%00"):
        assert visitor.get(wrong).status_code == 410
