"""When each participant is reminded, over any session, rule and registration, both changes of clocks included."""

from __future__ import annotations

import datetime as dt
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from core.quiet import LONGEST, is_quiet, last_allowed, next_allowed
from core.reminders import (
    Audience,
    Days,
    Minutes,
    Move,
    Offset,
    Purpose,
    Rule,
    Session,
    SessionKind,
    Transport,
    begins,
    ends,
    faults,
    moments,
)

PARIS = ZoneInfo("Europe/Paris")
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
LONG_AGO = dt.datetime.fromisoformat("2000-01-01T00:00Z")
TEMPLATES = frozenset({"letter"})

WEEK = Rule(
    name="week",
    kinds=("seminar",),
    anchor="start",
    when=Days(-7),
    until=Days(-2),
    audience="registered",
    transports=("mail",),
    template="letter",
    purpose="sessions",
    move="earlier",
)
DAY_BEFORE = msgspec.structs.replace(WEEK, name="day", when=Days(-1), until=Minutes(-180))
HOURS = msgspec.structs.replace(
    WEEK, name="hours", when=Minutes(-120), until=Minutes(-30), transports=("sms", "mail"), move="later"
)
THANKS = msgspec.structs.replace(
    WEEK,
    name="thanks",
    anchor="end",
    when=Days(1, dt.time(10)),
    until=Days(7, dt.time(19)),
    audience="present",
    purpose="follow_up",
    move="later",
)
RULES = (WEEK, DAY_BEFORE, HOURS, THANKS)


def paris(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS)


def seminar(starts: str, minutes: int = 120, zone: str = "Europe/Paris") -> Session:
    return Session("seminar", dt.datetime.fromisoformat(starts), zone, minutes)


def armed(session: Session, registered: str | None = None, rules: tuple[Rule, ...] = RULES) -> dict[str, str]:
    """By rule, when it speaks, as Paris sees it."""
    at = LONG_AGO if registered is None else paris(registered)
    return {
        moment.rule: f"{moment.at.astimezone(PARIS):%Y-%m-%d %H:%M}" for moment in moments(rules, session, at)
    }


def offset_from(anchor: dt.datetime, offset: Offset, zone: str) -> dt.datetime:
    """Where an offset leads, by zoneinfo's own arithmetic: aware sums move the clock on the wall."""
    if isinstance(offset, Minutes):
        return anchor + offset.minutes * MINUTE
    wall = anchor.astimezone(ZoneInfo(zone)) + offset.days * DAY
    if offset.at is not None:
        wall = wall.replace(hour=offset.at.hour, minute=offset.at.minute, second=0)
    return wall.replace(fold=0).astimezone(dt.UTC)


clocks = st.none() | st.builds(dt.time, st.integers(0, 23), st.integers(0, 59))


def offsets(least: int, most: int) -> st.SearchStrategy[Offset]:
    """About so many days from the anchor, either way of counting."""
    days = st.builds(Days, st.integers(least, most), clocks)
    return days | st.builds(Minutes, st.integers(least * 1440, most * 1440))


@st.composite
def any_rules(draw: st.DrawFn) -> Rule:
    """A rule whose cut-off is within a week of its moment, on either side: half of them are sound."""
    before = draw(st.booleans())
    when = draw(offsets(-40, 1) if before else offsets(-1, 40))
    about = when.days if isinstance(when, Days) else when.minutes // 1440
    return Rule(
        name=draw(st.sampled_from("abcdefgh")),
        kinds=get_args(SessionKind),
        anchor="start" if before else "end",
        when=when,
        until=draw(offsets(about - 1, min(about + 7, 0)) if before else offsets(about + 1, about + 9)),
        audience="registered" if before else draw(st.sampled_from(get_args(Audience))),
        transports=draw(st.permutations(get_args(Transport)).map(tuple)),
        template="letter",
        purpose=draw(st.sampled_from(get_args(Purpose))),
        move=draw(st.sampled_from(get_args(Move))),
    )


def sound_rules() -> st.SearchStrategy[Rule]:
    """A rule that a file may have."""
    return any_rules().filter(lambda rule: faults([rule], TEMPLATES) == [])


zones = st.sampled_from(["Europe/Paris", "Europe/Paris", "Indian/Reunion", "America/Martinique"])
nights = st.sampled_from(["2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"])
starts = st.one_of(
    st.datetimes(dt.datetime.fromisoformat("2026-01-01"), dt.datetime.fromisoformat("2030-01-01")),
    st.builds(  # within days of a change of clocks
        lambda night, minutes: dt.datetime.fromisoformat(night) + minutes * MINUTE,
        nights,
        st.integers(-9 * 1440, 9 * 1440),
    ),
).map(lambda wall: wall.replace(second=0, microsecond=0, fold=0))
sessions = st.builds(Session, st.sampled_from(get_args(SessionKind)), starts, zones, st.integers(1, 3 * 1440))


