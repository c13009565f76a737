"""Live videos in a hub: what Graph does not schedule yet, does not allow, and tells that nobody may know."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import pytest

from connectors import registry
from connectors.facebook_live.broadcast import Broadcast
from connectors.region.ledger import channel_state, wants
from schemas.dialogue import encode
from tests.connectors.announced import SOON
from tests.connectors.test_announcers import effects, put_out, told
from tests.connectors.test_messengers import rows_that_tell
from tests.hands import PageEditor, later, sql
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
LIVE, POSTS = "facebook_live", "facebook_dialogues"
BATCH = r"/graph/v\d+\.\d+/$"


def want(hub: Hub, name: str, ref: str, **changes: Any) -> None:
    with hub.region.begin() as connection:
        wants.want(connection, name, ref, encode(told(ref, **changes)))


@pytest.mark.parametrize("form", ["scalar", "object"])
def test_both_forms_of_event_params_schedule_and_move_it(hub: Hub, sandbox: Sandbox, form: str) -> None:
    hub.settings = hub.settings.model_copy(update={"facebook_event_params": form})
    want(hub, LIVE, "d1")
    put_out(hub, LIVE)
    (live,) = sandbox.lives()
    assert (live["status"], live["starts"]) == ("SCHEDULED_UNPUBLISHED", SOON.timestamp())
    moved = SOON + dt.timedelta(hours=2)
    want(hub, LIVE, "d1", starts=moved)
    assert put_out(hub, LIVE).updated == 1
    assert sandbox.lives()[0]["starts"] == moved.timestamp()
    assert hub.audit(LIVE).agrees


def test_what_is_too_far_ahead_waits_and_is_scheduled_in_time(hub: Hub, sandbox: Sandbox) -> None:
    far = SOON + dt.timedelta(days=7)
    want(hub, LIVE, "d1", starts=far)
    delivered = put_out(hub, LIVE)
    assert (delivered.created, delivered.refused) == (0, 0)
    (row,) = effects(hub)
    assert (row.state, row.cause) == ("planned", "limit")
    assert abs(row.not_before - (far - dt.timedelta(days=7))) < dt.timedelta(minutes=5)
    assert not channel_state.standings(hub.region)[LIVE].paused
    sandbox.tell("/clock", advance_seconds=4 * 86_400)
    sql(hub.region, "UPDATE effect SET not_before = now()")
    assert put_out(hub, LIVE).created == 1


def test_a_page_that_may_not_broadcast_pauses_this_channel_only_and_says_what_to_do(
    hub: Hub, sandbox: Sandbox
) -> None:
    sandbox.tell("/settings", ineligible_pages=[hub.settings.facebook_page_id])
    for name in (LIVE, POSTS):
        want(hub, name, "d1")
        put_out(hub, name)
    standings = channel_state.standings(hub.region)
    assert (standings[LIVE].paused, standings[LIVE].planned) == (True, 1)
    assert "Hold the dialogue in writing" in str(standings[LIVE].paused_reason)
    assert (standings[POSTS].paused, standings[POSTS].live) == (False, 1)
    sandbox.tell("/settings", ineligible_pages=[])
    channel_state.resume(hub.region, LIVE)
    assert put_out(hub, LIVE).created == 1


def test_one_that_somebody_moved_by_hand_is_told_and_moved_back(hub: Hub, sandbox: Sandbox) -> None:
    want(hub, LIVE, "d1")
    put_out(hub, LIVE)
    (live,) = sandbox.lives()
    PageEditor(hub.settings).change(live["id"], event_params=str(int(SOON.timestamp()) + 1800))
    assert hub.audit(LIVE).counts["edited"] == 1
    hub.audit(LIVE, heal=True)
    assert sandbox.lives()[0]["starts"] == SOON.timestamp()
    assert hub.audit(LIVE).agrees


def test_one_that_somebody_cancelled_by_hand_is_scheduled_again(hub: Hub, sandbox: Sandbox) -> None:
    want(hub, LIVE, "d1")
    put_out(hub, LIVE)
    PageEditor(hub.settings).change(sandbox.lives()[0]["id"], status="SCHEDULED_CANCELED")
    assert hub.audit(LIVE, heal=True).counts["missing"] == 1
    assert [live["status"] for live in sandbox.lives()] == ["SCHEDULED_CANCELED", "SCHEDULED_UNPUBLISHED"]


def test_a_broadcast_is_no_post_about_a_dialogue(hub: Hub, sandbox: Sandbox) -> None:
    """The post that Facebook makes of it ends with its description: it was a copy, and the audit deleted the broadcast."""
    for name in (LIVE, POSTS):
        want(hub, name, "d1")
        put_out(hub, name)
    (live,) = sandbox.lives()
    graph = registry.graph(hub.settings, hub.region)
    broadcast = Broadcast(graph, hub.settings.facebook_page_id)
    broadcast.go_live(live["id"])
    assert len(sandbox.posts()) == 2
    for name in (LIVE, POSTS, "facebook_page"):
        found = hub.audit(name, heal=True)
        assert (found.agrees, found.foreign) == (True, {LIVE: 0, POSTS: 1, "facebook_page": 2}[name])
    broadcast.end(live["id"])
    graph.http.close()
    assert hub.audit(LIVE).agrees
    assert len(sandbox.posts()) == 2


@pytest.mark.parametrize("fault", ["cut_body", "error_500_after", "null_item_after", "wrong_json"])
def test_the_key_of_the_stream_is_in_no_row_and_no_log(
    impatient: Hub, sandbox: Sandbox, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for ref in ("d1", "d2"):
        want(impatient, LIVE, ref)
    sandbox.fault(BATCH, fault)
    put_out(impatient, LIVE)
    for _ in range(2):
        later(impatient.region)
        impatient.settle(LIVE)
        impatient.audit(LIVE, heal=True)
    keys = [live["stream_key"] for live in sandbox.lives()]
    assert len(keys) == 2
    for key in keys:
        assert rows_that_tell(impatient, key) == []
        assert key not in caplog.text


def test_every_channel_of_the_page_spends_one_budget(hub: Hub) -> None:
    hub.put_out("facebook_page")  # it has a row from now on
    sql(hub.region, "UPDATE channel SET not_before = now() + interval '1 hour' WHERE name = 'facebook_page'")
    for name in (LIVE, POSTS):
        want(hub, name, "d1")
        delivered = put_out(hub, name)
        assert (delivered.created, delivered.waiting) == (0, True)
    sql(hub.region, "UPDATE channel SET not_before = NULL")
    sql(hub.region, "UPDATE effect SET not_before = NULL")
    assert [put_out(hub, name).created for name in (LIVE, POSTS)] == [1, 1]
    ((calls,),) = sql(hub.region, "SELECT calls FROM channel WHERE name = 'facebook_page'")
    assert calls >= 1
