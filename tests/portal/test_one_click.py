"""Unsubscribing as mail programs do: the address of a letter's header, as it came over the wire, is sent a POST."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from connectors.region.database import Region
from portal.app import create_app
from tests.mailrooms import Mailroom, Received, mailroom
from tests.programme import DAY, HOUR

pytestmark = pytest.mark.database
# Long ago by whatever clock the portal reads: seals of a time to come open nothing.
NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
STARTS = dt.datetime.fromisoformat("2026-03-31T14:00")
BEGINS = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)  # clocks went forward on the 29th


@pytest.fixture
def room(region: Region) -> Iterator[Mailroom]:
    with mailroom(region, NOW) as opened:
        yield opened


@pytest.fixture
def portal(room: Mailroom) -> Iterator[TestClient]:
    with TestClient(
        create_app(room.programme.region, room.settings), base_url="https://portail.example"
    ) as client:
        yield client


def address(letter: Received) -> str:
    """What List-Unsubscribe names, from the bytes that the relay took."""
    head = letter.raw.decode("ascii").split("\r\n\r\n", 1)[0]
    assert "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    (line,) = re.findall(r"^List-Unsubscribe: (.*(?:\r\n[ \t].*)*)", head, re.MULTILINE)
    (found,) = re.findall(r"<(https://[^>\s]+)>", line)
    return str(found)


def test_one_click_ends_the_purpose_and_the_next_reminder_is_refused(
    room: Mailroom, portal: TestClient
) -> None:
    programme = room.programme
    enrolment = programme.enrol(programme.session(starts_wall=STARTS))
    room.send()
    room.take()
    programme.now = BEGINS - 7 * DAY + HOUR
    room.minute()
    letter = room.only()
    assert letter.subject.startswith("Rappel")
    one_click = address(letter)
    assert one_click in letter.links, "it stands in the letter too"
    for _ in range(2):  # mail programs ask twice
        answer = portal.post(one_click, data={"List-Unsubscribe": "One-Click"}, follow_redirects=False)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    programme.now = BEGINS - DAY
    room.minute()
    assert room.take() == []
    became = programme.reminders(enrolment)
    assert (became["week_before"], became["day_before"]) == ("sent", "refused")


def test_it_ends_that_purpose_by_that_transport_alone(room: Mailroom, portal: TestClient) -> None:
    programme = room.programme
    enrolment = programme.enrol(programme.session(starts_wall=STARTS))
    room.send()
    room.take()
    programme.now = BEGINS - 7 * DAY + HOUR
    room.minute()
    portal.post(address(room.only()), data={"List-Unsubscribe": "One-Click"})
    held = room.person(enrolment.contact_id).agreed
    assert {(each.purpose, each.transport) for each in held} == {
        ("sessions", "sms"),
        ("follow_up", "mail"), ("follow_up", "sms"), ("invitations", "mail"), ("invitations", "sms"),
    }  # fmt: skip


def test_a_letter_s_other_links_open_its_reader_s_own_pages(room: Mailroom, portal: TestClient) -> None:
    programme = room.programme
    programme.enrol(programme.session(starts_wall=STARTS), programme.person(name="Camille Durand"))
    room.send()
    (letter,) = room.take()
    assert len(letter.links) == 2
    for link in letter.links:
        answer = portal.get(link)
        assert answer.status_code == 200, link
        assert answer.headers["cache-control"] == "no-store"
