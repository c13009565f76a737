"""How long finding and judging what is due takes, whatever is over: medians of twenty, in milliseconds.

    .venv/bin/python -m benchmarks.reminders_due --enrolments 100000 1000000

Makes a database server of its own in a temporary folder, and fills it in bulk (tests/history.py): two reminders an enrolment, of which
1 %, half and all are over. A million takes some 2 GB and a minute each.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from connectors.region import migrations
from connectors.region.database import Region
from connectors.region.sessions import reminders
from deployments import postgres
from tests import history
from tests.makers import NOON

SHARES = (0.01, 0.5, 1.0)


def timed(act: Callable[[], Any]) -> tuple[Any, float]:
    times, answer = [], None
    for _ in range(20):
        begun = time.perf_counter()
        answer = act()
        times.append((time.perf_counter() - begun) * 1000)
    return answer, statistics.median(times)


def measure(region: Region, enrolments: int, old: float) -> None:
    with region.begin() as connection:
        persons, turn = timed(lambda: reminders.whose_turn(connection, history.RULES, NOON))
        (rows, _), judging = timed(lambda: reminders.judge_due(connection, history.RULES, persons, NOON))
        connection.rollback()
    print(
        f"{enrolments:>10,} enrolments, {old:4.0%} over: {turn:6.1f} ms whose turn it is ({len(persons)} people), "
        f"{judging:6.1f} ms to judge {len(rows)} reminders"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--enrolments", type=int, nargs="+", default=[100_000, 1_000_000])
    with tempfile.TemporaryDirectory() as folder:
        server = postgres.start(Path(folder) / "data")
        try:
            for number in arguments.parse_args().enrolments:
                server.create_database(f"history_{number}")
                region = Region(server.url(f"history_{number}"))
                migrations.upgrade(region)
                for old in SHARES:
                    (history.write if old == SHARES[0] else history.age)(region, number, old)
                    measure(region, number, old)
                region.dispose()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
