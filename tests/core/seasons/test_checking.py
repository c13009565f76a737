"""Each hard rule, dropped from what plans, is noticed by the checker, which shares no code with it."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from core.seasons import Busy, Placement, Problem, Rules, Slot, broken, checking, choices, starts
from core.seasons.model import Model
from core.seasons.solving import solve
from tests.core.seasons.worlds import (
    CLERMONT,
    at,
    moderator,
    official,
    problem,
    rules,
    venue,
    wanted,
)

EVENING = rules(slots=(Slot(1, dt.time(18, 30)),), last=dt.date(2027, 10, 10))
TWO = rules(slots=(Slot(1, dt.time(18, 30)), Slot(1, dt.time(20))))
THREE = replace(TWO, slots=(*TWO.slots, Slot(1, dt.time(21, 30))))
PAIR = [wanted(1), wanted(2)]
WRITTEN = [wanted(number, form="written") for number in (1, 2, 3)]
OFFICIALS = [official(number) for number in (1, 2, 3)]
MODERATORS = [moderator(number) for number in (1, 2, 3)]
VENUES = [venue(1, CLERMONT), venue(2, "15"), venue(3, "69")]
TUESDAY = frozenset({dt.date(2027, 10, 5)})
TAKEN = (Busy(at("2027-10-01 00:00"), at("2027-11-01 00:00")),)
LOCKED = Placement(starts=at("2027-10-07 11:00"), official=1, moderator=1, venue=1)


def nothing(*_: object) -> None:
    """A rule that is not there."""


def always(*_: object) -> bool:
    return True


def never(*_: object) -> bool:
    return False


def unlocked(of: Problem) -> dict[str, choices.Choice]:
    return choices.choices(replace(of, wanted=tuple(replace(each, locked=None) for each in of.wanted)))


def without_notice(of: Rules) -> list[dt.datetime]:
    return starts.openings(replace(of, notice_days=0))


def everybody(_: object, of: Problem) -> tuple[object, ...]:
    return of.officials


MUTANTS = [
    ("a person twice", {"Model._no_overlap": nothing, "Model._drive": nothing}, "has both at once",
        problem(PAIR, OFFICIALS, MODERATORS[:1], VENUES, EVENING)),
    ("an official twice", {"Model._no_overlap": nothing, "Model._drive": nothing}, "Official 1 has both at once",
        problem(PAIR, OFFICIALS[:1], MODERATORS, VENUES, EVENING)),
    ("a venue twice", {"Model._venues": nothing}, "is taken twice", problem(PAIR, OFFICIALS, MODERATORS, VENUES[:1], EVENING)),
    ("travel", {"Model._drive": nothing, "Model._travel": nothing}, "minutes from one to the other",
        problem([wanted(1, department="63"), wanted(2, department="15")], OFFICIALS, MODERATORS[:1], VENUES, TWO)),
    ("long drives", {"Model._travel": nothing}, "minutes from one to the other",
        problem([wanted(1, department="15"), wanted(2, department="74")], OFFICIALS, MODERATORS[:1], [VENUES[1], venue(4, "74")],
            rules(slots=(Slot(5, dt.time(10)), Slot(5, dt.time(14)))))),
    ("rest", {"Model._rest": nothing}, "has 3 dialogues on", problem(WRITTEN, OFFICIALS, MODERATORS[:1], [], THREE)),
    ("a season's limit", {"Model._limits": nothing}, "has 2 dialogues, at most 1",
        problem(WRITTEN[:2], [official(most_a_season=1)], MODERATORS, [], TWO)),
    ("a week's limit", {"Model._limits": nothing}, "2 dialogues in week 40",
        problem(WRITTEN[:2], [official(most_a_week=1)], MODERATORS, [], TWO)),
    ("a day's most", {"Model._most_a_day": nothing}, "2 dialogues on 2027-10-05",
        problem(WRITTEN[:2], OFFICIALS, MODERATORS, [], replace(TWO, most_a_day=1))),
    ("the gap", {"Model._gaps": nothing}, "less than 3 days apart",
        problem(PAIR, OFFICIALS, MODERATORS, VENUES[:1], replace(TWO, gap_days=3))),
    ("a busy official", {"model.is_free": always}, "Official 1 is busy", problem(PAIR[:1], [official(busy=TAKEN)])),
    ("a busy moderator", {"model.is_free": always}, "Moderator 1 is busy",
        problem(PAIR[:1], moderators=[moderator(busy=TAKEN)])),
    ("a busy venue", {"model.is_free": always}, "Venue 1 is busy", problem(PAIR[:1], venues=[venue(busy=TAKEN)])),
    ("Sundays", {"starts.is_closed": never}, "on a Sunday", problem(PAIR[:1], season=rules(slots=(Slot(6, dt.time(10)),)))),
    ("public holidays", {"starts.is_closed": never}, "on a public holiday",
        problem(PAIR[:1], season=replace(EVENING, public_holidays=TUESDAY))),
    ("school holidays", {"starts.is_closed": never}, "in school holidays",
        problem(PAIR[:1], season=replace(EVENING, school_holidays=TUESDAY))),
    ("notice", {"choices.openings": without_notice}, "less than 20 days of notice",
        problem(PAIR[:1], season=replace(EVENING, notice_days=20))),
    ("locks", {"model.choices": unlocked}, "is not where it is locked", problem([wanted(locked=LOCKED)], season=EVENING)),
    ("themes", {"choices._officials": everybody}, "does not answer for", problem([wanted(theme="santé")])),
    ("an official's territory", {"choices.goes_to": always, "model.goes_to": always}, "Official 1 does not go to 63",
        problem(PAIR[:1], [official(departments=frozenset({"15"}))])),
    ("a moderator's territory", {"choices.goes_to": always, "model.goes_to": always}, "Moderator 1 does not go to 63",
        problem(PAIR[:1], moderators=[moderator(departments=frozenset({"15"}))])),
    ("a territory of a venue that is chosen", {"model.goes_to": always}, "Official 1 does not go to",
        problem(PAIR[:1], [official(departments=frozenset({"74"}))], venues=VENUES)),
]  # fmt: skip


def solved(of: Problem) -> dict[str, Placement] | None:
    """The calendar that the rules alone give, without a look at what is impossible by itself."""
    model = Model(of)
    for each in model.dialogues.values():
        model.cp.add_bool_and(each.here)
    verdict, solver = solve(model.cp, 1)
    return model.calendar(solver) if verdict in {"best", "found"} else None


@pytest.mark.parametrize(
    ("dropped", "finding", "of"), [each[1:] for each in MUTANTS], ids=[each[0] for each in MUTANTS]
)
def test_a_rule_that_is_dropped_is_noticed(
    dropped: dict[str, Callable[..., Any]], finding: str, of: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = solved(of)
    assert whole is None or broken(of, whole) == []
    for where, instead in dropped.items():
        monkeypatch.setattr(
            f"core.seasons.model.{where}" if "Model" in where else f"core.seasons.{where}", instead
        )
    calendar = solved(of)
    assert calendar is not None
    assert any(finding in each for each in broken(of, calendar)), broken(of, calendar)


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"starts": at("2027-10-05 18:45")}, "D-1 begins at no slot, but on Tuesday at 18:45"),
        ({"starts": at("2027-10-12 18:30")}, "D-1 is out of the season, on 2027-10-12"),
        ({"venue": None}, "D-1 is live and has no venue"),
        ({"venue": 2}, "D-1 is in 15 and wanted in 63"),
        ({"official": 2}, "D-1: Official 2 is not who is wanted"),
        ({"moderator": 9}, "D-1 names a person or a place that is not there"),
    ],
)
def test_what_no_solver_would_propose_is_noticed_too(changes: dict[str, Any], finding: str) -> None:
    of = problem([wanted(department="63", official=1)], OFFICIALS, MODERATORS, VENUES, EVENING)
    right = Placement(starts=at("2027-10-05 18:30"), official=1, moderator=1, venue=1)
    assert broken(of, {"D-1": right}) == []
    assert finding in broken(of, {"D-1": replace(right, **changes)})


def test_a_calendar_has_every_dialogue_and_no_other() -> None:
    right = Placement(starts=at("2027-10-05 18:30"), official=1, moderator=1, venue=1)
    of = problem([wanted(1)], season=EVENING)
    assert broken(of, {"D-9": right}) == ["D-9 is not wanted", "D-1 is not in the calendar"]


def test_a_written_dialogue_has_no_venue() -> None:
    at_a_venue = Placement(starts=at("2027-10-05 18:30"), official=1, moderator=1, venue=1)
    assert broken(problem(WRITTEN[:1], season=EVENING), {"D-1": at_a_venue}) == [
        "D-1 is written and has a venue"
    ]


def test_the_checker_shares_nothing_with_what_plans_but_the_records() -> None:
    tree = ast.parse(Path(checking.__file__).read_text("utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {each for each in imported if each and each.startswith("core")} == {"core.seasons.problem"}
