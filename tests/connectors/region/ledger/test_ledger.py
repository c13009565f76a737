from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import text

from connectors.channel import Capabilities, Readable
from connectors.open_portal.channel import OpenPortal
from connectors.region.board import board
from connectors.region.database import Region
from connectors.region.ledger import channel_state, ledger
from connectors.region.offers import offers, walks
from connectors.region.publishing import audits, planning
from core.effects import Found, Intent, Receipt, subject_of
from core.policy import Policy
from schemas.errors import Refused
from schemas.offer import Location, decode
from tests.makers import NOON, incoming, job, training

pytestmark = pytest.mark.database
PAGE = Policy("facebook_page", ("job", "training"))
FORM = "post-1"
TODAY = dt.date(2026, 11, 24)


def counts(region: Region, policy: Policy = PAGE, form: str = FORM) -> tuple[int, int, int]:
    wanted = planning.plan(region, policy, form, TODAY).plan
    return wanted.create, wanted.update, wanted.withdraw


def claim(region: Region, limit: int = 50) -> tuple[int, list[Intent]]:
    return ledger.claim(region, PAGE.channel, FORM, limit, 600)


def deliver(region: Region) -> None:
    lease, intents = claim(region)
    ledger.receive(
        region, lease, [Receipt(i.effect, "done", i.remote_id or f"post-{i.subject}") for i in intents]
    )


def states(region: Region) -> dict[str, str]:
    with region.begin() as connection:
        found = connection.execute(
            text("SELECT o.ref, e.state FROM effect e JOIN offer o ON o.id = e.offer_id")
        ).all()
        return {row.ref: row.state for row in found}


def age(region: Region, column: str, seconds: int) -> None:
    with region.begin() as connection:
        connection.execute(
            text(f"UPDATE effect SET {column} = {column} - make_interval(secs => :s)"), {"s": seconds}
        )


@pytest.fixture
def two(region: Region) -> Region:
    offers.merge(region, 1, "contractor", [incoming(job()), incoming(training())])
    return region


def test_a_plan_creates_updates_and_withdraws(two: Region) -> None:
    assert counts(two) == (2, 0, 0)
    deliver(two)
    assert counts(two) == (0, 0, 0)

    offers.merge(
        two, 2, "contractor", [incoming(job(title="Chef boulanger"), 2), incoming(training(), 2, "closed")]
    )

    assert counts(two) == (0, 1, 1)
    deliver(two)
    assert counts(two) == (0, 0, 0)
    assert channel_state.standings(two)["facebook_page"].live == 1


def test_a_dry_plan_writes_nothing(two: Region) -> None:
    wanted = planning.plan(two, PAGE, FORM, TODAY, dry=True).plan

    assert wanted.create == 2
    assert {e.title for e in wanted.examples} == {"Boulanger, boulangère", "CAP Pâtisserie"}
    assert channel_state.standings(two) == {}
    assert claim(two)[1] == []


def test_a_plan_with_nothing_changed_writes_no_row(two: Region) -> None:
    counts(two)
    deliver(two)
    before = two.rows_written

    counts(two)

    assert two.rows_written == before


def test_a_policy_of_jobs_wants_jobs_and_a_new_policy_is_planned_for_every_offer(two: Region) -> None:
    assert counts(two) == (2, 0, 0)
    deliver(two)
    assert counts(two, Policy("facebook_page", ("job",))) == (0, 0, 1)
    assert counts(two, Policy("facebook_page", ("job",), enabled=False)) == (0, 0, 2)


def test_a_new_form_updates_everything(two: Region) -> None:
    counts(two)
    deliver(two)
    assert counts(two, form="post-2") == (0, 2, 0)


def test_an_offer_that_closes_before_it_is_sent_never_leaves(two: Region) -> None:
    counts(two)
    offers.merge(two, 2, "contractor", [incoming(job(), 2, "closed")])

    assert [i.operation for i in claim(two)[1]] == ["create"]  # the training, not the closed job
    assert counts(two)[2] == 0


