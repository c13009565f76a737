from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import example, given, settings
from icalendar import Calendar

from connectors.caldav import wire
from connectors.caldav.multistatus import Stored
from core.calendar_events import digest
from schemas.dialogue import Announcement
from schemas.errors import Rejected
from tests.calendars import PUBLISHER
from tests.dialogues import NIGHTS, announcement, announcements
from tests.examples import scaled

STAMP = dt.datetime(2026, 11, 24, 12, 0, 0, 5, tzinfo=dt.UTC)


@settings(max_examples=scaled(50))
@given(announcements)
@example(announcement(starts=NIGHTS[0] - dt.timedelta(minutes=30), minutes=60))
@example(announcement(starts=NIGHTS[1] - dt.timedelta(minutes=30), minutes=60))
@example(announcement(starts=NIGHTS[1], minutes=30))
def test_what_we_write_is_known_again_as_ours_and_as_it_is(told: Announcement) -> None:
    where = wire.place(f"{told.ref}.o12")
    data = wire.encoded(told, f"{where.subject}-3f", PUBLISHER, STAMP)
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert b"\r\nMETHOD:" not in data
    seen = wire.seen(Stored(where.name, '"1"', data), where, PUBLISHER)
    assert seen is not None
    assert (seen.starts, seen.ends - seen.starts) == (told.starts, dt.timedelta(minutes=told.minutes))
    assert seen.marker == f"{where.subject}-3f"
    assert seen.cancelled is (told.state == "cancelled")
    assert digest(seen) == wire.expected(told, seen.marker, PUBLISHER)


def test_a_later_stamp_is_the_same_digest_and_any_word_another() -> None:
    told, marker = announcement(), "d1.o12-3f"
    same = wire.expected(told, marker, PUBLISHER)
    later = msgspec.structs.replace(told, version=2)
    assert wire.expected(later, marker, PUBLISHER) == same, "the version is not shown"
    for change in (
        {"title": "x"},
        {"summary": "x"},
        {"place": "x"},
        {"minutes": 61},
        {"reason": "x", "state": "cancelled"},
    ):
        assert wire.expected(msgspec.structs.replace(told, **change), marker, PUBLISHER) != same


def test_a_zone_is_sent_along_with_the_hours() -> None:
    data = wire.encoded(announcement(), "d1.o12-3f", PUBLISHER, STAMP)
    (zone,) = Calendar.from_ical(data).walk("VTIMEZONE")
    assert zone["TZID"] == "Europe/Paris"


@pytest.mark.parametrize(
    ("change", "ours"),
    [
        ((b"X-BOOSTEZ-MARKER:d1.o12-3f\r\n", b""), True),  # the link still says so
        ((b"UID:d1@portail.example", b"UID:copy@home.example"), False),
        ((b"UID:d1@portail.example", b"UID:d1@other.example"), False),
        ((b"d1.o12-3f", b"d2.o12-3f"), False),
        ((b"DTSTART;TZID=Europe/Paris:", b"DTSTART;TZID=Ma Zone:"), False),
        ((b"BEGIN:VEVENT", b"BEGIN:VTODO"), False),
        ((b"BEGIN:VCALENDAR", b"<html>"), False),
    ],
)
def test_ours_bears_our_marker_and_our_name_in_our_place(change: tuple[bytes, bytes], *, ours: bool) -> None:
    where = wire.place("d1.o12")
    data = wire.encoded(announcement(), "d1.o12-3f", PUBLISHER, STAMP)
    assert change[0] in data
    seen = wire.seen(Stored(where.name, '"1"', data.replace(*change)), where, PUBLISHER)
    assert (seen is not None) is ours


def test_a_title_with_a_marker_is_a_title() -> None:
    where = wire.place("d2.o12")
    told = announcement(title="X-BOOSTEZ-MARKER:d2.o12-3f\r\nX-BOOSTEZ-MARKER:d2.o12-3f")
    data = wire.encoded(told, "d1.o12-3f", PUBLISHER, STAMP)
    assert wire.seen(Stored(where.name, '"1"', data), where, PUBLISHER) is None


def test_a_place_is_read_back_from_a_name() -> None:
    where = wire.place("d1.o12")
    assert (where.subject, where.name, where.path) == ("d1.o12", "d1.o12.ics", "o12/d1.o12.ics")
    assert wire.named("d1.o12.ics", "o12") == where
    assert wire.named("d1.o12.ics", "o13") is None
    assert wire.named("dentist.ics", "o12") is None
    with pytest.raises(Rejected):
        wire.place("d1")
