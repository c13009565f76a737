"""What Prefect's processes log, in the one form of all lines (connectors/logs.py): flows, workers, servers and services.

Belongs here: Prefect's ids of a record, and the settings that have Prefect write so. Does not: the form.

Prefect makes the formatter while it is itself being imported, from the name in its environment, so nothing of it is imported here before a
record comes.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from connectors.logs import Format, Id, Json

ENVIRONMENT: Final[Mapping[Format, Mapping[str, str]]] = {
    "text": {},
    "json": {
        "PREFECT_LOGGING_FORMATTERS_JSON_CLASS": "deployments.run_logs.RunJson",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER": "json",
        "PREFECT_LOGGING_HANDLERS_DEBUG_FORMATTER": "json",
        "PREFECT_LOGGING_COLORS": "false",
    },
}
"""What a process of Prefect's finds in its environment, by the form of logs."""
_UNKNOWN: Final = "<unknown>"  # what Prefect says of a flow whose name it has not asked for
_OF_RECORD: Final = {  # Prefect's own name of an id, of what it hangs on records of a run's logger
    "flow_run_id": "flow_run_id",
    "flow_name": "flow",
    "task_run_id": "task_run_id",
    "task_name": "task",
}


class RunJson(Json):
    """A line with the run that this process, or this thread, is at. Of what a configuration says of a format nothing is heard."""

    def __init__(self, fmt: str | None = None, datefmt: str | None = None, style: str = "%") -> None:
        del fmt, datefmt, style
        super().__init__()

    def ids(self, record: logging.LogRecord) -> Mapping[str, Id]:
        """Of the run under way, and what the record says itself."""
        given = {ours: _plain(getattr(record, theirs, None)) for theirs, ours in _OF_RECORD.items()}
        return _under_way() | {name: value for name, value in given.items() if value is not None}


def _under_way() -> dict[str, Id]:
    if "prefect.context" not in sys.modules:  # nothing of Prefect's runs here: the portal
        return {}
    from prefect.context import FlowRunContext, TaskRunContext  # noqa: PLC0415 - see above

    told: dict[str, Id] = {}
    if (at := FlowRunContext.get()) and at.flow_run:
        told |= {"flow_run_id": str(at.flow_run.id)}
        if at.flow:
            told["flow"] = at.flow.name
        if at.flow_run.deployment_id:
            told["deployment_id"] = str(at.flow_run.deployment_id)
    if step := TaskRunContext.get():
        told |= {"task_run_id": str(step.task_run.id), "task": step.task.name}
    return told


def _plain(value: object) -> str | None:
    return str(value) if isinstance(value, str | UUID) and value != _UNKNOWN else None
