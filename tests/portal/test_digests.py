"""A digest's own page, reached by the link of a letter as it came over the wire: stopped by one click, and had again."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from connectors.region.database import Region
from portal.app import create_app
from schemas.letters import ROLES
from tests.stakeholders import WEEK, Stakeholders, stakeholders

pytestmark = pytest.mark.database
# Long ago by whatever clock the portal reads: seals of a time to come open nothing. A Monday.
NOW = dt.datetime(2026, 3, 30, 6, 2, tzinfo=dt.UTC)
TO = "contractor@digests.example"


@pytest.fixture
def people(region: Region) -> Iterator[Stakeholders]:
    with stakeholders(region, NOW) as made:
        made.approve()
        yield made


@pytest.fixture
def portal(people: Stakeholders) -> Iterator[TestClient]:
    with TestClient(
        create_app(people.region, people.settings), base_url="https://portail.example", follow_redirects=False
    ) as client:
        yield client


def link(people: Stakeholders) -> str:
    """The one of the contractor's letter."""
    people.run()
    (letter,) = people.to(TO)
    return str(letter.message["List-Unsubscribe"]).strip("<>")


def seal(page: str) -> str:
    (found,) = re.findall(r'name="sceau" value="([^"]+)"', page)
    return str(found)


def test_one_click_stops_it_and_a_button_brings_it_back(people: Stakeholders, portal: TestClient) -> None:
    address = link(people)
    assert "Ne plus la recevoir" in portal.get(address).text, "looking changes nothing"
    for _ in range(2):  # mail programs ask twice
        answer = TestClient(portal.app, base_url="https://portail.example").post(
            address, data={"List-Unsubscribe": "One-Click"}
        )
        assert answer.status_code == 200
        assert "C’est arrêté" in answer.text
        assert "set-cookie" not in answer.headers
    people.now += WEEK
    people.run()
    assert people.to(TO) == []
    page = portal.get(address)
    assert "La recevoir de nouveau" in page.text
    assert page.headers["cache-control"] == "no-store"
    answer = portal.post(f"{address}/reprendre", data={"sceau": seal(page.text)})
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        address.removeprefix("https://portail.example"),
    )
    people.now += WEEK
    people.run()
    assert len(people.to(TO)) == 1


def test_no_other_site_has_it_sent_again(people: Stakeholders, portal: TestClient) -> None:
    address = link(people)
    portal.post(address)
    for data in ({}, {"sceau": "x"}):
        answer = portal.post(f"{address}/reprendre", data=data)
        assert answer.status_code in {403, 415}
        assert people.stops() == ["contractor"]


@pytest.mark.parametrize("wrong", ["x", "x" * 400, "officials.1"])
def test_a_link_that_is_none_of_ours_opens_nothing(portal: TestClient, wrong: str) -> None:
    for method in ("GET", "POST"):
        assert portal.request(method, f"/lettres/{wrong}").status_code == 410


def test_a_seal_for_something_else_opens_nothing(people: Stakeholders, portal: TestClient) -> None:
    seals = people.room.seals
    for seal_ in (
        seals.seal("preferences", "officials.1", NOW),
        seals.seal("digest", "everybody.1", NOW),
        seals.seal("digest", "", NOW),
    ):
        assert portal.get(f"/lettres/{seal_}").status_code == 410
    for role in ROLES:
        assert portal.get(f"/lettres/{seals.seal('digest', f'{role}.1', NOW)}").status_code == 200
