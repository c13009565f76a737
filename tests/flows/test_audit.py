from __future__ import annotations

import pytest
from prefect.logging import disable_run_logger

from connectors.region.alerting import alerts
from connectors.region.ledger import channel_state, wants
from connectors.registry import policies
from flows.audit import audit_channels
from schemas.dialogue import encode
from schemas.errors import BoostezError, Misconfigured, Permanent
from tasks.deliver import carry_out
from tasks.progress import Progress
from tasks.run import Delivered
from tests.dialogues import announcement
from tests.flows.stories import artifact, is_json
from tests.hands import PageEditor, sql
from tests.worlds import Hub, Sandbox, everywhere, stock

pytestmark = pytest.mark.database


@pytest.fixture
def spoilt(flowing: Hub, sandbox: Sandbox) -> Hub:
    """Somebody edited the board and the Page; the policy heals the one and reports the other."""
    file = flowing.settings.channels_file
    file.write_text(file.read_text().replace("[aggregator_feed]", 'drift = "heal"\n[aggregator_feed]'))
    policies.cache_clear()
    stock(flowing, 1, 2)
    everywhere(flowing)
    sql(flowing.region, "UPDATE board SET content = jsonb_set(content, '{title}', '\"x\"')")
    PageEditor(flowing.settings).delete(sandbox.posts()[0]["id"])
    return flowing


def test_the_nightly_audit_heals_or_tells_as_the_policy_says(spoilt: Hub, sandbox: Sandbox) -> None:
    told = audit_channels()

    assert is_json(told)
    assert {name: (each["edited"], each["missing"], each["agrees"]) for name, each in told.items()} == {
        "open_portal": (2, 0, False),
        "aggregator_feed": (0, 0, True),
        "contractor": (0, 0, True),
        "facebook_page": (0, 1, False),
    }
    assert spoilt.audit("open_portal").agrees
    assert sandbox.truth()["graph"]["posts"] == 1
    table = {row["channel"]: row for row in artifact("audit")}
    assert set(table) == set(told)
    assert table["facebook_page"]["missing"] == 1
    [message] = sandbox.messages()
    assert "boostez audit facebook_page --heal" in message["message"]


@pytest.mark.usefixtures("spoilt")
def test_the_form_may_ask_for_one_channel_and_for_healing(sandbox: Sandbox) -> None:
    assert set(audit_channels(channel="facebook_page", heal=True)) == {"facebook_page"}
    assert sandbox.truth()["graph"]["posts"] == 2
    assert audit_channels(channel="open_portal", heal=False)["open_portal"]["edited"] == 2
    assert audit_channels(channel="open_portal", heal=False)["open_portal"]["edited"] == 2, "only told"


@pytest.mark.usefixtures("flowing")
def test_a_channel_that_is_none_is_said() -> None:
    """An audit of nothing ended well."""
    with pytest.raises(Misconfigured, match=r"nothing of 'portal': there are open_portal, aggregator_feed"):
        audit_channels(channel="portal")


@pytest.mark.parametrize(("fault", "error"), [("expire_token", Permanent), ("html", BoostezError)])
def test_a_dead_channel_leaves_the_audit_of_the_others_alone(
    spoilt: Hub, sandbox: Sandbox, fault: str, error: type[BoostezError]
) -> None:
    """The Page first: its expired token ended the audit before the others were looked at."""
    file = spoilt.settings.channels_file
    head, _, page = file.read_text().rpartition("[facebook_page]")
    file.write_text(f"[facebook_page]{page}{head}")
    policies.cache_clear()
    sandbox.fault("/graph/", fault, times=99)

    with pytest.raises(error):
        audit_channels()

    assert spoilt.audit("open_portal").agrees
    assert {row["channel"] for row in artifact("audit")} == {"open_portal", "aggregator_feed", "contractor"}
    assert not channel_state.standings(spoilt.region)["open_portal"].paused
    assert [alert.cause for alert in alerts.unresolved(spoilt.region)] == []


def test_what_dialogues_want_is_audited_too_and_healed_when_somebody_says_so(
    flowing: Hub, sandbox: Sandbox
) -> None:
    with flowing.region.begin() as connection:
        wants.want(connection, "facebook_dialogues", "d1", encode(announcement()))
    with disable_run_logger():
        carry_out(flowing.region, flowing.settings, "facebook_dialogues", Delivered(), Progress("test", 1))
    PageEditor(flowing.settings).delete(sandbox.posts()[0]["id"])

    assert audit_channels()["facebook_dialogues"]["missing"] == 1
    assert "boostez audit facebook_dialogues --heal" in str(sandbox.http.get("/truth/messages").json())
    audit_channels(channel="facebook_dialogues", heal=True)

    assert len(sandbox.posts()) == 1
    assert audit_channels(channel="facebook_dialogues")["facebook_dialogues"]["agrees"]
