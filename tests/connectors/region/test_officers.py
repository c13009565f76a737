from __future__ import annotations

import datetime as dt

import pytest

from connectors.region import officers, postings, retention
from connectors.region.database import Region
from connectors.seals import OFFICER_WITHIN
from schemas.errors import Misconfigured
from tests.makers import NOON

pytestmark = pytest.mark.database
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def region(database_url: str) -> Region:
    return Region(database_url)


def test_a_link_is_somebodys_until_it_is_ended(region: Region) -> None:
    first, second = officers.give(region, "  Ada  Lovelace ", NOON), officers.give(region, "Bob", NOON)
    assert (officers.holder(region, first.id), officers.holder(region, 99)) == ("Ada Lovelace", None)
    assert [link.by for link in officers.links(region, NOON)] == ["Bob", "Ada Lovelace"]
    ended = officers.end(region, first.id, NOON + SECOND)
    assert officers.end(region, first.id, NOON + 2 * SECOND) == ended, "twice is once"
    assert officers.holder(region, first.id) is None
    assert [link.id for link in officers.links(region, NOON)] == [second.id]
    with pytest.raises(Misconfigured, match="boostez posting links"):
        officers.end(region, 99, NOON)


def test_a_link_is_listed_as_long_as_its_seal_opens_and_its_name_is_erased_in_time(region: Region) -> None:
    link = officers.give(region, "Ada", NOON)
    assert link.until == NOON + OFFICER_WITHIN
    assert officers.links(region, link.until - SECOND) == [link]
    assert officers.links(region, link.until) == []
    retention.tidy(region, NOON + postings.KEPT - SECOND)
    assert officers.holder(region, link.id) == "Ada"
    retention.tidy(region, NOON + postings.KEPT)
    assert officers.holder(region, link.id) is None


@pytest.mark.parametrize("name", ["", " ", "A", "x" * 81, "Ada\x00", "Ada\u202eevil"])
def test_a_name_that_is_none_gets_no_link(region: Region, name: str) -> None:
    with pytest.raises(Misconfigured, match="name"):
        officers.give(region, name, NOON)
    assert officers.links(region, NOON) == []
