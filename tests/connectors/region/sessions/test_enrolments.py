"""Enrolments: a place, a wait for one, a place given back, and who came."""

from __future__ import annotations

import datetime as dt

import pytest

from connectors.region.sessions import enrolments
from connectors.region.sessions.enrolments import ATTENDED_FROM, ATTENDED_UNTIL, PROMOTED_BEFORE, Enrolment
from connectors.region.sessions.sessions import Session
from schemas.errors import Misconfigured, Refused
from tests.hands import sql
from tests.makers import NOON
from tests.programme import BEGINS, DAY, ENDS, HOUR, STARTS, Programme

pytestmark = pytest.mark.database
MINUTE = dt.timedelta(minutes=1)


def full(programme: Programme, waiting: int = 2) -> tuple[Session, list[Enrolment]]:
    """A session with one place: who has it, and those who wait, a minute apart."""
    session = programme.session(capacity=1)
    made = []
    for _ in range(1 + waiting):
        made.append(programme.enrol(session))
        programme.now += MINUTE
    return session, made


def states(programme: Programme, enrolled: list[Enrolment]) -> list[str]:
    return [programme.state(each) for each in enrolled]


# A place


def test_a_place_is_had_and_said_in_one_letter(programme: Programme) -> None:
    enrolment = programme.enrol(programme.session())
    assert (enrolment.state, enrolment.since, enrolment.turn) == ("registered", NOON, 1)
    assert programme.letters() == [f"registered.{enrolment.id}.1.1"]
    ((armed_at, enrolled_at),) = sql(programme.region, "SELECT armed_at, enrolled_at FROM enrolment")
    assert (armed_at, enrolled_at) == (NOON, NOON)


def test_the_same_again_is_a_double_click(programme: Programme) -> None:
    session, person = programme.session(), programme.person()
    first = programme.enrol(session, person)
    programme.now += HOUR
    assert programme.enrol(session, person) == first
    assert len(programme.letters()) == 1


def test_who_comes_when_every_place_is_had_waits_and_is_told(programme: Programme) -> None:
    _, (_, second, _) = full(programme)
    assert second.state == "waiting"
    assert programme.kinds(second) == ["waiting"]
    assert programme.reminders(second) == {}


def test_nobody_overtakes_who_waits_also_when_a_place_got_free_too_late(programme: Programme) -> None:
    session, (first, second) = full(programme, waiting=1)
    programme.now = BEGINS - PROMOTED_BEFORE
    programme.leave(first)
    assert programme.enrol(session).state == "waiting"
    assert programme.state(second) == "waiting"


@pytest.mark.parametrize("state", ["draft", "cancelled", "begun"])
def test_a_session_that_is_not_open_takes_nobody(programme: Programme, state: str) -> None:
    session = programme.session(state="draft" if state == "draft" else "open")
    if state == "cancelled":
        programme.cancel(session)
    if state == "begun":
        programme.now = BEGINS
    with pytest.raises(Refused, match="takes nobody any more"):
        programme.enrol(session)
    assert sql(programme.region, "SELECT FROM enrolment") == []


# A place given back


def test_a_place_given_back_goes_to_who_waits_longest_who_is_told_and_reminded(programme: Programme) -> None:
    _, (first, second, third) = full(programme)
    programme.leave(first)
    assert states(programme, [first, second, third]) == ["left", "registered", "waiting"]
    assert programme.kinds(first) == ["registered", "left"]
    assert programme.kinds(second) == ["waiting", "promoted"]
    assert set(programme.reminders(first).values()) == {"void"}
    assert set(programme.reminders(second).values()) == {"waiting"}


def test_giving_back_twice_is_once(programme: Programme) -> None:
    _, (first, second, third) = full(programme)
    left = programme.leave(first)
    assert programme.leave(first) == left
    assert states(programme, [second, third]) == ["registered", "waiting"]


def test_who_waits_and_leaves_frees_no_place_and_needs_no_letter(programme: Programme) -> None:
    _, (first, second, third) = full(programme)
    programme.leave(second)
    assert states(programme, [first, second, third]) == ["registered", "left", "waiting"]
    assert programme.kinds(second) == ["waiting"]


