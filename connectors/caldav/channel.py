"""Calendars as a channel: a dialogue is an event in the Region's public one, and in those of officials.

Belongs here: writing one object an effect, look-ups, inventory. Does not: what the object holds (wire.py), the server's methods
(client.py), what people do to our events (changes.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from connectors.caldav import multistatus, wire
from connectors.caldav.client import CalDav, raise_denied
from connectors.caldav.multistatus import Stored, preconditions
from connectors.caldav.wire import Place
from connectors.channel import Capabilities, ItemChannel, Readable, Sent
from connectors.http import Response, problem, retry_after
from core.calendar_events import digest
from core.effects import Found, Intent, Receipt
from schemas.dialogue import decode
from schemas.errors import Permanent, Rejected, RetryLater, Unknown

NAME: Final = "caldav"
SETTLE: Final = 60.0  # seconds after which a write that was cut off is done or lost
_COLLECTION: Final = re.compile(r"[0-9a-z]+")


class Calendars(ItemChannel, Readable):
    """The calendars of a server. Events lead to ``publisher``, the portal.

    A subject is ``<ref>.<calendar>``; its object is ``<calendar>/<subject>.ics`` for ever.
    """

    name = NAME

    def __init__(self, server: CalDav, publisher: str) -> None:
        self.http = server.http
        self._server, self._publisher = server, publisher
        self.capabilities = Capabilities(
            form=f"vevent-1 {publisher}", batch=1, in_flight=4, settle_seconds=SETTLE
        )

    def close(self) -> None:
        """See the port."""
        self._server.close()

    def send(self, intents: Sequence[Intent]) -> Sent:
        """See the port."""
        return Sent([self._one(intent) for intent in intents])

    def find(self, intents: Sequence[Intent]) -> Mapping[int, Found]:
        """See the port: by the object's own place."""
        found = {}
        for intent in intents:
            where = wire.place_or_none(intent.subject)
            there = self._there(where) if where else None
            if there and there.marker:
                found[intent.effect] = there
        return found

    def inventory(self) -> Iterator[Found]:
        """See the port. Objects that do not bear a name of ours are not even looked at: they are people's own appointments."""
        for calendar in filter(_COLLECTION.fullmatch, self._server.calendars()):
            named = {name: wire.named(name, calendar) for name in self._server.versions(calendar) or {}}
            ours = {name: where for name, where in named.items() if where}
            for name, stored in self._server.several(calendar, list(ours)).items():
                yield self._found(stored, ours[name])

    def digest(self, marker: str, content: bytes) -> str:
        """See the port."""
        return wire.expected(decode(content), marker, self._publisher)

    def _there(self, where: Place) -> Found | None:
        stored = self._server.get(where.calendar, where.name)
        return self._found(stored, where) if stored else None

    def _found(self, stored: Stored, where: Place) -> Found:
        shown = wire.seen(stored, where, self._publisher)
        return Found(shown.marker, where.path, digest(shown)) if shown else Found("", where.path)

    def _one(self, intent: Intent) -> Receipt:
        try:
            where = wire.place(intent.subject)
            if intent.content is None:
                return self._withdraw(intent, where)
            data = wire.encoded(decode(intent.content), intent.marker, self._publisher, intent.at)
            write = self._create if intent.operation == "create" else self._update
            return write(intent, where, data)
        except Unknown as error:
            return Receipt(intent.effect, "unknown", error=str(error), cause="answer")
        except (Rejected, msgspec.ValidationError) as error:
            return Receipt(intent.effect, "rejected", error=str(error), cause="content")

    def _create(self, intent: Intent, where: Place, data: bytes) -> Receipt:
        response = self._server.put(where.calendar, where.name, data, None)
        if _lacks_its_calendar(response):
            self._server.make(where.calendar)
            response = self._server.put(where.calendar, where.name, data, None)
        if response.status_code != 412:
            return _receipt(intent, where, response)
        there = self._there(where)
        if there is None:
            return Receipt(intent.effect, "retry", after=1.0, error="what was in the way has just gone")
        if not there.marker:
            raise Rejected(_not_ours(where))
        return Receipt(intent.effect, "done" if there.marker == intent.marker else "stale", where.path)

    def _update(self, intent: Intent, where: Place, data: bytes) -> Receipt:
        stored = self._ours(where)
        if stored is None:
            return Receipt(intent.effect, "missing")
        return _receipt(intent, where, self._server.put(where.calendar, where.name, data, stored.etag))

    def _withdraw(self, intent: Intent, where: Place) -> Receipt:
        stored = self._ours(where)
        if stored is None:
            return Receipt(intent.effect, "done")
        response = self._server.delete(where.calendar, where.name, stored.etag)
        gone = response.status_code in {404, 410}
        return Receipt(intent.effect, "done") if gone else _receipt(intent, where, response)

    def _ours(self, where: Place) -> Stored | None:
        """The object as it is there now, None when it is not.

        Raises:
            Rejected: it is not ours.
            Permanent: the server names no version of it, so that nobody else's change could be told from ours.

        """
        stored = self._server.get(where.calendar, where.name)
        if stored and wire.seen(stored, where, self._publisher) is None:
            raise Rejected(_not_ours(where))
        if stored and not stored.etag.startswith('"'):
            raise Permanent(
                f"The calendar server gives no strong ETag of {where.path}: it is no CalDAV (RFC 4791, 5.3.4)."
            )
        return stored


def _not_ours(where: Place) -> str:
    return (
        f"At {where.path} is an event that is not ours (or no longer bears our marker). Take it away or move it, and have "
        f"this sent again: boostez replay effects --channel {NAME} --cause content"
    )


def _lacks_its_calendar(response: Response) -> bool:
    """Whether a PUT found no collection (RFC 4918, 9.7.1: 409; some say 404)."""
    return response.status_code in {404, 409} and not preconditions(response.content)


def _is_webdavs(content: bytes) -> bool:
    """Whether a 200 is the server's own: radicale tells of a DELETE in a multistatus, a proxy shows a page."""
    try:
        return not content or bool(multistatus.read(content).stored)
    except RetryLater:
        return False


def _receipt(intent: Intent, where: Place, response: Response) -> Receipt:
    """What the answer to a write says of its intent.

    Raises:
        RetryLater, Permanent: nothing was done.
        Rejected: it never will be.
        Unknown: it may be done.

    """
    status = response.status_code
    if status in {201, 204} or (status == 200 and _is_webdavs(response.content)):
        return Receipt(intent.effect, "done", None if intent.content is None else where.path)
    if status >= 500 or status < 400:
        raise Unknown(f"HTTP {status}: {problem(response)}")
    broken = preconditions(response.content)
    if "no-uid-conflict" in broken:
        raise Rejected(
            f"The calendar {where.calendar} has this dialogue already, under another name: somebody took the invitation into "
            "it. Delete that event there, and have this sent again."
        )
    if status == 403 and broken - {"need-privileges"}:
        raise Rejected(f"The calendar server refuses the event: {', '.join(sorted(broken))}")
    raise_denied(response)
    if status == 412:
        return Receipt(intent.effect, "retry", after=1.0, error="somebody changed it in this very moment")
    if status in {408, 423, 429}:
        raise RetryLater(f"HTTP {status}: {problem(response)}", after=retry_after(response), cause="limit")
    raise Rejected(f"HTTP {status}: {problem(response)}")
