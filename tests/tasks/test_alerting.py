"""Alerts by the reviewed file, with the real ledger and an inbox that counts: grouped, repeated, over; the clock is moved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from prefect.logging import disable_run_logger
from sqlalchemy import event

from connectors import clock
from connectors.region.alerting import alerts
from connectors.region.database import Region
from connectors.region.digests import editions
from connectors.region.ledger import channel_state
from connectors.region.offers import walks
from connectors.region.offers.walks import SourceState
from connectors.registry import policies
from connectors.settings import Settings
from tasks import tell
from tasks.alert_table import table
from tasks.silence import watch_silence
from tests.hands import sql
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
NOON: Final = dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC)  # a Tuesday, ten o'clock in Paris
MINUTE: Final = dt.timedelta(minutes=1)
PAGE: Final = "facebook_page"


class Watch:
    """The hub by the reviewed file, and a clock that is set."""

    def __init__(self, hub: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        chosen = Settings()
        hub.settings = hub.settings.model_copy(update={"alerts_file": chosen.alerts_file})
        self.hub, self.region, self.sandbox = hub, hub.region, sandbox
        self.now = NOON
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def at(self, minutes: int) -> None:
        """So many minutes after noon, the hub tells what is due."""
        self.now = NOON + minutes * MINUTE
        self.hub.tell()

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.messages()
        return found

    def titles(self) -> list[str]:
        assert self.sandbox.truth()["inbox"]["duplicates"] == 0
        return [message["title"] for message in self.messages()]


@pytest.fixture
def watch(hub: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(hub, sandbox, monkeypatch)


@contextmanager
def statements(region: Region) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    seen: list[str] = []

    def note(*said: Any) -> None:
        seen.append(said[2])

    event.listen(region.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(region.engine, "before_cursor_execute", note)


def refuse(region: Region, number: int) -> None:
    """So many effects of the Page are refused for one cause."""
    sql(region, "INSERT INTO channel (name) VALUES ('facebook_page') ON CONFLICT DO NOTHING")
    sql(
        region,
        "INSERT INTO effect (channel, subject, wanted_hash, state, error, cause) SELECT 'facebook_page', n::text, '\\x01', "
        "'rejected', 'Graph 100: the picture is too large', 'content' FROM generate_series(1, :number) n",
        number=number,
    )


def test_49_000_failures_of_one_cause_are_one_notice_its_repeat_after_four_hours_and_one_end(
    watch: Watch,
) -> None:
    refuse(watch.region, 49_000)
    with statements(watch.region) as asked:
        watch.at(0)  # the first of the runs that pass every minute
    assert len(asked) < 30, len(asked)
    for minute in (1, 60, 239):
        watch.at(minute)
    (told,) = watch.messages()
    assert told["title"] == "facebook_page refuses 49000 effects: content"
    for words in (
        "Graph 100",
        "boostez replay effects",
        "Since: 2026-12-01 10:00 (Paris)",
        "Affected: ",
        "How: ",
    ):
        assert words in told["message"]
    for minute in (240, 300):
        watch.at(minute)
    assert watch.titles()[1:] == ["Still: facebook_page refuses 49000 effects: content"]

    sql(watch.region, "UPDATE effect SET state = 'done', cause = NULL WHERE channel = 'facebook_page'")
    for minute in (301, 315, 316, 317, 400):
        watch.at(minute)
    assert watch.titles()[2:] == ["Over: facebook_page refuses 49000 effects: content"]


def test_an_hour_of_flapping_each_minute_is_three_notices_at_most(watch: Watch) -> None:
    for minute in range(60):
        watch.now = NOON + minute * MINUTE
        if minute % 2:
            alerts.resolve(watch.region, watch.now, "source contractor")
        else:
            alerts.sound(watch.region, "source contractor", "contractor is away", "It is.", watch.now)
        watch.at(minute)
    watch.at(75)
    assert watch.titles() == ["contractor is away", "Over: contractor is away"]
    assert "came back 29 times" in watch.messages()[1]["message"]


def test_a_message_has_a_link_that_acknowledges_and_then_nobody_else_is_called(watch: Watch) -> None:
    alerts.sound(watch.region, "source contractor", "contractor is away", "It is.", NOON)
    watch.at(0)
    (told,) = watch.messages()
    assert "Acknowledge: https://portail.example/alertes/" in told["message"]
    assert "portail.example/alertes" not in str(sql(watch.region, "SELECT content FROM effect"))
    (alert,) = alerts.unresolved(watch.region)
    alerts.acknowledge(watch.region, alert.id, "Ada", NOON)
    for minute in (30, 60, 239):
        watch.at(minute)
    assert len(watch.titles()) == 1


def test_few_failures_are_no_alert(watch: Watch) -> None:
    refuse(watch.region, 24)
    watch.at(0)
    assert alerts.unresolved(watch.region) == []


# Silence


def silent(watch: Watch, hours: int) -> list[str]:
    watch.now = NOON + dt.timedelta(hours=hours)
    with disable_run_logger():
        return watch_silence.fn(watch.region, watch.hub.settings, watch.now)


def test_a_source_whose_syncs_no_longer_begin_is_told_until_one_does(watch: Watch) -> None:
    """Its schedule was off: nothing failed, so nobody heard that nothing came any more."""
    assert silent(watch, 0) == []
    run = walks.start_run(watch.region, "sync-offers", "contractor", "incremental")
    sql(watch.region, "UPDATE run SET started_at = :now", now=NOON)
    assert silent(watch, 2) == []
    assert silent(watch, 3) == ["sync contractor"]
    (alert,) = alerts.unresolved(watch.region)
    assert (alert.cause, alert.title) == (
        "silent sync contractor",
        "No sync of contractor began for too long",
    )
    sql(watch.region, "UPDATE run SET started_at = :now WHERE id = :run", now=watch.now, run=run)
    assert silent(watch, 4) == []
    assert alerts.unresolved(watch.region) == []


def test_what_is_silent_by_day_is_told_and_what_sleeps_is_not(watch: Watch) -> None:
    said = SourceState("contractor", last_snapshot_at=NOON, last_change_at=NOON)
    walks.remember(watch.region, said)
    assert silent(watch, 20) == []  # the night
    assert silent(watch, 25) == ["source contractor"]  # a day of work
    assert set(silent(watch, 31)) == {"source contractor", "snapshot contractor"}


def test_a_channel_that_is_paused_or_off_is_not_silent_too(watch: Watch) -> None:
    refuse(watch.region, 1)
    sql(watch.region, "UPDATE effect SET state = 'done', changed_at = :now", now=NOON)
    assert silent(watch, 72) == [f"channel {PAGE}"]
    channel_state.pause(watch.region, PAGE, "the token expired")
    assert silent(watch, 73) == []
    channel_state.resume(watch.region, PAGE)
    assert silent(watch, 74) == [f"channel {PAGE}"]
    file = watch.hub.settings.channels_file
    file.write_text(file.read_text() + "enabled = false\n")
    policies.cache_clear()
    assert silent(watch, 75) == []


# What staff see


def test_the_table_says_what_stands_and_why_nobody_is_told(watch: Watch) -> None:
    alerts.sound(watch.region, "source contractor", "contractor is away", "It is.", NOON)
    alerts.sound(watch.region, "runs sync-offers/changes", "Runs fail", "They do.", NOON)
    watch.at(0)
    shown = table(alerts.unresolved(watch.region))
    assert "# 2 alerts stand" in shown
    assert "| critical | contractor is away | offers of contractor" in shown
    assert "told 1, 1 notices" in shown
    assert "not told: source contractor" in shown


def test_every_cause_that_the_code_raises_is_of_a_kind_of_its_own(watch: Watch) -> None:
    from connectors.alert_rules import alert_rules
    from tasks import preflight, questions, silence, watch_runs

    rules = alert_rules(watch.hub.settings.alerts_file)
    causes = [*tell._STANDING, preflight.CAUSE, questions.CAUSE, silence.CAUSE, watch_runs.CAUSE]  # noqa: SLF001
    for cause in (
        *causes,
        "source x",
        "drift x",
        "bounces x",
        "reminders x",
        "calendar of 3",
        "move 3",
        "coverage x",
        f"{editions.LATE}x",
    ):
        assert rules.kind(cause).causes != "*", cause
