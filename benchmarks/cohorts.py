"""How good and how long cohort formation is, at sizes as they come, beside a solver on the same rules (docs/adr/0017).

    .venv/bin/python -m benchmarks.cohorts --sizes 40 200 1000 8000
    .venv/bin/python -m benchmarks.cohorts --sizes 40 200 --solver whole      # needs `pip install ortools` in a venv of its own
    .venv/bin/python -m benchmarks.cohorts --sizes 1000 --solver departments

``whole``: one CP-SAT model of everything. ``departments``: one after the other for each department and level, with the seats that are
left. Both know the rules and costs of core/cohorts exactly; the score is counted by core/cohorts. One worker, a fixed seed, a limit in
deterministic seconds.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from core.cohorts import Candidate, Coach, Options
from core.cohorts.closeness import CONFLICT
from core.cohorts.forming import form
from core.cohorts.reasons import tell
from core.cohorts.seating import Seat, Seating
from tests.core.cohorts.towns import candidates, coaches


class Model:
    """Groups of some candidates at the open seats of a seating, as CP-SAT sees it."""

    def __init__(self, seating: Seating, some: Sequence[int]) -> None:
        from ortools.sat.python import cp_model  # noqa: PLC0415 - nothing else needs it

        self.cp = cp_model
        self.model: Any = cp_model.CpModel()
        self.seating = seating
        self.sits: dict[tuple[int, Seat], Any] = {}
        self.at: dict[tuple[Seat, str], list[int]] = defaultdict(list)
        for one in some:
            for slot in sorted(seating.candidates[one].availability):
                for coach in seating.coaches_at(one, slot):
                    self.sits[one, (coach, slot)] = self.model.new_bool_var("")
                    self.at[(coach, slot), seating.candidates[one].level or ""].append(one)
        self.opens = {key: self.model.new_bool_var("") for key in self.at}
        costs = [cost for key in self.at for cost in self._group(*key)]
        self._coaches()
        self._once(some)
        left = len(some) - sum(self.sits.values())
        self.model.minimize(left * (seating.left_over // 10) + sum(costs))

    def _once(self, some: Sequence[int]) -> None:
        for one in some:
            self.model.add_at_most_one(sits for (who, _), sits in self.sits.items() if who == one)

    def _coaches(self) -> None:
        by_seat, by_coach = defaultdict(list), defaultdict(list)
        for (seat, _), opens in self.opens.items():
            by_seat[seat].append(opens)
            by_coach[seat[0]].append(opens)
        for each in by_seat.values():
            self.model.add_at_most_one(each)
        for coach, each in by_coach.items():
            self.model.add(sum(each) <= self.seating.coaches[coach].cohorts - self.seating.load(coach))

    def _group(self, seat: Seat, level: str) -> list[Any]:
        """The rules of one seat and level, and what the group there costs, in tens of metres."""
        options, model, members = self.seating.options, self.model, self.at[seat, level]
        sits = [self.sits[one, seat] for one in members]
        opens = self.opens[seat, level]
        sizes = {size: model.new_bool_var("") for size in range(options.minimum, options.maximum + 1)}
        model.add(sum(sizes.values()) == opens)
        model.add(sum(sits) == sum(size * is_it for size, is_it in sizes.items()))
        pairs = []
        for first, one in enumerate(members):
            for second in range(first + 1, len(members)):
                cost = self.seating.closeness.cost(one, members[second])
                if cost >= CONFLICT:
                    model.add_at_most_one(sits[first], sits[second])
                else:
                    both = model.new_bool_var("")
                    model.add_bool_or(sits[first].negated(), sits[second].negated(), both)
                    pairs.append(cost // 10 * both)
        company = model.new_int_var(0, 10**7, "")
        for size, is_it in sizes.items():
            model.add(company * (size - 1) >= 2 * sum(pairs)).only_enforce_if(is_it)
        worth = options.weights.size * 100
        return [company, sum(worth * (size - options.ideal) ** 2 * is_it for size, is_it in sizes.items())]

    def solve(self, limit: float) -> tuple[str, float]:
        """Seat what was found; the solver's verdict, and the least that it knows everything costs, in km."""
        solver = self.cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        solver.parameters.max_deterministic_time = limit
        verdict = solver.status_name(solver.solve(self.model))
        if verdict in {"OPTIMAL", "FEASIBLE"}:
            for (one, seat), sits in self.sits.items():
                if solver.value(sits):
                    group = self.seating.groups.get(seat) or self.seating.open(
                        seat, self.seating.candidates[one].level
                    )
                    self.seating.join(one, group)
        return verdict, solver.best_objective_bound / 100


def solved(
    waiting: list[Candidate], available: list[Coach], options: Options, how: str, limit: float
) -> Seating:
    seating = Seating(waiting, available, options)
    parts: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one, who in enumerate(waiting):
        parts[(who.department or "", who.level or "") if how == "departments" else ("", "")].append(one)
    for _, some in sorted(parts.items(), key=lambda part: (-len(part[1]), part[0])):
        verdict, bound = Model(seating, some).solve(limit)
        if how == "whole":
            print(f"       solver: {verdict}, nothing costs less than {bound:.0f}")
    return seating


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=[40, 200, 1000, 8000])
    arguments.add_argument("--seeds", type=int, nargs="+", default=[1])
    arguments.add_argument("--rounds", type=int, default=Options().rounds)
    arguments.add_argument("--solver", choices=["whole", "departments"])
    arguments.add_argument("--limit", type=float, default=60, help="deterministic seconds a model")
    chosen = arguments.parse_args()
    options = Options(rounds=chosen.rounds)
    for size in chosen.sizes:
        for seed in chosen.seeds:
            waiting, available = candidates(size, seed), coaches(size, seed)
            start, cpu = time.monotonic(), time.process_time()
            if chosen.solver:
                seating = solved(waiting, available, options, chosen.solver, chosen.limit)
            else:
                seating = form(waiting, available, (), options)
            took, cpu = time.monotonic() - start, time.process_time() - cpu
            told = tell(seating)
            print(
                f"{size:5} firms, seed {seed}: {told.placed} placed in {len(told.cohorts)} cohorts of {len(available)} coaches, "
                f"cost {told.score.total} km, {told.score.total - told.score.left_over} without those left over; "
                f"{took:.1f} s, {cpu:.1f} s of a processor, "
                f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
