"""Pausing and resuming: what changes meanwhile accumulates, none of it is lost, and each is delivered once."""

from __future__ import annotations

import pytest

from connectors.region.ledger import channel_state
from connectors.region.ledger.channel_state import Standing
from connectors.registry import policies
from schemas.offer import key_of
from tasks import deliver as delivering
from tasks.progress import listening
from tests.hands import Feed, sql
from tests.worlds import Hub, Sandbox, stock

pytestmark = pytest.mark.database
CHANNELS = ("open_portal", "aggregator_feed", "facebook_page")
PAGE = "facebook_page"


def standing(hub: Hub, name: str) -> Standing:
    return channel_state.standings(hub.region)[name]


def shown(hub: Hub, sandbox: Sandbox, name: str) -> str:
    return {
        "open_portal": lambda: " ".join(
            row.said
            for row in sql(
                hub.region, "SELECT content ->> 'title' AS said FROM board WHERE content IS NOT NULL"
            )
        ),
        "aggregator_feed": lambda: Feed(hub.settings).text,
        PAGE: lambda: " ".join(post["message"] for post in sandbox.posts()),
    }[name]()


@pytest.mark.parametrize("name", CHANNELS)
def test_what_changes_while_a_channel_is_paused_is_delivered_once_after(
    hub: Hub, sandbox: Sandbox, name: str
) -> None:
    stock(hub, 1, 2, 3, 4)
    hub.put_out(name)
    before, graph = shown(hub, sandbox, name), sandbox.truth()["graph"]
    channel_state.pause(hub.region, name, "the press office asked")

    stock(hub, 1, title="Chef", version=2)  # changes twice
    stock(hub, 2, version=2, closed=True)  # closes
    stock(hub, 3, version=2, closed=True)  # closes and opens again
    stock(hub, 5, 6)  # appear, and one of them closes again
    _, told = hub.put_out(name)
    stock(hub, 1, title="Maître", version=3)
    stock(hub, 3, title="Second", version=3)
    stock(hub, 6, version=2, closed=True)
    hub.put_out(name)

    assert "paused: the press office asked" in (told.channels[name].error or "")
    assert f"boostez channel resume {name}" in (told.channels[name].error or "")
    assert (shown(hub, sandbox, name), sandbox.truth()["graph"]) == (before, graph)
    channel_state.resume(hub.region, name)
    done = hub.put_out(name)[1].channels[name]
    assert (done.created, done.updated, done.withdrawn, done.error) == (1, 2, 1, None)
    again = hub.put_out(name)[1].channels[name]
    assert (again.created, again.updated, again.withdrawn) == (0, 0, 0)

    assert hub.audit(name).agrees
    now = shown(hub, sandbox, name)
    assert all(title in now for title in ("Maître 1", "Second 3", "Boulanger 4", "Boulanger 5"))
    assert not [title for title in ("Chef 1", "Boulanger 2", "Boulanger 6") if title in now]
    if name == PAGE:
        truth = sandbox.truth()["graph"]
        assert (truth["created"], truth["updated"], truth["deleted"], truth["duplicates"]) == (5, 2, 1, 0)


def test_what_is_paused_is_paused_for_itself_alone(hub: Hub, sandbox: Sandbox) -> None:
    channel_state.pause(hub.region, "aggregator_feed", "moving")
    stock(hub, 1)
    for name in policies(hub.settings.channels_file):
        hub.put_out(name)

    assert (standing(hub, "open_portal").live, standing(hub, PAGE).live) == (1, 1)
    assert (standing(hub, "aggregator_feed").live, standing(hub, "aggregator_feed").planned) == (0, 1)
    assert sandbox.truth()["graph"]["posts"] == 1


def test_a_pause_stops_a_delivery_that_is_under_way(
    hub: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pressed while thousands were being posted, a pause was heeded by the next sync."""
    monkeypatch.setattr(delivering, "CLAIMED", 1)
    stock(hub, *range(130))

    def press(stage: str, done: int, _total: int) -> None:
        if stage == f"deliver {PAGE}" and done == 50:
            channel_state.pause(hub.region, PAGE, "these are wrong")

    with listening(press):
        told = hub.put_out(PAGE)[1].channels[PAGE]

    assert (told.created, sandbox.truth()["graph"]["created"]) == (50, 50)
    assert "paused: these are wrong" in (told.error or "")
    assert (standing(hub, PAGE).planned, standing(hub, PAGE).intent) == (80, 0)
    channel_state.resume(hub.region, PAGE)
    hub.put_out(PAGE)
    truth = sandbox.truth()["graph"]
    assert (truth["created"], truth["duplicates"]) == (130, 0)


@pytest.mark.parametrize("fault", ["expire_token", "item_error"])
def test_a_dead_channel_pauses_itself_and_catches_up_when_it_is_mended(
    hub: Hub, sandbox: Sandbox, fault: str
) -> None:
    stock(hub, *range(60))
    sandbox.fault(r"/graph/v\d+\.\d+/$", fault, method="POST", times=99, code=200, item=0)
    for _ in range(3):
        hub.put_out(PAGE)
        stock(hub, 0, title="Chef", version=2)
    calls = sandbox.hits()

    assert calls <= 2, "nobody knocks at a dead door again"
    assert standing(hub, PAGE).paused
    sandbox.http.delete("/faults").raise_for_status()
    channel_state.resume(hub.region, PAGE)
    hub.put_out(PAGE)
    truth = sandbox.truth()["graph"]
    assert (truth["created"], truth["posts"], truth["duplicates"]) == (60, 60, 0)
    assert hub.audit(PAGE).agrees


def test_a_withdrawn_offer_does_not_leave_with_what_waited(hub: Hub, sandbox: Sandbox) -> None:
    """It was planned while the channel was paused, and withdrawn by hand before that ended."""
    channel_state.pause(hub.region, PAGE, "moving")
    stock(hub, 1, 2)
    hub.put_out(PAGE)
    hub.withdraw("J-1")
    channel_state.resume(hub.region, PAGE)
    hub.put_out(PAGE)

    assert sandbox.truth()["graph"]["created"] == 1
    assert key_of("contractor", "J-2") in shown(hub, sandbox, PAGE)