def test_who_left_comes_back_at_the_end_of_the_line_with_letters_of_their_own(programme: Programme) -> None:
    session, (first, second, third) = full(programme)
    programme.leave(first)
    back = programme.enrol(session, first.contact_id)
    assert (back.id, back.state, back.turn) == (first.id, "waiting", 2)
    assert programme.waiting(session) == [third.id, first.id]
    programme.leave(second)
    programme.leave(third)
    assert programme.state(first) == "registered"
    assert programme.kinds(first) == ["registered", "left", "waiting", "promoted"]
    assert programme.letters()[-1] == f"promoted.{first.id}.2.1"


def test_a_place_that_gets_free_three_hours_before_is_given_to_nobody(programme: Programme) -> None:
    _, (first, second, third) = full(programme)
    programme.now = BEGINS - PROMOTED_BEFORE - MINUTE
    programme.leave(first)
    programme.now += MINUTE
    programme.leave(second)
    assert states(programme, [second, third]) == ["left", "waiting"]


def test_no_place_is_given_back_once_the_session_has_begun(programme: Programme) -> None:
    enrolment = programme.enrol(programme.session())
    programme.now = BEGINS
    with pytest.raises(Refused, match="has begun"):
        programme.leave(enrolment)


def test_who_said_that_they_are_there_gives_no_place_back(programme: Programme) -> None:
    """Half an hour before the start they pressed the link on the wall, then « give my place back »: the page failed with a 500."""
    enrolment = programme.enrol(programme.session())
    programme.now = BEGINS - HOUR / 2
    programme.attend(enrolment)
    with pytest.raises(Refused, match="said that they are there"):
        programme.leave(enrolment)
    assert programme.state(enrolment) == "present"


def test_what_is_not_there_is_said(programme: Programme) -> None:
    assert enrolments.get(programme.region, 99) is None
    nobody = Enrolment(99, 1, 1, "registered", NOON, 1)
    with pytest.raises(Misconfigured, match="No enrolment 99"):
        programme.leave(nobody)
    with pytest.raises(Misconfigured, match="No enrolment 99"):
        programme.attend(nobody)
    with pytest.raises(Misconfigured, match="No enrolment 99"):
        programme.transfer(nobody, programme.session())
    with pytest.raises(Misconfigured, match="No session S-1"):
        enrolments.sheet(programme.region, "S-1", [], "Camille", NOON)
    enrolment = programme.enrol(programme.session())
    with pytest.raises(Misconfigured, match="No session S-1"):
        enrolments.transfer(programme.region, programme.rules, enrolment.id, "S-1", NOON)


# To another session


def test_a_transfer_is_a_place_there_and_a_place_given_back_here(programme: Programme) -> None:
    here, (first, second, _) = full(programme)
    there = programme.session(starts_wall=STARTS + DAY)
    moved = programme.transfer(first, there)
    assert (moved.session_id, moved.contact_id, moved.state) == (there.id, first.contact_id, "registered")
    assert states(programme, [first, second]) == ["left", "registered"]
    assert set(programme.reminders(first).values()) == {"void"}
    assert set(programme.reminders(moved).values()) == {"waiting"}
    assert programme.read(here).taken == 1


def test_a_transfer_to_a_full_session_waits_there_and_gives_the_place_back_all_the_same(
    programme: Programme,
) -> None:
    there, _ = full(programme, waiting=0)
    enrolment = programme.enrol(programme.session())
    assert programme.transfer(enrolment, there).state == "waiting"
    assert programme.state(enrolment) == "left"


def test_a_transfer_to_the_same_session_changes_nothing(programme: Programme) -> None:
    session, (first, second) = full(programme, waiting=1)
    assert programme.transfer(first, session) == first
    assert programme.transfer(second, session) == second
    assert states(programme, [first, second]) == ["registered", "waiting"]


def test_a_transfer_that_is_refused_leaves_the_place_as_it_was(programme: Programme) -> None:
    session, (first, second) = full(programme, waiting=1)
    there = programme.session()
    programme.cancel(there)
    with pytest.raises(Refused, match="takes nobody any more"):
        programme.transfer(first, there)
    assert states(programme, [first, second]) == ["registered", "waiting"]
    assert programme.read(session).taken == 1


