"""Every promise in docs/promises.md names tests that exist."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = [
    line
    for line in (ROOT / "docs" / "promises.md").read_text("utf-8").splitlines()
    if re.match(r"\| (?!promise|---)", line)
]


def test_there_are_promises() -> None:
    assert len(ROWS) > 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:50])
def test_a_promise_names_tests_that_exist(row: str) -> None:
    proof = row.strip("|").rsplit("|", 1)[-1]
    paths = re.findall(r"tests/[\w/]+(?:\.py)?", proof)
    assert paths, f"no test is named: {row}"
    assert [path for path in paths if not (ROOT / path).exists()] == []
    files = [
        file
        for path in paths
        for file in ([ROOT / path] if path.endswith(".py") else (ROOT / path).rglob("*.py"))
    ]
    known = set(re.findall(r"def (test_\w+)", "\n".join(file.read_text("utf-8") for file in files)))
    named = re.findall(r"`(test_[\w*]+)`", proof)
    assert [name for name in named if not fnmatch.filter(known, name)] == []
