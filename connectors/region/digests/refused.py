"""The contractor's week: every offer of theirs that is refused, with every reason.

Belongs here: one statement over ``quarantine``. Does not: what each cause's share is (core/digests/shares.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.digests.editions import Edition
from core.digests.facts import ContractorFacts, Refusal
from core.digests.weeks import Week
from schemas.documents import Reason

SOURCE: Final = "contractor"
# An offer may be there twice until the next whole walk, refused in two versions: its newest counts.
_REFUSED: Final = """
    SELECT ref, reasons, since FROM (
        SELECT DISTINCT ON (key) coalesce(ref, key) AS ref, reasons, first_seen_at AS since, id FROM quarantine
        WHERE source = :source ORDER BY key, id DESC) newest
    ORDER BY since DESC, id DESC
"""
_CAUSES: Final = """
    SELECT rule, count(*) AS number FROM (
        SELECT DISTINCT ON (key) rule FROM quarantine WHERE source = :source ORDER BY key, id DESC) newest
    GROUP BY rule
"""


def facts(region: Region, week: Week, before: Sequence[Edition]) -> ContractorFacts:
    """Their week, as of now."""
    with region.begin() as connection:
        refused = tuple(
            Refusal(row.ref, msgspec.convert(row.reasons, tuple[Reason, ...]), row.since)
            for row in connection.execute(text(_REFUSED), {"source": SOURCE})
        )
        open_, read_at = connection.execute(
            text(
                "SELECT count(*), (SELECT max(last_change_at) FROM source WHERE name = :source) FROM offer "
                "WHERE source = :source AND status = 'open'"
            ),
            {"source": SOURCE},
        ).one()
    return ContractorFacts(open_, read_at, refused, tuple(each.figures for each in before), week.since)


def causes(region: Region) -> dict[str, int]:
    """Refused offers by their first reason: what an edition keeps for the weeks that follow."""
    with region.begin() as connection:
        rows = connection.execute(text(_CAUSES), {"source": SOURCE})
        return {row.rule: row.number for row in rows}
