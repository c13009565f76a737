"""How long planning a season takes, and planning it again when an official falls ill: medians of three seasons (docs/adr/0022).

    .venv/bin/python -m benchmarks.season --efforts 1 3 10

A season has 60 dialogues, 25 officials, 8 moderators, 18 venues, 12 departments and ten weeks with two of holidays
(tests/core/seasons/years.py). Seconds are of a processor: the solver has one worker. ``cost``: all wishes, weighed (Weights).
"""

from __future__ import annotations

import argparse
import statistics
import time

from core.seasons import Problem, Proposal, broken, propose
from tests.core.seasons.years import ill, season, standing


def timed(problem: Problem, effort: float) -> tuple[Proposal, float]:
    begun = time.process_time()
    found = propose(problem, effort)
    took = time.process_time() - begun
    assert isinstance(found, Proposal)
    assert broken(problem, {each.key: each.placement for each in found.placed}) == []
    return found, took


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--efforts", type=float, nargs="+", default=[3])
    arguments.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    chosen = arguments.parse_args()
    print("| effort | planned: s | cost | again, one ill: s | moved |\n|---:|---:|---:|---:|---:|")
    for effort in chosen.efforts:
        rows = []
        for seed in chosen.seeds:
            problem = season(seed=seed)
            first, took = timed(problem, effort)
            away = first.placed[10].placement.official
            second, again = timed(ill(standing(problem, first), away), effort)
            rows.append((took, first.score.cost(problem.rules.weights), again, second.score.moved))
        print(
            f"| {effort:g} | "
            + " | ".join(f"{statistics.median(row):.3g}" for row in zip(*rows, strict=True))
            + " |",
            flush=True,
        )


if __name__ == "__main__":
    main()
