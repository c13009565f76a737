"""Servers that are not radicale: what a refusal of theirs means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.caldav import wire
from connectors.caldav.changes import changes
from connectors.caldav.channel import Calendars
from connectors.caldav.client import CalDav
from connectors.registry import ANNOUNCERS, CHANNELS, MESSENGERS, channel
from connectors.settings import Settings
from schemas.errors import Misconfigured, Permanent, RetryLater, Unreachable
from tests.calendars import PUBLISHER, server_at
from tests.connectors.outside import Answer, Server, cut, reset, says, serving
from tests.dialogues import EVENING, announcement, intent


@pytest.fixture
def outside() -> Iterator[Server]:
    with serving() as made:
        yield made


@pytest.fixture
def server(outside: Server) -> Iterator[CalDav]:
    with server_at(outside.base) as made:
        yield made


def failing(name: str) -> bytes:
    return f'<error xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:{name}/></error>'.encode()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (says(201, ETag='"1"'), "done"),
        (says(204), "done"),
        (says(200), "done"),
        (says(200, b"<html>Maintenance</html>"), "unknown"),
        (says(500), "unknown"),
        (says(503, Retry_After="5"), "unknown"),
        (says(507), "unknown"),
        (says(302, Location="https://elsewhere.example/"), "unknown"),
        (cut, "unknown"),
        (reset, "unknown"),
        (says(403, failing("valid-calendar-data")), "rejected"),
        (says(409, failing("no-uid-conflict")), "rejected"),
        (says(403, failing("max-resource-size")), "rejected"),
        (says(400), "rejected"),
        (says(415), "rejected"),
    ],
)
def test_an_answer_to_a_write_is_taken_for_what_it_proves(
    outside: Server, server: CalDav, answer: Answer, outcome: str
) -> None:
    outside.answers = [answer]
    (receipt,) = Calendars(server, PUBLISHER).send([intent("d1.o1", "create", 10, announcement())]).receipts
    assert receipt.outcome == outcome
    assert len(outside.calls) == 1


@pytest.mark.parametrize(
    ("answer", "error", "cause"),
    [
        (says(401), Permanent, "token"),
        (says(403), Permanent, "permission"),
        (says(403, failing("need-privileges")), Permanent, "permission"),
        (says(429, Retry_After="7"), RetryLater, "limit"),
        (says(423), RetryLater, "limit"),
    ],
)
def test_a_refusal_that_says_nothing_of_the_event_stops_the_channel(
    outside: Server, server: CalDav, answer: Answer, error: Any, cause: str
) -> None:
    outside.answers = [answer]
    with pytest.raises(error) as caught:
        Calendars(server, PUBLISHER).send([intent("d1.o1", "create", 10, announcement())])
    assert caught.value.cause == cause


def test_the_password_travels_in_a_header_and_is_not_repeated(outside: Server, server: CalDav) -> None:
    outside.answers = [lambda handler: says(400, handler.headers["Authorization"].encode())(handler)]
    (receipt,) = Calendars(server, PUBLISHER).send([intent("d1.o1", "create", 10, announcement())]).receipts
    key = outside.calls[0][3]["Authorization"].removeprefix("Basic ")
    assert key
    assert key not in (receipt.error or "")
    assert "HTTP 400" in (receipt.error or "")


@pytest.mark.parametrize("status", ["500 Internal Server Error", "507 Insufficient Storage"])
def test_an_object_that_an_answer_leaves_out_is_not_taken_for_deleted(
    outside: Server, server: CalDav, status: str
) -> None:
    said = f'<multistatus xmlns="DAV:"><response><href>/o1/d1.o1.ics</href><status>HTTP/1.1 {status}</status></response></multistatus>'
    outside.answers = [says(207, said.encode())]
    with pytest.raises(Unreachable, match="tells nothing of"):
        server.several("o1", ["d1.o1.ics"])
    with pytest.raises(Unreachable, match="tells nothing of"):
        server.between("o1", EVENING, EVENING)


def test_a_name_that_somebody_typed_is_one_name(outside: Server, server: CalDav) -> None:
    outside.answers = [says(404)]
    server.between("a/../b?c", EVENING, EVENING)
    assert [path for _, path, *_ in outside.calls] == ["/a%2F..%2Fb%3Fc/"]


@pytest.mark.parametrize("body", [b"<html>Connexion</html>", b""])
def test_a_page_in_the_place_of_an_event_is_not_taken_for_its_absence(
    outside: Server, server: CalDav, body: bytes
) -> None:
    outside.answers = [says(200, body)]
    with pytest.raises(Unreachable):
        Calendars(server, PUBLISHER).find([intent("d1.o1", "create", 10, None)])


@pytest.mark.parametrize("answer", [says(501), says(403, b'<error xmlns="DAV:"><supported-report/></error>')])
def test_a_server_without_sync_collection_is_asked_for_versions(
    outside: Server, server: CalDav, answer: Answer
) -> None:
    nothing = says(207, b'<multistatus xmlns="DAV:"/>')
    outside.answers = [answer, nothing]
    token = changes(server, "o1", PUBLISHER, {}).token
    assert [method for method, *_ in outside.calls] == ["REPORT", "PROPFIND"]
    outside.calls.clear()
    outside.answers = [nothing]
    assert changes(server, "o1", PUBLISHER, {}, token).changes == ()
    assert [method for method, *_ in outside.calls] == ["PROPFIND"], "it is not asked again"


@pytest.mark.parametrize(
    "answer", [says(405), says(409, b'<error xmlns="DAV:"><resource-must-be-null/></error>')]
)
def test_a_calendar_that_somebody_else_has_just_made_is_there(
    outside: Server, server: CalDav, answer: Answer
) -> None:
    outside.answers = [says(409), answer, says(201)]
    (receipt,) = Calendars(server, PUBLISHER).send([intent("d1.o1", "create", 10, announcement())]).receipts
    assert receipt.outcome == "done"
    assert [(method, path) for method, path, *_ in outside.calls] == [
        ("PUT", "/o1/d1.o1.ics"),
        ("MKCALENDAR", "/o1/"),
        ("PUT", "/o1/d1.o1.ics"),
    ]


def test_a_server_that_makes_no_calendars_says_what_to_do(outside: Server, server: CalDav) -> None:
    outside.answers = [says(404), says(501)]
    with pytest.raises(Permanent, match="Make that calendar by hand"):
        Calendars(server, PUBLISHER).send([intent("d1.o1", "create", 10, announcement())])


def test_a_server_that_names_no_version_is_not_written_over(outside: Server, server: CalDav) -> None:
    data = wire.encoded(announcement(), "d1.o1-9", PUBLISHER, EVENING)
    for etag in ("", 'W/"1"'):
        outside.answers = [says(200, data, ETag=etag)]
        with pytest.raises(Permanent, match="no strong ETag"):
            Calendars(server, PUBLISHER).send([intent("d1.o1", "update", 10, announcement())])
    assert {method for method, *_ in outside.calls} == {"GET"}


def test_it_is_registered_once_and_names_the_setting_that_is_missing() -> None:
    region: Any = None  # which it has nothing to do with
    assert "caldav" in ANNOUNCERS
    assert not set(ANNOUNCERS) & {*CHANNELS, *MESSENGERS}
    with pytest.raises(Misconfigured, match="BOOSTEZ_CALDAV_URL"):
        channel("caldav", Settings(), region)
    chosen = Settings(caldav_url="https://calendar.example/boostez/")
    built = channel("caldav", chosen, region)
    assert isinstance(built, Calendars)
    built.close()
