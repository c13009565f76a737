"""The flow of every minute: what nobody found is found, told, and shown."""

from __future__ import annotations

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort

from connectors.region import alerts, channel_state, walks
from flows.alerts import watch_alerts
from tasks.alert_table import KEY
from tests.flows.stories import is_json
from tests.hands import sql
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]


def shown() -> str:
    """The newest table."""
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[KEY])),
            sort=ArtifactSort.CREATED_DESC,
            limit=1,
        )
    return str(found[0].data)


def test_what_stands_is_told_and_shown_and_a_process_that_dies_before_it_tells_loses_nothing(
    flowing: Hub, sandbox: Sandbox
) -> None:
    channel_state.pause(flowing.region, "facebook_page", "the token expired")
    walks.start_run(flowing.region, "sync-offers", "contractor", "incremental")
    sql(flowing.region, "UPDATE run SET started_at = now() - interval '3 days'")
    told = watch_alerts()
    assert is_json(told)
    assert (told["standing"], told["told"]["created"]) == (1, 1)
    assert [message["title"] for message in sandbox.http.get("/truth/messages").json()["items"]] == [
        "facebook_page is paused"
    ]
    assert "facebook_page is paused" in shown()
    channel_state.resume(flowing.region, "facebook_page")
    assert watch_alerts()["standing"] == 0
    assert alerts.unresolved(flowing.region) == []
