"""The sheets that seminar staff fill in, read: a registration a line, or what is wrong with it.

Belongs here: a line as a whole, and lines against each other. Does not: the file (delimited.py), headers (sheet_columns.py),
single cells (sheet_cells.py), sentences (sheet_sentences.py), what is known already (import_preview.py).

Every line that is not blank becomes a row or has an error: a row with one wrong cell is not taken in part. Notes tell what was
taken otherwise than it is written, or should be looked at. Nobody consents by a column that is not there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import msgspec

from core import addresses, naf, sheet_cells
from core.communes import department_of, served
from core.delimited import Record, Unreadable, text_of
from core.folding import compact, words
from core.registrations import canonical, line, longest
from core.sheet_cells import Wrong, plain
from core.sheet_columns import Column, Head, find
from core.sheet_sentences import LABELS, sentence, shown
from schemas.documents import Reason
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration
from schemas.reference_tables import communes, departments

MOST_LINES: Final = 20_000
_FIELDS: Final = {  # which fields a reason of core/registrations.py speaks of, the first that the sheet has
    "/firm/siret": ("siret",),
    "/firm/name": ("firm_name",),
    "/firm/city": ("city", "postal_code"),
    "/firm/postal_code": ("postal_code",),
    "/firm/commune": ("commune",),
    "/person": ("email", "mobile", "phone"),
    "/person/name": ("last_name", "full_name"),
    "/person/email": ("email",),
    "/person/role": ("role",),
}
_COMPARED: Final = {
    "name": "firm_name",
    "naf": "naf",
    "headcount": "headcount",
    "commune": "city",
    "postal_code": "postal_code",
}
T = TypeVar("T")


class SheetError(msgspec.Struct, frozen=True):
    """What is told of one cell: its line as the spreadsheet numbers it, its column's header, its value, and a sentence in French."""

    line: int
    column: str
    value: str
    message: str
    rule: str


class Row(msgspec.Struct, frozen=True):
    """One line that is right. ``present`` is None when the sheet does not say."""

    line: int
    registration: Registration
    present: bool | None = None


class Sheet(msgspec.Struct, frozen=True):
    """A sheet, read: ``errors`` keep their lines out, ``notes`` do not; ``unknown`` are headers that mean nothing here."""

    rows: tuple[Row, ...]
    errors: tuple[SheetError, ...]
    notes: tuple[SheetError, ...]
    unknown: tuple[str, ...]


def read(raw: bytes, *, origin: str, told_at: dt.datetime) -> Sheet:
    """What a sheet says.

    ``origin`` and ``told_at`` are the proof of its consents: where the people said so (« Séminaire de Lyon, feuille signée »),
    and when, with a zone.

    Raises:
        Unreadable: nothing of it can be taken; the message says why, in French.
        ValueError: ``told_at`` has no zone, or ``origin`` is empty or too long.

    """
    if told_at.utcoffset() is None:
        raise ValueError("told_at has no zone")
    if not 1 <= len(line(origin) or "") <= longest("origin"):
        raise ValueError(f"origin has between 1 and {longest('origin')} characters")
    head, below = find(text_of(raw))
    reading = _Reading(head, origin, told_at)
    for record in below:
        if record.line - head.line > MOST_LINES:
            raise Unreadable("file_long", MOST_LINES, line=record.line)
        if not record.blank:
            reading.take(record)
    return reading.sheet()


