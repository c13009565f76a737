"""Asks: what a resident wants of dialogues with an address, until they confirm it by the link that only their mailbox has.

Belongs here: statements on ``ask``, and what a confirmation makes of one. Does not: a question's text (questions.py), or the form (portal).

Until then nothing is known of anybody. Unconfirmed it is deleted after 48 hours (people/programme_retention.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.dialogues.dialogues import new_ref
from connectors.region.firms.registrations import COUNTED, UNCONFIRMED
from connectors.region.ledger import letters
from connectors.region.people import contacts, watches
from connectors.region.sessions import enrolments, sessions
from connectors.region.sessions.enrolments import Enrolment
from connectors.region.sessions.sessions import Session
from core.reminders import Rule
from schemas.errors import Misconfigured, Refused, RetryLater
from schemas.firm import Consent, PersonDraft
from schemas.letters import QuestionKind, QuestionLetter

Kind = Literal["follow", "question", "watch"]
AGREED: Final = (Consent("sessions", "mail"),)  # what reminders of a dialogue that somebody follows need
_LOCK: Final = 72_010  # advisory lock: asks, and questions without one, are counted and added one at a time
_LETTERS: Final[dict[Kind, QuestionKind]] = {
    "follow": "confirm_follow",
    "question": "confirm_question",
    "watch": "confirm_watch",
}


class Limits(msgspec.Struct, frozen=True):
    """How much may be asked for in a day: from one network address, with one e-mail address; questions without one, too."""

    origin: int = 20
    email: int = 5
    anonymous: int = 5  # from one network address


LIMITS: Final = Limits()


class Asked(msgspec.Struct, frozen=True):
    """What somebody asked for. Once it is confirmed ``contact_id`` says who it made known, and the address is there no more."""

    id: int
    ref: str
    kind: Kind
    email: str | None
    name: str | None
    session_id: int | None
    question_id: int | None
    contact_id: int | None
    wording: str
    created_at: dt.datetime
    confirmed_at: dt.datetime | None


_COLUMNS: Final = ", ".join(Asked.__struct_fields__)


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: the address, a name if they give one, the keyed hash of where from, the wording they agreed to."""

    email: str
    name: str | None = None
    origin: bytes
    wording: str


def follow(
    region: Region,
    session_ref: str,
    email: str,
    name: str | None,
    origin: bytes,
    wording: str,
    now: dt.datetime,
    limits: Limits = LIMITS,
) -> Asked:
    """Somebody wants to follow a dialogue, whose session that is: a letter asks them to confirm it. The same twice is one letter.

    Raises:
        Misconfigured: there is no such session.
        Refused: it is no dialogue's, or takes nobody any more.
        RetryLater: too much was asked for in a day, from there or with that address.

    """
    asker = Asker(email=email, name=name, origin=origin, wording=wording)
    with region.begin() as connection:
        hold(connection)
        session = sessions.lock(connection, session_ref)
        if session.kind != "dialogue" or not _open(session, now):
            raise Refused(f"Session {session.ref} takes nobody (any more).")
        return again(connection, "follow", email, session.id, now) or add(
            connection, "follow", asker, session.id, now, limits
        )


def watch(
    region: Region,
    question_ref: str,
    email: str,
    origin: bytes,
    wording: str,
    now: dt.datetime,
    limits: Limits = LIMITS,
) -> Asked:
    """Somebody wants to be told when a question is answered: a letter asks them to confirm it. The same twice is one letter.

    Raises:
        Misconfigured: there is no such question.
        Refused: it does not wait for an answer.
        RetryLater: too much was asked for in a day, from there or with that address.

    """
    asker = Asker(email=email, origin=origin, wording=wording)
    with region.begin() as connection:
        hold(connection)
        watches.hold_merges(connection)
        question = watches.where(connection, question_ref)
        if question is None:
            raise Misconfigured(f"No question {question_ref}.")
        if question.state != "published":
            raise Refused(f"Question {question.ref} is {question.state}: nobody waits for its answer.")
        return again(connection, "watch", email, question.id, now) or add(
            connection, "watch", asker, question.id, now, limits
        )


def hold(connection: Connection) -> None:
    """Nobody else asks for anything until this transaction ends: so limits hold."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def again(connection: Connection, kind: Kind, email: str, of: int, now: dt.datetime) -> Asked | None:
    """What that address asked for already, and has not confirmed."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM ask WHERE kind = :kind AND lower(email) = lower(:email) "
            "AND coalesce(session_id, question_id) = :of AND created_at > :still ORDER BY id LIMIT 1"
        ),
        {"kind": kind, "email": email, "of": of, "still": now - UNCONFIRMED},
    ).one_or_none()
    return None if row is None else Asked(*row)


def add(connection: Connection, kind: Kind, asker: Asker, of: int, now: dt.datetime, limits: Limits) -> Asked:
    """Keep what somebody asks for (``of``: a session or a question), and have a letter ask them to confirm it. Others are held.

    Raises:
        RetryLater: too much was asked for in a day, from there or with that address.

    """
    _check_limits(connection, asker, now, limits)
    row = connection.execute(
        text(
            f"INSERT INTO ask (ref, kind, email, name, {'session_id' if kind == 'follow' else 'question_id'}, wording, origin, "
            f"created_at) VALUES (:ref, :kind, :email, :name, :of, :wording, :origin, :now) RETURNING {_COLUMNS}"
        ),
        {**msgspec.structs.asdict(asker), "ref": new_ref("a"), "kind": kind, "of": of, "now": now},
    ).one()
    asked = Asked(*row)
    letters.write(connection, {f"ask.{asked.id}": QuestionLetter(_LETTERS[kind], asked.id)})
    return asked


