"""When officials are busy, from radicale and from published addresses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.caldav.busy import MAX_BYTES, busy, busy_at
from connectors.caldav.channel import Calendars
from connectors.caldav.client import CalDav
from core.busy import busy_in
from schemas.errors import Misconfigured, Permanent, Rejected, Unreachable
from tests.calendars import Radicale, server_at
from tests.connectors.outside import Server, says, serving
from tests.core.calendars import FIRST, LAST, calendar, event
from tests.dialogues import announcement, intent

HERE = frozenset({"127.0.0.1"})
WEEKLY = event(
    "DTSTART;TZID=Europe/Paris:20261001T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY", uid="weekly@x"
)
PRIVATE = event("DTSTART;VALUE=DATE:20261201", "CLASS:PRIVATE", uid="private@x")
FREE = event("DTSTART:20261203T120000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT", uid="free@x")
BROKEN = event("DTSTART;TZID=Ma Zone:20261203T120000", uid="broken@x")


@pytest.fixture
def outside() -> Iterator[Server]:
    with serving() as made:
        yield made


def filled(server: CalDav, name: str, *events: str) -> None:
    server.make(name)
    for number, each in enumerate(events):
        assert server.put(name, f"{number}.ics", calendar(each), None).status_code == 201


def test_an_officials_calendar_says_when_they_are_busy(server: CalDav, calendars: Calendars) -> None:
    filled(server, "busy1", WEEKLY, PRIVATE, FREE)
    calendars.send([intent("d1.busy1", "create", 10, announcement(starts=FIRST + dt.timedelta(days=3)))])
    found = busy(server, "busy1", FIRST, LAST)
    assert found.faults == ()
    assert [(span.uid, f"{span.starts:%d.%m %H}", f"{span.ends:%d.%m %H}") for span in found.busy] == [
        ("d1@portail.example", "26.11 00", "26.11 01"),
        ("weekly@x", "26.11 09", "26.11 10"),
        ("private@x", "30.11 23", "01.12 23"),
        ("weekly@x", "03.12 09", "03.12 10"),
    ]
    assert [span.marker for span in found.busy] == ["d1.busy1-a", "", "", ""]
    assert all(span.etag.startswith('"') for span in found.busy)


def test_what_is_just_outside_for_the_servers_clocks_is_found(server: CalDav) -> None:
    """radicale's own reckoning of a day is UTC's: one that ends at Paris's midnight began the evening before."""
    filled(server, "busy2", event("DTSTART;VALUE=DATE:20261201", uid="day@x"))
    last = dt.datetime(2026, 11, 30, 23, 30, tzinfo=dt.UTC)
    assert [span.uid for span in busy(server, "busy2", last - dt.timedelta(hours=2), last).busy] == ["day@x"]


def test_what_the_server_would_say_itself_is_an_hour_wrong_in_winter(
    radicale: Radicale, server: CalDav
) -> None:
    """Why its free-busy is not asked: when this fails it has been mended, and the README is to say so."""
    filled(server, "busy3", WEEKLY)
    last = FIRST + dt.timedelta(days=6)
    said = radicale.witness("busy3").freebusy_request(start=FIRST, end=last).data
    assert "20261126T080000Z/20261126T090000Z" in said
    (ours,) = busy(server, "busy3", FIRST, last).busy
    assert ours.starts == dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)


def test_a_calendar_that_is_not_there_says_so(server: CalDav) -> None:
    with pytest.raises(Rejected, match="no calendar 'nobody'"):
        busy(server, "nobody", FIRST, LAST)


def test_an_object_that_is_no_calendar_is_told_and_spoils_no_other(outside: Server) -> None:
    def response(name: str, data: bytes) -> bytes:
        prop = b"<C:calendar-data>" + data + b"</C:calendar-data>"
        return (
            f"<response><href>/o1/{name}</href><propstat><prop>".encode()
            + prop
            + b"</prop><status>HTTP/1.1 200 OK</status></propstat></response>"
        )

    said = response("bad.ics", b"?") + response("good.ics", calendar(WEEKLY))
    names = b'<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
    outside.answers = [says(207, names + said + b"</multistatus>")]
    with server_at(outside.base) as server:
        found = busy(server, "o1", FIRST, LAST)
    assert [fault.what for fault in found.faults] == ["bad.ics"]
    assert [span.uid for span in found.busy] == ["weekly@x", "weekly@x"]


def test_a_published_calendar_says_the_same(outside: Server) -> None:
    content = calendar(WEEKLY, PRIVATE, FREE, BROKEN)
    outside.answers = [says(200, content, Content_Type="text/calendar")]
    found = busy_at(SecretStr(f"{outside.base}/cal/basic.ics?export"), FIRST, LAST, HERE)
    assert found == busy_in(content, FIRST, LAST)
    assert len(found.busy) == 3
    assert [fault.what for fault in found.faults] == ["broken@x"]
    assert [path for _, path, *_ in outside.calls] == ["/cal/basic.ics?export"]


@pytest.mark.parametrize(
    "address",
    ["", "https://", "file:///etc/passwd", "http://calendar.example/a.ics", "https://u:p@calendar.example/a.ics",
     "https://127.0.0.1/a.ics", "https://localhost:4420/a.ics", "http://127.0.0.1:4420/a.ics", "https://a:b/c", "ftp://x/a.ics"],
)  # fmt: skip
def test_an_address_that_is_none_of_another_machine_is_not_called(address: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        busy_at(SecretStr(address), FIRST, LAST)
    assert "must begin with https" in str(caught.value) or "is no address" in str(caught.value)


def test_an_address_is_a_secret(outside: Server) -> None:
    """Whoever has the address of a published calendar can read it: no error may hand it on."""
    outside.answers = [says(503)]
    with pytest.raises(Unreachable) as caught:
        busy_at(SecretStr(f"{outside.base}/private-0123456789/basic.ics"), FIRST, LAST, HERE)
    assert caught.value.__context__ is None
    assert "0123456789" not in str(caught.value)
    outside.answers = [says(404)]
    with pytest.raises(Permanent) as gone:
        busy_at(SecretStr(f"{outside.base}/private-0123456789/basic.ics"), FIRST, LAST, HERE)
    assert "0123456789" not in str(gone.value)


def test_a_web_page_or_too_much_is_no_calendar(outside: Server) -> None:
    outside.answers = [
        says(200, b"<html>Connexion</html>"),
        says(200, b"BEGIN:VCALENDAR\r\n" + b" " * MAX_BYTES),
    ]
    with pytest.raises(Rejected, match="Copy the address"):
        busy_at(SecretStr(f"{outside.base}/a.ics"), FIRST, LAST, HERE)
    with pytest.raises(Rejected, match="more than 8 MB"):
        busy_at(SecretStr(f"{outside.base}/a.ics"), FIRST, LAST, HERE)
