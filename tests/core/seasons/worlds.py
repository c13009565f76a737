"""Small seasons, where everything that can keep dialogues apart happens often; and all their calendars, tried one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from hypothesis import strategies as st
from msgspec.structs import replace

from core.seasons import (
    Busy,
    Moderator,
    Official,
    Placement,
    Problem,
    Rules,
    Slot,
    Venue,
    Wanted,
    broken,
)
from core.wall import instant

CLERMONT, AURILLAC, LYON = "63", "15", "69"
DEPARTMENTS: Final = (CLERMONT, AURILLAC, LYON)
THEMES: Final = ("emploi", "transport")
TODAY: Final = dt.date(2027, 10, 1)  # a Friday
SLOTS: Final = (
    Slot(1, dt.time(18, 30)),
    Slot(1, dt.time(20)),
    Slot(3, dt.time(18, 30), preferred=False),
    Slot(5, dt.time(9), preferred=False),
    Slot(5, dt.time(14), preferred=False),
    Slot(5, dt.time(18), preferred=False),
    Slot(6, dt.time(10)),
)


def at(text: str) -> dt.datetime:
    """« 2027-10-05 18:30 » in Paris."""
    return instant(dt.datetime.fromisoformat(text), "Europe/Paris")


def rules(**changes: object) -> Rules:
    plain = Rules(
        first=dt.date(2027, 10, 4),
        last=dt.date(2027, 10, 10),
        today=TODAY,
        slots=SLOTS,
        notice_days=0,
        gap_days=0,
        departments=DEPARTMENTS,
    )
    return replace(plain, **changes)


def official(number: int = 1, **changes: object) -> Official:
    return replace(Official(id=number, name=f"Official {number}", themes=frozenset(THEMES)), **changes)


def moderator(number: int = 1, **changes: object) -> Moderator:
    return replace(Moderator(id=number, name=f"Moderator {number}"), **changes)


def venue(number: int = 1, department: str = CLERMONT, **changes: object) -> Venue:
    return replace(Venue(id=number, name=f"Venue {number}", department=department), **changes)


def wanted(number: int = 1, **changes: object) -> Wanted:
    return replace(Wanted(key=f"D-{number}", theme="emploi", form="live"), **changes)


def problem(
    several: Sequence[Wanted],
    officials: Sequence[Official] = (official(),),
    moderators: Sequence[Moderator] = (moderator(),),
    venues: Sequence[Venue] = (venue(),),
    season: Rules | None = None,
) -> Problem:
    return Problem(
        wanted=tuple(several),
        officials=tuple(officials),
        moderators=tuple(moderators),
        venues=tuple(venues),
        rules=season or rules(),
    )


_STARTS: Final = [
    at(f"2027-10-{text}")
    for text in ("05 18:30", "05 20:00", "07 18:30", "09 09:00", "09 14:00", "09 18:00", "04 17:00")
]


@st.composite
def busy(draw: st.DrawFn) -> tuple[Busy, ...]:
    if draw(st.integers(0, 2)):
        return ()
    starts = draw(st.lists(st.sampled_from(_STARTS), min_size=1, max_size=3, unique=True))
    hours = draw(st.sampled_from((1, 4, 30)))
    return tuple(
        Busy(start - dt.timedelta(minutes=30), start + dt.timedelta(hours=hours)) for start in starts
    )


@st.composite
def territories(draw: st.DrawFn) -> frozenset[str]:
    return draw(st.sampled_from((frozenset(), frozenset({CLERMONT, AURILLAC}), frozenset({LYON}))))


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    return Placement(
        starts=draw(st.sampled_from(_STARTS)),
        official=draw(st.integers(1, 2)),
        moderator=draw(st.integers(1, 2)),
        venue=draw(st.sampled_from((1, 2, None))),
    )


@st.composite
def dialogues(draw: st.DrawFn, number: int, *, locks: bool) -> Wanted:
    form = draw(st.sampled_from(("live", "live", "written")))
    plain = wanted(
        number,
        theme=draw(st.sampled_from(THEMES)),
        form=form,
        minutes=draw(st.sampled_from((60, 90))),
        department=draw(st.sampled_from((CLERMONT, AURILLAC, None, None))),
        official=draw(st.sampled_from((1, None, None))),
        previous=draw(st.none() | placements()),
    )
    if locks and not draw(st.integers(0, 5)):
        where = None if form == "written" else 1
        locked = replace(draw(placements()), venue=where, official=plain.official or 1, moderator=1)
        return replace(plain, department=None, locked=locked)
    return plain


@st.composite
def problems(draw: st.DrawFn, most: int = 3, *, crowded: bool = False) -> Problem:
    """A week with three dialogues at most: half of them can be planned. ``crowded``: two days, and few can."""
    themes = draw(st.sampled_from((frozenset(THEMES), frozenset({"emploi"}))))
    limit = draw(st.sampled_from((None, None, 1)))
    return problem(
        [draw(dialogues(number, locks=True)) for number in range(1, draw(st.integers(1, most)) + 1)],
        [
            official(1, busy=draw(busy()), most_a_season=draw(st.sampled_from((None, 2)))),
            official(2, themes=themes, departments=draw(territories()), most_a_week=limit),
        ],
        [moderator(1, busy=draw(busy())), moderator(2, departments=draw(territories()))][
            : draw(st.integers(1, 2))
        ],
        [venue(1, CLERMONT, busy=draw(busy())), venue(2, AURILLAC)][: draw(st.integers(1, 2))],
        rules(
            last=dt.date(2027, 10, 6 if crowded else 10),
            notice_days=draw(st.sampled_from((0, 5))),
            gap_days=draw(st.sampled_from((0, 2, 3))),
            most_a_day=draw(st.sampled_from((1, 3))),
            public_holidays=draw(st.sampled_from((frozenset(), frozenset({dt.date(2027, 10, 5)})))),
        ),
    )


def calendars(problem: Problem) -> Iterator[dict[str, Placement]]:
    """Every calendar that the checker finds nothing against, by trying all."""
    options = [_options(problem, each) for each in problem.wanted]
    yield from _extended(problem, options, {})


def _options(problem: Problem, each: Wanted) -> list[Placement]:
    starts = {*_STARTS}
    if each.locked is not None:
        starts = {each.locked.starts}
    alone = replace(problem, wanted=(each,))
    tried = (
        Placement(starts=start, official=official.id, moderator=moderator.id, venue=venue)
        for start, official, moderator, venue in product(
            sorted(starts),
            problem.officials,
            problem.moderators,
            (None, *(each.id for each in problem.venues)),
        )
    )
    return [placement for placement in tried if not broken(alone, {each.key: placement})]


def _extended(
    problem: Problem, options: Sequence[list[Placement]], calendar: Mapping[str, Placement]
) -> Iterator[dict[str, Placement]]:
    number = len(calendar)
    if number == len(problem.wanted):
        yield dict(calendar)
        return
    so_far = replace(problem, wanted=problem.wanted[: number + 1])
    for placement in options[number]:
        longer = {**calendar, problem.wanted[number].key: placement}
        if not broken(so_far, longer):
            yield from _extended(problem, options, longer)
