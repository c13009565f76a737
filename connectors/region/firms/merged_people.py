"""Records of people that become one, since their firms did.

Belongs here: finding, locking and joining them. Does not: the firms (merges.py), taking it back (unmerging.py), which record counts
(core/firm_merging.py).

The record that is joined stays, of no firm, and says which it became: links that were sent go on to work, and whoever is erased is
erased in both. Its history is the other's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.sessions import sessions
from connectors.region.sessions.sessions import Session
from core.firm_merging import (
    Agreed,
    Ended,
    Filled,
    Member,
    Someone,
    better,
    fates,
    same_people,
)
from schemas.firm import Consent

TWICE: Final = "they have the place under another record"
Pairs = Sequence[tuple[int, int]]
"""Records that become one: from, to."""
_FILLED: Final = ("role", "phone", "availability", "mail_stopped", "sms_stopped")
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {  # nothing of it is personal
    "contact": ("firm_id", "merged_into", "seen_at"),
    "consent": ("contact_id", "withdrawn_at", "withdrawn_by"),
    "registration": ("contact_id",),
    "enrolment": ("contact_id", "state", "since", "attended_at"),
    "reminder": ("state", "changed_at"),
    "bounce": ("contact_id",),
}


class Done(msgspec.Struct, frozen=True):
    """What joining did that rows do not tell by themselves."""

    members: tuple[Member, ...]
    ended: tuple[Ended, ...]
    filled: tuple[Filled, ...]


def of(connection: Connection, firms: Sequence[int]) -> list[int]:
    """The people of firms, nobody of whom changes until this transaction ends."""
    return list(
        connection.scalars(
            text("SELECT id FROM contact WHERE firm_id = ANY(:firms) ORDER BY id FOR NO KEY UPDATE"),
            {"firms": list(firms)},
        )
    )


def joined(connection: Connection, keep: int, drop: int) -> list[tuple[int, int]]:
    """Who of the one firm is who of the other: from, to."""
    people: dict[int, list[Someone]] = {keep: [], drop: []}
    rows = connection.execute(
        text(
            "SELECT id, firm_id, name, email FROM contact WHERE firm_id = ANY(:firms) AND erased_at IS NULL ORDER BY id"
        ),
        {"firms": [keep, drop]},
    )
    for row in rows:
        people[row.firm_id].append(Someone(row.id, row.name, row.email))
    return same_people(people[keep], people[drop])


def lock(connection: Connection, pairs: Pairs) -> list[Session]:
    """The sessions of those who become one, locked by number."""
    numbers = connection.scalars(
        text("SELECT DISTINCT session_id FROM enrolment WHERE contact_id = ANY(:people) ORDER BY session_id"),
        {"people": [number for pair in pairs for number in pair]},
    ).all()
    return [sessions.lock(connection, number) for number in numbers]


def rows(connection: Connection, people: Sequence[int]) -> dict[tuple[str, int], dict[str, Any]]:
    """What may change of everything that is these people's."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for table, columns in _COLUMNS.items():
        facts = ", ".join(f"'{name}', {name}" for name in columns)
        whose = "id" if table == "contact" else "contact_id"
        statement = (
            f"SELECT id, jsonb_build_object({facts}) AS facts FROM {table} WHERE {whose} = ANY(:people)"
        )
        for row in connection.execute(text(statement), {"people": list(people)}):
            found[table, row.id] = dict(row.facts)
    return found


def join(connection: Connection, pairs: Pairs, now: dt.datetime) -> Done:
    """Make each pair one person."""
    members: list[Member] = []
    ended: list[Ended] = []
    filled: list[Filled] = []
    for source, target in pairs:
        filled += _fill(connection, source, target)
        connection.execute(
            text("UPDATE contact SET firm_id = NULL, merged_into = :target WHERE id = :source"),
            {"source": source, "target": target},
        )
        for table in ("registration", "bounce"):
            connection.execute(
                text(f"UPDATE {table} SET contact_id = :target WHERE contact_id = :source"),
                {"source": source, "target": target},
            )
        _consents(connection, source, target, now)
        _enrolments(connection, source, target, now)
        moved, over = _members(connection, source, target, now)
        members += moved
        ended += over
    return Done(tuple(members), tuple(ended), tuple(filled))


def _fill(connection: Connection, source: int, target: int) -> list[Filled]:
    """Give a record what it lacks of the other. When they were seen last is not personal, and goes with the rows."""
    lacking = connection.execute(
        text(
            f"SELECT {', '.join(f't.{name} IS NULL AND s.{name} IS NOT NULL AS {name}' for name in _FILLED)} "
            "FROM contact t, contact s WHERE t.id = :target AND s.id = :source"
        ),
        {"source": source, "target": target},
    ).one()
    names = [name for name, lacks in lacking._asdict().items() if lacks]
    sets = [*(f"{name} = s.{name}" for name in names), "seen_at = greatest(t.seen_at, s.seen_at)"]
    connection.execute(
        text(
            f"UPDATE contact t SET {', '.join(sets)} FROM contact s WHERE t.id = :target AND s.id = :source"
        ),
        {"source": source, "target": target},
    )
    return [Filled(target, name, source) for name in names]


