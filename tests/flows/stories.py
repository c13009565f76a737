"""What tests of flows begin with: offers on every channel, and what the Prefect UI shows of a run."""

from __future__ import annotations

import json
from typing import Any

from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort


def artifact(key: str) -> Any:
    """The newest table of that name in the Prefect UI."""
    found: Any = Artifact.get(key)
    assert found, f"no artifact {key}"
    return json.loads(found.data)


def table(key: str) -> str:
    """The newest table of that name, as it is written."""
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])),
            sort=ArtifactSort.CREATED_DESC,
            limit=1,
        )
    return str(found[0].data)


def is_json(result: Any) -> bool:
    """Whether a flow's result may be kept and sent: nothing in it but what JSON knows."""
    return isinstance(json.loads(json.dumps(result)), dict)
