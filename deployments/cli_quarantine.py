"""``boostez quarantine``: payloads that broke their schema or a rule.

Belongs here: listing and showing. Does not: judging again (cli_replay.py).
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from connectors.region import quarantine
from connectors.region.database import region
from deployments import report
from deployments.command import Json, connected, guarded, print_json, say
from schemas.errors import Misconfigured

app = typer.Typer(no_args_is_help=True, help="Payloads that broke their schema or a rule.")


@app.command("list")
@guarded
def quarantine_list(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 50,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line a reason, to send on.")] = False,
) -> None:
    """List what is in quarantine, newest first."""
    with connected():
        kept = quarantine.detained(region(), source=source, limit=limit)
    if as_json:
        print_json([_shown(payload) for payload in kept])
        return
    if as_csv:
        report.refusals(kept)
        return
    if not kept:
        say("Nothing is in quarantine.")
    for payload in kept:
        first = payload.reasons[0]
        more = f" (+{len(payload.reasons) - 1} more)" if len(payload.reasons) > 1 else ""
        say(f"{payload.source}  {payload.ref or payload.key}  {first.rule}: {first.message}{more}")


@app.command("show")
@guarded
def quarantine_show(ref: str, as_json: Json = False) -> None:
    """Show the payloads kept for REF (or the start of a # key), with every reason."""
    with connected():
        kept = quarantine.detained(region(), ref=ref, limit=100)
    if not kept:
        raise Misconfigured(f"Nothing is in quarantine under {ref}: `boostez quarantine list` shows what is.")
    if as_json:
        print_json([_shown(payload) for payload in kept])
        return
    for payload in kept:
        say(f"{payload.source}  {payload.ref or payload.key}  first seen {payload.first_seen_at}")
        for reason in payload.reasons:
            say(f"  {reason.pointer or '/'}  {reason.rule}: {reason.message}\n      value: {reason.value}")
        say(payload.payload.decode("utf-8", "replace"))


def _shown(payload: Any) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(payload)
    return {**told, "payload": payload.payload.decode("utf-8", "replace"), "raw_hash": payload.raw_hash.hex()}
