"""How far the programme has come: firms by department, by sector, and by how far each has gone.

Belongs here: the figures as a value, and as a table for staff. Does not: counting (connectors/region/firms/progress.py), or the page for
residents (portal/openness.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from core.markdown import cell

TARGET: Final = 8_000  # firms, as the partnership was announced in 2017


class Steps(msgspec.Struct, frozen=True):
    """Firms that have come so far at least: each step counts those of the next, too."""

    known: int = 0
    registered: int = 0
    present: int = 0
    cohort: int = 0
    finished: int = 0
    outcome: int = 0


STEPS: Final = Steps.__struct_fields__


class Part(msgspec.Struct, frozen=True):
    """The firms of one department, or of one sector; ``name`` is empty for those of which it is not known."""

    name: str
    steps: Steps


class Progress(msgspec.Struct, frozen=True):
    """All firms, and their parts."""

    whole: Steps
    departments: tuple[Part, ...]
    sectors: tuple[Part, ...]

    @property
    def share(self) -> float:
        """Of the target, the share that takes part: firms that have come at least once."""
        return self.whole.present / TARGET


def markdown(progress: Progress) -> str:
    """The figures as tables."""
    whole = progress.whole
    head = f"{whole.present} of {TARGET} firms have come ({progress.share:.1%})\n"
    return "\n".join([
        head,
        _table("step", [(name, getattr(whole, name)) for name in STEPS]),
        _parts("department", progress.departments),
        _parts("sector", progress.sectors),
    ])  # fmt: skip


def _table(what: str, rows: Sequence[tuple[str, int]]) -> str:
    told = "".join(f"| {name} | {number} |\n" for name, number in rows)
    return f"| {what} | firms |\n|---|---:|\n{told}"


def _parts(what: str, parts: Sequence[Part]) -> str:
    rows = "".join(
        f"| {cell(part.name or 'not known')} | {' | '.join(str(getattr(part.steps, name)) for name in STEPS)} |\n"
        for part in parts
    )
    return f"| {what} | {' | '.join(STEPS)} |\n|---|{'---:|' * len(STEPS)}\n{rows}"
