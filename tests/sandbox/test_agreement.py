"""The whole agreement, as schemathesis reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode

from tests.sandbox.conftest import Sandbox

AGREEMENT = Path(__file__).parents[3] / "shared" / "contracts" / "contractor.openapi.yaml"
OPERATIONS = [
    ("POST", "/oauth/token"),
    ("GET", "/v1/offers"),
    ("GET", "/v1/offers/{ref}"),
    ("POST", "/v1/offers:batch"),
    ("GET", "/v1/stats"),
]


@pytest.mark.shared
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_one_that_the_agreement_knows(sandbox: Sandbox, method: str, path: str) -> None:
    if not AGREEMENT.exists():
        pytest.skip(f"the agreement is not here: {AGREEMENT}")
    sandbox.admin("contractor/heal")
    schema = schemathesis.openapi.from_path(str(AGREEMENT))
    schema.config.generation.update(modes=[GenerationMode.POSITIVE])
    authorization = sandbox.http.headers["Authorization"]

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case[Any]) -> None:
        case.query.pop("cursor", None)  # a cursor is the server's to give: test_contractor.py
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = uuid4().hex  # reused: test_contractor.py
        case.call_and_validate(base_url=sandbox.url, headers={"Authorization": authorization})

    from hypothesis import given

    given(case=schema[path][method].as_strategy())(check)()
