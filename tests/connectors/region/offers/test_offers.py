from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.offers import offers, walks
from core.guards import Snapshot
from schemas.errors import Refused, Rejected
from tests.makers import NOON, incoming, item, job, training

pytestmark = pytest.mark.database


def rows(region: Region, statement: str, **values: Any) -> list[Any]:
    with region.begin() as connection:
        return list(connection.execute(text(statement), values).all())


def history(region: Region, ref: str) -> list[tuple[str, Any]]:
    found = rows(
        region,
        "SELECT change, fields FROM offer_change h JOIN offer o ON o.id = h.offer_id WHERE o.ref = :ref ORDER BY h.id",
        ref=ref,
    )
    return [(row.change, row.fields) for row in found]


def test_a_new_offer_is_created_with_its_first_line_of_history(region: Region) -> None:
    merged = offers.merge(region, 1, "contractor", [incoming(job()), incoming(training())])

    assert (merged.new, merged.changed, merged.closed, merged.unchanged) == (2, 0, 0, 0)
    assert history(region, "J-1") == [("created", None)]
    assert offers.counts(region) == {"job": {"open": 1, "closed": 0}, "training": {"open": 1, "closed": 0}}


def test_a_changed_offer_tells_what_changed_and_takes_a_new_revision(region: Region) -> None:
    offers.merge(region, 1, "contractor", [incoming(job()), incoming(job("J-2"))])
    before = {r.ref: r.revision for r in rows(region, "SELECT ref, revision FROM offer")}

    merged = offers.merge(region, 2, "contractor", [incoming(job(title="Chef boulanger"), 2)])

    assert (merged.new, merged.changed) == (0, 1)
    assert history(region, "J-1")[-1] == ("updated", {"title": ["Boulanger, boulangère", "Chef boulanger"]})
    after = {r.ref: r.revision for r in rows(region, "SELECT ref, revision FROM offer")}
    assert after["J-1"] > max(before.values())
    assert after["J-2"] == before["J-2"]


def test_the_same_content_in_other_bytes_is_no_change(region: Region) -> None:
    offers.merge(region, 1, "contractor", [incoming(job())])
    revision = rows(region, "SELECT revision FROM offer")

    merged = offers.merge(region, 2, "contractor", [incoming(job(), version=2)])

    assert (merged.changed, merged.unchanged) == (0, 1)
    assert rows(region, "SELECT revision FROM offer") == revision
    assert len(history(region, "J-1")) == 1


def test_an_older_version_is_left_out(region: Region) -> None:
    offers.merge(region, 1, "contractor", [incoming(job(title="New title"), version=5)])

    merged = offers.merge(region, 2, "contractor", [incoming(job(title="Old title"), version=4)])

    assert merged.stale == ("J-1",)
    assert rows(region, "SELECT content ->> 'title' AS title FROM offer")[0].title == "New title"


def test_a_closed_offer_can_open_again(region: Region) -> None:
    offers.merge(region, 1, "contractor", [incoming(job())])
    assert offers.merge(region, 2, "contractor", [incoming(job(), 2, "closed")]).closed == 1
    assert offers.merge(region, 3, "contractor", [incoming(job(), 3)]).changed == 1
    assert [change for change, _ in history(region, "J-1")] == ["created", "closed", "reopened"]


def test_only_what_a_whole_snapshot_lacks_is_closed(region: Region) -> None:
    kept, gone, spared = job("KEPT"), job("GONE"), job("SPARED")
    offers.merge(region, 1, "contractor", [incoming(o) for o in (kept, gone, spared)])
    other = msgspec.structs.replace(job("OTHER"), source="lheo")
    offers.merge(region, 1, "lheo", [incoming(other)])
    run = walks.start_run(region, "test", "contractor")
    walks.index(region, run, [item(kept)])

    assert offers.absent(region, run, "contractor") == ["GONE", "SPARED"]
    assert offers.close_absent(region, run, "contractor", Snapshot(1, None), spared=["SPARED"]).closed == 1

    still_open = {r.ref for r in rows(region, "SELECT ref FROM offer WHERE status = 'open'")}
    assert still_open == {"KEPT", "SPARED", "OTHER"}


