"""Every promise in docs/promises.md names tests that exist."""

from __future__ import annotations

import fnmatch
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = [
    line
    for line in (ROOT / "docs" / "promises.md").read_text("utf-8").splitlines()
    if re.match(r"\| (?!promise|---)", line)
]


def test_there_are_promises() -> None:
    assert len(ROWS) > 20


@cache
def names_of(path: Path) -> frozenset[str]:
    """The names of the tests of a file or folder."""
    files = path.rglob("*.py") if path.is_dir() else [path]
    return frozenset(
        name for file in files for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))
    )


def lacking(row: str) -> list[str]:
    """What a promise names and nobody finds."""
    proof = row.strip("|").rsplit("|", 1)[-1]
    paths = re.findall(r"tests/[\w/]+(?:\.py)?", proof)
    if missing := [path for path in paths if not (ROOT / path).exists()]:
        return missing
    known = {name for path in paths for name in names_of(ROOT / path)}
    named = re.findall(r"`(test_[\w*]+)`", proof)
    return ([] if paths else ["a test"]) + [name for name in named if not fnmatch.filter(known, name)]


def test_each_promise_names_tests_that_exist() -> None:
    assert {row: names for row in ROWS if (names := lacking(row))} == {}
