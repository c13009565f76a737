"""A CalDAV server: its calendars and what is in them.

Belongs here: one method for each thing that a server is asked, and what its refusals of access mean. Does not: our events (wire.py),
what an answer to a write says of an effect (channel.py), XML (multistatus.py).

Sources: RFC 4791 (CalDAV), RFC 4918 (WebDAV), RFC 6578 (sync-collection).
"""

from __future__ import annotations

import datetime as dt
from base64 import b64encode
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from connectors.caldav import multistatus
from connectors.caldav.multistatus import Multistatus, Stored, preconditions
from connectors.http import Http, Reading, Response, Values, problem
from schemas.errors import Permanent, RetryLater, Unknown

AT_ONCE: Final = 50  # objects asked for in one call
_ICALENDAR: Final = "text/calendar; charset=utf-8"
_XML: Final = "application/xml; charset=utf-8"
_NOT_SO: Final = frozenset({"valid-sync-token", "supported-report"})  # RFC 6578, 3.2; RFC 3253, 3.6
_NO_SYNC: Final = frozenset({400, 405, 415, 501})  # of a server that knows no sync-collection


class CalDav:
    """A calendar home: every calendar is a collection right under the address of ``http``."""

    def __init__(self, http: Http, user: str, password: SecretStr) -> None:
        self.http = http
        self._root = urlsplit(http.base).path
        key = b64encode(f"{user}:{password.get_secret_value()}".encode()).decode()
        self._headers: Values = {"Authorization": SecretStr(f"Basic {key}")} if user else {}

    def close(self) -> None:
        """Close every connection."""
        self.http.close()

    def calendars(self) -> list[str]:
        """The names of the calendars there are.

        Raises, as every method that reads:
            RetryLater: it cannot be told now.
            Permanent: we are not let in.

        """
        return self._calendars() or []

    def greet(self) -> list[str]:
        """As ``calendars``, seen to be asked of a calendar home.

        Raises:
            Permanent: the address is none.

        """
        if (found := self._calendars()) is None:
            raise Permanent(f"there is no calendar home at {self.http.base}: check {self.http.setting}.")
        return found

    def _calendars(self) -> list[str] | None:
        found = self._ask("PROPFIND", "/", multistatus.kinds(), "1")
        return None if found is None else [each.name for each in found.stored if each.calendar]

    def get(self, calendar: str, name: str) -> Stored | None:
        """An object, None when it is not there."""

        def parse(response: Response) -> Stored | None:
            raise_denied(response)
            if response.status_code != 200:
                return None
            if not response.content.lstrip().startswith(b"BEGIN:VCALENDAR"):
                raise RetryLater(f"no calendar object: {response.content[:60]!r}", after=0.0)
            return Stored(name, response.headers.get("ETag", ""), response.content)

        accept = frozenset({200, 401, 403, 404, 410})
        return self.http.read(_path(calendar, name), parse, headers=lambda: self._headers, accept=accept)

    def several(self, calendar: str, names: Sequence[str]) -> dict[str, Stored]:
        """The objects of these names that are there."""
        found: dict[str, Stored] = {}
        for start in range(0, len(names), AT_ONCE):
            paths = [self._root + _path(calendar, name) for name in names[start : start + AT_ONCE]]
            told = self._ask("REPORT", _path(calendar), multistatus.several(paths), "1", whole=True)
            found |= {each.name: each for each in (told.stored if told else []) if each.data}
        return found

    def between(self, calendar: str, first: dt.datetime, last: dt.datetime) -> list[Stored] | None:
        """The objects with an event within [first, last), as far as the server reckons; None: there is no such calendar."""
        told = self._ask("REPORT", _path(calendar), multistatus.between(first, last), "1", whole=True)
        return None if told is None else [each for each in told.stored if each.data]

    def versions(self, calendar: str) -> dict[str, str] | None:
        """The ETag of every object, by name; None: there is no such calendar."""
        told = self._ask("PROPFIND", _path(calendar), multistatus.versions(), "1")
        if told is None:
            return None
        return {each.name: each.etag for each in told.stored if each.etag and each.name != calendar}

    def since(self, calendar: str, token: str) -> Multistatus | None:
        """What changed since a token (empty: everything there is), without data; None when the server does not say.

        It does not when it knows no sync-collection, has forgotten the token, or has no such calendar.
        """
        return self._ask("REPORT", _path(calendar), multistatus.since(token), "0", unless=_NO_SYNC)

    def put(self, calendar: str, name: str, data: bytes, etag: str | None) -> Response:
        """Write an object once: a new one, or, with an ``etag``, that version's successor.

        Raises:
            Unreachable, NotYet: nothing was sent.
            Unknown: no whole answer came back.

        """
        only = {"If-None-Match": "*"} if etag is None else {"If-Match": etag}
        headers = {**self._headers, **only, "Content-Type": _ICALENDAR}
        return self.http.write(_path(calendar, name), data=data, headers=headers, method="PUT")

    def delete(self, calendar: str, name: str, etag: str) -> Response:
        """Take that version of an object away, once. Raises as ``put``."""
        headers = {**self._headers, "If-Match": etag}
        return self.http.write(_path(calendar, name), data=b"", headers=headers, method="DELETE")

    def make(self, calendar: str) -> None:
        """Have a calendar be there.

        Raises:
            RetryLater: that cannot be told now; nothing else was written.
            Permanent: the server does not let us.

        """
        try:
            response = self.http.write(_path(calendar), data=b"", headers=self._headers, method="MKCALENDAR")
        except Unknown as error:
            raise RetryLater(str(error), after=0.0) from None
        raise_denied(response)
        if response.status_code in {500, 502, 503, 504}:
            raise RetryLater(f"HTTP {response.status_code} to MKCALENDAR: {problem(response)}", after=1.0)
        if response.status_code != 201 and not _is_there(response):
            raise Permanent(
                f"HTTP {response.status_code} to MKCALENDAR of {calendar}: {problem(response)}. "
                f"Make that calendar by hand, or check {self.http.setting}."
            )

    def _ask(
        self,
        method: Reading,
        path: str,
        body: bytes,
        depth: str,
        *,
        unless: frozenset[int] = frozenset(),
        whole: bool = False,
    ) -> Multistatus | None:
        """What a server tells; None when there is nothing to tell of, or for a status of ``unless``.

        ``whole``: each object has its data, or is not there. One that was left out (507) would be taken for deleted, or for free.
        """

        def parse(response: Response) -> Multistatus | None:
            if response.status_code in unless or _NOT_SO & preconditions(response.content):
                return None
            raise_denied(response)
            if response.status_code != 207:
                return None
            told = multistatus.read(response.content)
            if whole and (lacking := [each.name for each in told.stored if not each.data and not each.gone]):
                raise RetryLater(f"the calendar server tells nothing of {lacking[0]}", after=0.0)
            return told

        headers = {**self._headers, "Content-Type": _XML, "Depth": depth}
        accept = frozenset({207, 401, 403, 404, 409, 410}) | unless
        return self.http.read(path, parse, data=body, headers=lambda: headers, accept=accept, method=method)


def _path(calendar: str, name: str = "") -> str:
    return f"/{quote(calendar, safe='')}/{quote(name, safe='')}"


def _is_there(response: Response) -> bool:
    """Whether MKCALENDAR says that somebody was faster (RFC 4791, 5.3.1; 405 is MKCOL's, and many servers')."""
    return response.status_code == 405 or "resource-must-be-null" in preconditions(response.content)


def raise_denied(response: Response) -> None:
    """Raise what it means that we are not let in.

    Raises:
        Permanent: a person must act.

    """
    if response.status_code == 401:
        raise Permanent(
            "HTTP 401: the calendar server does not let us in. Check BOOSTEZ_CALDAV_USER and BOOSTEZ_CALDAV_PASSWORD.",
            cause="token",
        )
    if response.status_code == 403:
        raise Permanent(
            f"HTTP 403: the calendar server does not permit this: {problem(response)}. Give the account of "
            "BOOSTEZ_CALDAV_USER the right to read and write its calendars.",
            cause="permission",
        )
