"""What is kept of a person, everything, for whoever has a right to read it (RGPD, articles 15 and 20).

Belongs here: reading every table that names a person or their number. Does not: finding or erasing one (persons.py), or the form in
which it is handed out (connectors/person_export.py).

Every table with a number of a contact in it is read here; a test holds that against the models, so a table that comes later cannot be
forgotten.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.people import persons
from schemas.errors import Misconfigured
from schemas.letters import NAMED

READ: Final = frozenset(
    {
        *("contact", "consent", "registration", "enrolment", "reminder"),
        *("answer", "cohort_member", "bounce", "posting", "coach"),
        *("question", "watch", "ask", "official", "moderator", "student"),
    }
)
"""The tables that are read."""


class Kept(msgspec.Struct, frozen=True):
    """Everything, as lists of facts by name; ``contacts`` one a firm, each with what hangs on it.

    The others are known by the address alone: registrations and what else waits for a confirmation, offers posted on the portal, and
    the entries of a coach, an official, a moderator and a student, whom their guardian reads of, too.
    """

    contacts: list[dict[str, Any]]
    unconfirmed: list[dict[str, Any]]
    unconfirmed_asks: list[dict[str, Any]]
    postings: list[dict[str, Any]]
    coach: list[dict[str, Any]]
    official: list[dict[str, Any]]
    moderator: list[dict[str, Any]]
    student: list[dict[str, Any]]


def of(region: Region, contact: int, act: acts.OnPeople, by: str, now: dt.datetime) -> Kept:
    """Everything that is kept of the person whose record that is. That somebody read it, and why, is noted.

    Raises:
        Misconfigured: there is no such contact, or they were erased.

    """
    with region.begin() as connection:
        numbers = persons.records(connection, contact)
        if not numbers:
            raise Misconfigured(
                f"Contact {contact} was erased: nothing is kept of them but that they took part."
            )
        kept = Kept(
            [_record(connection, number) for number in numbers],
            *(_rows(connection, statement, numbers) for statement in _BY_ADDRESS),
        )
        acts.note(connection, act, "contact", numbers, by, now)
    return kept


def _record(connection: Connection, number: int) -> dict[str, Any]:
    (record,) = _rows(connection, _CONTACT, [number])
    firms = _rows(connection, _FIRM, [number])
    return {
        **record,
        "firm": firms[0] if firms else None,
        **{name: _rows(connection, statement, [number]) for name, statement in _PARTS.items()},
    }


def _rows(connection: Connection, statement: str, numbers: list[int]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(statement), {"ids": numbers}).mappings()]


_CONTACT: Final = (
    "SELECT id AS number, name, role, email, phone, availability, origin, created_at, seen_at, mail_stopped, sms_stopped "
    "FROM contact WHERE id = ANY(:ids)"
)
_FIRM: Final = (
    "SELECT siret, f.name, naf, headcount, commune, department, postal_code, city, level, f.origin, f.created_at "
    "FROM firm f JOIN contact c ON c.firm_id = f.id WHERE c.id = ANY(:ids)"
)
_LETTERS: Final = tuple(
    (tuple(kind for kind, named in NAMED.items() if named == what), of)
    for what, of in {
        "contact": "= ANY(:ids)",
        "registration": "IN (SELECT id FROM registration WHERE contact_id = ANY(:ids))",
        "enrolment": "IN (SELECT id FROM enrolment WHERE contact_id = ANY(:ids))",
    }.items()
)
"""Kinds of letters that go to people of the programme, and how ``of`` leads to them. The others go to coaches."""
_PARTS: Final = {
    "consents": (
        "SELECT purpose, transport, given_at, proof, withdrawn_at, withdrawn_by FROM consent WHERE contact_id = ANY(:ids) ORDER BY id"
    ),
    "registrations": (
        "SELECT r.ref, r.siret, s.ref AS session, r.origin IS NOT NULL AS network_address_hashed, r.created_at, r.confirmed_at "
        "FROM registration r LEFT JOIN session s ON s.id = r.session_id WHERE r.contact_id = ANY(:ids) ORDER BY r.id"
    ),
    "enrolments": (
        "SELECT e.id AS number, s.ref AS session, s.title, s.starts_at, s.ends_at, e.state, e.since, e.enrolled_at, e.attended_at, "
        "e.attended_by FROM enrolment e JOIN session s ON s.id = e.session_id WHERE e.contact_id = ANY(:ids) ORDER BY e.id"
    ),
    "reminders": (
        "SELECT s.ref AS session, r.rule, r.version, r.at, r.until, r.state, r.why, r.tried, f.channel AS transport, r.changed_at "
        "FROM reminder r JOIN session s ON s.id = r.session_id LEFT JOIN effect f ON f.id = r.effect_id "
        "WHERE r.contact_id = ANY(:ids) ORDER BY r.id"
    ),
    "letters": (
        "SELECT f.content ->> 'kind' AS kind, f.channel AS transport, f.state, f.changed_at FROM effect f "
        "WHERE f.channel IN ('mail', 'sms') AND f.content ->> 'about' = 'programme' AND ("
        + " OR ".join(
            f"(f.content ->> 'kind' IN ({', '.join(repr(kind) for kind in kinds)}) AND (f.content ->> 'of')::bigint {of})"
            for kinds, of in _LETTERS
        )
        + ") UNION ALL SELECT f.content ->> 'kind', f.channel, f.state, f.changed_at FROM effect f WHERE f.channel = 'mail' "
        "AND f.content ->> 'about' = 'question' AND ((f.content ->> 'contact')::bigint = ANY(:ids) OR (f.content ->> 'kind' LIKE "
        "'confirm\\_%' AND (f.content ->> 'of')::bigint IN (SELECT id FROM ask WHERE contact_id = ANY(:ids)))) ORDER BY 4, 1"
    ),
    "answers": (
        "SELECT a.about, s.ref AS session, a.content, a.at FROM answer a JOIN enrolment e ON e.id = a.enrolment_id "
        "JOIN session s ON s.id = e.session_id WHERE a.contact_id = ANY(:ids) ORDER BY a.id"
    ),
    "cohorts": (
        "SELECT g.name, g.department, g.level, g.slot, g.state, m.joined_at, m.left_at, m.why FROM cohort_member m "
        "JOIN cohort g ON g.id = m.cohort_id WHERE m.contact_id = ANY(:ids) ORDER BY m.joined_at, g.id"
    ),
    "asks": (
        "SELECT a.ref, a.kind, s.ref AS session, q.ref AS question, a.wording, a.origin IS NOT NULL AS network_address_hashed, "
        "a.created_at, a.confirmed_at FROM ask a LEFT JOIN session s ON s.id = a.session_id LEFT JOIN question q ON q.id = a.question_id "
        "WHERE a.contact_id = ANY(:ids) ORDER BY a.id"
    ),
    "questions": (
        "SELECT q.ref, d.ref AS dialogue, q.theme, q.body, q.author, q.state, i.ref AS into, q.reason, q.answer, q.answered_by, q.asked_at, "
        "q.published_at, q.ended_at FROM question q LEFT JOIN dialogue d ON d.id = q.dialogue_id LEFT JOIN question i ON i.id = q.into_id "
        "WHERE q.contact_id = ANY(:ids) ORDER BY q.id"
    ),
    "watches": (
        "SELECT q.ref AS question, w.at FROM watch w JOIN question q ON q.id = w.question_id WHERE w.contact_id = ANY(:ids) ORDER BY w.at"
    ),
    "bounces": "SELECT kind, status, at FROM bounce WHERE contact_id = ANY(:ids) ORDER BY id",
    # Not who of the staff it was: they are no more the person's than the person is theirs (CJEU, C-579/21, 22 June 2023).
    "acts": "SELECT did AS act, at FROM act WHERE what = 'contact' AND ref = ANY(cast(cast(:ids AS bigint[]) AS text[])) ORDER BY id",
}
_ADDRESS: Final = "IN (SELECT lower(email) FROM contact WHERE id = ANY(:ids))"
_UNCONFIRMED: Final = (
    "SELECT r.ref, r.draft, s.ref AS session, r.origin IS NOT NULL AS network_address_hashed, r.created_at FROM registration r "
    f"LEFT JOIN session s ON s.id = r.session_id WHERE r.confirmed_at IS NULL AND lower(r.email) {_ADDRESS} ORDER BY r.id"
)
_UNCONFIRMED_ASKS: Final = (
    "SELECT a.ref, a.kind, a.email, a.name, s.ref AS session, q.ref AS question, q.body, a.wording, "
    "a.origin IS NOT NULL AS network_address_hashed, a.created_at FROM ask a LEFT JOIN session s ON s.id = a.session_id "
    f"LEFT JOIN question q ON q.id = a.question_id WHERE a.confirmed_at IS NULL AND lower(a.email) {_ADDRESS} ORDER BY a.id"
)
_POSTINGS: Final = (
    "SELECT ref, state, siret, contact, draft, created_at, submitted_at, confirmed_at, published_at, closed_at FROM posting "
    f"WHERE lower(contact) {_ADDRESS} ORDER BY id"
)
_COACH: Final = (
    "SELECT name, email, departments, availability, cohorts, ended_at FROM coach "
    f"WHERE lower(email) {_ADDRESS} ORDER BY id"
)
_OFFICIAL: Final = f"SELECT name, office, email, departments, themes, calendar, most, ended_at FROM official WHERE lower(email) {_ADDRESS} ORDER BY id"
_MODERATOR: Final = (
    f"SELECT name, email, departments, ended_at FROM moderator WHERE lower(email) {_ADDRESS} ORDER BY id"
)
_STUDENT: Final = f"""
    SELECT s.name, s.email, s.born, s.guardian_name, s.guardian_email, s.created_at,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('event', e.name, 'role', m.role) ORDER BY e.id), '[]')
            FROM crew_member m JOIN event e ON e.id = m.event_id WHERE m.student_id = s.id) AS crews,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', k.kind, 'scopes', k.scopes, 'given_by', k.given_by,
            'given_at', k.given_at, 'proof', k.proof, 'expires_at', k.expires_at, 'withdrawn_at', k.withdrawn_at) ORDER BY k.id), '[]')
            FROM media_consent k WHERE k.student_id = s.id) AS consents,
        (SELECT count(*) FROM medium_person p WHERE p.student_id = s.id) AS media
    FROM student s WHERE lower(s.email) {_ADDRESS} OR lower(s.guardian_email) {_ADDRESS} ORDER BY s.id
"""
_BY_ADDRESS: Final = (
    *(_UNCONFIRMED, _UNCONFIRMED_ASKS, _POSTINGS),
    *(_COACH, _OFFICIAL, _MODERATOR, _STUDENT),
)
"""As ``Kept`` names them, in its order."""
