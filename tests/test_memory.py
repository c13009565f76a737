"""The folder in memory of the tests' PostgreSQL: where there is room, gone afterwards, and cleared of those who were killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests import memory


def test_it_is_where_there_is_room_and_gone_afterwards(tmp_path: Path) -> None:
    with memory.folder(tmp_path, needed=0) as made:
        (made / "data").mkdir()
        assert made.parent == tmp_path
        assert made.stat().st_mode & 0o777 == 0o755
    assert list(tmp_path.iterdir()) == []


def test_where_memory_is_short_it_is_on_disk(tmp_path: Path) -> None:
    with memory.folder(tmp_path, needed=2**60) as made:
        assert made.parent != tmp_path
    with memory.folder(tmp_path / "nowhere", needed=0) as made:
        assert made.is_dir()


def test_what_a_killed_process_left_is_cleared_and_what_a_living_one_uses_is_not(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    left = tmp_path / f"boostez-tests-{ended.stdout.strip()}-x"
    (left / "data").mkdir(parents=True)
    used = tmp_path / f"boostez-tests-{os.getppid()}-x"
    used.mkdir()
    with memory.folder(tmp_path, needed=0):
        assert not left.exists()
    assert list(tmp_path.iterdir()) == [used]
