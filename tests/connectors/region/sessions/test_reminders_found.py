"""Finding what is due among a million enrolments: fast, and no slower for all that is over.

How much is touched is counted in pages, which are the same on any machine; the time is bounded generously, for a machine that others use.
benchmarks/reminders_due.py prints the times.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.sessions import reminders
from tests import history
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.slow]
FEW, MANY = 100_000, 1_000_000
MILLISECONDS = 50.0


def pages(connection: Connection, statement: str, values: dict[str, Any]) -> int:
    """How many pages a statement touches, the second time."""
    for _ in range(2):
        (plan,) = connection.execute(
            text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"), values
        ).scalar_one()
    node = plan["Plan"]
    return int(node["Shared Hit Blocks"] + node["Shared Read Blocks"])


def median(act: Callable[[], Any]) -> float:
    """The median of twenty, in milliseconds."""
    times = []
    for _ in range(20):
        begun = time.perf_counter()
        act()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def touched(region: Region) -> tuple[int, int]:
    """Pages touched to find whose turn it is, and to read all that judges what is due of them; the time is seen to."""
    with region.begin() as connection:
        persons = reminders.whose_turn(connection, history.RULES, NOON)
        rows, _ = reminders.judge_due(connection, history.RULES, persons, NOON)
        assert len(persons) >= 300
        assert len(rows) >= 300
        assert median(lambda: reminders.whose_turn(connection, history.RULES, NOON)) < MILLISECONDS
        values = {"now": NOON, "later": ["thanks"], "open": True, "persons": reminders.PERSONS}
        return (
            pages(connection, reminders.DUE, values),
            pages(connection, reminders.FACTS, {"ids": [row.id for row in rows]}),
        )


@pytest.mark.parametrize("old", [0.01, 0.5, 1.0])
def test_what_is_due_is_found_in_no_time_however_much_is_over(region: Region, old: float) -> None:
    history.write(region, FEW, old)
    touched(region)


def test_finding_what_is_due_does_not_grow_with_history(region: Region) -> None:
    """The reminders of five hundred people were joined to every enrolment that there ever was."""
    history.write(region, FEW // 10, 0.5)
    few = touched(region)
    with region.begin() as connection:
        connection.execute(
            text("TRUNCATE firm, contact, consent, coach, cohort, channel, effect RESTART IDENTITY CASCADE")
        )
    history.write(region, MANY, 0.5)
    many = touched(region)
    assert many[0] < 2 * few[0]
    assert many[1] < 2 * few[1]


def test_of_what_waits_to_be_known_nothing_is_queued_and_the_rest_is_found_behind_it(region: Region) -> None:
    """A thousand sessions without a sheet, longer due than anything else: the queue looks past them."""
    history.write(region, 10_000, 1.0)
    with region.begin() as connection:
        unknown = connection.scalar(
            text(
                "SELECT count(*) FROM reminder r JOIN enrolment e ON e.id = r.enrolment_id WHERE r.state = 'waiting' AND r.at <= :now "
                "AND e.state = 'registered'"
            ),
            {"now": NOON},
        )
        persons = reminders.whose_turn(connection, history.RULES, NOON)
        _, verdicts = reminders.judge_due(connection, history.RULES, persons, NOON)
    assert unknown is not None
    assert unknown > reminders.PERSONS
    assert "go" in {verdict.state for verdict in verdicts.values()}
