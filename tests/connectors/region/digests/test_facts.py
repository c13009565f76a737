"""What each role is told, counted by the database from what really happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TypeVar

import pytest

from connectors import digesting
from connectors.region.cohorts import coaches
from connectors.region.database import Region
from connectors.region.dialogues import hosts
from connectors.region.digests import territory
from connectors.region.offers import offers, walks
from connectors.region.questions import questions
from connectors.registry import objectives
from connectors.settings import Settings
from core.digests.facts import (
    Asked,
    CoachFacts,
    Cohort,
    ContractorFacts,
    Counted,
    DirectionFacts,
    Facts,
    Held,
    Moved,
    OfficialFacts,
    PressFacts,
)
from core.digests.weeks import Slot, latest
from schemas.documents import Reason
from schemas.letters import Role
from tests.hands import sql
from tests.makers import NOON, incoming, job
from tests.questions import Forum
from tests.stakeholders import MONDAY, WEEK, Stakeholders, stakeholders

pytestmark = pytest.mark.database
DAY = dt.timedelta(days=1)
SLOT = Slot(0, dt.time(7))
LAST_TUESDAY = dt.datetime.fromisoformat("2026-11-24T14:00")
THIS_TUESDAY = dt.datetime.fromisoformat("2026-12-01T14:00")


@pytest.fixture
def people(region: Region) -> Iterator[Stakeholders]:
    with stakeholders(region) as made:
        yield made


ROLE_OF: dict[type[Facts], Role] = {
    OfficialFacts: "officials",
    CoachFacts: "coaches",
    ContractorFacts: "contractor",
    PressFacts: "press",
    DirectionFacts: "direction",
}
F = TypeVar("F", OfficialFacts, CoachFacts, ContractorFacts, PressFacts, DirectionFacts)


def told(people: Stakeholders, kind: type[F], reader: object = "") -> F:
    """What the newest digest of that role tells now."""
    week, levels = latest(SLOT, people.now), objectives(Settings())
    found = digesting.facts_for(people.region, levels, ROLE_OF[kind], str(reader), week, people.now)
    assert isinstance(found, kind)
    return found


# Officials


def test_an_official_is_told_of_offers_in_their_departments_only(people: Stakeholders) -> None:
    people.offers()
    mine = told(people, OfficialFacts, people.official(departments=["69"]))
    assert mine.offers == (Moved("69", "job", 1, 1, 0),)
    every = told(people, OfficialFacts, people.official())
    assert set(every.offers) == {Moved("69", "job", 1, 1, 0), Moved("42", "training", 1, 1, 0)}


def test_what_came_or_went_at_another_time_is_not_counted(people: Stakeholders) -> None:
    people.offers()
    official = people.official(departments=["69"])
    for at, number in (
        (MONDAY - WEEK, 1),  # on Monday at seven: midnight was before
        (dt.datetime(2026, 11, 22, 23, tzinfo=dt.UTC), 1),  # midnight in Paris
        (dt.datetime(2026, 11, 22, 22, 59, tzinfo=dt.UTC), 0),
        (dt.datetime(2026, 11, 29, 22, 59, tzinfo=dt.UTC), 1),
        (dt.datetime(2026, 11, 29, 23, tzinfo=dt.UTC), 0),
    ):
        sql(people.region, "UPDATE offer_change SET at = :at", at=at)
        facts = told(people, OfficialFacts, official)
        assert [each.opened for each in facts.offers] == [number], at


def test_one_that_came_and_went_twice_counts_once_each_way(people: Stakeholders) -> None:
    people.offers()
    sql(
        people.region,
        "INSERT INTO offer_change (offer_id, at, change) SELECT o.id, :at, c FROM offer o, unnest(ARRAY['closed', 'reopened', 'closed']) c "
        "WHERE o.department = '69'",
        at=NOON,
    )
    sql(people.region, "UPDATE offer SET status = 'closed', closed_reason = 'absent' WHERE department = '69'")
    facts = told(people, OfficialFacts, people.official(departments=["69"]))
    assert facts.offers == (Moved("69", "job", 0, 1, 1),)
    people.now += WEEK
    facts = told(people, OfficialFacts, people.official(departments=["69"]))
    assert facts.offers == (), "none is there and none moved: a line of noughts says nothing"


def test_an_official_is_told_of_their_dialogues_and_of_nobody_else_s(people: Stakeholders) -> None:
    official, other = people.official(), people.official()
    for mine, starts in (
        (official, LAST_TUESDAY + dt.timedelta(days=3)),
        (official, THIS_TUESDAY),
        (official, THIS_TUESDAY + 40 * DAY),
        (other, THIS_TUESDAY),
    ):
        where = people.dialogues.placement(official_id=mine, starts_wall=starts)
        people.dialogues.now = NOON - WEEK
        made = people.dialogues.announced(where=where, title=f"Le {starts:%d/%m}")
        if starts < THIS_TUESDAY:
            people.room.programme.now = NOON - WEEK
            for state in ("present", "registered"):
                sql(
                    people.region,
                    "INSERT INTO enrolment (session_id, contact_id, state, since, enrolled_at, attended_at) SELECT s.id, :contact, "
                    "cast(:state AS text), now(), now(), CASE WHEN :state = 'present' THEN now() END FROM session s WHERE s.id = :session",
                    contact=people.room.programme.person(),
                    state=state,
                    session=made.session_id,
                )
    people.now = MONDAY
    facts = told(people, OfficialFacts, official)
    assert [each.title for each in facts.coming] == ["Le 01/12"]
    (held,) = facts.past
    assert (held.title, held.registered, held.present, held.unknown) == ("Le 27/11", 2, 1, 1)


def test_what_nobody_announced_was_not_held_and_has_no_page_yet(people: Stakeholders) -> None:
    """A dialogue that was approved and never announced was told as held; one to come had a link that opens nothing."""
    official = people.official()
    people.now = NOON - DAY
    for starts in (LAST_TUESDAY, THIS_TUESDAY):
        where = people.dialogues.placement(official_id=official, starts_wall=starts)
        people.dialogues.approved(where=where, title=f"Le {starts:%d/%m}")
    people.now = MONDAY
    facts = told(people, OfficialFacts, official)
    assert facts.past == ()
    assert [(each.title, each.announced) for each in facts.coming] == [("Le 01/12", False)]


def test_what_leaves_late_does_not_say_that_yesterday_is_to_come(people: Stakeholders) -> None:
    """A digest that was approved of on Wednesday had Tuesday's sessions as those to come."""
    official, programme = people.official(), people.room.programme
    programme.now = people.dialogues.now = NOON
    cohort = programme.cohort(coach := people.coach())
    for starts in (THIS_TUESDAY, THIS_TUESDAY + 3 * DAY):
        where = people.dialogues.placement(official_id=official, starts_wall=starts)
        people.dialogues.announced(where=where, title=f"{starts:%A}")
        programme.session(kind="coaching", cohort_id=cohort, starts_wall=starts, title=f"{starts:%A}")
    people.now = MONDAY + 2 * DAY
    for facts in (told(people, OfficialFacts, official), told(people, CoachFacts, coach)):
        assert (facts.past, [each.title for each in facts.coming]) == ((), ["Friday"])


