"""``boostez quarantine``: payloads that broke their schema or a rule.

Belongs here: listing and showing. Does not: judging again (cli_replay.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Any

import msgspec
import typer

from connectors.region.database import region
from connectors.region.offers import quarantine
from connectors.region.offers.quarantine import Detained
from core.days import at_paris
from deployments import report
from deployments.command import Json, connected, guarded, print_told
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
    if as_csv and not as_json:
        report.refusals(kept)
        return
    lines = (_line(payload) for payload in kept)
    shown = [_shown(payload) for payload in kept]
    print_told(shown, *(lines if kept else ["Nothing is in quarantine."]), as_json=as_json)


def _line(payload: Detained) -> str:
    first, *others = payload.reasons
    more = f" (+{len(others)} more)" if others else ""
    return f"{payload.source}  {payload.ref or payload.key}  {first.rule}: {first.message}{more}"


@app.command("show")
@guarded
def quarantine_show(
    ref: Annotated[str, typer.Argument(help="The offer's reference, or the start of a # key.")],
    as_json: Json = False,
) -> None:
    """Show the payloads that are kept of an offer, with every reason."""
    with connected():
        kept = quarantine.detained(region(), ref=ref, limit=100)
    if not kept:
        raise Misconfigured(f"Nothing is in quarantine under {ref}: `boostez quarantine list` shows what is.")
    lines = chain.from_iterable(map(_whole, kept))
    print_told([_shown(payload) for payload in kept], *lines, as_json=as_json)


def _whole(payload: Detained) -> Iterator[str]:
    yield f"{payload.source}  {payload.ref or payload.key}  first seen {at_paris(payload.first_seen_at)}"
    for reason in payload.reasons:
        yield f"  {reason.pointer or '/'}  {reason.rule}: {reason.message}\n      value: {reason.value}"
    yield payload.payload.decode("utf-8", "replace")


def _shown(payload: Detained) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(payload)
    return {**told, "payload": payload.payload.decode("utf-8", "replace"), "raw_hash": payload.raw_hash.hex()}
