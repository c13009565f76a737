"""``boostez morning``: the morning page, in a terminal.

Belongs here: the command and how it looks. Does not: what is on the page (tasks/morning.py).
"""

from __future__ import annotations

import msgspec
from rich.table import Table

from core.days import at_paris
from core.morning import Line, Morning, Part
from deployments import report
from deployments.command import Json, guarded, print_json, run_flow, say
from schemas import documents


@guarded
def morning(as_json: Json = False) -> None:
    """Show what ran, what waits, what is stuck, drifts or is late, and what solves each; leave the page in the Prefect UI too."""
    page = run_flow("morning:morning")
    if as_json:
        print_json(page)
        return
    for part in msgspec.convert(page, Morning).parts:
        _show(part)


def _show(part: Part) -> None:
    if not part.lines:
        say(f"{part.title}: {part.empty}")
        return
    table = Table("what", "figure", "since (Paris)", "what to do", title=part.title, title_justify="left")
    for line in part.lines:
        table.add_row(documents.visible(line.what), line.figure, at_paris(line.since), _solves(line))
    report.stdout.print(table)


def _solves(line: Line) -> str:
    button = f"{line.button.does}: {line.button.address}" if line.button else ""
    return "\n".join(filter(None, (line.command, button)))
