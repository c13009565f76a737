"""A session at another time or place, or not at all: whoever was told is told anew, once."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import pytest

from connectors.region.sessions.enrolments import Enrolment
from connectors.region.sessions.sessions import Session
from core.reminders import moments
from schemas.errors import Misconfigured, Refused
from tests.hands import sql
from tests.programme import BEGINS, DAY, HOUR, STARTS, Programme
from tests.reminder_rules import RULES

pytestmark = pytest.mark.database


def kinds(programme: Programme, *enrolled: Enrolment) -> list[list[str]]:
    return [programme.kinds(each)[1:] for each in enrolled]


@pytest.mark.parametrize(
    "wanted",
    [
        {"starts_wall": STARTS + DAY},
        {"minutes": 90},
        {"place": "Hôtel de Région"},
        {"address": "1 esplanade François-Mitterrand"},
        {"link": "https://visio.example/1"},
    ],
    ids=lambda wanted: next(iter(wanted)),
)
def test_another_time_or_place_is_told_to_all_who_take_part_or_wait_and_to_nobody_else(
    programme: Programme, wanted: dict[str, Any]
) -> None:
    session = programme.session(capacity=2)
    first, left, waits = (programme.enrol(session) for _ in range(3))
    programme.leave(left)
    second = programme.enrol(session)
    changed = programme.change(session, **wanted)
    assert changed.version == 2
    assert kinds(programme, first, left, waits, second) == [
        ["moved"],
        ["left"],
        ["promoted", "moved"],
        ["moved"],
    ]
    assert changed.starts_at == BEGINS + (DAY if "starts_wall" in wanted else 0 * DAY)
    assert changed.ends_at == changed.starts_at + changed.minutes * dt.timedelta(minutes=1)


def test_the_reminders_of_before_are_void_and_those_of_the_new_time_are_armed(programme: Programme) -> None:
    session = programme.session()
    enrolment = programme.enrol(session)
    programme.now = BEGINS - 7 * DAY
    programme.minute()
    changed = programme.change(session, starts_wall=STARTS + 20 * DAY)
    before = programme.reminders(enrolment, 1)
    assert before.pop("week") == "sent"
    assert set(before.values()) == {"void"}
    rows = sql(
        programme.region, "SELECT rule, at, until FROM reminder WHERE version = 2 AND state = 'waiting'"
    )
    expected = {(each.rule, each.at, each.until) for each in moments(RULES, changed.timed, programme.now)}
    assert {(row.rule, row.at, row.until) for row in rows} == expected


@pytest.mark.parametrize("wanted", [{"title": "Vendre en ligne"}, {"summary": "…"}, {"capacity": 5}, {}])
def test_what_need_not_be_told_is_told_to_nobody(programme: Programme, wanted: dict[str, Any]) -> None:
    session = programme.session()
    enrolment = programme.enrol(session)
    assert programme.change(session, **wanted).version == 1
    assert kinds(programme, enrolment) == [[]]
    assert set(programme.reminders(enrolment).values()) == {"waiting"}


def test_the_same_change_twice_is_one(programme: Programme) -> None:
    session = programme.session()
    enrolment = programme.enrol(session)
    for _ in range(2):
        assert programme.change(session, starts_wall=STARTS + DAY).version == 2
    assert kinds(programme, enrolment) == [["moved"]]


def test_more_places_are_given_to_those_who_wait_longest(programme: Programme) -> None:
    session = programme.session(capacity=1)
    people = [programme.enrol(session) for _ in range(4)]
    programme.change(session, capacity=3)
    assert [programme.state(each) for each in people] == ["registered", "registered", "registered", "waiting"]
    assert kinds(programme, *people[1:3]) == [["promoted"], ["promoted"]]


def test_fewer_places_take_nobodys_away_and_give_none(programme: Programme) -> None:
    session = programme.session(capacity=3)
    people = [programme.enrol(session) for _ in range(4)]
    programme.change(session, capacity=1)
    assert [programme.state(each) for each in people] == ["registered"] * 3 + ["waiting"]
    programme.leave(people[0])
    programme.leave(people[1])
    assert programme.state(people[3]) == "waiting"
    programme.leave(people[2])
    assert programme.state(people[3]) == "registered"


def test_a_later_time_makes_promotion_possible_again(programme: Programme) -> None:
    session = programme.session(capacity=1)
    first, second = programme.enrol(session), programme.enrol(session)
    programme.now = BEGINS - 2 * HOUR
    programme.leave(first)
    assert programme.state(second) == "waiting"
    programme.change(session, starts_wall=STARTS + DAY)
    assert programme.state(second) == "registered"
    assert kinds(programme, second) == [["moved", "promoted"]]


def test_an_hour_that_clocks_show_stays_when_clocks_change(programme: Programme) -> None:
    """14:00 in summer is another instant than 14:00 in winter."""
    changed = programme.change(programme.session(), starts_wall=dt.datetime.fromisoformat("2027-04-06T14:00"))
    assert changed.starts_at == dt.datetime(2027, 4, 6, 12, tzinfo=dt.UTC)


def test_a_session_that_has_begun_or_would_have_stays_as_it_is(programme: Programme) -> None:
    session = programme.session()
    with pytest.raises(Refused, match="would have begun already"):
        programme.change(session, starts_wall=STARTS - 60 * DAY)
    programme.now = BEGINS
    for act in (partial(programme.change, session, minutes=60), partial(programme.cancel, session)):
        with pytest.raises(Refused, match="has begun"):
            act()
    assert programme.read(session).version == 1


def test_what_is_not_there_is_said(programme: Programme) -> None:
    session = programme.session()
    sql(programme.region, "DELETE FROM session")
    for act in (partial(programme.change, session, minutes=60), partial(programme.cancel, session)):
        with pytest.raises(Misconfigured, match="No session S-"):
            act()


# Not at all


def test_a_cancelled_session_is_told_once_and_reminds_nobody(programme: Programme) -> None:
    session = programme.session(capacity=1)
    first, waits = programme.enrol(session), programme.enrol(session)
    cancelled = programme.cancel(session, "la neige")
    assert (cancelled.state, cancelled.reason, cancelled.version) == ("cancelled", "la neige", 2)
    assert programme.cancel(session, "autre chose") == cancelled
    assert kinds(programme, first, waits) == [["cancelled"], ["cancelled"]]
    assert set(programme.reminders(first, 1).values()) == {"void"}
    assert programme.reminders(first) == {}


def test_a_cancelled_session_is_not_changed_and_promotes_nobody(programme: Programme) -> None:
    session = programme.session(capacity=1)
    first, waits = programme.enrol(session), programme.enrol(session)
    programme.cancel(session)
    with pytest.raises(Refused, match="is cancelled"):
        programme.change(session, starts_wall=STARTS + DAY)
    programme.leave(first)
    assert programme.state(waits) == "waiting"


# Who said that they were there, before the start


def there(programme: Programme) -> tuple[Session, Enrolment]:
    """Somebody who pressed the link on the wall half an hour before the start."""
    session = programme.session()
    enrolment = programme.enrol(session)
    programme.now = BEGINS - HOUR / 2
    return session, programme.attend(enrolment)


def test_who_was_there_already_is_told_of_another_time_and_has_not_attended_it(programme: Programme) -> None:
    """They were taken for present at a session a week later, of which they were told nothing and reminded never."""
    session, enrolment = there(programme)
    programme.change(session, starts_wall=STARTS + 7 * DAY)
    assert programme.state(enrolment) == "registered"
    assert programme.kinds(enrolment) == ["registered", "moved"]
    assert set(programme.reminders(enrolment).values()) == {"waiting"}


def test_nobody_has_attended_a_session_that_is_cancelled(programme: Programme) -> None:
    session, enrolment = there(programme)
    programme.cancel(session)
    assert programme.state(enrolment) == "registered"
    assert programme.kinds(enrolment) == ["registered", "cancelled"]


def test_more_places_take_nothing_from_who_was_there_already(programme: Programme) -> None:
    session, enrolment = there(programme)
    programme.change(session, capacity=20)
    assert programme.state(enrolment) == "present"
