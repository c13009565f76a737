"""The steps of a dialogue's life: each a decision that is kept, with whatever it sets going, in one commit.

Belongs here: approving, announcing, moving, cancelling one, and holding it in writing. Does not: which step may follow which
(core/dialogues.py), what channels show (announcing.py), when it is held (dialogue_holding.py), or proposals (seasons.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.dialogues import announcing, dialogues, hosts
from connectors.region.dialogues.dialogue_steps import Hub, change, check_follows, keep
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.sessions import rescheduling, sessions
from connectors.region.sessions.rescheduling import Change
from core import wall
from core.dialogues import missing
from schemas.errors import Refused
from schemas.letters import Host

_LOCK: Final = 72_012  # advisory lock: dialogues are placed one at a time
ANYBODY: Final = 10_000  # places of a dialogue that is followed online
ON_SCREEN, IN_WRITING = "En ligne, en direct", "En ligne, par écrit"  # where, for whoever follows it


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a dialogue, when and where. ``starts_wall`` is what clocks in Paris show."""

    official_id: int
    moderator_id: int
    starts_wall: dt.datetime
    venue_id: int | None = None


def placement(
    region: Region,
    before: Dialogue,
    starts: dt.datetime | None,
    official: str | None,
    moderator: str | None,
    venue: str | None,
) -> Placement:
    """Where a dialogue is to be: what is said, and else what was.

    Raises:
        Misconfigured: there is no such official, moderator or venue.
        Refused: something is said by neither.

    """
    who = hosts.named(region, hosts.Official, official).id if official else before.official_id
    moderates = hosts.named(region, hosts.Moderator, moderator).id if moderator else before.moderator_id
    when = starts.replace(tzinfo=None) if starts else before.starts_wall
    if who is None or moderates is None or when is None:
        raise Refused(f"Dialogue {before.ref} needs an official, a moderator and a time.")
    where = hosts.named(region, hosts.Venue, venue).id if venue else before.venue_id
    return Placement(official_id=who, moderator_id=moderates, starts_wall=when, venue_id=where)


def approve(region: Region, ref: str, where: Placement, by: str, now: dt.datetime) -> Dialogue:
    """Settle who holds a dialogue, when and where. Nobody is told before it is announced.

    Raises:
        Misconfigured: there is none.
        Refused: it is announced already, would have begun, lacks somebody, or somebody or something is taken then.

    """
    with region.begin() as connection:
        after = place(connection, dialogues.lock(connection, ref), where, by, now)
        acts.note(connection, "approved", "dialogue", [ref], by, now)
    return after


def place(
    connection: Connection,
    before: Dialogue,
    where: Placement,
    by: str,
    now: dt.datetime,
    why: str | None = None,
    *,
    checked: bool = True,
) -> Dialogue:
    """``approve`` of a locked dialogue, in a transaction that places several.

    Without ``checked`` whoever calls does ``check_free`` when all are placed: two may change places.
    """
    if before.state != "approved":
        check_follows(before, "approved")
    placed = _placed(before, where, now)
    _check_whole(msgspec.structs.replace(before, **placed))
    after = change(connection, before, now, state="approved", **placed)
    if checked:
        check_free(connection, after)
    keep(connection, after, "approved", by, why, now)
    return after


def hold_fast(region: Region, ref: str, by: str, now: dt.datetime, *, locked: bool) -> Dialogue:
    """Have no new proposal of its season move it, or let it be moved again. Twice is once.

    Raises:
        Misconfigured: there is none.
        Refused: it has no place yet, or is over.

    """
    with region.begin() as connection:
        before = dialogues.lock(connection, ref)
        if before.state not in {"approved", "announced"}:
            raise Refused(f"Dialogue {ref} is {before.state}: only one that has its place can keep it.")
        if before.locked == locked:
            return before
        after = change(connection, before, now, locked=locked)
        step = "locked" if locked else "unlocked"
        keep(connection, after, step, by, None, now)
        acts.note(connection, "changed", "dialogue", [ref], by, now, why=step)
    return after


def announce(region: Region, hub: Hub, ref: str, by: str, now: dt.datetime) -> Dialogue:
    """Tell everybody: every channel, the portal, and who holds it by an invitation. Twice is once.

    Raises:
        Misconfigured: there is none.
        Refused: it was not approved, has begun, or who holds it has ended since.

    """
    with region.begin() as connection:
        before = dialogues.lock(connection, ref)
        if before.state == "announced":
            return before
        check_follows(before, "announced")
        _check_whole(before)
        _check_active(connection, before)
        session = sessions.insert(connection, _session(hub, before), now)
        number = sessions.lock(connection, session).id
        after = change(connection, before, now, state="announced", session_id=number)
        keep(connection, after, "announced", by, None, now)
        announcing.show(connection, hub.rules, before, after)
        announcing.write(connection, after, "invited")
        acts.note(connection, "announced", "dialogue", [ref], by, now)
    return after


