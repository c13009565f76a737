"""Registrations: what somebody filled in on the portal, until they confirm it by the link that only their mailbox has.

Belongs here: statements on ``registration``, and what a confirmation makes of one. Does not: the form (portal), an import, which
needs no confirmation of an address (imports.py).

Until then nothing is known of anybody: no firm, no contact, no place. Unconfirmed it is deleted after 48 hours (people/programme_retention.py).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.firms import firms
from connectors.region.ledger import letters
from connectors.region.people import contacts
from connectors.region.sessions import enrolments, sessions
from connectors.region.sessions.enrolments import Enrolment
from core.reminders import Rule
from schemas.errors import Misconfigured, Refused, RetryLater
from schemas.firm import Registration, decode, encode
from schemas.letters import ProgrammeLetter

UNCONFIRMED: Final = dt.timedelta(hours=48)  # then its link has run out, and it is deleted
COUNTED: Final = dt.timedelta(days=1)  # limits count what came in so long
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u
_LOCK: Final = 72_007  # advisory lock: registrations are counted and added one at a time


class Limits(msgspec.Struct, frozen=True):
    """How many registrations may come in a day: from one network address, for one SIRET, with one e-mail address."""

    origin: int = 20
    siret: int = 20
    email: int = 5


LIMITS: Final = Limits()


class Asked(msgspec.Struct, frozen=True):
    """A registration. ``draft`` is None once it is confirmed; then ``contact_id`` says who it made known."""

    id: int
    ref: str
    draft: Registration | None
    email: str | None
    session_id: int | None
    contact_id: int | None
    created_at: dt.datetime
    confirmed_at: dt.datetime | None


_COLUMNS: Final = "id, ref, draft::text AS draft, email, session_id, contact_id, created_at, confirmed_at"


def _asked(row: Any) -> Asked:
    told = row._asdict()
    return Asked(**{**told, "draft": decode(told["draft"]) if told["draft"] else None})


def ask(
    region: Region, draft: Registration, origin: bytes, now: dt.datetime, limits: Limits = LIMITS
) -> Asked:
    """Keep what somebody filled in, and have a letter ask them to confirm it.

    The same again before it is confirmed is a double click: it is one registration and one letter.

    Raises:
        Misconfigured: there is no such session.
        Refused: the session takes nobody any more.
        RetryLater: too many came in a day, from this address, for this SIRET or with this e-mail address.

    """
    assert draft.person.email is not None
    with region.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        session = None if draft.session is None else sessions.lock(connection, draft.session)
        if session is not None and (session.state != "open" or session.starts_at <= now):
            raise Refused(f"Session {session.ref} takes nobody any more.")
        values = {
            "ref": f"I-{''.join(secrets.choice(_ALPHABET) for _ in range(10))}",
            "draft": encode(draft).decode(),
            "email": draft.person.email,
            "siret": draft.firm.siret,
            "session": None if session is None else session.id,
            "origin": origin,
            "now": now,
        }
        again = connection.execute(
            text(
                f"SELECT {_COLUMNS} FROM registration WHERE siret = :siret AND lower(email) = lower(:email) "
                "AND session_id IS NOT DISTINCT FROM :session AND draft - 'told_at' = cast(:draft AS jsonb) - 'told_at' "
                "AND created_at > :still ORDER BY id LIMIT 1"
            ),
            {**values, "still": now - UNCONFIRMED},
        ).one_or_none()
        if again is not None:
            return _asked(again)
        _check_limits(connection, values, limits)
        row = connection.execute(
            text(
                "INSERT INTO registration (ref, draft, email, siret, session_id, origin, created_at) VALUES (:ref, "
                f"cast(:draft AS jsonb), :email, :siret, :session, :origin, :now) RETURNING {_COLUMNS}"
            ),
            values,
        ).one()
        letters.write(connection, {f"confirm.{row.id}": ProgrammeLetter("confirm", row.id)})
    return _asked(row)


def _check_limits(connection: Connection, values: dict[str, Any], limits: Limits) -> None:
    seen = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE origin = :origin) AS origin, count(*) FILTER (WHERE siret = :siret) AS siret, "
            "count(*) FILTER (WHERE lower(email) = lower(:email)) AS email FROM registration WHERE created_at > :since"
        ),
        {**values, "since": values["now"] - COUNTED},
    ).one()
    for name in Limits.__struct_fields__:
        if getattr(seen, name) >= getattr(limits, name):
            raise RetryLater(
                f"too many registrations a day by {name}", after=COUNTED.total_seconds(), cause="limit"
            )


def named(region: Region, ref: str) -> Asked | None:
    """The registration of that reference."""
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM registration WHERE ref = :ref"), {"ref": ref}
        ).one_or_none()
    return None if row is None else _asked(row)


class Confirmed(msgspec.Struct, frozen=True):
    """Who a registration made known, and their place; ``too_late``: the session takes nobody any more."""

    contact: int
    enrolment: Enrolment | None
    too_late: bool = False


def confirm(region: Region, rules: Sequence[Rule], ref: str, now: dt.datetime) -> Confirmed:
    """They confirm: firm, person, consents and place are theirs from now on, in one commit. Twice is once.

    Raises:
        Misconfigured: there is none; it was deleted, say, because nobody confirmed it.

    """
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM registration WHERE ref = :ref FOR UPDATE"), {"ref": ref}
        ).one_or_none()
        if row is None:
            raise Misconfigured(f"No registration {ref}.")
        asked = _asked(row)
        if asked.draft is None:
            assert asked.contact_id is not None
            enrolment = _enrolled(connection, asked)
            late = asked.session_id is not None and enrolment is None
            return Confirmed(asked.contact_id, enrolment, too_late=late)
        # The session first, as whoever gives places does: else one could hold the person and another the session.
        session = None if asked.session_id is None else sessions.lock(connection, asked.session_id)
        contact = _make_known(connection, asked, asked.draft, now)
        connection.execute(
            text(
                "UPDATE registration SET draft = NULL, email = NULL, contact_id = :contact, confirmed_at = :now WHERE id = :id"
            ),
            {"id": asked.id, "contact": contact, "now": now},
        )
        if session is None:
            return Confirmed(contact, None)
        if session.state != "open" or session.starts_at <= now:
            return Confirmed(contact, None, too_late=True)
        return Confirmed(contact, enrolments.enrol(connection, rules, session, contact, now))


def _enrolled(connection: Connection, asked: Asked) -> Enrolment | None:
    if asked.session_id is None or asked.contact_id is None:
        return None
    return enrolments.find(connection, asked.session_id, asked.contact_id)


def _make_known(connection: Connection, asked: Asked, draft: Registration, now: dt.datetime) -> int:
    firm = firms.keep(connection, draft.firm, draft.level, "portal", now)
    contact = contacts.keep(connection, firm, draft.person, draft.availability, "portal", now)
    proof = {
        "how": "portal",
        "registration": asked.ref,
        "form": draft.origin,
        "asked_at": asked.created_at.isoformat(),
        "confirmed_at": now.isoformat(),
    }
    contacts.agree(connection, contact, draft.consents, proof, now)
    return contact
