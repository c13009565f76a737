"""The form that a stopped plan shows, with a person who fills it in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from prefect.logging import disable_run_logger
from pydantic import ValidationError
from sqlalchemy import text

from connectors.region.offers import offers
from connectors.region.publishing import planning, plans
from connectors.region.publishing.plans import Held
from core.guards import Limits
from core.policy import Policy
from flows import decide
from flows.decide import Decision, Verdict
from schemas.errors import Misconfigured
from tests.flows.stories import is_json
from tests.makers import NOON, incoming, job
from tests.worlds import Hub, stock

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
FEW = Limits(run_floor=3, day_floor=3)
Act = Callable[[], None]


class Person:
    """Whoever sees the forms: the n-th one is answered with the n-th decision, after what happened meanwhile."""

    def __init__(self, *decisions: tuple[Verdict, Act]) -> None:
        self.decisions = list(decisions)
        self.seen: list[tuple[str, str]] = []

    def __call__(self, *, wait_for_input: Any, timeout: float, key: str) -> Decision:
        assert timeout > 24 * 3600
        self.seen.append((key, str(wait_for_input._description)))  # noqa: SLF001 - Prefect keeps it nowhere else
        verdict, meanwhile = self.decisions.pop(0)
        meanwhile()
        return Decision(verdict=verdict, reason="looked at it", by="Ada")


def nothing() -> None:
    """It happens meanwhile."""


@pytest.fixture
def ask(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, Person], dict[str, Any]]]:
    monkeypatch.setattr(decide, "safe_region", lambda: hub.region)

    def asked(plan: int, person: Person) -> dict[str, Any]:
        monkeypatch.setattr(decide, "suspend_flow_run", person)
        told: dict[str, Any] = decide.decide_plan.fn(plan)
        assert person.decisions == []
        return told

    with disable_run_logger():
        yield asked


def off(hub: Hub) -> Held:
    """A plan that a guard stopped: the board is to be emptied."""
    policy = Policy("open_portal", ("job", "training"), enabled=False)
    stopped = planning.plan(hub.region, policy, "board-1", NOON.date(), limits=FEW).stopped
    assert stopped is not None
    return stopped.plan


@pytest.fixture
def held(hub: Hub) -> Held:
    stock(hub, *range(12))
    hub.put_out("open_portal")
    return off(hub)


Ask = Callable[[int, Person], dict[str, Any]]


@pytest.mark.parametrize(("verdict", "state"), [(Verdict.APPROVE, "approved"), (Verdict.REFUSE, "refused")])
def test_a_verdict_is_carried_out_and_kept_with_its_reason(
    hub: Hub, held: Held, ask: Ask, verdict: Verdict, state: str
) -> None:
    person = Person((verdict, nothing))
    told = ask(held.id, person)
    assert told == {"plan": held.id, "place": "open_portal", "state": state, "by": "Ada"}
    assert is_json(told)
    kept = plans.get(hub.region, held.id)
    assert (kept.state, kept.decided_by, kept.reason) == (state, "Ada", "looked at it")


def test_the_form_shows_the_numbers_and_ten_examples(held: Held, ask: Ask) -> None:
    person = Person((Verdict.REFUSE, nothing))
    ask(held.id, person)
    ((key, shown),) = person.seen
    assert key == f"plan-{held.id}"
    assert "12 of 12 would be withdrawn" in shown
    assert shown.count(" Boulanger ") == 10


def test_a_plan_that_was_replaced_before_the_form_is_seen_shows_the_newest(
    hub: Hub, held: Held, ask: Ask
) -> None:
    close(hub, 0)
    newer = off(hub)
    person = Person((Verdict.APPROVE, nothing))
    assert ask(held.id, person)["plan"] == newer.id
    assert [key for key, _ in person.seen] == [f"plan-{newer.id}"]


def test_a_plan_that_is_replaced_while_the_form_is_seen_is_not_approved_and_the_newest_is_shown(
    hub: Hub, held: Held, ask: Ask
) -> None:
    def replaced() -> None:
        close(hub, 0)
        off(hub)

    person = Person((Verdict.APPROVE, replaced), (Verdict.REFUSE, nothing))
    told = ask(held.id, person)
    assert told["plan"] != held.id
    assert told["state"] == "refused"
    assert plans.get(hub.region, held.id).state == "replaced"


def close(hub: Hub, number: int) -> None:
    offers.merge(hub.region, 2, "contractor", [incoming(job(f"J-{number}"), 2, "closed")])


def test_what_is_left_of_a_plan_whose_base_moved_is_shown_before_it_goes(
    hub: Hub, held: Held, ask: Ask
) -> None:
    def moved() -> None:
        with hub.region.begin() as connection:
            connection.execute(
                text("UPDATE effect SET live_hash = '\\x01' WHERE id = (SELECT min(id) FROM effect)")
            )

    person = Person((Verdict.APPROVE, moved), (Verdict.APPROVE, nothing))
    told = ask(held.id, person)
    assert told["state"] == "approved"
    assert "11 are left of plan" in person.seen[1][1]
    assert plans.get(hub.region, told["plan"]).numbers["now"] == 11


def test_a_plan_that_was_decided_on_elsewhere_shows_no_form(hub: Hub, held: Held, ask: Ask) -> None:
    plans.refuse(hub.region, held.id, "Bob", "on the command line")
    assert ask(held.id, Person())["by"] == "Bob"


def test_a_plan_that_becomes_moot_while_the_form_is_seen_ends_it(hub: Hub, held: Held, ask: Ask) -> None:
    def moot() -> None:
        planning.plan(hub.region, Policy("open_portal", ("job", "training")), "board-1", NOON.date())

    assert ask(held.id, Person((Verdict.APPROVE, moot)))["state"] == "moot"


def test_a_plan_that_there_is_not_says_so(ask: Ask) -> None:
    with pytest.raises(Misconfigured, match="boostez plan list"):
        ask(7, Person())


@pytest.mark.parametrize(
    "answer",
    [
        {"verdict": "maybe", "reason": "because", "by": "Ada"},
        {"verdict": "approve", "reason": "", "by": "Ada"},
        {"verdict": "approve", "reason": "because", "by": ""},
        {"verdict": "approve", "by": "Ada"},
    ],
)
def test_a_form_is_not_sent_without_a_verdict_a_reason_and_a_name(answer: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Decision.model_validate(answer)
