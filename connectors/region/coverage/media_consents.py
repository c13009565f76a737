"""What those whom media show have agreed to: asked for by mail, given, withdrawn.

Belongs here: statements on ``media_consent``, each with everything that follows from it in the same commit. Does not: the rule
(core/consents.py), or the pages behind the links (portal/coverage_consents.py).

Withdrawing is as easy as giving: one press, by the student, by the guardian of a minor, or by staff who were told on the telephone.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.alerting import alerts
from connectors.region.coverage import events, media, students
from connectors.region.coverage.media import Held
from connectors.region.coverage.students import Student
from connectors.region.database import Region
from connectors.region.ledger import letters, once
from schemas.coverage import ConsentKind, Giver, Scope
from schemas.errors import Misconfigured, Refused
from schemas.letters import CoverageLetter

AFTER: Final = dt.timedelta(days=365)  # a consent by link ends so long after the event's last day
FOREVER: Final = dt.timedelta(days=3 * 365)  # the longest that one on paper may last
CLOCK: Final = "the clock"


class Consent(msgspec.Struct, frozen=True):
    """A consent that is kept. ``event`` is the event's number, None: of any."""

    kind: ConsentKind
    scopes: tuple[Scope, ...]
    event: int | None
    by: Giver
    given_at: dt.datetime
    proof: str
    expires_at: dt.datetime
    withdrawn_at: dt.datetime | None
    withdrawn_by: str | None


class Withdrawal(msgspec.Struct, frozen=True):
    """What a withdrawal took: ``consents`` ended, ``media`` no longer shown somewhere, ``lives`` (slots) to be ended by hand."""

    consents: int
    media: tuple[str, ...]
    lives: tuple[int, ...]


def opened(region: Region, told: str) -> tuple[Student, Giver, int] | None:
    """Who a link speaks for: the student, who gives, the event; None when they are gone or have another address by now."""
    number, giver, event, _ = told.split(".")
    who: Giver = "guardian" if giver == "guardian" else "student"
    with region.begin() as connection:
        student = students.get(connection, int(number))
    if student is None or student.address(who) is None or student.word(who, int(event)) != told:
        return None
    return student, who, int(event)


def ask(region: Region, student: int, event: int, now: dt.datetime) -> list[Giver]:
    """Write to the student, and to the guardian of a minor, to ask them; once a day. Returns who is written to.

    Raises:
        Misconfigured: there is no such student.

    """
    with region.begin() as connection:
        found = _existing(connection, student)
        givers: list[Giver] = ["student", "guardian"] if found.minor(now) else ["student"]
        for giver in givers:
            subject = f"coverage.{student}.{giver}.asked.{event}.{now:%Y%m%d}"
            _write(connection, subject, CoverageLetter("asked", student, giver, event))
        acts.note(connection, "asked", "consent", [student], now=now)
    return givers


def give(
    region: Region,
    student: int,
    giver: Giver,
    kinds: Collection[ConsentKind],
    scopes: Collection[Scope],
    event: int | None,
    proof: str,
    now: dt.datetime,
    *,
    until: dt.datetime | None = None,
) -> None:
    """Exactly this is agreed to by that giver for that event from now on; no kind or no scope: nothing is.

    ``until``: when it ends; by default a year after the event, or after now when it is of any event.

    Raises:
        Misconfigured: there is no such student or event.
        Refused: a guardian speaks for somebody of age, or it would last for too long, or is over.

    """
    with region.begin() as connection:
        students.lock(connection, [student])
        found = _existing(connection, student)
        if giver == "guardian" and not found.minor(now):
            raise Refused(f"{found.name} is of age: nobody agrees for them.")
        expires = until or _expiry(connection, event, now)
        if not now < expires <= now + FOREVER:
            raise Refused("A consent ends in the future, three years ahead at most.")
        _end(connection, student, giver, giver, now, event=event, of_all=False)
        for kind in sorted(kinds) if scopes else ():
            connection.execute(
                text(
                    "INSERT INTO media_consent (student_id, kind, scopes, event_id, given_by, given_at, proof, expires_at) "
                    "VALUES (:student, :kind, cast(:scopes AS jsonb), :event, :giver, :now, :proof, :expires)"
                ),
                {
                    "student": student,
                    "kind": kind,
                    "scopes": json.dumps(sorted(scopes)),
                    "event": event,
                    "giver": giver,
                    "now": now,
                    "proof": proof,
                    "expires": expires,
                },
            )
        media.retract(connection, giver, now, student)  # of what is no longer among it
        did: acts.Did = "kept" if kinds and scopes else "withdrew"
        acts.note(connection, did, "consent", [student], now=now, why=f"the {giver}'s")


def withdraw(
    region: Region,
    student: int,
    giver: Giver | None,
    by: str,
    now: dt.datetime,
) -> Withdrawal:
    """End every consent of a student that this giver gave, or that anybody did, and all that hung on it, in one commit.

    Raises:
        Misconfigured: there is no such student.

    """
    with region.begin() as connection:
        students.lock(connection, [student])
        found = _existing(connection, student)
        ended = _end(connection, student, giver, by, now)
        done = follow(connection, by, now, student=student, ended=ended)
        if ended:
            _confirm(connection, found, now)
        who = None if by == giver else by  # by their own link: the door says that it was themselves
        acts.note(connection, "withdrew", "consent", [student] * bool(ended), who, now, why=f"{ended} ended")
        return done


