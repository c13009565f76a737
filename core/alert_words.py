"""A notice in words: what, since when, what is affected, who acts and how.

Belongs here: title and text. Does not: what happened (whoever raised it wrote that), the link that acknowledges and the marker
(connectors/alerts/wire.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from core.alerting import Why
from core.days import at_paris

_TITLES: Final[dict[Why, str]] = {
    "raised": "{}",
    "again": "Still: {}",
    "escalated": "Nobody answered: {}",
    "resolved": "Over: {}",
}


class Facts(msgspec.Struct, frozen=True):
    """What a notice is made of. ``who`` are the people it goes to, ``how`` the address of a runbook's page."""

    why: Why
    title: str
    message: str
    raised_at: dt.datetime
    resolved_at: dt.datetime | None
    times: int
    returns: int
    affected: str
    who: str
    how: str
    acknowledged_by: str | None = None


def title(facts: Facts) -> str:
    """One line."""
    return _TITLES[facts.why].format(facts.title)


def text(facts: Facts) -> str:
    """The text under it."""
    if facts.why == "resolved" and facts.resolved_at is not None:
        return f"It stood from {_at(facts.raised_at)} to {_at(facts.resolved_at)}.{_returned(facts)}"
    seen = f", seen {facts.times} times" if facts.times > 1 else ""
    lines = [f"Since: {_at(facts.raised_at)}{seen}.{_returned(facts)}", f"Affected: {facts.affected}"]
    if facts.acknowledged_by:
        lines.append(f"Acknowledged by: {facts.acknowledged_by}")
    lines += [f"Who acts: {facts.who}"] if facts.who else []
    lines.append(f"How: {facts.how}")
    return "\n".join([facts.message, "", *lines])


def _at(moment: dt.datetime) -> str:
    return f"{at_paris(moment)} (Paris)"


def _returned(facts: Facts) -> str:
    return f" It came back {facts.returns} times meanwhile." if facts.returns else ""
