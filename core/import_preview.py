"""What an import of registrations would change, as a value that can be printed before anything is.

Belongs here: the comparison of rows with what is known, its counts, and how it reads. Does not: reading rows (seminar_sheets.py,
registrations.py), which firms are near (firms_matching.py), writing anything.

What a row leaves empty is kept as it was. A consent is added when it was told after the last withdrawal of the same, and none is
ever taken away. A person is known by their name in the firm, else by an e-mail address with a word of the name in common:
contact@ may be two people's. Rows are compared in their order, each with what those above it add.

The text names people, for the terminal of who imports. The Markdown goes where it is kept (a Prefect artifact): it has firms and
lines, and no name, address or number of a person.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, TypeVar

import msgspec

from core.addresses import email_key
from core.firms_matching import Index, Known, Match
from core.folding import words
from core.markdown import cell
from core.seminar_sheets import Row, SheetError
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration

Kind = Literal["new firm", "near duplicate", "new person", "changes", "nothing new"]
KINDS: Final[tuple[Kind, ...]] = ("new firm", "near duplicate", "new person", "changes", "nothing new")
MOST_LISTED: Final = 500  # rows, errors or notes of a Markdown table; the text has all
_FIRM: Final = ("name", "naf", "headcount", "commune", "postal_code", "city")
_PERSON: Final = ("name", "email", "phone", "role")
Facts = TypeVar("Facts", FirmDraft, PersonDraft)


class KnownPerson(msgspec.Struct, frozen=True):
    """Somebody of a known firm.

    ``consents`` are those in force; ``withdrawn`` says when one was last taken back; ``sessions`` maps the references of
    those registered for to whether the person came, None when that is not known.
    """

    id: int
    person: PersonDraft
    consents: tuple[Consent, ...] = ()
    withdrawn: Mapping[Consent, dt.datetime] = {}
    sessions: Mapping[str, bool | None] = {}


class KnownFirm(msgspec.Struct, frozen=True):
    """A firm as the database has it, with its people."""

    id: int
    firm: FirmDraft
    people: tuple[KnownPerson, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """One fact that would be another. ``before`` is empty when it was not known. ``personal`` ones are a person's."""

    field: str
    before: str
    after: str
    personal: bool = False


class Line(msgspec.Struct, frozen=True):
    """What one row would do.

    ``firm`` and ``person`` are identities in the database, None when they are not there yet. ``same_as`` is the line above
    that brings the firm. ``near`` are firms that a new one may be: known ones, and with their negative number those of lines above.
    """

    line: int
    kind: Kind
    registration: Registration
    firm: int | None = None
    person: int | None = None
    same_as: int | None = None
    changes: tuple[Change, ...] = ()
    near: tuple[Match, ...] = ()