def test_an_offer_expires_at_its_end_date_and_not_before(region: Region) -> None:
    end = NOON + dt.timedelta(days=1)
    offers.merge(region, 1, "contractor", [incoming(job(expires_at=end))])

    assert offers.expire(region, 2, end - dt.timedelta(seconds=1)) == 0
    assert offers.expire(region, 2, end) == 1
    assert rows(region, "SELECT closed_reason FROM offer")[0].closed_reason == "expired"


def test_a_correction_survives_every_sync_and_keeps_what_the_source_says(region: Region) -> None:
    offers.merge(region, 1, "contractor", [incoming(job())])
    offers.correct(region, "contractor", "J-1", "title", "Boulanger H/F", "camille")

    offers.merge(region, 2, "contractor", [incoming(job(title="Boulanger confirmé"), 2)])

    assert rows(region, "SELECT content ->> 'title' AS title FROM offer")[0].title == "Boulanger H/F"
    assert rows(region, "SELECT original FROM correction")[0].original == "Boulanger confirmé"


def test_correcting_an_offer_that_does_not_exist_is_refused(region: Region) -> None:
    with pytest.raises(Rejected, match="NOPE"):
        offers.correct(region, "contractor", "NOPE", "title", "x", "camille")


def test_a_walk_gives_only_what_is_not_known_byte_for_byte(region: Region) -> None:
    known, changed, new = job("KNOWN"), job("CHANGED"), job("NEW")
    offers.merge(region, 1, "contractor", [incoming(known), incoming(changed)])
    run = walks.start_run(region, "test", "contractor")
    walks.index(region, run, [item(known, 0), item(changed, 1, version=2), item(new, 2)])

    given = [i.key for chunk in walks.changed(region, run, "contractor", 1) for i in chunk]

    assert given == ["CHANGED", "NEW"]
    assert walks.count_changed(region, run, "contractor") == (3, 2)


def test_what_changed_comes_in_chunks_of_bounded_size(region: Region) -> None:
    """One chunk once held the whole catalogue: it streamed from the server and was gathered again in memory."""
    run = walks.start_run(region, "test", "contractor")
    walks.index(region, run, [item(job(f"J-{n}"), n) for n in range(25)])

    assert [len(chunk) for chunk in walks.changed(region, run, "contractor", 10)] == [10, 10, 5]


def test_of_two_payloads_with_one_ref_the_highest_version_counts(region: Region) -> None:
    first, second = job("TWICE", title="First title"), job("TWICE", title="Second title")
    run = walks.start_run(region, "test", "contractor")
    walks.index(region, run, [item(first, 0, 1), item(second, 1, 2), item(second, 2, 2)])

    given = [(i.ordinal, i.duplicate) for chunk in walks.changed(region, run, "contractor", 9) for i in chunk]

    assert given == [(0, True), (1, False)]


def test_an_offer_closed_as_absent_comes_back_with_the_same_bytes(region: Region) -> None:
    offers.merge(region, 1, "contractor", [incoming(job())])
    other = walks.start_run(region, "test", "contractor")
    walks.index(region, other, [item(job("J-2"))])
    offers.close_absent(region, other, "contractor", Snapshot(1, None))
    run = walks.start_run(region, "test", "contractor")
    walks.index(region, run, [item(job())])

    assert [i.key for chunk in walks.changed(region, run, "contractor", 9) for i in chunk] == ["J-1"]


def test_a_lost_index_or_an_empty_catalogue_closes_nothing(region: Region) -> None:
    """The index of a run was emptied by the start of another: every offer looked absent."""
    offers.merge(region, 1, "contractor", [incoming(job())])
    run = walks.start_run(region, "test", "contractor")

    with pytest.raises(Refused, match="holds 0 payloads of 3"):
        offers.close_absent(region, run, "contractor", Snapshot(3, None))
    closing = offers.close_absent(region, run, "contractor", Snapshot(0, None))
    assert closing.stopped
    assert closing.stopped.plan.guard == "empty_snapshot"
    assert offers.counts(region)["job"] == {"open": 1, "closed": 0}


def test_one_source_is_synced_by_one_run_at_a_time(region: Region) -> None:
    with region.sole_sync("contractor"):
        with pytest.raises(Refused, match="Another sync of contractor"), region.sole_sync("contractor"):
            pass
        with region.sole_sync("lheo"):
            pass
    with region.sole_sync("contractor"):
        pass
