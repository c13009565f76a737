"""What the command line shows: a sync's summary, the status, what was refused.

Belongs here: tables and lines for a terminal, and CSV. Does not: computing anything of them.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from connectors.region.offers.quarantine import Detained
from core.csv_rows import csv_rows
from core.days import at_paris
from core.refusals import HEADER, rows
from core.registration import Change

SHOWN: Final = 60  # characters of a value

# Without markup: what outside systems say may hold brackets, and "[/a]" would end the summary of a sync.
stdout = Console(
    highlight=False, soft_wrap=True, markup=False, emoji=False, width=None if sys.stdout.isatty() else 140
)


def summary(figures: Mapping[str, Any]) -> None:
    """Print what a sync came to."""
    head = Table(title=f"Sync {figures['run']} of {figures['source']} ({figures['mode']})")
    names = ("collected", "new", "changed", "closed", "held", "unchanged", "quarantined")
    for name in names:
        head.add_column(name, justify="right")
    head.add_row(*(f"{figures[name]:,}" for name in names))
    stdout.print(head)
    if figures["not_modified"]:
        stdout.print("The contractor says that nothing changed since the last snapshot (304).")
    if figures["echoes"]:
        stdout.print(f"Beside these, {figures['echoes']:,} are ours and came back: they are left alone.")
    told = ("created", "updated", "withdrawn", "held", "unknown", "refused")
    channels = Table("channel", *told, "trouble")
    for name, done in figures["channels"].items():
        channels.add_row(name, *(f"{done[key]:,}" for key in told), done["error"] or "")
    stdout.print(channels)
    stages = Table("stage", "seconds", "documents", "documents/s", "peak MB")
    for stage in figures["stages"]:
        rate = stage["documents"] / stage["seconds"] if stage["seconds"] else 0
        stages.add_row(
            stage["name"],
            f"{stage['seconds']:.2f}",
            f"{stage['documents']:,}",
            f"{rate:,.0f}",
            f"{stage['peak_mb']:.0f}",
        )
    stdout.print(stages)
    inside = sum(stage["seconds"] for stage in figures["stages"])
    share = 1 - inside / figures["seconds"] if figures["seconds"] else 0.0
    stdout.print(f"{figures['seconds']:.1f} s in all, of which orchestration took {share:.1%}.")
    if figures["quarantined"]:
        stdout.print("What was quarantined, and why: boostez quarantine list")


def status(told: Mapping[str, Any]) -> None:
    """Print where everything stands."""
    sources = Table("source", "last snapshot (Paris)", "last change (Paris)", "cursor", title="Sources")
    for name, state in told["sources"].items():
        moments = (_at(state[key]) or "never" for key in ("last_snapshot_at", "last_change_at"))
        sources.add_row(name, *moments, state["cursor"] or "never")
    offers = Table("kind", "open", "closed", title="Offers")
    for kind, counts in told["offers"].items():
        offers.add_row(kind, f"{counts['open']:,}", f"{counts['closed']:,}")
    detained = Table("first reason", "payloads", title=f"Quarantine: {told['quarantine']['total']:,}")
    for rule, count in told["quarantine"]["by_reason"].items():
        detained.add_row(rule, f"{count:,}")
    states = ("wanted", "live", "planned", "held", "unknown", "parked", "refused")
    channels = Table("channel", *states, "", title="Channels")
    for name, standing in told["channels"].items():
        trouble = f"paused: {standing['paused_reason']}" if standing["paused"] else ""
        channels.add_row(name, *(f"{standing[key]:,}" for key in states), trouble)
    if not any(state["last_change_at"] for state in told["sources"].values()):
        stdout.print("Nothing was ever synced: run `boostez sync offers`.")
    for table in (sources, offers, detained, channels):
        stdout.print(table)
    for alert in told["alerts"]:
        stdout.print(f"Since {_at(alert['raised_at'])}: {alert['title']} ({alert['cause']})")
    for plan in told["plans"]:
        stdout.print(f"Plan {plan['id']} waits: {plan['message']} `boostez plan show {plan['id']}`")


def _at(moment: str | None) -> str:
    return at_paris(dt.datetime.fromisoformat(moment) if moment else None)


def registration(changes: Sequence[Change], same: int, *, dry_run: bool) -> None:
    """Print what is done at Prefect's server, or would be."""
    if changes:
        table = Table("", "what", "name", "field", "from", "to")
        for change in changes:
            fields = change.fields if change.does == "change" else {"": ("", "")}
            for field, values in fields.items():
                before, after = _apart(*values)
                table.add_row(change.does, change.kind, change.name, field, _value(before), _value(after))
        stdout.print(table)
    done = "would be changed" if dry_run else "changed"
    stdout.print(f"{len(changes):,} {done}, {same:,} already as declared.")


def _apart(before: Any, after: Any) -> tuple[Any, Any]:
    """What differs of two values: of two objects, nothing that they have in common."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return before, after
    differing = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    parts = {name: _apart(before.get(name), after.get(name)) for name in differing}
    return {name: one for name, (one, _) in parts.items()}, {
        name: other for name, (_, other) in parts.items()
    }


def _value(value: object) -> str:
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return told if len(told) <= SHOWN else f"{told[: SHOWN - 1]}…"


def refusals(kept: Iterable[Detained]) -> None:
    """Print what the engineers at a source need to mend it: one line a reason, for a spreadsheet."""
    told = rows((payload.ref or payload.key, payload.first_seen_at, payload.reasons) for payload in kept)
    sys.stdout.buffer.writelines(csv_rows(HEADER, told, bom=True))
