"""Days on which rules fall, held against dateutil, which reckons otherwise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.recurrence_rules import WEEKDAYS, days, rule_of
from schemas.errors import Rejected

Parts = Mapping[str, Sequence[Any]]
DAY = dt.timedelta(days=1)


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, max_size=3, unique=True)


weekdays = some(st.sampled_from(WEEKDAYS))
# With and without a number at once is the one or the other (RFC 5545), and both to dateutil.
ordinals = weekdays | some(
    st.builds(lambda nth, day: f"{nth}{day}", st.integers(-5, 5).filter(bool), st.sampled_from(WEEKDAYS))
)
# No BYSETPOS of weeks: dateutil counts places in the first week from its first day on, not from the week's.
parts_of: Mapping[str, st.SearchStrategy[dict[str, list[Any]]]] = {
    "DAILY": st.fixed_dictionaries(
        {"BYMONTH": some(st.integers(1, 12)), "BYMONTHDAY": some(st.integers(-31, 31).filter(bool)),
         "BYDAY": weekdays}
    ),
    "WEEKLY": st.fixed_dictionaries(
        {"BYMONTH": some(st.integers(1, 12)), "BYDAY": weekdays}
    ),
    "MONTHLY": st.fixed_dictionaries(
        {"BYMONTH": some(st.integers(1, 12)), "BYMONTHDAY": some(st.integers(-31, 31).filter(bool)), "BYDAY": ordinals,
         "BYSETPOS": some(st.sampled_from([1, 2, -1, -2]))}
    ),
    "YEARLY": st.fixed_dictionaries(
        {"BYMONTH": some(st.integers(1, 12)), "BYMONTHDAY": some(st.integers(-31, 31).filter(bool)), "BYDAY": ordinals,
         "BYYEARDAY": some(st.integers(-366, 366).filter(bool)), "BYSETPOS": some(st.sampled_from([1, 3, -1]))}
    ),
}  # fmt: skip


@st.composite
def rules(draw: st.DrawFn) -> Parts:
    pace = draw(st.sampled_from(sorted(parts_of)))
    more = {name: values for name, values in draw(parts_of[pace]).items() if values}
    if not set(more) & {"BYMONTH", "BYMONTHDAY", "BYDAY", "BYYEARDAY"}:
        more.pop("BYSETPOS", None)  # which is a place among those of others
    count = draw(st.none() | st.integers(1, 30))
    counted = {} if count is None else {"COUNT": [count]}
    return {
        "FREQ": [pace],
        "INTERVAL": [draw(st.integers(1, 5))],
        "WKST": [draw(st.sampled_from(WEEKDAYS))],
        **counted,
        **more,
    }


def theirs(parts: Parts, start: dt.date, first: dt.date, last: dt.date) -> list[dt.date]:
    text = ";".join(f"{name}={','.join(map(str, values))}" for name, values in parts.items())
    found = []
    for moment in rrulestr(text, dtstart=dt.datetime.combine(start, dt.time.min)):
        if moment.date() > last:
            break
        found.append(moment.date())
    return [day for day in found if day >= first]


@settings(max_examples=100, deadline=None)
@given(
    rules(),
    st.dates(dt.date(2019, 1, 1), dt.date(2026, 12, 31)),
    st.dates(dt.date(2024, 1, 1), dt.date(2027, 1, 1)),
    st.integers(0, 400),
)
def test_a_rule_falls_on_the_days_that_another_library_says(
    parts: Parts, start: dt.date, first: dt.date, length: int
) -> None:
    last = first + length * DAY
    rule = rule_of(parts, start)
    # Of a rule that never falls, dateutil tells so after all years to 9999: the test below has some.
    assume(any(day > last for day in days(rule._replace(times=None), start, dt.date(2067, 1, 1))))
    ours = list(days(rule, first, last))
    assert len(ours) == len(set(ours))
    assert [day for day in ours if day >= first] == theirs(parts, start, first, last)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"FREQ": ["MONTHLY"]}, ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ({"FREQ": ["MONTHLY"], "BYMONTHDAY": [-1]}, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ({"FREQ": ["MONTHLY"], "BYDAY": ["MO", "TU", "WE", "TH", "FR"], "BYSETPOS": [-1], "COUNT": [2]}, ["2026-02-27", "2026-03-31"]),
        ({"FREQ": ["WEEKLY"], "INTERVAL": [6]}, ["2026-01-31", "2026-03-14", "2026-04-25"]),
        ({"FREQ": ["MONTHLY"], "BYMONTH": [2], "BYMONTHDAY": [30]}, []),
    ],
)  # fmt: skip
def test_months_of_other_lengths(parts: Parts, expected: list[str]) -> None:
    rule = rule_of(parts, dt.date(2026, 1, 31))
    assert [str(day) for day in days(rule, dt.date(2026, 1, 1), dt.date(2026, 5, 31))] == expected


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"FREQ": ["HOURLY"]},
        {"FREQ": ["DAILY"], "INTERVAL": [0]},
        {"FREQ": ["DAILY"], "COUNT": [-1]},
        {"FREQ": ["DAILY"], "BYDAY": ["XX"]},
        {"FREQ": ["DAILY"], "BYMONTH": ["5L"]},
        {"FREQ": ["YEARLY"], "BYEASTER": [0]},
    ],
)
def test_what_is_not_read_is_refused(parts: Parts) -> None:
    with pytest.raises(Rejected):
        rule_of(parts, dt.date(2026, 1, 31))
