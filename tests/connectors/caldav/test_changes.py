"""What people do to our events, by a client that is not ours, and what we hear of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from connectors.caldav.changes import Declined, Deleted, Known, Moved, Seen, changes
from connectors.caldav.channel import Calendars
from connectors.caldav.client import CalDav
from core.effects import marker_of
from schemas.dialogue import Announcement
from tests.calendars import PUBLISHER, Radicale
from tests.dialogues import EVENING, announcement, intent

HOUR = dt.timedelta(hours=1)


class Official:
    """An official's calendar with some dialogues, the ledger's side of it, and their hand."""

    def __init__(self, radicale: Radicale, server: CalDav, name: str) -> None:
        self._radicale, self._server, self.name = radicale, server, name
        self._channel = Calendars(server, PUBLISHER)
        self._lease = 10
        self.known: dict[str, Known] = {}
        self.token = ""

    def write(self, ref: str, **said: Any) -> Announcement:
        told = announcement(ref=ref, **said)
        subject = f"{ref}.{self.name}"
        self._lease += 1
        operation: Any = "update" if subject in self.known else "create"
        (receipt,) = self._channel.send([intent(subject, operation, self._lease, told)]).receipts
        assert receipt.outcome == "done"
        self.known[subject] = Known(marker_of(subject, self._lease), told)
        return told

    def by_hand(self, ref: str, act: Callable[[Any], None], *, delete: bool = False) -> None:
        event = self._radicale.witness(self.name).event_by_url(
            f"{self._radicale.base}/{self.name}/{ref}.{self.name}.ics"
        )
        if delete:
            event.delete()
        else:
            act(event.icalendar_component)
            event.save()  # and its client counts the SEQUENCE up, as programs of people do

    def look(self) -> tuple[Any, ...]:
        seen = self.seen()
        self.token = seen.token
        return seen.changes

    def seen(self) -> Seen:
        return changes(self._server, self.name, PUBLISHER, self.known, self.token)


class WithoutSync(CalDav):
    """A server that knows no sync-collection."""

    def since(self, calendar: str, token: str) -> None:  # noqa: ARG002
        return None


@pytest.fixture(params=["sync", "etags"])
def official(radicale: Radicale, server: CalDav, request: pytest.FixtureRequest) -> Official:
    if request.param == "etags":
        server.__class__ = WithoutSync
    name = f"{request.param}{sum(request.node.name.encode())}"
    return Official(radicale, server, name)


def set_start(starts: dt.datetime, minutes: int = 60) -> Callable[[Any], None]:
    def act(event: Any) -> None:
        event.DTSTART = starts
        event.DTEND = starts + dt.timedelta(minutes=minutes)

    return act


def test_what_we_wrote_ourselves_is_no_change(official: Official) -> None:
    official.write("d1")
    assert official.look() == ()
    official.write("d2")
    official.write("d1", version=2, starts=EVENING + HOUR)
    assert official.look() == ()
    official.write("d1", version=3, state="cancelled")
    assert official.look() == ()
    assert official.look() == ()


def test_an_event_that_somebody_moves_is_told_once(official: Official) -> None:
    official.write("d1")
    official.write("d2")
    official.look()
    official.by_hand("d1", set_start(EVENING + 24 * HOUR, 90))
    (moved,) = official.look()
    assert isinstance(moved, Moved)
    assert (moved.subject, moved.starts, moved.minutes) == (f"d1.{official.name}", EVENING + 24 * HOUR, 90)
    assert moved.etag.startswith('"')
    assert official.look() == ()
    official.by_hand("d1", set_start(EVENING))
    assert official.seen().taken_back == (f"d1.{official.name}",), "it was moved back"
    assert official.look() == ()
    assert official.seen().taken_back == ()


def test_a_move_that_a_write_of_ours_has_undone_was_not_taken_back(official: Official) -> None:
    """What they asked for still waits for a decision, although their calendar shows our hour again."""
    official.write("d1")
    official.look()
    official.by_hand("d1", set_start(EVENING + HOUR))
    assert len(official.look()) == 1
    official.write("d1", title="Autre titre")
    seen = official.seen()
    assert (seen.changes, seen.taken_back) == ((), ())


def test_a_move_before_the_first_look_is_told(official: Official) -> None:
    official.write("d1")
    official.by_hand("d1", set_start(EVENING + HOUR))
    assert [type(change) for change in official.look()] == [Moved]


def test_who_declines_or_strikes_out_is_told(official: Official) -> None:
    for ref in ("d1", "d2", "d3"):
        official.write(ref)
    official.look()

    def decline(event: Any) -> None:
        event.add("attendee", "mailto:ada@example.fr", parameters={"PARTSTAT": "DECLINED"})

    def strike(event: Any) -> None:
        event["STATUS"] = "CANCELLED"

    def accept(event: Any) -> None:
        event.add("attendee", "mailto:ada@example.fr", parameters={"PARTSTAT": "ACCEPTED"})

    official.by_hand("d1", decline)
    official.by_hand("d2", strike)
    official.by_hand("d3", accept)
    assert [(type(each), each.subject.partition(".")[0]) for each in official.look()] == [
        (Declined, "d1"),
        (Declined, "d2"),
    ]


def test_an_event_that_somebody_takes_away_is_told(official: Official) -> None:
    official.write("d1")
    official.write("d2")
    official.look()
    official.by_hand("d1", lambda _: None, delete=True)
    assert official.look() == (Deleted(f"d1.{official.name}"),)
    assert official.look() == ()


def test_an_event_that_no_longer_shows_that_it_is_ours_is_gone(official: Official) -> None:
    official.write("d1")
    official.look()

    def strip(event: Any) -> None:
        del event["X-BOOSTEZ-MARKER"]
        del event["URL"]

    official.by_hand("d1", strip)
    assert official.look() == (Deleted(f"d1.{official.name}"),)


def test_words_that_somebody_changes_and_their_own_appointments_are_no_change(
    official: Official, server: CalDav
) -> None:
    official.write("d1")
    official.look()

    def reword(event: Any) -> None:
        event["SUMMARY"] = "Ma rencontre"

    official.by_hand("d1", reword)
    own = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:own\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261208T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    assert server.put(official.name, "own.ics", own, None).status_code == 201
    assert official.look() == ()


def test_a_write_of_ours_that_overtakes_the_question_is_no_change(official: Official) -> None:
    """The ledger was asked what it wrote, then a delivery wrote the next version, then the calendar was asked."""
    official.write("d1")
    official.look()
    before = dict(official.known)
    official.write("d1", version=2, starts=EVENING + HOUR)
    official.known, after = before, official.known
    assert official.look() == ()
    official.known = after
    official.by_hand("d1", set_start(EVENING + 5 * HOUR))
    assert [type(change) for change in official.look()] == [Moved]


def test_a_token_that_the_server_has_forgotten_costs_a_whole_look(official: Official) -> None:
    official.write("d1")
    official.look()
    official.by_hand("d1", set_start(EVENING + HOUR))
    for forgotten in ('{"sync":"http://radicale.org/ns/sync/0123"}', "of another version"):
        official.token = forgotten
        assert [type(change) for change in official.seen().changes] == [Moved]
    assert [type(change) for change in official.look()] == [Moved]
    assert official.look() == ()


def test_when_nothing_changed_no_event_is_read(radicale: Radicale, server: CalDav) -> None:
    official = Official(radicale, server, "quiet1")
    for number in range(3):
        official.write(f"d{number}")
    official.look()
    before = server.http.requests
    assert official.look() == ()
    assert server.http.requests - before == 1


def test_a_calendar_that_was_taken_away_takes_its_events_along(
    official: Official, radicale: Radicale
) -> None:
    official.write("d1")
    official.look()
    radicale.witness(official.name).delete()
    assert official.look() == (Deleted(f"d1.{official.name}"),)