class Preview(msgspec.Struct, frozen=True):
    """All that an import would do, and what keeps rows out of it. ``names`` are those of the firms in ``near``."""

    rows: tuple[Line, ...]
    errors: tuple[SheetError, ...] = ()
    notes: tuple[SheetError, ...] = ()
    unknown: tuple[str, ...] = ()
    names: Mapping[int, str] = {}

    @property
    def counts(self) -> dict[str, int]:
        """Rows by kind, every kind named; ``lines in error`` counts lines, not errors."""
        found = Counter(row.kind for row in self.rows)
        return {kind: found[kind] for kind in KINDS} | {
            "lines in error": len({each.line for each in self.errors})
        }

    def lines(self) -> Iterator[str]:
        """The preview as a person reads it in a terminal."""
        yield ", ".join(f"{count} {kind}" for kind, count in self.counts.items())
        if self.unknown:
            yield f"columns not understood: {', '.join(self.unknown)}"
        for row in self.rows:
            told = row.registration
            what = f"{row.kind}{self._why(row)}"
            yield f"  line {row.line}: {what}: {told.firm.name} ({told.firm.siret}), {told.person.name}"
            yield from (
                f"      {each.field}: {each.before or '(none)'} → {each.after}" for each in row.changes
            )
        for word, listed in (("error", self.errors), ("note", self.notes)):
            for each in listed:
                yield f"  line {each.line}: {word}: {each.column}: {each.value or '(empty)'}: {each.message}"

    def markdown(self) -> str:
        """The preview as Markdown without a person's name, address or number."""
        head = "".join(f"| {kind} | {count} |\n" for kind, count in self.counts.items())
        parts = [f"| rows | count |\n|---|---:|\n{head}"]
        if self.unknown:
            parts.append(f"Columns not understood: {cell(', '.join(self.unknown))}\n")
        parts.append(
            _table(
                "Rows",
                "| line | what | firm | SIRET | changes |\n|---:|---|---|---|---|\n",
                [self._cells(row) for row in self.rows],
            )
        )
        for title, listed in (("Errors", self.errors), ("Notes", self.notes)):
            cells = [f"| {each.line} | {cell(each.column)} | {cell(each.message)} |\n" for each in listed]
            parts.append(_table(title, "| line | column | what to do |\n|---:|---|---|\n", cells))
        return "\n".join(part for part in parts if part)

    def _cells(self, row: Line) -> str:
        firm = row.registration.firm
        told = [
            f"{each.field} changes" if each.personal and each.before else f"{each.field} added" if each.personal
            else f"{each.field}: {each.before or '(none)'} → {each.after}"
            for each in row.changes
        ]  # fmt: skip
        what = f"{row.kind}{self._why(row)}"
        return f"| {row.line} | {cell(what)} | {cell(firm.name)} | {firm.siret} | {cell('; '.join(told))} |\n"

    def _why(self, row: Line) -> str:
        if row.near:
            near = row.near[0]
            where = f"firm {near.id}" if near.id > 0 else f"line {-near.id}"
            return f" of {self.names[near.id]} ({where}, {int(near.score * 100)}%: {', '.join(near.reasons)})"
        return f", of the firm of line {row.same_as}" if row.same_as else ""


def preview(
    rows: Iterable[Row],
    known: Sequence[KnownFirm],
    errors: Sequence[SheetError] = (),
    notes: Sequence[SheetError] = (),
    unknown: Sequence[str] = (),
) -> Preview:
    """What importing ``rows`` would change of what is ``known``; errors, notes and unknown columns are carried along."""
    comparing = _Comparing(known)
    lines = tuple(comparing.line(row) for row in rows)
    names = {match.id: comparing.names[match.id] for line in lines for match in line.near}
    return Preview(lines, tuple(errors), tuple(notes), tuple(unknown), names)


class _Comparing:
    """The known firms, and what the rows so far would make of them."""

    def __init__(self, known: Sequence[KnownFirm]) -> None:
        self.names = {each.id: each.firm.name for each in known}
        self.firms = {each.firm.siret: each for each in known}
        self.brought: dict[str, int] = {}
        self.index = Index(
            Known(each.id, each.firm, tuple(one.person.email for one in each.people if one.person.email))
            for each in known
        )

    def line(self, row: Row) -> Line:
        """What one row would do, and from now on is taken as done."""
        told = row.registration
        before = self.firms.get(told.firm.siret)
        if before is None:
            near = tuple(self.index.match(told))
            self.brought[told.firm.siret] = row.line
            self.names[-row.line] = told.firm.name
            self.index.add(Known(-row.line, told.firm, (told.person.email,) if told.person.email else ()))
            self.firms[told.firm.siret] = KnownFirm(0, told.firm, (_joined(None, row),))
            return Line(row.line, "near duplicate" if near else "new firm", told, near=near)
        person = _same_person(before.people, told.person)
        changes = tuple(_changed(before.firm, told.firm, _FIRM)) + (
            tuple(_of_person(person, row)) if person else ()
        )
        kind: Kind = "new person" if person is None else "changes" if changes else "nothing new"
        self.firms[told.firm.siret] = _merged(before, person, row)
        return Line(
            row.line,
            kind,
            told,
            firm=before.id or None,
            person=(person.id or None) if person else None,
            same_as=self.brought.get(told.firm.siret),
            changes=changes,
        )