def early(session: Session) -> dt.datetime:
    """Before any of its reminders."""
    return begins(session) - 80 * DAY


# When


def test_a_seminar_s_reminders_come_a_week_a_day_and_two_hours_before_and_the_morning_after() -> None:
    assert armed(seminar("2026-11-25T14:30")) == {
        "week": "2026-11-18 14:30",
        "day": "2026-11-24 14:30",
        "hours": "2026-11-25 12:30",
        "thanks": "2026-11-26 10:00",
    }


@pytest.mark.parametrize("starts", ["2026-03-31T18:30", "2026-10-27T18:30"])
def test_a_week_before_is_at_the_same_hour_though_clocks_change_in_between(starts: str) -> None:
    session = seminar(starts)
    assert armed(session, rules=(WEEK,))["week"].endswith("18:30")
    (moment,) = moments([WEEK], session, LONG_AGO)
    assert abs(begins(session) - moment.at - 7 * DAY) == HOUR


def test_two_hours_before_is_two_hours_of_elapsed_time() -> None:
    """A session in the night of 23 hours: by the clocks it is three before."""
    session = Session("seminar", dt.datetime.fromisoformat("2026-03-29T04:00"), "Europe/Paris", 60)
    assert HOURS.when.from_(begins(session), session.zone) == begins(session) - 2 * HOUR


def test_the_end_is_when_the_minutes_have_passed_also_in_the_night_of_23_hours() -> None:
    session = seminar("2026-03-28T23:00", minutes=300)
    assert (begins(session), ends(session)) == (paris("2026-03-28T23:00"), paris("2026-03-29T05:00"))


def test_what_comes_after_counts_from_the_day_on_which_a_session_ends() -> None:
    assert armed(seminar("2026-11-24T22:30"), rules=(THANKS,)) == {"thanks": "2026-11-26 10:00"}


def test_a_session_elsewhere_keeps_its_own_clocks_and_our_quiet_hours() -> None:
    """18:30 on Réunion is 15:30 in Paris; 09:30 there is 06:30 here."""
    assert armed(seminar("2026-11-25T18:30", zone="Indian/Reunion"), rules=(WEEK,)) == {
        "week": "2026-11-18 15:30"
    }
    assert armed(seminar("2026-11-25T09:30", zone="Indian/Reunion"), rules=(WEEK,)) == {
        "week": "2026-11-17 19:00"
    }


@pytest.mark.parametrize(
    ("starts", "rule", "at"),
    [
        ("2026-11-29T14:30", WEEK, "2026-11-21 19:00"),  # a Sunday: the Saturday before
        ("2026-11-24T20:30", DAY_BEFORE, "2026-11-23 19:00"),
        ("2026-11-30T10:00", DAY_BEFORE, "2026-11-28 19:00"),  # a Monday
        ("2025-07-15T10:00", DAY_BEFORE, "2025-07-12 19:00"),  # after 14 July on a Monday
        ("2026-04-07T10:00", DAY_BEFORE, "2026-04-04 19:00"),  # after Easter Monday
        ("2026-11-24T09:00", HOURS, "2026-11-24 08:00"),
        ("2026-11-24T08:31", HOURS, "2026-11-24 08:00"),
        ("2026-11-24T08:30", HOURS, "2026-11-23 19:00"),  # at 08:00 it would be too late
        ("2026-11-29T14:00", HOURS, "2026-11-28 19:00"),  # no Sunday's hour will do
        ("2026-11-27T14:30", THANKS, "2026-11-28 10:00"),  # a Saturday is a day like others
        ("2026-11-28T14:30", THANKS, "2026-11-30 08:00"),
        ("2027-10-30T14:30", THANKS, "2027-11-02 08:00"),  # over 1 November on a Monday
    ],
)
def test_nobody_is_reminded_in_quiet_hours(starts: str, rule: Rule, at: str) -> None:
    assert armed(seminar(starts), rules=(rule,)) == {rule.name: at}


def test_what_moves_earlier_does_not_come_before_the_end() -> None:
    """Presence is not known before: a rule for right after an evening's session waits for the morning."""
    rule = msgspec.structs.replace(THANKS, when=Minutes(10), until=Days(5), move="earlier")
    assert armed(seminar("2026-11-24T19:00"), rules=(rule,)) == {"thanks": "2026-11-25 08:00"}
    rule = msgspec.structs.replace(THANKS, when=Days(0, dt.time(12)), until=Days(5), move="earlier")
    assert armed(seminar("2026-11-24T14:00"), rules=(rule,)) == {"thanks": "2026-11-24 16:00"}


def test_a_rule_speaks_of_its_kinds_only() -> None:
    assert (
        moments(
            RULES,
            Session("dialogue", dt.datetime.fromisoformat("2026-11-25T14:30"), "Europe/Paris", 60),
            LONG_AGO,
        )
        == []
    )


