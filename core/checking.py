"""A producer's file, checked: what would become of each offer, and every reason why some would not be published.

Belongs here: the report, its bounds, like errors told once. Does not: the verdicts (verdicts.py), what an error means in
French (advice.py), or reading files (connectors/offer_files.py).

Nothing here is a rule about offers: what is refused is what ``judge`` refuses, as in a sync.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from core import advice
from core.html import printable
from core.verdicts import DUPLICATE, Form, closure, judge
from schemas.documents import Reason
from schemas.errors import Rejected

MOST_OFFERS: Final = 5_000  # of a file; 5 MiB of real offers are 2,500
MOST_REASONS: Final = 20_000  # of all offers: a file with more is read no further
MOST_TROUBLES: Final = 200  # that are told; a real file has a dozen
MOST_EXAMPLES: Final = 5  # of a trouble
LONGEST: Final = 120  # characters of a value that is shown
_INDEX: Final = re.compile(r"/[0-9]+(?=/|$)")


class Place(msgspec.Struct, frozen=True):
    """Where something stands: the ``field`` in the words of the file's format, line and column from 1.

    ``rule`` is set where the file itself says more precisely what is wrong.
    """

    field: str
    line: int
    column: int | None = None
    rule: str = ""


class Piece(msgspec.Struct, frozen=True):
    """One offer of a file: its payload, its key, and from RFC 6901 pointers their places in the file."""

    raw: bytes
    ref: str | None
    version: int | None
    places: Callable[[Sequence[str]], list[Place]]


class Flaw(Rejected):
    """The file cannot be read, or not further: one trouble of the file itself."""

    def __init__(
        self, rule: str, line: int | None = None, column: int | None = None, value: str = ""
    ) -> None:
        super().__init__(rule)
        self.rule, self.line, self.column, self.value = rule, line, column, value


class Example(msgspec.Struct, frozen=True):
    """One time that a trouble occurs. ``replacement`` is JSON that could be written instead, when that is known."""

    line: int | None
    column: int | None
    ref: str | None
    value: str
    suggestion: str | None = None
    replacement: str | None = None


class Trouble(msgspec.Struct):
    """One kind of error, its first occurrences, and how many there are."""

    rule: str
    field: str
    message: str
    count: int = 0
    examples: list[Example] = msgspec.field(default_factory=list)


class Counts(msgspec.Struct):
    """Offers of a file.

    Those that were read; that would be published; that would be accepted, but are closed or past their end; that are the same
    as another, byte for byte; that would be refused.
    """

    read: int = 0
    published: int = 0
    closed: int = 0
    repeated: int = 0
    refused: int = 0


class Report(msgspec.Struct):
    """What would become of a file. ``readable``: it was read to its end; otherwise a sync takes nothing of it.

    ``publishable``: it was, and no offer would be refused. ``errors`` counts every error that was looked into, ``untold``
    the kinds that are left out; ``cut``: it has more offers than ``MOST_OFFERS``, more errors than ``MOST_REASONS`` or
    took too long, and the rest was not looked at.
    """

    format: str
    readable: bool = True
    publishable: bool = False
    cut: bool = False
    offers: Counts = msgspec.field(default_factory=Counts)
    errors: int = 0
    troubles: list[Trouble] = msgspec.field(default_factory=list)
    untold: int = 0


def check(
    read: Callable[[], Iterator[Piece]],
    form: Form,
    name: str,
    now: dt.datetime,
    spent: Callable[[], bool] = lambda: False,
) -> Report:
    """The report on a file of format ``name``; ``read`` gives its offers, each time that it is called.

    Offers are streamed twice: of several with one reference the highest version counts, as in a sync. Once ``spent`` says that
    it took long enough, no further one is looked at.
    """
    return _Check(form, name, now, spent).run(read)


class _Check:
    def __init__(self, form: Form, name: str, now: dt.datetime, spent: Callable[[], bool]) -> None:
        self.form, self.now, self.spent, self.report = form, now, spent, Report(name)
        self.found: dict[tuple[str, str, str], Trouble] = {}

    def run(self, read: Callable[[], Iterator[Piece]]) -> Report:
        report = self.report
        try:
            best = _best(read())
            for number, piece in enumerate(read()):
                if self._enough(number):
                    break
                self._offer(number, piece, best)
        except Flaw as flaw:
            self._flaw(flaw, read)
        if report.readable and not report.offers.read:
            self._add(Flaw("file_nothing"))
        report.publishable = report.readable and not (report.cut or self.found)
        report.troubles = sorted(self.found.values(), key=_standing)
        return report

    def _enough(self, number: int) -> bool:
        """Whether the offer of that number is one too many; the first never is."""
        self.report.cut |= number == MOST_OFFERS or (number > 0 and self.spent())
        return self.report.cut

    def _flaw(self, flaw: Flaw, read: Callable[[], Iterator[Piece]]) -> None:
        """What ends the file comes first; what stands before it is told all the same."""
        self.report.readable = False
        self._add(flaw)
        try:
            best: dict[str, tuple[int, bytes]] = {}
            for number, piece in enumerate(read()):
                if self._enough(number):
                    break
                best.setdefault(_key(piece), (number, b""))
                self._offer(number, piece, best)
        except Flaw:
            return

    def _add(self, flaw: Flaw) -> None:
        sentence = advice.sentence(flaw.rule)
        example = Example(flaw.line, flaw.column, None, _shown(flaw.value), advice.remedy(flaw.rule))
        self.found[flaw.rule, "", sentence] = Trouble(flaw.rule, "", sentence, 1, [example])
        self.report.errors += 1

    def _offer(self, number: int, piece: Piece, best: dict[str, tuple[int, bytes]]) -> None:
        counts = self.report.offers
        counts.read += 1
        first, digest = best[_key(piece)]
        if number != first and hashlib.sha256(piece.raw).digest() == digest:
            counts.repeated += 1
            return
        verdict = DUPLICATE if number != first else judge(self.form, piece.raw)
        if isinstance(verdict, tuple):
            counts.refused += 1
            self._tell(piece, verdict)
        elif closure(verdict, self.now):
            counts.closed += 1
        else:
            counts.published += 1

    def _tell(self, piece: Piece, reasons: tuple[Reason, ...]) -> None:
        """Count reasons; those that are among the first of their kind are looked for in the file, all at once."""
        room = MOST_REASONS - self.report.errors
        self.report.cut |= len(reasons) > room
        self.report.errors += min(len(reasons), room)
        told: list[tuple[Reason, Trouble]] = []
        for reason in reasons[:room]:
            trouble = self._trouble(reason)
            if trouble is not None:
                trouble.count += 1
                if trouble.count <= MOST_EXAMPLES:
                    told.append((reason, trouble))
        for (reason, trouble), place in zip(
            told, piece.places([reason.pointer for reason, _ in told]) if told else (), strict=True
        ):
            trouble.field = trouble.field or _INDEX.sub("", place.field)
            trouble.message = advice.sentence(place.rule) if place.rule else trouble.message
            trouble.examples.append(self._example(piece, reason, place))

    def _trouble(self, reason: Reason) -> Trouble | None:
        """The kind of error that a reason is of; None when too many are told already."""
        sentence = advice.sentence(reason.rule, self.form.schema, reason)
        key = (reason.rule, _INDEX.sub("", reason.pointer), sentence)
        if key not in self.found and len(self.found) == MOST_TROUBLES:
            self.report.untold += 1
            return None
        return self.found.setdefault(key, Trouble(reason.rule, "", sentence))

    def _example(self, piece: Piece, reason: Reason, place: Place) -> Example:
        suggestion, replacement = advice.suggestion(self.form.schema, reason)
        return Example(
            place.line,
            place.column,
            _shown(piece.ref) if piece.ref else None,
            _shown(advice.plain(reason.value)),
            advice.remedy(place.rule) if place.rule else suggestion,
            replacement,
        )


def _best(pieces: Iterator[Piece]) -> dict[str, tuple[int, bytes]]:
    """Of each key the number of the offer that counts, and its digest."""
    best: dict[str, tuple[int, int, bytes]] = {}
    for number, piece in enumerate(pieces):
        if number == MOST_OFFERS:
            break
        key, version = _key(piece), -1 if piece.version is None else piece.version
        if key not in best or version > best[key][0]:
            best[key] = version, number, hashlib.sha256(piece.raw).digest()
    return {key: (number, digest) for key, (_, number, digest) in best.items()}


def _standing(trouble: Trouble) -> tuple[int, int, int]:
    """What ends the file or is of all of it first, then in the file's order."""
    first = trouble.examples[0]
    return (first.ref is not None or bool(trouble.field), first.line or 0, first.column or 0)


def _key(piece: Piece) -> str:
    return piece.ref or f"#{hashlib.sha256(piece.raw).hexdigest()}"


def _shown(text: str) -> str:
    """A value on one line, cut, without anything unseen."""
    line = " ".join(printable(text).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
