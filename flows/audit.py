"""Holding what is really on the channels against the ledger.

Belongs here: the order, and who heals. Does not: a step (tasks/audit.py).
"""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_table_artifact
from prefect.runtime import flow_run
from pydantic import Field

from connectors.region.database import safe_region
from connectors.registry import CHANNELS, WANTED, audited
from connectors.settings import settings
from schemas.errors import BoostezError
from tasks.audit import audit
from tasks.tell import tell

Channel = Annotated[str, Field(title="one", json_schema_extra={"enum": [*CHANNELS, *WANTED]})] | None


def _run_name() -> str:
    asked = flow_run.parameters
    return f"audit{' and heal' if asked.get('heal') else ''} {asked.get('channel') or 'every channel'}"


@flow(name="audit-channels", flow_run_name=_run_name, description=__doc__)
def audit_channels(channel: Channel = None, heal: bool | None = None) -> dict[str, Any]:
    """Audit every channel; heal what was changed by hand, or tell a person, as the channel's policy says.

    Args:
        channel: Only this channel; None: all.
        heal: Put right what differs, or not; None: as the channel's policy says.

    Raises:
        RetryLater, Permanent: some channel could not be read; the others were audited.
        Misconfigured: there is no such channel.

    """
    chosen, database, told, trouble = settings(), safe_region(), {}, []
    with database.at_work():
        for name, heals in audited(chosen, database, channel).items():
            try:
                told[name] = audit(database, chosen, name, heal=heals if heal is None else heal).told()
            except BoostezError as error:
                get_run_logger().warning("%s cannot be audited now: %s", name, error)
                trouble.append(error)
        tell(database, chosen)
    create_table_artifact(
        table=[_row(each) for each in told.values()], key="audit", description="Channels against the ledger"
    )
    if trouble:
        raise trouble[0]
    return told


def _row(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in {"drifts", "began"}}
