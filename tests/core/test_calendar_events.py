from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar_events import Shown, digest, events, marker_in, shown
from schemas.errors import Rejected
from tests.core.calendars import calendar, event

STARTS = "DTSTART:20261203T100000Z"


def read(*lines: str) -> Shown:
    (found,), faults = events(calendar(event(*lines)))
    assert faults == []
    return shown(found)


def fault(*lines: str) -> str:
    """Why an event cannot be read; the one beside it can."""
    good = event(STARTS, uid="good@home.example")
    found, faults = events(calendar(event(*lines), good))
    assert "good@home.example" in [each["UID"] for each in found]
    if faults:
        assert faults[0].what == "a@home.example"
        return faults[0].why
    with pytest.raises(Rejected) as caught:
        shown(found[0])
    return str(caught.value)


def test_an_event_shows_what_it_says() -> None:
    seen = read(
        "DTSTART;TZID=Europe/Paris:20261203T100000", "DURATION:PT90M", "SUMMARY:Commission\\, lycées", "LOCATION:Lyon",
        "STATUS:CANCELLED", "URL:https://portail.example/dialogues/d1?e=d1.o12-3f",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@example.fr", "ATTENDEE;PARTSTAT=declined:mailto:b@example.fr",
    )  # fmt: skip
    assert seen.starts == dt.datetime(2026, 12, 3, 9, tzinfo=dt.UTC)
    assert seen.ends == dt.datetime(2026, 12, 3, 10, 30, tzinfo=dt.UTC)
    assert (seen.title, seen.where) == ("Commission, lycées", "Lyon")
    assert seen.cancelled
    assert seen.declined
    assert seen.marker == "d1.o12-3f"


@pytest.mark.parametrize(
    ("line", "hour"),
    [
        ("DTSTART:20261203T100000", 9),  # floating: Paris
        ("DTSTART;TZID=Romance Standard Time:20261203T100000", 9),
        ("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Paris:20261203T100000", 9),
        ("DTSTART;TZID=Indian/Reunion:20261203T100000", 6),
        ("DTSTART;TZID=America/Argentina/Ushuaia:20261203T100000", 13),
        ("dtstart;tzid=Europe/Paris:20261203T100000", 9),
    ],
)
def test_an_hour_is_that_of_the_clocks_it_names(line: str, hour: int) -> None:
    assert read(line).starts == dt.datetime(2026, 12, 3, hour, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "no DTSTART"),
        (("DTSTART:demain",), "DTSTART cannot be read"),
        (("DTSTART:20261301T100000Z",), "DTSTART cannot be read"),
        (("DTSTART;TZID=Customized Time Zone:20261203T100000",), "'Customized Time Zone' is none of the IANA's"),
        ((STARTS, STARTS), "several DTSTART"),
        ((STARTS, "DTEND:20261202T100000Z"), "ends before it begins"),
        ((STARTS, "DURATION:P9999D"), "after ten years"),
        ((STARTS, "DURATION:20261203T100000Z"), "ends before it begins"),
        ((STARTS, "DTEND:"), "DTEND"),
        (("DTSTART:99991231T235959Z", "DURATION:P1D"), "years"),
        (("DTSTART;TZID=Europe/Paris:00010101T000000",), "the year 1"),
    ],
)  # fmt: skip
def test_a_bad_event_is_told_and_spoils_no_other(lines: tuple[str, ...], why: str) -> None:
    assert why in fault(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("BEGIN:VALARM", "TRIGGER:foo", "END:VALARM"),
        ("BEGIN:VALARM", "DTSTART:20200101T000000Z", "TRIGGER:-PT5M", "END:VALARM"),
        ("DESCRIPTION:une ligne", "et une autre qui n’est pas repliée"),
        ("X-THEIRS;=:\x00", "CREATED:jamais"),
        ("\xff\xfe",),
    ],
)
def test_what_else_stands_in_an_event_may_be_broken(lines: tuple[str, ...]) -> None:
    assert read(*lines, STARTS).starts == dt.datetime(2026, 12, 3, 10, tzinfo=dt.UTC)


