from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from core.days import PARIS
from core.session_calendar import Meeting, meetings_calendar

MINUTE = dt.timedelta(minutes=1)
NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
INSTANTS = st.integers(0, 10_000_000).map(lambda minutes: NOON - dt.timedelta(days=2_000) + minutes * MINUTE)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80)


def meeting(**changes: object) -> Meeting:
    values: dict[str, object] = {
        "uid": "S-1@offres.region.example",
        "sequence": 0,
        "stamp": NOON,
        "title": "Vendre en ligne",
        "starts_at": dt.datetime(2027, 1, 12, 17, 30, tzinfo=dt.UTC),
        "ends_at": dt.datetime(2027, 1, 12, 19, 30, tzinfo=dt.UTC),
        "zone": "Europe/Paris",
        "where": "CCI de Lyon",
        "description": "Créer sa page.",
        "url": "https://offres.region.example/seances/S-1",
        **changes,
    }
    return Meeting(**values)  # type: ignore[arg-type]


@given(INSTANTS, st.integers(15, 600), TEXTS, st.sampled_from(["Europe/Paris", "Indian/Reunion"]))
def test_whatever_the_hour_a_calendar_reads_back_the_instants_and_the_words(
    starts: dt.datetime, minutes: int, title: str, zone: str
) -> None:
    ends = starts + dt.timedelta(minutes=minutes)
    written = meetings_calendar([meeting(starts_at=starts, ends_at=ends, title=title, zone=zone)])
    (event,) = Calendar.from_ical(written).walk("VEVENT")
    assert event.decoded("DTSTART").astimezone(dt.UTC) == starts
    assert event.decoded("DTEND").astimezone(dt.UTC) == ends
    assert str(event["SUMMARY"]) == title


def test_it_keeps_the_clocks_of_paris() -> None:
    (event,) = Calendar.from_ical(meetings_calendar([meeting()])).walk("VEVENT")
    assert event["DTSTART"].params["TZID"] == PARIS.key
    assert b"BEGIN:VTIMEZONE" in meetings_calendar([meeting()])


def test_one_that_is_cancelled_says_so_under_its_own_name() -> None:
    written = meetings_calendar([meeting(), meeting(uid="S-2@x", cancelled=True, sequence=3)], "Séances")
    calendar = Calendar.from_ical(written)
    told = {str(event["UID"]): (str(event["STATUS"]), event["SEQUENCE"]) for event in calendar.walk("VEVENT")}
    assert told == {"S-1@offres.region.example": ("CONFIRMED", 0), "S-2@x": ("CANCELLED", 3)}
    assert str(calendar["X-WR-CALNAME"]) == "Séances"
    assert str(calendar["METHOD"]) == "PUBLISH"


def test_no_text_writes_a_line_of_its_own() -> None:
    bad = "x\r\nATTENDEE:mailto:evil@evil.example\nBEGIN:VALARM;,\\"
    written = meetings_calendar([meeting(title=bad, where=bad, description=bad)])
    calendar = Calendar.from_ical(written)
    (event,) = calendar.walk("VEVENT")
    assert "ATTENDEE" not in event
    assert not calendar.walk("VALARM")


def test_the_same_sessions_are_the_same_bytes() -> None:
    assert meetings_calendar([meeting()], "A") == meetings_calendar([meeting()], "A")
