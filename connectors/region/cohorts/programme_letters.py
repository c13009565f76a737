"""What letters of the programme tell, as it is when they are sent.

Belongs here: reading it, and noting which version of a session somebody was told. Does not: whether a letter is still to be sent
(core/letters.py, core/judging.py) or its words (connectors/mail, connectors/sms).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.sessions.sessions import COLUMNS, Session
from core.judging import Attendance
from core.letters import Standing
from schemas.firm import Consent

_SESSION: Final = tuple(name.removeprefix("s.") for name in COLUMNS.split(", "))
_AGREED: Final = (
    "(SELECT coalesce(jsonb_agg(jsonb_build_array(k.purpose, k.transport)), '[]') FROM consent k "
    "WHERE k.contact_id = c.id AND k.withdrawn_at IS NULL)"
)
# A letter that says all of their place, called for at this version of the session or at one before, which nobody has begun to send.
_PLACE_WAITS: Final = (
    "EXISTS (SELECT FROM effect x JOIN generate_series(0, s.version) v ON x.subject IN "
    "(concat_ws('.', 'registered', e.id, e.turn, v), concat_ws('.', 'promoted', e.id, e.turn, v)) "
    "WHERE x.channel = 'mail' AND x.state = 'planned') AS place_waits"
)


Untold = Literal["expired", "unreachable", "parked"]


class Coach(msgspec.Struct, frozen=True):
    """Who looks after a session."""

    id: int
    name: str
    email: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a message goes to. ``email`` and ``phone`` are there when they work; ``origin`` is where we know the person from."""

    contact: int
    name: str | None
    firm: str | None
    email: str | None
    phone: str | None
    origin: str
    agreed: frozenset[Consent]


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's place in a session, or their wait for one, ``position`` from the front. ``since``: in this state."""

    enrolment: int
    attendance: Attendance
    turn: int
    since: dt.datetime
    told_version: int | None
    place_waits: bool
    armed_at: dt.datetime | None
    position: int
    session: Session
    person: Person
    coach: Coach | None

    def standing(self, now: dt.datetime) -> Standing:
        """What decides whether a letter about it is still to be sent."""
        return Standing(
            attendance=self.attendance,
            turn=self.turn,
            version=self.session.version,
            told_version=self.told_version,
            place_waits=self.place_waits,
            cancelled=self.session.state == "cancelled",
            begun=self.session.starts_at <= now,
        )


def _session(row: Any) -> Session:
    return Session(**{name: getattr(row, name) for name in _SESSION})


def _coach(row: Any) -> Coach | None:
    return None if row.coach is None else Coach(row.coach, row.coach_name, row.coach_email)


def _person(row: Any) -> Person:
    return Person(
        contact=row.contact,
        name=row.name,
        firm=row.firm,
        email=row.email,
        phone=row.phone,
        origin=row.origin,
        agreed=frozenset(Consent(purpose, transport) for purpose, transport in row.agreed),
    )


def placed(region: Region, enrolments: Collection[int]) -> dict[int, Placed]:
    """The places of these numbers, as they are now."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"SELECT {COLUMNS}, e.id AS enrolment, e.state AS attendance, e.turn, e.since, e.told_version, {_PLACE_WAITS}, e.armed_at, "
                "(SELECT count(*) FROM enrolment w WHERE w.session_id = e.session_id AND w.state = 'waiting' "
                "AND (w.since, w.id) <= (e.since, e.id)) AS position, c.id AS contact, c.name, f.name AS firm, "
                "CASE WHEN c.mail_stopped IS NULL THEN c.email END AS email, "
                f"CASE WHEN c.sms_stopped IS NULL THEN c.phone END AS phone, c.origin, {_AGREED} AS agreed, "
                "k.id AS coach, k.name AS coach_name, k.email AS coach_email "
                "FROM enrolment e JOIN session s ON s.id = e.session_id JOIN contact c ON c.id = e.contact_id "
                "LEFT JOIN firm f ON f.id = c.firm_id LEFT JOIN coach k ON k.id = s.coach_id AND k.ended_at IS NULL "
                "WHERE e.id = ANY(:ids)"
            ),
            {"ids": list(enrolments)},
        ).all()
    return {row.enrolment: _placed(row) for row in rows}


def _placed(row: Any) -> Placed:
    return Placed(
        enrolment=row.enrolment,
        attendance=row.attendance,
        turn=row.turn,
        since=row.since,
        told_version=row.told_version,
        place_waits=row.place_waits,
        armed_at=row.armed_at,
        position=row.position,
        session=_session(row),
        person=_person(row),
        coach=_coach(row),
    )


def note_told(region: Region, place: Placed) -> None:
    """A letter that says all of this place tells its session as it is now."""
    with region.begin() as connection:
        connection.execute(
            text(
                "UPDATE enrolment SET told_version = greatest(told_version, :version) WHERE id = :id AND turn = :turn"
            ),
            {"id": place.enrolment, "turn": place.turn, "version": place.session.version},
        )


class Unconfirmed(msgspec.Struct, frozen=True):
    """A registration that waits for its link to be pressed. Of who filled it in nothing is told but the address."""

    ref: str
    email: str
    created_at: dt.datetime
    session: Session | None


def unconfirmed(region: Region, registration: int) -> Unconfirmed | None:
    """The registration of that number; None when it was confirmed or deleted."""
    with region.begin() as connection:
        row = connection.execute(
            text(
                f"SELECT g.ref AS registration, g.email, g.created_at, {COLUMNS} FROM registration g "
                "LEFT JOIN session s ON s.id = g.session_id WHERE g.id = :id AND g.confirmed_at IS NULL"
            ),
            {"id": registration},
        ).one_or_none()
    if row is None:
        return None
    return Unconfirmed(row.registration, row.email, row.created_at, None if row.id is None else _session(row))


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was not reminded of a session by a rule: too late, by no address that works, or nobody knows."""

    state: Untold
    rule: str
    session: Session
    name: str | None
    firm: str | None
    phone: str | None
    email: str | None