def _check_limits(connection: Connection, asker: Asker, now: dt.datetime, limits: Limits) -> None:
    seen = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE origin = :origin) AS origin, "
            "count(*) FILTER (WHERE lower(email) = lower(:email)) AS email FROM ask WHERE created_at > :since"
        ),
        {"origin": asker.origin, "email": asker.email, "since": now - COUNTED},
    ).one()
    for name, limit in (("origin", limits.origin), ("email", limits.email)):
        if getattr(seen, name) >= limit:
            raise too_many(name)


def too_many(by: str) -> RetryLater:
    """That a limit of a day is reached."""
    return RetryLater(
        f"too much was asked for in a day by {by}", after=COUNTED.total_seconds(), cause="limit"
    )


def named(region: Region, ref: str) -> Asked | None:
    """What was asked for under that reference."""
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM ask WHERE ref = :ref"), {"ref": ref}
        ).one_or_none()
    return None if row is None else Asked(*row)


class Confirmed(msgspec.Struct, frozen=True):
    """Who a confirmation made known, the reference of the question it is about, or the place in the session.

    ``too_late``: the session takes nobody any more.
    """

    kind: Kind
    contact: int
    question: str | None = None
    enrolment: Enrolment | None = None
    too_late: bool = False


def confirm(region: Region, rules: Sequence[Rule], ref: str, now: dt.datetime) -> Confirmed:
    """They confirm: they are known, and what they asked for holds from now on, in one commit. Twice is once.

    Raises:
        Misconfigured: there is none; it was deleted, say, because nobody confirmed it.

    """
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM ask WHERE ref = :ref FOR UPDATE"), {"ref": ref}
        ).one_or_none()
        if row is None:
            raise Misconfigured(f"Nothing was asked for as {ref}.")
        asked = Asked(*row)
        if asked.contact_id is not None:
            return _confirmed(connection, asked, asked.contact_id)
        match asked.kind:
            case "follow":
                contact = _followed(connection, rules, asked, now)
            case "question":
                contact = _questioned(connection, asked, now)
            case "watch":
                contact = _watched(connection, asked, now)
        connection.execute(
            text(
                "UPDATE ask SET email = NULL, name = NULL, contact_id = :contact, confirmed_at = :now WHERE id = :id"
            ),
            {"id": asked.id, "contact": contact, "now": now},
        )
        return _confirmed(connection, asked, contact)


def _confirmed(connection: Connection, asked: Asked, contact: int) -> Confirmed:
    if asked.session_id is None:
        question = connection.scalar(
            text("SELECT ref FROM question WHERE id = :id"), {"id": asked.question_id}
        )
        return Confirmed(asked.kind, contact, question)
    enrolment = enrolments.find(connection, asked.session_id, contact)
    return Confirmed(asked.kind, contact, None, enrolment, too_late=enrolment is None)


def _followed(connection: Connection, rules: Sequence[Rule], asked: Asked, now: dt.datetime) -> int:
    assert asked.session_id is not None
    # The session first, as whoever gives places does: else one could hold the person and another the session.
    session = sessions.lock(connection, asked.session_id)
    contact = _make_known(connection, asked, now)
    proof = {
        "how": "portal",
        "ask": asked.ref,
        "form": asked.wording,
        "asked_at": asked.created_at.isoformat(),
        "confirmed_at": now.isoformat(),
    }
    contacts.agree(connection, contact, AGREED, proof, now)
    if _open(session, now):
        enrolments.enrol(connection, rules, session, contact, now)
    return contact


def _open(session: Session, now: dt.datetime) -> bool:
    return session.state == "open" and session.starts_at > now


def _questioned(connection: Connection, asked: Asked, now: dt.datetime) -> int:
    connection.execute(
        text("SELECT FROM question WHERE id = :id FOR NO KEY UPDATE"), {"id": asked.question_id}
    )
    contact = _make_known(connection, asked, now)
    connection.execute(
        text(
            "UPDATE question SET state = 'waiting', contact_id = :contact, changed_at = :now "
            "WHERE id = :id AND state = 'unconfirmed'"
        ),
        {"id": asked.question_id, "contact": contact, "now": now},
    )
    return contact


def _watched(connection: Connection, asked: Asked, now: dt.datetime) -> int:
    assert asked.question_id is not None
    watches.hold_merges(connection)
    watches.where(
        connection, asked.question_id, "FOR NO KEY UPDATE OF q"
    )  # before the person, as an erasure does
    contact = _make_known(connection, asked, now)
    watches.add(connection, asked.question_id, contact, now)
    return contact


def _make_known(connection: Connection, asked: Asked, now: dt.datetime) -> int:
    assert asked.email is not None
    person = PersonDraft(name=asked.name or "", email=asked.email)
    return contacts.keep(connection, None, person, (), "portal", now)
