"""Suspending an address: whether what came back is about it, and whether that is enough.

Belongs here: the two rules, from facts that are arguments. Does not: reading a report (core/bounces.py), or what is suspended
(connectors/region/people/bounces.py).

Anybody can write a report. It counts when it names a letter that was really sent and the address that it was sent to. A person who has
given another address since is not at that one any more: what it refuses proves nothing about theirs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from core.addresses import email_key
from core.bounces import Bounce, Kind

SOFT: Final = 3  # letters that did not arrive for now, of as many as came back
WITHIN: Final = dt.timedelta(days=30)


def believable(bounce: Bounce, newest: str | None, address: str | None) -> bool:
    """Whether it is about ``address``, which is the person's now; ``newest`` is the marker under which the letter last left.

    A report that does not name its reader counts only for the very letter that left last.
    """
    if address is None:
        return False
    if not bounce.recipient:
        return bounce.marker == newest
    return email_key(bounce.recipient) == email_key(address)


def suspends(kind: Kind, at: dt.datetime, softs: Sequence[dt.datetime]) -> bool:
    """Whether a bounce of ``at`` suspends the address. ``softs``: when each letter that did not arrive for now came back, this one too.

    An address that takes no letters, or whose owner calls them unwanted, is suspended at once; one that takes none for now, when that
    has happened to ``SOFT`` letters within ``WITHIN``.
    """
    return kind != "soft" or sum(at - WITHIN < each <= at for each in softs) >= SOFT
