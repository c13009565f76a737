"""The flow of every minute: what nobody found is found, told, and shown."""

from __future__ import annotations

import pytest

from connectors.region.alerting import alerts
from connectors.region.ledger import channel_state
from connectors.region.offers import walks
from flows.alerts import watch_alerts
from tasks.alert_table import KEY
from tests.flows.stories import is_json, table
from tests.hands import sql
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]


def test_what_stands_is_told_and_shown_and_a_process_that_dies_before_it_tells_loses_nothing(
    flowing: Hub, sandbox: Sandbox
) -> None:
    channel_state.pause(flowing.region, "facebook_page", "the token expired")
    walks.start_run(flowing.region, "sync-offers", "contractor", "incremental")
    sql(flowing.region, "UPDATE run SET started_at = now() - interval '3 days'")
    told = watch_alerts()
    assert is_json(told)
    assert (told["standing"], told["told"]["created"]) == (1, 1)
    assert [message["title"] for message in sandbox.messages()] == ["facebook_page is paused"]
    assert "facebook_page is paused" in table(KEY)
    channel_state.resume(flowing.region, "facebook_page")
    assert watch_alerts()["standing"] == 0
    assert alerts.unresolved(flowing.region) == []
