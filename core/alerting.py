"""Alerting: which notice of an alert is due, to whom, and when an alert is over for good.

Belongs here: the decision, from the rules (core/alert_rules.py), the alert's history and the time. Does not: rows or effects
(connectors/region/alerting/notices.py), words (core/alert_words.py).

An alert is told when it begins, again while it stands, to somebody else when nobody answers, and when it is over, to those who were told.
What has ended is over when it stayed so for a while: what comes and goes meanwhile is one alert.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from core.alert_rules import Kind, Manner, Pace, Rules, Step, matches

Why = Literal["raised", "again", "escalated", "resolved"]
HOUR: Final = dt.timedelta(hours=1)


class History(msgspec.Struct, frozen=True):
    """What was of an alert so far: ``told`` are the addresses that hear of its end, ``told_at`` its newest notices, in order."""

    cause: str
    raised_at: dt.datetime
    resolved_at: dt.datetime | None = None
    acknowledged_at: dt.datetime | None = None
    told: frozenset[str] = frozenset()
    told_at: tuple[dt.datetime, ...] = ()


class Notice(msgspec.Struct, frozen=True):
    """One that is due: ``to`` these addresses, ``names`` are theirs."""

    why: Why
    to: frozenset[str]
    names: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """What follows for an alert: a notice; ``over``: nobody is to hear of it any more unless it comes back; ``closed``: for good."""

    notice: Notice | None = None
    over: bool = False
    closed: bool = False


NOTHING: Final = Verdict()


def judge(
    rules: Rules, history: History, ladder: Sequence[Step], now: dt.datetime, *, muted: bool
) -> Verdict:
    """What is due at ``now``; ``ladder`` is who hears of it now, ``muted``: it follows from another, or a person said so."""
    kind = rules.kind(history.cause)
    manner = rules.manners[kind.severity]
    heard = any(at >= history.raised_at for at in history.told_at)
    untold = kind.form == "event" and kind.told and ladder and not heard
    if muted and untold and history.resolved_at is not None:
        return Verdict(closed=True)  # what is over does not outlive what mutes it
    if history.resolved_at is not None and not untold:
        verdict = _ended(kind, rules.pace, history, history.resolved_at, now)
    elif muted or not kind.told:
        return NOTHING
    else:
        verdict = Verdict(_due(manner, history, ladder, now))
    if verdict.notice and not (manner.always or rules.office.is_open(now)):
        return NOTHING  # it waits till morning
    if verdict.notice and sum(at > now - HOUR for at in history.told_at) >= rules.pace.most:
        return NOTHING
    return verdict


def _ended(kind: Kind, pace: Pace, history: History, at: dt.datetime, now: dt.datetime) -> Verdict:
    if kind.form == "state" and now - at < pace.calm:
        return NOTHING
    if history.told:
        told = Notice("resolved", history.told) if kind.form == "state" else None
        return Verdict(told, over=True)
    return Verdict(closed=now - max((at, *history.told_at)) >= pace.memory)


def _due(manner: Manner, history: History, ladder: Sequence[Step], now: dt.datetime) -> Notice | None:
    if not ladder:
        return None
    if not history.told:
        return Notice("raised", ladder[0].ids, (ladder[0].name,))
    last = max(history.told_at)
    acknowledged = history.acknowledged_at
    if acknowledged is None and manner.escalate and now - last >= manner.escalate:
        step = next((step for step in ladder if not step.ids <= history.told), None)
        if step:
            return Notice("escalated", step.ids, (step.name,))
    rest = manner.repeat if acknowledged is None else manner.acknowledged
    if rest and now - max(last, acknowledged or last) >= rest:
        return Notice("again", history.told | ladder[0].ids, (ladder[0].name,))
    return None


def inhibitor(rules: Rules, cause: str, others: Iterable[History], now: dt.datetime) -> str | None:
    """The cause that an alert follows from, as long as that stands or has just ended; None: it stands for itself."""
    muting = [rule.cause for rule in rules.inhibitions if any(matches(m, cause) for m in rule.mutes)]
    for other in others:
        gone = other.resolved_at is not None and now - other.resolved_at >= rules.pace.calm
        if not gone and any(matches(pattern, other.cause) for pattern in muting):
            return other.cause
    return None


def silent_for(rules: Rules, of: str, last: dt.datetime, now: dt.datetime) -> dt.timedelta | None:
    """How long it has said nothing, when that is longer than it may; None when it is not."""
    rule = next((each for each in rules.silences if each.of == of), None)
    if rule is None:
        return None
    lasted = rules.office.elapsed(last, now) if rule.sleeps else now - last
    return now - last if lasted > rule.limit else None
