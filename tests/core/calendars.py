"""Calendar files for tests, written by hand."""

from __future__ import annotations

import datetime as dt

FIRST = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
LAST = dt.datetime(2026, 12, 7, tzinfo=dt.UTC)


def event(*lines: str, uid: str = "a@home.example") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT", ""])


def calendar(*events: str) -> bytes:
    return "".join(
        ["BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Elsewhere//FR\r\n", *events, "END:VCALENDAR\r\n"]
    ).encode()
