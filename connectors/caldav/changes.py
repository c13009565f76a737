"""What people did to our events in a calendar, since we last looked.

Belongs here: finding what was touched, and telling a hand's change from our own. Does not: what becomes of one (a person decides), words
that were changed (an audit finds them), or people's own events.

Nothing here writes. An event that is as we wrote it, or that bears a marker that whoever asks does not know yet, is no change: the
first is our echo, the second a write of ours that overtook the question.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from connectors.caldav import wire
from connectors.caldav.client import CalDav
from connectors.caldav.multistatus import Stored
from connectors.caldav.wire import Place
from schemas.dialogue import Announcement


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
    """The changes, and the token to ask with next time. ``taken_back``: subjects whose change, told before, somebody has undone."""

    changes: tuple[Change, ...]
    token: str
    taken_back: tuple[str, ...] = ()


class _Token(msgspec.Struct, frozen=True):
    """How far a calendar was read: the server's token, or where it has none the version of each object of ours.

    ``told``: the marker that an event of each subject bore when a change was told.
    """

    sync: str = ""
    etags: dict[str, str] | None = None
    told: dict[str, str] = {}


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
    before = _read(token)
    names = {wire.place(subject).name: subject for subject in known}
    touched, after = _touched(server, calendar, before, names)
    there = server.several(calendar, sorted(touched))
    found = {
        names[name]: _change(wire.place(names[name]), known[names[name]], there.get(name), publisher)
        for name in sorted(touched)
    }
    told = before.told | {subject: known[subject].marker for subject, change in found.items() if change}
    undone = {subject for subject, change in found.items() if change is None and subject in told}
    kept = {subject: marker for subject, marker in told.items() if subject in known and subject not in undone}
    return Seen(
        tuple(change for change in found.values() if change),
        msgspec.json.encode(msgspec.structs.replace(after, told=kept)).decode(),
        # What a write of ours has undone nobody has taken back.
        tuple(sorted(subject for subject in undone if told[subject] == known[subject].marker)),
    )


def _read(token: str) -> _Token:
    try:
        return msgspec.json.decode(token or "{}", type=_Token)
    except msgspec.DecodeError:
        return _Token()  # of another version: everything is looked at


def _touched(
    server: CalDav, calendar: str, before: _Token, names: Mapping[str, str]
) -> tuple[set[str], _Token]:
    """Which of our objects may have changed, and how far the calendar was read then."""
    if before.etags is None:
        said = server.since(calendar, before.sync)
        if said is None and before.sync:
            return _touched(server, calendar, _Token(), names)
        if said is not None and said.token:
            changed = {each.name for each in said.stored} if before.sync else set(names)
            return changed & set(names), _Token(said.token)
    there = server.versions(calendar) or {}
    now = {name: there.get(name, "") for name in names}
    touched = {name for name, etag in now.items() if etag != (before.etags or {}).get(name)}
    return touched, _Token(etags=now)


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