def new_consents(told: Registration, known: KnownPerson | None) -> tuple[Consent, ...]:
    """Which consents a registration would add to a person's."""
    if known is None:
        return told.consents
    return tuple(
        consent
        for consent in told.consents
        if consent not in known.consents
        and (consent not in known.withdrawn or known.withdrawn[consent] < told.told_at)
    )


def _same_person(people: Sequence[KnownPerson], told: PersonDraft) -> KnownPerson | None:
    said = _spelled(told.name)
    for each in people:
        if _spelled(each.person.name) == said:
            return each
    for each in people:
        same = each.person.email and told.email and email_key(each.person.email) == email_key(told.email)
        if same and not set(_spelled(each.person.name)).isdisjoint(said):
            return each
    return None


def _spelled(name: str) -> tuple[str, ...]:
    return tuple(sorted(words(name))) or (name,)


def _of_person(known: KnownPerson, row: Row) -> Iterator[Change]:
    told = row.registration
    for change in _changed(known.person, told.person, _PERSON):
        yield msgspec.structs.replace(change, personal=True)
    for consent in new_consents(told, known):
        yield Change("consent", "", f"{consent.purpose} by {consent.transport}")
    if told.session is None:
        return
    if told.session not in known.sessions:
        yield Change("session", "", told.session)
    if row.present is not None and row.present != known.sessions.get(told.session):
        yield Change(
            f"present at {told.session}", _came(known.sessions.get(told.session)), _came(row.present)
        )


def _came(present: bool | None) -> str:  # noqa: FBT001 - the value that is told
    return "" if present is None else "yes" if present else "no"


def _changed(
    before: FirmDraft | PersonDraft, after: FirmDraft | PersonDraft, fields: Iterable[str]
) -> Iterator[Change]:
    """The facts that are told and differ. Names in other capitals or another order are the same."""
    for field in fields:
        old, new = getattr(before, field), getattr(after, field)
        if new is None or new == old or (field == "name" and old and _spelled(old) == _spelled(new)):
            continue
        if field == "email" and old and email_key(old) == email_key(new):
            continue
        yield Change(field, old or "", new)


def _joined(known: KnownPerson | None, row: Row) -> KnownPerson:
    """A person with what a row adds."""
    told = row.registration
    sessions = dict(known.sessions) if known else {}
    if told.session:
        sessions[told.session] = row.present if row.present is not None else sessions.get(told.session)
    return KnownPerson(
        known.id if known else 0,
        _filled(known.person, told.person, _PERSON) if known else told.person,
        (*(known.consents if known else ()), *new_consents(told, known)),
        known.withdrawn if known else {},
        sessions,
    )


def _merged(before: KnownFirm, person: KnownPerson | None, row: Row) -> KnownFirm:
    others = tuple(each for each in before.people if each is not person)
    return KnownFirm(
        before.id, _filled(before.firm, row.registration.firm, _FIRM), (*others, _joined(person, row))
    )


def _filled(before: Facts, after: Facts, fields: Iterable[str]) -> Facts:
    return msgspec.structs.replace(
        before, **{change.field: change.after for change in _changed(before, after, fields)}
    )


def _table(title: str, head: str, cells: Sequence[str]) -> str:
    """A table with its title; of a long one the beginning, and how many are left out."""
    if not cells:
        return ""
    more = f"\n… and {len(cells) - MOST_LISTED} more\n" if len(cells) > MOST_LISTED else ""
    return f"## {title}\n\n{head}{''.join(cells[:MOST_LISTED])}{more}"
