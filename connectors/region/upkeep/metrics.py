"""The hub in numbers, for whoever watches it: read from rows when it is asked for.

Belongs here: the statements, names and meanings of these numbers. Does not: how they are served (portal/metrics.py), or objectives
(core/service_levels.py).

Runs are short-lived processes, and counters in them would die with them; what they did is in rows. So a number here is how things stand,
not how often something happened, and any number of processes may tell it. Names are Prometheus': base units, ``_timestamp_seconds`` for a
moment. No label tells a person, an offer or an address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from sqlalchemy import Row, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from connectors.region.alerting.service_levels import service_levels
from connectors.region.database import Region
from connectors.region.ledger.channel_state import standings
from connectors.region.ledger.ledger import HELD
from connectors.region.sessions.late_reminders import late_reminders
from core.service_levels import Level, Rules
from schemas.errors import Unreachable

SECONDS = 10.0  # that one statement may take
Labels = Mapping[str, str]
BUCKETS: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)  # seconds
_EFFECTS: Final = ("planned", "held", "intent", "unknown", "parked", "refused", "moot")


class Distribution(msgspec.Struct, frozen=True):
    """So many cases within each of ``BUCKETS``, so many in all, and their sum."""

    within: tuple[float, ...]
    count: float
    total: float


class Measure(msgspec.Struct, frozen=True):
    """A number of many, by its ``labels``, which every sample has; ``means`` is told to whoever reads it."""

    name: str
    means: str
    labels: tuple[str, ...]
    samples: Sequence[tuple[Labels, float | Distribution]]


@contextmanager
def reader(region: Region) -> Iterator[Region]:
    """The same database for this alone: with connections of its own, so that pages never wait for it, and an end to every statement."""
    url = region.engine.url.update_query_dict({"connect_timeout": "5"})
    own = Region(url.render_as_string(hide_password=False))

    def bound(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET statement_timeout = {SECONDS * 1000:.0f}")
        cursor.close()
        connection.commit()

    event.listen(own.engine, "connect", bound)
    try:
        yield own
    finally:
        own.dispose()


def measures(region: Region, rules: Rules, now: dt.datetime) -> list[Measure]:
    """Every number, as of now.

    Raises:
        Unreachable: the database does not answer, or not in time.

    """
    try:
        return [
            *_channels(region),
            *_service_levels(service_levels(region, rules, now)),
            *_late(region, now),
            *_rows(region),
        ]
    except DBAPIError as error:
        trouble = type(error.orig).__name__
    raise Unreachable(f"The Region's database does not tell its numbers ({trouble}).")


def _channels(region: Region) -> Iterator[Measure]:
    found = standings(region)
    yield Measure(
        "boostez_effects",
        "Effects of the ledger that are not simply done, by channel and state.",
        ("channel", "state"),
        [
            ({"channel": name, "state": state}, getattr(each, state))
            for name, each in found.items()
            for state in _EFFECTS
        ],
    )
    yield Measure(
        "boostez_channel_objects",
        "Objects that should be on a channel (wanted), and that receipts say are there (live).",
        ("channel", "state"),
        [
            ({"channel": name, "state": state}, getattr(each, state))
            for name, each in found.items()
            for state in ("wanted", "live")
        ],
    )
    yield Measure(
        "boostez_channel_paused",
        "1 when deliveries to a channel are paused.",
        ("channel",),
        [({"channel": name}, float(each.paused)) for name, each in found.items()],
    )


def _service_levels(levels: Sequence[Level]) -> Iterator[Measure]:
    def told(level: Level) -> Labels:
        return {"kind": level.objective.kind, "of": level.objective.of}

    yield Measure(
        "boostez_service_level_target_ratio",
        "The share that an objective promises (deployments/service_levels.toml).",
        ("kind", "of"),
        [(told(level), level.objective.share) for level in levels],
    )
    yield Measure(
        "boostez_service_level_ratio",
        "The share that was kept in the window of the objectives.",
        ("kind", "of"),
        [(told(level), level.share) for level in levels if level.share is not None],
    )
    yield Measure(
        "boostez_error_budget_burnt_ratio",
        "How much of an objective's error budget is burnt: 1 is all of it.",
        ("kind", "of"),
        [(told(level), level.burnt) for level in levels if level.burnt is not None],
    )
    yield Measure(
        "boostez_service_level_seconds",
        "How long it took in the window, by percentile: a change to a channel, a reminder after it was due.",
        ("kind", "of", "percentile"),  # `quantile` is kept for summaries
        [
            ({**told(level), "percentile": percentile}, took.total_seconds())
            for level in levels
            for percentile, took in (("50", level.seen.median), ("95", level.seen.p95))
            if took is not None
        ],
    )


def _late(region: Region, now: dt.datetime) -> Iterator[Measure]:
    late = late_reminders(region, now)
    yield Measure(
        "boostez_reminders_late",
        "Reminders that are due and did not leave in time.",
        (),
        [({}, late.number if late else 0)],
    )


_AGES: Final = (
    "SELECT e.channel, e.state, extract(epoch FROM min(e.changed_at)) AS value FROM effect e "
    "WHERE e.state IN ('planned', 'intent', 'unknown') AND (e.not_before IS NULL OR e.not_before <= now()) "
    f"AND NOT {HELD} GROUP BY e.channel, e.state"
)
_SOURCES: Final = (
    "SELECT source, extract(epoch FROM max(finished_at)) AS value FROM run WHERE flow = 'sync-offers' AND source IS NOT NULL "
    "AND (summary ->> 'completed')::boolean GROUP BY source"
)
_WAITING: Final = (
    "SELECT what, count(at) AS number, extract(epoch FROM min(at)) AS oldest FROM ("
    "SELECT 'plans' AS what, raised_at AS at FROM held_plan WHERE state = 'waiting' "
    "UNION ALL SELECT 'postings', submitted_at FROM posting WHERE state = 'waiting' "
    "UNION ALL SELECT 'questions', asked_at FROM question WHERE state = 'waiting' "
    "UNION ALL SELECT 'answers', due_at FROM question WHERE state = 'published' AND due_at < now() "
    "UNION ALL SELECT 'moves', at FROM move_proposal WHERE state = 'waiting' "
    "UNION ALL SELECT unnest(ARRAY['plans', 'postings', 'questions', 'answers', 'moves']), NULL) w GROUP BY what"
)
_ALERTS: Final = (
    "SELECT coalesce(pillar, '') AS pillar, coalesce(severity, '') AS severity, count(*) AS value FROM alert "
    "WHERE resolved_at IS NULL AND closed_at IS NULL GROUP BY pillar, severity"
)
_SIMPLE: Final = (  # name, meaning, statement: its columns are labels, but ``value``
    (
        "boostez_effect_oldest_timestamp_seconds",
        "Since when the oldest effect in a state waits that nobody holds back.",
        _AGES,
    ),
    (
        "boostez_offers",
        "Offers by source, kind and status.",
        "SELECT source, kind, status, count(*) AS value FROM offer GROUP BY source, kind, status",
    ),
    (
        "boostez_quarantined",
        "Payloads in quarantine, by source and the rule of their first reason.",
        "SELECT source, rule, count(*) AS value FROM quarantine GROUP BY source, rule",
    ),
    (
        "boostez_source_synced_timestamp_seconds",
        "When the last sync of a source that ended well ended.",
        _SOURCES,
    ),
    (
        "boostez_reminders",
        "Reminders of sessions, by state.",
        "SELECT state, count(*) AS value FROM reminder GROUP BY state",
    ),
    (
        "boostez_alerts",
        "Alerts that stand, by pillar and severity.",
        _ALERTS,
    ),
    (
        "boostez_heartbeat_timestamp_seconds",
        "When a schedule last ran.",
        "SELECT extract(epoch FROM max(finished_at)) AS value FROM run WHERE flow = 'heartbeat' HAVING count(*) > 0",
    ),
)
# From the commit of the intent to that of the receipt: with the batches of its claim that went before.
_RECEIPTS: Final = (
    "SELECT channel, count(*) AS number, sum(took) AS total, "
    + ", ".join(f"count(*) FILTER (WHERE took <= {bucket}) AS b{n}" for n, bucket in enumerate(BUCKETS))
    + " FROM (SELECT channel, extract(epoch FROM changed_at - intent_at) AS took FROM effect "
    "WHERE state = 'done' AND changed_at > now() - interval '1 hour' AND intent_at <= changed_at) e GROUP BY channel"
)


def _rows(region: Region) -> Iterator[Measure]:
    with region.begin() as connection:
        for name, means, statement in _SIMPLE:
            rows = connection.execute(text(statement))
            labels = tuple(column for column in rows.keys() if column != "value")  # noqa: SIM118 - a result is no mapping
            yield Measure(name, means, labels, _samples(rows))
        waiting = connection.execute(text(_WAITING)).all()
        receipts = connection.execute(text(_RECEIPTS)).all()
    yield Measure(
        "boostez_waiting",
        "What waits for a person: plans that a guard stopped, postings and questions to moderate, answers that are overdue, "
        "moves of officials.",
        ("what",),
        [({"what": row.what}, row.number) for row in waiting],
    )
    yield Measure(
        "boostez_waiting_oldest_timestamp_seconds",
        "Since when the oldest of them waits.",
        ("what",),
        [({"what": row.what}, float(row.oldest)) for row in waiting if row.oldest is not None],
    )
    yield Measure(
        "boostez_receipt_seconds",
        "From intent to receipt, of effects that were done in the last hour, by channel.",
        ("channel",),
        [({"channel": row.channel}, _distribution(row)) for row in receipts],
    )


def _samples(rows: Iterable[Row[Any]]) -> list[tuple[Labels, float]]:
    told = [row._asdict() for row in rows]
    return [(row, float(row.pop("value"))) for row in told]


def _distribution(row: Row[Any]) -> Distribution:
    found = row._asdict()
    within = tuple(float(found[f"b{n}"]) for n in range(len(BUCKETS)))
    return Distribution(within, float(row.number), float(row.total))
