"""Service levels measured: from ends of syncs, receipts and reminders as they really come to be."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from connectors.region.alerting.service_levels import service_levels
from connectors.region.database import Region
from connectors.region.ledger import ledger
from connectors.region.offers import offers, walks
from connectors.region.publishing import audits, planning, replays
from connectors.region.publishing.audits import Audit, Drift
from connectors.region.publishing.replays import Choice
from connectors.region.sessions.late_reminders import late_reminders
from core.policy import Policy
from core.service_levels import Kind, Objective, Rules, Seen
from tests.hands import sql
from tests.makers import incoming, job
from tests.programme import Programme, programme

__all__ = ["programme"]
pytestmark = pytest.mark.database
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
PAGE = Policy("facebook_page", ("job", "training"))
TODAY = dt.date(2026, 11, 24)


def seen(region: Region, now: dt.datetime, kind: Kind, of: str = "", within: int = 30) -> Seen:
    objective = Objective(kind, of, within * MINUTE, 0.99)
    (level,) = service_levels(region, Rules(28 * DAY, (objective,)), now)
    return level.seen


# --- freshness


def synced(region: Region, ended: dt.datetime, *, completed: bool = True, source: str = "contractor") -> None:
    run = walks.start_run(region, "sync-offers", source, "incremental")
    walks.finish_run(region, run, {"completed": completed})
    sql(region, "UPDATE run SET finished_at = :at WHERE id = :id", at=ended, id=run)


def test_only_a_sync_that_ended_well_makes_its_own_source_fresh(region: Region) -> None:
    now = dt.datetime.now(dt.UTC)
    synced(region, now - 40 * MINUTE)
    synced(region, now - 5 * MINUTE, completed=False)
    synced(region, now - 5 * MINUTE, source="lheo")
    walks.start_run(region, "sync-offers", "contractor", "incremental")  # and died
    told = seen(region, now, "freshness", "contractor")
    assert (told.kept, told.missed, told.now) == (1800.0, 600.0, 40 * MINUTE)


def test_the_last_good_sync_before_the_window_is_known_inside_it(region: Region) -> None:
    now = dt.datetime.now(dt.UTC)
    synced(region, now - 40 * DAY)
    synced(region, now - 29 * DAY)
    told = seen(region, now, "freshness", "contractor")
    assert (told.kept, told.missed) == (0.0, (28 * DAY).total_seconds())


# --- latency


def change(region: Region, *numbers: int, version: int = 1, before: dt.timedelta = MINUTE) -> None:
    """A sync that took changes in, ``before`` now, and planned them."""
    run = walks.start_run(region, "sync-offers", "contractor", "incremental")
    found = [incoming(job(f"J-{number}", title=f"Boulanger {version}"), version) for number in numbers]
    offers.merge(region, run, "contractor", found)
    planning.plan(region, PAGE, "post-1", TODAY, run_id=run)
    sql(region, "UPDATE run SET started_at = started_at - :t WHERE id = :id", t=before, id=run)
    sql(
        region,
        "UPDATE offer SET changed_at = changed_at - :t WHERE ref = ANY(:refs)",
        t=before - MINUTE / 2,
        refs=[f"J-{number}" for number in numbers],
    )


def deliver(region: Region) -> None:
    lease, _ = ledger.claim_all(region, PAGE.channel, "post-1", 600)
    ledger.receive_all(region, lease)


def latency(region: Region, later: dt.timedelta = MINUTE) -> Seen:
    return seen(region, dt.datetime.now(dt.UTC) + later, "latency", PAGE.channel)


def test_a_change_takes_from_when_it_came_in_until_its_receipt(region: Region) -> None:
    change(region, 1, 2, 3, before=10 * MINUTE)
    change(region, 4, before=60 * MINUTE)
    deliver(region)
    told = latency(region)
    assert (told.kept, told.missed) == (3, 1)
    assert told.median is not None
    assert told.p95 is not None
    assert 9 * MINUTE < told.median < 10 * MINUTE
    assert 40 * MINUTE < told.p95 < 60 * MINUTE


def test_what_never_arrives_is_late_once_it_waited_too_long(region: Region) -> None:
    """A channel that is dead would else be the best of all: only what arrives has a time."""
    change(region, 1)
    assert latency(region) == Seen()
    assert latency(region, later=DAY) == Seen(0, 1)


def test_what_is_sent_again_on_purpose_is_no_change_that_took_days(region: Region) -> None:
    change(region, 1, before=5 * DAY)
    deliver(region)
    assert latency(region).missed == 1
    assert replays.carried(region, Choice(channel=PAGE.channel), dry=False).number == 1
    deliver(region)
    assert latency(region) == Seen()


def test_what_an_audit_heals_is_no_change_that_took_days(region: Region) -> None:
    change(region, 1, before=5 * DAY)
    deliver(region)
    (row,) = sql(region, "SELECT subject, remote_id FROM effect")
    drifts = (Drift("missing", row.subject, row.remote_id),)
    found = Audit(PAGE.channel, dt.datetime.now(dt.UTC), 1, 1, 0, 0, drifts=drifts)
    assert audits.heal(region, found) == 1
    deliver(region)
    assert latency(region) == Seen()


def test_a_change_of_an_offer_that_was_seen_long_ago_counts_from_the_change(region: Region) -> None:
    change(region, 1, before=5 * DAY)
    deliver(region)
    change(region, 1, version=2, before=10 * MINUTE)
    deliver(region)
    assert latency(region).kept == 1


def test_fifty_thousand_offers_are_measured_in_a_moment(region: Region) -> None:
    run = walks.start_run(region, "sync-offers", "contractor", "full")
    offers.merge(region, run, "contractor", [incoming(job("J-1"))])
    sql(
        region,
        "INSERT INTO offer (key, source, ref, kind, status, version, raw_hash, content, content_hash, updated_at, revision) "
        "SELECT 'k' || n, source, 'r' || n, kind, status, version, raw_hash, '{}', content_hash, updated_at, revision + n "
        "FROM offer, generate_series(1, 50000) n",
    )
    sql(
        region,
        "INSERT INTO effect (channel, subject, offer_id, wanted_hash, live_hash, state, intent_at, run_id, changed_at) "
        "SELECT 'facebook_page', key, id, '', '', 'done', now(), :run, now() + interval '1 minute' FROM offer",
        run=run,
    )
    sql(region, "ANALYZE")
    begun = time.perf_counter()
    assert latency(region, later=DAY).kept == 50_001
    assert time.perf_counter() - begun < 2.0, "0.1 s on a machine of its own"


# --- reminders


def test_a_reminder_is_kept_when_it_leaves_in_time_and_missed_when_not_at_all(programme: Programme) -> None:
    region, now = programme.region, dt.datetime.now(dt.UTC)
    session = programme.session()
    for _ in range(4):
        programme.enrol(session)
    ids = [
        row.id
        for row in sql(region, "SELECT DISTINCT ON (enrolment_id) id FROM reminder ORDER BY enrolment_id")
    ]
    sql(region, "UPDATE reminder SET state = 'void' WHERE NOT id = ANY(:ids)", ids=ids)
    sql(
        region,
        "UPDATE reminder SET at = :at, until = :until WHERE id = ANY(:ids)",
        at=now - 60 * MINUTE,
        until=now + DAY,
        ids=ids,
    )
    for number, after in zip(ids[:2], (10, 50), strict=True):
        sql(
            region,
            "WITH e AS (INSERT INTO effect (channel, subject, state, changed_at) VALUES ('mail', :subject, 'done', :at) RETURNING id) "
            "UPDATE reminder SET state = 'sent', effect_id = e.id FROM e WHERE reminder.id = :id",
            subject=str(number),
            at=now - (60 - after) * MINUTE,
            id=number,
        )
    sql(region, "UPDATE reminder SET state = 'refused' WHERE id = :id", id=ids[2])
    told = seen(region, now, "reminders")
    assert (told.kept, told.missed, told.median) == (1, 2, 30 * MINUTE)
    late = late_reminders(region, now)
    assert late is not None
    assert (late.number, late.since) == (1, now - 60 * MINUTE)
    assert late_reminders(region, now - 50 * MINUTE) is None
