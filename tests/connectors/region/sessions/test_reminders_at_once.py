"""Reminders while others are at work: none is in two letters, none tells what is over, and nobody waits for each other in a ring."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec
import pytest

from connectors.region.sessions import enrolments, reminders, sessions
from connectors.region.sessions.enrolments import Enrolment
from connectors.region.sessions.sessions import Session
from tests.at_once import ROUNDS, at_once
from tests.hands import sql
from tests.programme import BEGINS, DAY, STARTS, Programme
from tests.reminder_rules import WEEK

pytestmark = pytest.mark.database
WEEK_BEFORE = BEGINS - 7 * DAY


@pytest.fixture
def people(programme: Programme) -> list[int]:
    programme.rules = [WEEK]
    return [programme.person() for _ in range(8)]


def due(programme: Programme, people: list[int]) -> tuple[Session, list[Enrolment]]:
    """A session a week from now, of which everybody is to be reminded."""
    programme.now = WEEK_BEFORE - DAY
    session = programme.session()
    enrolled = [programme.enrol(session, person) for person in people]
    programme.now = WEEK_BEFORE
    return session, enrolled


def told_versions(programme: Programme) -> list[tuple[int, int]]:
    """Of each reminder that people received its version, and that of its session."""
    sent = [number for letters in programme.post.told.values() for letter in letters for number in letter]
    assert len(sent) == len(set(sent)), "nothing is told twice"
    rows = sql(
        programme.region,
        "SELECT r.version, s.version AS current FROM reminder r JOIN session s ON s.id = r.session_id WHERE r.id = ANY(:ids)",
        ids=sent,
    )
    return [(row.version, row.current) for row in rows]


def test_two_who_queue_at_once_put_each_reminder_in_one_letter_and_each_person_has_one(
    programme: Programme, people: list[int]
) -> None:
    for _ in range(ROUNDS // 5):
        due(programme, people)
        due(programme, people)
        one, other = at_once(programme.queue, programme.queue)
        assert one.going + other.going == 2 * len(people)
        assert one.messages + other.messages == len(people)
        programme.minute()
    assert len(programme.post.told["mail"]) == ROUNDS // 5 * len(people)
    assert {len(letter) for letter in programme.post.told["mail"]} == {2}
    told_versions(programme)


def test_a_session_that_is_moved_while_reminders_are_queued_is_told_of_as_it_is_now(
    programme: Programme, people: list[int]
) -> None:
    for number in range(ROUNDS):
        session, _ = due(programme, people)
        at_once(
            programme.queue,
            partial(programme.change, session, starts_wall=STARTS + dt.timedelta(minutes=1 + number)),
        )
        programme.minute()
        old = sql(
            programme.region,
            "SELECT FROM reminder WHERE session_id = :id AND version = 1 AND state IN ('waiting', 'queued')",
            id=session.id,
        )
        assert old == []
    assert all(version == current for version, current in told_versions(programme))


def test_whoever_moves_a_session_does_not_wait_for_the_queue_that_waits_for_them(
    programme: Programme, people: list[int]
) -> None:
    """The mover held the reminders and waited for the people, the queue held the people and waited for the reminders."""
    session, _ = due(programme, people)
    with ThreadPoolExecutor(1) as pool, programme.region.begin() as moving:
        locked = sessions.lock(moving, session.ref)
        reminders.void(moving, "another time", session=locked.id)
        queue = pool.submit(programme.queue)
        until_somebody_waits(programme)
        moved = msgspec.structs.replace(locked, version=2)
        enrolments.arm_all(moving, programme.rules, moved, WEEK_BEFORE - DAY)
        moving.commit()
        assert queue.result(60).going == 0


def until_somebody_waits(programme: Programme) -> None:
    """Look until a connection waits for another's lock."""
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(10_000):
        if sql(programme.region, waiting):
            return
    pytest.fail("nobody waits")


def test_a_session_that_is_cancelled_while_reminders_are_queued_is_told_of_by_none(
    programme: Programme, people: list[int]
) -> None:
    for _ in range(ROUNDS):
        session, _ = due(programme, people)
        at_once(programme.queue, partial(programme.cancel, session))
        states = {
            row.state
            for row in sql(
                programme.region, "SELECT state FROM reminder WHERE session_id = :id", id=session.id
            )
        }
        assert states == {"void"}, "what was put in a letter in that moment, too"
        programme.minute()
    assert programme.post.told["mail"] == []


def test_who_leaves_while_reminders_are_queued_is_not_reminded(
    programme: Programme, people: list[int]
) -> None:
    for _ in range(ROUNDS // 5):
        _, enrolled = due(programme, people)
        at_once(programme.queue, *(partial(programme.leave, each) for each in enrolled[:3]))
        for each in enrolled[:3]:
            assert set(programme.reminders(each).values()) == {"void"}
        programme.minute()
        for each in enrolled[3:]:
            assert set(programme.reminders(each).values()) == {"sent"}


def test_who_is_erased_while_reminders_are_queued_is_not_written_to(programme: Programme) -> None:
    programme.rules = [WEEK]
    for _ in range(ROUNDS // 2):
        people = [programme.person() for _ in range(4)]
        _, enrolled = due(programme, people)
        at_once(programme.queue, partial(programme.erase, people[1]), partial(programme.erase, people[2]))
        for each in enrolled[1:3]:
            assert set(programme.reminders(each).values()) == {"void"}
        programme.minute()
        for each in (enrolled[0], enrolled[3]):
            assert set(programme.reminders(each).values()) == {"sent"}


def test_people_come_while_reminders_are_queued_and_nobody_waits_for_long(
    programme: Programme, people: list[int]
) -> None:
    """Who enrols need not wait for the queue that writes to them: it changes nothing that their place refers to."""
    late = [programme.session(starts_wall=STARTS + 30 * DAY) for _ in range(ROUNDS // 5)]
    for session in late:
        due(programme, people)
        at_once(
            programme.queue,
            *(partial(programme.enrol, session, person) for person in people[:3]),
            programme.close,
        )
        programme.minute()
    told_versions(programme)


def test_a_letter_is_joined_or_begun_and_never_both(programme: Programme, people: list[int]) -> None:
    """One worker claims the letter while the other puts another reminder in it."""
    sent = 0
    for _ in range(ROUNDS // 2):
        due(programme, people[:1])
        programme.queue()
        due(programme, people[:1])
        (lease, intents), _ = at_once(partial(programme.post.claim, "mail"), programme.queue)
        programme.post.receive(lease, [programme.post.deliver("mail", intent) for intent in intents])
        programme.minute()
        sent += 2
        assert sum(map(len, programme.post.told["mail"])) == sent
    told_versions(programme)
    rows = sql(programme.region, "SELECT state, count(*) FROM reminder GROUP BY state")
    assert [tuple(row) for row in rows] == [("sent", sent)]
