from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.world.reminders.victims import Outcome
from tests.world.serving import sandbox_process
from tests.world.test_kills import ROOT
from tests.world.walking import SEED, WHOLE

pytestmark = [pytest.mark.database, pytest.mark.world, pytest.mark.slow]
ONE_IN, SEASONS = (1, 20) if WHOLE else (9, 0)


def test_wherever_a_hub_is_killed_nothing_is_lost_doubled_late_or_untold(
    database: str, tmp_path: Path
) -> None:
    worlds = ("--seed", str(SEED), "--one-in", str(ONE_IN), "--seasons", str(SEASONS))
    with sandbox_process() as sandbox:
        arguments = ("--database", database, "--sandbox", sandbox, "--home", str(tmp_path))
        told = subprocess.run(
            [sys.executable, "-m", "tests.world.reminders.victims", *arguments, *worlds],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert told.returncode == 0, told.stderr
    outcomes = [
        msgspec.json.decode(line, type=Outcome) for line in told.stdout.splitlines() if line.startswith("{")
    ]
    assert [outcome for outcome in outcomes if outcome.differences] == []
    assert len(outcomes) >= 18 // ONE_IN + SEASONS
    assert all(outcome.killed for outcome in outcomes), outcomes
