"""The hub in numbers: each as its rows are, and quick."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping

import pytest

from connectors.region.database import Region
from connectors.region.ledger.channel_state import pause
from connectors.region.offers import offers, quarantine, walks
from connectors.region.offers.quarantine import Detained
from connectors.region.publishing import planning
from connectors.region.upkeep import condition, metrics
from connectors.region.upkeep.metrics import BUCKETS, Distribution, Measure, measures, reader
from core.policy import Policy
from core.service_levels import Objective, Rules
from schemas.documents import Reason
from schemas.errors import Unreachable
from tests.hands import sql
from tests.makers import incoming, job

pytestmark = pytest.mark.database
MINUTE = dt.timedelta(minutes=1)
PAGE = Policy("facebook_page", ("job", "training"))
RULES = Rules(28 * 24 * 60 * MINUTE, (Objective("latency", PAGE.channel, 30 * MINUTE, 0.9),))


def read(region: Region) -> dict[str, Measure]:
    return {each.name: each for each in measures(region, RULES, dt.datetime.now(dt.UTC) + MINUTE)}


def value(measure: Measure, **labels: str) -> float | Distribution:
    found: list[tuple[Mapping[str, str], float | Distribution]] = [
        each for each in measure.samples if each[0] == labels
    ]
    ((_, told),) = found
    return told


@pytest.fixture
def busy(region: Region) -> Region:
    """Four changes on a channel: two done after different times, one unknown, one planned."""
    run = walks.start_run(region, "sync-offers", "contractor", "full")
    offers.merge(
        region, run, "contractor", [incoming(job(f"J-{n}", title=f"Boulanger {n}")) for n in range(4)]
    )
    planning.plan(region, PAGE, "post-1", dt.date(2026, 11, 24), run_id=run)
    walks.finish_run(region, run, {"completed": True})
    sql(region, "UPDATE run SET started_at = started_at - interval '1 hour'")
    sql(
        region,
        "UPDATE effect SET state = s, intent_at = now() - t, changed_at = now(), live_hash = CASE WHEN s = 'done' THEN wanted_hash END "
        "FROM (VALUES (1, 'done', interval '0.3 s'), (2, 'done', interval '20 min'), (3, 'unknown', interval '1 min')) v (n, s, t) "
        "WHERE id = (SELECT min(id) FROM effect) + n",
    )
    return region


def test_effects_objects_and_ages_are_as_the_ledger_says(busy: Region) -> None:
    told = read(busy)
    effects = told["boostez_effects"]
    assert [value(effects, channel=PAGE.channel, state=s) for s in ("planned", "unknown", "held")] == [
        1,
        1,
        0,
    ]
    assert value(told["boostez_channel_objects"], channel=PAGE.channel, state="wanted") == 4
    assert value(told["boostez_channel_objects"], channel=PAGE.channel, state="live") == 2
    assert {labels["state"] for labels, _ in told["boostez_effect_oldest_timestamp_seconds"].samples} == {
        "planned",
        "unknown",
    }
    assert value(told["boostez_channel_paused"], channel=PAGE.channel) == 0
    pause(busy, PAGE.channel, "a person must look")
    assert value(read(busy)["boostez_channel_paused"], channel=PAGE.channel) == 1


def test_receipts_of_the_last_hour_are_spread_by_how_long_they_took(busy: Region) -> None:
    spread = value(read(busy)["boostez_receipt_seconds"], channel=PAGE.channel)
    assert isinstance(spread, Distribution)
    assert dict(zip(BUCKETS, spread.within, strict=True)) == {
        0.1: 0, 0.5: 1, 1.0: 1, 5.0: 1, 15.0: 1, 60.0: 1, 300.0: 1, 900.0: 1, 3600.0: 2
    }  # fmt: skip
    assert (spread.count, round(spread.total, 3)) == (2, 1200.3)
    sql(
        busy,
        "UPDATE effect SET changed_at = changed_at - interval '61 min', intent_at = intent_at - interval '61 min'",
    )
    assert read(busy)["boostez_receipt_seconds"].samples == []


def test_offers_sources_and_service_levels_are_told(busy: Region) -> None:
    told = read(busy)
    assert told["boostez_offers"].samples == [
        ({"source": "contractor", "kind": "job", "status": "open"}, 4.0)
    ]
    assert (
        abs(
            time.time()
            - float(str(value(told["boostez_source_synced_timestamp_seconds"], source="contractor")))
        )
        < 60
    )
    of = {"kind": "latency", "of": PAGE.channel}
    assert value(told["boostez_service_level_target_ratio"], **of) == 0.9
    assert value(told["boostez_service_level_ratio"], **of) == 1.0
    assert value(told["boostez_error_budget_burnt_ratio"], **of) == 0.0


def test_quarantine_waiting_alerts_and_the_heartbeat_are_told(region: Region) -> None:
    reasons = (Reason("/kind", "enum", "x", "y"),)
    quarantine.put(region, None, [Detained("contractor", "k", None, b"h", b"{}", reasons)])
    sql(
        region,
        "INSERT INTO held_plan (kind, place, guard, message, hash, numbers, examples, raised_at) "
        "VALUES ('channel', 'facebook_page', 'g', 'm', 'h', '{}', '[]', to_timestamp(1000))",
    )
    sql(
        region,
        "INSERT INTO alert (cause, title, message, severity, pillar) VALUES ('c', 't', 'm', 'critical', 'offers')",
    )
    condition.beat(region)
    told = read(region)
    assert told["boostez_quarantined"].samples == [({"source": "contractor", "rule": "enum"}, 1.0)]
    waiting = {labels["what"]: number for labels, number in told["boostez_waiting"].samples}
    assert waiting == {"plans": 1, "postings": 0, "questions": 0, "answers": 0, "moves": 0}
    assert told["boostez_waiting_oldest_timestamp_seconds"].samples == [({"what": "plans"}, 1000.0)]
    assert told["boostez_alerts"].samples == [({"pillar": "offers", "severity": "critical"}, 1.0)]
    assert len(told["boostez_heartbeat_timestamp_seconds"].samples) == 1
    sql(region, "UPDATE alert SET resolved_at = now()")
    assert read(region)["boostez_alerts"].samples == []


def test_every_number_is_there_by_name_in_an_empty_database_and_has_its_labels(region: Region) -> None:
    for each in read(region).values():
        assert each.name.startswith("boostez_")
        assert each.means.endswith(".")
        assert all(
            tuple(labels) and set(labels) == set(each.labels) for labels, _ in each.samples if each.labels
        )


def test_a_statement_that_takes_too_long_ends_and_no_page_waits_for_it(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "SECONDS", 0.2)
    with reader(region) as own, region.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE quarantine IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Unreachable, match="does not tell its numbers"):
            measures(own, RULES, dt.datetime.now(dt.UTC))
        connection.exec_driver_sql("SELECT count(*) FROM offer")


def test_a_database_that_is_away_is_told_so() -> None:
    with (
        reader(Region("postgresql://nobody:canary-word@127.0.0.1:1/none")) as own,
        pytest.raises(Unreachable) as told,
    ):
        measures(own, RULES, dt.datetime.now(dt.UTC))
    assert "canary-word" not in str(told.value)
