from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.cursors import instant, next_cursor

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
moments = st.datetimes(timezones=st.sampled_from([dt.UTC, dt.timezone(HOUR), dt.timezone(-HOUR / 2)]))


# instant


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T12:00:00Z", NOON),
        ("2026-11-24T13:00:00+01:00", NOON),
        ("2026-11-24T00:30:00-11:30", NOON),
        ("2026-11-24T12:00:00.250Z", NOON + dt.timedelta(milliseconds=250)),
        ("2026-11-24T12:00:00.123456789Z", NOON + dt.timedelta(microseconds=123456)),
        ("2026-11-24t12:00:00z", NOON),
    ],
)
def test_an_rfc_3339_instant_is_read_in_utc(text: str, moment: dt.datetime) -> None:
    found = instant(text)
    assert found == moment
    assert found is not None
    assert found.tzinfo is dt.UTC


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "demain",
        "2026-11-24",
        "2026-11-24T12:00:00",
        "2026-02-30T12:00:00Z",
        "22-05-2025 00:11:19",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2026-11-24T12:00:00+25:00",
        "2026-11-24T12:00:00Z\n",
    ],
)
def test_what_is_no_instant_is_none(text: str | None) -> None:
    assert instant(text) is None


@given(
    st.text()
    | st.from_regex(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", fullmatch=True)
)
def test_reading_an_instant_never_fails(text: str) -> None:
    found = instant(text)
    assert found is None or found.tzinfo is dt.UTC


@given(moments.filter(lambda moment: 1 < moment.year < 9999))
def test_an_instant_written_by_python_is_read_back(moment: dt.datetime) -> None:
    assert instant(moment.isoformat()) == moment


# next_cursor


def test_the_first_walk_leaves_its_newest_change() -> None:
    assert next_cursor(None, [NOON - HOUR, NOON, NOON - 2 * HOUR], NOON) == NOON


def test_a_walk_without_changes_leaves_the_cursor_where_it_was() -> None:
    assert next_cursor(NOON - HOUR, [], NOON) == NOON - HOUR
    assert next_cursor(None, [], NOON) is None


def test_a_change_far_in_the_future_does_not_silence_later_ones() -> None:
    far = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)
    assert next_cursor(NOON - HOUR, [NOON - HOUR / 2, far], NOON) == NOON - HOUR / 2
    assert next_cursor(NOON - HOUR, [far], NOON) == NOON - HOUR
    assert next_cursor(None, [far], NOON) is None


@given(st.none() | moments, st.lists(moments), moments)
@example(NOON, [], NOON - HOUR)
@example(NOON, [NOON - HOUR], NOON - HOUR)
def test_a_cursor_never_goes_back(
    current: dt.datetime | None, seen: list[dt.datetime], not_after: dt.datetime
) -> None:
    after = next_cursor(current, seen, not_after)
    assert current is None or (after is not None and after >= current)


@given(st.none() | moments, st.lists(moments), moments)
def test_a_cursor_is_where_it_was_or_at_a_believable_change(
    current: dt.datetime | None, seen: list[dt.datetime], not_after: dt.datetime
) -> None:
    after = next_cursor(current, seen, not_after)
    assert after == current or (after in seen and after <= not_after)
    assert all(after is not None and moment <= after for moment in seen if moment <= not_after)


@given(st.none() | moments, st.lists(moments), moments)
def test_no_order_of_what_was_seen_changes_the_cursor(
    current: dt.datetime | None, seen: list[dt.datetime], not_after: dt.datetime
) -> None:
    assert next_cursor(current, iter(reversed(seen)), not_after) == next_cursor(current, seen, not_after)


@given(st.lists(moments), st.lists(moments), moments)
def test_two_walks_leave_what_one_walk_over_both_would(
    first: list[dt.datetime], second: list[dt.datetime], not_after: dt.datetime
) -> None:
    stepwise = next_cursor(next_cursor(None, first, not_after), second, not_after)
    assert stepwise == next_cursor(None, first + second, not_after)
