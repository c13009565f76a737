"""`boostez` as a process of its own, watched, limited and killed, on a database of the test's."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from connectors.region.database import Region
from connectors.settings import ROOT

PASSWORD = "s3cret-canary"
PATIENCE = 60  # seconds


def url_of(region: Region, password: str | None = None) -> str:
    url = region.engine.url
    return (url.set(password=password) if password else url).render_as_string(hide_password=False)


class Command:
    """A `boostez` under way."""

    def __init__(self, region: Region, home: Path, *words: str, limit: int | None = None) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "deployments", *words],
            cwd=ROOT,
            env={**os.environ, "BOOSTEZ_HOME": str(home), "BOOSTEZ_DATABASE_URL": url_of(region, PASSWORD)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=None if limit is None else lambda: self._limit(limit),  # noqa: PLW1509 - no thread of ours
        )

    @staticmethod
    def _limit(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    def end(self) -> tuple[int, str, str]:
        out, err = self.popen.communicate(timeout=PATIENCE)
        return self.popen.returncode, out, err

    def kill(self) -> None:
        """End it as the kernel does when memory runs out."""
        self.popen.kill()
        self.popen.communicate(timeout=PATIENCE)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.popen.pid).children(recursive=True)

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for another process than ours; it must be alive meanwhile."""
        for _ in range(PATIENCE * 100):
            if condition():
                return
            assert self.popen.poll() is None, self.popen.communicate()
            psutil.Process().cpu_percent(0.01)
        pytest.fail("nothing happened")


@contextmanager
def held(region: Region, table: str) -> Iterator[Callable[[], bool]]:
    """A table that nobody can read; answers whether somebody waits for it."""
    with region.begin() as connection:
        connection.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))

        def waited_for() -> bool:
            with region.begin() as other:
                return bool(
                    other.scalar(
                        text(
                            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = cast(:table AS regclass)"
                        ),
                        {"table": table},
                    )
                )

        yield waited_for
