"""An XML file of records, read one record at a time, in bounded memory.

Belongs here: what any such file may be (no document type, no entity, nothing from outside, nothing without end). Does not:
what stands in a record (lheo/client.py, indeed/client.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final, Literal

import msgspec
from lxml import etree

from schemas.errors import Rejected

HEAD_LIMIT: Final = 1 << 16  # bytes within which the root element shows
SAFE: Final[dict[str, Any]] = {  # what lxml is told of whatever comes from outside
    "resolve_entities": False,
    "no_network": True,
    "huge_tree": False,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
}
Fault = Literal["xml", "empty", "doctype", "root", "head", "size", "repeats"]


class Unreadable(Rejected):
    """The file cannot be read on. ``line`` and ``column`` say where, when that is known, ``found`` what stands there."""

    def __init__(
        self,
        message: str,
        fault: Fault,
        line: int | None = None,
        column: int | None = None,
        *,
        found: str = "",
    ) -> None:
        super().__init__(message)
        self.fault, self.line, self.column, self.found = fault, line, column, found


class Language(msgspec.Struct, frozen=True):
    """What is read: its ``name``, the root elements it may have and the elements that are its records.

    Both as ``{namespace}name``; ``limit``: bytes of the largest record.
    """

    name: str
    roots: tuple[str, ...]
    records: tuple[str, ...]
    limit: int


class Records:
    """The records of a file, in their order.

    Each, and whatever stands before it at any level, is forgotten when the next is asked for. Memory is bounded by the
    language's ``limit``, not by the file.

    Raises, while it is walked through:
        Unreadable: the file is not well-formed, declares a document type (entities are an attack, and no record needs
            one), has another root, or a record larger than the limit. Records that stand before the fault have been
            given: a reader must not take them for the whole.

    """

    def __init__(self, file: BinaryIO, name: str, language: Language) -> None:
        self._file, self._name, self._language = file, name, language
        self.total = self._began = 0  # bytes read; bytes at which the record under way can have begun

    def __iter__(self) -> Iterator[Any]:
        try:
            self._check_root()
            self._file.seek(0)
            for _, record in etree.iterparse(self, events=("end",), tag=self._language.records, **SAFE):
                yield record
                self._began = self.total
                record.clear()
                for element in (record, *record.iterancestors()):
                    while element.getprevious() is not None:
                        del element.getparent()[0]
        except (etree.LxmlError, ValueError) as error:
            raise self._not_xml(error) from None

    def read(self, size: int) -> bytes:
        """See ``BinaryIO.read``: for the parser, so that nothing grows past its limit unseen."""
        chunk = self._file.read(size)
        self.total += len(chunk)
        if self.total - self._began > self._language.limit:
            record = etree.QName(self._language.records[0]).localname
            what = f"no {record} ends in the {self._language.limit:,} bytes after byte {self._began:,}"
            raise self.unreadable(what, "size")
        return chunk

    def unreadable(
        self, what: str, fault: Fault, line: int | None = None, column: int | None = None, *, found: str = ""
    ) -> Unreadable:
        """The error that says ``what`` is wrong with this file."""
        message = f"{self._name} is not readable as {self._language.name}: {what}"
        return Unreadable(message, fault, line, column, found=found)

    def _not_xml(self, error: Exception) -> Unreadable:
        if not isinstance(error, etree.XMLSyntaxError):
            return self.unreadable(str(error), "xml")
        if not error.lineno:
            what = "no whole document is there: it is empty, or names an entity that XML does not know (&eacute;)"
            return self.unreadable(what, "empty")
        return self.unreadable(str(error.msg), "xml", error.lineno, error.offset, found=str(error.msg))

    def _check_root(self) -> None:
        """Refuse another root and any document type before the content is looked at.

        The parser is fed byte by byte, so that it has seen nothing behind the root element's start, where an entity may
        stand.
        """
        parser = etree.XMLPullParser(events=("start",), **SAFE)
        while byte := self._file.read(1):
            if self._file.tell() > HEAD_LIMIT:
                raise self.unreadable(
                    f"no root element begins in its first {HEAD_LIMIT:,} bytes", "head", line=1
                )
            parser.feed(byte)
            for _, root in parser.read_events():
                self._check(root)
                return
        parser.close()  # raises: no root at all

    def _check(self, root: Any) -> None:
        line, name = root.sourceline, self._language.name.split(" ", maxsplit=1)[0]
        where = f"(line {line}, column 1)"
        if root.getroottree().docinfo.internalDTD is not None:
            what = f"it declares a document type, which {name} files must not {where}"
            raise self.unreadable(what, "doctype", line, 1)
        if root.tag not in self._language.roots:
            found, wanted = etree.QName(root), etree.QName(self._language.roots[0])
            of = f" of {wanted.namespace}" if wanted.namespace else ""
            raise self.unreadable(
                f"its root is <{found.localname}> of {found.namespace or 'no namespace'}, "
                f"not <{wanted.localname}>{of} {where}",
                "root",
                line,
                1,
                found=f"<{found.localname}>",
            )


def within(element: Any, steps: list[str]) -> Any:
    """The element that ``steps`` lead to from ``element``: names of descendants, or which of the last-named.

    Names need not be those of children: the nearest of that name is meant, and of several the first that says something.
    A step that leads nowhere ends the way.
    """
    for place, step in enumerate(steps):
        following = steps[place + 1] if place + 1 < len(steps) else ""
        if step.isdecimal():
            continue
        named = [each for each in element.iter(f"{{*}}{step}") if each is not element and _says(each)]
        number = int(following) if following.isdecimal() else 0
        if number >= len(named):
            return element
        element = named[number]
    return element


def _says(element: Any) -> bool:
    return len(element) > 0 or bool((element.text or "").strip())


def path_of(element: Any, top: str) -> str:
    """Names from ``top`` down to the element, as ``formation/action/session``."""
    names = [etree.QName(each).localname for each in (element, *element.iterancestors())]
    return "/".join(reversed(names[: names.index(top) + 1]))
