"""Sessions for everybody: the list, one of them, the calendars, what search engines read."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from icalendar import Calendar
from starlette.testclient import TestClient

from connectors.region.cohorts import coaches
from connectors.region.database import Region
from connectors.region.sessions import rescheduling, sessions
from connectors.region.sessions.sessions import Session
from core.html import printable
from portal import sessions as pages
from tests.hands import sql
from tests.hostile import SCRIPTS
from tests.portal.programme import NOW, person, place, rules, session
from tests.portal.test_hostile import Markup, check
from tests.portal.test_openness import read

pytestmark = pytest.mark.database


def titles(page: str) -> list[str]:
    return [
        read(found).strip()
        for found in re.findall(r"<article class=\"card.*?<h[23]>(.*?)</h[23]>", page, re.DOTALL)
    ]


def block(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


def full(region: Region, **changes: Any) -> Session:
    """A session of one place, which somebody has and somebody waits for."""
    made = session(region, capacity=1, **changes)
    for name in ("Bruno", "Chloé"):
        place(region, made, person(region, name, f"{name.lower()}@x.example".replace("é", "e")))
    return made


# The list


def test_sessions_to_come_are_listed_soonest_first(client: TestClient, region: Region) -> None:
    session(region, in_days=20, title="Plus tard")
    session(region, in_days=2, title="Bientôt")
    session(region, in_days=-1, title="Passée")
    session(region, state="draft", title="Pas encore annoncée")
    off = session(region, title="Annulée")
    rescheduling.cancel(region, off.ref, "Neige.", NOW)
    page = client.get("/seances").text
    assert titles(page) == ["Bientôt", "Plus tard"]
    assert "20 places libres" in read(page)


def test_a_list_is_of_one_kind_and_one_department_when_asked(client: TestClient, region: Region) -> None:
    session(region, title="À Lyon")
    session(region, title="À Aurillac", department="15")
    session(region, title="Hors dialogue", kind="dialogue")
    assert titles(client.get("/seances?departement=15").text) == ["À Aurillac"]
    elsewhere = client.get("/seances?type=dialogue&departement=15", follow_redirects=False)
    assert elsewhere.headers["location"] == "/dialogues?departement=15"
    assert titles(client.get("/seances?type=seminaire&departement=69").text) == ["À Lyon"]
    assert len(titles(client.get("/seances?type=x&departement=99").text)) == 3
    filtered = client.get("/seances?departement=15&type=seminaire&x=1").text
    assert (
        'rel="canonical" href="https://offres.region.example/seances?type=seminaire&amp;departement=15"'
        in filtered
    )
    assert "noindex" in filtered
    assert "noindex" not in client.get("/seances").text


def test_an_empty_list_says_what_else_can_be_done(client: TestClient, region: Region) -> None:
    page = client.get("/seances").text
    assert "Aucune séance n’est prévue pour le moment" in page
    assert 'href="/inscription"' in page
    session(region)
    assert (
        'href="/seances"'
        in client.get("/seances?departement=15").text.partition("Aucune séance de ce genre")[2]
    )


def test_a_long_list_says_that_there_are_more(
    client: TestClient, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SHOWN", 2)
    for number in range(3):
        session(region, in_days=number + 1)
    page = client.get("/seances").text
    assert len(titles(page)) == 2
    assert "Choisissez un département" in page


def test_a_cohorts_session_is_its_members_business(client: TestClient, region: Region) -> None:
    hidden = cohort_session(region)
    assert titles(client.get("/seances").text) == []
    for path in (
        f"/seances/{hidden.ref}",
        f"/seances/{hidden.ref}.ics",
        f"/seances/{hidden.ref}/inscription",
    ):
        assert client.get(path).status_code == 404
    assert hidden.ref not in client.get("/seances.ics").text


def cohort_session(region: Region) -> Session:
    coach = coaches.keep(region, "Claude", "claude@region.example")
    ((number,),) = sql(
        region,
        "INSERT INTO cohort (name, department, level, slot, capacity, coach_id, state, created_at) VALUES "
        "('Lyon', '69', 'beginner', 'tue-evening', 12, :coach, 'open', now()) RETURNING id",
        coach=coach.id,
    )
    return session(region, kind="coaching", cohort_id=number)


# One session


def test_a_session_says_when_where_and_how_many_places_are_left(client: TestClient, region: Region) -> None:
    made = session(region)
    page = client.get(f"/seances/{made.ref}").text
    told = read(page)
    assert made.title in told
    assert "(heure de Paris)" in told
    assert "CCI de Lyon, salle 2" in told
    assert "20 places libres" in told
    assert f'href="/seances/{made.ref}/inscription"' in page
    assert f'href="/seances/{made.ref}.ics"' in page


def test_a_full_session_says_that_one_waits(client: TestClient, region: Region) -> None:
    told = read(client.get(f"/seances/{full(region).ref}").text)
    assert "Complet : inscription sur liste d’attente, où une personne attend" in told
    assert "M’inscrire sur la liste d’attente" in told


def test_where_a_session_is_held_online_is_for_those_who_take_part(
    client: TestClient, region: Region
) -> None:
    made = session(region, link="https://visio.region.example/secret")
    for path in ("/", "/seances", f"/seances/{made.ref}", f"/seances/{made.ref}.ics", "/seances.ics"):
        assert "secret" not in client.get(path).text
    assert "l’adresse est donnée aux inscrits" in client.get(f"/seances/{made.ref}").text


def test_a_cancelled_session_says_so_and_why(client: TestClient, region: Region) -> None:
    made = session(region)
    rescheduling.cancel(region, made.ref, "L’intervenante est souffrante.", NOW)
    page = client.get(f"/seances/{made.ref}")
    assert page.status_code == 200
    assert "Cette séance est annulée : L’intervenante est souffrante." in read(page.text)
    assert '/inscription"' not in page.text.partition("<article")[2].partition("</article>")[0]
    assert block(page.text)["eventStatus"] == "https://schema.org/EventCancelled"


@pytest.mark.parametrize(
    ("in_days", "status", "told"),
    [
        (-0.01, 200, "Cette séance a commencé."),
        (-3, 200, "Cette séance a eu lieu."),
        (-364, 200, "Cette séance a eu lieu."),
        (-366, 410, "Cette séance n’est plus en ligne"),
    ],
)
def test_a_session_that_was_held_says_so_for_a_year(
    client: TestClient, region: Region, in_days: float, status: int, told: str
) -> None:
    made = session(region, in_days=in_days)
    page = client.get(f"/seances/{made.ref}")
    assert page.status_code == status
    assert told in read(page.text)
    assert f"/seances/{made.ref}/inscription" not in page.text
    assert client.get(f"/seances/{made.ref}.ics").status_code == status


def test_what_is_no_session_is_not_found(client: TestClient, region: Region) -> None:
    draft = session(region, state="draft")
    for ref in ("S-nothing", draft.ref, "'; DROP TABLE session", "%00"):
        assert client.get(f"/seances/{ref}").status_code == 404


def test_residents_are_told_that_they_cannot_register_yet(client: TestClient, region: Region) -> None:
    made = session(region, kind="dialogue")
    page = client.get(f"/seances/{made.ref}").text
    assert "n’est pas encore ouverte" in page
    assert f"/seances/{made.ref}/inscription" not in page


def test_search_engines_read_what_people_read(client: TestClient, region: Region) -> None:
    made = session(region, summary="</script><script>alert(1)</script>")
    page = client.get(f"/seances/{made.ref}").text
    told = block(page)
    assert page.count("<script") == 1
    assert told["@type"] == "BusinessEvent"
    assert told["description"] == "</script><script>alert(1)</script>"
    assert dt.datetime.fromisoformat(told["startDate"]) == made.starts_at
    assert dt.datetime.fromisoformat(told["endDate"]) == made.ends_at
    assert told["location"][0]["name"] == "CCI de Lyon, salle 2"
    assert told["offers"]["availability"] == "https://schema.org/InStock"
    assert block(client.get(f"/seances/{full(region).ref}").text)["offers"]["availability"].endswith(
        "/SoldOut"
    )
    online = block(
        client.get(
            f"/seances/{session(region, place=None, address=None, link='https://v.example/1').ref}"
        ).text
    )
    assert online["eventAttendanceMode"] == "https://schema.org/OnlineEventAttendanceMode"
    assert online["location"] == [{"@type": "VirtualLocation", "url": online["url"]}]


# Calendars


def test_a_session_goes_into_a_calendar(client: TestClient, region: Region) -> None:
    made = session(region, title="Vendre\r\nATTENDEE:x")
    answer = client.get(f"/seances/{made.ref}.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.headers["content-disposition"] == f'attachment; filename="{made.ref}.ics"'
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(event["UID"]) == f"{made.ref}@offres.region.example"
    assert event.decoded("DTSTART") == made.starts_at
    assert event.decoded("DTEND") == made.ends_at
    assert str(event["URL"]) == f"https://offres.region.example/seances/{made.ref}"
    assert "ATTENDEE" not in event


def test_a_moved_session_is_the_same_event_with_a_higher_sequence(client: TestClient, region: Region) -> None:
    made = session(region)
    (before,) = Calendar.from_ical(client.get(f"/seances/{made.ref}.ics").content).walk("VEVENT")
    later = made.starts_wall + dt.timedelta(days=1)
    rescheduling.change(region, rules(), made.ref, rescheduling.Change(starts_wall=later), NOW)
    (after,) = Calendar.from_ical(client.get(f"/seances/{made.ref}.ics").content).walk("VEVENT")
    assert after["UID"] == before["UID"]
    assert int(str(after["SEQUENCE"])) > int(str(before["SEQUENCE"]))


def test_all_sessions_can_be_subscribed_to_and_a_cancelled_one_says_so(
    client: TestClient, region: Region
) -> None:
    kept, off = session(region), session(region, in_days=20)
    rescheduling.cancel(region, off.ref, "Neige.", NOW)
    session(region, in_days=-3)
    answer = client.get("/seances.ics")
    told = {
        str(each["UID"]).partition("@")[0]: str(each["STATUS"])
        for each in Calendar.from_ical(answer.content).walk("VEVENT")
    }
    assert told == {kept.ref: "CONFIRMED", off.ref: "CANCELLED"}
    again = client.get("/seances.ics", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


# Elsewhere


def test_the_home_page_shows_the_next_sessions_as_they_change(client: TestClient, region: Region) -> None:
    assert "Les prochaines séances" not in client.get("/").text
    for number in range(pages.NEXT + 1):
        session(region, in_days=number + 1, title=f"Séance {number}")
    shown = [title for title in titles(client.get("/").text) if title.startswith("Séance")]
    assert shown == [f"Séance {number}" for number in range(pages.NEXT)]
    (first, *_) = sessions.upcoming(region, NOW)
    place(region, first, person(region))
    assert "19 places libres" in read(client.get("/").text)


def test_the_parity_page_counts_sessions(client: TestClient) -> None:
    assert "Aucune séance n’est prévue" in read(client.get("/parite").text)


def test_the_parity_page_says_how_many_sessions_are_here(client: TestClient, region: Region) -> None:
    session(region)
    session(region, kind="dialogue")
    session(region, state="draft")
    assert "2 séances à venir sont sur ce portail" in read(client.get("/parite").text)


# Hostile words


@pytest.mark.parametrize("script", [*SCRIPTS[:8], "\u202eannulée\u202c", "Très" * 60])
def test_no_word_of_a_session_writes_into_a_page(client: TestClient, region: Region, script: str) -> None:
    plain, words = session(region), script.replace("\x00", "")
    bad = session(region, title=words, summary=words, place=words, address=words)
    shape = [tag for tag, _ in Markup(client.get(f"/seances/{plain.ref}").text).tags]
    page = client.get(f"/seances/{bad.ref}").text
    assert [tag for tag, _ in Markup(page).tags] == shape
    assert block(page)["name"] == " ".join(printable(words).split())
    rescheduling.cancel(region, plain.ref, words, NOW)
    for path in ("/", "/seances"):
        check(client.get(path).text.replace('action="/seances"', 'action="/offres"'))
    assert "<script>" not in client.get(f"/seances/{plain.ref}").text.replace(
        '<script type="application/ld+json">', ""
    )
