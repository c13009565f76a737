"""Unmerging: two firms that were made one by mistake, made two again.

Belongs here: putting back what a merge changed, as far as nobody has changed it since. Does not: merging (merges.py), what stands in the
way (core/firm_merging.py).

What came to be since stays with the firm that was kept: who registered there, say.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.firms import merged_people, merges
from connectors.region.firms.merged_people import TWICE
from connectors.region.firms.merges import Merge
from connectors.region.sessions import sessions
from core.firm_merging import Move, Moves, undo
from schemas.errors import Refused


def unmerge(region: Region, number: int, by: str, now: dt.datetime) -> Merge:
    """Take a merge back: the firm has its number again, its people are its own, and whoever was joined is two records.

    Consents that a person withdrew since stay withdrawn, and nobody who was erased comes back.

    Raises:
        Misconfigured: there is no such merge.
        Refused: it was undone before, or what was done since stands in the way; the message says what.

    """
    with region.sole_keeper(), region.begin() as connection:
        merge = merges.get(connection, number)
        if merge.undone_at is not None:
            raise Refused(f"Merge {number} was undone on {merge.undone_at:%Y-%m-%d at %H:%M} UTC.")
        moves = msgspec.convert(
            connection.scalar(text("SELECT moves FROM firm_merge WHERE id = :id"), {"id": number}), Moves
        )
        _check(connection, merge, moves)
        _back(connection, merge, moves, now)
        connection.execute(
            text("UPDATE firm_merge SET undone_at = :now, undone_by = :by WHERE id = :id"),
            {"id": number, "now": now, "by": by},
        )
        acts.note(connection, "undid", "merge", [number], by, now)
        return merges.get(connection, number)


def _check(connection: Connection, merge: Merge, moves: Moves) -> None:
    """Refuse what cannot be put back."""
    connection.execute(text("SELECT FROM firm WHERE id = :id FOR UPDATE"), {"id": merge.kept})
    later = connection.scalar(
        text(
            "SELECT m.id FROM firm_merge m, jsonb_array_elements(m.moves -> 'rows') AS move WHERE m.undone_at IS NULL AND m.id > :id "
            "AND ((move ->> 0 = 'firm_merge' AND (move ->> 1)::bigint = :id) OR (move ->> 0 = 'contact' AND move ->> 2 = 'firm_id' "
            "AND (move ->> 1)::bigint = ANY(:contacts)) OR (move ->> 0 = 'contact' AND move ->> 2 = 'merged_into' "
            "AND (move ->> 1)::bigint = ANY(:joined))) ORDER BY m.id DESC LIMIT 1"
        ),
        {"id": merge.id, "contacts": merge.contacts, "joined": [to for _, to in moves.joined]},
    )
    if later is not None:
        raise Refused(f"Merge {later} was made on top of it: undo that one first.")
    taken = connection.scalar(text("SELECT name FROM firm WHERE siret = :siret"), {"siret": merge.siret})
    if taken is not None:
        raise Refused(f"{taken} has the SIRET {merge.siret} now: merge it first.")
    _check_sessions(connection, merge, moves)


def _check_sessions(connection: Connection, merge: Merge, moves: Moves) -> None:
    """Places that were had twice come back only in a session that is as it was: their reminders are of it."""
    changed = [
        move.id
        for move in moves.rows
        if (move.table, move.column) == ("enrolment", "state") and move.before != "left"
    ]
    of = connection.scalars(
        text("SELECT DISTINCT session_id FROM enrolment WHERE id = ANY(:ids) ORDER BY session_id"),
        {"ids": changed},
    ).all()
    for number in of:
        session = sessions.lock(connection, number)
        if session.changed_at > merge.at:
            raise Refused(
                f"Session {session.ref} was changed since, and somebody had two places in it: "
                "what they have now is of another time or place."
            )


def _back(connection: Connection, merge: Merge, moves: Moves, now: dt.datetime) -> None:
    connection.execute(
        text(
            "INSERT INTO firm SELECT r.* FROM firm_merge m, jsonb_populate_record(NULL::firm, m.dropped) r WHERE m.id = :id"
        ),
        {"id": merge.id},
    )
    rows = defaultdict[tuple[str, int], list[Move]](list)
    for move in moves.rows:
        rows[move.table, move.id].append(move)
    erased = _erased(connection, moves)
    owners: dict[int, int] = {}
    for (table, number), changed in rows.items():
        patch = _patch(connection, table, number, changed, erased)
        if table == "enrolment" and "contact_id" in patch:
            owners[number] = patch.pop("contact_id")
        if table == "consent" and _needless(connection, number, patch, moves.joined):
            patch = {}
        _put(connection, table, number, patch)
    merged_people.give(connection, owners, now)
    _people_back(connection, moves)


def _patch(
    connection: Connection, table: str, number: int, changed: list[Move], erased: frozenset[int]
) -> dict[str, Any]:
    """What of a row goes back.

    Raises:
        Refused: it was changed since, and stands in the way.

    """
    found = connection.scalar(
        text(f"SELECT to_jsonb(t) FROM {table} t WHERE id = :id FOR NO KEY UPDATE"), {"id": number}
    )
    if found is None:  # it was deleted at its term
        return {}
    of = found["id"] if table == "contact" else found.get("contact_id")
    if of in erased:
        changed = [move for move in changed if move.column in {"firm_id", "merged_into", "contact_id"}]
    verdicts = {move.column: undo(move, found[move.column]) for move in changed}
    for move in changed:
        if verdicts[move.column] == "refuse":
            raise Refused(
                f"{table.capitalize()} {number} was changed since: its {move.column} is {found[move.column]}, not {move.after}."
            )
    back = {move.column: move.before for move in changed if verdicts[move.column] == "back"}
    whole = table not in {"reminder", "consent"} or len(back) == len(changed)
    return back if whole else {}


def _needless(
    connection: Connection, number: int, patch: dict[str, Any], joined: Sequence[tuple[int, int]]
) -> bool:
    """Whether a consent that would hold again must not: its person gave the same anew, or withdrew it since."""
    if patch.get("withdrawn_at", "") is not None:
        return False
    found: bool = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM consent k JOIN consent o ON o.purpose = k.purpose AND o.transport = k.transport AND o.id <> k.id "
            "WHERE k.id = :id AND ((o.contact_id = k.contact_id AND o.withdrawn_at IS NULL) OR (o.withdrawn_at > k.withdrawn_at "
            "AND (o.contact_id = k.contact_id OR (k.contact_id, o.contact_id) IN (SELECT * FROM unnest(cast(:from AS bigint[]), "
            "cast(:to AS bigint[])))))))"
        ),
        {"id": number, "from": [source for source, _ in joined], "to": [target for _, target in joined]},
    ).scalar_one()
    return found


def _put(connection: Connection, table: str, number: int, patch: dict[str, Any]) -> None:
    if not patch:
        return
    columns = ", ".join(patch)
    connection.execute(
        text(
            f"UPDATE {table} t SET ({columns}) = (SELECT {', '.join(f'r.{name}' for name in patch)} "
            f"FROM jsonb_populate_record(NULL::{table}, cast(:patch AS jsonb)) r) WHERE id = :id"
        ),
        {"patch": msgspec.json.encode(patch).decode(), "id": number},
    )
    if table == "reminder" and "state" in patch:
        connection.execute(
            text("UPDATE reminder SET why = NULL WHERE id = :id AND why = :why"),
            {"id": number, "why": TWICE},
        )


def _people_back(connection: Connection, moves: Moves) -> None:
    """Take back what one record had of the other, and their places in cohorts."""
    for each in moves.filled:
        connection.execute(
            text(
                f"UPDATE contact t SET {each.column} = NULL FROM contact s WHERE t.id = :target AND s.id = :source "
                f"AND t.{each.column} IS NOT DISTINCT FROM s.{each.column}"
            ),
            {"target": each.contact, "source": each.source},
        )
    for member in moves.members:
        connection.execute(
            text(
                "UPDATE cohort_member m SET contact_id = :before WHERE cohort_id = :cohort AND contact_id = :after "
                "AND NOT EXISTS (SELECT FROM cohort_member o WHERE o.cohort_id = :cohort AND o.contact_id = :before)"
            ),
            {"cohort": member.cohort, "before": member.before, "after": member.after},
        )
    for place in moves.ended:
        found = connection.scalar(
            text(
                "SELECT to_jsonb(left_at) FROM cohort_member WHERE cohort_id = :cohort AND contact_id = :contact"
            ),
            {"cohort": place.cohort, "contact": place.contact},
        )
        if found == place.after and place.contact not in _erased(connection, moves):
            merged_people.end(connection, place.cohort, place.contact, place.before)


def _erased(connection: Connection, moves: Moves) -> frozenset[int]:
    return frozenset(
        connection.scalars(
            text("SELECT id FROM contact WHERE id = ANY(:ids) AND erased_at IS NOT NULL"),
            {"ids": [number for pair in moves.joined for number in pair]},
        )
    )