class _Reading:
    """A sheet under way: its rows so far, and who and what they name."""

    def __init__(self, head: Head, origin: str, told_at: dt.datetime) -> None:
        self.head, self.origin, self.told_at = head, origin, told_at
        self.rows: list[Row] = []
        self.errors: list[SheetError] = []
        self.notes: list[SheetError] = []
        self.firms: dict[str, Row] = {}
        self.people: dict[tuple[str, str, str], int] = {}
        self.emails: dict[str, tuple[str, int]] = {}
        self._consents()

    def take(self, record: Record) -> None:
        """One line more."""
        told = _Line(self.head, record)
        row = told.row(self.origin, self.told_at)
        if row and (first := self._repeated(row)):
            told.tell(told.errors, told.named, row.registration.person.name, "repeated", first)
            row = None
        self.errors += told.errors
        if row is None:
            return
        self._compare(told, row)
        self.notes += told.notes
        self.rows.append(row)

    def sheet(self) -> Sheet:
        """All of it."""
        if not (self.rows or self.errors):
            raise Unreadable("file_nothing")
        return Sheet(tuple(self.rows), tuple(self.errors), tuple(self.notes), self.head.unknown)

    def _consents(self) -> None:
        at = self.head.line
        for header in self.head.vague:
            self.notes.append(SheetError(at, header, header, sentence("consent_vague"), "consent_vague"))
        if not (self.head.vague or self.head.of("consent")):
            self.notes.append(SheetError(at, "", "", sentence("consent_none"), "consent_none"))

    def _repeated(self, row: Row) -> int | None:
        """The line that names the same person of the same firm for the same session, if there is one."""
        told = row.registration
        name = " ".join(sorted(words(told.person.name))) or told.person.name
        first = self.people.setdefault((told.firm.siret, name, told.session or ""), row.line)
        return None if first == row.line else first

    def _compare(self, told: _Line, row: Row) -> None:
        """Note what contradicts a line above."""
        firm, email = row.registration.firm, row.registration.person.email
        first = self.firms.setdefault(firm.siret, row)
        for member, field in _COMPARED.items():
            before, now = getattr(first.registration.firm, member), getattr(firm, member)
            if before and now and compact(before) != compact(now):
                told.tell(told.notes, field, told.text(field) or now, "firm_differs", first.line)
        if email:
            siret, at = self.emails.setdefault(addresses.email_key(email), (firm.siret, row.line))
            if siret != firm.siret:
                told.tell(told.notes, "email", email, "email_shared", at)


