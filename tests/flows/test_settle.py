from __future__ import annotations

import pytest

from connectors.region.ledger import channel_state
from connectors.registry import EVERY
from flows.settle import settle_effects
from tests.flows.stories import is_json
from tests.hands import sql
from tests.worlds import Hub, Sandbox, everywhere, stock

pytestmark = pytest.mark.database
BATCH = r"/graph/v\d+\.\d+/$"


def later(hub: Hub) -> None:
    sql(hub.region, "UPDATE effect SET looked_up_at = looked_up_at - interval '1 hour'")


def test_what_is_unknown_is_looked_up_and_what_a_person_must_do_is_told(
    flowing: Hub, sandbox: Sandbox
) -> None:
    stock(flowing, 1, 2)
    sandbox.fault(BATCH, "error_500_after", method="POST")
    everywhere(flowing)
    assert channel_state.standings(flowing.region)["facebook_page"].unknown == 2
    sql(
        flowing.region,
        "INSERT INTO effect (channel, subject, wanted_hash, state, cause) VALUES ('facebook_page', 'x', 'h', 'parked', 'lookup')",
    )
    later(flowing)

    told = settle_effects()

    assert is_json(told)
    assert set(told) == set(EVERY)
    assert (told["facebook_page"]["done"], told["facebook_page"]["error"]) == (2, None)
    assert sandbox.truth()["graph"]["created"] == 2
    [message] = sandbox.messages()
    assert message["title"] == "1 effects on facebook_page wait for a person"
    settle_effects()
    assert len(sandbox.messages()) == 1, "once"


def test_a_misconfigured_channel_leaves_the_look_ups_of_the_others_alone(
    flowing: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed's address was wrong, and no unknown post was looked up any more."""
    from connectors.settings import settings

    stock(flowing, 1)
    sandbox.fault(BATCH, "error_500_after", method="POST")
    everywhere(flowing)
    later(flowing)
    monkeypatch.setenv("BOOSTEZ_FEEDS_URL", "nonsense://feeds")
    settings.cache_clear()

    told = settle_effects()

    assert "BOOSTEZ_FEEDS_URL" in told["aggregator_feed"]["error"]
    assert told["facebook_page"]["done"] == 1