@given(st.lists(sound_rules(), max_size=4), sessions, st.data())
def test_a_moment_is_never_quiet_and_always_before_its_cut_off(
    rules: list[Rule], session: Session, data: st.DataObject
) -> None:
    registered = early(session) + data.draw(st.timedeltas(dt.timedelta(0), 120 * DAY))
    found = moments(rules, session, registered)
    assert [moment.at for moment in found] == sorted(moment.at for moment in found)
    for moment in found:
        assert moment.at < moment.until
        assert not is_quiet(moment.at)
        assert moment.at.tzinfo is moment.until.tzinfo is dt.UTC


@given(sound_rules(), sessions)
@example(HOURS, seminar("2026-03-29T03:10"))
@example(HOURS, seminar("2026-10-25T02:30"))
def test_a_rule_speaks_once_of_every_session_before_its_start_or_after_its_end(
    rule: Rule, session: Session
) -> None:
    (moment,) = moments([rule], session, early(session))
    if rule.is_before:
        assert moment.until <= begins(session)
    else:
        assert moment.at >= ends(session)


@given(sound_rules(), sessions)
def test_a_moment_is_where_its_rule_says_or_at_the_nearest_time_that_is_not_quiet(
    rule: Rule, session: Session
) -> None:
    (moment,) = moments([rule], session, early(session))
    anchor = begins(session) if rule.is_before else ends(session)
    wanted = offset_from(anchor, rule.when, session.zone)
    wanted = wanted if rule.is_before else max(wanted, ends(session))
    nearest = {"earlier": last_allowed(wanted), "later": next_allowed(wanted)}
    other: Move = "later" if rule.move == "earlier" else "earlier"
    assert moment.at in nearest.values()
    if moment.at != nearest[rule.move]:
        assert nearest[rule.move] >= moment.until or (
            not rule.is_before and nearest["earlier"] < ends(session)
        )
        assert moment.at == nearest[other]
    cut_off = offset_from(anchor, rule.until, session.zone)
    assert moment.until == (min(cut_off, begins(session)) if rule.is_before else cut_off)


# Late registrants


@pytest.mark.parametrize(
    ("registered", "told"),
    [
        ("2026-11-18T13:30", ["week", "day", "hours", "thanks"]),
        ("2026-11-18T13:31", ["day", "hours", "thanks"]),  # within an hour: the confirmation has said it
        ("2026-11-18T14:31", ["day", "hours", "thanks"]),
        ("2026-11-24T13:30", ["day", "hours", "thanks"]),
        ("2026-11-24T13:31", ["hours", "thanks"]),
        ("2026-11-25T11:30", ["hours", "thanks"]),
        ("2026-11-25T11:31", ["thanks"]),
        ("2026-11-25T14:29", ["thanks"]),
        ("2026-11-25T18:00", ["thanks"]),  # on the sheet of the seminar itself
        ("2026-12-02T18:59", ["thanks"]),
        ("2026-12-02T19:00", []),  # a sheet that comes when nobody wants thanks any more
    ],
)
def test_late_registrants_get_what_still_makes_sense(registered: str, told: list[str]) -> None:
    assert list(armed(seminar("2026-11-25T14:30"), registered)) == told


def test_a_reminder_that_moved_to_before_a_registration_is_not_armed() -> None:
    """Monday at 08:15, registered on Saturday at 21:00: both would have come at 19:00, and the confirmation tells it all."""
    session = seminar("2026-11-30T08:15")
    assert list(armed(session, "2026-11-28T17:59")) == ["day", "hours", "thanks"]
    assert list(armed(session, "2026-11-28T21:00")) == ["thanks"]


@given(st.lists(sound_rules(), max_size=4), sessions, st.data())
def test_registering_late_only_drops_what_would_have_come_by_then(
    rules: list[Rule], session: Session, data: st.DataObject
) -> None:
    registered = early(session) + data.draw(st.timedeltas(dt.timedelta(0), 130 * DAY))
    every = moments(rules, session, early(session))
    got = moments(rules, session, registered)
    before = {rule.name for rule in rules if rule.is_before}
    assume(len({rule.name for rule in rules}) == len(rules))
    for moment in every:
        missed = moment.at < registered + HOUR if moment.rule in before else moment.until <= registered
        assert (moment in got) is not missed
    assert [moment for moment in got if moment not in every] == []


# What is wrong with rules


def test_these_rules_are_sound() -> None:
    assert faults(RULES, TEMPLATES) == []


def test_no_rule_at_all_is_a_fault() -> None:
    assert len(faults([], TEMPLATES)) == 1