def test_what_changed_after_the_plan_is_sent_after_the_next_plan(two: Region) -> None:
    counts(two)
    offers.merge(two, 2, "contractor", [incoming(job(title="Chef boulanger"), 2)])
    assert [decode(i.content).title for i in claim(two)[1] if i.content] == ["CAP Pâtisserie"]

    counts(two)

    assert [decode(i.content).title for i in claim(two)[1] if i.content] == ["Chef boulanger"]


def test_what_was_never_there_is_not_withdrawn(two: Region) -> None:
    """An unknown creation whose offer closed, looked up twice in vain, became DELETE /None."""
    counts(two)
    lease, intents = claim(two)
    ledger.receive(two, lease, [Receipt(i.effect, "unknown") for i in intents])
    offers.merge(two, 2, "contractor", [incoming(job(), 2, "closed"), incoming(training(), 2, "closed")])
    counts(two)
    for _ in range(2):
        age(two, "looked_up_at", 61)
        lease, unsettled = ledger.claim_unsettled(two, PAGE.channel, 60, 50, 600)
        ledger.receive(two, lease, [Receipt(i.effect, "unproven") for i in unsettled])

    assert set(states(two).values()) == {"done"}
    assert claim(two)[1] == []


def test_a_refused_withdrawal_waits_for_a_person(two: Region) -> None:
    counts(two)
    deliver(two)
    offers.merge(two, 2, "contractor", [incoming(job(), 2, "closed")])
    counts(two)
    lease, intents = claim(two)
    ledger.receive(two, lease, [Receipt(i.effect, "rejected", error="Graph 803") for i in intents])
    assert channel_state.standings(two)["facebook_page"].parked == 1


def test_a_channel_that_is_disabled_chooses_nothing(two: Region) -> None:
    policy = Policy("facebook_page", ("job",), budget=5, enabled=False)
    assert counts(two, policy) == (0, 0, 0)
    assert counts(two, Policy("facebook_page", ("job",), budget=5)) == (1, 0, 0)


def test_two_workers_never_claim_the_same_effect(two: Region) -> None:
    counts(two)
    _, first = claim(two, limit=1)
    _, second = claim(two)
    assert len(first) == len(second) == 1
    assert first[0].effect != second[0].effect


def test_receipts_under_a_lost_lease_are_refused(two: Region) -> None:
    counts(two)
    stalled, intents = claim(two)
    age(two, "lease_until", 700)
    ledger.claim_unsettled(two, PAGE.channel, 0, 50, 600)

    taken = ledger.receive(two, stalled, [Receipt(i.effect, "done", "late") for i in intents])

    assert taken == 0
    assert set(states(two).values()) == {"unknown"}


def test_an_unknown_effect_is_not_claimed_again(two: Region) -> None:
    counts(two)
    lease, intents = claim(two)
    ledger.receive(two, lease, [Receipt(i.effect, "unknown") for i in intents])

    assert claim(two)[1] == []
    offers.merge(two, 2, "contractor", [incoming(job(title="Chef boulanger"), 2)])
    counts(two)
    assert claim(two)[1] == []


def test_an_absence_must_be_seen_twice_the_settle_time_apart(two: Region) -> None:
    counts(two)
    lease, intents = claim(two)
    ledger.receive(two, lease, [Receipt(i.effect, "unknown") for i in intents])
    assert ledger.claim_unsettled(two, PAGE.channel, 60, 50, 600)[1] == []

    for lookups in (0, 1):
        age(two, "looked_up_at", 61)
        lease, unsettled = ledger.claim_unsettled(two, PAGE.channel, 60, 50, 600)
        assert [i.lookups for i in unsettled] == [lookups, lookups]
        ledger.receive(two, lease, [Receipt(i.effect, "unproven") for i in unsettled])

    assert set(states(two).values()) == {"planned"}
    assert {i.operation for i in claim(two)[1]} == {"create"}


