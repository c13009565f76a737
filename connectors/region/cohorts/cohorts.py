"""Cohorts: who waits for one, what was proposed, what a person decided, and when one has finished.

Belongs here: statements on ``cohort`` and ``cohort_member``, each with the sessions, places and letters that it calls for, in one
commit. Does not: who fits with whom (core/cohorts), reminders, or what a letter says (connectors/mail).

    proposed ─> open ─> finished
        └─────> refused
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.ledger import letters
from connectors.region.sessions import enrolments, sessions
from core.cohort_dates import meetings
from core.cohorts import Candidate, Coach, Proposal
from core.reminders import Rule
from schemas.errors import Refused
from schemas.letters import ProgrammeLetter

ZONE: Final = "Europe/Paris"
PLACE: Final = "Lieu précisé par votre coach"
_LOCK: Final = 72_008  # advisory lock: one proposal is kept or decided at a time


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How the cohorts of a proposal meet: so many ``sessions`` of so many ``minutes``, every ``weeks``, from the day ``first`` on."""

    first: dt.date
    title: str = "Atelier d’accompagnement"
    sessions: int = 4
    weeks: int = 2
    minutes: int = 120
    place: str = PLACE


class Cohort(msgspec.Struct, frozen=True):
    """A cohort, and how many are in it."""

    id: int
    name: str
    department: str
    level: str
    slot: str
    coach_id: int
    state: str
    proposal: str | None
    members: int


_COHORT: Final = (
    "SELECT g.id, g.name, g.department, g.level, g.slot, g.coach_id, g.state, g.proposal, count(m.contact_id) FILTER "
    "(WHERE m.left_at IS NULL) AS members FROM cohort g LEFT JOIN cohort_member m ON m.cohort_id = g.id"
)


def candidates(region: Region) -> list[Candidate]:
    """Who waits for a cohort: of each firm that came to a seminar and is in no cohort, whoever came last and said when they can come."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT DISTINCT ON (f.id) c.id, coalesce(f.name, c.name) AS name, f.department, f.level, c.availability, f.commune, "
                "f.naf FROM firm f JOIN contact c ON c.firm_id = f.id AND c.erased_at IS NULL AND c.availability <> '[]' "
                "JOIN enrolment e ON e.contact_id = c.id AND e.state = 'present' JOIN session s ON s.id = e.session_id "
                "AND s.kind = 'seminar' WHERE NOT EXISTS (SELECT FROM contact o JOIN cohort_member m ON m.contact_id = o.id "
                "AND m.left_at IS NULL JOIN cohort g ON g.id = m.cohort_id AND g.state <> 'refused' WHERE o.firm_id = f.id) "
                "ORDER BY f.id, e.attended_at DESC, c.id"
            )
        )
        return [
            Candidate(
                id=row.id,
                name=row.name,
                department=row.department,
                level=row.level,
                availability=frozenset(row.availability),
                commune=row.commune,
                naf=row.naf,
            )
            for row in rows
        ]


def free_coaches(region: Region) -> list[Coach]:
    """The coaches who can take another cohort, and when."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT k.id, k.name, k.departments, k.availability, k.cohorts - count(g.id) AS free, "
                "coalesce(jsonb_agg(g.slot) FILTER (WHERE g.id IS NOT NULL), '[]') AS taken FROM coach k LEFT JOIN cohort g "
                "ON g.coach_id = k.id AND g.state IN ('proposed', 'open') WHERE k.ended_at IS NULL GROUP BY k.id ORDER BY k.id"
            )
        )
        return [
            Coach(
                id=row.id,
                name=row.name,
                departments=frozenset(row.departments),
                slots=frozenset(row.availability) - frozenset(row.taken),
                cohorts=row.free,
            )
            for row in rows
            if row.free > 0
        ]


def propose(region: Region, key: str, proposal: Proposal, capacity: int, now: dt.datetime) -> list[int]:
    """Keep a proposal until somebody decides; ``key`` names it. The same key twice is once. Returns the cohorts' numbers, in order.

    Raises:
        Refused: another proposal waits for a decision.

    """
    with region.begin() as connection:
        _lock(connection)
        kept = connection.scalars(
            text("SELECT id FROM cohort WHERE proposal = :key ORDER BY id"), {"key": key}
        ).all()
        if kept:
            return list(kept)
        other = connection.scalar(text("SELECT proposal FROM cohort WHERE state = 'proposed' LIMIT 1"))
        if other is not None:
            raise Refused(f"Proposal {other} waits for a decision: decide on it, then form cohorts again.")
        return [_keep(connection, key, cohort, capacity, now) for cohort in proposal.cohorts]


