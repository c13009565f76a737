"""Offers and dialogues on one Page: each channel's posts are nothing of the other's."""

from __future__ import annotations

import pytest

from tests.connectors.facebook_live.test_channel import want
from tests.connectors.test_announcers import put_out
from tests.connectors.test_channels import stock
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
POSTS, OFFERS = "facebook_dialogues", "facebook_page"


def test_neither_takes_the_others_posts_for_its_own(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2)
    hub.put_out(OFFERS)
    want(hub, POSTS, "d1")
    put_out(hub, POSTS)
    for heal in (False, True):
        offers, dialogues = (hub.audit(name, heal=heal) for name in (OFFERS, POSTS))
        assert (offers.agrees, offers.inventory, offers.foreign) == (True, 2, 1)
        assert (dialogues.agrees, dialogues.inventory, dialogues.foreign) == (True, 1, 2)
    stock(hub, 1, 2, version=2, closed="closed")
    hub.put_out(OFFERS)
    assert [post["message"].partition("\n")[0] for post in sandbox.posts()] == ["Dialogue d1"]


def test_a_dialogue_and_an_offer_of_one_name_are_two(hub: Hub, sandbox: Sandbox) -> None:
    """A ledger that forgot both adopts each where it belongs."""
    stock(hub, 1)
    hub.put_out(OFFERS)
    key = sandbox.posts()[0]["message"].rpartition("?e=")[2].partition("-")[0]
    want(hub, POSTS, key)
    put_out(hub, POSTS)
    assert [(hub.audit(name).inventory, hub.audit(name).foreign) for name in (OFFERS, POSTS)] == [
        (1, 1),
        (1, 1),
    ]
