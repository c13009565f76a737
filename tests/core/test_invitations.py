"""Invitations, read back by a parser that is not ours, and applied as RFC 5546 has a calendar apply them."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from core.days import PARIS
from core.html import printable
from core.invitations import Appointment, Mailbox, Method, invitation, sequence_of, uid_of

STARTS = dt.datetime(2026, 12, 8, 17, 30, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
PLACE = Appointment(
    uid=uid_of("S-abc", 34, "portail.example"),
    sequence=3,
    stamp=dt.datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=dt.UTC),
    title="Instagram pour ma boutique",
    starts_at=STARTS,
    ends_at=STARTS + 2 * HOUR,
    zone="Europe/Paris",
    organizer=Mailbox("Boostez votre Région", "ne-pas-repondre@portail.example"),
    attendee=Mailbox("Camille Durand", "camille@fournil.example"),
    where="Maison des entreprises, 12 rue de la République, 69002 Lyon",
    description="https://visio.example/salle-12",
    url="https://portail.example/seances/S-abc",
)
instants = st.datetimes(dt.datetime(1997, 1, 1), dt.datetime(2099, 12, 31), timezones=st.just(dt.UTC))  # noqa: DTZ001
NIGHTS = [dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC), dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC)]


def changed(**changes: Any) -> Appointment:
    return msgspec.structs.replace(PLACE, **changes)


def event_of(content: bytes) -> Any:
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert event.errors == []
    return event


def test_it_says_what_rfc_5546_wants_of_a_request() -> None:
    content = invitation("REQUEST", PLACE)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    calendar = Calendar.from_ical(content)
    assert (calendar["version"], calendar["method"]) == ("2.0", "REQUEST")
    event = event_of(content)
    assert event["uid"] == "S-abc.34@portail.example"
    assert event["sequence"] == 3
    assert event["status"] == "CONFIRMED"
    assert event.decoded("dtstamp") == dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
    assert event["dtstart"].params["TZID"] == event["dtend"].params["TZID"] == "Europe/Paris"
    assert event["dtstart"].dt.replace(tzinfo=None) == dt.datetime(2026, 12, 8, 18, 30)  # noqa: DTZ001
    assert event["organizer"] == "mailto:ne-pas-repondre@portail.example"
    assert event["attendee"] == "mailto:camille@fournil.example"
    assert event["attendee"].params["CN"] == "Camille Durand"
    assert (event["attendee"].params["PARTSTAT"], event["attendee"].params["RSVP"]) == ("ACCEPTED", "FALSE")
    assert event["location"].startswith("Maison des entreprises, 12 rue")
    assert event["url"] == PLACE.url


def test_nothing_rings_by_itself() -> None:
    assert Calendar.from_ical(invitation("REQUEST", PLACE)).walk("VALARM") == []


def test_a_cancel_names_the_same_event() -> None:
    event = event_of(invitation("CANCEL", changed(sequence=4)))
    assert event["uid"] == event_of(invitation("REQUEST", PLACE))["uid"]
    assert event["status"] == "CANCELLED"
    assert event["organizer"] == "mailto:ne-pas-repondre@portail.example"


def test_the_same_is_the_same_bytes() -> None:
    assert invitation("REQUEST", PLACE) == invitation("REQUEST", PLACE)


def test_what_is_not_known_is_not_said() -> None:
    event = event_of(invitation("REQUEST", changed(where=None, description=None, url=None)))
    assert not {"LOCATION", "DESCRIPTION", "URL"} & set(event)


@given(instants, st.integers(1, 600), st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Cayenne"]))
@example(NIGHTS[0] - HOUR, 120, "Europe/Paris")
@example(NIGHTS[1] - HOUR, 60, "Europe/Paris")  # ends as the clocks go back
@example(NIGHTS[1] - HOUR, 90, "Europe/Paris")  # ends within the hour that is shown again
@example(NIGHTS[1], 30, "Europe/Paris")  # is held within it
def test_start_and_end_are_the_instants_that_were_given(
    starts_at: dt.datetime, minutes: int, zone: str
) -> None:
    starts_at = starts_at.replace(microsecond=0)
    ends_at = starts_at + dt.timedelta(minutes=minutes)
    event = event_of(invitation("REQUEST", changed(starts_at=starts_at, ends_at=ends_at, zone=zone)))
    assert (event["dtstart"].dt.astimezone(dt.UTC), event["dtend"].dt.astimezone(dt.UTC)) == (
        starts_at,
        ends_at,
    )


def onsets(zone: Any, year: int) -> list[tuple[dt.datetime, dt.timedelta]]:
    """When clocks change in a year (UTC), and the offset from then on, as RFC 5545 (3.6.5) has a VTIMEZONE read."""
    found = []
    for observance in zone.subcomponents:
        rule = observance["rrule"]
        assert (rule["FREQ"], rule["BYDAY"]) == (["YEARLY"], ["-1SU"])
        days = (
            dt.datetime(year, rule["BYMONTH"][0], 31 - back, tzinfo=dt.UTC) for back in range(7)
        )  # March and October have 31
        sunday = next(day for day in days if day.weekday() == 6)
        local = dt.datetime.combine(sunday, observance["dtstart"].dt.time(), dt.UTC)
        found.append((local - observance["tzoffsetfrom"].td, observance["tzoffsetto"].td))
    return sorted(found)


@given(instants)
@example(NIGHTS[0])
@example(NIGHTS[0] - dt.timedelta(seconds=1))
@example(NIGHTS[1])
@example(NIGHTS[1] - dt.timedelta(seconds=1))
def test_the_clocks_that_it_describes_are_those_of_paris(moment: dt.datetime) -> None:
    """The parser's own generator names the local time after a change, so that calendars without a list of zones were an hour late."""
    (zone,) = Calendar.from_ical(invitation("REQUEST", PLACE)).walk("VTIMEZONE")
    changes = [*onsets(zone, moment.year - 1), *onsets(zone, moment.year)]
    offset = [offset for onset, offset in changes if onset <= moment][-1]
    assert offset == moment.astimezone(PARIS).utcoffset()