def _lock(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _keep(connection: Connection, key: str, cohort: Any, capacity: int, now: dt.datetime) -> int:
    number: int = connection.execute(
        text(
            "INSERT INTO cohort (name, department, level, slot, capacity, coach_id, explanation, proposal, created_at) VALUES "
            "(:name, :department, :level, :slot, :capacity, :coach, :why, :key, :now) RETURNING id"
        ),
        {
            "name": f"{cohort.department}, {cohort.slot}, {cohort.coach_name}",
            "department": cohort.department,
            "level": cohort.level,
            "slot": cohort.slot,
            "capacity": capacity,
            "coach": cohort.coach,
            "why": cohort.why,
            "key": key,
            "now": now,
        },
    ).scalar_one()
    connection.execute(
        text(
            "INSERT INTO cohort_member (cohort_id, contact_id, joined_at, why) "
            "SELECT :cohort, contact, :now, why FROM unnest(cast(:contacts AS bigint[]), cast(:whys AS text[])) AS m (contact, why)"
        ),
        {
            "cohort": number,
            "contacts": [member.id for member in cohort.members],
            "whys": [member.why for member in cohort.members],
            "now": now,
        },
    )
    return number


def proposed(region: Region, key: str) -> list[Cohort]:
    """What became of the cohorts of a proposal."""
    with region.begin() as connection:
        rows = connection.execute(
            text(f"{_COHORT} WHERE g.proposal = :key GROUP BY g.id ORDER BY g.id"), {"key": key}
        )
        return [Cohort(*row) for row in rows]


def listed(region: Region, *, every: bool = False) -> list[Cohort]:
    """The cohorts that wait for a decision; with ``every`` all of them, the newest first."""
    chosen = (
        "GROUP BY g.id ORDER BY g.id DESC"
        if every
        else "WHERE g.state = 'proposed' GROUP BY g.id ORDER BY g.id"
    )
    with region.begin() as connection:
        return [Cohort(*row) for row in connection.execute(text(f"{_COHORT} {chosen}"))]


def decide(
    region: Region,
    rules: Sequence[Rule],
    key: str,
    approved: Collection[int],
    plan: Plan,
    by: str,
    now: dt.datetime,
) -> list[Cohort]:
    """Open these cohorts of a proposal, refuse its others. Whoever is in an open one has their places, and one letter that says so.

    A cohort of which somebody was erased, or came into another meanwhile, opens without them. Twice is once.

    Raises:
        Refused: there is no such proposal, or it was decided on otherwise.

    """
    with region.begin() as connection:
        _lock(connection)
        rows = connection.execute(
            text(f"{_COHORT} WHERE g.proposal = :key GROUP BY g.id ORDER BY g.id"), {"key": key}
        )
        found = [Cohort(*row) for row in rows]
        if not found:
            raise Refused(f"No proposal {key}.")
        decided: dict[acts.Deciding, list[int]] = {"approved": [], "refused": []}
        for cohort in found:
            wanted = "open" if cohort.id in approved else "refused"
            if cohort.state == "proposed":
                _settle(connection, cohort, wanted, by, now)
                if wanted == "open":
                    _open(connection, rules, cohort, plan, now)
                decided["approved" if wanted == "open" else "refused"].append(cohort.id)
            elif (cohort.state == "refused") is not (wanted == "refused"):
                raise Refused(f"Cohort {cohort.id} is {cohort.state} already: it stays so.")
        for did, numbers in decided.items():
            acts.note(connection, did, "cohort", numbers, by, now)
    return proposed(region, key)


def _settle(connection: Connection, cohort: Cohort, state: str, by: str, now: dt.datetime) -> None:
    connection.execute(
        text("UPDATE cohort SET state = :state, decided_at = :now, decided_by = :by WHERE id = :id"),
        {"id": cohort.id, "state": state, "by": by, "now": now},
    )


def _open(
    connection: Connection, rules: Sequence[Rule], cohort: Cohort, plan: Plan, now: dt.datetime
) -> None:
    connection.execute(
        text(
            "UPDATE cohort_member m SET left_at = :now FROM contact c WHERE m.cohort_id = :cohort AND c.id = m.contact_id "
            "AND (c.erased_at IS NOT NULL OR EXISTS (SELECT FROM cohort_member o JOIN cohort g ON g.id = o.cohort_id "
            "AND g.state = 'open' AND g.id <> m.cohort_id WHERE o.contact_id = m.contact_id AND o.left_at IS NULL))"
        ),
        {"cohort": cohort.id, "now": now},
    )
    members = connection.scalars(
        text("SELECT contact_id FROM cohort_member WHERE cohort_id = :id AND left_at IS NULL ORDER BY 1"),
        {"id": cohort.id},
    ).all()
    for number, starts in enumerate(meetings(cohort.slot, plan.first, plan.sessions, plan.weeks, ZONE), 1):
        draft = sessions.Draft(
            kind="coaching",
            title=f"{plan.title} {number}/{plan.sessions}",
            starts_wall=starts,
            minutes=plan.minutes,
            capacity=max(len(members), 1),
            level=cohort.level,
            cohort_id=cohort.id,
            coach_id=cohort.coach_id,
            place=plan.place,
            department=cohort.department,
        )
        session = sessions.lock(connection, sessions.insert(connection, draft, now))
        for contact in members:
            enrolments.enrol(connection, rules, session, contact, now, tell=False)
    letters.write(
        connection,
        {
            f"cohort.{cohort.id}.{contact}": ProgrammeLetter("cohort", contact, cohort.id)
            for contact in members
        },
    )


def finish(region: Region, now: dt.datetime) -> list[int]:
    """End the cohorts whose last session is over, and write to their members. Returns the cohorts' numbers."""
    with region.begin() as connection:
        finished = connection.scalars(
            text(
                "UPDATE cohort g SET state = 'finished', finished_at = :now WHERE g.state = 'open' AND NOT EXISTS (SELECT FROM session s "
                "WHERE s.cohort_id = g.id AND s.state = 'open' AND s.ends_at > :now) AND EXISTS (SELECT FROM session s "
                "WHERE s.cohort_id = g.id AND s.state = 'open') RETURNING g.id"
            ),
            {"now": now},
        ).all()
        rows = connection.execute(
            text(
                "SELECT m.cohort_id, m.contact_id FROM cohort_member m WHERE m.cohort_id = ANY(:ids) AND m.left_at IS NULL AND EXISTS "
                "(SELECT FROM enrolment e JOIN session s ON s.id = e.session_id AND s.cohort_id = m.cohort_id "
                "WHERE e.contact_id = m.contact_id AND e.state = 'present')"
            ),
            {"ids": list(finished)},
        )
        letters.write(
            connection,
            {
                f"finished.{row.cohort_id}.{row.contact_id}": ProgrammeLetter(
                    "finished", row.contact_id, row.cohort_id
                )
                for row in rows
            },
        )
    return list(finished)
