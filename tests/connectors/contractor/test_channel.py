"""The contractor as a channel, and what comes back of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import text

from connectors.contractor.channel import ContractorChannel
from connectors.region.ledger import channel_state
from connectors.region.offers import offers, postings
from connectors.registry import channel, contractor_client
from tests.connectors.test_channels import audited, stock, until_quiet
from tests.hands import later
from tests.makers import incoming, job, portal_draft, training
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(30, 30)]
NAME = "contractor"
BATCH = "/v1/offers:batch$"


def there(sandbox: Sandbox) -> dict[str, str]:
    """Status of every offer of ours that the contractor has, by reference."""
    items = sandbox.http.get("/truth/offers", params={"limit": 1000}).json()["items"]
    return {item["ref"]: item["status"] for item in items if item["ref"].startswith("ara:")}


def received(sandbox: Sandbox) -> Any:
    return sandbox.truth()["contractor"]["received"]


def posted(hub: Hub, **changes: Any) -> postings.Posting:
    """An offer that a firm posted, approved."""
    now = dt.datetime.now(dt.UTC)
    draft = portal_draft(expires_at=now + dt.timedelta(days=30), **changes)
    added = postings.add(hub.region, draft, "contact@fournil.example", b"origin", now)
    postings.confirm(hub.region, added.ref, now)
    return postings.approve(hub.region, added.id, 1, "Ada", now)


def test_offers_of_other_sources_never_go_there(hub: Hub, sandbox: Sandbox) -> None:
    hub.take_in()
    for source in ("france_travail", "lheo"):
        offers.merge(
            hub.region,
            1,
            source,
            [incoming(job("X-1", source=source)), incoming(training("X-2", source=source))],
        )
    wanted, figures = hub.put_out(NAME)
    assert (wanted.changes, figures.writing_calls, there(sandbox)) == (0, 0, {})
    mine = posted(hub)
    hub.put_out(NAME)
    assert there(sandbox) == {f"ara:{mine.key}": "open"}
    assert audited(hub, NAME).foreign == 0


def test_what_comes_back_is_counted_and_is_nobodys_offer(hub: Hub, sandbox: Sandbox) -> None:
    """The whole circle: posted here, sent there, read back in whole walks and in changes, closed here."""
    sandbox.tell("/contractor/heal")
    before = hub.take_in()
    assert (before.collected, before.echoes) == (60, 0)
    mine = posted(hub)
    for name in ("open_portal", NAME):
        hub.put_out(name)

    def everything() -> tuple[Any, ...]:
        with hub.region.begin() as connection:
            held = connection.execute(text("SELECT count(*) FROM held_plan")).scalar_one()
            known = connection.execute(
                text("SELECT source, ref, status, revision FROM offer ORDER BY source, ref")
            ).all()
            board = connection.execute(
                text("SELECT key FROM board WHERE withdrawn_at IS NULL ORDER BY key")
            ).all()
            quarantined = connection.execute(text("SELECT count(*) FROM quarantine")).scalar_one()
            last = connection.execute(text("SELECT last_snapshot_total FROM source")).scalar_one()
        return held, known, board, quarantined, last

    def sync(mode: str) -> tuple[int, ...]:
        figures = hub.take_in(mode)
        hub.put_out("open_portal")
        hub.put_out(NAME)
        assert (figures.new, figures.changed, figures.closed, figures.held, figures.quarantined) == (0,) * 5
        return figures.collected, figures.echoes

    state = everything()
    assert state[3:] == (0, 60)
    assert sync("full") == (60, 1)
    assert sync("incremental")[1] == 1
    assert everything() == state
    offers.correct(hub.region, "portal", mine.ref, "title", "Chef boulanger", "ada")
    hub.put_out("open_portal")
    hub.put_out(NAME)
    state = everything()
    assert sync("full") == (60, 1)
    assert everything() == state
    postings.close(hub.region, mine.ref, dt.datetime.now(dt.UTC))
    hub.put_out("open_portal")
    hub.put_out(NAME)
    assert there(sandbox) == {f"ara:{mine.key}": "closed"}
    state = everything()
    assert sync("full") == (60, 0), "its absence closes nothing"
    assert sync("incremental")[1] == 1, "its closure is told among the changes"
    assert everything() == state
    assert received(sandbox) == {"created": 1, "updated": 2}


def test_echoes_are_not_among_the_numbers_that_guards_look_at(hub: Hub, sandbox: Sandbox) -> None:
    """Forty offers of ours in a catalogue of sixty: were they counted, their end would look like a cut snapshot."""
    sandbox.tell("/contractor/heal")
    stock(hub, *range(40))
    hub.put_out(NAME)
    first = hub.take_in()
    assert (first.collected, first.echoes) == (60, 40)
    stock(hub, *range(40), version=2, closed="closed")
    hub.put_out(NAME)
    sandbox.tell("/contractor/change", close=1)
    after = hub.take_in()
    assert (after.collected, after.echoes, after.closed, after.held) == (59, 0, 1, 0)
    sandbox.tell("/contractor/truncate", keep=20)
    assert hub.take_in().held == 39, "a real cut is one"


def test_a_walk_that_starts_again_counts_echoes_once(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2)
    hub.put_out(NAME)
    sandbox.fault("/v1/offers$", "expire_cursor")
    figures = hub.take_in()
    assert (figures.collected, figures.echoes) == (60, 2)


def test_an_expired_token_is_renewed_and_a_write_is_not_lost(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1)
    sandbox.fault(BATCH, "expire_token")
    done = hub.put_out(NAME)[1].channels[NAME]
    assert (done.created, done.error) == (1, None)


@pytest.mark.parametrize("fault", ["reordered", "slow"])
def test_results_in_another_order_are_each_offers_own(hub: Hub, sandbox: Sandbox, fault: str) -> None:
    stock(hub, 1, 2, 3)
    sandbox.fault(BATCH, fault, seconds=0.01)
    assert hub.put_out(NAME)[1].channels[NAME].created == 3
    assert audited(hub, NAME).agrees


def test_one_refused_item_leaves_the_others_alone_and_is_told(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2, 3)
    sandbox.fault(BATCH, "item_error", item=1)
    done = hub.put_out(NAME)[1].channels[NAME]
    assert (done.created, done.refused, done.error) == (2, 1, None)
    [failure] = [f for f in _failures(hub) if f.error]
    assert failure.error == "invalid: refused on command"
    stock(hub, 1, 2, 3, title="Chef boulanger", version=2)
    assert hub.put_out(NAME)[1].channels[NAME].refused == 0
    assert audited(hub, NAME).agrees


def _failures(hub: Hub) -> list[Any]:
    with hub.region.begin() as connection:
        return list(connection.execute(text("SELECT state, error FROM effect ORDER BY id")).all())


def test_a_closing_that_is_refused_of_what_is_not_there_has_happened(hub: Hub, sandbox: Sandbox) -> None:
    """The contractor lost an offer of ours: "no offer has this ref" is no reason to call a person."""
    stock(hub, 1, 2)
    hub.put_out(NAME)
    with hub.region.begin() as connection:
        connection.execute(
            text("UPDATE effect SET remote_id = 'ara:gone' WHERE id = (SELECT min(id) FROM effect)")
        )
    stock(hub, 1, 2, version=2, closed="closed")
    assert hub.put_out(NAME)[1].channels[NAME].withdrawn == 2

    stock(hub, 3)
    hub.put_out(NAME)
    stock(hub, 3, version=2, closed="closed")
    sandbox.fault(BATCH, "item_error")
    assert hub.put_out(NAME)[1].channels[NAME].refused == 1
    assert channel_state.standings(hub.region)[NAME].parked == 1, "it is there: a person must"


def test_an_unavailable_contractor_is_looked_up_and_a_busy_one_waits(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1)
    sandbox.fault(BATCH, "unavailable")
    assert hub.put_out(NAME)[1].channels[NAME].unknown == 1
    until_quiet(hub, NAME)
    stock(hub, 2)
    sandbox.fault(BATCH, "rate_limited")
    done = hub.put_out(NAME)[1].channels[NAME]
    assert (done.unknown, done.waiting) == (0, True)
    later(hub.region)
    assert hub.put_out(NAME)[1].channels[NAME].created == 1
    assert received(sandbox) == {"created": 2}


def test_an_offer_opens_and_closes_again_within_a_day(hub: Hub, sandbox: Sandbox) -> None:
    """The same closing with the same Idempotency-Key would be answered from memory, and the offer stay open."""
    for version, closed, status in (
        (1, None, "open"),
        (2, "closed", "closed"),
        (3, None, "open"),
        (4, "closed", "closed"),
    ):
        stock(hub, 1, version=version, closed=closed)
        hub.put_out(NAME)
        assert set(there(sandbox).values()) == {status}


def test_what_the_contractor_changed_by_hand_is_told_and_healed(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2, 3)
    hub.put_out(NAME)
    built = channel(NAME, hub.settings, hub.region)
    assert isinstance(built, ContractorChannel)
    first, second, third = sorted(there(sandbox))
    client = contractor_client(hub.settings)
    shown = client.offer(first)
    assert shown is not None
    import msgspec

    edited = {**msgspec.json.decode(shown), "title": "Autre chose"}
    client.batch("by hand", [{"op": "upsert", "ref": first, "offer": edited}, {"op": "close", "ref": second}])
    client.http.close()
    built.close()
    found = hub.audit(NAME)
    assert {(drift.kind, drift.remote_id) for drift in found.drifts} == {
        ("edited", first),
        ("missing", second),
    }
    hub.audit(NAME, heal=True)
    assert audited(hub, NAME).agrees
    assert there(sandbox) == dict.fromkeys((first, second, third), "open")
