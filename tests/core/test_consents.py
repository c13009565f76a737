from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.consents import Given, Person, all_why_not, is_minor, why_not
from schemas.coverage import ConsentKind, Giver, Scope

NOW = dt.datetime(2026, 12, 8, 11, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
KINDS: tuple[ConsentKind, ...] = ("image", "voice", "byline")
SCOPES: tuple[Scope, ...] = ("portal", "facebook", "instagram")
CHILD, ADULT = dt.date(2010, 5, 1), dt.date(2001, 5, 1)


def agreed(by: Giver = "student", **changes: Any) -> Given:
    whole = Given("image", frozenset(SCOPES), 1, by, NOW - DAY, NOW + DAY)
    return msgspec.structs.replace(whole, **changes)


def judged(born: dt.date | None, *consents: Given, now: dt.datetime = NOW) -> str | None:
    kinds: tuple[ConsentKind, ...] = ("image",)
    return why_not(Person("Lou", born, consents), kinds, 1, "portal", now)


instants = st.integers(-500, 500).map(lambda hours: NOW + dt.timedelta(hours=hours))
consents = st.builds(
    Given,
    kind=st.sampled_from(KINDS),
    scopes=st.frozensets(st.sampled_from(SCOPES), min_size=1),
    event=st.sampled_from([None, 1, 2]),
    by=st.sampled_from(["student", "guardian"]),
    given_at=instants,
    expires_at=instants,
    withdrawn_at=st.none() | instants,
)
births = st.dates(dt.date(2006, 1, 1), dt.date(2014, 1, 1))
people = st.builds(Person, st.just("Lou"), births, st.lists(consents, max_size=12).map(tuple))
asked = st.tuples(
    st.sets(st.sampled_from(KINDS), min_size=1), st.sampled_from([1, 2]), st.sampled_from(SCOPES), instants
)


def holds(each: Given, kind: str, event: int, scope: str, now: dt.datetime) -> bool:
    """What a consent is, said once more and otherwise."""
    began, ended = each.given_at <= now, each.expires_at <= now
    withdrawn = each.withdrawn_at is not None and each.withdrawn_at <= now
    return (each.kind == kind and scope in each.scopes and each.event in {None, event}) and (
        began and not ended and not withdrawn
    )


@given(people, asked)
def test_somebody_is_shown_exactly_when_everybody_needed_agrees_to_all_of_it_then(
    person: Person, what: tuple[set[ConsentKind], int, Scope, dt.datetime]
) -> None:
    kinds, event, scope, now = what
    assert person.born is not None
    day = now.astimezone(ZoneInfo("Europe/Paris")).date()
    came_of_age = (person.born.year + 18, person.born.month, person.born.day) <= (
        day.year,
        day.month,
        day.day,
    )
    needed = ["student"] if came_of_age else ["student", "guardian"]
    agrees = all(
        any(each.by == who and holds(each, kind, event, scope, now) for each in person.consents)
        for who in needed
        for kind in kinds
    )
    why = why_not(person, kinds, event, scope, now)
    assert (why is None) == agrees
    if why:
        assert "Lou" in why
        assert scope in why


@given(people, asked)
def test_nothing_that_was_ever_said_stands_against_consents_that_hold(
    person: Person, what: tuple[set[ConsentKind], int, Scope, dt.datetime]
) -> None:
    kinds, event, scope, now = what
    givers: tuple[Giver, ...] = ("student", "guardian")
    holding = [Given(kind, frozenset({scope}), event, by, now, now + DAY) for kind in kinds for by in givers]
    richer = msgspec.structs.replace(person, consents=(*person.consents, *holding))
    assert why_not(richer, *what) is None


@given(people, asked)
def test_once_everything_is_withdrawn_nobody_is_shown(
    person: Person, what: tuple[set[ConsentKind], int, Scope, dt.datetime]
) -> None:
    gone = tuple(msgspec.structs.replace(each, withdrawn_at=what[3]) for each in person.consents)
    assert why_not(msgspec.structs.replace(person, consents=gone), *what)


@given(st.lists(people, max_size=4), asked)
def test_of_many_each_who_may_not_be_shown_is_told(
    shown: list[Person], what: tuple[set[ConsentKind], int, Scope, dt.datetime]
) -> None:
    assert len(all_why_not(shown, *what)) == sum(why_not(each, *what) is not None for each in shown)


@pytest.mark.parametrize(
    ("born", "day", "minor"),
    [
        ("2008-12-08", "2026-12-07", True),
        ("2008-12-08", "2026-12-08", False),
        ("2008-02-29", "2026-02-28", True),
        ("2008-02-29", "2026-03-01", False),
    ],
)
def test_who_is_a_minor_on_a_day(born: str, day: str, *, minor: bool) -> None:
    assert is_minor(dt.date.fromisoformat(born), dt.date.fromisoformat(day)) is minor


def test_age_is_counted_in_days_of_paris() -> None:
    """At 23:30 UTC it is the next day in Paris: the birthday has begun."""
    eve = dt.datetime(2026, 12, 7, 23, 30, tzinfo=dt.UTC)
    assert judged(dt.date(2008, 12, 8), agreed(), now=eve) is None
    assert judged(dt.date(2008, 12, 8), agreed(), now=eve - dt.timedelta(hours=1))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"withdrawn_at": NOW}, "has withdrawn the consent"),
        ({"expires_at": NOW}, "the consent has expired"),
        ({"given_at": NOW + DAY}, "does not begin yet"),
        ({"scopes": frozenset({"instagram"})}, "other channels only"),
        ({"event": 2}, "another event only"),
        ({"kind": "voice"}, "has not agreed"),
        ({"by": "guardian"}, "has not agreed"),
    ],
)
def test_the_answer_says_who_and_why(changes: dict[str, Any], words: str) -> None:
    why = judged(ADULT, agreed(**changes))
    assert why is not None
    assert why.startswith("Lou: ")
    assert words in why


def test_a_minor_needs_the_guardian_too_and_the_answer_names_whom_to_ask() -> None:
    assert judged(CHILD, agreed()) == "the legal guardian of Lou: has not agreed (image, portal)"
    assert judged(CHILD, agreed("guardian")) == "Lou: has not agreed (image, portal)"
    assert judged(CHILD, agreed(), agreed("guardian")) is None


def test_nothing_is_shown_of_who_was_erased() -> None:
    assert judged(None, agreed(), agreed("guardian"))
