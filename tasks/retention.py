"""Retention: what has been kept long enough goes, and a table says how much.

Belongs here: the step and its table. Does not: what goes (connectors/region/people/programme_retention.py) or when (core/terms.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from connectors.region.database import Region
from connectors.region.people import programme_retention
from connectors.region.people.programme_retention import Tidied
from core.reminders import Rule
from core.terms import TERMS


@task(name="keep-no-longer", retries=0, cache_policy=NO_CACHE)
def keep_no_longer(region: Region, rules: Sequence[Rule], now: dt.datetime, *, dry_run: bool) -> Tidied:
    """Delete, empty and erase what has been kept long enough, or only count it; leave the figures as an artifact."""
    tidied = programme_retention.tidy(region, rules, now, dry_run=dry_run)
    create_markdown_artifact(
        markdown=table(tidied, dry_run=dry_run),
        key="retention",
        description="What would be erased now" if dry_run else "What was erased",
    )
    return tidied


def table(tidied: Tidied, *, dry_run: bool) -> str:
    """The figures in Markdown, each with its term and who asks for it."""
    figures = msgspec.structs.asdict(tidied)
    rows = "".join(
        f"| {term.since} | {term.amount} {term.unit} | {figures[name]} | {term.source} |\n"
        for name, term in TERMS.items()
    )
    places = f"{tidied.places} places to come of people who were erased: {'would be ' if dry_run else ''}given back.\n"
    return (
        f"# Retention{', dry run: nothing was touched' if dry_run else ''}\n\n"
        f"| kept since | for | {'due now' if dry_run else 'gone'} | because |\n|---|---|---:|---|\n{rows}\n{places}"
    )