def test_a_file_that_is_cut_or_mixed_up_gives_what_is_whole() -> None:
    whole = event(STARTS, uid="whole@x")
    text = calendar(whole).decode().replace("END:VCALENDAR\r\n", "")
    for cut in ("BEGIN:VEVENT\r\nUID:cut@x\r\nDTSTA", "BEGIN:VEVENT\r\nUID:cut@x\r\n" + whole):
        found, faults = events((text + cut).encode())
        assert {str(each["UID"]) for each in found} == {"whole@x"}
        assert [each.what for each in faults] == ["cut@x"]
        assert "no end" in faults[0].why


@pytest.mark.parametrize(
    "content", [b"", b"<html>Connexion</html>", b"{}", b"PK\x03\x04", "BEGIN:VCALENDAR".encode("utf-16")]
)
def test_what_is_no_calendar_says_what_to_do(content: bytes) -> None:
    with pytest.raises(Rejected, match="Copy the address"):
        events(content)


def test_a_mark_of_its_encoding_may_stand_before_a_calendar() -> None:
    assert len(events(b"\xef\xbb\xbf\r\n" + calendar(event(STARTS)))[0]) == 1


def test_a_file_of_more_events_than_anybody_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.calendar_events.MOST", 3)
    assert len(events(calendar(*[event(STARTS)] * 3))[0]) == 3
    with pytest.raises(Rejected, match="more than 3 events"):
        events(calendar(*[event(STARTS)] * 4))


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_that_they_are_no_calendar(content: bytes) -> None:
    found, _ = events(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + content + b"\r\nEND:VEVENT\r\n")
    for each in found:
        try:
            shown(each)
        except Rejected:
            continue


@pytest.mark.parametrize(
    ("lines", "marker"),
    [
        (("X-BOOSTEZ-MARKER:d1.o12-3f",), "d1.o12-3f"),
        (("URL:https://p.example/dialogues/d1?e=d1.o12-3f",), "d1.o12-3f"),
        (("X-BOOSTEZ-MARKER:oui", "URL:https://p.example/dialogues/d1?e=d1.o12-3f"), "d1.o12-3f"),
        (("SUMMARY:X-BOOSTEZ-MARKER:d1.o12-3f", "DESCRIPTION:?e=d1.o12-3f"), ""),
        (("URL:https://p.example/dialogues/d1?e=d1.o12-3f&x=1",), ""),
        (("X-BOOSTEZ-MARKER:d1-3f",), ""),
    ],
)
def test_an_event_is_ours_by_its_property_or_its_link(lines: tuple[str, ...], marker: str) -> None:
    (found,), _ = events(calendar(event(*lines, STARTS)))
    assert marker_in(found) == marker


CHANGES: dict[str, Any] = {
    "uid": "b", "marker": "d1.o1-2", "starts": dt.datetime(2027, 1, 1, tzinfo=dt.UTC), "title": "b", "where": "b",
    "ends": dt.datetime(2027, 1, 1, tzinfo=dt.UTC), "description": "b", "url": "b", "repeats": True, "cancelled": True,
}  # fmt: skip


@pytest.mark.parametrize("field", CHANGES)
def test_whatever_an_event_shows_otherwise_is_another_digest(field: str) -> None:
    seen = read(STARTS)
    assert digest(msgspec.structs.replace(seen, **{field: CHANGES[field]})) != digest(seen)


def test_an_answer_or_what_a_program_adds_is_the_same_digest() -> None:
    assert set(CHANGES) | {"declined"} == set(Shown.__struct_fields__)
    plain = read(STARTS, "SUMMARY:Rencontre")
    added = read(
        "SEQUENCE:7", "LAST-MODIFIED:20261201T000000Z", "SUMMARY;LANGUAGE=fr:Rencontre ", "X-APPLE-TRAVEL:1",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:a@x.fr", "DTSTART;TZID=Europe/Paris:20261203T110000", "DURATION:PT0S",
    )  # fmt: skip
    assert digest(plain) == digest(added)
