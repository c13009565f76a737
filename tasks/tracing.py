"""A task's spans under those of the Prefect run that it is part of.

Belongs here: what is known of the run. Does not: Prefect's own spans, which repeat names and messages that may be personal, or how
a span is sent (connectors/telemetry.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prefect.context import FlowRunContext

from connectors import telemetry
from connectors.logs import Id, bound


@contextmanager
def traced(**ids: Id) -> Iterator[None]:
    """What happens inside belongs to the run, and what is logged inside to these ids too."""
    found = FlowRunContext.get()
    with bound(**ids):
        if found is None or found.flow is None or found.flow_run is None:
            yield
            return
        with telemetry.run(str(found.flow_run.id), found.flow.name):
            yield
