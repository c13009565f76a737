"""Alerts, kept: one open row a cause, until it stays over."""

from __future__ import annotations

import datetime as dt
from threading import Thread

import pytest

from connectors.region.alerting import alerts
from connectors.region.alerting.alerts import Alert
from connectors.region.database import Region
from schemas.errors import Misconfigured
from tests.hands import sql
from tests.makers import NOON

pytestmark = pytest.mark.database
MINUTE = dt.timedelta(minutes=1)
CAUSE = "source contractor"


def sound(region: Region, cause: str = CAUSE, message: str = "It is away.", now: dt.datetime = NOON) -> bool:
    return alerts.sound(region, cause, "Away", message, now)


def only(region: Region) -> Alert:
    (alert,) = alerts.unresolved(region)
    return alert


def test_an_alert_is_one_row_and_nothing_is_sent_by_raising_it(region: Region) -> None:
    assert sound(region)
    alert = only(region)
    assert (alert.cause, alert.title, alert.message, alert.times) == (CAUSE, "Away", "It is away.", 1)
    assert (alert.raised_at, alert.seen_at, alert.told) == (NOON, NOON, ())
    assert sql(region, "SELECT FROM effect") == []


def test_the_same_cause_again_is_the_same_alert_that_says_what_was_seen_last(region: Region) -> None:
    sound(region)
    before = only(region)
    for n in range(2, 5):
        assert not sound(region, message=f"Away, {n}.", now=NOON + n * MINUTE)
        after = only(region)
        assert (after.id, after.times, after.message) == (before.id, n, f"Away, {n}.")
        assert (after.raised_at, after.seen_at) == (NOON, NOON + n * MINUTE)


def test_another_cause_is_another_alert(region: Region) -> None:
    assert sound(region)
    assert sound(region, "paused facebook_page")
    assert len(alerts.unresolved(region)) == 2


def test_what_ends_ends_once(region: Region) -> None:
    sound(region)
    assert alerts.resolve(region, NOON, CAUSE, "paused facebook_page") == 1
    assert alerts.resolve(region, NOON, CAUSE) == 0
    assert alerts.unresolved(region) == []


def test_what_comes_back_before_its_end_was_told_goes_on(region: Region) -> None:
    sound(region)
    before = only(region)
    sql(region, "UPDATE alert SET told = '{11111111}'")
    assert alerts.acknowledge(region, before.id, "Ada", NOON)
    alerts.resolve(region, NOON + MINUTE, CAUSE)
    assert not sound(region, now=NOON + 2 * MINUTE)
    after = only(region)
    assert (after.id, after.raised_at, after.returns, after.acknowledged_by) == (before.id, NOON, 1, "Ada")


def test_what_comes_back_after_its_end_was_told_begins_again(region: Region) -> None:
    sound(region)
    before = only(region)
    alerts.acknowledge(region, before.id, "Ada", NOON)
    alerts.resolve(region, NOON + MINUTE, CAUSE)  # nobody was told, or the end was
    assert sound(region, now=NOON + 2 * MINUTE)
    after = only(region)
    assert (after.id, after.raised_at, after.times) == (before.id, NOON + 2 * MINUTE, 1)
    assert (after.acknowledged_at, after.acknowledged_by) == (None, None)


def test_what_comes_back_when_it_was_closed_is_another_alert(region: Region) -> None:
    sound(region)
    before = only(region)
    alerts.resolve(region, NOON, CAUSE)
    sql(region, "UPDATE alert SET closed_at = resolved_at")
    assert sound(region, now=NOON + MINUTE)
    assert only(region).id != before.id


def test_several_workers_that_see_the_same_trouble_raise_one_alert(region: Region) -> None:
    new: list[bool] = []
    threads = [Thread(target=lambda: new.append(sound(region))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [False, False, False, True]
    assert only(region).times == 4


def test_who_acknowledges_first_counts_and_what_is_over_cannot_be(region: Region) -> None:
    sound(region)
    number = only(region).id
    assert alerts.acknowledge(region, number, "Ada", NOON)
    assert not alerts.acknowledge(region, number, "Bob", NOON)
    assert alerts.named(region, number).acknowledged_by == "Ada"
    alerts.resolve(region, NOON, CAUSE)
    sound(region, "paused mail")
    other = only(region).id
    alerts.resolve(region, NOON, "paused mail")
    assert not alerts.acknowledge(region, other, "Bob", NOON)


def test_an_alert_that_there_is_not_is_named_so(region: Region) -> None:
    with pytest.raises(Misconfigured, match="boostez alert list"):
        alerts.named(region, 7)
