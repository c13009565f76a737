"""Counting how far firms have come.

Belongs here: one statement over ``firm`` and what its people did. Does not: what the figures mean (core/progress.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import text

from connectors.region.database import Region
from core.naf import SECTORS, section_of
from core.progress import STEPS, Part, Progress, Steps

# Each step is had by whoever has a later one: a walk-in never registered, and one who finished was in a cohort.
_FIRMS: Final = """
    WITH done AS (
        SELECT f.id, f.department, f.naf,
            coalesce(bool_or(e.id IS NOT NULL), false) AS registered,
            coalesce(bool_or(e.state = 'present'), false) AS present,
            EXISTS (SELECT FROM contact c2 JOIN cohort_member m ON m.contact_id = c2.id JOIN cohort g ON g.id = m.cohort_id
                WHERE c2.firm_id = f.id AND g.state IN ('open', 'finished') AND (m.left_at IS NULL OR m.left_at >= g.decided_at)) AS cohort,
            EXISTS (SELECT FROM contact c2 JOIN cohort_member m ON m.contact_id = c2.id AND m.left_at IS NULL
                JOIN cohort g ON g.id = m.cohort_id WHERE c2.firm_id = f.id AND g.state = 'finished') AS finished,
            EXISTS (SELECT FROM contact c2 JOIN answer a ON a.contact_id = c2.id AND a.about LIKE 'outcome%'
                WHERE c2.firm_id = f.id) AS outcome
        FROM firm f LEFT JOIN contact c ON c.firm_id = f.id LEFT JOIN enrolment e ON e.contact_id = c.id GROUP BY f.id)
    SELECT coalesce(department, '') AS department, coalesce(naf, '') AS naf, count(*) AS known,
        count(*) FILTER (WHERE registered OR cohort OR outcome) AS registered,
        count(*) FILTER (WHERE present OR cohort OR outcome) AS present,
        count(*) FILTER (WHERE cohort OR finished OR outcome) AS cohort,
        count(*) FILTER (WHERE finished OR outcome) AS finished, count(*) FILTER (WHERE outcome) AS outcome
    FROM done GROUP BY 1, 2
"""


def figures(region: Region) -> Progress:
    """The programme's figures, as of now."""
    with region.begin() as connection:
        rows = connection.execute(text(_FIRMS)).all()
    return Progress(
        _sum(rows),
        _parts(rows, lambda row: row.department),
        _parts(rows, lambda row: SECTORS.get(section_of(row.naf) or "", "")),
    )


def _parts(rows: Sequence[Any], name_of: Callable[[Any], str]) -> tuple[Part, ...]:
    of: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        of[name_of(row)].append(row)
    parts = [Part(name, _sum(found)) for name, found in of.items()]
    return tuple(sorted(parts, key=lambda part: (not part.name, -part.steps.present, part.name)))


def _sum(rows: Sequence[Any]) -> Steps:
    return Steps(*(sum(getattr(row, step) for row in rows) for step in STEPS))