def follow(
    connection: Connection,
    by: str,
    now: dt.datetime,
    *,
    student: int | None = None,
    ended: int = 0,
) -> Withdrawal:
    """Take down what may not be shown any more, of a student or of anybody, and tell staff, in this transaction."""
    gone = media.retract(connection, by, now, student)
    lives = events.unfit_lives(connection, now, student)
    _tell(connection, gone, now)
    for slot in lives:
        alerts.add(
            connection,
            live_cause(slot.id),
            "A live video shows somebody who may not be shown",
            f"Slot {slot.id} ({slot.account}) is live, and a consent it needs has ended. End the video now, delete its replay, then "
            f"run `boostez event end-slot {slot.id}`.",
            now,
        )
    return Withdrawal(ended, tuple(each.ref for each in gone), tuple(slot.id for slot in lives))


def expire(region: Region, now: dt.datetime) -> Withdrawal:
    """Take down what may not be shown any more because time has passed: a consent expired, a guardian's does not do any more."""
    with region.begin() as connection:
        return follow(connection, CLOCK, now)


def cause(ref: str) -> str:
    """What an alert of a medium that is taken down is known by."""
    return f"coverage {ref}"


def live_cause(slot: int) -> str:
    """The same, of a slot that is live."""
    return f"coverage slot {slot}"


def settled(region: Region, now: dt.datetime) -> int:
    """See which alerts are over: Instagram shows the medium no more, the live video has ended. Returns how many."""
    with region.begin() as connection:
        over = connection.scalars(
            text(
                "SELECT a.cause FROM alert a WHERE a.resolved_at IS NULL AND a.cause LIKE 'coverage %' AND NOT EXISTS "
                "(SELECT FROM effect e WHERE e.channel = :channel AND a.cause = 'coverage ' || e.subject "
                "AND (e.live_hash IS NOT NULL OR e.state <> 'done')) AND NOT EXISTS "
                "(SELECT FROM slot s WHERE a.cause = 'coverage slot ' || s.id AND s.state = 'live')"
            ),
            {"channel": media.INSTAGRAM},
        ).all()
        return alerts.end(connection, now, *over)


def of(region: Region, student: int) -> list[Consent]:
    """Every consent that was ever given for a student, oldest first."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT kind, scopes, event_id, given_by, given_at, proof, expires_at, withdrawn_at, withdrawn_by "
                "FROM media_consent WHERE student_id = :student ORDER BY id"
            ),
            {"student": student},
        )
        return [Consent(row.kind, tuple(row.scopes), *row[2:]) for row in rows]


def _existing(connection: Connection, student: int) -> Student:
    found = students.get(connection, student)
    if found is None:
        raise Misconfigured(f"No student {student}: `boostez student list` shows which there are.")
    return found


def _expiry(connection: Connection, event: int | None, now: dt.datetime) -> dt.datetime:
    if event is None:
        return now + AFTER
    last = connection.scalar(text("SELECT last_day FROM event WHERE id = :id"), {"id": event})
    if last is None:
        raise Misconfigured(f"No event {event}: `boostez event list` shows which there are.")
    return dt.datetime.combine(last, dt.time(), dt.UTC) + AFTER


def _end(
    connection: Connection,
    student: int,
    giver: Giver | None,
    by: str,
    now: dt.datetime,
    *,
    event: int | None = None,
    of_all: bool = True,
) -> int:
    """End what a giver gave, or anybody; unless ``of_all`` only what was given for that event (None: for any). Returns how many."""
    return connection.execute(
        text(
            "UPDATE media_consent SET withdrawn_at = :now, withdrawn_by = :by WHERE student_id = :student AND withdrawn_at IS NULL "
            "AND (cast(:giver AS text) IS NULL OR given_by = :giver) "
            "AND (:of_all OR event_id IS NOT DISTINCT FROM cast(:event AS bigint))"
        ),
        {
            "student": student,
            "giver": giver,
            "by": by,
            "now": now,
            "of_all": of_all,
            "event": event,
        },
    ).rowcount


def _tell(connection: Connection, gone: Sequence[Held], now: dt.datetime) -> None:
    for medium in gone:
        alerts.add(
            connection,
            cause(medium.ref),
            "A medium of a covered event is withdrawn",
            f"Medium {medium.ref} of {medium.event_name} shows somebody whose consent has ended. The portal shows it no more; it is being "
            "taken from Instagram, and this alert ends when that is done. Copies that others made are beyond us: ask them.",
            now,
        )


def _confirm(connection: Connection, student: Student, now: dt.datetime) -> None:
    """Whoever was asked is told that it ended."""
    for giver in ("student", "guardian") if student.guardian_email else ("student",):
        who: Giver = "guardian" if giver == "guardian" else "student"
        subject = f"coverage.{student.id}.{who}.withdrawn.{int(now.timestamp())}"
        _write(connection, subject, CoverageLetter("withdrawn", student.id, who))


def _write(connection: Connection, subject: str, letter: CoverageLetter) -> None:
    once.plan(connection, letters.MAIL, {subject: msgspec.json.encode(letter)})
