"""Forming cohorts by the flow that staff start, and following up on them by the one that runs each day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from pydantic import ValidationError

from connectors import clock
from connectors.region.cohorts import cohorts
from connectors.reminder_rules import reminder_rules
from flows import form_cohorts as module
from flows.follow_up import follow_up
from flows.form_cohorts import Decision, Verdict, form_cohorts
from tests.connectors.region.cohorts.test_cohorts import held
from tests.flows.stories import is_json
from tests.hands import sql
from tests.programme import BEGINS, DAY, Programme
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]
FIRST = dt.date(2027, 1, 11)
Decide = Callable[[dict[str, Any]], list[str]]


@pytest.fixture
def programme(flowing: Hub, monkeypatch: pytest.MonkeyPatch) -> Programme:
    found = Programme(flowing.region, reminder_rules(flowing.settings.reminders_file))
    monkeypatch.setattr(clock, "now", lambda: found.now)
    return found


@pytest.fixture
def decide(monkeypatch: pytest.MonkeyPatch) -> Decide:
    """A coach answers the form; what it showed is what comes back."""

    def answered(answer: dict[str, Any]) -> list[str]:
        shown: list[str] = []

        def suspended(*, wait_for_input: Any, timeout: float, key: str) -> Decision:
            assert timeout > 24 * 3600
            assert key.startswith("cohorts-")
            shown.append(str(wait_for_input.__name__) + str(vars(wait_for_input)))
            return Decision.model_validate({"by": "Camille", **answer})

        monkeypatch.setattr(module, "suspend_flow_run", suspended)
        return shown

    return answered


def seminar(programme: Programme, number: int) -> list[int]:
    """So many firms of Lyon came, and can come on Tuesday evenings."""
    session = programme.session(capacity=100)
    people = [programme.person() for _ in range(number)]
    enrolled = [programme.enrol(session, person) for person in people]
    sql(programme.region, "UPDATE contact SET availability = '[\"tue-evening\"]'")
    sql(
        programme.region,
        "UPDATE firm SET level = 'beginner', commune = '69381', naf = lpad(id::text, 2, '0') || '.11B'",
    )
    coach = programme.coach()
    sql(
        programme.region,
        "UPDATE coach SET availability = '[\"tue-evening\"]', departments = '[\"69\"]' WHERE id = :id",
        id=coach,
    )
    programme.now = BEGINS + DAY
    programme.sheet(session, *enrolled)
    return people


def test_from_a_seminar_to_a_finished_cohort(programme: Programme, decide: Decide) -> None:
    people = seminar(programme, 9)
    decide({"verdict": "approve"})
    told = form_cohorts(first=FIRST, sessions=2)
    assert is_json(told)
    ((cohort,),) = [told["cohorts"]]
    assert (cohort["state"], cohort["members"]) == ("open", 9)
    sessions = sql(programme.region, "SELECT starts_wall FROM session WHERE cohort_id IS NOT NULL ORDER BY 1")
    assert [row.starts_wall.isoformat() for row in sessions] == ["2027-01-12T18:30:00", "2027-01-26T18:30:00"]
    held(programme, cohort["id"], *people[:5])
    figures = follow_up()
    assert is_json(figures)
    assert figures["finished"] == [cohort["id"]]
    assert figures["figures"]["whole"]["finished"] == 9
    programme.now += 98 * DAY  # a Wednesday, by day
    programme.now = programme.now.replace(hour=9)
    assert follow_up()["asked"] == {"letters": 5, "refused": 0, "late": 0}
    with get_client(sync_client=True) as client:
        keys = {artifact.key for artifact in client.read_artifacts()}
    assert {"cohorts", "programme"} <= keys


def test_a_coach_may_leave_some_out_or_refuse_all(programme: Programme, decide: Decide) -> None:
    seminar(programme, 8)
    decide({"verdict": "approve", "without": [1]})
    told = form_cohorts(first=FIRST)
    assert [each["state"] for each in told["cohorts"]] == ["refused"]
    decide({"verdict": "refuse", "reason": "trop tôt"})
    assert [each["state"] for each in form_cohorts(first=FIRST)["cohorts"]] == ["refused"]
    assert sql(programme.region, "SELECT count(*) FROM session WHERE kind = 'coaching'") == [(0,)]


@pytest.mark.usefixtures("programme")
def test_nobody_to_group_is_said_and_no_form_waits() -> None:
    told = form_cohorts(first=FIRST)
    assert told["cohorts"] == []
    assert told["told"].startswith("0 of 0")


def test_in_quiet_hours_nobody_is_asked(programme: Programme) -> None:
    programme.now = dt.datetime.fromisoformat("2026-11-29T10:00:00+00:00")  # a Sunday
    assert follow_up()["asked"] is None


def test_a_refusal_says_why() -> None:
    with pytest.raises(ValidationError, match="say why"):
        Decision(verdict=Verdict.REFUSE, by="Camille")
    assert cohorts.ZONE == "Europe/Paris"