def missed(region: Region, reminders: Collection[int]) -> list[Missed]:
    """Of these reminders those that still were not sent, and that somebody can still be told of, by session and name."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"SELECT {COLUMNS}, r.state AS became, r.rule, c.name, f.name AS firm, c.phone, c.email FROM reminder r "
                "JOIN session s ON s.id = r.session_id JOIN enrolment e ON e.id = r.enrolment_id JOIN contact c ON c.id = r.contact_id "
                "LEFT JOIN firm f ON f.id = c.firm_id WHERE r.id = ANY(:ids) AND r.state IN ('expired', 'unreachable', 'parked') "
                "AND c.erased_at IS NULL AND s.state = 'open' AND e.state NOT IN ('left', 'waiting') "
                "ORDER BY s.starts_at, s.id, c.name, r.id"
            ),
            {"ids": list(reminders)},
        ).all()
    return [
        Missed(
            state=row.became,
            rule=row.rule,
            session=_session(row),
            name=row.name,
            firm=row.firm,
            phone=row.phone,
            email=row.email,
        )
        for row in rows
    ]


def coach(region: Region, number: int) -> Coach | None:
    """The coach of that number, None when they have ended."""
    with region.begin() as connection:
        row = connection.execute(
            text("SELECT id, name, email FROM coach WHERE id = :id AND ended_at IS NULL"), {"id": number}
        ).one_or_none()
    return None if row is None else Coach(*row)


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a place in a session to come, or who waits for one, whose address takes no letters, and why."""

    why: str
    session: Session
    name: str | None
    firm: str | None
    phone: str | None
    email: str | None


def returned(region: Region, coach: int, people: Collection[int], now: dt.datetime) -> list[Returned]:
    """Of these contacts those whose address takes no letters, in a coach's sessions to come, by session and name."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"SELECT {COLUMNS}, c.mail_stopped, c.name, f.name AS firm, c.phone, c.email FROM enrolment e "
                "JOIN session s ON s.id = e.session_id JOIN contact c ON c.id = e.contact_id LEFT JOIN firm f ON f.id = c.firm_id "
                "WHERE c.id = ANY(:people) AND c.mail_stopped IS NOT NULL AND s.coach_id = :coach AND s.state = 'open' "
                "AND s.starts_at > :now AND e.state IN ('registered', 'waiting') ORDER BY s.starts_at, s.id, c.name, c.id"
            ),
            {"people": list(people), "coach": coach, "now": now},
        ).all()
    return [
        Returned(
            why=row.mail_stopped,
            session=_session(row),
            name=row.name,
            firm=row.firm,
            phone=row.phone,
            email=row.email,
        )
        for row in rows
    ]


class Sheet(msgspec.Struct, frozen=True):
    """A session of which a coach is asked who came: of ``people`` with a place, of ``unknown`` nobody knows."""

    session: Session
    coach: Coach
    people: int
    unknown: int


def sheet(region: Region, session: int) -> Sheet | None:
    """The sheet of that session, None when it is not held or has no coach."""
    with region.begin() as connection:
        row = connection.execute(
            text(
                f"SELECT {COLUMNS}, k.id AS coach, k.name AS coach_name, k.email AS coach_email, "
                "(SELECT count(*) FROM enrolment e WHERE e.session_id = s.id AND e.state IN ('registered', 'present', 'absent')) "
                "AS people, (SELECT count(*) FROM enrolment e WHERE e.session_id = s.id AND e.state = 'registered') AS unknown "
                "FROM session s JOIN coach k ON k.id = s.coach_id AND k.ended_at IS NULL WHERE s.id = :id AND s.state = 'open'"
            ),
            {"id": session},
        ).one_or_none()
    if row is None:
        return None
    return Sheet(_session(row), Coach(row.coach, row.coach_name, row.coach_email), row.people, row.unknown)


def became(region: Region, reminders: Collection[int]) -> Counter[str]:
    """What became of these reminders, counted by state."""
    with region.begin() as connection:
        return Counter(
            connection.scalars(
                text("SELECT state FROM reminder WHERE id = ANY(:ids)"), {"ids": list(reminders)}
            )
        )