def test_an_intent_whose_worker_died_is_looked_up(two: Region) -> None:
    counts(two)
    _, intents = claim(two)
    assert ledger.claim_unsettled(two, PAGE.channel, 60, 50, 600)[1] == []

    age(two, "lease_until", 700)
    lease, unsettled = ledger.claim_unsettled(two, PAGE.channel, 60, 50, 600)
    ledger.receive(two, lease, [Receipt(i.effect, "done", "found") for i in unsettled])

    assert {i.marker for i in unsettled} == {i.marker for i in intents}
    assert counts(two) == (0, 0, 0)
    assert channel_state.standings(two)["facebook_page"].live == 2


def test_an_object_found_with_older_content_is_updated_not_created_again(two: Region) -> None:
    counts(two)
    lease, intents = claim(two)
    ledger.receive(two, lease, [Receipt(i.effect, "stale", "post-9") for i in intents])

    _, again = claim(two)
    assert {(i.operation, i.remote_id) for i in again} == {("update", "post-9")}


def test_a_refused_content_waits_until_it_changes(two: Region) -> None:
    counts(two)
    lease, intents = claim(two)
    ledger.receive(two, lease, [Receipt(i.effect, "rejected", error="Graph 100") for i in intents])
    assert counts(two) == (0, 0, 0)
    assert channel_state.standings(two)["facebook_page"].refused == 2

    offers.merge(two, 2, "contractor", [incoming(job(title="Chef boulanger"), 2)])

    assert counts(two) == (1, 0, 0)


def test_what_must_wait_is_not_claimed_before_its_time(two: Region) -> None:
    counts(two)
    lease, intents = claim(two)
    ledger.receive(two, lease, [Receipt(i.effect, "retry", after=300) for i in intents])
    assert claim(two)[1] == []
    age(two, "not_before", 301)
    assert len(claim(two)[1]) == 2


def test_a_paused_channel_accumulates_and_loses_nothing(two: Region) -> None:
    counts(two)
    channel_state.pause(two, PAGE.channel, "token expired")
    with pytest.raises(Refused, match="token expired"):
        channel_state.check_open(two, PAGE.channel)
    offers.merge(two, 2, "contractor", [incoming(job("J-2"))])
    assert counts(two) == (3, 0, 0)
    channel_state.resume(two, PAGE.channel)
    assert channel_state.check_open(two, PAGE.channel) == 0


def test_a_channel_that_asked_for_time_is_held(two: Region) -> None:
    counts(two)
    channel_state.hold(two, PAGE.channel, 120)
    assert 100 < channel_state.check_open(two, PAGE.channel) <= 120


def test_a_daily_budget_chooses_the_newest_spread_over_departments_once_a_day(region: Region) -> None:
    rows = [
        incoming(
            job(
                f"{department}-{n}",
                location=Location(department=department),
                published_at=NOON - dt.timedelta(hours=n),
            )
        )
        for department in ("69", "15")
        for n in range(5)
    ]
    offers.merge(region, 1, "contractor", rows)
    policy = Policy("facebook_page", ("job",), budget=4)

    assert counts(region, policy) == (4, 0, 0)
    assert set(states(region)) == {"69-0", "69-1", "15-0", "15-1"}
    assert counts(region, policy) == (4, 0, 0)  # the day's budget is spent
    tomorrow = planning.plan(region, policy, FORM, TODAY + dt.timedelta(days=1)).plan
    assert tomorrow.create == 8


def test_the_board_is_placed_in_one_transaction_and_agrees(two: Region) -> None:
    policy = Policy("open_portal", ("job", "training"))
    planning.plan(two, policy, "board-1", TODAY)

    assert board.place(two, "open_portal", "board-1", 1).created == 1
    assert board.place(two, "open_portal", "board-1", 9).created == 1
    assert board.place(two, "open_portal", "board-1", 9).total == 0
    assert audits.audit(two, OpenPortal(two)).agrees

    offers.merge(two, 2, "contractor", [incoming(job(), 2, "closed")])
    planning.plan(two, policy, "board-1", TODAY)
    assert board.place(two, "open_portal", "board-1", 9).withdrawn == 1
    audit = audits.audit(two, OpenPortal(two))
    assert audit.agrees
    assert audit.inventory == 1