def test_two_rules_of_one_name_are_told() -> None:
    (said,) = faults([WEEK, DAY_BEFORE, msgspec.structs.replace(HOURS, name="week")], TEMPLATES)
    assert said.startswith("week: ")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"template": "lettre"}, "lettre"),
        ({"until": Days(-7)}, "until"),  # not later
        ({"until": Days(-8)}, "until"),
        ({"until": Minutes(-10_080)}, "until"),  # a week of elapsed time may be the same instant
        ({"until": Days(-7, dt.time(23, 59))}, "until"),  # not later for a session at midnight
        ({"until": Minutes(1)}, "start"),
        ({"until": Days(1)}, "start"),
        ({"until": Days(0, dt.time(8))}, "start"),  # of a session at 07:00
        ({"when": Days(0), "until": Minutes(0)}, "until"),
        ({"audience": "absent"}, "registered"),
        ({"anchor": "end", "audience": "present"}, "end"),
        ({"anchor": "end", "audience": "present", "when": Days(1), "until": Days(3, dt.time(19))}, "until"),
        ({"anchor": "end", "audience": "present", "when": Minutes(0), "until": Minutes(3660)}, "until"),
        (
            {
                "anchor": "end",
                "audience": "present",
                "when": Days(0, dt.time(0)),
                "until": Days(2, dt.time(14, 1)),
            },
            "until",
        ),
    ],
)
def test_a_fault_names_its_rule_and_what_to_change(change: dict[str, object], word: str) -> None:
    changed = msgspec.structs.replace(WEEK, **{"name": "day", **change})
    said = faults([WEEK, changed], TEMPLATES)
    assert said
    assert all(line.startswith("day: ") and line.endswith(".") for line in said)
    assert any(word in line for line in said)


@pytest.mark.parametrize(
    ("change", "sound"),
    [
        ({"until": Minutes(-10_080 + 60)}, False),  # when clocks go back that is a week by the clocks
        ({"until": Minutes(-10_080 + 61)}, True),
        ({"until": Days(-7), "when": Minutes(-10_080 - 60)}, False),
        ({"until": Days(-7), "when": Minutes(-10_080 - 61)}, True),
        ({"until": Minutes(-119), "when": Minutes(-120)}, True),  # elapsed time knows no clocks
        ({"until": Minutes(-120), "when": Minutes(-120)}, False),
        ({"until": Days(0), "when": Minutes(-61)}, True),  # up to the start
        ({"until": Days(-6, dt.time(0)), "when": Days(-7, dt.time(22, 59))}, True),
        ({"until": Days(-6, dt.time(0)), "when": Days(-7, dt.time(23))}, False),
    ],
)
def test_a_cut_off_is_later_to_the_minute_whatever_clocks_do(
    change: dict[str, object], *, sound: bool
) -> None:
    assert (faults([msgspec.structs.replace(WEEK, **change)], TEMPLATES) == []) is sound


def test_whatever_a_rule_says_nothing_about_a_start_is_sent_after_it() -> None:
    rule = msgspec.structs.replace(WEEK, until=Days(0, dt.time(8)))
    assert faults([rule], TEMPLATES) != []
    session = seminar("2026-11-25T07:00")
    assert [moment.until for moment in moments([rule], session, LONG_AGO)] == [begins(session)]
    rule = msgspec.structs.replace(WEEK, when=Days(0, dt.time(9)), until=Days(0, dt.time(12)))
    assert moments([rule], session, LONG_AGO) == []


def test_every_fault_is_told_at_once() -> None:
    wrong = msgspec.structs.replace(WEEK, template="lettre", until=Days(1), when=Days(2), audience="present")
    said = faults([wrong, wrong], TEMPLATES)
    assert len(said) == 1 + 2 * 4


@given(sound_rules(), sessions)
def test_a_rule_without_a_fault_has_room_for_quiet_hours_in_every_session(
    rule: Rule, session: Session
) -> None:
    anchor = begins(session) if rule.is_before else ends(session)
    when, until = (offset_from(anchor, offset, session.zone) for offset in (rule.when, rule.until))
    if rule.is_before:
        assert when < until <= begins(session)
    else:
        assert until - max(when, ends(session)) > LONGEST


@given(offsets(-40, 40), offsets(-40, 40), sessions)
def test_the_rule_that_speaks_later_ranks_higher(one: Offset, other: Offset, session: Session) -> None:
    first, second = (offset_from(begins(session), each, session.zone) for each in (one, other))
    assume(second - first > 25 * HOUR)  # within a day the session's hour decides
    ranks = [msgspec.structs.replace(WEEK, when=each).rank for each in (one, other)]
    assert ranks == sorted(ranks)


def test_ranks_follow_the_order_in_which_rules_speak() -> None:
    evening_before = msgspec.structs.replace(DAY_BEFORE, when=Days(-1, dt.time(18)))
    ranks = [rule.rank for rule in (WEEK, DAY_BEFORE, evening_before, HOURS)]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 4
