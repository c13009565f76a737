"""Seasons: dialogues that are planned together.

Belongs here: statements on ``season``, and what a decision on a proposal does. Does not: what planning is asked (season_problem.py), the
planning itself (core/seasons), or a dialogue's steps (dialogue_life.py).

A proposal is kept as it was shown. It changes no dialogue: what was announced stays so until somebody approves.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.dialogues import dialogue_life, dialogues
from connectors.region.dialogues.dialogue_life import Placement
from connectors.region.dialogues.dialogue_steps import Hub, change, keep
from connectors.region.dialogues.dialogues import Dialogue
from core import seasons, wall
from core.days import PARIS
from core.dialogues import State
from schemas.errors import Misconfigured, Refused

_LOCK: Final = 72_013  # advisory lock: one proposal is kept or decided at a time
PLANNED: Final[frozenset[State]] = frozenset({"draft", "proposed", "approved", "announced"})
PLACED: Final[frozenset[State]] = frozenset({"approved", "announced", "on_air"})


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """Where a proposal has a dialogue; ``moved``: it was elsewhere."""

    ref: str
    where: Placement
    moved: bool


class Season(msgspec.Struct, frozen=True, kw_only=True):
    """A season; with ``placed`` and ``explanation`` while a proposal waits for a decision."""

    id: int
    name: str
    first_day: dt.date
    last_day: dt.date
    placed: tuple[Placed, ...] = ()
    explanation: str | None = None
    proposed_at: dt.datetime | None = None
    proposed_by: str | None = None
    decided_at: dt.datetime | None = None
    decided_by: str | None = None


class _Kept(msgspec.Struct, frozen=True):
    """A proposal in its row. ``of`` tells the dialogues as they were from others."""

    of: str
    placed: tuple[Placed, ...]


_SELECT: Final = "SELECT id, name, first_day, last_day, proposal::text AS proposal, explanation, proposed_at, proposed_by, decided_at, decided_by FROM season"


def _season(row: Any) -> Season:
    told = row._asdict()
    kept = told.pop("proposal")
    return Season(**told, placed=msgspec.json.decode(kept, type=_Kept).placed if kept else ())


def create(region: Region, name: str, first_day: dt.date, last_day: dt.date, now: dt.datetime) -> Season:
    """Begin a season; of one that is there, change its days.

    Raises:
        Refused: it would end before it begins.

    """
    if last_day < first_day:
        raise Refused(f"Season « {name} » would end before it begins: give a later last day.")
    with region.begin() as connection:
        row = connection.execute(
            text(
                "INSERT INTO season (name, first_day, last_day, created_at) VALUES (:name, :first, :last, :now) "
                "ON CONFLICT (name) DO UPDATE SET first_day = excluded.first_day, last_day = excluded.last_day RETURNING id"
            ),
            {"name": name, "first": first_day, "last": last_day, "now": now},
        ).one()
        return _season(connection.execute(text(f"{_SELECT} WHERE id = :id"), {"id": row.id}).one())


def listed(region: Region) -> list[Season]:
    """Every season, the newest first."""
    with region.begin() as connection:
        return [
            _season(row) for row in connection.execute(text(f"{_SELECT} ORDER BY first_day DESC, id DESC"))
        ]


def named(region: Region, name: str) -> Season:
    """The season of that name.

    Raises:
        Misconfigured: there is none.

    """
    with region.begin() as connection:
        return _named(connection, name)


def _named(connection: Connection, name: str) -> Season:
    row = connection.execute(text(f"{_SELECT} WHERE name = :name"), {"name": name}).one_or_none()
    if row is None:
        raise Misconfigured(f"No season « {name} »: `boostez season list` shows which there are.")
    return _season(row)


def assign(region: Region, season: Season, refs: Sequence[str]) -> int:
    """Have drafts be planned with a season. Returns how many were not already."""
    with region.begin() as connection:
        return connection.execute(
            text(
                "UPDATE dialogue SET season_id = :season WHERE ref = ANY(:refs) AND season_id IS DISTINCT FROM :season "
                "AND state IN ('draft', 'proposed', 'approved')"
            ),
            {"season": season.id, "refs": list(refs)},
        ).rowcount


def propose(
    region: Region, season: Season, proposal: seasons.Proposal, explanation: str, by: str, now: dt.datetime
) -> Season:
    """Keep a proposal until somebody decides; another takes its place. ``by``: the run that made it, or who asked for it.

    Raises:
        Refused: the season has no dialogue, or changed while it was planned.

    """
    with region.begin() as connection:
        _lock(connection)
        found = _locked(connection, season)
        if {each.ref for each in found} != {each.key for each in proposal.placed}:
            raise Refused(f"Season « {season.name} » changed while it was planned: propose again.")
        if not found:
            raise Refused(
                f"Season « {season.name} » has no dialogue: `boostez season assign {season.name!r} REF…` gives it some."
            )
        kept = _Kept(_fingerprint(found), tuple(_placed(each) for each in proposal.placed))
        connection.execute(
            text(
                "UPDATE season SET proposal = cast(:proposal AS jsonb), explanation = :explanation, proposed_at = :now, proposed_by = :by, "
                "decided_at = NULL, decided_by = NULL WHERE id = :id"
            ),
            {
                "id": season.id,
                "proposal": msgspec.json.encode(kept).decode(),
                "explanation": explanation,
                "by": by,
                "now": now,
            },
        )
        for each in found:
            if each.state == "draft":
                keep(
                    connection,
                    change(connection, each, now, state="proposed"),
                    "proposed",
                    "planning",
                    None,
                    now,
                )
        return _named(connection, season.name)


def placement(dialogue: Dialogue) -> seasons.Placement | None:
    """Where a dialogue is, as planning names it; None when it has no place yet."""
    if dialogue.state not in PLACED:
        return None
    assert dialogue.starts_at is not None
    assert dialogue.official_id is not None
    assert dialogue.moderator_id is not None
    return seasons.Placement(
        starts=dialogue.starts_at.astimezone(dt.UTC),
        official=dialogue.official_id,
        moderator=dialogue.moderator_id,
        venue=dialogue.venue_id if dialogue.form == "live" else None,
    )


def _placed(placed: seasons.Placed) -> Placed:
    at = placed.placement
    return Placed(
        ref=placed.key,
        where=Placement(
            official_id=at.official,
            moderator_id=at.moderator,
            venue_id=at.venue,
            starts_wall=wall.wall_of(at.starts, PARIS.key),
        ),
        moved=placed.moved,
    )


def approve(
    region: Region, hub: Hub, name: str, by: str, now: dt.datetime, *, of: str | None = None
) -> list[Dialogue]:
    """Place every dialogue as proposed, all or none. What was announced and moves is told anew. Returns what changed.

    ``of``: only when the proposal that waits is of whoever this names, as ``propose`` was told.

    Raises:
        Misconfigured: there is no such season.
        Refused: no proposal waits, or what it was made of has changed since, or somebody ended meanwhile.

    """
    with region.begin() as connection:
        _lock(connection)
        season = _named(connection, name)
        proposal = _waiting(connection, season, of)
        found = {each.ref: each for each in _locked(connection, season)}
        if _fingerprint(found.values()) != proposal.of:
            raise Refused(
                f"Season « {name} » has changed since it was proposed: propose again, and decide on that."
            )
        changed = []
        for placed in proposal.placed:
            before = found[placed.ref]
            if placement(before) and not placed.moved:
                continue
            changed.append(_place(connection, hub, before, placed.where, by, now))
        for each in changed:
            dialogue_life.check_free(connection, each)
        _decide(connection, season, by, now)
        acts.note(
            connection, "approved", "season", [season.id], by, now, why=f"{len(changed)} dialogues placed"
        )
    return changed


def _place(
    connection: Connection, hub: Hub, before: Dialogue, where: Placement, by: str, now: dt.datetime
) -> Dialogue:
    why = "the season's proposal"
    if before.state == "announced":
        return dialogue_life.move_locked(connection, hub, before, where, by, why, now, checked=False)
    return dialogue_life.place(connection, before, where, by, now, why, checked=False)


def refuse(
    region: Region, name: str, by: str, why: str, now: dt.datetime, *, of: str | None = None
) -> Season:
    """Leave every dialogue where it is; drafts are drafts again. ``of`` as in ``approve``.

    Raises:
        Misconfigured: there is no such season.
        Refused: no proposal waits.

    """
    with region.begin() as connection:
        _lock(connection)
        season = _named(connection, name)
        _waiting(connection, season, of)
        for each in _locked(connection, season):
            if each.state == "proposed":
                keep(connection, change(connection, each, now, state="draft"), "draft", by, why, now)
        _decide(connection, season, by, now)
        acts.note(connection, "refused", "season", [season.id], by, now)
        return _named(connection, name)


def _lock(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _locked(connection: Connection, season: Season) -> list[Dialogue]:
    rows = connection.execute(
        text(
            f"{dialogues.SELECT} WHERE d.season_id = :season AND d.state = ANY(:states) ORDER BY d.id FOR UPDATE OF d"
        ),
        {"season": season.id, "states": list(PLANNED)},
    )
    return [dialogues.read(row) for row in rows]


def _fingerprint(found: Iterable[Dialogue]) -> str:
    """What a proposal was made of: another time, place, person or dialogue is another."""
    told = sorted(
        (each.ref, each.form, each.minutes, each.locked, str(placement(each)), each.state == "announced")
        for each in found
    )
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def _waiting(connection: Connection, season: Season, of: str | None) -> _Kept:
    if of is not None and season.proposed_by != of:
        raise Refused(f"Another proposal of season « {season.name} » took its place: decide on that one.")
    kept: str | None = connection.execute(
        text("SELECT proposal::text FROM season WHERE id = :id"), {"id": season.id}
    ).scalar_one()
    if kept is None:
        raise Refused(
            f"Season « {season.name} » has no proposal that waits: `boostez season propose` makes one."
        )
    return msgspec.json.decode(kept, type=_Kept)


def _decide(connection: Connection, season: Season, by: str, now: dt.datetime) -> None:
    connection.execute(
        text(
            "UPDATE season SET proposal = NULL, proposed_at = NULL, explanation = NULL, decided_at = :now, decided_by = :by WHERE id = :id"
        ),
        {"id": season.id, "by": by, "now": now},
    )
