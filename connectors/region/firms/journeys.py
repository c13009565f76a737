"""A firm's journey through the programme, as one timeline.

Belongs here: reading every table that says what happened to a firm and its people, in the order in which it happened. Does not: the
words (connectors/journeys), or changing anything.

What happened to people who were erased stays, without them. What a cohort, a session or an import is called is told, so that the
timeline can be read without looking anything up.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region
from schemas.errors import Misconfigured

What = Literal[
    "known",
    "registered",
    "agreed",
    "withdrew",
    "enrolled",
    "told",
    "left",
    "present",
    "absent",
    "reminded",
    "not_reminded",
    "joined",
    "departed",
    "finished",
    "answered",
    "bounced",
    "erased",
    "merged",
    "unmerged",
]


class Event(msgspec.Struct, frozen=True):
    """Something that happened at an instant (UTC): ``what``, and the ``facts`` that it is told with.

    ``contact`` is whom it happened to, by number, None where it is the firm itself; ``name`` is theirs until they are erased.
    """

    at: dt.datetime
    what: What
    contact: int | None = None
    name: str | None = None
    facts: dict[str, Any] = {}


class Journey(msgspec.Struct, frozen=True):
    """A firm and what happened, the oldest first."""

    firm: int
    siret: str
    name: str
    city: str | None
    events: list[Event]


def journey(region: Region, siret: str) -> Journey:
    """The journey of the firm with that SIRET.

    Raises:
        Misconfigured: there is no such firm.

    """
    with region.begin() as connection:
        firm = connection.execute(
            text("SELECT id, siret, name, city FROM firm WHERE siret = :siret"), {"siret": siret}
        ).one_or_none()
        if firm is None:
            raise Misconfigured(f"No firm {siret} takes part in the programme.")
        events = [event for statement in _STATEMENTS for event in _events(connection, statement, firm.id)]
    # Of what happened in one moment, causes stand before what they caused: statements are in that order, and sorting keeps it.
    return Journey(firm.id, firm.siret, firm.name, firm.city, sorted(events, key=lambda each: each.at))


def _events(connection: Connection, statement: str, firm: int) -> list[Event]:
    return [
        Event(row.at, row.what, row.contact, row.name, row.facts or {})
        for row in connection.execute(text(statement), {"firm": firm})
        if row.at is not None
    ]


_PEOPLE: Final = "contact c ON c.firm_id = :firm AND"
_SESSION: Final = "jsonb_build_object('session', s.title, 'ref', s.ref, 'starts', s.starts_wall)"
_STATEMENTS: Final = (
    (
        "SELECT created_at AS at, 'known' AS what, NULL AS contact, NULL AS name, jsonb_build_object('origin', origin) AS facts "
        "FROM firm WHERE id = :firm"
    ),
    (
        "SELECT m.at, 'merged' AS what, NULL AS contact, NULL AS name, jsonb_build_object('firm', m.dropped ->> 'name', "
        "'siret', m.dropped ->> 'siret', 'by', m.by, 'reason', m.reason) AS facts FROM firm_merge m WHERE m.kept = :firm "
        "UNION ALL SELECT m.undone_at, 'unmerged', NULL, NULL, jsonb_build_object('firm', m.dropped ->> 'name', 'by', m.undone_by) "
        "FROM firm_merge m WHERE m.kept = :firm AND m.undone_at IS NOT NULL"
    ),
    (
        "SELECT coalesce(r.confirmed_at, r.created_at) AS at, 'registered' AS what, c.id AS contact, c.name, "
        "jsonb_build_object('session', s.title) AS facts FROM registration r "
        f"JOIN {_PEOPLE} c.id = r.contact_id LEFT JOIN session s ON s.id = r.session_id"
    ),
    # Who came by an import never filled in a form.
    (
        "SELECT c.created_at AS at, 'known' AS what, c.id AS contact, c.name, jsonb_build_object('origin', c.origin) AS facts "
        "FROM contact c WHERE c.firm_id = :firm AND c.origin <> 'portal'"
    ),
    (
        "SELECT k.given_at AS at, 'agreed' AS what, c.id AS contact, c.name, jsonb_build_object('consents', "
        "jsonb_agg(jsonb_build_array(k.purpose, k.transport) ORDER BY k.id)) AS facts FROM consent k "
        f"JOIN {_PEOPLE} c.id = k.contact_id GROUP BY k.given_at, c.id"
    ),
    (
        "SELECT k.withdrawn_at AS at, 'withdrew' AS what, c.id AS contact, c.name, jsonb_build_object('by', k.withdrawn_by, 'consents', "
        "jsonb_agg(jsonb_build_array(k.purpose, k.transport) ORDER BY k.id)) AS facts FROM consent k "
        f"JOIN {_PEOPLE} c.id = k.contact_id WHERE k.withdrawn_at IS NOT NULL GROUP BY k.withdrawn_at, k.withdrawn_by, c.id"
    ),
    (
        f"SELECT e.enrolled_at AS at, 'enrolled' AS what, c.id AS contact, c.name, {_SESSION} AS facts FROM enrolment e "
        f"JOIN {_PEOPLE} c.id = e.contact_id JOIN session s ON s.id = e.session_id"
    ),
    # Letters about a place: who was promoted is known by the one that told them.
    (
        "SELECT f.changed_at AS at, 'told' AS what, c.id AS contact, c.name, "
        f"{_SESSION} || jsonb_build_object('letter', f.content ->> 'kind', 'transport', f.channel) AS facts FROM effect f "
        "JOIN enrolment e ON e.id = (f.content ->> 'of')::bigint JOIN session s ON s.id = e.session_id "
        f"JOIN {_PEOPLE} c.id = e.contact_id WHERE f.channel IN ('mail', 'sms') AND f.state = 'done' "
        "AND f.content ->> 'kind' IN ('registered', 'waiting', 'promoted', 'moved', 'cancelled', 'outcome')"
    ),
    (
        "SELECT f.changed_at AS at, 'told' AS what, c.id AS contact, c.name, jsonb_build_object('cohort', g.name, "
        "'letter', f.content ->> 'kind', 'transport', f.channel) AS facts FROM effect f "
        f"JOIN {_PEOPLE} c.id = (f.content ->> 'of')::bigint JOIN cohort g ON g.id = (f.content ->> 'version')::bigint "
        "WHERE f.channel IN ('mail', 'sms') AND f.state = 'done' AND f.content ->> 'kind' IN ('cohort', 'finished')"
    ),
    (
        f"SELECT r.changed_at AS at, CASE WHEN r.state = 'sent' THEN 'reminded' ELSE 'not_reminded' END AS what, c.id AS contact, c.name, "
        f"{_SESSION} || jsonb_build_object('rule', r.rule, 'state', r.state, 'transport', f.channel) AS facts FROM reminder r "
        f"JOIN {_PEOPLE} c.id = r.contact_id JOIN session s ON s.id = r.session_id LEFT JOIN effect f ON f.id = r.effect_id "
        "WHERE r.state IN ('sent', 'parked', 'expired', 'refused', 'unreachable')"
    ),
    (
        "SELECT CASE e.state WHEN 'present' THEN e.attended_at ELSE e.since END AS at, e.state AS what, c.id AS contact, c.name, "
        f"{_SESSION} || jsonb_build_object('by', e.attended_by) AS facts FROM enrolment e JOIN {_PEOPLE} c.id = e.contact_id "
        "JOIN session s ON s.id = e.session_id WHERE e.state IN ('present', 'absent', 'left')"
    ),
    (
        "SELECT m.joined_at AS at, 'joined' AS what, c.id AS contact, c.name, jsonb_build_object('cohort', g.name) AS facts "
        f"FROM cohort_member m JOIN {_PEOPLE} c.id = m.contact_id JOIN cohort g ON g.id = m.cohort_id AND g.state IN ('open', 'finished') "
        "UNION ALL SELECT m.left_at, 'departed', c.id, c.name, jsonb_build_object('cohort', g.name) FROM cohort_member m "
        f"JOIN {_PEOPLE} c.id = m.contact_id JOIN cohort g ON g.id = m.cohort_id AND g.state IN ('open', 'finished') "
        "WHERE m.left_at IS NOT NULL UNION ALL SELECT g.finished_at, 'finished', c.id, c.name, jsonb_build_object('cohort', g.name) "
        f"FROM cohort_member m JOIN {_PEOPLE} c.id = m.contact_id JOIN cohort g ON g.id = m.cohort_id "
        "WHERE g.state = 'finished' AND m.left_at IS NULL"
    ),
    (
        f"SELECT a.at, 'answered' AS what, c.id AS contact, c.name, {_SESSION} || jsonb_build_object('about', a.about) AS facts "
        f"FROM answer a JOIN {_PEOPLE} c.id = a.contact_id JOIN enrolment e ON e.id = a.enrolment_id JOIN session s ON s.id = e.session_id"
    ),
    (
        "SELECT b.at, 'bounced' AS what, c.id AS contact, c.name, jsonb_build_object('kind', b.kind) AS facts FROM bounce b "
        f"JOIN {_PEOPLE} c.id = b.contact_id"
    ),
    (
        "SELECT c.erased_at AS at, 'erased' AS what, c.id AS contact, c.name, NULL AS facts FROM contact c "
        "WHERE c.firm_id = :firm AND c.erased_at IS NOT NULL"
    ),
)
