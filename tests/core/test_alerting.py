"""Which notice of an alert is due: told once, again, to the next, and over, whatever comes and goes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.alert_rules import alert_rules
from connectors.settings import Settings
from core.alert_rules import Manner, Rules, Step
from core.alerting import History, Notice, inhibitor, judge, silent_for

RULES = alert_rules(Settings().alerts_file)
NOON = dt.datetime(2026, 12, 1, 11, tzinfo=dt.UTC)  # a Tuesday, noon in Paris
MINUTE = dt.timedelta(minutes=1)
SOURCE, WARNING, NOTICE = "source contractor", "runs sync-offers/changes", "questions overdue"
DESK, DUTY, HEAD = (Step(name, frozenset({name})) for name in ("desk", "duty", "head"))
LADDER = [DESK, DUTY, HEAD]


class Story:
    """An alert as time goes by, judged every minute as the database would keep it."""

    def __init__(self, cause: str, rules: Rules = RULES, ladder: Iterable[Step] = LADDER) -> None:
        self.rules, self.ladder = rules, list(ladder)
        self.history = History(cause, NOON)
        self.closed = False
        self.told: list[tuple[dt.datetime, Notice]] = []

    def change(self, **changes: Any) -> None:
        self.history = msgspec.structs.replace(self.history, **changes)

    def up(self, now: dt.datetime) -> None:
        if self.closed:
            self.history, self.closed = History(self.history.cause, now), False
        elif self.history.resolved_at and not self.history.told:
            self.change(resolved_at=None, raised_at=now, acknowledged_at=None)
        else:
            self.change(resolved_at=None)

    def down(self, now: dt.datetime) -> None:
        if not self.closed and self.history.resolved_at is None:
            self.change(resolved_at=now)

    def look(self, now: dt.datetime, *, muted: bool = False) -> None:
        if self.closed:
            return
        verdict = judge(self.rules, self.history, self.ladder, now, muted=muted)
        if verdict.notice:
            self.told.append((now, verdict.notice))
            self.change(told=self.history.told | verdict.notice.to, told_at=(*self.history.told_at, now))
        if verdict.over:
            self.change(told=frozenset())
        self.closed = verdict.closed

    def live(self, begin: dt.datetime, minutes: int, *, muted: bool = False) -> None:
        for n in range(minutes):
            self.look(begin + n * MINUTE, muted=muted)

    def words(self) -> list[tuple[int, str, set[str]]]:
        return [((at - NOON) // MINUTE, notice.why, set(notice.to)) for at, notice in self.told]


def test_a_critical_alert_is_told_at_once_escalated_until_nobody_is_left_and_repeated_after_four_hours() -> (
    None
):
    story = Story(SOURCE)
    story.live(NOON, 6 * 60)
    assert story.words() == [
        (0, "raised", {"desk"}),
        (30, "escalated", {"duty"}),
        (60, "escalated", {"head"}),
        (300, "again", {"desk", "duty", "head"}),
    ]


def test_where_all_have_one_address_nothing_is_escalated() -> None:
    story = Story(SOURCE, ladder=[DESK, msgspec.structs.replace(DUTY, ids=DESK.ids)])
    story.live(NOON, 9 * 60)
    assert story.words() == [(0, "raised", {"desk"}), (240, "again", {"desk"}), (480, "again", {"desk"})]


def test_who_acknowledges_keeps_it_from_others_and_is_reminded_later() -> None:
    story = Story(SOURCE)
    story.live(NOON, 10)
    story.change(acknowledged_at=NOON + 10 * MINUTE)
    story.live(NOON + 10 * MINUTE, 300)
    assert story.words() == [(0, "raised", {"desk"}), (250, "again", {"desk"})]


def test_its_end_is_told_once_to_those_who_were_told_and_only_when_it_stays_over() -> None:
    story = Story(SOURCE)
    story.live(NOON, 35)
    story.down(NOON + 35 * MINUTE)
    story.live(NOON + 35 * MINUTE, 200)
    assert story.words()[2:] == [(50, "resolved", {"desk", "duty"})]
    assert story.closed


def test_a_warning_at_night_waits_till_morning_and_is_not_told_when_it_is_over_by_then() -> None:
    night = NOON + 10 * 60 * MINUTE  # 22:00 in Paris
    for lasts, told in ((13 * 60, [(20 * 60, "raised", {"desk"})]), (5 * 60, [])):
        story = Story(WARNING)
        story.live(night, lasts)
        story.down(night + lasts * MINUTE)
        story.live(night + lasts * MINUTE, 10)
        assert story.words() == told


def test_an_event_of_the_night_is_told_in_the_morning_though_it_is_over() -> None:
    night = NOON + 10 * 60 * MINUTE
    story = Story("reminders s1 4")
    story.down(night)
    story.live(night, 14 * 60)
    assert story.words() == [(20 * 60, "raised", {"desk"})]
    assert story.closed


def test_of_a_task_no_end_is_told() -> None:
    story = Story("guard channel facebook_page")
    story.live(NOON, 5)
    story.down(NOON + 5 * MINUTE)
    story.live(NOON + 5 * MINUTE, 120)
    assert [why for _, why, _ in story.words()] == ["raised"]
    assert story.closed


def test_a_notice_is_told_once() -> None:
    story = Story(NOTICE)
    story.live(NOON, 6 * 60)
    assert len(story.words()) == 1


def test_what_is_muted_is_told_when_it_outlives_what_mutes_it() -> None:
    story = Story(SOURCE)
    story.live(NOON, 60, muted=True)
    assert story.words() == []
    story.live(NOON + 60 * MINUTE, 2)
    assert story.words() == [(60, "raised", {"desk"})]


def test_what_happened_while_it_was_muted_is_never_news() -> None:
    """While the contractor was away each sync failed and was run again: that it had was told a quarter of an hour after all was well."""
    story = Story("died sync-offers/changes")
    story.down(NOON)
    story.live(NOON, 30, muted=True)
    assert story.closed
    story.up(NOON + 30 * MINUTE)
    story.down(NOON + 30 * MINUTE)
    story.live(NOON + 30 * MINUTE, 2)
    assert story.words() == [(30, "raised", {"desk"})]


def test_without_anybody_to_tell_nothing_is_told_and_it_closes_all_the_same() -> None:
    story = Story("reminders s1 4", ladder=[])
    story.down(NOON)
    story.live(NOON, 61)
    assert (story.words(), story.closed) == ([], True)


def test_an_hour_of_flapping_each_minute_is_two_notices() -> None:
    story = Story(SOURCE)
    for n in range(60):
        (story.up if n % 2 == 0 else story.down)(NOON + n * MINUTE)
        story.look(NOON + n * MINUTE)
    story.down(NOON + 60 * MINUTE)
    story.live(NOON + 60 * MINUTE, 30)
    assert [why for _, why, _ in story.words() if why != "escalated"] == ["raised", "resolved"]
    assert len(story.words()) <= 3


@given(
    st.lists(st.booleans(), min_size=1, max_size=300), st.sampled_from([SOURCE, WARNING]), st.integers(1, 9)
)
def test_however_it_comes_and_goes_no_hour_has_more_than_three_notices(
    ups: list[bool], cause: str, stretch: int
) -> None:
    story = Story(cause)
    for n, up in enumerate(up for up in ups for _ in range(stretch)):
        now = NOON + n * MINUTE
        (story.up if up else story.down)(now)
        story.look(now)
    times = [at for at, _ in story.told]
    for at in times:
        assert sum(at <= other < at + dt.timedelta(hours=1) for other in times) <= RULES.pace.most


@given(st.lists(st.booleans(), min_size=1, max_size=200))
def test_whoever_was_told_hears_of_the_end_once_it_stays_over(ups: list[bool]) -> None:
    story = Story(SOURCE)
    for n, up in enumerate(ups):
        (story.up if up else story.down)(NOON + n * MINUTE)
        story.look(NOON + n * MINUTE)
    end = NOON + len(ups) * MINUTE
    story.down(end)
    story.live(end, 300)
    assert story.closed
    if story.told:
        assert story.told[-1][1].why == "resolved"
        first = [notice.why for _, notice in story.told]
        assert first.count("resolved") == first.count("raised")


@given(st.integers(0, 600), st.integers(0, 600))
def test_no_notice_is_due_twice_at_one_time(one: int, other: int) -> None:
    """A pass that is made twice tells nothing twice."""
    story = Story(SOURCE)
    for minute in sorted((one, other)):
        now = NOON + minute * MINUTE
        story.look(now)
        before = len(story.told)
        story.look(now)
        assert len(story.told) == before


# What follows from what


def test_what_follows_from_an_alert_is_muted_while_it_stands_and_a_while_longer() -> None:
    cause = History(SOURCE, NOON)
    assert inhibitor(RULES, WARNING, [cause], NOON) == SOURCE
    gone = msgspec.structs.replace(cause, resolved_at=NOON)
    assert inhibitor(RULES, WARNING, [gone], NOON + RULES.pace.calm - MINUTE) == SOURCE
    assert inhibitor(RULES, WARNING, [gone], NOON + RULES.pace.calm) is None
    assert inhibitor(RULES, "died sync-offers/changes", [cause], NOON) == SOURCE
    assert inhibitor(RULES, "died audit-channels/audit", [cause], NOON) is None
    assert inhibitor(RULES, "paused mail", [cause], NOON) is None
    assert inhibitor(RULES, SOURCE, [cause], NOON) is None


# Silence


@pytest.mark.parametrize(
    ("of", "last", "now", "silent"),
    [
        ("sync contractor", "2026-12-01T01:45:00+01:00", "2026-12-01T03:15:00+01:00", False),
        ("sync contractor", "2026-12-01T01:45:00+01:00", "2026-12-01T03:46:00+01:00", True),
        ("source contractor", "2026-11-27T18:59:00+01:00", "2026-11-30T09:00:00+01:00", False),  # a weekend
        ("source contractor", "2026-11-27T09:00:00+01:00", "2026-11-30T10:00:00+01:00", True),
        (
            "channel facebook_page",
            "2026-12-24T18:00:00+01:00",
            "2026-12-28T12:00:00+01:00",
            False,
        ),  # Christmas
        ("source lheo", "2026-01-01T00:00:00+01:00", "2026-12-01T00:00:00+01:00", False),  # none is expected
    ],
)
def test_silence_is_counted_in_the_hours_in_which_it_speaks(
    of: str, last: str, now: str, *, silent: bool
) -> None:
    lasted = silent_for(RULES, of, *map(dt.datetime.fromisoformat, (last, now)))
    assert (lasted is not None) is silent


INSTANTS = st.integers(0, 2 * 365 * 1440).map(lambda minutes: NOON + minutes * MINUTE)


@given(INSTANTS, st.integers(0, 40))
def test_no_weekend_or_night_alone_is_a_silence(at: dt.datetime, hours: int) -> None:
    now = at + dt.timedelta(hours=hours)
    if not RULES.office.elapsed(at, now):
        assert silent_for(RULES, "source contractor", at, now) is None


def test_every_inhibition_and_silence_of_the_file_speaks_of_a_kind_of_its_own() -> None:
    for inhibition in RULES.inhibitions:
        for muted in inhibition.mutes:
            assert RULES.kind(muted).causes != "*", muted
    assert all(RULES.kind(f"silent {each.of}").causes == "silent *" for each in RULES.silences)


def test_manners_say_what_the_customer_asked_for() -> None:
    critical: Manner = RULES.manners["critical"]
    assert (critical.always, critical.repeat, RULES.pace.most) == (True, dt.timedelta(hours=4), 3)