class Shown(Readable):
    """A channel that shows just this, whatever an offer looks like there."""

    name = PAGE.channel
    capabilities = Capabilities(form=FORM, batch=1)

    def __init__(self, there: list[Found]) -> None:
        self.there = there

    def inventory(self) -> Iterator[Found]:
        return iter(self.there)

    def find(self, intents: Sequence[Intent]) -> dict[int, Found]:
        by_subject = {subject_of(found.marker): found for found in self.there}
        return {i.effect: by_subject[i.subject] for i in intents if i.subject in by_subject}

    def digest(self, marker: str, content: bytes) -> str:
        del marker, content
        return ""


def test_an_audit_tells_missing_doubled_unexpected_and_foreign_objects(two: Region) -> None:
    counts(two)
    deliver(two)
    with two.begin() as connection:
        marker, remote_id = connection.execute(
            text("SELECT marker, remote_id FROM effect ORDER BY id")
        ).all()[0]
    there = [Found(marker, remote_id), Found(marker, "b"), Found("zzz-1", "c"), Found("", "d")]

    audit = audits.audit(two, Shown(there))

    assert audit.counts == {"missing": 1, "edited": 0, "doubled": 1, "unexpected": 1}
    assert audit.foreign == 1
    assert not audit.agrees


def test_a_document_is_claimed_and_received_as_a_whole(two: Region) -> None:
    counts(two)
    lease, claimed = ledger.claim_all(two, PAGE.channel, FORM, 600)
    assert claimed == {"create": 2}
    assert len(list(ledger.entries(two, PAGE.channel))) == 2
    assert ledger.receive_all(two, lease) == 2
    assert ledger.receive_all(two, lease) == 0
    assert counts(two) == (0, 0, 0)


OUTCOMES = ("done", "missing", "stale", "rejected", "retry", "unknown", "unproven")


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(("offer", "close", "deliver", "settle")), st.sampled_from(OUTCOMES)),
        max_size=12,
    )
)
@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_answers_the_ledger_ends_where_the_offer_is(
    region: Region, steps: list[tuple[str, Any]]
) -> None:
    """After any history, honest answers bring channel and offer together in a bounded number of rounds."""
    with region.begin() as connection:
        connection.execute(text("TRUNCATE offer, effect, channel, pick, correction, offer_change CASCADE"))
    wanted = False
    for version, (step, outcome) in enumerate(steps, start=1):
        if step in {"offer", "close"}:
            wanted = step == "offer"
            row = incoming(job(title=f"Boulanger {version}"), version, None if wanted else "closed")
            offers.merge(region, version, "contractor", [row])
            counts(region)
        elif step == "deliver":
            lease, intents = claim(region)
            ledger.receive(region, lease, [Receipt(i.effect, outcome, "post") for i in intents])
        else:
            age(region, "looked_up_at", 61)
            lease, unsettled = ledger.claim_unsettled(region, PAGE.channel, 60, 50, 600)
            ledger.receive(region, lease, [Receipt(i.effect, outcome, "post") for i in unsettled])
    age(region, "not_before", 1)
    with region.begin() as connection:  # a person lets what was refused be tried again
        connection.execute(text("UPDATE effect SET state = 'planned' WHERE state = 'rejected'"))
    for _ in range(3):
        counts(region)
        age(region, "looked_up_at", 61)
        lease, unsettled = ledger.claim_unsettled(region, PAGE.channel, 60, 50, 600)
        ledger.receive(region, lease, [Receipt(i.effect, "done", "post") for i in unsettled])
        deliver(region)
    standing = channel_state.standings(region).get(PAGE.channel, channel_state.Standing())
    assert standing.live == standing.wanted == int(wanted)
    assert standing.unknown == standing.intent == standing.planned == 0


def test_the_run_of_a_dead_process_leaves_no_index(region: Region) -> None:
    dead = walks.start_run(region, "test", "contractor")
    walks.index(region, dead, [walks.Item(0, "J-1", 1, b"x", 0, 1)])
    walks.start_run(region, "test", "contractor")
    assert walks.count_changed(region, dead, "contractor") == (0, 0)
