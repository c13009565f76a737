"""Enrolments by several people in the same moment: no place is given twice, and nobody waits for each other in a ring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from connectors.region.sessions.enrolments import Enrolment
from connectors.region.sessions.sessions import Session
from schemas.errors import Refused
from tests.at_once import ROUNDS, at_once
from tests.hands import sql
from tests.programme import BEGINS, ENDS, HOUR, Programme

pytestmark = pytest.mark.database


def sessions(programme: Programme, capacity: int) -> list[Session]:
    return [programme.session(capacity=capacity) for _ in range(ROUNDS)]


def states(programme: Programme, session: Session) -> Counter[str]:
    rows = sql(programme.region, "SELECT state FROM enrolment WHERE session_id = :id", id=session.id)
    return Counter(row.state for row in rows)


def test_of_two_who_ask_for_the_last_place_one_has_it_and_one_waits(programme: Programme) -> None:
    one, other = programme.person(), programme.person()
    for session in sessions(programme, 1):
        at_once(partial(programme.enrol, session, one), partial(programme.enrol, session, other))
        assert states(programme, session) == {"registered": 1, "waiting": 1}


def test_a_double_click_is_one_place_and_one_letter(programme: Programme) -> None:
    person = programme.person()
    for session in sessions(programme, 2):
        one, other = at_once(*[partial(programme.enrol, session, person)] * 2)
        assert one == other
        assert programme.kinds(one) == ["registered"]


def test_a_place_given_back_while_somebody_comes_goes_to_who_waited(programme: Programme) -> None:
    first, second, third = (programme.person() for _ in range(3))
    for session in sessions(programme, 1):
        has, waits = programme.enrol(session, first), programme.enrol(session, second)
        _, came = at_once(partial(programme.leave, has), partial(programme.enrol, session, third))
        assert programme.state(waits) == "registered"
        assert came.state == "waiting"


def test_who_leaves_and_comes_at_once_has_a_place_or_none_and_reminders_to_match(
    programme: Programme,
) -> None:
    person = programme.person()
    for session in sessions(programme, 1):
        enrolment = programme.enrol(session, person)
        at_once(partial(programme.leave, enrolment), partial(programme.enrol, session, person))
        state = programme.state(enrolment)
        reminded = set(programme.reminders(enrolment).values())
        assert (state, reminded) in [("registered", {"waiting"}), ("left", {"void"})]


def test_two_who_leave_at_once_make_room_for_two(programme: Programme) -> None:
    people = [programme.person() for _ in range(4)]
    for session in sessions(programme, 2):
        one, other, *_ = [programme.enrol(session, person) for person in people]
        at_once(partial(programme.leave, one), partial(programme.leave, other))
        assert states(programme, session) == {"left": 2, "registered": 2}
        promoted = [subject for subject in programme.letters() if subject.startswith("promoted")]
        assert len(promoted) == len(set(promoted))


def test_more_places_while_one_gets_free_are_given_once(programme: Programme) -> None:
    people = [programme.person() for _ in range(5)]
    for session in sessions(programme, 1):
        has, *_ = [programme.enrol(session, person) for person in people]
        at_once(partial(programme.leave, has), partial(programme.change, session, capacity=2))
        assert states(programme, session) == {"left": 1, "registered": 2, "waiting": 2}


def test_a_session_that_is_cancelled_while_somebody_comes_tells_them_or_takes_them_not(
    programme: Programme,
) -> None:
    person = programme.person()

    def come(session: Session) -> Enrolment | None:
        try:
            return programme.enrol(session, person)
        except Refused:
            return None

    for session in sessions(programme, 1):
        came, _ = at_once(partial(come, session), partial(programme.cancel, session))
        if isinstance(came, Enrolment):
            assert programme.kinds(came) == ["registered", "cancelled"]
            assert set(programme.reminders(came, 1).values()) == {"void"}
        else:
            assert states(programme, session) == {}


def test_two_who_are_moved_crosswise_do_not_block_each_other(programme: Programme) -> None:
    """Each held the session that the other was to go to: PostgreSQL ended one of them."""
    here, there = programme.session(), programme.session()
    one, other = programme.enrol(here), programme.enrol(there)
    for _ in range(ROUNDS):
        one, other = at_once(
            partial(programme.transfer, one, there),
            partial(programme.transfer, other, here),
        )
        here, there = there, here
        assert (one.state, other.state) == ("registered", "registered")


def test_two_sheets_of_the_same_people_do_not_block_each_other(programme: Programme) -> None:
    """Each noted when people were seen in the order of its own list, and the lists were not alike."""
    people = [programme.person() for _ in range(8)]
    one, other = programme.session(), programme.session()
    here = [programme.enrol(one, person) for person in people]
    there = [programme.enrol(other, person) for person in reversed(people)]
    programme.now = ENDS
    for _ in range(ROUNDS // 2):
        assert (
            at_once(partial(programme.sheet, one, *here), partial(programme.sheet, other, *there))
            == [(8, 0)] * 2
        )
        assert at_once(partial(programme.sheet, one), partial(programme.sheet, other)) == [(0, 8)] * 2


def test_who_gives_back_and_says_that_they_are_there_at_once_does_one_of_the_two(
    programme: Programme,
) -> None:
    person = programme.person()
    enrolled = [programme.enrol(session, person) for session in sessions(programme, 1)]
    programme.now = BEGINS - HOUR / 2

    def done(act: Callable[[Enrolment], Enrolment], enrolment: Enrolment) -> bool:
        try:
            act(enrolment)
        except Refused:
            return False
        return True

    for each in enrolled:
        left, came = at_once(partial(done, programme.leave, each), partial(done, programme.attend, each))
        assert left is not came
        assert programme.state(each) == ("left" if left else "present")
