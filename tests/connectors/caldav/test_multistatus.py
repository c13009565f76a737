from __future__ import annotations

import datetime as dt

import pytest
from lxml import etree

from connectors.caldav import multistatus
from connectors.caldav.multistatus import Stored
from schemas.errors import RetryLater

SAID = """<?xml version="1.0" encoding="utf-8"?>
<d:multistatus xmlns:d="DAV:" xmlns:cal="urn:ietf:params:xml:ns:caldav">
  <d:sync-token> https://x.example/sync/2 </d:sync-token>
  <d:response><d:href>https://x.example/home/o12/</d:href>
    <d:propstat><d:prop><d:resourcetype><d:collection/><cal:calendar/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
    <d:propstat><d:prop><d:getetag/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>
  <d:response><d:href>/home/o12/l%27un%20d%E2%80%99eux.ics</d:href>
    <d:propstat><d:prop><d:getetag>"1"</d:getetag><cal:calendar-data>BEGIN:VCALENDAR&#13;
é&amp;</cal:calendar-data></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
  <d:response><d:href>/home/o12/gone.ics</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>
</d:multistatus>"""


def test_an_answer_is_taken_apart_whatever_its_prefixes() -> None:
    told = multistatus.read(SAID.encode())
    assert told.token == "https://x.example/sync/2"
    assert told.stored == [
        Stored("o12", calendar=True),
        Stored("l'un d’eux.ics", '"1"', "BEGIN:VCALENDAR\r\né&".encode()),
        Stored("gone.ics", gone=True),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"<html/>",
        b'{"error": 1}',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><multistatus xmlns="DAV:"><sync-token>&e;</sync-token></multistatus>',
        b'<!DOCTYPE multistatus><multistatus xmlns="DAV:"/>',
        b'<error xmlns="DAV:"/>',
        SAID.encode()[:-20],
    ],
)
def test_what_is_no_such_answer_is_asked_for_again(content: bytes) -> None:
    with pytest.raises(RetryLater, match="multistatus"):
        multistatus.read(content)


def test_an_error_names_what_was_not_fulfilled() -> None:
    said = b'<error xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:no-uid-conflict/><valid-sync-token/></error>'
    assert multistatus.preconditions(said) == {"no-uid-conflict", "valid-sync-token"}
    assert multistatus.preconditions(b"Conflict in the request.") == frozenset()
    assert multistatus.preconditions(SAID.encode()) == frozenset()


def test_nothing_that_a_server_gave_us_writes_into_what_it_is_asked() -> None:
    token = etree.fromstring(multistatus.since("</D:sync-token>&<x>")).findtext("{DAV:}sync-token")
    assert token == "</D:sync-token>&<x>"
    hrefs = etree.fromstring(multistatus.several(["/a&b/<c>.ics"])).findall("{DAV:}href")
    assert [href.text for href in hrefs] == ["/a&b/<c>.ics"]


def test_hours_are_asked_for_in_utc() -> None:
    paris = dt.timezone(dt.timedelta(hours=1))
    asked = multistatus.between(
        dt.datetime(2026, 12, 1, tzinfo=paris), dt.datetime(2026, 12, 2, tzinfo=dt.UTC)
    )
    assert b'start="20261130T230000Z" end="20261202T000000Z"' in asked
