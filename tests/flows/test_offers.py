from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from connectors.region.ledger import channel_state
from connectors.registry import policies
from flows.offers import sync_offers
from schemas.errors import Refused
from tests.flows.stories import is_json
from tests.worlds import Hub, Sandbox

pytestmark = pytest.mark.database


@pytest.mark.catalogue(20, 20)
def test_a_dead_channel_leaves_the_others_alone_in_the_same_sync(flowing: Hub, sandbox: Sandbox) -> None:
    """The dead one comes first, and is not knocked at again; resumed, it has everything, once."""
    file = flowing.settings.channels_file
    head, _, page = file.read_text().rpartition("[facebook_page]")
    file.write_text(f"[facebook_page]{page}{head}")
    policies.cache_clear()
    sandbox.fault("/graph/", "expire_token", times=999)

    told = sync_offers(full=True)
    again = sync_offers(full=True)

    assert is_json(told)
    jobs = channel_state.standings(flowing.region)["aggregator_feed"].live
    assert told["channels"]["open_portal"]["created"] == told["new"] > 30
    assert told["channels"]["aggregator_feed"]["created"] == jobs > 15
    assert "190" in told["channels"]["facebook_page"]["error"]
    assert "paused" in again["channels"]["facebook_page"]["error"]
    assert again["writing_calls"] == 0
    [message] = sandbox.messages()
    assert message["title"] == "facebook_page is paused"
    sandbox.http.delete("/faults").raise_for_status()
    channel_state.resume(flowing.region, "facebook_page")
    assert sync_offers()["channels"]["facebook_page"]["created"] == told["new"]
    truth = sandbox.truth()["graph"]
    assert (truth["created"], truth["duplicates"]) == (told["new"], 0)


@pytest.mark.catalogue(3, 3)
def test_what_begins_by_itself_waits_for_another_sync_and_what_a_person_types_is_refused(
    flowing: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quarter's `changes` failed whenever the night's `full` took longer, was run again and told as a death."""
    with ExitStack() as other:
        other.enter_context(flowing.region.sole_sync("contractor"))
        with pytest.raises(Refused, match="Another sync of contractor"):
            sync_offers(full=True)
        ending = threading.Timer(1, other.pop_all().close)
        ending.start()
        monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", "of a deployment")
        assert sync_offers(full=True)["new"] > 0
        ending.join()
