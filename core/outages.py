"""Outages: when something dead is told to people, told again, and told to be back.

Belongs here: the rule, over what was seen and when. Does not: looking, sending or keeping (deployments/watchdog.py).

What nobody was told of is not told to be back; what could not be sent is due again at the next look.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

AGAIN = dt.timedelta(hours=4)


class Outage(msgspec.Struct, frozen=True):
    """Something that is dead ``since``. ``told_at``: when people last heard of it."""

    since: dt.datetime
    reason: str
    told_at: dt.datetime | None = None


class Seen(msgspec.Struct, frozen=True):
    """What a look saw of something: alive without ``reason``. ``since``: when it died, if that shows."""

    name: str
    reason: str | None = None
    since: dt.datetime | None = None


class Notice(msgspec.Struct, frozen=True):
    """What people are to be told."""

    name: str
    kind: Literal["dead", "still dead", "back"]
    outage: Outage


Outages = dict[str, Outage]


def looked(before: Mapping[str, Outage], seen: Iterable[Seen], now: dt.datetime) -> Outages:
    """The outages there are after a look. What was not looked at stays as it was, and so does what came back untold."""
    after = dict(before)
    for each in seen:
        known = before.get(each.name)
        if each.reason is not None:
            since = known.since if known else each.since or now
            after[each.name] = Outage(since, each.reason, known.told_at if known else None)
        elif known and known.told_at is None:
            del after[each.name]
    return after


def due(
    outages: Mapping[str, Outage], seen: Iterable[Seen], now: dt.datetime, patience: dt.timedelta
) -> list[Notice]:
    """What must be told now: of ``outages`` as they are after the look."""
    notices = []
    for each in seen:
        outage = outages.get(each.name)
        if outage is None:
            continue
        if each.reason is None:
            notices.append(Notice(each.name, "back", outage))
        elif outage.told_at is None and now - outage.since >= patience:
            notices.append(Notice(each.name, "dead", outage))
        elif outage.told_at is not None and now - outage.told_at >= AGAIN:
            notices.append(Notice(each.name, "still dead", outage))
    return notices


def told(outages: Mapping[str, Outage], notice: Notice, now: dt.datetime) -> Outages:
    """The outages once people have a notice."""
    after = dict(outages)
    if notice.kind == "back":
        del after[notice.name]
    else:
        after[notice.name] = msgspec.structs.replace(notice.outage, told_at=now)
    return after
