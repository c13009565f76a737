"""One person's reminders after any outage: each is told, superseded, expired or waiting, and there is one message."""

from __future__ import annotations

import datetime as dt
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catch_up import Due, Outcome, catch_up
from core.quiet import is_quiet, next_allowed

PARIS = ZoneInfo("Europe/Paris")
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def paris(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(dt.UTC)


NOW = paris("2026-11-25T12:00")
"""A Wednesday."""


def due(
    number: int, session: int = 1, begins: str = "2026-11-26T14:00", rank: int = -1440, late: float = 1
) -> Due:
    """A reminder that has been due for ``late`` minutes and is until its session begins, or a week long once that is over."""
    start = paris(begins)
    until = start if start > NOW else NOW + 7 * DAY
    return Due(number, "rule", session, start, start + 2 * HOUR, NOW - late * MINUTE, until, rank)


moments = st.datetimes(
    dt.datetime.fromisoformat("2026-10-20"),
    dt.datetime.fromisoformat("2026-11-20"),
    timezones=st.just(dt.UTC),
)


@st.composite
def one_persons(draw: st.DrawFn) -> list[Due]:
    """Up to eight reminders of up to three sessions, most of them for many days, so that many are due at once."""
    starts = draw(st.lists(moments, min_size=3, max_size=3))
    numbers = draw(st.lists(st.integers(1, 99), unique=True, max_size=8))
    made = []
    for number in numbers:
        session = draw(st.integers(0, 2))
        at = draw(moments) - 7 * DAY
        until = at + draw(st.sampled_from([MINUTE, HOUR, DAY, 9 * DAY, 20 * DAY]))
        rank = draw(st.sampled_from([-10_080, -1440, -120, 1320]))
        made.append(Due(number, "rule", session, starts[session], starts[session] + HOUR, at, until, rank))
    return made


def everything(outcome: Outcome) -> list[int]:
    return sorted(outcome.told + outcome.superseded + outcome.expired + outcome.waiting)


# One message


def test_a_reminder_that_is_due_is_the_message() -> None:
    outcome = catch_up([due(5)], NOW)
    assert outcome == Outcome(told=(5,))
    assert (outcome.leading, outcome.covered) == (5, ())


def test_with_nothing_due_there_is_no_message() -> None:
    assert catch_up([], NOW) == Outcome()
    assert catch_up([], NOW).leading is None


def test_one_message_tells_of_every_session_the_soonest_first() -> None:
    waiting = [due(1, 11, "2026-12-10T09:00"), due(2, 12, "2026-11-25T14:00"), due(3, 13, "2026-11-28T09:00")]
    assert catch_up(waiting, NOW) == Outcome(told=(2, 3, 1))


def test_what_is_over_is_told_after_what_is_to_come() -> None:
    """Thanks for yesterday must not head the message that tells of the session in an hour."""
    waiting = [
        due(1, 11, "2026-11-24T09:00", rank=1320),
        due(2, 12, "2026-11-25T13:00", rank=-120),
        due(3, 13, "2026-11-25T11:00", rank=-120),  # it has begun and goes on
        due(4, 14, "2026-11-25T10:00", rank=1320),  # it ends this very minute
    ]
    assert catch_up(waiting, NOW) == Outcome(told=(3, 2, 1, 4))


def test_of_one_session_the_latest_reminder_speaks_and_is_sent_once() -> None:
    waiting = [due(1, rank=-10_080, late=9000), due(2, rank=-120, late=1), due(3, rank=-1440, late=1300)]
    outcome = catch_up(waiting, NOW)
    assert outcome == Outcome(told=(2,), superseded=(1, 3))
    assert set(outcome.covered) == {1, 3}


def test_of_two_that_quiet_hours_moved_to_one_moment_the_later_rule_speaks() -> None:
    """A session on Monday at 08:15: the day before and two hours before are both on Saturday at 19:00."""
    assert catch_up([due(1, rank=-120), due(2, rank=-1440)], NOW) == Outcome(told=(1,), superseded=(2,))


def test_a_rule_that_quiet_hours_moved_behind_a_later_one_does_not_silence_it() -> None:
    waiting = [due(1, rank=-120, late=500), due(2, rank=-1440, late=10)]
    assert catch_up(waiting, NOW) == Outcome(told=(1,), superseded=(2,))


# From its moment to its cut-off


def test_a_reminder_is_sent_from_its_moment_to_its_cut_off_and_neither_before_nor_after() -> None:
    each = due(1)
    assert catch_up([each], each.at - MINUTE) == Outcome(waiting=(1,))
    assert catch_up([each], each.at) == Outcome(told=(1,))
    assert catch_up([each], each.until) == Outcome(told=(1,))
    assert catch_up([each], each.until + dt.timedelta(microseconds=1)) == Outcome(expired=(1,))


@pytest.mark.parametrize("outage", [MINUTE, HOUR, DAY, 2 * DAY, 3 * DAY, 5 * DAY, 7 * DAY - MINUTE])
def test_a_reminder_that_an_outage_missed_is_sent_however_long_it_was(outage: dt.timedelta) -> None:
    """« The day's difference is exactly 7 » finds it on its day only: an outage over midnight loses it."""
    at = paris("2026-11-18T14:00")
    each = Due(1, "week", 1, at + 9 * DAY, at + 9 * DAY + HOUR, at, at + 7 * DAY, -10_080)
    assert catch_up([each], next_allowed(at + outage)) == Outcome(told=(1,))


@given(moments, st.timedeltas(2 * MINUTE, 30 * DAY), st.floats(0, 1))
def test_a_reminder_that_was_missed_by_a_minute_up_to_a_minute_before_its_cut_off_is_still_sent(
    at: dt.datetime, span: dt.timedelta, share: float
) -> None:
    each = Due(1, "rule", 1, at + span, at + span + HOUR, at, at + span, -1440)
    now = at + MINUTE + (span - 2 * MINUTE) * share
    awake = next_allowed(now)
    assert catch_up([each], now) == (Outcome(told=(1,)) if awake == now else Outcome(waiting=(1,)))
    assert catch_up([each], awake) == (Outcome(told=(1,)) if awake <= each.until else Outcome(expired=(1,)))


# Quiet hours


@pytest.mark.parametrize(
    "now", ["2026-11-25T20:00", "2026-11-26T07:59", "2026-11-29T12:00", "2026-12-25T12:00"]
)
def test_an_outage_that_ends_in_quiet_hours_wakes_nobody(now: str) -> None:
    at = paris(now)
    each = msgspec.structs.replace(due(1), until=at + 3 * DAY)
    late = msgspec.structs.replace(due(2), until=at - MINUTE)
    assert catch_up([each, late], at) == Outcome(expired=(2,), waiting=(1,))
    assert catch_up([each], next_allowed(at)) == Outcome(told=(1,))


# Whatever there is


@given(one_persons(), moments)
def test_each_reminder_is_in_exactly_one_place(waiting: list[Due], now: dt.datetime) -> None:
    assert everything(catch_up(waiting, now)) == sorted(each.id for each in waiting)


@given(one_persons(), moments)
def test_nothing_is_told_outside_its_time_and_nothing_expires_within_it(
    waiting: list[Due], now: dt.datetime
) -> None:
    outcome = catch_up(waiting, now)
    by_id = {each.id: each for each in waiting}
    for number in outcome.told + outcome.superseded:
        assert by_id[number].at <= now <= by_id[number].until
        assert not is_quiet(now)
    assert all(by_id[number].until < now for number in outcome.expired)
    assert all(now <= by_id[number].until for number in outcome.waiting)
    if not is_quiet(now):
        assert all(now < by_id[number].at for number in outcome.waiting)


@given(one_persons(), moments)
def test_each_session_has_one_paragraph_of_its_latest_rule(waiting: list[Due], now: dt.datetime) -> None:
    outcome = catch_up(waiting, now)
    by_id = {each.id: each for each in waiting}
    sessions = [by_id[number].session for number in outcome.told]
    assert len(set(sessions)) == len(sessions)
    for number in outcome.superseded:
        (speaks,) = [by_id[told] for told in outcome.told if by_id[told].session == by_id[number].session]
        assert speaks.rank >= by_id[number].rank


@given(one_persons(), moments)
def test_there_is_one_message_when_something_is_due_and_else_none(
    waiting: list[Due], now: dt.datetime
) -> None:
    outcome = catch_up(waiting, now)
    live = not is_quiet(now) and any(each.at <= now <= each.until for each in waiting)
    assert (outcome.leading is not None) is live
    sent = ([] if outcome.leading is None else [outcome.leading]) + list(outcome.covered)
    assert sorted(sent) == sorted(outcome.told + outcome.superseded)


@given(one_persons(), moments, st.randoms())
def test_the_order_in_which_reminders_are_found_does_not_matter(
    waiting: list[Due], now: dt.datetime, random: Random
) -> None:
    mixed = random.sample(waiting, len(waiting))
    one, other = catch_up(waiting, now), catch_up(mixed, now)
    assert one.told == other.told
    assert everything(one) == everything(other)
    assert set(one.superseded) == set(other.superseded)


@given(one_persons(), st.lists(moments, max_size=6))
def test_over_any_waking_hours_each_reminder_ends_told_or_expired_and_once(
    waiting: list[Due], ticks: list[dt.datetime]
) -> None:
    """A worker that wakes up now and then, and once at the end: nothing is doubled, nothing is lost."""
    end = max((each.until for each in waiting), default=NOW) + DAY
    ended: list[int] = []
    for now in [*sorted(tick for tick in ticks if tick < end), end]:
        outcome = catch_up([each for each in waiting if each.id not in ended], now)
        ended += outcome.told + outcome.superseded + outcome.expired
    assert sorted(ended) == sorted(each.id for each in waiting)
