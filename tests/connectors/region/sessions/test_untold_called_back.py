"""What was not sent is told once: by a letter to the coach, or by an alert where none can be told so."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from connectors.region.cohorts import coaches
from connectors.region.sessions import untold
from connectors.region.sessions.untold import Untold
from tests.hands import sql
from tests.programme import BEGINS, HOUR, Programme
from tests.reminder_rules import TWO_HOURS

pytestmark = pytest.mark.database
ALL_OVER = BEGINS - HOUR / 2  # the cut-off of the last reminder


def missed(programme: Programme, people: int = 1, coach: int | None = None) -> list[int]:
    """People, in a session each two, whose reminder is too late."""
    programme.rules = (TWO_HOURS,)
    for first in range(0, people, 2):
        session = programme.session(coach_id=coach)
        for _ in range(min(2, people - first)):
            programme.enrol(session)
    programme.now = ALL_OVER
    assert programme.queue().expired == people
    return [row.id for row in sql(programme.region, "SELECT id FROM reminder ORDER BY id")]


def alert(programme: Programme, each: Untold) -> bool:
    return untold.alert(programme.region, each, "Not sent", "Phone them.", programme.now)


def letter_ends(programme: Programme, state: str, cause: str | None) -> None:
    """What came of the letter to the coach."""
    sql(
        programme.region,
        "UPDATE effect SET state = :state, cause = :cause WHERE content ->> 'kind' = 'untold' RETURNING id",
        state=state,
        cause=cause,
    )


def told_at(programme: Programme) -> set[dt.datetime | None]:
    return {row.told_at for row in sql(programme.region, "SELECT told_at FROM reminder")}


def count(programme: Programme, what: str) -> Any:
    return sql(programme.region, f"SELECT count(*) FROM {what}")[0][0]


def test_one_letter_tells_a_coach_of_everything(programme: Programme) -> None:
    coach = programme.coach()
    numbers = missed(programme, 3, coach)
    assert untold.tell_coaches(programme.region, programme.now) == 3
    (row,) = sql(programme.region, "SELECT content FROM effect WHERE content ->> 'kind' = 'untold'")
    assert row.content["reminders"] == numbers
    assert untold.tell_coaches(programme.region, programme.now) == 0
    assert untold.without_coach(programme.region) == []


def test_where_nobody_coaches_an_alert_tells_and_is_over_at_once(programme: Programme) -> None:
    """The alert was raised, its reminders marked and it was ended in three commits: a hub that died before the third left it open
    for ever, one that died before the second told of them again under another name."""
    numbers = missed(programme, 2)
    (each,) = untold.without_coach(programme.region)
    assert each.reminders == tuple(numbers)
    assert alert(programme, each)
    assert untold.without_coach(programme.region) == []
    assert told_at(programme) == {programme.now}
    assert count(programme, "alert WHERE resolved_at IS NULL") == 0
    assert count(programme, "alert") == 1


def test_two_who_tell_at_once_tell_once(programme: Programme) -> None:
    missed(programme, 2)
    (each,) = untold.without_coach(programme.region)
    assert alert(programme, each)
    assert not alert(programme, each)
    assert count(programme, "alert") == 1


@pytest.mark.parametrize("cause", ["content", "moot"])
def test_what_a_coach_never_received_an_alert_tells(programme: Programme, cause: str) -> None:
    """The relay refused the coach's address, or the coach ended before the letter left. Its reminders were told, said the table."""
    numbers = missed(programme, 2, programme.coach())
    untold.tell_coaches(programme.region, programme.now)
    assert untold.call_back(programme.region) == 0  # it is on its way
    letter_ends(programme, "rejected", cause)
    assert untold.call_back(programme.region) == 2
    assert untold.tell_coaches(programme.region, programme.now) == 0  # not by the same way again
    (each,) = untold.without_coach(programme.region)
    assert each.reminders == tuple(numbers)
    assert alert(programme, each)
    assert untold.call_back(programme.region) == 0
    assert untold.without_coach(programme.region) == []


def test_a_letter_that_arrived_is_not_called_back(programme: Programme) -> None:
    missed(programme, 1, programme.coach())
    untold.tell_coaches(programme.region, programme.now)
    letter_ends(programme, "done", None)
    assert untold.call_back(programme.region) == 0
    letter_ends(programme, "rejected", "content")  # staff had it sent again
    assert untold.call_back(programme.region) == 0


def test_a_letter_that_nobody_can_look_up_is_called_back_when_a_replay_fails(programme: Programme) -> None:
    missed(programme, 1, programme.coach())
    untold.tell_coaches(programme.region, programme.now)
    letter_ends(programme, "parked", "lookup")
    assert untold.call_back(programme.region) == 0
    letter_ends(programme, "rejected", "moot")
    assert untold.call_back(programme.region) == 1


def test_what_is_over_by_then_is_not_called_back(programme: Programme) -> None:
    missed(programme, 1, programme.coach())
    untold.tell_coaches(programme.region, programme.now)
    (enrolment,) = sql(programme.region, "SELECT id FROM enrolment")
    sql(programme.region, "UPDATE enrolment SET state = 'left' WHERE id = :id RETURNING id", id=enrolment.id)
    letter_ends(programme, "rejected", "moot")
    assert untold.call_back(programme.region) == 0
    assert untold.without_coach(programme.region) == []


def test_a_coach_who_has_ended_is_not_told_and_an_alert_is(programme: Programme) -> None:
    coach = programme.coach()
    numbers = missed(programme, 1, coach)
    (row,) = sql(programme.region, "SELECT email FROM coach WHERE id = :id", id=coach)
    coaches.end(programme.region, row.email, programme.now)
    assert untold.tell_coaches(programme.region, programme.now) == 0
    assert [each.reminders for each in untold.without_coach(programme.region)] == [tuple(numbers)]
