"""Alerts, kept: one open row a cause, one effect a destination."""

from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import text

from connectors.alerts.channel import NAME
from connectors.region import alerts, channel_state, ledger
from connectors.region.database import Region
from core.effects import Receipt
from schemas.errors import Refused

pytestmark = pytest.mark.database
DESK, PHONE = "aaaaaaaa", "bbbbbbbb"


def sound(region: Region, cause: str = "source contractor", message: str = "It is away.") -> bool:
    return alerts.sound(region, cause, "Away", message, [DESK, PHONE])


def subjects(region: Region) -> list[str]:
    with region.begin() as connection:
        rows = connection.execute(text("SELECT subject FROM effect WHERE channel = 'alerts' ORDER BY id"))
        return [row.subject for row in rows]


def test_an_alert_is_one_row_and_an_effect_for_each_destination(region: Region) -> None:
    assert sound(region)
    (alert,) = alerts.unresolved(region)
    assert (alert.cause, alert.title, alert.message, alert.times) == (
        "source contractor",
        "Away",
        "It is away.",
        1,
    )
    assert subjects(region) == [f"{alert.id}.{DESK}", f"{alert.id}.{PHONE}"]
    assert channel_state.standings(region)[NAME].planned == 2


def test_the_same_cause_again_is_the_same_alert_and_sends_nothing_more(region: Region) -> None:
    sound(region)
    (before,) = alerts.unresolved(region)
    for n in range(2, 5):
        assert not sound(region, message=f"Away, {n}.")
        (after,) = alerts.unresolved(region)
        assert (after.id, after.times, after.message) == (before.id, n, f"Away, {n}.")
    assert len(subjects(region)) == 2


def test_what_an_open_alert_says_is_what_was_seen_last(region: Region) -> None:
    alerts.sound(region, "parked facebook_page", "1 effects wait", "Look.", [])
    alerts.sound(region, "parked facebook_page", "5 effects wait", "Look.", [])
    assert [alert.title for alert in alerts.unresolved(region)] == ["5 effects wait"]


def test_another_cause_is_another_alert(region: Region) -> None:
    assert sound(region)
    assert sound(region, "paused facebook_page")
    assert len(alerts.unresolved(region)) == 2


def test_what_was_over_and_comes_back_is_told_again(region: Region) -> None:
    sound(region)
    (before,) = alerts.unresolved(region)
    assert alerts.resolve(region, "source contractor", "paused facebook_page") == 1
    assert alerts.resolve(region, "source contractor") == 0
    assert alerts.unresolved(region) == []
    assert sound(region)
    (after,) = alerts.unresolved(region)
    assert after.id != before.id
    assert len(subjects(region)) == 4


def test_an_alert_without_destinations_is_kept_all_the_same(region: Region) -> None:
    assert alerts.sound(region, "parked alerts", "Two wait", "Look.", [])
    assert len(alerts.unresolved(region)) == 1
    assert subjects(region) == []
    assert NAME not in channel_state.standings(region)


def test_a_destination_that_is_named_twice_gets_one_message(region: Region) -> None:
    assert alerts.sound(region, "source contractor", "Away", "It is away.", [DESK, DESK])
    assert len(subjects(region)) == 1


def test_several_workers_that_see_the_same_trouble_raise_one_alert(region: Region) -> None:
    new: list[bool] = []
    threads = [Thread(target=lambda: new.append(sound(region))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [False, False, False, True]
    assert len(subjects(region)) == 2
    assert alerts.unresolved(region)[0].times == 4


def test_a_message_is_claimed_with_its_words_and_done_once(region: Region) -> None:
    sound(region)
    lease, intents = ledger.claim(region, NAME, "alert-1", 50, 600)
    assert [intent.operation for intent in intents] == ["create", "create"]
    assert all(b"It is away." in (intent.content or b"") for intent in intents)
    ledger.receive(region, lease, [Receipt(intent.effect, "done", intent.marker) for intent in intents])
    assert ledger.claim(region, NAME, "alert-1", 50, 600)[1] == []


def test_a_paused_channel_of_alerts_keeps_its_messages(region: Region) -> None:
    sound(region)
    channel_state.pause(region, NAME, "too many")
    with pytest.raises(Refused, match="too many"):
        channel_state.check_open(region, NAME)
    assert channel_state.standings(region)[NAME].planned == 2
