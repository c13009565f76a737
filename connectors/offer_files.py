"""A producer's file of offers, whatever its format: which format it is, its offers, and where each thing in it stands.

Belongs here: telling formats and encodings apart, and from a pointer into a payload the field, line and column in the file.
Does not: the verdict (core/checking.py), or what any format means (contractor/, lheo/, indeed/).
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal, get_args

import msgspec

from connectors.contractor import file as contractor_file
from connectors.contractor import wire as contractor
from connectors.indeed import client as indeed_file
from connectors.indeed import wire as indeed
from connectors.lheo import client as lheo_file
from connectors.lheo import wire as lheo
from connectors.xml_records import Unreadable, path_of, within
from core.checking import MOST_OFFERS, Flaw, Piece, Place
from core.drafts import Draft
from core.json_places import Malformed, places, position

Format = Literal["json", "lheo", "indeed"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
_ROOT: Final = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_DECLARED: Final = re.compile(rb"""\A\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""")
_ENTITIES: Final = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(\w+);", re.DOTALL)
_PACKED: Final = {  # how files begin that are no text: by the names that people know them by
    b"PK": "zip",
    b"\xd0\xcf\x11\xe0": "office",
    b"\x1f\x8b": "gzip",
    b"%PDF": "pdf",
}


class Wire(msgspec.Struct, frozen=True):
    """How a format's payloads are judged: as the sync judges its source's. See core/verdicts.py."""

    schema: str
    draft: Callable[[Any], Draft]


_WIRES: Final[dict[Format, Wire]] = {
    "json": Wire(contractor.SCHEMA, contractor.draft),
    "lheo": Wire(lheo.SCHEMA, lheo.draft),
    "indeed": Wire(indeed.SCHEMA, indeed.draft),
}


class OfferFile(msgspec.Struct, frozen=True):
    """What a producer sent, and the format that it is read as."""

    content: bytes
    format: Format

    @property
    def wire(self) -> Wire:
        """How its payloads are judged."""
        return _WIRES[self.format]

    def pieces(self) -> Iterator[Piece]:
        """Its offers, in their order, in bounded memory; each says where things stand until the next is asked for.

        Raises:
            Flaw: the file cannot be read on. Offers that stand before have been given.

        """
        if flaw := _flaw(self.content, self.format):
            raise flaw
        read = {"json": _json, "lheo": _lheo, "indeed": _indeed}[self.format]
        try:
            yield from read(self.content)
        except Malformed as error:
            raise _malformed(self.content, error) from None
        except Unreadable as error:
            entity = _unknown_entity(self.content) if error.fault == "empty" else None
            raise entity or Flaw(f"xml_{error.fault}", error.line, error.column, error.found) from None


def opened(content: bytes, chosen: Format | None = None) -> OfferFile:
    """The file in the ``chosen`` format, or in the one that its first characters tell: JSON when nothing does."""
    content = content.removeprefix(codecs.BOM_UTF8)
    return OfferFile(content, chosen or _guess(content))


def pasted(text: str) -> bytes:
    """A text that was pasted, as a file: what it says of its encoding was true of the file that it came from."""
    content = text.encode("utf-8", "replace")
    if found := _DECLARED.match(content):
        content = content[: found.start(1)] + b"UTF-8" + content[found.end(1) :]
    return content


def _guess(content: bytes) -> Format:
    start = content[:65_536]
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = start.decode("utf-16" if wide else "utf-8", "replace").lstrip()
    if not text.startswith("<"):
        return "json"
    root = _ROOT.search(re.sub(r"<!--.*?(?:-->|\Z)", "", text, flags=re.DOTALL))
    return "indeed" if root and root[1].lower() in {"source", "jobs", "job", "root"} else "lheo"


def _flaw(content: bytes, read_as: Format) -> Flaw | None:
    """What makes the bytes no text of that format, before anything is parsed."""
    for start, what in _PACKED.items():
        if content.startswith(start):
            return Flaw("file_packed", value=what)
    if not content.strip():
        return Flaw("file_empty")
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    declared = _DECLARED.match(content)
    if read_as != "json" and (wide or (declared and declared[1].lower() not in {b"utf-8", b"utf8"})):
        return None  # its parser knows the encoding
    if wide:
        return Flaw("file_utf16")
    if (nul := content.find(b"\0")) >= 0:
        return Flaw("file_nul", *position(content, nul))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        word = re.search(rb"[^\s\"'<>,;]{0,20}\Z", content[: error.start])
        near = (word[0] if word else b"") + re.split(rb"[\s\"'<>,;]", content[error.start :][:20])[0]
        return Flaw("file_encoding", *position(content, error.start), near.decode("cp1252", "replace"))
    return None


def _unknown_entity(content: bytes) -> Flaw | None:
    """The first entity that XML does not know: its parser ends there without a word."""
    for found in _ENTITIES.finditer(content):
        if found[1] and found[1] not in {b"amp", b"lt", b"gt", b"quot", b"apos"}:
            return Flaw("xml_entity", *position(content, found.start()), found[0].decode("utf-8", "replace"))
    return None


def _json(content: bytes) -> Iterator[Piece]:
    for start, raw in contractor_file.offers(content, MOST_OFFERS):
        ref, version, _ = contractor.peek(raw)
        yield Piece(raw, ref, version, _JsonPlaces(content, start, raw))


class _JsonPlaces:
    """From pointers to where they stand, for the offer ``raw`` that begins at a byte of a JSON file."""

    def __init__(self, content: bytes, start: int, raw: bytes) -> None:
        self._content, self._start, self._raw = content, start, raw

    def __call__(self, pointers: Sequence[str]) -> list[Place]:
        ways = {way for pointer in pointers for way in _ways(pointer)}
        try:
            if ways == {""}:
                places(self._raw)  # the offer as a whole is refused: perhaps because it is no JSON
            found = places(self._raw, ways)
        except Malformed as error:
            return [Place("", *self._position(error.offset), f"json_{error.expected}")] * len(pointers)
        return [
            Place(
                pointer.removeprefix("/"),
                *self._position(next(found[way] for way in _ways(pointer) if way in found)),
            )
            for pointer in pointers
        ]

    def _position(self, offset: int) -> tuple[int, int]:
        return position(self._content, self._start + offset)


def _ways(pointer: str) -> list[str]:
    """The pointer, and those to what it lies in, the innermost first."""
    steps = pointer.split("/")
    return ["/".join(steps[:length]) for length in range(len(steps), 0, -1)]


def _malformed(text: bytes, error: Malformed) -> Flaw:
    return Flaw(f"json_{error.expected}", *position(text, error.offset))


def _lheo(content: bytes) -> Iterator[Piece]:
    for told in lheo_file.actions(io.BytesIO(content), "file"):
        ref, _ = lheo.peek(told.raw)
        yield Piece(told.raw, ref, None, _LheoPlaces(told))


class _LheoPlaces:
    """From pointers into an action's payload, or into our own fields, to the LHEO elements that they were read from."""

    def __init__(self, told: lheo_file.Told) -> None:
        self._told = told

    def __call__(self, pointers: Sequence[str]) -> list[Place]:
        return [self._place(pointer) for pointer in pointers]

    def _place(self, pointer: str) -> Place:
        _, top, *steps = (
            lheo.in_their_words(pointer, self._told.raw).split("/") if pointer else ("", "action")
        )
        told = self._told
        start = told.formation if top == "formation" or told.action is None else told.action
        element = within(start, steps)
        return _at(element, "formation", steps)


def _indeed(content: bytes) -> Iterator[Piece]:
    for told in indeed_file.jobs(io.BytesIO(content), "file"):
        ref, _ = indeed.peek(told.raw)
        yield Piece(told.raw, ref, None, _IndeedPlaces(told.job))


class _IndeedPlaces:
    """From pointers into a job's payload, or into our own fields, to its elements."""

    def __init__(self, job: Any) -> None:
        self._job = job

    def __call__(self, pointers: Sequence[str]) -> list[Place]:
        ways = [indeed.in_their_words(pointer).split("/")[1:] for pointer in pointers]
        return [_at(within(self._job, steps), "job", steps) for steps in ways]


def _at(element: Any, top: str, steps: list[str]) -> Place:
    """Where an element stands. What the last step names and is no element is an attribute of it."""
    path, last = path_of(element, top), steps[-1] if steps else ""
    attribute = bool(last) and not last.isdecimal() and element.get(last) is not None
    line: int = element.sourceline
    return Place(f"{path}/@{last}" if attribute else path, line, None)
