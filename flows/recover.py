"""A run that died, told and run again once.

Belongs here: the form. Does not: the step (tasks/recover.py), who may be run again (core/recovery.py), or hearing that a run died
(deployments/automations.py).
"""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow, get_run_logger
from prefect.runtime import flow_run
from pydantic import Field

from connectors.region.database import safe_region
from tasks.recover import recover


def _run_name() -> str:
    return f"recover {str(flow_run.parameters['run']).rpartition('.')[2]}"


@flow(name="recover-run", flow_run_name=_run_name, description=__doc__, retries=5, retry_delay_seconds=30)
def recover_run(run: Annotated[str, Field(min_length=36)]) -> dict[str, Any]:
    """Run a dead run again, under its own number, if it finds its work in rows and never was. What killed it may last for a while.

    Args:
        run: Its id, as in the address of its page.

    """
    died, again = recover(safe_region(), run.rpartition(".")[2])
    get_run_logger().info("%s: %s", died.name, "it is run again" if again else f"left {died.states[-1]}")
    return {"run": died.name, "again": again}
