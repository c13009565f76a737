"""What tests of flows begin with: offers on every channel, and what the Prefect UI shows of a run."""

from __future__ import annotations

import json
from typing import Any

from prefect.artifacts import Artifact

from connectors.region import offers
from connectors.registry import policies
from tests.makers import incoming, job
from tests.worlds import Hub


def stock(hub: Hub, *numbers: int, title: str = "Boulanger", version: int = 1) -> None:
    rows = [incoming(job(f"J-{n}", title=f"{title} {n}"), version) for n in numbers]
    offers.merge(hub.region, 1, "contractor", rows)


def everywhere(hub: Hub) -> None:
    for name in policies(hub.settings.channels_file):
        hub.put_out(name)


def artifact(key: str) -> Any:
    """The newest table of that name in the Prefect UI."""
    found: Any = Artifact.get(key)
    assert found, f"no artifact {key}"
    return json.loads(found.data)


def is_json(result: Any) -> bool:
    """Whether a flow's result may be kept and sent: nothing in it but what JSON knows."""
    return isinstance(json.loads(json.dumps(result)), dict)
