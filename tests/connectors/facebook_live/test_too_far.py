"""A live video that moves further ahead than Graph schedules."""

from __future__ import annotations

import datetime as dt

import pytest

from connectors.facebook_live import wire
from core.effects import Intent
from schemas.dialogue import encode
from tests.dialogues import EVENING, announcement

WEEK = dt.timedelta(days=7)
LINK = "https://portail.example/dialogues/d1?e=d1-2f"
DONE = {"code": 200, "body": '{"success": true}'}


def intent(ahead: dt.timedelta) -> Intent:
    return Intent(7, "d1", "update", "d1-2f", "600", encode(announcement()), EVENING - ahead)


def test_it_goes_until_its_new_time_can_be_scheduled() -> None:
    """It showed its old time until then, and Graph would not have taken the new one."""
    far = intent(WEEK + dt.timedelta(seconds=1))
    assert wire.request(far, "1", LINK, "scalar")["method"] == "DELETE"
    assert wire.receipt(far, DONE).outcome == "missing", "so it is made anew, when it can be"


@pytest.mark.parametrize("ahead", [WEEK, dt.timedelta(), -WEEK])
def test_any_other_is_changed_where_it_is(ahead: dt.timedelta) -> None:
    near = intent(ahead)
    assert wire.request(near, "1", LINK, "scalar")["method"] == "POST"
    assert wire.receipt(near, DONE).outcome == "done"