def move(
    region: Region,
    hub: Hub,
    ref: str,
    by: str,
    why: str | None,
    now: dt.datetime,
    *,
    where: Placement,
    minutes: int | None = None,
) -> Dialogue:
    """Hold an announced dialogue at another time or place, or with somebody else: whoever was told is told anew, once.

    Raises:
        Misconfigured: there is none.
        Refused: it is not announced, has begun or would have, or somebody or something is taken then.

    """
    with region.begin() as connection:
        before = dialogues.lock(connection, ref)
        after = move_locked(connection, hub, before, where, by, why, now, minutes=minutes)
        acts.note(connection, "moved", "dialogue", [ref] * (after.version > before.version), by, now)
    return after


def move_locked(
    connection: Connection,
    hub: Hub,
    before: Dialogue,
    where: Placement,
    by: str,
    why: str | None,
    now: dt.datetime,
    *,
    minutes: int | None = None,
    checked: bool = True,
) -> Dialogue:
    """``move`` of a locked dialogue, in a transaction that does more; ``checked`` as in ``place``.

    What stays as it was is told to nobody.
    """
    if before.state != "announced" or before.starts_at is None or before.starts_at <= now:
        raise Refused(
            f"Dialogue {before.ref} is {before.state}: only one that is announced and has not begun moves."
        )
    placed = _placed(before, where, now)
    told = {name: value for name, value in placed.items() if value != getattr(before, name)}
    if minutes is not None and minutes != before.minutes:
        told["minutes"] = minutes
    if not told:
        return before
    _check_whole(msgspec.structs.replace(before, **told))
    later = told.get("starts_at", before.starts_at) != before.starts_at
    after = change(
        connection,
        before,
        now,
        **told,
        version=before.version + 1,
        was_at=before.starts_at if later else before.was_at,
    )
    if checked:
        check_free(connection, after)
    _check_active(connection, after)
    keep(connection, after, "moved", by, why, now)
    _follow(connection, hub, after, now)
    announcing.show(connection, hub.rules, before, after)
    _write_moved(connection, before, after)
    return after


def cancel(region: Region, hub: Hub, ref: str, by: str, reason: str, now: dt.datetime) -> Dialogue:
    """Hold it not at all: whoever was told is told, once; the portal and channels say why. Twice is once.

    Raises:
        Misconfigured: there is none.
        Refused: it has begun.

    """
    with region.begin() as connection:
        before = dialogues.lock(connection, ref)
        if before.state == "cancelled":
            return before
        check_follows(before, "cancelled")
        announced = before.state == "announced"
        if announced and before.starts_at is not None and before.starts_at <= now:
            raise Refused(f"Dialogue {ref} has begun: close it, and say in its minutes what happened.")
        after = change(
            connection,
            before,
            now,
            state="cancelled",
            version=before.version + announced,
            **sessions.shown({"reason": reason}),
        )
        keep(connection, after, "cancelled", by, after.reason, now)
        if announced:
            assert after.session_id is not None
            rescheduling.cancel_locked(connection, sessions.lock(connection, after.session_id), reason, now)
            announcing.show(connection, hub.rules, before, after)
            announcing.write(connection, after, "cancelled")
        acts.note(connection, "cancelled", "dialogue", [ref], by, now)
    return after


def fall_back(region: Region, hub: Hub, ref: str, by: str, reason: str, now: dt.datetime) -> Dialogue:
    """Hold a live dialogue in writing, at the same time: questions and answers on its page. Twice is once.

    Before it begins whoever follows it is told; on air its page says so.

    Raises:
        Misconfigured: there is none.
        Refused: it is over, or not announced.

    """
    with region.begin() as connection:
        before = dialogues.lock(connection, ref)
        if before.fallen_back_at is not None:
            return before
        if before.state not in {"announced", "on_air"} or before.form != "live":
            raise Refused(
                f"Dialogue {ref} is {before.state} and {before.form}: only a live one falls back to writing."
            )
        after = change(
            connection,
            before,
            now,
            form="written",
            version=before.version + 1,
            fallen_back_at=now,
            **sessions.shown({"reason": reason}),
        )
        keep(connection, after, "fallen_back", by, after.reason, now)
        if before.starts_at is not None and before.starts_at > now:
            _follow(connection, hub, after, now)
            announcing.write(connection, after, "moved")
        announcing.show(connection, hub.rules, before, after)
        acts.note(connection, "changed", "dialogue", [ref], by, now, why="in writing")
    return after


