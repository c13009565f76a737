"""Delivering under a shared budget and under a lease."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from threading import Thread
from typing import Any

import pytest
from prefect.logging import disable_run_logger
from sqlalchemy import text

from connectors.channel import Capabilities, ItemChannel, Sent
from connectors.region.database import Region
from connectors.region.ledger import budgets, channel_state, ledger
from connectors.region.offers import offers
from connectors.region.publishing import planning
from connectors.registry import channel, policies
from core.effects import Intent, Receipt
from tasks import deliver
from tasks.progress import Progress
from tasks.run import Delivered
from tests.makers import incoming, job
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
PAGE = "facebook_page"
TODAY = dt.date(2026, 11, 24)


def planned(hub: Hub, number: int) -> None:
    """So many posts, planned and not sent."""
    offers.merge(
        hub.region, 1, "contractor", [incoming(job(f"J-{n}", title=f"Boulanger {n}")) for n in range(number)]
    )
    built = channel(PAGE, hub.settings, hub.region)
    planning.plan(hub.region, policies(hub.settings.channels_file)[PAGE], built.capabilities.form, TODAY)
    built.close()


def carry_out(hub: Hub, region: Region | None = None) -> Delivered:
    delivered = Delivered()
    with disable_run_logger():
        deliver.carry_out(region or hub.region, hub.settings, PAGE, delivered, Progress("deliver", 0))
    return delivered


def calls(sandbox: Sandbox) -> list[dict[str, Any]]:
    found = sandbox.http.get("/log").json()["calls"]
    return [call for call in found if call["path"].startswith("/graph")]


def age_leases(region: Region, seconds: float) -> None:
    with region.begin() as connection:
        connection.execute(
            text("UPDATE effect SET lease_until = lease_until - make_interval(secs => :s)"), {"s": seconds}
        )


class Crew:
    """Four workers, each with a database connection of its own, that deliver at the same time."""

    def __init__(self, hub: Hub, sandbox: Sandbox) -> None:
        self.hub, self.sandbox = hub, sandbox
        url = hub.region.engine.url.render_as_string(hide_password=False)
        self.regions = [Region(url) for _ in range(4)]
        self.passed = 0.0

    def work(self) -> None:
        """Each delivers until there is nothing to do or it is not its turn."""
        threads = [
            Thread(
                target=deliver.carry_out,
                args=(each, self.hub.settings, PAGE, Delivered(), Progress("deliver", 0)),
            )
            for each in self.regions
        ]
        with disable_run_logger():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def wait(self, longer: float) -> None:
        """The time passes until the channel may be called again and ``longer``, here and in the sandbox."""
        with self.hub.region.begin() as connection:
            seconds = float(
                connection.execute(
                    text(
                        "SELECT coalesce(greatest(0, extract(epoch FROM greatest(c.not_before, c.next_call_at, "
                        "(SELECT min(e.not_before) FROM effect e WHERE e.state = 'planned')) - now())), 0) FROM channel c"
                    )
                ).scalar_one()
            )
            values = {"s": seconds + longer}
            for table, columns in (
                ("channel", ("not_before", "next_call_at")),
                ("effect", ("not_before", "lease_until", "looked_up_at", "intent_at")),
            ):
                shifted = ", ".join(f"{column} = {column} - make_interval(secs => :s)" for column in columns)
                connection.execute(text(f"UPDATE {table} SET {shifted}"), values)
        self.sandbox.tell("/clock", advance_seconds=seconds + longer)
        self.passed += seconds + longer

    def until_done(self, rounds: int = 150) -> None:
        for _ in range(rounds):
            self.work()
            standing = channel_state.standings(self.hub.region)[PAGE]
            if standing.unknown:
                self.hub.settle(PAGE)
            if standing.quiet:
                return
            self.wait(61 if standing.unknown else 1)  # what is unknown settles in a minute
        raise AssertionError(f"not done: {channel_state.standings(self.hub.region)[PAGE]}")

    def close(self) -> None:
        for each in self.regions:
            each.dispose()


@pytest.fixture
def crew(hub: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    monkeypatch.setattr(deliver, "CLAIMED", 1)  # a batch a claim, so that all four find some
    monkeypatch.setattr(budgets, "PATIENCE", 0.0)  # nobody sleeps: what is not yet is left for the next round
    with ExitStack() as stack:
        working = Crew(hub, sandbox)
        stack.callback(working.close)
        yield working


# The shared budget


@pytest.mark.slow
def test_four_workers_that_share_a_budget_never_run_into_the_limit(
    hub: Hub, sandbox: Sandbox, crew: Crew
) -> None:
    """900 posts of a Page that takes 800 calls an hour."""
    planned(hub, 900)
    sandbox.tell("/settings", calls_per_hour=800)

    crew.until_done()

    refused = [call for call in calls(sandbox) if call["status"] != 200]
    assert refused == []
    truth = sandbox.truth()["graph"]
    assert (truth["created"], truth["duplicates"]) == (900, 0)
    assert crew.passed > 3600 / 3  # it was not all done in one go
    assert crew.passed < 3600 * 4


def test_a_limit_that_is_met_before_anything_was_learned_is_met_once_and_loses_nothing(
    hub: Hub, sandbox: Sandbox, crew: Crew
) -> None:
    """Up to four calls are under way before the first answer; the Page takes two of them."""
    planned(hub, 200)
    sandbox.tell("/settings", calls_per_hour=100)

    crew.work()
    before = calls(sandbox)
    assert [call["status"] for call in before].count(200) in {1, 2}  # one, when it was learned from in time
    assert len(before) <= 4
    crew.work()
    assert calls(sandbox) == before
    crew.until_done()
    assert [call["status"] for call in calls(sandbox)[len(before) :]].count(403) <= 1

    truth = sandbox.truth()["graph"]
    assert (truth["created"], truth["duplicates"]) == (200, 0)


def test_a_retry_after_is_honoured_by_all_workers(hub: Hub, sandbox: Sandbox, crew: Crew) -> None:
    planned(hub, 300)
    carry_out(hub)  # the Page is known, its pace learned
    planned(hub, 300)
    offers.merge(
        hub.region, 2, "contractor", [incoming(job(f"J-{n}", title=f"Chef {n}"), 2) for n in range(300)]
    )
    planned(hub, 0)
    sandbox.fault("/graph", "unavailable", seconds=900)
    before = len(calls(sandbox))

    one = carry_out(hub, crew.regions[0])
    assert sandbox.hits() == 1
    after = len(calls(sandbox))
    for _ in range(2):
        crew.work()
    assert len(calls(sandbox)) == after
    assert after - before == 1
    assert one.unknown == 50
    assert 800 < channel_state.check_open(hub.region, PAGE) <= 900

    crew.until_done()
    truth = sandbox.truth()["graph"]
    assert (truth["posts"], truth["created"], truth["duplicates"]) == (300, 300, 0)
    assert all("Chef" in post["message"] for post in sandbox.posts())


# The fence


class Stalling(ItemChannel):
    """A channel whose worker is stalled during its first call, for so long that its lease runs out."""

    name = PAGE
    capabilities = Capabilities(form="post-1", batch=1, lease_seconds=600.0)

    def __init__(self, region: Region, seconds: float) -> None:
        self.region, self.seconds = region, seconds
        self.sent: list[str] = []

    def send(self, intents: Sequence[Intent]) -> Sent:
        self.sent += [intent.subject for intent in intents]
        age_leases(self.region, self.seconds)
        return Sent([Receipt(intent.effect, "done", f"post-{intent.subject}") for intent in intents])


def stalled(hub: Hub, monkeypatch: pytest.MonkeyPatch, seconds: float) -> Stalling:
    built = channel(PAGE, hub.settings, hub.region)
    slow = Stalling(hub.region, seconds)
    slow.capabilities = Capabilities(form=built.capabilities.form, batch=1, lease_seconds=600.0)
    built.close()
    monkeypatch.setattr(deliver, "channel_of", lambda *_: slow)
    return slow


@pytest.mark.parametrize(("seconds", "sent"), [(0, 3), (200, 2), (310, 1), (700, 1)])
def test_a_worker_makes_no_call_when_less_than_half_of_its_lease_is_left(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, seconds: float, sent: int
) -> None:
    """By the database's clock, which every worker shares: a machine that slept does not know that it did."""
    planned(hub, 3)
    slow = stalled(hub, monkeypatch, seconds)
    delivered = carry_out(hub)
    assert len(slow.sent) == delivered.created == sent
    if sent < 3:
        assert "too slow for its lease" in (delivered.error or "")
        assert delivered.waiting


def test_a_worker_whose_lease_another_took_makes_no_call_and_its_receipts_do_not_count(
    hub: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was stalled between its intents and its calls; meanwhile somebody looked its effects up."""
    planned(hub, 100)
    claim = ledger.claim

    def stalled_after(*arguments: Any) -> Any:
        claimed = claim(*arguments)
        age_leases(hub.region, 700)
        hub.settle(PAGE)
        return claimed

    monkeypatch.setattr(ledger, "claim", stalled_after)
    before = sandbox.truth()["graph"]["created"]

    delivered = carry_out(hub)

    assert sandbox.truth()["graph"]["created"] == before == 0
    assert "too slow for its lease" in (delivered.error or "")
    assert channel_state.standings(hub.region)[PAGE].unknown == 100


def test_what_a_slow_worker_left_is_sent_once_by_the_next(
    hub: Hub, sandbox: Sandbox, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(hub, 60)
    holds = ledger.holds
    monkeypatch.setattr(ledger, "holds", lambda *_: False)
    assert "lease" in (carry_out(hub).error or "")
    assert calls(sandbox) == []
    monkeypatch.setattr(ledger, "holds", holds)
    crew.until_done()
    assert sandbox.truth()["graph"]["created"] == 60
