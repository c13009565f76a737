"""A programme of many years, in bulk: as many enrolments as one likes, with what they are reminded of.

Sessions of 25 people follow each other hour by hour; a share of them is over at ``NOON``. Each place is reminded of by two rules: a day
before, and the day after. Of the week behind NOON it is not known of every second session who came. Due are the last day's thanks, and whom nobody reminded
the day before; all that was due earlier is sent.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy import Connection, text

from connectors.region.database import Region
from core.reminders import Rule
from tests.makers import NOON
from tests.reminder_rules import DAY_BEFORE, THANKS

RULES: dict[str, Rule] = {rule.name: rule for rule in (DAY_BEFORE, THANKS)}
PEOPLE = 25  # of a session
_PEOPLE = (
    (
        "INSERT INTO firm (siret, name, origin, created_at, changed_at) SELECT lpad(n::text, 14, '0'), 'Firme ' || n, 'portal', "
        "'2026-01-01', '2026-01-01' FROM generate_series(1, :enrolments / 20) n"
    ),
    (
        "INSERT INTO contact (firm_id, name, email, phone, origin, created_at, seen_at) SELECT (n + 1) / 2, 'Personne ' || n, "
        "n || '@firme.example', '+33612345678', 'portal', '2026-01-01', '2026-01-01' FROM generate_series(1, :enrolments / 10) n"
    ),
    (
        "INSERT INTO consent (contact_id, purpose, transport, given_at, proof) SELECT n, purpose, 'mail', '2026-01-01', '{}' "
        "FROM generate_series(1, :enrolments / 10) n, unnest(array['sessions', 'follow_up']) purpose"
    ),
    "INSERT INTO coach (name, email) VALUES ('Camille', 'coach@region.example')",
    (
        "INSERT INTO cohort (name, department, level, slot, capacity, coach_id, state, created_at) SELECT 'Cohorte ' || n, '69', "
        "'beginner', 'tue-evening', 25, 1, 'open', '2026-01-01' FROM generate_series(1, :sessions / 20 + 1) n"
    ),
    # One letter that all of the past was sent with: the queue asks nothing of it.
    "INSERT INTO channel (name) VALUES ('mail')",
    "INSERT INTO effect (channel, subject, state) VALUES ('mail', 'reminder.0.0', 'done')",
)
_SESSIONS = (
    (
        "INSERT INTO session (ref, kind, title, cohort_id, coach_id, starts_wall, minutes, starts_at, ends_at, place, capacity, created_at, "
        "changed_at) SELECT 'S-' || n, 'coaching', 'Séance', n / 20 + 1, 1, begins AT TIME ZONE 'Europe/Paris', 60, begins, "
        "begins + interval '1 hour', 'Lyon', 25, '2026-01-01', '2026-01-01' FROM (SELECT n, cast(:now AS timestamptz) "
        "+ make_interval(hours => n - cast(:sessions * :old AS int)) AS begins FROM generate_series(1, :sessions) n) s"
    ),
    (
        "INSERT INTO enrolment (session_id, contact_id, state, since, enrolled_at, attended_at) SELECT session, "
        "(n::bigint * 7919) % (:enrolments / 10) + 1, came, '2026-01-01', '2026-01-01', CASE WHEN came = 'present' THEN s.ends_at END "
        "FROM (SELECT n, (n - 1) / 25 + 1 AS session FROM generate_series(1, :enrolments) n) e JOIN session s ON s.id = session, "
        "LATERAL (SELECT CASE WHEN s.ends_at > :now OR (s.ends_at > :now - interval '7 days' AND session % 2 = 0) THEN 'registered' "
        "WHEN n % 5 = 0 THEN 'absent' ELSE 'present' END AS came) a"
    ),
    (
        "INSERT INTO reminder (enrolment_id, contact_id, session_id, rule, version, at, until, state, effect_id) "
        "SELECT e.id, e.contact_id, e.session_id, r.rule, 1, r.at, r.until, w.state, CASE WHEN w.state = 'sent' THEN 1 END FROM enrolment e "
        "JOIN session s ON s.id = e.session_id, LATERAL (VALUES ('day', s.starts_at - interval '1 day', s.starts_at - interval '3 hours'), "
        "('thanks', s.ends_at + interval '1 day', s.ends_at + interval '7 days')) r (rule, at, until), LATERAL (SELECT CASE WHEN "
        "r.until <= :now OR (r.at <= :now - interval '1 day' AND e.state <> 'registered') THEN 'sent' ELSE 'waiting' END AS state) w"
    ),
)


def write(region: Region, enrolments: int, old: float) -> None:
    """Fill an empty database with so many enrolments, of which a share is ``old``."""
    with _in_bulk(region) as connection:
        numbers = {"enrolments": enrolments, "sessions": enrolments // PEOPLE}
        for statement in _PEOPLE:
            connection.execute(text(statement), numbers)
        _held(connection, enrolments, old)


def age(region: Region, enrolments: int, old: float) -> None:
    """The same people, with another share of their enrolments over."""
    with _in_bulk(region) as connection:
        connection.execute(
            text("TRUNCATE session, enrolment, reminder, answer, registration RESTART IDENTITY")
        )
        _held(connection, enrolments, old)


def _held(connection: Connection, enrolments: int, old: float) -> None:
    values = {"enrolments": enrolments, "sessions": enrolments // PEOPLE, "old": old, "now": NOON}
    for statement in _SESSIONS:
        connection.execute(text(statement), values)


@contextlib.contextmanager
def _in_bulk(region: Region) -> Iterator[Connection]:
    """Rows that refer to each other as they should: what PostgreSQL would look up for each is left out."""
    with region.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield connection
    with region.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
