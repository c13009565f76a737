"""The coach's sheet: who has a place, who came, what they say of it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from connectors.region.cohorts import coaches
from connectors.region.cohorts.coaches import Coach
from connectors.region.database import Region
from connectors.region.firms import answers
from connectors.region.people import contacts
from connectors.region.sessions import enrolments, rescheduling
from connectors.region.sessions.sessions import Session
from connectors.settings import Settings
from schemas.questionnaires import Satisfaction
from tests.hands import sql
from tests.portal.programme import NOW, path, person, place, press, session
from tests.portal.test_hostile import Markup
from tests.portal.test_openness import read
from tests.portal.test_posting import seal_of

pytestmark = pytest.mark.database


@pytest.fixture
def coach(region: Region) -> Coach:
    return coaches.keep(region, "Claude Rey", "claude@region.example")


def sheet_of(settings: Settings, made: Session, coach: Coach) -> str:
    return path(settings, "sheet", f"{made.ref}.{coach.id}")


def boxes(page: str) -> dict[str, bool]:
    return {
        str(a["name"]): "checked" in a
        for tag, a in Markup(page).tags
        if tag == "input" and a.get("type") == "checkbox"
    }


def test_a_sheet_is_kept_and_can_be_put_right(
    visitor: TestClient, region: Region, relayed: Settings, coach: Coach
) -> None:
    made = session(region, in_days=-1, coach_id=coach.id)
    first, second = (
        place(region, made, person(region)),
        place(region, made, person(region, "Bruno", "b@x.example")),
    )
    at = sheet_of(relayed, made, coach)
    names = [f"present_{first.id}", f"present_{second.id}"]
    assert boxes(visitor.get(at).text) == dict.fromkeys(names, False)
    answer = press(visitor, at, **{names[0]: "oui"})
    assert answer.status_code == 303
    told = visitor.get(answer.headers["location"]).text
    assert "C’est enregistré" in told
    assert boxes(told) == {names[0]: True, names[1]: False}
    assert (
        sql(region, "SELECT attended_by FROM enrolment WHERE state = 'present'")[0].attended_by
        == "Claude Rey"
    )
    press(visitor, at, **{names[1]: "oui"})
    assert boxes(visitor.get(at).text) == {names[0]: False, names[1]: True}
    states = [row.state for row in sql(region, "SELECT state FROM enrolment ORDER BY id")]
    assert states == ["absent", "present"]


def test_who_said_so_while_the_coach_looked_is_not_made_absent(
    visitor: TestClient, region: Region, relayed: Settings, coach: Coach
) -> None:
    made = session(region, in_days=-0.01, coach_id=coach.id)
    first, second = (
        place(region, made, person(region)),
        place(region, made, person(region, "Bruno", "b@x.example")),
    )
    at = sheet_of(relayed, made, coach)
    page = visitor.get(at).text
    sent = {
        str(a["name"]): str(a["value"])
        for tag, a in Markup(page).tags
        if tag == "input" and a.get("type") == "hidden"
    }
    press(visitor, path(relayed, "attend", second.id))
    assert visitor.post(at, data={**sent, f"present_{first.id}": "oui"}).status_code == 303
    assert set(boxes(visitor.get(at).text).values()) == {True}
    sent = {**sent, "sceau": seal_of(visitor.get(at).text), "vu": "not an instant"}
    assert visitor.post(at, data=sent).status_code == 303
    assert set(boxes(visitor.get(at).text).values()) == {False}


def test_before_the_session_it_is_a_list_to_print(
    visitor: TestClient, region: Region, relayed: Settings, coach: Coach
) -> None:
    made = session(region, coach_id=coach.id, capacity=1)
    first = place(region, made, person(region))
    place(region, made, person(region, "Bruno Attend", "b@x.example"))
    at = sheet_of(relayed, made, coach)
    page = visitor.get(at).text
    told = read(page)
    assert "Ada Martin" in told
    assert "Fournil des Pentes" in told
    assert "1 en liste d’attente" in told
    assert "Bruno Attend" not in told
    assert "ada@fournil.example" not in page
    assert "La séance n’a pas commencé" in told
    seal = seal_of(visitor.get("/inscription").text)
    answer = visitor.post(at, data={"sceau": seal, f"present_{first.id}": "oui"})
    assert answer.status_code == 409
    assert enrolments.get(region, first.id).state == "registered"  # type: ignore[union-attr]


def test_a_large_sheet_is_taken_whole(
    visitor: TestClient, region: Region, relayed: Settings, coach: Coach
) -> None:
    made = session(region, in_days=-1, coach_id=coach.id, capacity=200)
    numbers = [place(region, made, person(region, f"P {n}", f"p{n}@x.example")).id for n in range(120)]
    answer = press(
        visitor, sheet_of(relayed, made, coach), **{f"present_{number}": "oui" for number in numbers}
    )
    assert answer.status_code == 303
    assert sql(region, "SELECT count(*) FROM enrolment WHERE state = 'present'")[0][0] == 120


def test_a_stale_form_changes_nothing_and_loses_nothing(
    visitor: TestClient, region: Region, relayed: Settings, coach: Coach
) -> None:
    made = session(region, in_days=-1, coach_id=coach.id)
    first = place(region, made, person(region))
    answer = visitor.post(sheet_of(relayed, made, coach), data={f"present_{first.id}": "oui"})
    assert answer.status_code == 403
    assert boxes(answer.text) == {f"present_{first.id}": True}
    assert enrolments.get(region, first.id).state == "registered"  # type: ignore[union-attr]


def test_it_shows_the_rooms_code_which_works(
    visitor: TestClient, region: Region, relayed: Settings, coach: Coach
) -> None:
    made = session(region, in_days=0.5 / 24, coach_id=coach.id)
    page = visitor.get(sheet_of(relayed, made, coach)).text
    (link,) = {str(a["href"]) for tag, a in Markup(page).tags if "/presence/salle/" in str(a.get("href"))}
    assert link.startswith(relayed.public_url)
    assert made.title in visitor.get(link.removeprefix(relayed.public_url)).text


def test_what_people_say_is_told_together_and_of_no_fewer_than_five(
    visitor: TestClient, region: Region, relayed: Settings, coach: Coach
) -> None:
    made = session(region, in_days=-1, coach_id=coach.id)
    at = sheet_of(relayed, made, coach)
    for number in range(answers.LEAST):
        assert "Ce qu’on vous en dit" not in visitor.get(at).text
        mine = place(region, made, person(region, f"P {number}", f"p{number}@x.example"))
        said = Satisfaction(5, 4, 1 + number % 2, "Un <b>mot</b>." if not number else "")
        answers.keep(region, mine.id, "satisfaction", said, NOW)
    told = visitor.get(at).text
    assert "5 réponses, sans nom" in read(told)
    assert "Conseillée 1,40" in read(told)
    assert "Un &lt;b&gt;mot&lt;/b&gt;." in told


def test_somebody_erased_is_a_line_without_a_name(
    visitor: TestClient, region: Region, relayed: Settings, coach: Coach
) -> None:
    made = session(region, in_days=-1, coach_id=coach.id)
    somebody = person(region)
    place(region, made, somebody)
    with region.begin() as connection:
        contacts.erase(connection, somebody, NOW)
    assert "Personne effacée" in visitor.get(sheet_of(relayed, made, coach)).text


def test_a_cancelled_session_has_nobody_to_note(
    visitor: TestClient, region: Region, relayed: Settings, coach: Coach
) -> None:
    made = session(region, coach_id=coach.id)
    rescheduling.cancel(region, made.ref, "Neige.", NOW)
    page = visitor.get(sheet_of(relayed, made, coach)).text
    assert "Cette séance est annulée" in page
    assert "/presence/salle/" not in page


def test_the_link_is_its_coachs_while_they_coach_and_for_ninety_days(
    visitor: TestClient, region: Region, relayed: Settings, coach: Coach
) -> None:
    other = coaches.keep(region, "Dominique", "d@region.example")
    mine, old, nobodys = (
        session(region, coach_id=coach.id),
        session(region, in_days=-91, coach_id=coach.id),
        session(region, in_days=5),
    )
    dead = [
        sheet_of(relayed, mine, other),
        sheet_of(relayed, old, coach),
        sheet_of(relayed, nobodys, coach),
        "/emargement/x",
    ]
    dead.append(path(relayed, "sheet", f"{mine.ref}.999999"))
    for at in dead:
        assert visitor.get(at).status_code == 410
        assert visitor.post(at, data={"a": "b"}).status_code == 410
    assert visitor.get(sheet_of(relayed, mine, coach)).status_code == 200
    coaches.end(region, coach.email, NOW)
    assert visitor.get(sheet_of(relayed, mine, coach)).status_code == 410


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202eadA\u202c", "Anne-" * 24])
def test_no_name_writes_into_the_sheet(
    visitor: TestClient, region: Region, relayed: Settings, coach: Coach, name: str
) -> None:
    made = session(region, in_days=-1, coach_id=coach.id)
    place(region, made, person(region, name, firm=name))
    page = visitor.get(sheet_of(relayed, made, coach)).text
    assert "<script" not in page
    assert [tag for tag, _ in Markup(page).tags].count("tr") == 2
