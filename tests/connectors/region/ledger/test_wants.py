"""Things that must be in a place: wanted in the commit that decides so, carried out by the protocol that carries offers."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import pytest

from connectors.region.database import Region
from connectors.region.ledger import ledger, wants
from core.effects import Receipt
from tests.hands import sql

pytestmark = pytest.mark.database
CHANNEL, SUBJECT = "calendar", "d1"
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
FAR = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)


def want(region: Region, said: str | None, not_before: dt.datetime | None = None) -> bool:
    content = None if said is None else f'{{"says": "{said}"}}'.encode()
    with region.begin() as connection:
        return wants.want(connection, CHANNEL, SUBJECT, content, not_before=not_before)


def row(region: Region) -> Any:
    ((found),) = sql(region, "SELECT * FROM effect")
    return found


def carried_out(region: Region, outcome: str = "done") -> tuple[str, bytes | None]:
    """One claim, and its receipt. Returns the operation and what was to be said."""
    lease, (intent,) = ledger.claim(region, CHANNEL, "form", 10, 600)
    ledger.receive(region, lease, [Receipt(intent.effect, outcome, "remote-1")])  # type: ignore[arg-type]
    return intent.operation, intent.content


def test_it_is_made_then_says_something_else_then_goes(region: Region) -> None:
    assert want(region, "one")
    operation, said = carried_out(region)
    assert (operation, said) == ("create", b'{"says": "one"}')
    assert want(region, "two")
    assert carried_out(region)[0] == "update"
    assert want(region, None)
    assert carried_out(region) == ("withdraw", None)
    assert (row(region).state, row(region).live_hash) == ("done", None)


def test_the_same_again_changes_nothing(region: Region) -> None:
    want(region, "é")
    assert not want(region, "é")
    carried_out(region)
    assert not want(region, "é")
    assert row(region).state == "done"
    assert bytes(row(region).wanted_hash) == hashlib.sha256('{"says": "é"}'.encode()).digest()


def test_what_was_never_there_needs_not_go(region: Region) -> None:
    assert not want(region, None)
    assert sql(region, "SELECT FROM effect") == []
    want(region, "one")
    assert want(region, None)
    assert row(region).state == "done", "nobody had begun it"


def test_what_is_under_way_is_followed_by_what_is_wanted_by_then(region: Region) -> None:
    want(region, "one")
    lease, (intent,) = ledger.claim(region, CHANNEL, "form", 10, 600)
    want(region, "two")
    assert row(region).state == "intent"
    ledger.receive(region, lease, [Receipt(intent.effect, "done", "remote-1")])
    assert row(region).state == "planned"
    assert carried_out(region) == ("update", b'{"says": "two"}')


def test_nobody_is_called_before_its_time_which_may_change(region: Region) -> None:
    want(region, "one", FAR)
    assert ledger.claim(region, CHANNEL, "form", 10, 600)[1] == []
    assert not want(region, "one", LONG_AGO)
    assert carried_out(region)[0] == "create"


def test_a_channel_that_asked_for_time_is_not_asked_again_before_it_for_the_same(region: Region) -> None:
    """An effect that was tried keeps the instant that its receipt gave it."""
    want(region, "one")
    lease, (intent,) = ledger.claim(region, CHANNEL, "form", 10, 600)
    ledger.receive(region, lease, [Receipt(intent.effect, "retry", after=3600.0)])
    want(region, "one", LONG_AGO)
    assert ledger.claim(region, CHANNEL, "form", 10, 600)[1] == []


def test_what_is_wanted_in_a_commit_that_fails_is_not(region: Region) -> None:
    with region.begin() as connection:
        wants.want(connection, CHANNEL, SUBJECT, b"{}")
        connection.rollback()
    assert sql(region, "SELECT FROM effect") == []
