"""Replays against the sandbox: what failed for one cause is delivered, exactly that, and nothing twice."""

from __future__ import annotations

import pytest

from connectors.region.ledger import channel_state
from connectors.region.ledger.channel_state import Standing
from connectors.region.offers import offers
from tests.hands import Feed, PageEditor, sql
from tests.makers import incoming, job
from tests.worlds import Hub, Sandbox, stock

pytestmark = pytest.mark.database
PAGE = "facebook_page"
BATCH = r"/graph/v\d+\.\d+/$"


def standing(hub: Hub, name: str = PAGE) -> Standing:
    return channel_state.standings(hub.region)[name]


def causes(hub: Hub) -> dict[str, int]:
    rows = sql(hub.region, "SELECT coalesce(cause, state) AS why, count(*) AS n FROM effect GROUP BY 1")
    return {row.why: row.n for row in rows}


def titles(sandbox: Sandbox) -> list[int]:
    return sorted(int(post["message"].split("\n")[0].split()[1]) for post in sandbox.posts())


def test_all_that_failed_because_the_token_had_expired(hub: Hub, sandbox: Sandbox) -> None:
    """A whole call's 190: every effect of the claim failed for it. Meanwhile others came, and one was refused."""
    stock(hub, *range(130))
    sandbox.fault(BATCH, "expire_token", method="POST", times=99)
    hub.put_out(PAGE)
    assert causes(hub) == {"token": 130}
    assert standing(hub).paused
    sandbox.http.delete("/faults").raise_for_status()
    stock(hub, *range(200, 220))
    hub.put_out(PAGE)  # paused: planned, not sent
    sql(hub.region, "UPDATE effect SET cause = 'limit', error = 'x' WHERE id = (SELECT max(id) FROM effect)")
    channel_state.resume(hub.region, PAGE)

    dry = hub.replay(cause="token", dry=True)
    assert (dry.replayed.number, dry.channels) == (130, {})
    assert sandbox.truth()["graph"]["created"] == 0
    told = hub.replay(cause="token")

    assert (told.replayed.number, told.replayed.by_cause) == (130, {"token": 130})
    assert (told.channels[PAGE].created, told.channels[PAGE].error) == (130, None)
    assert titles(sandbox) == list(range(130)), "exactly those"
    assert causes(hub) == {"done": 130, "planned": 19, "limit": 1}
    assert hub.replay(cause="token").replayed.number == 0
    hub.put_out(PAGE)
    truth = sandbox.truth()["graph"]
    assert (truth["created"], truth["duplicates"]) == (150, 0)


def test_an_item_that_failed_for_the_token_is_replayed_alone(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2, 3)
    sandbox.fault(BATCH, "item_error", item=1, code=190)
    hub.put_out(PAGE)
    assert (standing(hub).live, standing(hub).paused, causes(hub)) == (2, True, {"done": 2, "token": 1})
    channel_state.resume(hub.region, PAGE)

    told = hub.replay(channel=PAGE, cause="token")

    assert told.channels[PAGE].created == 1
    assert sandbox.truth()["graph"]["created"] == 3


def test_a_replay_on_a_paused_channel_says_so_and_the_next_sync_delivers(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2)
    sandbox.fault(BATCH, "expire_token", method="POST")
    hub.put_out(PAGE)

    told = hub.replay(cause="token")

    assert "boostez channel resume facebook_page" in (told.channels[PAGE].error or "")
    assert sandbox.truth()["graph"]["created"] == 0
    channel_state.resume(hub.region, PAGE)
    hub.put_out(PAGE)
    assert sandbox.truth()["graph"]["created"] == 2


def test_a_token_that_is_still_bad_fails_again_and_is_replayed_again(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2)
    sandbox.fault(BATCH, "expire_token", method="POST", times=2)
    hub.put_out(PAGE)
    channel_state.resume(hub.region, PAGE)

    told = hub.replay(cause="token")
    assert (told.channels[PAGE].created, standing(hub).paused, causes(hub)) == (0, True, {"token": 2})
    channel_state.resume(hub.region, PAGE)
    told = hub.replay(cause="token")

    assert told.channels[PAGE].created == 2
    assert sandbox.truth()["graph"]["created"] == 2


def test_refused_content_stays_refused_after_a_replay_and_says_so(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2)
    sandbox.fault(BATCH, "item_error", item=0, code=100, times=2)
    hub.put_out(PAGE)
    assert standing(hub).refused == 1

    told = hub.replay(cause="content")

    assert (told.replayed.number, told.channels[PAGE].refused, told.channels[PAGE].created) == (1, 1, 0)
    assert standing(hub).refused == 1
    assert causes(hub) == {"done": 1, "content": 1}
    assert hub.replay(cause="content").channels[PAGE].created == 1, "and when it is accepted, it is done"


def test_a_parked_withdrawal_is_tried_again_only_when_it_is_said(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1)
    hub.put_out(PAGE)
    sandbox.fault(BATCH, "item_error", item=0, code=100)
    offers.merge(hub.region, 1, "contractor", [incoming(job("J-1"), 2, "closed")])
    hub.put_out(PAGE)
    assert standing(hub).parked == 1

    assert hub.replay(channel=PAGE).replayed.number == 0
    assert sandbox.truth()["graph"]["posts"] == 1
    told = hub.replay(channel=PAGE, parked=True)

    assert told.channels[PAGE].withdrawn == 1
    assert sandbox.truth()["graph"]["posts"] == 0


def test_an_unknown_effect_is_never_replayed(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1)
    sandbox.fault(BATCH, "error_500_after", method="POST")
    hub.put_out(PAGE)
    assert causes(hub) == {"answer": 1}

    for choice in ({}, {"cause": "answer"}, {"parked": True}):
        assert hub.replay(**choice).replayed.number == 0

    assert sandbox.truth()["graph"]["created"] == 1


@pytest.mark.parametrize("name", ["open_portal", "aggregator_feed", PAGE])
def test_a_channel_is_written_again_once(hub: Hub, sandbox: Sandbox, name: str) -> None:
    """Somebody spoilt it; or a look must be renewed. Every object is updated in place, none is made."""
    stock(hub, 1, 2, 3)
    hub.put_out(name)
    match name:
        case "open_portal":
            sql(hub.region, "UPDATE board SET content = jsonb_set(content, '{title}', '\"x\"')")
        case "aggregator_feed":
            Feed(hub.settings).write(Feed(hub.settings).text.replace("Boulanger 1", "Perceur"))
        case _:
            post = sandbox.posts()[0]["id"]
            PageEditor(hub.settings).edit(post, "Plus de lien")

    dry = hub.renew(name, dry=True)
    assert (dry.replayed.number, dry.replayed.by_cause) == (3, {"none": 3})
    assert not hub.audit(name).agrees
    told = hub.renew(name)

    assert (told.channels[name].updated, told.channels[name].created) == (3, 0)
    assert hub.audit(name).agrees
    if name == PAGE:
        truth = sandbox.truth()["graph"]
        assert (truth["created"], truth["posts"]) == (3, 3)


def test_one_offer_of_a_channel_is_written_again(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2, 3)
    hub.put_out(PAGE)
    updated = sandbox.truth()["graph"]["updated"]

    told = hub.renew(PAGE, refs=["J-2"])

    assert told.channels[PAGE].updated == 1
    assert sandbox.truth()["graph"]["updated"] == updated + 1
