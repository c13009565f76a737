"""Plans that a guard stopped: held, decided on, moot; what they cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from connectors.region.database import Region
from connectors.region.ledger import channel_state, ledger
from connectors.region.offers import offers, walks
from connectors.region.offers.offers import Closing
from connectors.region.publishing import planning, plans
from connectors.region.publishing.planning import Planned
from connectors.region.publishing.plans import Held, Stopped
from core.guards import Limits, Snapshot
from core.policy import Policy
from schemas.errors import Misconfigured, Refused
from tests.makers import incoming, item, job, training

pytestmark = pytest.mark.database
PAGE = Policy("facebook_page", ("job", "training"))
JOBS = Policy("facebook_page", ("job",))
FORM = "post-1"
TODAY = dt.date(2026, 11, 24)
FEW = Limits(run_floor=3, day_floor=5)  # of fewer than 250 objects: three a run, five a day
ANY = Limits(fall=1.0, run_floor=10_000, day_floor=10_000, day_cap=10_000)


def plan(region: Region, policy: Policy = PAGE, limits: Limits = FEW, *, dry: bool = False) -> Planned:
    return planning.plan(region, policy, FORM, TODAY, limits=limits, dry=dry)


def stop(region: Region, policy: Policy = PAGE, limits: Limits = FEW) -> Stopped:
    stopped = plan(region, policy, limits).stopped
    assert stopped is not None
    return stopped


def deliver(region: Region, channel: str = PAGE.channel) -> dict[str, int]:
    """Carry out what is due. Returns how many, by operation."""
    lease, claimed = ledger.claim_all(region, channel, FORM, 600)
    ledger.receive_all(region, lease)
    return {str(operation): number for operation, number in claimed.items()}


def live(region: Region, channel: str = PAGE.channel) -> set[str]:
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT o.ref FROM effect e JOIN offer o ON o.id = e.offer_id WHERE e.channel = :channel "
                "AND e.live_hash IS NOT NULL"
            ),
            {"channel": channel},
        )
        return {row.ref for row in rows}


def jobs(
    numbers: Sequence[int], version: int = 1, closed: str | None = None, title: str = "Boulanger"
) -> Any:
    return [incoming(job(f"J-{n:04}", title=f"{title} {n}"), version, closed) for n in numbers]


def stock(region: Region, number: int) -> None:
    """So many jobs, all of them live."""
    offers.merge(region, 1, "contractor", jobs(range(number)))
    plan(region)
    deliver(region)


def lacking(
    region: Region, numbers: Sequence[int], *, last: int | None = None, limits: Limits = FEW
) -> Closing:
    """A whole snapshot that holds every job but these."""
    with region.begin() as connection:
        refs = {
            row.ref for row in connection.execute(text("SELECT ref FROM offer WHERE closed_reason IS NULL"))
        }
    seen = refs - {f"J-{n:04}" for n in numbers}
    run = walks.start_run(region, "test", "contractor")
    walks.index(region, run, [item(job(ref), n) for n, ref in enumerate(sorted(seen))])
    closing = offers.close_absent(region, run, "contractor", Snapshot(len(seen), last), limits)
    walks.finish_run(region, run, {})
    return closing


def absent(region: Region, numbers: Sequence[int]) -> None:
    assert lacking(region, numbers, limits=ANY).closed == len(numbers)


def age_withdrawals(region: Region, hours: float) -> None:
    with region.begin() as connection:
        values = {"hours": hours}
        connection.execute(
            text("UPDATE effect SET intent_at = intent_at - make_interval(hours => :hours)"), values
        )
        connection.execute(
            text("UPDATE offer SET changed_at = changed_at - make_interval(hours => :hours)"), values
        )


def waiting(region: Region) -> list[tuple[str, str]]:
    return [(held.kind, held.place) for held in plans.waiting(region)]


# Holding


@pytest.mark.parametrize(("number", "stopped"), [(3, False), (4, True)])
def test_a_plan_within_the_limit_goes_and_one_withdrawal_more_is_held(
    region: Region, number: int, *, stopped: bool
) -> None:
    stock(region, 10)
    absent(region, range(number))
    planned = plan(region)
    assert (planned.stopped is not None) is stopped
    assert (planned.plan.withdraw, planned.plan.held) == ((0, number) if stopped else (number, 0))
    deliver(region)
    assert len(live(region)) == (10 if stopped else 10 - number)


def test_the_settings_limits_are_25_and_not_one_more(region: Region) -> None:
    stock(region, 60)
    absent(region, range(26))
    stopped = stop(region, limits=Limits())
    assert stopped.plan.numbers == {"now": 26, "day": 0, "present": 60, "limit": 25}
    offers.merge(region, 2, "contractor", jobs([0], version=2))
    assert plan(region, limits=Limits()).plan.withdraw == 25


def test_a_held_plan_keeps_its_numbers_its_words_and_ten_examples(region: Region) -> None:
    stock(region, 20)
    absent(region, range(12))
    held = stop(region).plan
    assert (held.kind, held.place, held.guard, held.state) == (
        "channel",
        "facebook_page",
        "withdrawals_in_a_run",
        "waiting",
    )
    assert "12 of 20" in held.message
    told = {example.partition("  ")[2] for example in held.examples}
    assert len(held.examples) == len(told) == 10
    assert told < {f"Boulanger {n}" for n in range(12)}
    assert plans.get(region, held.id) == held
    assert plans.waiting(region) == [held]


def test_what_is_held_stays_while_everything_else_goes_on(region: Region) -> None:
    stock(region, 20)
    absent(region, range(10))
    changed = [*jobs([15], 2, title="Chef"), *jobs([16], 2, "closed"), *jobs([30])]
    offers.merge(region, 2, "contractor", changed)
    planned = plan(region).plan
    assert (planned.create, planned.update, planned.withdraw, planned.held) == (1, 1, 1, 10)
    assert deliver(region) == {"create": 1, "update": 1, "withdraw": 1}
    assert live(region) == {f"J-{n:04}" for n in (*range(16), 17, 18, 19, 30)}
    assert channel_state.standings(region)["facebook_page"].held == 10
    assert channel_state.standings(region)["facebook_page"].quiet


def test_what_is_held_is_still_in_a_document(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    held = stop(region).plan
    assert len(list(ledger.entries(region, "facebook_page"))) == 10
    plans.refuse(region, held.id, "Ada", "the contractor lost them")
    assert len(list(ledger.entries(region, "facebook_page"))) == 10
    plans.approve(region, held.id, "Ada", "no, they are gone")
    assert len(list(ledger.entries(region, "facebook_page"))) == 4


def test_an_expired_offer_is_explained_and_no_guard_counts_it(region: Region) -> None:
    stock(region, 10)
    with region.begin() as connection:
        connection.execute(text("UPDATE offer SET expires_at = now() - interval '1 hour'"))
    assert offers.expire(region, 1, dt.datetime.now(dt.UTC)) == 10
    assert plan(region).plan.withdraw == 10


def test_the_same_plan_seen_again_is_the_same_row_and_is_told_once(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    first = stop(region)
    again = [stop(region) for _ in range(3)]
    assert first.fresh
    assert {stopped.plan.id for stopped in again} == {first.plan.id}
    assert not any(stopped.fresh for stopped in again)


def test_a_plan_that_changed_replaces_the_one_that_waits_and_is_not_told_anew(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    first = stop(region)
    absent(region, [7])
    second = stop(region)
    assert second.plan.id != first.plan.id
    assert second.plan.numbers["now"] == 7
    assert not second.fresh
    assert plans.waiting(region) == [second.plan]
    assert plans.newest(region, first.plan) == second.plan
    with pytest.raises(Refused, match="replaced by a newer one"):
        plans.approve(region, first.plan.id, "Ada", "fine")
    with pytest.raises(Refused, match="replaced by a newer one"):
        plans.refuse(region, first.plan.id, "Ada", "no")


def test_a_plan_that_is_no_longer_needed_is_moot_and_lets_go(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    held = stop(region).plan
    offers.merge(region, 2, "contractor", jobs(range(6), 2))
    planned = plan(region)
    assert (planned.stopped, planned.plan.changes, planned.plan.held) == (None, 0, 0)
    assert plans.get(region, held.id).state == "moot"
    with pytest.raises(Refused, match="no longer needed"):
        plans.approve(region, held.id, "Ada", "fine")
    assert plan(region).stopped is None


def test_replaced_and_moot_plans_leave_no_items(region: Region) -> None:
    """A plan of every offer, replaced at every sync, would fill the disk."""
    stock(region, 10)
    absent(region, range(5))
    stop(region)
    for number in range(5, 8):
        absent(region, [number])
        stop(region)
    offers.merge(region, 2, "contractor", jobs(range(8), 2))
    plan(region)
    with region.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM held_item")).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM held_plan")).scalar_one() == 4


def test_a_dry_plan_names_no_number_that_nobody_can_decide_on(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    dry = plan(region, dry=True).plan
    assert (dry.held, dry.held_by) == (6, None)
    assert plans.waiting(region) == []
    held = stop(region).plan
    assert plan(region, dry=True).plan.held_by == held.id


def test_two_plans_of_one_channel_at_once_are_one(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    together(*[lambda: plan(region)] * 4)
    assert waiting(region) == [("channel", "facebook_page")]
    assert channel_state.standings(region)["facebook_page"].held == 6


def test_two_channels_and_a_source_are_held_each_by_itself(region: Region) -> None:
    feed = Policy("aggregator_feed", ("job", "training"))
    stock(region, 10)
    plan(region, feed)
    deliver(region, feed.channel)
    offers.merge(region, 1, "contractor", [incoming(training(f"T-{n}")) for n in range(10)])
    for policy in (PAGE, feed):
        plan(region, policy)
        deliver(region, policy.channel)
    assert lacking(region, range(6)).held == 6
    held = [stop(region, Policy(name, ("job",))).plan for name in (PAGE.channel, feed.channel)]
    assert sorted(waiting(region)) == [
        ("channel", "aggregator_feed"),
        ("channel", "facebook_page"),
        ("source", "contractor"),
    ]
    plans.approve(region, held[0].id, "Ada", "only jobs on the Page")
    assert deliver(region) == {"withdraw": 10}
    assert deliver(region, feed.channel) == {}


# Policies


def test_a_smaller_budget_is_stopped(region: Region) -> None:
    stock(region, 20)
    planned = plan(region, Policy("facebook_page", ("job", "training"), budget=4))
    assert planned.stopped is not None
    assert planned.plan.held == 16
    deliver(region)
    assert len(live(region)) == 20


def test_a_channel_that_is_disabled_keeps_what_it_carries_until_somebody_agrees(region: Region) -> None:
    stock(region, 20)
    off = Policy("facebook_page", ("job", "training"), enabled=False)
    held = stop(region, off).plan
    assert deliver(region) == {}
    plans.approve(region, held.id, "Ada", "the Page is closed")
    assert plan(region, off).stopped is None
    assert deliver(region) == {"withdraw": 20}


def test_a_policy_that_is_put_back_makes_its_plan_moot(region: Region) -> None:
    stock(region, 20)
    held = stop(region, Policy("facebook_page", ("training",))).plan
    assert plan(region).stopped is None
    assert plans.get(region, held.id).state == "moot"
    assert deliver(region) == {}
    assert len(live(region)) == 20


def test_what_is_held_when_its_channel_is_disabled_is_part_of_the_larger_plan(region: Region) -> None:
    stock(region, 20)
    absent(region, range(6))
    first = stop(region).plan
    second = stop(region, Policy("facebook_page", ("job",), enabled=False)).plan
    assert second.numbers["now"] == 20
    assert plans.get(region, first.id).state == "replaced"
    plans.approve(region, second.id, "Ada", "the Page is closed")
    assert deliver(region) == {"withdraw": 20}


# Approving


def test_an_approved_plan_goes_once(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    held = stop(region).plan
    approved = plans.approve(region, held.id, "Ada", "they are gone")
    assert (approved.state, approved.decided_by, approved.reason) == ("approved", "Ada", "they are gone")
    assert approved.decided_at is not None
    assert plan(region).plan.withdraw == 6
    assert deliver(region) == {"withdraw": 6}
    assert plan(region).plan.changes == 0
    assert deliver(region) == {}
    for decide in (plans.approve, plans.refuse):
        with pytest.raises(Refused, match="was approved by Ada already"):
            decide(region, held.id, "Bob", "again")


def test_an_approval_holds_for_what_was_shown_and_nothing_else(region: Region) -> None:
    stock(region, 20)
    absent(region, range(6))
    held = stop(region).plan
    plans.approve(region, held.id, "Ada", "they are gone")
    absent(region, range(10, 15))
    rest = stop(region)
    assert rest.fresh
    assert rest.plan.numbers["now"] == 5
    assert deliver(region) == {"withdraw": 6}


def test_a_base_that_moved_refuses_the_approval_and_what_is_left_waits_as_another_plan(
    region: Region,
) -> None:
    stock(region, 10)
    absent(region, range(6))
    held = stop(region).plan
    offers.merge(region, 2, "contractor", jobs([0], 2))
    plan_changes_only(region, "J-0000")
    with pytest.raises(
        Refused, match=r"1 of the 6 changes of plan \d+ have moved.*plan \d+, and approve that"
    ):
        plans.approve(region, held.id, "Ada", "they are gone")
    (rest,) = plans.waiting(region)
    assert rest.id != held.id
    assert rest.numbers["now"] == 5
    assert plans.get(region, held.id).state == "replaced"
    assert deliver(region) == {}
    plans.approve(region, rest.id, "Ada", "then those")
    assert deliver(region) == {"withdraw": 5}


def plan_changes_only(region: Region, ref: str) -> None:
    """Somebody sent the object anew meanwhile: its live hash is another one."""
    with region.begin() as connection:
        connection.execute(
            text(
                "UPDATE effect SET live_hash = '\\x01' WHERE offer_id = (SELECT id FROM offer WHERE ref = :ref)"
            ),
            {"ref": ref},
        )


def test_a_plan_of_which_nothing_is_left_says_so(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    held = stop(region).plan
    for n in range(6):
        plan_changes_only(region, f"J-{n:04}")
    with pytest.raises(Refused, match="nothing is left of it"):
        plans.approve(region, held.id, "Ada", "they are gone")
    assert plans.waiting(region) == []


def test_a_plan_that_nobody_made_is_said_to_be_none(region: Region) -> None:
    for decide in (plans.approve, plans.refuse):
        with pytest.raises(Misconfigured, match="boostez plan list"):
            decide(region, 7, "Ada", "fine")


def test_an_approval_that_comes_while_the_channel_is_planned_waits_for_that_plan(region: Region) -> None:
    """It took the old plan for the newest, and what it let go was stopped again at once, told to nobody."""
    stock(region, 10)
    absent(region, range(6))
    held = stop(region).plan
    absent(region, [7])
    refused: list[Refused] = []

    def approve() -> None:
        try:
            plans.approve(region, held.id, "Ada", "they are gone")
        except Refused as error:
            refused.append(error)

    with region.begin() as connection:
        planning._channel(connection, PAGE.channel)  # noqa: SLF001 - a plan under way holds this
        approving = Thread(target=approve)
        approving.start()
        until_blocked(region, approving)
        connection.execute(
            text("UPDATE held_plan SET state = 'replaced' WHERE id = :id AND state = 'waiting'"),
            {"id": held.id},
        )
    approving.join()
    assert len(refused) == 1
    assert "replaced" in str(refused[0])


# Refusing


def test_a_refused_plan_stays_and_is_not_told_again(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    held = stop(region).plan
    refused = plans.refuse(region, held.id, "Ada", "the contractor lost them")
    assert (refused.state, refused.decided_by) == ("refused", "Ada")
    for _ in range(3):
        planned = plan(region)
        assert (planned.stopped, planned.plan.held) == (None, 6)
        assert deliver(region) == {}
    assert len(live(region)) == 10
    with pytest.raises(Refused, match="was refused by Ada: it can be approved"):
        plans.refuse(region, held.id, "Bob", "again")


def test_beside_a_refused_plan_a_few_others_go_and_many_are_another_plan(region: Region) -> None:
    stock(region, 20)
    absent(region, range(6))
    plans.refuse(region, stop(region).plan.id, "Ada", "no")
    absent(region, [10, 11])
    assert plan(region).plan.withdraw == 2
    assert deliver(region) == {"withdraw": 2}
    absent(region, range(12, 17))
    assert stop(region).plan.numbers["now"] == 5


def test_what_was_refused_goes_when_it_is_explained(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    plans.refuse(region, stop(region).plan.id, "Ada", "no")
    offers.merge(region, 2, "contractor", jobs([0, 1], 2, "closed"))
    assert plan(region).plan.withdraw == 2
    assert deliver(region) == {"withdraw": 2}
    assert len(live(region)) == 8


def test_what_waits_goes_when_it_is_explained_and_the_rest_waits_on(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    stop(region)
    offers.merge(region, 2, "contractor", jobs([0, 1], 2, "closed"))
    stopped = stop(region)
    assert (stopped.fresh, stopped.plan.numbers["now"]) == (False, 4)
    assert deliver(region) == {"withdraw": 2}


def test_a_refused_plan_can_be_approved_later(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    held = stop(region).plan
    plans.refuse(region, held.id, "Ada", "not yet")
    assert plans.approve(region, held.id, "Bob", "now").decided_by == "Bob"
    assert deliver(region) == {"withdraw": 6}


def test_decided_plans_are_listed_when_asked_for(region: Region) -> None:
    stock(region, 10)
    absent(region, range(6))
    held = stop(region).plan
    plans.refuse(region, held.id, "Ada", "no")
    assert plans.waiting(region) == []
    assert [each.state for each in plans.waiting(region, decided=True)] == ["refused"]


# 24 hours


def test_runs_add_up_over_24_hours_and_not_beyond(region: Region) -> None:
    stock(region, 30)
    for first in (0, 3):
        absent(region, range(first, first + 2))
        assert plan(region).stopped is None
        assert deliver(region) == {"withdraw": 2}
    absent(region, [10])
    assert plan(region).stopped is None  # the fifth of five
    deliver(region)
    absent(region, [11])
    held = stop(region).plan
    assert (held.guard, held.numbers) == (
        "withdrawals_in_a_day",
        {"now": 1, "day": 5, "present": 25, "limit": 5},
    )
    age_withdrawals(region, 23)
    assert plan(region).stopped is not None
    age_withdrawals(region, 2)
    planned = plan(region)
    assert planned.stopped is None
    assert plans.get(region, held.id).state == "moot"
    assert deliver(region) == {"withdraw": 1}


def test_what_was_approved_or_explained_does_not_count_against_the_day(region: Region) -> None:
    stock(region, 40)
    absent(region, range(10))
    plans.approve(region, stop(region).plan.id, "Ada", "gone")
    offers.merge(region, 2, "contractor", jobs(range(10, 20), 2, "closed"))
    plan(region)
    assert deliver(region) == {"withdraw": 20}
    absent(region, [20, 21, 22])
    assert plan(region).stopped is None


def test_what_left_one_channel_does_not_count_on_another(region: Region) -> None:
    feed = Policy("aggregator_feed", ("job",))
    stock(region, 20)
    absent(region, [0, 1, 2])
    plan(region)
    deliver(region)
    plan(region, feed)
    deliver(region, feed.channel)
    absent(region, [3, 4, 5])
    assert plan(region).stopped is not None
    assert plan(region, feed).stopped is None


# A source


def test_a_source_that_lacks_too_many_closes_none_and_is_told_once(region: Region) -> None:
    stock(region, 20)
    first = lacking(region, range(6), last=20)
    assert (first.closed, first.held) == (0, 6)
    assert first.stopped is not None
    assert first.stopped.fresh
    assert first.stopped.plan.numbers == {
        "now": 6,
        "day": 0,
        "present": 20,
        "collected": 14,
        "unreadable": 0,
        "last_good": 20,
        "limit": 16,
    }
    again = lacking(region, range(6), last=20)
    assert again.stopped is not None
    assert (again.stopped.plan.id, again.stopped.fresh) == (first.stopped.plan.id, False)
    assert plan(region).plan.changes == 0
    whole = lacking(region, [], last=20)
    assert (whole.stopped, whole.held) == (None, 0)
    assert plans.get(region, first.stopped.plan.id).state == "moot"


def stopped_source(region: Region, numbers: Sequence[int], last: int | None = None) -> Held:
    closing = lacking(region, numbers, last=last)
    assert closing.stopped is not None
    return closing.stopped.plan


def test_an_approved_source_closes_exactly_those_and_no_channel_asks_again(region: Region) -> None:
    stock(region, 20)
    walks.remember(region, walks.SourceState("contractor", last_snapshot_total=20))
    held = stopped_source(region, range(6), last=20)
    plans.approve(region, held.id, "Ada", "the contract ended")
    assert walks.source_state(region, "contractor").last_snapshot_total == 14
    assert offers.counts(region)["job"] == {"open": 14, "closed": 6}
    planned = plan(region)
    assert (planned.stopped, planned.plan.withdraw) == (None, 6)
    with region.begin() as connection:
        history = connection.execute(
            text("SELECT fields FROM offer_change WHERE change = 'closed' LIMIT 1")
        ).scalar_one()
    assert history == {"closed_reason": [None, "removed"], "plan": [None, held.id]}
    after = lacking(region, [6, 7, 8])
    assert (after.closed, after.stopped) == (3, None)  # what was approved does not count against the day


def test_an_offer_that_moved_meanwhile_is_not_closed_by_an_old_approval(region: Region) -> None:
    stock(region, 20)
    held = stopped_source(region, range(6))
    offers.merge(region, 2, "contractor", jobs([0], 2, title="Chef"))
    with pytest.raises(Refused, match="1 of the 6 changes"):
        plans.approve(region, held.id, "Ada", "gone")
    (rest,) = plans.waiting(region)
    plans.approve(region, rest.id, "Ada", "gone")
    assert offers.counts(region)["job"] == {"open": 15, "closed": 5}


def test_a_refused_source_keeps_its_offers_and_only_what_is_new_is_judged(region: Region) -> None:
    stock(region, 20)
    held = stopped_source(region, range(6))
    plans.refuse(region, held.id, "Ada", "the export is broken")
    for _ in range(2):
        closing = lacking(region, range(6))
        assert (closing.closed, closing.stopped, closing.held) == (0, None, 6)
    closing = lacking(region, range(8))
    assert (closing.closed, closing.stopped, closing.held) == (2, None, 6)
    closing = lacking(region, range(12))
    assert closing.stopped is not None
    assert (closing.stopped.fresh, closing.stopped.plan.numbers["now"]) == (True, 4)
    assert offers.counts(region)["job"]["open"] == 18


def test_what_was_refused_of_a_source_can_be_closed_by_the_source(region: Region) -> None:
    stock(region, 20)
    plans.refuse(region, stopped_source(region, range(6)).id, "Ada", "no")
    offers.merge(region, 2, "contractor", jobs([0], 2, "closed"))
    plan(region)
    assert deliver(region) == {"withdraw": 1}


@pytest.mark.parametrize("refused", [False, True])
def test_a_snapshot_that_fell_is_no_good_one_also_when_somebody_refused_to_follow_it(
    region: Region, *, refused: bool
) -> None:
    stock(region, 20)
    held = stopped_source(region, range(6), last=20)
    if refused:
        plans.refuse(region, held.id, "Ada", "no")
    assert lacking(region, range(6), last=20).doubted
    assert not lacking(region, [], last=20).doubted


def test_what_may_be_hidden_is_not_asked_about_when_a_guard_stops_it_all(region: Region) -> None:
    stock(region, 20)
    run = walks.start_run(region, "test", "contractor")
    walks.index(region, run, [item(job(f"J-{n:04}"), n) for n in range(14)])
    seen = Snapshot(14, 20)
    assert offers.stops_absent(region, run, "contractor", seen, FEW)
    assert not offers.stops_absent(region, run, "contractor", seen, ANY)
    assert plans.waiting(region) == []


# Cost


def test_a_plan_without_withdrawals_never_reads_the_whole_ledger(region: Region) -> None:
    """The guard looks at every sync: with nothing to withdraw it must not cost what 49,000 effects cost."""
    stock(region, 2)
    with region.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO effect (channel, subject, wanted_hash, live_hash, state) SELECT :channel, 's' || n, "
                "'\\x01', '\\x01', 'done' FROM generate_series(1, 49000) n"
            ),
            {"channel": PAGE.channel},
        )
        connection.execute(text("ANALYZE effect"))
    read = plans_of(region, lambda: plan(region))
    assert len(read) > 5
    assert [told for told in read if "Seq Scan on effect" in told] == []


def test_a_plan_that_waits_is_written_once_and_only_found_again_after_that(region: Region) -> None:
    """Every sync wrote each of its effects anew: 49,000 rows a quarter of an hour when a whole channel waits."""
    stock(region, 20)
    absent(region, range(12))
    stop(region)
    before = versions(region)
    stop(region)
    assert versions(region) == before


def versions(region: Region) -> list[str]:
    """What PostgreSQL knows each effect's row by: another when it was written."""
    with region.begin() as connection:
        rows = connection.execute(
            text("SELECT id || ' ' || xmin::text || ' ' || ctid::text FROM effect ORDER BY id")
        )
        return list(rows.scalars())


