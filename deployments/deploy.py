"""Registering: Prefect's server is made to know what is declared.

Belongs here: the plan, and carrying it out. Does not: what is declared (declared.py) or how a thing is written (server.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from prefect.client.orchestration import SyncPrefectClient, get_client

from core.registration import Change, Thing, changes
from deployments.declared import declared
from deployments.server import Server
from schemas.errors import Refused


class Plan(msgspec.Struct, frozen=True):
    """What is done, in order, and how many things are already as declared."""

    changes: tuple[Change, ...]
    same: int


def deploy(file: Path | None = None, *, dry_run: bool = False) -> Plan:
    """Make the server of PREFECT_API_URL know what is declared; ``dry_run`` only tells.

    Raises:
        Misconfigured: prefect.yaml is not as it should be.
        Refused: the work pool is of another type.

    """
    wanted = declared(file) if file else declared()
    with get_client(sync_client=True) as client:
        return register(client, wanted, dry_run=dry_run)


def register(client: SyncPrefectClient, wanted: Sequence[Thing], *, dry_run: bool = False) -> Plan:
    """Make a server know these things; ``dry_run`` only tells, and refuses what could not be done.

    Raises:
        Refused: the work pool is of another type, which a server does not change. Nothing was done.

    """
    server = Server(client)
    plan = changes(wanted, server.found())
    for change in plan:
        _check(change)
    touched = sum(change.does != "remove" for change in plan)
    if not dry_run:
        for change in plan:
            server.carry_out(change)
    return Plan(plan, len(wanted) - touched)


def _check(change: Change) -> None:
    there, wanted = change.fields.get("type", (None, None))
    if there and there != wanted:
        raise Refused(
            f"The work pool {change.name} is of type {there}, and {wanted} is declared. Pause it, wait until no run is under way, "
            f"`prefect work-pool delete {change.name}`, then `boostez deploy` again."
        )
