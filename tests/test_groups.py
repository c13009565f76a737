"""The tests that share one costly thing stay on one worker."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("together")
@pytest.mark.skipif(
    "PYTEST_XDIST_WORKER" not in os.environ, reason="one process: there are no workers to part them"
)
def test_the_marks_that_keep_tests_together_are_heard(request: pytest.FixtureRequest) -> None:
    """With pytest 9.2 pytest-xdist 3.8 did not hear them: each worker started a hub of 49,000 offers of its own."""
    assert request.node.nodeid.endswith("@together")