def test_postgresql_knows_how_large_a_plan_is_when_it_is_approved(region: Region) -> None:
    """It took a plan of 49,000 for an empty one and compared each item with each: an approval never ended."""
    stock(region, 20)
    absent(region, range(12))
    stop(region)
    with region.begin() as connection:
        known = connection.execute(
            text("SELECT reltuples FROM pg_class WHERE relname = 'held_item'")
        ).scalar_one()
    assert known == 12


def plans_of(region: Region, work: Callable[[], object]) -> list[str]:
    """How PostgreSQL carries out each statement of some work."""
    seen: list[tuple[str, Any]] = []

    def listen(_c: Any, _k: Any, statement: str, parameters: Any, _x: Any, _m: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "INSERT", "WITH")):
            seen.append((statement, parameters))

    event.listen(region.engine, "before_cursor_execute", listen)
    work()
    event.remove(region.engine, "before_cursor_execute", listen)
    with region.begin() as connection:
        told = [explained(connection, statement, parameters) for statement, parameters in seen]
        connection.rollback()
    return told


def explained(connection: Connection, statement: str, parameters: Any) -> str:
    rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
    return "\n".join(row[0] for row in rows)


def together(*work: Callable[[], object]) -> None:
    """Do all of it at once."""
    failed: list[BaseException] = []

    def one(each: Callable[[], object]) -> None:
        try:
            each()
        except BaseException as error:  # noqa: BLE001 - raised below, in the test's own thread
            failed.append(error)

    threads = [Thread(target=one, args=[each]) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def until_blocked(region: Region, thread: Thread) -> None:
    """Wait until a thread waits for a lock, or is done."""
    for _ in range(600):
        thread.join(0.05)
        with region.begin() as connection:
            blocked = (
                connection.execute(
                    text(
                        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                        "WHERE d.datname = current_database() AND NOT l.granted"
                    )
                ).scalar_one()
                + connection.execute(
                    text(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    )
                ).scalar_one()
            )
        if blocked or not thread.is_alive():
            return
    raise AssertionError("neither blocked nor done in 30 s")
