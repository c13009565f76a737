"""Mutes: for a time, by somebody, for a reason; never everything, never for ever."""

from __future__ import annotations

import datetime as dt

import pytest

from connectors.region.alerting import mutes
from connectors.region.database import Region
from schemas.errors import Misconfigured
from tests.makers import NOON

pytestmark = pytest.mark.database
HOUR = dt.timedelta(hours=1)


def test_a_mute_holds_until_its_end_or_until_somebody_ends_it(region: Region) -> None:
    number = mutes.mute(region, "source *", "Ada", "they move house", NOON + HOUR, NOON)
    (mute,) = mutes.holding(region, NOON)
    assert (mute.id, mute.pattern, mute.by, mute.why) == (number, "source *", "Ada", "they move house")
    assert mutes.holding(region, NOON + HOUR) == []
    assert mutes.unmute(region, number, "Bob", NOON)
    assert mutes.holding(region, NOON) == []
    assert not mutes.unmute(region, number, "Bob", NOON)


@pytest.mark.parametrize("pattern", ["*", " *", "", "a*b", "**"])
def test_not_everything_can_be_muted(region: Region, pattern: str) -> None:
    with pytest.raises(Misconfigured, match="name a cause"):
        mutes.mute(region, pattern, "Ada", "tired", NOON + HOUR, NOON)


@pytest.mark.parametrize("lasts", [dt.timedelta(), mutes.LONGEST + HOUR])
def test_no_mute_is_for_ever(region: Region, lasts: dt.timedelta) -> None:
    with pytest.raises(Misconfigured, match="14 days at most"):
        mutes.mute(region, "source *", "Ada", "tired", NOON + lasts, NOON)