def test_an_official_is_told_of_questions_that_wait_for_them_the_first_due_first(
    people: Stakeholders,
) -> None:
    forum = Forum(people.room.programme)
    people.now = NOON
    dialogue, _ = forum.dialogue()
    sql(people.region, "UPDATE official SET themes = '[\"transport\"]'")
    mine = forum.publish(forum.anonymous(dialogue_id=dialogue.id))
    people.now = NOON + DAY
    theme = forum.publish(forum.anonymous("Où sont les nouvelles gares de la métropole ?", origin=b"b"))
    answered = forum.publish(forum.anonymous("Qui paie les nouvelles rames ?", origin=b"c"))
    forum.answer(answered)
    forum.anonymous("Et les vélos dans les trains ?", origin=b"d")  # nobody has moderated it
    other = forum.anonymous("Et l’apprentissage des métiers du bois ?", origin=b"e")
    sql(people.region, "UPDATE question SET theme = 'jobs' WHERE id = :id", id=other.id)
    forum.publish(other)
    people.now = MONDAY
    official = dialogue.official_id
    facts = told(people, OfficialFacts, official)
    read = [questions.named(people.region, each.ref) for each in (mine, theme)]
    assert facts.questions == tuple(
        Asked(each.ref, each.body, "Les trains" if each.dialogue_id else None, each.due_at)
        for each in read
        if each and each.due_at
    )


def test_who_left_has_no_week(people: Stakeholders) -> None:
    official = people.official()
    hosts.end(people.region, hosts.Official, "elue1@region.example", people.now)
    assert territory.official(people.region, official) is None
    coach = people.coach()
    coaches.end(people.region, "ines@coach.example", people.now)
    week = latest(SLOT, people.now)
    gone: tuple[tuple[Role, int], ...] = (("officials", official), ("coaches", coach))
    for role, reader in gone:
        levels = objectives(Settings())
        assert digesting.facts_for(people.region, levels, role, str(reader), week, people.now) is None


# Coaches


