from __future__ import annotations

import pytest
from prefect.exceptions import ParameterTypeError

from connectors.region.ledger import channel_state
from flows.withdraw import withdraw_offer
from schemas.errors import Refused, Rejected
from schemas.offer import key_of
from tests.flows.stories import artifact, is_json
from tests.worlds import Hub, Sandbox, everywhere, stock

pytestmark = pytest.mark.database
KEY = key_of("contractor", "J-1")


def test_an_offer_is_withdrawn_everywhere_and_the_proofs_are_kept(flowing: Hub, sandbox: Sandbox) -> None:
    stock(flowing, 1, 2)
    everywhere(flowing)

    told = withdraw_offer(name="J-1", reason="the employer closed", by="Camille")

    assert is_json(told)
    assert (told["offer"], told["key"]) == ("J-1", KEY)
    assert [(proof["channel"], proof["gone"]) for proof in told["proofs"]] == [
        ("open_portal", True),
        ("aggregator_feed", True),
        ("facebook_page", True),
    ]
    assert artifact(f"withdraw-{KEY}") == told["proofs"]
    assert sandbox.truth()["graph"]["posts"] == 1


def test_what_is_not_proven_fails_the_run_and_tells_where(flowing: Hub, sandbox: Sandbox) -> None:
    stock(flowing, 1)
    everywhere(flowing)
    channel_state.pause(flowing.region, "facebook_page", "moving")

    with pytest.raises(
        Refused, match=r"J-1 is closed, but not proven gone: facebook_page STILL THERE .*moving"
    ):
        withdraw_offer(name=KEY, reason="the employer closed", by="Camille")

    shown = {row["channel"]: row["gone"] for row in artifact(f"withdraw-{KEY}")}
    assert shown == {"open_portal": True, "aggregator_feed": True, "facebook_page": False}
    channel_state.resume(flowing.region, "facebook_page")
    flowing.put_out("facebook_page")
    assert sandbox.truth()["graph"]["posts"] == 0
    again = withdraw_offer(name=KEY, reason="to read back", by="Camille")
    assert all(proof["gone"] for proof in again["proofs"])


def test_a_name_that_is_no_offer_withdraws_nothing(flowing: Hub, sandbox: Sandbox) -> None:
    stock(flowing, 1)
    everywhere(flowing)
    with pytest.raises(Rejected, match="No offer is named J-9"):
        withdraw_offer(name="J-9", reason="the employer closed", by="Camille")
    with pytest.raises(ParameterTypeError, match="reason"):
        withdraw_offer(name="J-1", reason="x", by="Camille")
    assert sandbox.truth()["graph"]["posts"] == 1