def _consents(connection: Connection, source: int, target: int, now: dt.datetime) -> None:
    agreed = [
        Agreed(row.id, row.contact_id, Consent(row.purpose, row.transport), *row[4:])
        for row in connection.execute(
            text(
                "SELECT id, contact_id, purpose, transport, given_at, withdrawn_at, withdrawn_by FROM consent "
                "WHERE contact_id IN (:source, :target) ORDER BY id"
            ),
            {"source": source, "target": target},
        )
    ]
    fate = fates(agreed, target, now)
    for number, each in sorted(fate.items(), key=lambda one: one[1].withdrawn_at is None):  # endings first
        connection.execute(
            text(
                "UPDATE consent SET contact_id = :contact, withdrawn_at = :at, withdrawn_by = :by WHERE id = :id"
            ),
            {"id": number, "contact": each.contact, "at": each.withdrawn_at, "by": each.withdrawn_by},
        )


def _enrolments(connection: Connection, source: int, target: int, now: dt.datetime) -> None:
    """Give the person the places of both records; of two in one session the better one, and the other is left."""
    held: dict[int, dict[int, Any]] = {}
    for row in connection.execute(
        text(
            "SELECT id, session_id, contact_id, state FROM enrolment WHERE contact_id IN (:source, :target) ORDER BY id FOR UPDATE"
        ),
        {"source": source, "target": target},
    ):
        held.setdefault(row.session_id, {})[row.contact_id] = row
    owners: dict[int, int] = {}
    for places in held.values():
        ours, theirs = places.get(target), places.get(source)
        if theirs is None:
            continue
        if ours is None:
            owners[theirs.id] = target
            continue
        if better(theirs.state, ours.state):
            owners |= {theirs.id: target, ours.id: source}
        _leave(connection, ours.id if better(theirs.state, ours.state) else theirs.id, now)
    give(connection, owners, now)


def _leave(connection: Connection, number: int, now: dt.datetime) -> None:
    """End one of two places of one person, without a letter: they go on to have the other."""
    connection.execute(
        text(
            "UPDATE enrolment SET state = 'left', since = :now, attended_at = NULL WHERE id = :id AND state <> 'left'"
        ),
        {"id": number, "now": now},
    )
    held = connection.scalars(
        text(
            "SELECT id FROM reminder WHERE enrolment_id = :id AND state IN ('waiting', 'queued') ORDER BY id FOR UPDATE"
        ),
        {"id": number},
    ).all()
    connection.execute(
        text(
            "UPDATE reminder r SET state = 'void', why = coalesce(why, :why), changed_at = :now WHERE r.id = ANY(:ids) "
            "AND (r.state = 'waiting' OR EXISTS (SELECT FROM effect e WHERE e.id = r.effect_id AND e.state = 'planned'))"
        ),
        {"ids": list(held), "why": TWICE, "now": now},
    )


def give(connection: Connection, owners: Mapping[int, int], now: dt.datetime) -> None:
    """Give enrolments to others, with what hangs on them. They may take each other's place in a session.

    A session has a person once, at every moment: so each goes by somebody who is there for that alone.
    """
    if not owners:
        return
    numbers, contacts = list(owners), list(owners.values())
    between = connection.scalars(
        text(
            "INSERT INTO contact (origin, created_at, seen_at) SELECT 'merge', :now, :now FROM generate_series(1, :n) RETURNING id"
        ),
        {"now": now, "n": len(numbers)},
    ).all()
    for to in (list(between), contacts):
        connection.execute(
            text(
                "UPDATE enrolment e SET contact_id = w.contact FROM unnest(cast(:ids AS bigint[]), cast(:to AS bigint[])) "
                "AS w (id, contact) WHERE e.id = w.id"
            ),
            {"ids": numbers, "to": to},
        )
    for table in ("reminder", "answer"):
        connection.execute(
            text(
                f"UPDATE {table} t SET contact_id = e.contact_id FROM enrolment e WHERE e.id = t.enrolment_id "
                "AND e.id = ANY(:ids) AND t.contact_id <> e.contact_id"
            ),
            {"ids": numbers},
        )
    connection.execute(text("DELETE FROM contact WHERE id = ANY(:ids)"), {"ids": list(between)})


def _members(
    connection: Connection, source: int, target: int, now: dt.datetime
) -> tuple[list[Member], list[Ended]]:
    """Give the person the cohorts of both records; of two places in one cohort the one that goes on, once."""
    values = {"source": source, "target": target, "now": now}
    moved = connection.scalars(
        text(
            "UPDATE cohort_member m SET contact_id = :target WHERE contact_id = :source AND NOT EXISTS (SELECT FROM cohort_member o "
            "WHERE o.cohort_id = m.cohort_id AND o.contact_id = :target) RETURNING cohort_id"
        ),
        values,
    ).all()
    both = connection.execute(
        text(
            "SELECT m.cohort_id, to_jsonb(m.left_at) AS theirs, to_jsonb(o.left_at) AS ours, to_jsonb(cast(:now AS timestamptz)) AS now "
            "FROM cohort_member m JOIN cohort_member o USING (cohort_id) WHERE m.contact_id = :source AND o.contact_id = :target"
        ),
        values,
    ).all()
    ended: list[Ended] = []
    for row in both:
        if row.theirs is None:
            ended.append(Ended(row.cohort_id, source, None, row.now))
            if row.ours is not None:
                ended.append(Ended(row.cohort_id, target, row.ours, None))
    for each in ended:
        end(connection, each.cohort, each.contact, each.after)
    return [Member(cohort, source, target) for cohort in moved], ended


def end(connection: Connection, cohort: int, contact: int, at: str | None) -> None:
    """Set when a place in a cohort ended."""
    connection.execute(
        text(
            "UPDATE cohort_member SET left_at = cast(:at AS timestamptz) WHERE cohort_id = :cohort AND contact_id = :contact"
        ),
        {"cohort": cohort, "contact": contact, "at": at},
    )
