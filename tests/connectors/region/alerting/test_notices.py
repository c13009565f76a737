"""Notices: what is due of open alerts becomes effects, each once, whoever passes how often."""

from __future__ import annotations

import datetime as dt
from threading import Thread
from typing import Final

import pytest
from sqlalchemy import text

from connectors.alert_rules import alert_rules
from connectors.region import migrations
from connectors.region.alerting import alerts, mutes, notices
from connectors.region.database import Region
from connectors.settings import Settings
from tests.hands import sql

pytestmark = pytest.mark.database
RULES: Final = alert_rules(Settings().alerts_file)
NOON: Final = dt.datetime(2026, 12, 1, 11, tzinfo=dt.UTC)  # a Tuesday, noon in Paris
MINUTE: Final = dt.timedelta(minutes=1)
ALL: Final = {"default": frozenset({"00000000"})}
EACH: Final = {
    "offers": frozenset({"11111111"}),
    "operations": frozenset({"22222222"}),
    "duty-1": frozenset({"33333333"}),
}
SOURCE, RUNS = "source contractor", "runs sync-offers/changes"


def give(region: Region, minutes: int, addresses: notices.Addresses = ALL) -> list[str]:
    told = notices.give(region, RULES, addresses, NOON + minutes * MINUTE)
    return [f"{each.notice.why} {each.alert.cause}" for each in told]


def sound(region: Region, cause: str = SOURCE, minutes: int = 0) -> None:
    alerts.sound(region, cause, "Away", "It is away.", NOON + minutes * MINUTE)


def subjects(region: Region) -> list[str]:
    return [
        row.subject for row in sql(region, "SELECT subject FROM effect WHERE channel = 'alerts' ORDER BY id")
    ]


def test_a_notice_is_an_effect_for_each_address_and_planned_once(region: Region) -> None:
    sound(region)
    both = {"offers": frozenset({"11111111", "22222222"})}
    assert give(region, 0, both) == [f"raised {SOURCE}"]
    assert give(region, 1, both) == []
    (alert,) = alerts.unresolved(region)
    assert subjects(region) == [f"{alert.id}.1.11111111", f"{alert.id}.1.22222222"]
    assert (alert.told, alert.notices, alert.told_at) == (("11111111", "22222222"), 1, (NOON,))
    assert (alert.severity, alert.pillar, alert.runbook) == (
        "critical",
        "offers",
        "docs/runbook/contractor-unreachable.md",
    )
    (content,) = {row.content["message"] for row in sql(region, "SELECT content FROM effect")}
    assert "Who acts: the offers desk" in content
    assert "Affected: offers of contractor" in content


def test_workers_that_pass_at_once_plan_one_notice(region: Region) -> None:
    sound(region)
    threads = [Thread(target=give, args=(region, 0)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(subjects(region)) == 1
    assert alerts.unresolved(region)[0].notices == 1


def test_a_pass_waits_for_nobody_and_takes_later_what_somebody_is_just_writing(region: Region) -> None:
    sound(region)
    with region.begin() as connection:
        connection.execute(text("UPDATE alert SET seen_at = now()"))
        assert give(region, 0) == []
    assert give(region, 1) == [f"raised {SOURCE}"]


def test_nobody_answers_so_the_next_hears_and_all_hear_of_the_end(region: Region) -> None:
    sound(region)
    assert give(region, 0, EACH) == [f"raised {SOURCE}"]
    assert give(region, 30, EACH) == [f"escalated {SOURCE}"]
    alerts.resolve(region, NOON + 31 * MINUTE, SOURCE)
    assert give(region, 45, EACH) == []
    assert give(region, 46, EACH) == [f"resolved {SOURCE}"]
    (number,) = {subject.split(".")[0] for subject in subjects(region)}
    assert [subject.removeprefix(f"{number}.") for subject in subjects(region)] == [
        "1.11111111",
        "2.33333333",
        "3.11111111",
        "3.33333333",
    ]
    assert [row.content["alert"] for row in sql(region, "SELECT content FROM effect ORDER BY id")] == [
        int(number),
        int(number),
        0,
        0,
    ]


def test_what_follows_from_another_is_shown_and_told_only_if_it_outlives_it(region: Region) -> None:
    sound(region, RUNS)
    sound(region, SOURCE)
    assert give(region, 0) == [f"raised {SOURCE}"]
    assert [alert.muted_by for alert in alerts.unresolved(region)] == [SOURCE, None]
    alerts.resolve(region, NOON + MINUTE, SOURCE)
    assert give(region, 15) == []
    assert give(region, 16) == [f"raised {RUNS}", f"resolved {SOURCE}"]
    assert alerts.unresolved(region)[0].muted_by is None


def test_a_mute_says_who_and_why_and_when_it_ends_what_stands_is_told(region: Region) -> None:
    sound(region)
    mutes.mute(region, "source *", "Ada", "they move house", NOON + 60 * MINUTE, NOON)
    assert give(region, 0) == []
    assert alerts.unresolved(region)[0].muted_by == "Ada: they move house"
    assert give(region, 60) == [f"raised {SOURCE}"]


def test_a_pass_with_nothing_due_writes_nothing(region: Region) -> None:
    sound(region)
    give(region, 0)
    before = sql(region, "SELECT xmin::text FROM alert")
    give(region, 1)
    assert sql(region, "SELECT xmin::text FROM alert") == before


def test_what_stays_over_is_closed(region: Region) -> None:
    sound(region)
    give(region, 0)
    alerts.resolve(region, NOON, SOURCE)
    give(region, 15)
    give(region, 74)
    assert sql(region, "SELECT FROM alert WHERE closed_at IS NOT NULL") == []
    give(region, 75)
    assert len(sql(region, "SELECT FROM alert WHERE closed_at IS NOT NULL")) == 1


def test_what_was_told_before_there_were_notices_is_told_only_when_it_is_over(region: Region) -> None:
    """The version before raised an alert and planned its messages at once: this one must not tell all of them again."""
    migrations.downgrade(region, "0008")
    for cause, resolved in ((SOURCE, "NULL"), ("paused mail", "now()")):
        sql(
            region,
            "INSERT INTO alert (cause, title, message, raised_at, resolved_at) "
            f"VALUES (:cause, 'Away', 'It is away.', :now, {resolved})",
            cause=cause,
            now=NOON,
        )
    sql(region, "INSERT INTO channel (name) VALUES ('alerts')")
    sql(
        region,
        "INSERT INTO effect (channel, subject, state) SELECT 'alerts', id || '.00000000', 'done' FROM alert",
    )
    migrations.upgrade(region)
    assert [(a.cause, a.told, a.told_at) for a in alerts.unresolved(region)] == [
        (SOURCE, ("00000000",), (NOON,))
    ]
    assert give(region, 1) == []
    alerts.resolve(region, NOON + MINUTE, SOURCE)
    assert give(region, 16) == [f"resolved {SOURCE}"]
    assert subjects(region)[-1].endswith(".2.00000000")
