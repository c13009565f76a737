"""A firm's journey as an artifact, for whoever works in the Prefect UI.

Belongs here: the table. Does not: what happened (connectors/region/firms/journeys.py), or the words (connectors/journeys).

Prefect keeps artifacts for as long as it likes, and no erasure reaches them: people are numbers there. `boostez firm journey` names
them.
"""

from __future__ import annotations

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from connectors.journeys.wording import lines
from connectors.region.database import Region
from connectors.region.firms import journeys
from connectors.region.firms.journeys import Journey
from core.markdown import cell


@task(name="show-journey", cache_policy=NO_CACHE)
def show_journey(region: Region, siret: str) -> int:
    """Leave a firm's journey as an artifact. Returns how much happened.

    Raises:
        Misconfigured: there is no such firm.

    """
    found = journeys.journey(region, siret)
    create_markdown_artifact(
        markdown=table(found), key=f"journey-{siret}", description=f"The journey of firm {siret}"
    )
    return len(found.events)


def table(journey: Journey) -> str:
    """The journey in Markdown, the oldest first."""
    rows = "".join(f"| {line.when} | {cell(line.said)} |\n" for line in lines(journey, named=False))
    return f"# {cell(journey.name)}, {journey.siret}\n\n| when (Paris) | what |\n|---|---|\n{rows}"
