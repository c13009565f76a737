"""When officials are busy, from their calendar on our server or from the address of one that they publish.

Belongs here: asking for it. Does not: what takes somebody's time (core/busy.py).

Whole objects are asked for and taken apart here, not the server's own expand or free-busy: radicale 3.9 reckons both by the offset
of the first instance, an hour wrong for half of the year, and days by UTC (README.md). So both ways follow one set of rules.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from connectors.caldav.client import CalDav
from connectors.caldav.multistatus import Stored
from connectors.http import Http, Response
from connectors.network import is_this_machine
from connectors.redaction import hide
from core.busy import Availability, busy_in, together
from core.calendar_events import Fault
from schemas.errors import Misconfigured, Rejected, RetryLater, Unreachable

MAX_BYTES: Final = 8 * 1024 * 1024  # of a published calendar
_MARGIN: Final = dt.timedelta(days=1)  # for what servers reckon by other clocks
_ADDRESS: Final = "the address of the official's calendar"


def busy(server: CalDav, calendar: str, first: dt.datetime, last: dt.datetime) -> Availability:
    """When a calendar of our server keeps its owner busy within [first, last). Our own events have their marker.

    Raises:
        RetryLater: it cannot be told now.
        Permanent: we are not let in.
        Rejected: there is no such calendar.

    """
    objects = server.between(calendar, first - _MARGIN, last + _MARGIN)
    if objects is None:
        raise Rejected(f"The calendar server has no calendar {calendar!r}: make it, or correct its name.")
    return together([_of(each, first, last) for each in objects])


def _of(stored: Stored, first: dt.datetime, last: dt.datetime) -> Availability:
    try:
        return busy_in(stored.data, first, last, stored.etag)
    except Rejected:
        return Availability((), (Fault(stored.name, "the server keeps something there that is no calendar"),))


def busy_at(
    address: SecretStr,
    first: dt.datetime,
    last: dt.datetime,
    private_hosts: frozenset[str] = frozenset(),
) -> Availability:
    """When the calendar at an https (or webcal) address keeps its owner busy within [first, last).

    Whoever knows such an address can read the calendar, so it is kept as a secret: no error and no log shows it.

    Raises:
        RetryLater: it cannot be told now.
        Permanent: the address is none, or does not answer with a calendar's bytes.
        Rejected: what is there is no calendar, or too large.

    """
    base, path = _parted(address.get_secret_value(), private_hosts)
    hide(path)
    http = Http(base, setting=_ADDRESS, private_hosts=private_hosts)
    trouble: RetryLater
    try:
        return busy_in(http.read(path, _content), first, last)
    except Unreachable:
        trouble = Unreachable(f"{base} gave no good answer. Check {_ADDRESS}, or run this again later.")
    finally:
        http.close()
    raise trouble


def _parted(address: str, private_hosts: frozenset[str]) -> tuple[str, str]:
    """Host and path of an address.

    Raises:
        Misconfigured: it is no https address of another machine.

    """
    try:
        parts = urlsplit(address.strip().replace("webcal://", "https://", 1))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Misconfigured(f"{_ADDRESS} is no address") from None
    allowed = host in private_hosts or (parts.scheme == "https" and not is_this_machine(host))
    if not host or not allowed or parts.username:
        raise Misconfigured(f"{_ADDRESS} must begin with https:// and name a public host, without user name")
    place = f"[{host}]" if ":" in host else host
    base = f"{parts.scheme}://{place}" + (f":{port}" if port else "")
    return base, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _content(response: Response) -> bytes:
    if len(response.content) > MAX_BYTES:
        raise Rejected(
            f"This calendar has more than {MAX_BYTES // 2**20} MB: share one that holds appointments of this year."
        )
    return response.content