class _Line:
    """One line under way."""

    def __init__(self, head: Head, record: Record) -> None:
        self.head, self.record = head, record
        self.errors: list[SheetError] = []
        self.notes: list[SheetError] = []
        self.wrong: set[str] = set()

    def row(self, origin: str, told_at: dt.datetime) -> Row | None:
        """The row; None when it has errors."""
        self._shape()
        told = self._told(origin, told_at)
        present = self._read("present", sheet_cells.yes)
        verdict = canonical(told)
        if isinstance(verdict, tuple):
            for reason in verdict:
                self._refuse(reason, told)
        if self.errors:
            return None
        assert isinstance(verdict, Registration)  # a reason that was told is an error
        self._look(verdict.firm)
        return Row(self.record.line, verdict, present)

    @property
    def named(self) -> str:
        """The field that says who the person is."""
        return "last_name" if self.head.of("last_name") else "full_name"

    def text(self, field: str) -> str:
        """What stands in the column of a field; empty when there is no such column."""
        column = self.head.of(field)
        return self._cell(column) if column else ""

    def tell(self, told: list[SheetError], field: str, value: str, rule: str, *values: object) -> None:
        """Add one sentence to errors or notes."""
        column = self.head.of(field)
        header = column.header if column else LABELS[field]
        told.append(SheetError(self.record.line, header, shown(value), sentence(rule, *values), rule))

    def _cell(self, column: Column) -> str:
        return plain(self.record.cells[column.place]) if column.place < len(self.record.cells) else ""

    def _told(self, origin: str, told_at: dt.datetime) -> Registration:
        mobile, fixed = self._read("mobile", sheet_cells.phone), self._read("phone", sheet_cells.phone)
        person = PersonDraft(
            name=self._name(),
            email=self._read("email", sheet_cells.email),
            phone=mobile or fixed,
            role=self._read("role", sheet_cells.whole),
        )
        return Registration(
            firm=FirmDraft(
                siret=self._needed("siret", sheet_cells.siret),
                name=self._needed("firm_name", sheet_cells.whole),
                naf=self._read("naf", sheet_cells.activity),
                headcount=self._read("headcount", sheet_cells.headcount),
                commune=self._read("commune", sheet_cells.commune),
                postal_code=self._read("postal_code", sheet_cells.postal_code),
                city=self._read("city", sheet_cells.whole),
            ),
            person=person,
            told_at=told_at,
            origin=origin,
            consents=tuple(self._consents(person)),
            level=self._read("level", sheet_cells.level),
            availability=self._read("availability", sheet_cells.slots) or (),
            session=self._read("session", sheet_cells.session),
        )

    def _shape(self) -> None:
        """Tell cells beyond the headers, and lines that a quote swallowed."""
        beyond = [plain(cell) for cell in self.record.cells[self.head.width :] if cell.strip()]
        if beyond:
            self.errors.append(
                SheetError(self.record.line, "", shown(beyond[0]), sentence("cells_many"), "cells_many")
            )
        for column in self.head.columns:
            cell = self.record.cells[column.place] if column.place < len(self.record.cells) else ""
            if self.head.separator in cell and ("\n" in cell or "\r" in cell):
                told = SheetError(
                    self.record.line,
                    column.header,
                    shown(plain(cell)),
                    sentence("cell_quotes"),
                    "cell_quotes",
                )
                self.errors.append(told)

    def _read(self, field: str, reader: Callable[[str], T]) -> T | None:
        """What a field's cell says; None when it is empty, absent or wrong."""
        text = self.text(field)
        if not text:
            return None
        if restored := sheet_cells.lost_zero(field, text):
            self.tell(self.notes, field, text, "zero_restored")
            text = restored
        try:
            return reader(text)
        except Wrong as wrong:
            self.wrong.add(field)
            self.tell(self.errors, field, text, wrong.rule, *wrong.values)
            return None

    def _needed(self, field: str, reader: Callable[[str], str]) -> str:
        value = self._read(field, reader)
        if not self.text(field):
            self.wrong.add(field)
            self.tell(self.errors, field, "", "missing")
        return value or ""

    def _name(self) -> str:
        """First name and last, or the whole name where the sheet has it in one column."""
        parts = [self._read(field, sheet_cells.whole) for field in ("first_name", "last_name")]
        name = (
            " ".join(part for part in parts if part)
            if self.text("last_name")
            else self._read("full_name", sheet_cells.whole)
        )
        if not (self.text("last_name") or self.text("full_name")):
            self.wrong.add(self.named)
            self.tell(self.errors, self.named, "", "missing")
        return name or ""

    def _consents(self, person: PersonDraft) -> Iterator[Consent]:
        """What is agreed to and can be used."""
        reached = {
            "mail": bool(person.email),
            "sms": bool(person.phone) and addresses.textable(person.phone or ""),
        }
        for column in self.head.columns:
            text = self._cell(column) if column.consents else ""
            if not text:
                continue
            try:
                agreed = sheet_cells.yes(text)
            except Wrong as wrong:
                self.errors.append(
                    SheetError(self.record.line, column.header, shown(text), sentence(wrong.rule), wrong.rule)
                )
                continue
            for consent in column.consents if agreed else ():
                if reached[consent.transport]:
                    yield consent
                else:
                    means = "pas d’e-mail" if consent.transport == "mail" else "pas de portable"
                    told = sentence("consent_unreachable", means)
                    self.notes.append(
                        SheetError(self.record.line, column.header, shown(text), told, "consent_unreachable")
                    )

    def _refuse(self, reason: Reason, told: Registration) -> None:
        """A reason of core/registrations.py, unless a cell's own error said so already."""
        fields = _FIELDS[reason.pointer]
        if not self.wrong.isdisjoint(fields):
            return
        field = next((field for field in fields if self.head.of(field)), fields[0])
        rule, values = reason.rule, tuple[Any, ...]()
        if rule == "too_long":
            values = (longest(reason.pointer.removeprefix("/")),)
        if rule == "commune_unknown" and (names := served(told.firm.postal_code or "")):
            rule, values = (
                "commune_served",
                (told.firm.postal_code, ", ".join(names[:5]) + (", …" if names[5:] else "")),
            )
        self.wrong.add(field)
        self.tell(self.errors, field, self.text(field), rule, *values)

    def _look(self, firm: FirmDraft) -> None:
        """Note what is right and unusual."""
        if firm.naf and naf.label_of(firm.naf) is None:
            self.tell(self.notes, "naf", firm.naf, "naf_unlabelled")
        if firm.commune in communes() or not (firm.commune or firm.city or firm.postal_code):
            return
        outside = department_of(firm.postal_code, firm.commune, firm.city) not in {None, *departments()}
        place = firm.city or firm.postal_code or firm.commune or ""
        self.tell(self.notes, "city", place, "outside_region" if outside else "commune_unsure")
