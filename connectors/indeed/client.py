"""Reading an Indeed feed, job by job, in bounded memory.

Belongs here: XML to plain JSON in Indeed's own words. Does not: what a job means (wire.py) or whether it is right
(schemas/json/indeed.job.v1.json).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from lxml import etree

from connectors.files import opened
from connectors.xml_records import Language, Records

JOB_LIMIT: Final = 1 << 20  # bytes of the largest job; a real one has 2 to 20 KB
LANGUAGE: Final = Language("Indeed feed", ("source",), ("job",), JOB_LIMIT)


class Told(msgspec.Struct, frozen=True):
    """One job: the payload, and the element that it was read from, until the next is asked for."""

    raw: bytes
    job: Any


def read(path: Path) -> Iterator[bytes]:
    """One JSON object a job, its members the texts of its elements.

    Texts are trimmed, an empty element counts as absent, of two of one name the first counts.

    Raises:
        Rejected: the file is no well-formed feed, declares a document type, or has a job larger than ``JOB_LIMIT``; the
            message names line and column, or the byte. Jobs that stand before the fault have been given.
        OSError: the file cannot be opened.

    """
    with opened(path) as file:
        for told in jobs(file, path.name):
            yield told.raw


def jobs(file: BinaryIO, name: str) -> Iterator[Told]:
    """As ``read``, of an open file, with the elements."""
    for job in Records(file, name, LANGUAGE):
        yield Told(msgspec.json.encode(_members(job)), job)


def _members(job: Any) -> dict[str, str]:
    members: dict[str, str] = {}
    for each in job.iterchildren(tag=etree.Element):
        text = "".join(each.itertext()).strip()
        if text:
            members.setdefault(etree.QName(each).localname, text)
    return members