@pytest.mark.parametrize("state", ["left", "present"])
def test_who_has_left_or_come_is_not_moved(programme: Programme, state: str) -> None:
    enrolment, there = programme.enrol(programme.session()), programme.session(starts_wall=STARTS + DAY)
    if state == "left":
        programme.leave(enrolment)
    else:
        programme.now = BEGINS - HOUR / 2
        programme.attend(enrolment)
    with pytest.raises(Refused, match=f"it is {state}"):
        programme.transfer(enrolment, there)


# Who came


def test_the_link_on_the_wall_works_from_an_hour_before_until_half_a_day_after(programme: Programme) -> None:
    session = programme.session()
    early, late = programme.enrol(session), programme.enrol(session)
    for moment in (BEGINS - ATTENDED_FROM - MINUTE, ENDS + ATTENDED_UNTIL + MINUTE):
        programme.now = moment
        with pytest.raises(Refused, match="Nobody can say"):
            programme.attend(early)
    programme.now = BEGINS - ATTENDED_FROM
    assert programme.attend(early).state == "present"
    programme.now = ENDS + ATTENDED_UNTIL
    assert programme.attend(late).state == "present"
    rows = sql(programme.region, "SELECT attended_at, attended_by FROM enrolment ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (BEGINS - ATTENDED_FROM, "link"),
        (ENDS + ATTENDED_UNTIL, "link"),
    ]
    ((seen_at,),) = sql(programme.region, "SELECT seen_at FROM contact WHERE id = :id", id=late.contact_id)
    assert seen_at == ENDS + ATTENDED_UNTIL


def test_saying_twice_that_one_is_there_is_once(programme: Programme) -> None:
    enrolment = programme.enrol(programme.session())
    programme.now = BEGINS
    first = programme.attend(enrolment)
    programme.now += 20 * DAY
    assert programme.attend(enrolment) == first


def test_who_has_no_place_or_no_session_cannot_attend(programme: Programme) -> None:
    _, (first, second) = full(programme, waiting=1)
    cancelled = programme.session()
    lost = programme.enrol(cancelled)
    programme.cancel(cancelled)
    programme.now = BEGINS - HOUR / 2
    programme.leave(first)
    for each in (first, second, lost):
        with pytest.raises(Refused, match="Nobody can say"):
            programme.attend(each)


def test_the_sheet_says_of_everybody_with_a_place_whether_they_came(programme: Programme) -> None:
    session = programme.session(capacity=3)
    came, missed, linked, waits = (programme.enrol(session) for _ in range(4))
    programme.now = BEGINS
    programme.attend(linked)
    programme.now = ENDS
    assert programme.sheet(session, came, linked) == (2, 1)
    assert states(programme, [came, missed, linked, waits]) == ["present", "absent", "present", "waiting"]
    by = sql(programme.region, "SELECT attended_by FROM enrolment WHERE state = 'present' ORDER BY id")
    assert [row.attended_by for row in by] == ["Camille", "link"], "who said it themselves keeps saying it"


def test_the_sheet_may_be_corrected_either_way_and_sent_twice(programme: Programme) -> None:
    session = programme.session()
    one, other = programme.enrol(session), programme.enrol(session)
    programme.now = ENDS
    programme.sheet(session, one)
    programme.now += DAY
    assert programme.sheet(session, other) == programme.sheet(session, other) == (1, 1)
    assert states(programme, [one, other]) == ["absent", "present"]


def test_the_sheet_takes_nobody_of_another_session(programme: Programme) -> None:
    session, other = programme.session(), programme.session()
    stranger = programme.enrol(other)
    programme.enrol(session)
    programme.now = ENDS
    assert programme.sheet(session, stranger) == (0, 1)
    assert programme.state(stranger) == "registered"


@pytest.mark.parametrize("state", ["to come", "cancelled"])
def test_a_session_that_was_not_held_has_no_sheet(programme: Programme, state: str) -> None:
    session = programme.session()
    if state == "cancelled":
        programme.cancel(session)
        programme.now = ENDS
    with pytest.raises(Refused, match="has not been held"):
        programme.sheet(session)


def test_who_was_marked_absent_by_mistake_can_still_say_that_they_are_there(programme: Programme) -> None:
    session = programme.session()
    enrolment = programme.enrol(session)
    programme.now = BEGINS + HOUR
    programme.sheet(session)
    assert programme.state(enrolment) == "absent"
    assert programme.attend(enrolment).state == "present"
