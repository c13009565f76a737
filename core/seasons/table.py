"""A season as a person reads it.

Belongs here: the calendar as a table, and how fair it is. Does not: how it is found (planning.py), or why there is none (conflicts.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from core.markdown import cell
from core.seasons.choices import choices
from core.seasons.problem import Moderator, Official, Placement, Problem, Venue
from core.seasons.proposal import Placed, Proposal
from core.seasons.score import asked_officials, by_department
from core.wall import wall_of
from schemas.reference_tables import departments

_Who = TypeVar("_Who", bound=Official | Moderator | Venue)


def markdown(problem: Problem, proposal: Proposal) -> str:
    """The calendar as a Markdown table, in the clocks of the rules' zone."""
    wanted = {each.key: each for each in problem.wanted}
    rows = []
    for each in proposal.placed:
        placement, mine = each.placement, wanted[each.key]
        wall = wall_of(placement.starts, problem.rules.zone)
        venue = _of(placement.venue, problem.venues)
        department = mine.department if venue is None else venue.department
        told = (
            each.key,
            f"{wall:%a %Y-%m-%d}",
            f"{wall:%H:%M}",
            "written" if venue is None else venue.name,
            "" if department is None else departments().get(department, department),
            _name(placement.official, problem.officials),
            _name(placement.moderator, problem.moderators),
            mine.theme,
            "locked" if mine.locked is not None else _changes(each, mine.previous, problem),
        )
        rows.append("| " + " | ".join(cell(text) for text in told) + " |\n")
    head = "| dialogue | day | at | where | department | official | moderator | theme | changed |\n|---|---|---|---|---|---|---|---|---|\n"
    return head + "".join(rows)


def explained(problem: Problem, proposal: Proposal) -> str:
    """How good a calendar is, and how the dialogues are shared out, in Markdown."""
    calendar = {each.key: each.placement for each in proposal.placed}
    score, held = proposal.score, by_department(problem, calendar)
    asked = Counter(each.official for each in calendar.values())
    fair = asked_officials(choices(problem).values())
    officials = [(each.name, asked[each.id]) for each in problem.officials if each.id in fair]
    sure = "no fewer can be moved" if proposal.fewest else "it is not proven that no fewer can be moved"
    best = (
        "nothing better is possible" if proposal.best else "it is not proven that nothing better is possible"
    )
    return (
        f"{len(calendar)} dialogues; {score.moved} moved ({sure}), {score.rescheduled} of them to another start; "
        f"{score.off_hours} off the preferred slots; {best}.\n\n"
        f"From least to most: {score.departments} apart by department, {score.officials} by official, {score.weeks} by week.\n\n"
        + _counts(
            "department", [(departments().get(each, each), held[each]) for each in problem.rules.departments]
        )
        + "\n"
        + _counts("official", officials)
    )


def _counts(what: str, counted: Iterable[tuple[str, int]]) -> str:
    rows = "".join(f"| {cell(name)} | {number} |\n" for name, number in counted)
    return f"| {what} | dialogues |\n|---|---:|\n{rows}"


def _changes(placed: Placed, was: Placement | None, problem: Problem) -> str:
    """« was 2027-10-05 18:30, with Ada Martin »: what of it is no more; nothing when it stays."""
    if not placed.moved or was is None:
        return ""
    now = placed.placement
    wall = wall_of(was.starts, problem.rules.zone)
    parts = {
        f"{wall:%Y-%m-%d %H:%M}": was.starts != now.starts,
        f"with {_name(was.official, problem.officials)}": was.official != now.official,
        f"moderated by {_name(was.moderator, problem.moderators)}": was.moderator != now.moderator,
        f"at {_name(was.venue, problem.venues)}": was.venue != now.venue,
    }
    return "was " + ", ".join(part for part, holds in parts.items() if holds)


def _name(number: int | None, several: Iterable[Official | Moderator | Venue]) -> str:
    """A name; a number is all that is left of who is not there any more."""
    found = _of(number, several)
    return ("no venue" if number is None else f"no. {number}") if found is None else found.name


def _of(number: int | None, several: Iterable[_Who]) -> _Who | None:
    return next((each for each in several if each.id == number), None)