hostile = st.text() | st.sampled_from(
    [
        "a\r\nBEGIN:VALARM",
        'x";X=1:mailto:evil@example',
        "a\\nb",
        "a;b,c\\",
        "\u202etxt",
        "é" * 300,
        "\x00\x0b\u2028",
    ]
)


@given(hostile, hostile, hostile)
@example("", "\\", "")  # was read as an escape of what follows the name, which was lost
def test_nothing_that_somebody_wrote_is_a_line_of_its_own(title: str, name: str, where: str) -> None:
    content = invitation(
        "REQUEST", changed(title=title, where=where, attendee=Mailbox(name, PLACE.attendee.address))
    )
    calendar = Calendar.from_ical(content)
    assert [component.name for component in calendar.walk()] == [
        "VCALENDAR", "VTIMEZONE", "DAYLIGHT", "STANDARD", "VEVENT",
    ]  # fmt: skip
    event = event_of(content)
    allowed = {
        "UID", "SEQUENCE", "DTSTAMP", "STATUS", "SUMMARY", "DTSTART", "DTEND", "ORGANIZER", "ATTENDEE",
        "DESCRIPTION", "URL", "LOCATION",
    }  # fmt: skip
    assert set(event) <= allowed
    assert event["attendee"] == "mailto:camille@fournil.example"
    assert set(event["attendee"].params) == {"CN", "ROLE", "PARTSTAT", "RSVP"}


@given(st.text(st.characters(categories=["L", "N", "P", "Zs", "S"]), max_size=80))
def test_words_are_read_back_as_they_were(words: str) -> None:
    words = printable(words)
    event = event_of(invitation("REQUEST", changed(title=words, where=words or None)))
    assert event["summary"] == words
    assert event.get("location", "") == words


@pytest.mark.parametrize("address", ["o'neil+a@b.example", "100%@b.example", "a?b#c@b.example"])
def test_an_address_is_one_in_an_uri(address: str) -> None:
    from urllib.parse import unquote

    event = event_of(invitation("REQUEST", changed(attendee=Mailbox("x", address))))
    assert unquote(event["attendee"].removeprefix("mailto:")) == address
    assert not set("?#") & set(event["attendee"])


class Client:
    """A calendar that follows RFC 5546, 2.1.5: the higher SEQUENCE counts, then the later DTSTAMP."""

    def __init__(self) -> None:
        self.events: dict[str, Any] = {}

    def take(self, content: bytes) -> None:
        event = event_of(content)
        known = self.events.get(event["uid"])
        if known is None or self._age(event) > self._age(known):
            self.events[event["uid"]] = event

    @staticmethod
    def _age(event: Any) -> tuple[int, dt.datetime]:
        return int(event["sequence"]), event.decoded("dtstamp")

    @property
    def shown(self) -> list[dt.datetime]:
        return [
            event["dtstart"].dt.astimezone(dt.UTC)
            for event in self.events.values()
            if event["status"] != "CANCELLED"
        ]


def letters(story: list[str]) -> list[tuple[Method, Appointment]]:
    """What is sent of a place while it is moved, left, taken again, and the session cancelled in the end; all in one instant."""
    version, turn, left = 1, 1, False
    starts_at = STARTS
    sent: list[tuple[Method, Appointment]] = [
        ("REQUEST", changed(sequence=sequence_of(version, turn, left=False)))
    ]
    for step in story:
        method: Method = "REQUEST"
        if step == "move":
            version, starts_at = version + 1, starts_at + HOUR
            if left:
                continue  # nobody is told
        elif step == "leave" and not left:
            method, left = "CANCEL", True
        elif step == "return" and left:
            turn, left = turn + 1, False
        elif step == "cancel" and not left:
            version, method = version + 1, "CANCEL"
        else:
            continue
        place = changed(
            sequence=sequence_of(version, turn, left=left), starts_at=starts_at, ends_at=starts_at + HOUR
        )
        sent.append((method, place))
        if step == "cancel":
            break
    return sent


@given(
    st.lists(st.sampled_from(["move", "leave", "return", "cancel"]), max_size=12),
    st.randoms(use_true_random=False),
)
def test_whatever_the_order_of_arrival_a_calendar_ends_with_what_was_sent_last(
    story: list[str], random: Any
) -> None:
    sent = letters(story)
    assert all(before.sequence < after.sequence for (_, before), (_, after) in itertools.pairwise(sent))
    arriving = sent + random.sample(sent, k=len(sent) // 2)  # some arrive twice
    random.shuffle(arriving)
    client = Client()
    for method, place in arriving:
        client.take(invitation(method, place))
    method, last = sent[-1]
    assert len(client.events) == 1
    assert client.shown == ([] if method == "CANCEL" else [last.starts_at])
