"""What was not sent is told, once: to the coach of the session, or by an alert where there is none."""

from __future__ import annotations

from functools import partial

import pytest

from connectors.region.cohorts import coaches
from connectors.region.sessions import untold
from connectors.region.sessions.enrolments import Enrolment
from connectors.region.sessions.untold import Untold
from tests.at_once import ROUNDS, at_once
from tests.hands import sql
from tests.programme import BEGINS, DAY, Programme
from tests.reminder_rules import WEEK

pytestmark = pytest.mark.database
TOO_LATE = BEGINS - 2 * DAY


def letters(programme: Programme) -> list[list[int]]:
    """The reminders of each letter to a coach."""
    rows = sql(
        programme.region,
        "SELECT content -> 'reminders' AS told FROM effect WHERE content ->> 'kind' = 'untold' ORDER BY id",
    )
    return [row.told for row in rows]


def missed(programme: Programme, coach: int | None, people: int = 1) -> list[Enrolment]:
    """A session of which nobody was reminded in time."""
    programme.rules, programme.now = [WEEK], BEGINS - 30 * DAY
    session = programme.session(coach_id=coach)
    enrolled = [programme.enrol(session) for _ in range(people)]
    programme.now = TOO_LATE
    programme.queue()
    return enrolled


def numbers(programme: Programme) -> list[int]:
    return [row.id for row in sql(programme.region, "SELECT id FROM reminder ORDER BY id")]


def tell(programme: Programme) -> int:
    return untold.tell_coaches(programme.region, programme.now)


def test_a_coach_has_one_letter_of_all_their_sessions_and_no_second(programme: Programme) -> None:
    coach = programme.coach()
    missed(programme, coach, people=2)
    missed(programme, coach)
    assert tell(programme) == 3
    assert tell(programme) == 0
    assert letters(programme) == [numbers(programme)]
    ((kind, of),) = sql(
        programme.region,
        "SELECT content ->> 'kind', content ->> 'of' FROM effect WHERE content ->> 'kind' = 'untold'",
    )
    assert (kind, of) == ("untold", str(coach))


def test_each_coach_is_told_of_their_own(programme: Programme) -> None:
    one, other = programme.coach(), programme.coach()
    missed(programme, one)
    missed(programme, other)
    assert tell(programme) == 2
    assert sorted(letters(programme)) == [[each] for each in numbers(programme)]


def test_what_is_missed_later_is_another_letter(programme: Programme) -> None:
    coach = programme.coach()
    missed(programme, coach)
    tell(programme)
    missed(programme, coach)
    assert tell(programme) == 1
    first, second = numbers(programme)
    assert letters(programme) == [[first], [second]]


def test_what_was_sent_void_or_refused_is_no_news(programme: Programme) -> None:
    programme.rules = [WEEK]
    session = programme.session(coach_id=programme.coach())
    programme.enrol(session)
    refused = programme.enrol(session, programme.person(consents=()))
    left = programme.enrol(session)
    programme.leave(left)
    programme.now = BEGINS - 7 * DAY
    programme.minute()
    assert programme.reminders(refused) == {"week": "refused"}
    assert tell(programme) == 0


def test_who_no_address_reaches_is_told_and_so_is_what_nobody_can_look_up(programme: Programme) -> None:
    programme.rules = [WEEK]
    session = programme.session(coach_id=programme.coach())
    nowhere = programme.enrol(session, programme.person(email=None))
    doubtful = programme.enrol(session)
    programme.now = BEGINS - 7 * DAY
    programme.post.answers["mail"] = "unknown"
    programme.minute()
    assert programme.reminders(nowhere) == {"week": "unreachable"}
    assert tell(programme) == 1
    programme.post.give_up("mail")
    programme.close()
    assert programme.reminders(doubtful) == {"week": "parked"}
    assert tell(programme) == 1
    assert letters(programme) == [[each] for each in numbers(programme)]


def test_a_session_without_a_coach_is_left_to_an_alert(programme: Programme) -> None:
    (enrolment, _) = missed(programme, None, people=2)
    assert tell(programme) == 0
    (found,) = untold.without_coach(programme.region)
    ((ref,),) = sql(programme.region, "SELECT ref FROM session")
    assert found == Untold(ref, "Boostez votre business", BEGINS, tuple(numbers(programme)))
    assert untold.alert(programme.region, found, "Not sent", "Phone them.", programme.now)
    assert not untold.alert(programme.region, found, "Not sent", "Phone them.", programme.now)
    assert untold.without_coach(programme.region) == []
    ((told_at,),) = sql(
        programme.region, "SELECT told_at FROM reminder WHERE enrolment_id = :id", id=enrolment.id
    )
    assert told_at == TOO_LATE


def test_a_coach_who_has_ended_is_not_written_to(programme: Programme) -> None:
    missed(programme, programme.coach())
    ((email,),) = sql(programme.region, "SELECT email FROM coach")
    coaches.end(programme.region, email, programme.now)
    assert tell(programme) == 0
    assert len(untold.without_coach(programme.region)) == 1
    assert letters(programme) == []


def test_two_who_tell_at_once_tell_of_each_once(programme: Programme) -> None:
    coach = programme.coach()
    for _ in range(ROUNDS // 5):
        missed(programme, coach, people=5)
        one, other = at_once(*[partial(tell, programme)] * 2)
        assert one + other == 5
    told = sorted(number for letter in letters(programme) for number in letter)
    assert told == numbers(programme)


def test_a_letter_to_a_coach_and_that_they_were_told_are_one_commit(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told before the letter is written, a crash between the two would leave a coach who never hears of it."""
    missed(programme, programme.coach())

    def crash(*_: object) -> int:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(untold, "_told", crash)
        with pytest.raises(ConnectionError):
            tell(programme)
    assert letters(programme) == []
    assert tell(programme) == 1
