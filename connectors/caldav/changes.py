"""What people did to our events in a calendar, since we last looked.

Belongs here: finding what was touched, and telling a hand's change from our own. Does not: what becomes of one (a person decides), words
that were changed (an audit finds them), or people's own events.

Nothing here writes. An event that is as we wrote it, or that bears a marker that whoever asks does not know yet, is no change: the
first is our echo, the second a write of ours that overtook the question.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec

from connectors.caldav import wire
from connectors.caldav.client import CalDav
from connectors.caldav.multistatus import Stored
from connectors.caldav.wire import Place
from schemas.dialogue import Announcement

_ETAGS: Final = "etags "  # begins the token of a server that has none


class Known(msgspec.Struct, frozen=True):
    """What the ledger last wrote of a subject, under which marker."""

    marker: str
    said: Announcement


class Moved(msgspec.Struct, frozen=True):
    """Somebody had the event begin or last otherwise. ``starts`` in UTC."""

    subject: str
    starts: dt.datetime
    minutes: int
    etag: str


class Declined(msgspec.Struct, frozen=True):
    """Somebody said that they will not come, or struck the event out."""

    subject: str
    etag: str


class Deleted(msgspec.Struct, frozen=True):
    """Somebody took the event away, or all that shows that it is ours."""

    subject: str


Change = Moved | Declined | Deleted


class Seen(msgspec.Struct, frozen=True):
    """The changes, and the token to ask with next time."""

    changes: tuple[Change, ...]
    token: str


def changes(
    server: CalDav, calendar: str, publisher: str, known: Mapping[str, Known], token: str = ""
) -> Seen:
    """What people did to our events in a calendar since ``token``; without one, all in which they are not as we wrote them.

    ``known``: by subject, what the ledger says is there now, read before this is called; of what it withdraws meanwhile, a
    ``Deleted`` is our own. Each change is told once: keep the token in the transaction that keeps the changes.

    Raises:
        RetryLater: it cannot be told now.
        Permanent: we are not let in.

    """
    names = {wire.place(subject).name: subject for subject in known}
    touched, following = _touched(server, calendar, token, names)
    there = server.several(calendar, sorted(touched))
    found = (
        _change(wire.place(names[name]), known[names[name]], there.get(name), publisher)
        for name in sorted(touched)
    )
    return Seen(tuple(change for change in found if change), following)


def _touched(server: CalDav, calendar: str, token: str, names: Mapping[str, str]) -> tuple[set[str], str]:
    """Which of our objects may have changed since a token, and the next token."""
    if not token.startswith(_ETAGS):
        told = server.since(calendar, token)
        if told is None and token:
            return _touched(server, calendar, "", names)
        if told is not None and told.token:
            changed = {each.name for each in told.stored}
            return (set(names) if not token else set(names) & changed), told.token
    before = msgspec.json.decode(token.removeprefix(_ETAGS) or "{}", type=dict[str, str])
    now = {name: etag for name, etag in (server.versions(calendar) or {}).items() if name in names}
    touched = {name for name in names if name not in now or now[name] != before.get(name)}
    return touched, _ETAGS + msgspec.json.encode(now).decode()


def _change(where: Place, known: Known, stored: Stored | None, publisher: str) -> Change | None:
    shown = wire.seen(stored, where, publisher) if stored else None
    if stored is None or shown is None:
        return Deleted(where.subject)
    if shown.marker != known.marker:
        return None
    if shown.declined or (shown.cancelled and known.said.state != "cancelled"):
        return Declined(where.subject, stored.etag)
    minutes = round((shown.ends - shown.starts) / dt.timedelta(minutes=1))
    if (shown.starts, minutes) != (known.said.starts, known.said.minutes):
        return Moved(where.subject, shown.starts, minutes, stored.etag)
    return None
