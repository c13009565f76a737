"""What makes one calendar better than another, as CP-SAT sees it.

Belongs here: the parts of the score as expressions over a model. Does not: what they are worth (problem.py), or counting them in a
calendar (score.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from ortools.sat.python import cp_model

from core.seasons.model import Dialogue, Literal, Model
from core.seasons.problem import Moderator, Official, Placement, Venue
from core.seasons.score import asked_officials, open_weeks
from core.seasons.starts import is_free, is_preferred, week_of

Expression = cp_model.LinearExprT
_NOTHING: Final[list[Literal]] = []


def staying(model: Model) -> list[Literal]:
    """A literal for each dialogue that can stay as it was; it is true only if the dialogue does."""
    found: list[Literal] = []
    for dialogue in model.dialogues.values():
        previous = dialogue.choice.wanted.previous
        parts = None if previous is None else _placed(dialogue, previous)
        if parts is not None:
            stays = model.cp.new_bool_var("")
            for part in parts:
                model.cp.add_implication(stays, part)
            found.append(stays)
    return found


def cost(model: Model) -> Expression:
    """Everything but the moves, weighed."""
    weights, dialogues = model.rules.weights, list(model.dialogues.values())
    off_hours = [
        lit
        for each in dialogues
        for start, lit in each.starts.items()
        if not is_preferred(start, model.rules)
    ]
    kept = [
        each.starts[previous.starts]
        for each in dialogues
        if (previous := each.choice.wanted.previous) is not None and previous.starts in each.starts
    ]
    return cp_model.LinearExpr.sum(
        [
            weights.off_hours * cp_model.LinearExpr.sum(off_hours),
            -weights.rescheduled * cp_model.LinearExpr.sum(kept),
            weights.departments * _departments(model),
            weights.officials * _officials(model),
            weights.weeks * _weeks(model),
        ]
    )


def _placed(dialogue: Dialogue, previous: Placement) -> list[Literal] | None:
    """What must be true for a dialogue to be as it was; None when it cannot be."""
    if dialogue.is_live != (previous.venue is not None):
        return None
    parts = [
        dialogue.starts.get(previous.starts),
        dialogue.officials.get(previous.official),
        dialogue.moderators.get(previous.moderator),
    ]
    if previous.venue is not None:
        parts.append(dialogue.venues.get(previous.venue))
    choice = dialogue.choice
    asked: list[tuple[Official | Moderator | Venue, int | None]] = [
        *((each, previous.official) for each in choice.officials),
        *((each, previous.moderator) for each in choice.moderators),
        *((each, previous.venue) for each in choice.venues),
    ]
    if any(
        each.id == number and not is_free(each.busy, previous.starts, dialogue.minutes)
        for each, number in asked
    ):
        return None
    found = [each for each in parts if each is not None]
    return found if len(found) == len(parts) else None


def _departments(model: Model) -> Expression:
    held: dict[str, list[Literal]] = defaultdict(list)
    for each in model.dialogues.values():
        for department, lit in each.places.items():
            held[department].append(lit)
    return _spread(model, [held.get(each, _NOTHING) for each in model.rules.departments])


def _officials(model: Model) -> Expression:
    asked: dict[int, list[Literal]] = defaultdict(list)
    for each in model.dialogues.values():
        for official, lit in each.officials.items():
            asked[official].append(lit)
    fair = asked_officials(each.choice for each in model.dialogues.values())
    return _spread(model, [asked[each] for each in sorted(fair)])


def _weeks(model: Model) -> Expression:
    held: dict[tuple[int, int], list[Literal]] = defaultdict(list)
    for each in model.dialogues.values():
        for start, lit in each.starts.items():
            held[week_of(start, model.rules)].append(lit)
    return _spread(model, [held[each] for each in sorted(open_weeks(model.rules))])


def _spread(model: Model, several: Iterable[list[Literal]]) -> Expression:
    """Between the most and the least of these that are true."""
    sums = [cp_model.LinearExpr.sum(lits) for lits in several]
    if not sums:
        return 0
    most, least = (model.cp.new_int_var(0, len(model.dialogues), "") for _ in range(2))
    for each in sums:
        model.cp.add(least <= each)
        model.cp.add(each <= most)
    return most - least
