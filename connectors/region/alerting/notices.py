"""Notices: what is due of every open alert, as effects in the ledger.

Belongs here: one pass over the open alerts, in one transaction: the effects of what is due, and what was told. Does not: which is due
(core/alerting.py), words (core/alert_words.py) or sending (connectors/alerts).

A notice's effects are named ``alert.notice.address``: the same notice can be planned once only, whoever passes how often. A row that
somebody is just writing is left for the next pass, so a pass waits for nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from connectors.alerts.channel import NAME
from connectors.alerts.wire import Message
from connectors.region.alerting import alerts, mutes
from connectors.region.alerting.alerts import Alert
from connectors.region.database import Region
from connectors.region.ledger import once
from core import alert_words
from core.alert_rules import Kind, Rules, matches
from core.alert_words import Facts
from core.alerting import History, Notice, inhibitor, judge

Addresses = Mapping[str, frozenset[str]]
KEPT: Final = 60  # newest notices of which a row knows when they were: no rule asks for more in its hour


class Told(msgspec.Struct, frozen=True):
    """A notice that is on its way."""

    alert: Alert
    notice: Notice


class _Change(msgspec.Struct, frozen=True):
    """How a row is after the pass."""

    id: int
    notices: int
    told: list[str]
    told_at: list[dt.datetime]
    closed_at: dt.datetime | None
    severity: str
    pillar: str
    affected: str
    runbook: str
    muted_by: str | None


def give(region: Region, rules: Rules, addresses: Addresses, now: dt.datetime) -> list[Told]:
    """Plan every notice that is due, and close what stays over. Returns the notices."""
    with region.begin() as connection:
        free = set(connection.scalars(text(_LOCK)))
        rows = alerts.open_rows(connection)  # after the lock: as whoever held it left them
        if not free:
            return []
        muted = _muted(connection, rules, rows, now)
        told: list[Told] = []
        said: dict[str, bytes] = {}
        changes: list[_Change] = []
        for alert in rows:
            if alert.id not in free:
                continue
            kind = rules.kind(alert.cause)
            ladder = rules.ladder(kind, now, addresses)
            history = _history(alert)
            verdict = judge(rules, history, ladder, now, muted=alert.id in muted)
            if verdict.notice:
                told.append(Told(alert, verdict.notice))
                said |= _effects(rules, kind, alert, verdict.notice)
            change = _after(rules, kind, alert, verdict.notice, now, over=verdict.over, closed=verdict.closed)
            changes.append(msgspec.structs.replace(change, muted_by=muted.get(alert.id)))
        once.plan(connection, NAME, said)
        _write(connection, changes, rows)
    return told


_LOCK: Final = "SELECT id FROM alert WHERE closed_at IS NULL ORDER BY id FOR UPDATE SKIP LOCKED"


def _muted(connection: Connection, rules: Rules, rows: list[Alert], now: dt.datetime) -> dict[int, str]:
    """What mutes each alert that is muted, by its number."""
    by_hand = mutes.held(connection, now)
    histories = [_history(row) for row in rows]
    muted: dict[int, str] = {}
    for row in rows:
        hand = next((m for m in by_hand if matches(m.pattern, row.cause)), None)
        why = f"{hand.by}: {hand.why}" if hand else inhibitor(rules, row.cause, histories, now)
        if why:
            muted[row.id] = why
    return muted


def _history(alert: Alert) -> History:
    return History(
        alert.cause,
        alert.raised_at,
        alert.resolved_at,
        alert.acknowledged_at,
        frozenset(alert.told),
        alert.told_at,
    )


def _effects(rules: Rules, kind: Kind, alert: Alert, notice: Notice) -> dict[str, bytes]:
    facts = Facts(
        why=notice.why,
        title=alert.title,
        message=alert.message,
        raised_at=alert.raised_at,
        resolved_at=alert.resolved_at,
        times=alert.times,
        returns=alert.returns,
        affected=kind.affected(alert.cause),
        who=", ".join(rules.destinations[name] for name in notice.names),
        how=f"{rules.runbooks}{kind.runbook}",
        acknowledged_by=alert.acknowledged_by,
    )
    title, message = alert_words.title(facts), alert_words.text(facts)
    acknowledgeable = alert.id if alert.resolved_at is None else 0
    return {
        f"{alert.id}.{alert.notices + 1}.{address}": msgspec.json.encode(
            Message(address, title, message, acknowledgeable)
        )
        for address in sorted(notice.to)
    }


def _after(
    rules: Rules,
    kind: Kind,
    alert: Alert,
    notice: Notice | None,
    now: dt.datetime,
    *,
    over: bool,
    closed: bool,
) -> _Change:
    told = set(alert.told) | (notice.to if notice else frozenset())
    return _Change(
        alert.id,
        alert.notices + bool(notice),
        [] if over else sorted(told),
        [*alert.told_at, *([now] if notice else [])][-KEPT:],
        now if closed else None,
        kind.severity,
        kind.pillar,
        kind.affected(alert.cause),
        f"{rules.runbooks}{kind.runbook}",
        None,
    )


def _write(connection: Connection, changes: list[_Change], rows: list[Alert]) -> None:
    """Write the rows that are not as they were."""
    before = {row.id: row for row in rows}
    fields = [name for name in _Change.__struct_fields__ if name not in {"id", "closed_at"}]
    changed = [
        msgspec.structs.asdict(change)
        for change in changes
        if change.closed_at
        or any(_plain(getattr(change, n)) != _plain(getattr(before[change.id], n)) for n in fields)
    ]
    if changed:
        connection.execute(
            text(
                "UPDATE alert SET notices = :notices, told = :told, told_at = cast(:told_at AS timestamptz[]), "
                "closed_at = :closed_at, severity = :severity, pillar = :pillar, affected = :affected, runbook = :runbook, "
                "muted_by = :muted_by WHERE id = :id"
            ),
            changed,
        )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
