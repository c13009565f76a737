"""The Maildir of BOOSTEZ_BOUNCES: where the Region's mail server puts what comes back.

Belongs here: reading what is new and putting it aside. Does not: what a mail says (core/bounces.py) or what follows from it.

A mail is put aside (``new`` to ``cur``, seen) after what it says was taken, and never deleted: a crash in between has it taken
twice, which whoever takes must bear. A Maildir and no mbox, because a file a mail needs no lock between two programs.

Source: D. J. Bernstein, "Using maildir format" (cr.yp.to/proto/maildir.html).
"""

from __future__ import annotations

import datetime as dt
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from core.bounces import LARGEST, Bounce, read
from schemas.errors import Misconfigured

SEEN: Final = ":2,S"
MOST: Final = 1000  # mails a reading: the rest comes with the next


class Read(msgspec.Struct, frozen=True):
    """What was read: ``reports`` told something of letters of ours, ``others`` did not; ``skipped`` could not be read."""

    reports: int = 0
    others: int = 0
    skipped: int = 0


def read_new(folder: Path, take: Callable[[tuple[Bounce, ...]], None], most: int = MOST) -> Read:
    """Read what is new, oldest first; ``take`` gets what each report tells, and has kept it when it returns.

    Raises:
        Misconfigured: it is no Maildir that can be read and written.

    """
    try:
        names = sorted(entry.name for entry in os.scandir(folder / "new") if not entry.name.startswith("."))
        (folder / "cur").stat()
    except OSError as error:
        raise Misconfigured(f"BOOSTEZ_BOUNCES is no Maildir that can be read: {error.strerror}") from None
    reports = others = skipped = 0
    for name in names:
        if reports + others == most:
            break
        mail = _opened(folder / "new" / name)
        if mail is None:
            skipped += 1
            continue
        bounces = read(*mail)
        if bounces:
            take(bounces)
        reports, others = reports + bool(bounces), others + (not bounces)
        _put_aside(folder, name)
    return Read(reports, others, skipped)


def _opened(file: Path) -> tuple[bytes, dt.datetime] | None:
    """What is looked at of a mail, and when it came; None for what is no plain file of ours to read, or gone."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as mail:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                return None
            return mail.read(LARGEST), dt.datetime.fromtimestamp(about.st_mtime, dt.UTC)
    except OSError:
        return None


def _put_aside(folder: Path, name: str) -> None:
    """Out of ``new``, over nothing that is there already."""
    base = name.partition(":")[0]
    target = folder / "cur" / f"{base}{SEEN}"
    number = 1
    while target.exists():
        target = folder / "cur" / f"{base}.{number}{SEEN}"
        number += 1
    try:
        (folder / "new" / name).rename(target)
    except FileNotFoundError:
        pass  # another worker was quicker
    except OSError as error:
        raise Misconfigured(f"BOOSTEZ_BOUNCES is no Maildir that can be written: {error.strerror}") from None
