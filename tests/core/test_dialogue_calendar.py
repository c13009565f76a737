"""Dialogues in calendars, read back by a parser that is not ours."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from core.dialogue_calendar import calendar, meeting, page, uid
from core.html import printable
from schemas.dialogue import Announcement
from tests.dialogues import EVENING, announcement, announcements
from tests.examples import scaled

STAMP = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
PUBLISHER = "https://portail.example:8443"


def events(*told: Announcement) -> list[Any]:
    return Calendar.from_ical(calendar("Rencontres", told, PUBLISHER, stamp=STAMP)).walk("VEVENT")


@settings(max_examples=scaled(50))
@given(announcements)
def test_any_announcement_is_read_back_as_it_was_said(told: Announcement) -> None:
    (event,) = events(told)
    assert event.errors == []
    assert event["UID"] == f"{told.ref}@portail.example"
    assert event["SEQUENCE"] == told.version
    assert event["STATUS"] == ("CANCELLED" if told.state == "cancelled" else "CONFIRMED")
    starts = event["DTSTART"].dt.astimezone(dt.UTC)
    assert starts == told.starts
    assert event["DTEND"].dt.astimezone(dt.UTC) - starts == dt.timedelta(minutes=told.minutes)
    assert event["SUMMARY"].split() == printable(told.title).split()
    assert event.get("LOCATION", "").split() == printable(told.place or "").split()
    assert event["URL"] == f"{PUBLISHER}/dialogues/{told.ref}"
    said = event["DESCRIPTION"].split()
    for words in (told.summary, told.official, told.moderator, told.theme, told.replay or ""):
        assert " ".join(printable(words).split()) in " ".join(said)
    assert said[-1] == event["URL"]


@settings(max_examples=scaled(30))
@given(st.lists(announcements, max_size=3))
def test_nothing_that_somebody_wrote_is_a_line_of_its_own(told: list[Announcement]) -> None:
    content = calendar("x\r\nBEGIN:VALARM", told, PUBLISHER, stamp=STAMP)
    lines = content.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert not any(ord(letter) < 32 for letter in content.decode().replace("\r\n", "").replace("\t", ""))
    names = [component.name for component in Calendar.from_ical(content).walk()]
    assert names.count("VEVENT") == len(told)
    assert set(names) <= {"VCALENDAR", "VTIMEZONE", "DAYLIGHT", "STANDARD", "VEVENT"}


def test_it_is_a_calendar_to_subscribe_to() -> None:
    content = calendar("Rencontres de l’Ain", [announcement()], PUBLISHER, stamp=STAMP)
    read: Any = Calendar.from_ical(content)
    assert str(read["X-WR-CALNAME"]) == "Rencontres de l’Ain"
    assert (str(read["METHOD"]), read["REFRESH-INTERVAL"].dt) == ("PUBLISH", dt.timedelta(hours=1))
    assert [zone["TZID"] for zone in read.walk("VTIMEZONE")] == ["Europe/Paris"]
    assert content == calendar("Rencontres de l’Ain", [announcement()], PUBLISHER, stamp=STAMP)


def test_with_no_dialogue_it_is_a_calendar_all_the_same() -> None:
    assert events() == []


def test_what_was_moved_or_cancelled_or_can_be_seen_again_says_so() -> None:
    moved, cancelled, over = events(
        announcement(was=EVENING - dt.timedelta(hours=1)),
        announcement(state="cancelled", reason="Élue souffrante."),
        announcement(state="over", form="written", replay="https://video.example/1"),
    )
    assert "Nouvel horaire\u00a0: cette rencontre devait avoir lieu le mardi 8\u00a0décembre 2026 à 17\u00a0h\u00a030." in moved["DESCRIPTION"]  # fmt: skip
    assert cancelled["DESCRIPTION"].startswith("Cette rencontre est annulée. Élue souffrante.\n\nUne heure")
    assert "À revoir\u00a0: https://video.example/1" in over["DESCRIPTION"]
    assert "Questions et réponses par écrit" in over["DESCRIPTION"]


def test_the_name_of_an_event_is_the_same_wherever_it_comes_from() -> None:
    with_marker = f"{page('d1', PUBLISHER)}?e=d1.o1-9"
    assert meeting(announcement(), with_marker, STAMP).uid == uid("d1", PUBLISHER) == "d1@portail.example"


def test_another_zone_than_paris_is_told_in_utc() -> None:
    (event,) = events(msgspec.structs.replace(announcement(), zone="Indian/Reunion"))
    assert event["DTSTART"].to_ical() == b"20261208T173000Z"
