"""Collect, validate, reconcile, against the contractor's stand-in and its ways of misbehaving."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from connectors.region.offers import offers, quarantine, walks
from schemas.errors import Misconfigured, Unreachable
from tests.worlds import Hub, Sandbox

pytestmark = pytest.mark.database


def open_refs(hub: Hub) -> set[str]:
    with hub.region.begin() as connection:
        rows = connection.execute(text("SELECT ref FROM offer WHERE status = 'open'"))
        return {row.ref for row in rows}


def some_refs(hub: Hub, number: int) -> list[str]:
    return sorted(open_refs(hub))[:number]


def total(hub: Hub) -> int:
    return sum(counts["open"] for counts in offers.counts(hub.region).values())


def test_every_payload_becomes_an_offer_or_is_quarantined_with_its_reasons(
    hub: Hub, sandbox: Sandbox
) -> None:
    figures = hub.take_in()

    assert figures.collected == sandbox.truth()["contractor"]["total_served"]
    assert figures.new + figures.quarantined == figures.collected
    kept = quarantine.detained(hub.region, limit=1000)
    assert len(kept) == figures.quarantined >= sandbox.truth()["contractor"]["malformed"] > 0
    assert all(reason.message for payload in kept for reason in payload.reasons)


def test_a_second_sync_decodes_and_writes_nothing(hub: Hub) -> None:
    hub.take_in()
    before = hub.region.rows_written

    for mode in ("incremental", "full"):
        figures = hub.take_in(mode)
        assert (figures.decoded, figures.new, figures.changed, figures.closed) == (0, 0, 0, 0)

    assert figures.not_modified
    assert hub.region.rows_written == before


def test_a_whole_snapshot_without_news_decodes_and_writes_nothing(hub: Hub) -> None:
    hub.take_in()
    state = walks.source_state(hub.region, "contractor")
    walks.remember(hub.region, msgspec.structs.replace(state, etag=None))
    before = hub.region.rows_written

    figures = hub.take_in()

    assert not figures.not_modified
    assert figures.unchanged == figures.collected
    assert (figures.decoded, hub.region.rows_written) == (0, before)


@pytest.mark.parametrize("mode", ["incremental", "full"])
def test_exactly_what_changed_is_validated_and_written(hub: Hub, sandbox: Sandbox, mode: str) -> None:
    hub.take_in()
    told = sandbox.tell("/contractor/change", count=17, close=5, appear=3)

    figures = hub.take_in(mode)

    assert figures.changed == len(told["changed"]) == 17
    assert (figures.new, figures.closed) == (3, 5)
    assert figures.decoded == (
        25 if mode == "incremental" else 20
    )  # a snapshot does not tell the closed ones


def test_an_offer_whose_newest_payload_is_invalid_stays_as_it_was(hub: Hub, sandbox: Sandbox) -> None:
    hub.take_in()
    refs = some_refs(hub, 4)
    sandbox.tell("/contractor/malform", refs=refs, how="text_for_number")

    figures = hub.take_in()

    assert figures.closed == 0
    assert set(refs) <= open_refs(hub)
    assert {ref for ref in refs if quarantine.detained(hub.region, ref=ref, limit=1)} == set(refs)
    sandbox.tell("/contractor/heal", refs=refs)
    hub.take_in()
    assert not any(quarantine.detained(hub.region, ref=ref, limit=1) for ref in refs)


def test_an_offer_that_may_hide_behind_an_unreadable_payload_is_asked_about(
    hub: Hub, sandbox: Sandbox
) -> None:
    """The ref of a payload can be lost with the rest of it: such an offer is unreadable, not absent."""
    hub.take_in()
    hidden = some_refs(hub, 3)
    sandbox.tell("/contractor/malform", refs=hidden, how="ref_missing")
    closed = sandbox.tell("/contractor/change", close=4)["closed"]

    figures = hub.take_in()

    assert set(hidden) <= open_refs(hub)
    assert not set(closed) & open_refs(hub)
    assert figures.closed == 4
    sandbox.tell("/contractor/change", count=1)
    assert hub.take_in().closed == 0
    assert set(hidden) <= open_refs(hub)


def test_an_offer_whose_payload_is_no_longer_json_stays_and_stops_nobody(hub: Hub, sandbox: Sandbox) -> None:
    hub.take_in()
    broken = some_refs(hub, 2)
    sandbox.tell("/contractor/malform", refs=broken, how="not_json")

    assert hub.take_in().closed == 0

    assert set(broken) <= open_refs(hub)
    sandbox.tell("/contractor/heal", refs=broken)
    assert hub.take_in().quarantined == 0


@pytest.mark.catalogue(1200, 1200)
def test_a_snapshot_that_changes_on_the_way_is_read_again(hub: Hub, sandbox: Sandbox) -> None:
    sandbox.fault("/v1/offers$", "void_snapshot", skip=1)
    figures = hub.take_in()
    assert sandbox.hits() == 1
    assert figures.new + figures.quarantined == figures.collected == 2400


@pytest.mark.catalogue(1200, 1200)
@pytest.mark.parametrize(
    "fault",
    [
        "expire_cursor",
        "expire_token",
        "unavailable",
        "rate_limited",
        "cut_body",
        "wrong_json",
        "html",
        "error_500_before",
    ],
)
def test_trouble_on_the_way_costs_another_try_and_nothing_else(
    hub: Hub, sandbox: Sandbox, fault: str
) -> None:
    sandbox.fault("/v1/offers$", fault, skip=1)
    figures = hub.take_in()
    assert sandbox.hits() == 1
    assert figures.collected == 2400


def test_a_contractor_that_is_away_leaves_everything_as_it_was(hub: Hub, sandbox: Sandbox) -> None:
    hub.take_in()
    before = total(hub)
    sandbox.fault("/v1/offers$", "html", times=100)
    sandbox.tell("/contractor/change", count=3)

    with pytest.raises(Unreachable, match="BOOSTEZ_CONTRACTOR_URL"):
        hub.take_in()

    assert total(hub) == before


@pytest.mark.catalogue(1200, 1200)
def test_a_snapshot_that_breaks_off_every_time_is_no_snapshot(hub: Hub, sandbox: Sandbox) -> None:
    sandbox.fault("/v1/offers$", "void_snapshot", times=100)
    with pytest.raises(Unreachable, match="Nothing of it was stored"):
        hub.take_in()
    assert total(hub) == 0
    assert walks.source_state(hub.region, "contractor").last_snapshot_at is None


def test_a_wrong_secret_names_its_setting(hub: Hub) -> None:
    wrong: dict[str, Any] = {"contractor_client_secret": "wrong"}
    hub.settings = type(hub.settings)(**{**hub.settings.model_dump(), **wrong})
    with pytest.raises(Misconfigured, match="BOOSTEZ_CONTRACTOR_CLIENT_ID"):
        hub.take_in()


def test_a_name_that_must_not_be_published_stays_in_the_database(hub: Hub) -> None:
    hub.take_in()
    with hub.region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT withheld ->> 'name' AS name, content::text AS content FROM offer WHERE withheld IS NOT NULL"
            )
        ).all()
    assert rows
    assert not [row for row in rows if row.name.lower() in row.content.lower()]