def test_a_coach_is_told_of_their_cohorts_sessions_and_who_misses_them(people: Stakeholders) -> None:
    programme = people.room.programme
    programme.now = NOON - 8 * WEEK
    coach = people.coach()
    cohort, foreign = programme.cohort(coach), programme.cohort()
    there, absent, left = (programme.person() for _ in range(3))
    sql(
        people.region,
        "INSERT INTO cohort_member (cohort_id, contact_id, joined_at, left_at) SELECT :cohort, c, now(), CASE WHEN c = :left THEN now() END "
        "FROM unnest(cast(:people AS bigint[])) c",
        cohort=cohort,
        people=[there, absent, left],
        left=left,
    )
    for number, days in enumerate((-28, -14, 0, 7)):
        session = programme.session(
            kind="coaching",
            cohort_id=cohort,
            title=f"Atelier {number}",
            starts_wall=LAST_TUESDAY + days * DAY,
        )
        programme.session(kind="coaching", cohort_id=foreign, starts_wall=LAST_TUESDAY + days * DAY)
        places = [programme.enrol(session, each) for each in (there, absent, left)]
        if days <= 0:
            programme.now = NOON + days * DAY + DAY
            programme.sheet(session, places[0], *(places[1:2] if number == 0 else ()))
            programme.now = NOON - 8 * WEEK
    people.now = MONDAY
    facts = told(people, CoachFacts, coach)
    assert facts.cohorts == (Cohort("Lyon", 2, 12),)
    (past,), (coming,) = facts.past, facts.coming
    assert (past.title, past.registered, past.present, past.absent) == ("Atelier 2", 3, 1, 2)
    assert (coming.title, coming.registered, coming.free) == ("Atelier 3", 3, 7)
    (risk,) = facts.at_risk
    assert (risk.missed, risk.states) == (2, ("absent", "absent", "present"))
    assert risk.came_at == (LAST_TUESDAY - 28 * DAY - dt.timedelta(hours=1)).replace(tzinfo=dt.UTC)


# The contractor


def test_the_contractor_is_told_of_every_refused_offer_once_and_of_earlier_weeks(
    people: Stakeholders,
) -> None:
    people.offers()
    enum = Reason("/job/contract", "enum", '"x"', "…")
    people.refuse("C-1", since=NOON - 3 * WEEK)
    people.refuse("C-2", enum, Reason("/title", "type", "1", "…"))
    people.approve()
    people.plan()
    sql(people.region, "INSERT INTO quarantine (source, key, ref, raw_hash, payload, rule, reasons) VALUES "
        "('lheo', 'L-1', 'L-1', 'x', 'y', 'json', '[]'), ('contractor', 'C-1', 'C-1', 'x', 'y', 'enum', cast(:reasons AS jsonb))",
        reasons='[{"pointer": "/a", "rule": "enum", "value": "1", "message": "m"}]')  # fmt: skip
    people.now += WEEK
    facts = told(people, ContractorFacts)
    assert facts.open == 2
    assert sorted(each.ref for each in facts.refusals) == ["C-1", "C-2"]
    assert facts.causes == {"enum": 2}, "the newest version of C-1 counts"
    assert facts.before == ({"type": 1, "enum": 1},), "as it was a week ago"


# The press office and the direction


def test_the_press_office_is_told_figures_of_everything(people: Stakeholders) -> None:
    people.offers()
    programme = people.room.programme
    programme.now = NOON - 3 * WEEK
    place = programme.enrol(programme.session(starts_wall=LAST_TUESDAY))
    programme.now = NOON + dt.timedelta(hours=1)
    programme.attend(place)
    forum = Forum(programme)
    programme.now = NOON
    forum.answer(forum.publish(forum.anonymous()))
    forum.publish(forum.anonymous("Où sont les nouvelles gares de la métropole ?", origin=b"b"))
    sql(people.region, "UPDATE question SET due_at = :at", at=MONDAY - DAY)
    dialogue, _ = forum.dialogue("closed")
    sql(people.region, "UPDATE dialogue SET starts_at = :at WHERE id = :id", at=NOON, id=dialogue.id)
    people.now = MONDAY
    facts = told(people, PressFacts)
    assert (facts.jobs, facts.trainings, facts.opened) == (1, 1, 2)
    assert facts.departments == (Counted("42", 0, 1), Counted("69", 1, 0))
    assert facts.progress.whole.present == 1
    assert facts.held == Held(1, 1, 0, 2, 1, 1, 1)


def test_only_a_sync_that_ended_well_makes_figures_fresh(people: Stakeholders) -> None:
    """A sync that failed was quoted as when the offers were last brought up to date."""
    ended = []
    for completed in (True, False):
        run = walks.start_run(people.region, "sync-offers", "contractor", "full")
        walks.finish_run(people.region, run, {"completed": completed})
        ended += sql(people.region, "SELECT finished_at FROM run WHERE id = :run", run=run)
    facts = told(people, PressFacts)
    assert facts.synced_at == ended[0].finished_at


def test_the_direction_is_told_targets_with_what_earlier_weeks_had(people: Stakeholders) -> None:
    people.offers()
    people.approve()
    people.plan()
    offers.merge(people.region, None, "contractor", [incoming(job("J-2"))])
    people.now += WEEK
    facts = told(people, DirectionFacts)
    assert [(each.name, each.target, each.now, each.before) for each in facts.targets] == [
        ("firms", 8_000, 0, (0,)),
        ("jobs", 23_000, 2, (1,)),
        ("trainings", 26_000, 1, (1,)),
    ]
    assert {each.objective.kind for each in facts.levels} == {"freshness", "latency", "reminders"}
