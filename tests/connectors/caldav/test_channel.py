"""The channel against radicale, read back by a client that shares no code with it."""

from __future__ import annotations

import datetime as dt
import os
import signal
from threading import Thread
from typing import Any
from zlib import crc32

import msgspec
import pytest

from connectors.caldav.channel import Calendars
from connectors.caldav.client import CalDav
from core.effects import Intent, Receipt, proof
from schemas.errors import Permanent, RetryLater, Unreachable
from tests.calendars import PUBLISHER, Line, Radicale, Trouble, server_at
from tests.dialogues import EVENING, announcement, intent


@pytest.fixture
def calendar(request: pytest.FixtureRequest) -> str:
    """A calendar that no other test has."""
    return f"o{crc32(request.node.name.encode()):x}"


def one(channel: Calendars, given: Intent) -> Receipt:
    (receipt,) = channel.send([given]).receipts
    assert receipt.effect == given.effect
    return receipt


def there(radicale: Radicale, calendar: str) -> list[Any]:
    """What the witness sees."""
    found = [each.icalendar_component for each in radicale.witness(calendar).events()]
    return sorted(found, key=lambda event: str(event["UID"]))


def foreign(radicale: Radicale, calendar: str, name: str, uid: str, extra: str = "") -> None:
    """Somebody's own appointment, put there by the witness's transport."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Elsewhere//FR", "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z",
        "DTSTART:20261208T090000Z", "DTEND:20261208T100000Z", "SUMMARY:Dentiste", *([extra] if extra else []),
        "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    client = radicale.witness(calendar).client
    answer = client.put(
        f"{radicale.base}/{calendar}/{name}", "\r\n".join(lines), {"Content-Type": "text/calendar"}
    )
    assert answer.status == 201


def test_an_event_is_made_changed_cancelled_and_taken_away(
    radicale: Radicale, calendars: Calendars, calendar: str
) -> None:
    subject = f"d1.{calendar}"
    made = one(calendars, intent(subject, "create", 10, announcement()))
    assert (made.outcome, made.remote_id) == ("done", f"{calendar}/{subject}.ics")
    (event,) = there(radicale, calendar)
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == ("d1@portail.example", 1, "CONFIRMED")
    assert event["DTSTART"].dt.astimezone(dt.UTC) == EVENING
    assert event["DTSTART"].params["TZID"] == "Europe/Paris"
    assert event["X-BOOSTEZ-MARKER"] == f"{subject}-a"
    assert event["URL"] == f"{PUBLISHER}/dialogues/d1?e={subject}-a"

    later = announcement(version=2, starts=EVENING + dt.timedelta(days=1), was=EVENING)
    assert one(calendars, intent(subject, "update", 11, later)).outcome == "done"
    (event,) = there(radicale, calendar)
    assert (event["UID"], event["SEQUENCE"]) == ("d1@portail.example", 2)
    assert event["DTSTART"].dt.astimezone(dt.UTC) == later.starts

    cancelled = msgspec.structs.replace(later, version=3, state="cancelled", reason="Élu souffrant.")
    assert one(calendars, intent(subject, "update", 12, cancelled)).outcome == "done"
    (event,) = there(radicale, calendar)
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 3)
    assert "Élu souffrant." in event["DESCRIPTION"]

    assert one(calendars, intent(subject, "withdraw", 13, None)).outcome == "done"
    assert there(radicale, calendar) == []
    assert one(calendars, intent(subject, "withdraw", 14, None)).outcome == "done"


def test_what_it_shows_is_found_again_as_it_was_written(
    radicale: Radicale, calendars: Calendars, calendar: str
) -> None:
    said = announcement(
        title="Virgules, points-virgules ; \\ et 👩‍👩‍👧", summary="Deux\nlignes\n\net un vide, “…”"
    )
    given = intent(f"d1.{calendar}", "create", 10, said)
    one(calendars, given)
    foreign(radicale, calendar, "dentist.ics", "dentist@home.example")
    found = calendars.find([given, intent(f"d2.{calendar}", "create", 11, None)])
    assert set(found) == {given.effect}
    assert found[given.effect].marker == given.marker
    assert given.content
    assert found[given.effect].digest == calendars.digest(given.marker, given.content)
    assert calendars.digest(f"d1.{calendar}-b", given.content) != found[given.effect].digest
    ours = [each for each in calendars.inventory() if each.remote_id.startswith(f"{calendar}/")]
    assert ours == [found[given.effect]], "a person's own appointment is not looked at"


@pytest.mark.parametrize("operation", ["create", "update", "withdraw"])
def test_an_event_that_is_not_ours_is_left_alone_and_told(
    radicale: Radicale, server: CalDav, calendars: Calendars, calendar: str, operation: Any
) -> None:
    server.make(calendar)
    foreign(radicale, calendar, f"d1.{calendar}.ics", "dentist@home.example")
    said = None if operation == "withdraw" else announcement()
    receipt = one(calendars, intent(f"d1.{calendar}", operation, 10, said))
    assert receipt.outcome == "rejected"
    assert "not ours" in (receipt.error or "")
    (event,) = there(radicale, calendar)
    assert event["SUMMARY"] == "Dentiste"


def test_a_copy_that_somebody_made_of_our_event_is_theirs(
    radicale: Radicale, server: CalDav, calendars: Calendars, calendar: str
) -> None:
    """Programs copy every property: a copy under our name and with our marker has another UID."""
    server.make(calendar)
    foreign(
        radicale, calendar, f"d1.{calendar}.ics", "copy@home.example", f"X-BOOSTEZ-MARKER:d1.{calendar}-a"
    )
    assert one(calendars, intent(f"d1.{calendar}", "withdraw", 10, None)).outcome == "rejected"
    assert len(there(radicale, calendar)) == 1


def test_an_invitation_that_somebody_took_into_the_calendar_is_told(
    radicale: Radicale, server: CalDav, calendars: Calendars, calendar: str
) -> None:
    server.make(calendar)
    foreign(radicale, calendar, "from-mail.ics", "d1@portail.example")
    receipt = one(calendars, intent(f"d1.{calendar}", "create", 10, announcement()))
    assert (receipt.outcome, receipt.cause) == ("rejected", "content")
    assert "took the invitation" in (receipt.error or "")


def test_an_event_that_was_there_already_is_known_by_its_marker(calendars: Calendars, calendar: str) -> None:
    given = intent(f"d1.{calendar}", "create", 10, announcement())
    assert one(calendars, given).outcome == "done"
    assert one(calendars, given).outcome == "done", "the same intent, whose first receipt was lost"
    assert one(calendars, intent(f"d1.{calendar}", "create", 11, announcement())).outcome == "stale"


def test_an_update_of_what_is_gone_says_so(calendars: Calendars, calendar: str) -> None:
    assert one(calendars, intent(f"d1.{calendar}", "update", 10, announcement())).outcome == "missing"


@pytest.mark.parametrize("operation", ["update", "withdraw"])
def test_somebody_who_is_faster_is_not_overwritten(
    radicale: Radicale, calendars: Calendars, line: Line, calendar: str, operation: Any
) -> None:
    one(calendars, intent(f"d1.{calendar}", "create", 10, announcement()))

    def by_hand() -> None:
        (event,) = radicale.witness(calendar).events()
        event.icalendar_component["SUMMARY"] = "Par moi"
        event.save(increase_seqno=False)

    with server_at(line.base) as slow:
        line.meanwhile = by_hand
        said = None if operation == "withdraw" else announcement(version=2)
        assert (
            one(Calendars(slow, PUBLISHER), intent(f"d1.{calendar}", operation, 11, said)).outcome == "retry"
        )
    (event,) = there(radicale, calendar)
    assert event["SUMMARY"] == "Par moi"


@pytest.mark.parametrize("trouble", ["lost before", "lost after", "500 after", "a page instead"])
@pytest.mark.parametrize("operation", ["create", "update", "withdraw"])
def test_without_an_answer_it_is_unknown_and_a_look_up_tells(
    calendars: Calendars, line: Line, calendar: str, operation: Any, trouble: Trouble
) -> None:
    """A 200 was done, whatever came with it: before a server in maintenance, say, stood a page, and an event stayed where it had been."""
    before = intent(f"d1.{calendar}", "create", 10, announcement())
    one(calendars, before)
    if operation == "create":
        one(calendars, intent(before.subject, "withdraw", 11, None))
    said = None if operation == "withdraw" else announcement(version=2)
    given = intent(before.subject, operation, 12, said)
    with server_at(line.base) as bad:
        line.trouble = trouble
        assert one(Calendars(bad, PUBLISHER), given).outcome == "unknown"
        assert line.asked.count("PUT") + line.asked.count("DELETE") == 1, "never sent again"
    looked_up = msgspec.structs.replace(given, content=None, remote_id=None)
    found = calendars.find([looked_up]).get(given.effect)
    happened = trouble.endswith("after")
    assert proof(looked_up, found).outcome == ("done" if happened else "unproven")


@pytest.mark.parametrize("trouble", ["lost after", "500 after"])
def test_a_calendar_whose_making_has_no_answer_is_made_later(
    line: Line, calendar: str, trouble: Trouble
) -> None:
    """A 500 once paused all calendars until somebody resumed them, though this one was made."""
    given = intent(f"d1.{calendar}", "create", 10, announcement())
    with server_at(line.base) as bad:
        channel = Calendars(bad, PUBLISHER)
        line.meanwhile = lambda: setattr(line, "trouble", trouble)  # of the write after the next
        with pytest.raises(RetryLater):
            channel.send([given])
        assert one(channel, given).outcome == "done"


def test_a_server_that_is_killed_in_the_middle_of_a_write_leaves_it_unknown() -> None:
    own = Radicale()
    try:
        with server_at(own.base) as server:
            channel = Calendars(server, PUBLISHER)
            one(channel, intent("d0.o1", "create", 9, announcement(ref="d0")))
            given = intent("d1.o1", "create", 10, announcement())
            os.kill(own.process.pid, signal.SIGSTOP)
            receipts: list[Receipt] = []
            thread = Thread(target=lambda: receipts.append(one(channel, given)))
            thread.start()
            thread.join(0.5)  # the request lies in the stopped server's socket
            own.kill()
            thread.join()
            assert [receipt.outcome for receipt in receipts] == ["unknown"]
            with pytest.raises(Unreachable):
                channel.find([given])
            own.start()
            assert channel.find([given]) == {}
            assert one(channel, given).outcome == "done"
    finally:
        own.close()


def test_who_is_not_let_in_is_told_which_settings(radicale: Radicale, calendar: str) -> None:
    with server_at(radicale.base, "wrong") as locked:
        channel = Calendars(locked, PUBLISHER)
        with pytest.raises(Permanent, match="BOOSTEZ_CALDAV_PASSWORD") as caught:
            channel.send([intent(f"d1.{calendar}", "create", 10, announcement())])
        assert caught.value.cause == "token"
        with pytest.raises(Permanent, match="BOOSTEZ_CALDAV_PASSWORD"):
            list(channel.inventory())


@pytest.mark.parametrize("subject", ["d1", "D1.o1", "../d1.o1", "d1.o1.x", "d1.o 1"])
def test_a_subject_that_names_no_place_is_refused(calendars: Calendars, subject: str) -> None:
    assert one(calendars, intent(subject, "create", 10, announcement())).outcome == "rejected"


def test_content_that_is_none_of_a_dialogue_is_refused(calendars: Calendars, calendar: str) -> None:
    given = msgspec.structs.replace(intent(f"d1.{calendar}", "create", 1, None), content=b'{"about":"x"}')
    assert one(calendars, given).outcome == "rejected"
