"""Recheck: judge quarantined payloads again, and let in what now passes.

Belongs here: the order of judging, merging, releasing. Does not: judging (validate.py).
"""

from __future__ import annotations

import msgspec
from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors import clock
from connectors.region.database import Region
from connectors.region.offers import offers, quarantine
from connectors.region.offers.quarantine import Choice
from connectors.region.publishing.replays import EXAMPLES
from connectors.registry import source as source_of
from core.verdicts import judge
from tasks.validate import CHUNK, incoming

ABOUT_OTHERS = frozenset(
    {"duplicate_ref", "stale_version"}
)  # refused for another payload's sake, not their own


class Rechecked(msgspec.Struct):
    """What a recheck came to, in payloads; ``dry``: nothing was changed. ``examples`` are refs that would pass, or did."""

    released: int = 0
    kept: int = 0
    dry: bool = False
    examples: list[str] = msgspec.field(default_factory=list)


@task(name="recheck", task_run_name="recheck-{source}", cache_policy=NO_CACHE)
def recheck(
    region: Region, run_id: int | None, source: str, choice: Choice, *, dry: bool = False
) -> Rechecked:
    """Judge what is chosen of a source's quarantine again; reasons that changed are replaced. ``dry`` writes nothing."""
    told, now, wanted = Rechecked(dry=dry), clock.now(), source_of(source)
    for chunk in quarantine.chunks(region, source, CHUNK, choice):
        accepted, kept = [], []
        for payload in chunk:
            verdict = (
                payload.reasons if payload.reasons[0].rule in ABOUT_OTHERS else judge(wanted, payload.payload)
            )
            if isinstance(verdict, tuple):
                kept.append(msgspec.structs.replace(payload, reasons=verdict))
            else:
                accepted.append(incoming(verdict, payload.raw_hash, now))
        told.released += len(accepted)
        told.kept += len(kept)
        told.examples += [row.ref for row in accepted[: EXAMPLES - len(told.examples)]]
        if dry:
            continue
        newest = {row.ref: row for row in sorted(accepted, key=lambda row: row.version)}
        offers.merge(region, run_id, source, list(newest.values()))
        quarantine.release(region, source, [row.raw_hash for row in accepted])
        quarantine.put(region, run_id, kept)
    return told
