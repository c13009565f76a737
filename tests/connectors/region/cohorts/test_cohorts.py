"""Cohorts from a proposal to the attestation, on a database of the test's own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from connectors.region.access import acts
from connectors.region.cohorts import cohorts, outcomes
from connectors.region.cohorts.cohorts import Plan
from connectors.region.firms import progress
from connectors.region.sessions import enrolments
from core.cohorts import Cohort, Member, Proposal, Score
from schemas.errors import Refused
from schemas.firm import Consent
from tests.hands import sql
from tests.makers import NOON
from tests.programme import BEGINS, DAY, Programme

pytestmark = pytest.mark.database
PLAN = Plan(first=NOON.date() + dt.timedelta(days=60), sessions=3, weeks=2)
NOTHING = Score(left_over=0, size=0, distance=0, sector=0, moved=0)


def proposal(coach: int, *members: int) -> Proposal:
    told = tuple(Member(number, f"Firme {number}", "the same slot") for number in members)
    cohort = Cohort(
        coach=coach,
        coach_name="Camille",
        slot="tue-evening",
        level="beginner",
        department="69",
        members=told,
        farthest=None,
        why="one department, one level",
    )
    return Proposal(cohorts=(cohort,), left_over=(), score=NOTHING)


def came(programme: Programme, number: int = 2, **changes: Any) -> list[int]:
    """So many people who came to a seminar and said when they can come."""
    session = programme.session()
    people = [programme.person(**changes) for _ in range(number)]
    enrolled = [programme.enrol(session, person) for person in people]
    sql(programme.region, "UPDATE contact SET availability = '[\"tue-evening\"]'")
    sql(programme.region, "UPDATE firm SET level = 'beginner'")
    programme.now = BEGINS + DAY
    programme.sheet(session, *enrolled)
    return people


def opened(programme: Programme, *members: int, key: str = "run-1") -> tuple[int, int]:
    """A cohort that is open, and its coach."""
    coach = programme.coach()
    (number,) = cohorts.propose(programme.region, key, proposal(coach, *members), 12, programme.now)
    (cohort,) = cohorts.decide(programme.region, programme.rules, key, [number], PLAN, "Ada", programme.now)
    assert (cohort.state, cohort.members) == ("open", len(members))
    (act,) = acts.listed(programme.region, on=f"cohort {number}")
    assert (act.did, act.by) == ("approved", "Ada")
    return number, coach


def held(programme: Programme, cohort: int, *present: int) -> None:
    """Every session of the cohort is held, and these people came."""
    for ref, starts_at in sql(
        programme.region,
        "SELECT ref, starts_at FROM session WHERE cohort_id = :id ORDER BY starts_at",
        id=cohort,
    ):
        programme.now = starts_at + DAY
        rows = sql(
            programme.region,
            "SELECT e.id FROM enrolment e JOIN session s ON s.id = e.session_id WHERE s.ref = :ref AND e.contact_id = ANY(:who)",
            ref=ref,
            who=list(present),
        )
        enrolments.sheet(programme.region, ref, [row.id for row in rows], "Camille", programme.now)


def test_who_came_and_said_when_they_can_come_waits_for_a_cohort(programme: Programme) -> None:
    one, two = came(programme)
    silent = programme.person()
    programme.enrol(programme.session(starts_wall=dt.datetime.fromisoformat("2027-01-12T14:00")), silent)
    found = cohorts.candidates(programme.region)
    assert [candidate.id for candidate in found] == [one, two]
    assert {candidate.level for candidate in found} == {"beginner"}
    assert found[0].availability == {"tue-evening"}


def test_a_firm_has_one_candidate(programme: Programme) -> None:
    firm = programme.firm()
    people = came(programme, firm=firm)
    (found,) = cohorts.candidates(programme.region)
    assert found.id in people


def test_whoever_is_in_a_cohort_waits_for_no_other(programme: Programme) -> None:
    one, two = came(programme)
    opened(programme, one)
    assert [candidate.id for candidate in cohorts.candidates(programme.region)] == [two]


def test_a_coach_has_no_more_cohorts_than_they_take_and_one_at_a_slot(programme: Programme) -> None:
    one, two = came(programme)
    sql(programme.region, 'UPDATE coach SET availability = \'["tue-evening", "wed-morning"]\'')
    _, coach = opened(programme, one)
    sql(
        programme.region,
        'UPDATE coach SET availability = \'["tue-evening", "wed-morning"]\', departments = \'["69"]\'',
    )
    (free,) = cohorts.free_coaches(programme.region)
    assert (free.id, free.slots, free.cohorts) == (coach, frozenset({"wed-morning"}), 1)
    cohorts.propose(programme.region, "run-2", proposal(coach, two), 12, programme.now)
    assert cohorts.free_coaches(programme.region) == []


def test_an_approved_cohort_has_its_sessions_and_one_letter_a_member(programme: Programme) -> None:
    one, two = came(programme)
    before = len(programme.letters())
    number, coach = opened(programme, one, two)
    sessions = sql(
        programme.region,
        "SELECT title, starts_wall, coach_id, capacity FROM session WHERE cohort_id = :id ORDER BY starts_at",
        id=number,
    )
    assert [row.title for row in sessions] == [f"Atelier d’accompagnement {n}/3" for n in (1, 2, 3)]
    assert {row.starts_wall.strftime("%a %H:%M") for row in sessions} == {"Tue 18:30"}
    assert {(row.coach_id, row.capacity) for row in sessions} == {(coach, 2)}
    assert programme.letters()[before:] == [f"cohort.{number}.{person}" for person in (one, two)]
    states = sql(
        programme.region,
        "SELECT DISTINCT state FROM reminder WHERE session_id IN (SELECT id FROM session WHERE cohort_id IS NOT NULL)",
    )
    assert [row.state for row in states] == ["waiting"]
    assert sql(programme.region, "SELECT count(*) FROM enrolment WHERE state = 'registered'") == [(6,)]


def test_the_same_proposal_and_the_same_decision_twice_are_once(programme: Programme) -> None:
    one, two = came(programme)
    number, coach = opened(programme, one, two)
    assert cohorts.propose(programme.region, "run-1", proposal(coach, one, two), 12, programme.now) == [
        number
    ]
    before = programme.letters()
    again = cohorts.decide(programme.region, programme.rules, "run-1", [number], PLAN, "Bob", programme.now)
    assert [cohort.state for cohort in again] == ["open"]
    assert programme.letters() == before
    with pytest.raises(Refused, match="open already"):
        cohorts.decide(programme.region, programme.rules, "run-1", [], PLAN, "Bob", programme.now)


def test_one_proposal_waits_at_a_time(programme: Programme) -> None:
    one, two = came(programme)
    coach = programme.coach()
    cohorts.propose(programme.region, "run-1", proposal(coach, one), 12, programme.now)
    with pytest.raises(Refused, match="run-1 waits"):
        cohorts.propose(programme.region, "run-2", proposal(coach, two), 12, programme.now)
    assert [cohort.proposal for cohort in cohorts.listed(programme.region)] == ["run-1"]


def test_a_refused_proposal_leaves_everybody_as_they_were(programme: Programme) -> None:
    one, _ = came(programme)
    coach, before = programme.coach(), programme.letters()
    cohorts.propose(programme.region, "run-1", proposal(coach, one), 12, programme.now)
    (cohort,) = cohorts.decide(programme.region, programme.rules, "run-1", [], PLAN, "Ada", programme.now)
    assert cohort.state == "refused"
    assert programme.letters() == before
    assert one in [candidate.id for candidate in cohorts.candidates(programme.region)]


def test_who_was_erased_meanwhile_is_not_in_what_opens(programme: Programme) -> None:
    one, two = came(programme)
    coach = programme.coach()
    (number,) = cohorts.propose(programme.region, "run-1", proposal(coach, one, two), 12, programme.now)
    programme.erase(two)
    (cohort,) = cohorts.decide(
        programme.region, programme.rules, "run-1", [number], PLAN, "Ada", programme.now
    )
    assert cohort.members == 1
    assert [name for name in programme.letters() if name.startswith("cohort.")] == [f"cohort.{number}.{one}"]


def test_there_is_nothing_to_decide_on_without_a_proposal(programme: Programme) -> None:
    with pytest.raises(Refused, match="No proposal"):
        cohorts.decide(programme.region, programme.rules, "run-9", [], PLAN, "Ada", programme.now)


def test_a_cohort_ends_with_its_last_session_and_whoever_came_has_an_attestation(
    programme: Programme,
) -> None:
    one, two = came(programme)
    number, _ = opened(programme, one, two)
    assert cohorts.finish(programme.region, programme.now) == []
    held(programme, number, one)
    assert cohorts.finish(programme.region, programme.now) == [number]
    assert cohorts.finish(programme.region, programme.now) == []
    assert [name for name in programme.letters() if name.startswith("finished.")] == [
        f"finished.{number}.{one}"
    ]


def test_firms_are_asked_once_three_and_once_six_months_later(programme: Programme) -> None:
    one, two = came(programme)
    number, _ = opened(programme, one, two)
    held(programme, number, one, two)
    cohorts.finish(programme.region, programme.now)
    ended = programme.now
    sql(
        programme.region,
        "UPDATE consent SET withdrawn_at = :now, withdrawn_by = 'staff' WHERE contact_id = :two",
        two=two,
        now=ended,
    )
    months = {0: (0, 0, 0), 80: (0, 0, 0), 95: (1, 1, 0), 96: (0, 1, 0), 185: (1, 1, 1), 300: (0, 0, 2)}
    for days, expected in months.items():
        asked = outcomes.ask(programme.region, ended + days * DAY)
        assert (asked.letters, asked.refused, asked.late) == expected, days
    subjects = [name for name in programme.letters() if name.startswith("outcome.")]
    assert [subject.rsplit(".", 1)[1] for subject in subjects] == ["3", "6"]


def test_after_two_months_it_is_too_late_to_ask(programme: Programme) -> None:
    (one,) = came(programme, 1)
    number, _ = opened(programme, one)
    held(programme, number, one)
    cohorts.finish(programme.region, programme.now)
    asked = outcomes.ask(programme.region, programme.now + 160 * DAY)
    assert (asked.letters, asked.late) == (0, 1)


def test_firms_are_counted_by_how_far_they_have_come(programme: Programme) -> None:
    one, two, three = came(programme, 3, consents=[Consent("sessions", "mail")])
    programme.firm(naf="47.11B")
    number, _ = opened(programme, one, two)
    found = progress.figures(programme.region).whole
    assert (found.known, found.registered, found.present, found.cohort, found.finished) == (4, 3, 3, 2, 0)
    held(programme, number, one, two)
    cohorts.finish(programme.region, programme.now)
    last = sql(programme.region, "SELECT max(id) FROM enrolment WHERE contact_id = :one", one=one)[0][0]
    sql(
        programme.region,
        "INSERT INTO answer (contact_id, about, enrolment_id, content, at) VALUES (:one, 'outcome_3', :last, '{}', :now)",
        one=one,
        last=last,
        now=programme.now,
    )
    figures = progress.figures(programme.region)
    assert figures.whole.finished == 2
    assert figures.whole.outcome == 1
    assert sum(part.steps.known for part in figures.departments) == 4
    assert {part.name for part in figures.sectors} == {"", "Commerce et réparation automobile"}
    assert three
