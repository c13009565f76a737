"""How CP-SAT is run, so that it gives the same answer on any machine.

Belongs here: the solver's settings and verdicts. Does not: what it is asked (planning.py, conflicts.py).

One worker, a fixed seed, and a limit in the solver's own count of work, which it calls deterministic time; never one in seconds. One is
two to four seconds of a processor.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from ortools.sat.python import cp_model

Verdict = Literal["best", "found", "impossible", "open"]
"""best: found, and nothing is better. open: neither found nor proven impossible within the effort."""

_VERDICTS: Final[Mapping[str, Verdict]] = MappingProxyType(
    {"OPTIMAL": "best", "FEASIBLE": "found", "INFEASIBLE": "impossible", "UNKNOWN": "open"}
)

_UNPROVEN: Final[Mapping[Verdict, Verdict]] = MappingProxyType(
    {"best": "found", "found": "found", "impossible": "open", "open": "open"}
)


def solve(
    model: cp_model.CpModel, effort: float, *, linear: int = 1, quick: bool = False
) -> tuple[Verdict, cp_model.CpSolver]:
    """The verdict on a model, and the solver with its values.

    ``linear``: how much is also seen as a linear program. 0 is fast from a good guess, 1 betters a calendar, 2 proves what cannot be:
    that officials with two dialogues each are too few it sees at once, where 1 did not in ten times the work. ``quick``: without
    probing, which takes longer than finding a calendar. Nothing is proven then: OR-tools 9.15 without probing called a season impossible
    that has a calendar.
    """
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = effort
    solver.parameters.linearization_level = linear
    solver.parameters.max_presolve_iterations = 1
    solver.parameters.symmetry_level = 0
    if quick:
        solver.parameters.cp_model_probing_level = 0
    verdict = _VERDICTS[solver.status_name(solver.solve(model))]
    return (_UNPROVEN[verdict] if quick else verdict), solver
