"""Report: one artifact table a sync, for whoever watches the Prefect UI.

Belongs here: the table. Does not: the figures (run.py) or the terminal (deployments/report.py).
"""

from __future__ import annotations

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from core.markdown import cell
from tasks.measure import Stage
from tasks.run import Figures, Run


@task(name="report", cache_policy=NO_CACHE)
def report(run: Run) -> Figures:
    """Publish the figures of the run and return them."""
    figures = run.close()
    create_markdown_artifact(
        markdown=table(figures, run.settings.public_url),
        key=f"sync-{figures.source}".replace("_", "-"),
        description=f"Sync {figures.run} of {figures.source} ({figures.mode})",
    )
    return figures


def table(figures: Figures, portal: str) -> str:
    """The figures in Markdown."""
    offers = (
        f"| collected | new | changed | closed | held | unchanged | quarantined | ours, come back |\n"
        f"|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        f"| {figures.collected} | {figures.new} | {figures.changed} | {figures.closed} | {figures.held} "
        f"| {figures.unchanged} | {figures.quarantined} | {figures.echoes} |\n"
    )
    channels = "".join(
        f"| {name} | {d.created} | {d.updated} | {d.withdrawn} | {d.held} | {d.unknown} | {d.refused} | {cell(d.error or '')} |\n"
        for name, d in figures.channels.items()
    )
    stages = "".join(_stage(stage) for stage in figures.stages)
    return (
        f"# Sync {figures.run}: {figures.source}, {figures.mode}\n\n{offers}\n"
        f"## Channels\n\n| channel | created | updated | withdrawn | held | unknown | refused | trouble |\n"
        f"|---|---:|---:|---:|---:|---:|---:|---|\n{channels}\n"
        f"## Stages\n\n| stage | seconds | documents | documents/s | peak MB |\n|---|---:|---:|---:|---:|\n{stages}\n"
        f"[The open portal]({portal}) · [its feeds]({portal}/flux)\n"
    )


def _stage(stage: Stage) -> str:
    rate = stage.documents / stage.seconds if stage.seconds else 0
    return f"| {stage.name} | {stage.seconds:.2f} | {stage.documents} | {rate:,.0f} | {stage.peak_mb:.0f} |\n"