def _session(hub: Hub, dialogue: Dialogue) -> sessions.Draft:
    """What residents register for: a seat where there are seats, or following it online."""
    assert dialogue.starts_wall is not None
    where = _place_of(dialogue)
    return sessions.Draft(
        kind="dialogue",
        title=dialogue.title,
        summary=dialogue.summary,
        starts_wall=dialogue.starts_wall,
        zone=dialogue.zone,
        minutes=dialogue.minutes,
        capacity=dialogue.seats or ANYBODY,
        department=dialogue.department,
        place=where.name,
        address=where.address,
        link=hub.page(dialogue),
    )


class _Place(msgspec.Struct, frozen=True):
    name: str
    address: str


def _place_of(dialogue: Dialogue) -> _Place:
    """Where residents are: with whoever speaks, where there are seats."""
    if dialogue.form == "written":
        return _Place(IN_WRITING, "")
    if dialogue.seats and dialogue.venue:
        return _Place(dialogue.venue, dialogue.address or "")
    return _Place(ON_SCREEN, "")


def _follow(connection: Connection, hub: Hub, dialogue: Dialogue, now: dt.datetime) -> None:
    """Have the dialogue's session be as it is; whoever follows it is told once."""
    assert dialogue.session_id is not None
    where = _place_of(dialogue)
    wanted = Change(
        starts_wall=dialogue.starts_wall, minutes=dialogue.minutes, place=where.name, address=where.address
    )
    locked = sessions.lock(connection, dialogue.session_id)
    rescheduling.change_locked(connection, hub.reminders, locked, wanted, now)


def _write_moved(connection: Connection, before: Dialogue, after: Dialogue) -> None:
    """Who holds it learns that it moved, that they hold it from now on, or that they do no more."""
    hosts_of: tuple[tuple[Host, int | None, int | None], ...] = (
        ("official", before.official_id, after.official_id),
        ("moderator", before.moderator_id, after.moderator_id),
    )
    for host, was, now in hosts_of:
        assert was is not None
        assert now is not None
        if was == now:
            announcing.write(connection, after, "moved", (host, now))
        else:
            announcing.write(connection, after, "replaced", (host, was))
            announcing.write(connection, after, "invited", (host, now))


def _placed(before: Dialogue, where: Placement, now: dt.datetime) -> dict[str, Any]:
    starts_at = wall.instant(where.starts_wall, before.zone)
    if starts_at <= now:
        raise Refused(f"Dialogue {before.ref} would have begun already: give a later time.")
    return {**msgspec.structs.asdict(where), "starts_at": starts_at}


def _check_whole(dialogue: Dialogue) -> None:
    lacks = missing(
        official=dialogue.official_id,
        moderator=dialogue.moderator_id,
        venue=dialogue.venue_id,
        starts=dialogue.starts_at,
        live=dialogue.form == "live",
    )
    if lacks:
        raise Refused(f"Dialogue {dialogue.ref} lacks {' and '.join(lacks)}: it cannot be held without.")


def _check_active(connection: Connection, dialogue: Dialogue) -> None:
    found = (
        ("official", hosts.get(connection, hosts.Official, dialogue.official_id or 0)),
        ("moderator", hosts.get(connection, hosts.Moderator, dialogue.moderator_id or 0)),
    )
    for kind, host in found:
        if host is None or host.ended_at is not None:
            raise Refused(
                f"The {kind} of dialogue {dialogue.ref} takes part no more: give it to somebody else."
            )


def check_free(connection: Connection, dialogue: Dialogue) -> None:
    """Nobody and no venue is in two dialogues at once. Two who place dialogues at the same time see each other.

    Raises:
        Refused: somebody or something is; the message names the other dialogue.

    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    rows = connection.execute(
        text(
            "SELECT d.ref, d.official_id, d.moderator_id, d.venue_id FROM dialogue d WHERE d.id <> :id "
            "AND d.state IN ('approved', 'announced', 'on_air') AND d.starts_at < :ends_at "
            "AND d.starts_at + make_interval(mins => d.minutes) > :starts_at "
            "AND (d.official_id = :official OR d.moderator_id = :moderator OR d.venue_id = :venue) ORDER BY d.id"
        ),
        {
            "id": dialogue.id,
            "starts_at": dialogue.starts_at,
            "ends_at": dialogue.ends_at,
            "official": dialogue.official_id,
            "moderator": dialogue.moderator_id,
            "venue": dialogue.venue_id,
        },
    ).all()
    for row in rows:
        taken = [
            name
            for name, one, other in (
                (dialogue.official, row.official_id, dialogue.official_id),
                (dialogue.moderator, row.moderator_id, dialogue.moderator_id),
                (dialogue.venue, row.venue_id, dialogue.venue_id),
            )
            if other is not None and one == other
        ]
        raise Refused(
            f"Dialogue {dialogue.ref} cannot be held then: dialogue {row.ref} has {' and '.join(map(str, taken))}."
        )
