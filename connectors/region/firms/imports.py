"""Imports: seminar sheets and partners' files taken in, each once.

Belongs here: what an import would change, and making it so. Does not: reading files (connectors/registration_files.py), comparing
(core/import_preview.py), the forms (flows/import_registrations.py).

Lines are taken in in batches, each in two commits: who there is, then who takes part in what. Whoever holds a session waits for people,
so nobody may hold people and wait for a session. An import that was killed goes on where it was when the same file comes again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.firms import firms, known_firms
from connectors.region.people import contacts
from connectors.region.sessions import attendance, sessions
from connectors.region.sessions.sessions import Session
from core import import_sessions
from core.import_preview import KINDS, KnownFirm, Preview, new_consents, preview
from core.import_sessions import Held
from core.reminders import Rule
from core.seminar_sheets import Row, Sheet, SheetError
from schemas.errors import Refused

BATCH: Final = 100  # lines a commit
_COLUMNS: Final = "id, name, by, at, figures::text AS figures"


class Figures(msgspec.Struct):
    """What an import did, in lines.

    ``kinds`` as the preview counts them; ``refused`` were right by themselves and did not fit what is known (no such session, say);
    ``places`` by how people stand now; ``near`` tells firms that were taken in though they may be others: line, then numbers of firms,
    or of lines as negative ones. ``kept`` and ``placed`` are the last lines that are done with: for one that is killed.
    """

    kinds: dict[str, int] = msgspec.field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    refused: int = 0
    places: dict[str, int] = {}
    near: dict[int, list[int]] = {}
    kept: int = 0
    placed: int = 0
    finished: bool = False


def look(region: Region, sheet: Sheet, now: dt.datetime) -> Preview:
    """What taking a sheet in would change, and every line that would stay out."""
    with region.begin() as connection:
        right, wrong = _sorted(connection, sheet.rows, now)
        errors = sorted((*sheet.errors, *wrong), key=lambda each: each.line)
        return preview(right, _known(connection, right), errors, sheet.notes, sheet.unknown)


def take_in(
    region: Region,
    rules: Sequence[Rule],
    rows: Sequence[Row],
    name: str,
    digest: bytes,
    by: str,
    now: dt.datetime,
) -> Figures:
    """Take in every line that fits, whatever is wrong with others. ``digest`` names the file: it is taken in once.

    Raises:
        Refused: it was taken in before; the message says when and by whom.

    """
    with region.sole_keeper():
        with region.begin() as connection:
            number, figures = _begin(connection, name, digest, by, now)
            right, wrong = _sorted(connection, [row for row in rows if row.line > figures.placed], now)
            if not figures.kept:
                figures.refused = len({each.line for each in wrong})
                near = preview(right, _known(connection, right)).rows
                figures.near = {line.line: [match.id for match in line.near] for line in near if line.near}
            _write(connection, number, figures)
            acts.note(connection, "imported", "import", [number], by, now)
        taking = _Taking(rules, number, name, now, figures)
        for batch in (right[at : at + BATCH] for at in range(0, len(right), BATCH)):
            with region.begin() as connection:
                people = taking.keep(connection, batch)
            with region.begin() as connection:
                taking.place(connection, batch, people)
        figures.finished = True
        with region.begin() as connection:
            _write(connection, number, figures)
    return figures


class _Taking:
    """An import under way."""

    def __init__(
        self, rules: Sequence[Rule], number: int, name: str, now: dt.datetime, figures: Figures
    ) -> None:
        self.rules, self.number, self.name, self.now, self.figures = rules, number, name, now, figures

    def keep(self, connection: Connection, batch: Sequence[Row]) -> dict[int, int]:
        """Keep the firms and people of some lines. Returns the contact of each line."""
        people = {row.line: self._person(connection, row) for row in known_firms.meant(connection, batch)}
        self.figures.kept = max(self.figures.kept, batch[-1].line)
        _write(connection, self.number, self.figures)
        return people

    def _person(self, connection: Connection, row: Row) -> int:
        told = row.registration
        before = known_firms.named(connection, told.firm.siret)
        line = preview([row], [before] if before else []).rows[0]
        if row.line > self.figures.kept:
            self.figures.kinds["near duplicate" if row.line in self.figures.near else line.kind] += 1
        firm = firms.keep(connection, told.firm, told.level, self.name, self.now)
        firms.change(
            connection,
            firm,
            {each.field: each.after for each in line.changes if each.field in _FIRM and not each.personal},
            self.now,
        )
        known = before or known_firms.named(connection, told.firm.siret)
        assert known is not None
        return self._contact(connection, known, row)

    def _contact(self, connection: Connection, known: KnownFirm, row: Row) -> int:
        told = row.registration
        line = preview([row], [known]).rows[0]
        person = next((each for each in known.people if each.id == line.person), None)
        if person is None:
            number = contacts.add(
                connection,
                known.id,
                told.person,
                told.availability,
                self.name,
                self.now,
                seen_at=told.told_at,
            )
        else:
            number = person.id
            facts = {each.field: each.after for each in line.changes if each.personal}
            contacts.change(connection, number, facts, told.availability, told.told_at)
        proof = {
            "how": "import",
            "import": self.number,
            "line": row.line,
            "told_at": told.told_at.isoformat(),
            "origin": told.origin,
        }
        contacts.agree(connection, number, new_consents(told, person), proof, told.told_at)
        return number

    def place(self, connection: Connection, batch: Sequence[Row], people: Mapping[int, int]) -> None:
        """Note who of some lines takes part in what."""
        wanted = sorted((row for row in batch if row.registration.session), key=_session_of)
        locked = _locked(connection, [*{_session_of(row) for row in wanted}])
        for ref, lines in groupby(wanted, key=_session_of):
            for row in lines:
                state = self._state(connection, locked[ref], people[row.line], row)
                self.figures.places[state] = self.figures.places.get(state, 0) + 1
        self.figures.placed = batch[-1].line
        _write(connection, self.number, self.figures)

    def _state(self, connection: Connection, session: Session, contact: int, row: Row) -> str:
        try:
            return attendance.note(
                connection,
                self.rules,
                session,
                contacts.meant(connection, contact),
                row.registration.told_at,
                self.now,
                present=row.present,
            )
        except Refused:  # it was cancelled since the file was judged
            return "refused"


_FIRM: Final = frozenset({"name", "naf", "headcount", "commune", "postal_code", "city"})


def _session_of(row: Row) -> str:
    assert row.registration.session is not None
    return row.registration.session


def _locked(connection: Connection, refs: Sequence[str]) -> dict[str, Session]:
    """Sessions by reference, locked by number, the one order in which several are."""
    numbers = connection.scalars(
        text("SELECT id FROM session WHERE ref = ANY(:refs) ORDER BY id"), {"refs": refs}
    ).all()
    found = [sessions.lock(connection, number) for number in numbers]
    return {each.ref: each for each in found}


def _known(connection: Connection, rows: Sequence[Row]) -> list[KnownFirm]:
    return known_firms.everything(connection, {row.registration.firm.siret for row in rows})


def _sorted(
    connection: Connection, rows: Sequence[Row], now: dt.datetime
) -> tuple[list[Row], list[SheetError]]:
    """Rows of firms as they are now, and what keeps the others out."""
    refs = {row.registration.session for row in rows if row.registration.session}
    found = connection.execute(
        text("SELECT ref, state, starts_at FROM session WHERE ref = ANY(:refs)"), {"refs": [*refs]}
    )
    held = {row.ref: Held(row.state, row.starts_at) for row in found}
    wrong = [error for row in rows for error in import_sessions.wrong(row, held, now)]
    out = {each.line for each in wrong}
    return known_firms.meant(connection, [row for row in rows if row.line not in out]), wrong


def _begin(
    connection: Connection, name: str, digest: bytes, by: str, now: dt.datetime
) -> tuple[int, Figures]:
    connection.execute(
        text(
            "INSERT INTO import (name, digest, by, at, figures) VALUES (:name, :digest, :by, :now, '{}') "
            "ON CONFLICT (digest) DO NOTHING"
        ),
        {"name": name, "digest": digest, "by": by, "now": now},
    )
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM import WHERE digest = :digest"), {"digest": digest}
    ).one()
    figures = msgspec.json.decode(row.figures, type=Figures)
    if figures.finished:
        raise Refused(
            f"This file was taken in on {row.at:%Y-%m-%d at %H:%M} UTC by {row.by}, as {row.name}: it is not taken in twice. "
            "What is new belongs in another sheet."
        )
    return row.id, figures


def _write(connection: Connection, number: int, figures: Figures) -> None:
    connection.execute(
        text("UPDATE import SET figures = cast(:figures AS jsonb) WHERE id = :id"),
        {"id": number, "figures": msgspec.json.encode(figures).decode()},
    )
