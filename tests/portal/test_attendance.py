"""Saying that one is there: by one's own link, or by the code that the room shows."""

from __future__ import annotations

import datetime as dt

import pytest
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.region.sessions import enrolments, rescheduling
from connectors.settings import Settings
from portal.app import create_app
from tests.hands import sql
from tests.portal.programme import NOW, path, person, place, press, session
from tests.portal.test_openness import read
from tests.portal.test_posting import seal_of

pytestmark = pytest.mark.database
NOW_ON = 0.5 / 24  # in half an hour: the doors are open


def state(region: Region, number: int) -> str:
    found = enrolments.get(region, number)
    assert found is not None
    return found.state


# One's own link


def test_opening_the_link_says_nothing_and_its_button_does(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    mine = place(region, session(region, in_days=NOW_ON), person(region))
    at = path(relayed, "attend", mine.id)
    assert "Je suis là</button>" in visitor.get(at).text
    assert state(region, mine.id) == "registered"
    answer = press(visitor, at)
    assert (answer.status_code, answer.headers["location"]) == (303, at)
    assert "Votre présence est notée" in visitor.get(at).text
    ((came, by),) = sql(region, "SELECT state, attended_by FROM enrolment")
    assert (came, by) == ("present", "link")


@pytest.mark.parametrize(("in_days", "told"), [(1, "C’est trop tôt"), (-1, "C’est trop tard")])
def test_it_is_only_said_while_the_doors_are_open(
    visitor: TestClient, region: Region, relayed: Settings, in_days: float, told: str
) -> None:
    mine = place(region, session(region, in_days=in_days), person(region))
    at = path(relayed, "attend", mine.id)
    page = visitor.get(at)
    assert told in read(page.text)
    answer = visitor.post(at, data={"sceau": seal_of(visitor.get("/inscription").text)})
    assert answer.status_code == 409
    assert told in read(answer.text)
    assert state(region, mine.id) == "registered"


def test_who_has_no_place_is_sent_to_the_coach(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made = session(region, in_days=NOW_ON, capacity=1)
    place(region, made, person(region))
    waits = place(region, made, person(region, email="b@x.example"))
    page = visitor.get(path(relayed, "attend", waits.id))
    assert "Vous n’avez pas de place" in page.text
    assert "<form" not in page.text.partition("<main")[2]


def test_a_stale_form_says_nothing(visitor: TestClient, region: Region, relayed: Settings) -> None:
    mine = place(region, session(region, in_days=NOW_ON), person(region))
    assert visitor.post(path(relayed, "attend", mine.id), data={"a": "b"}).status_code == 403
    assert state(region, mine.id) == "registered"


# The room's code


def test_the_room_takes_the_address_that_one_registered_with(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made = session(region, in_days=NOW_ON)
    mine, other = (
        place(region, made, person(region)),
        place(region, made, person(region, email="b@x.example")),
    )
    at = path(relayed, "room", made.ref)
    answer = press(visitor, at, courriel=" ADA@Fournil.example ")
    assert answer.status_code == 303
    assert "sa présence est notée" in read(visitor.get(answer.headers["location"]).text)
    assert (state(region, mine.id), state(region, other.id)) == ("present", "registered")


def test_it_answers_the_same_to_every_address(visitor: TestClient, region: Region, relayed: Settings) -> None:
    """Known or not, waiting, left or there already: nobody learns from it who is registered."""
    made = session(region, in_days=NOW_ON, capacity=2)
    there = place(region, made, person(region, email="there@x.example"))
    enrolments.attend(region, there.id, "link", dt.datetime.now(dt.UTC))
    place(region, made, person(region, email="known@x.example"))
    waits = place(region, made, person(region, email="waits@x.example"))
    at = path(relayed, "room", made.ref)
    answers = []
    for name in ("there", "known", "waits", "nobody"):
        answer = press(visitor, at, courriel=f"{name}@x.example")
        page = visitor.get(answer.headers["location"])
        answers.append((answer.status_code, answer.headers["location"], page.status_code, page.text))
    assert len(set(answers)) == 1
    assert answers[0][2] == 200
    assert state(region, waits.id) == "waiting"


def test_an_address_that_is_none_is_asked_for_again(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    at = path(relayed, "room", session(region, in_days=NOW_ON).ref)
    answer = press(visitor, at, courriel="ada@<script>")
    assert answer.status_code == 422
    assert "Cette adresse n’est pas valable" in answer.text
    assert "ada@&lt;script&gt;" in answer.text
    assert visitor.post(at, data={"courriel": "a@x.example"}).status_code == 403


@pytest.mark.parametrize("in_days", [1, -1])
def test_a_photograph_of_the_code_is_worth_nothing_on_another_day(
    visitor: TestClient, region: Region, relayed: Settings, in_days: float
) -> None:
    made = session(region, in_days=in_days)
    mine = place(region, made, person(region))
    at = path(relayed, "room", made.ref)
    assert "courriel" not in visitor.get(at).text
    seal = seal_of(visitor.get("/inscription").text)
    assert visitor.post(at, data={"sceau": seal, "courriel": "ada@fournil.example"}).status_code == 409
    assert state(region, mine.id) == "registered"


def test_a_cancelled_session_is_attended_by_nobody(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    made = session(region, in_days=NOW_ON)
    mine = place(region, made, person(region))
    rescheduling.cancel(region, made.ref, "Neige.", NOW)
    for at in (path(relayed, "attend", mine.id), path(relayed, "room", made.ref)):
        assert "Cette séance est annulée" in visitor.get(at).text


def test_a_room_is_counted_by_its_own_rate(region: Region, relayed: Settings) -> None:
    settings = relayed.model_copy(update={"portal_rate_rooms": 2, "portal_rate_forms": 1})
    hurried = TestClient(create_app(region, settings), relayed.public_url)
    at = path(relayed, "room", session(region, in_days=NOW_ON).ref)
    assert [hurried.post(at, data={"a": "b"}).status_code for _ in range(3)] == [403, 403, 429]


def test_links_that_are_not_ours_are_gone(visitor: TestClient, region: Region, relayed: Settings) -> None:
    made = session(region, in_days=NOW_ON)
    mine = place(region, made, person(region))
    room, own = (
        path(relayed, *told).rpartition("/")[2] for told in (("room", made.ref), ("attend", mine.id))
    )
    for at in ("/presence/x", f"/presence/{room}", "/presence/salle/x", f"/presence/salle/{own}"):
        assert visitor.get(at).status_code == 410
        assert visitor.post(at, data={"a": "b"}).status_code == 410
