"""Which modules of tests a run with ``-m "not this and not that"`` need not even import.

Belongs here: reading a module's marks from its source. Does not: choosing among the tests of a module that is imported (``-m`` does).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_MARKS = re.compile(r"^pytestmark = (\[\n(?:    .*\n)+\]|.*)", re.MULTILINE)
_REFUSING = re.compile(r"not \w+( and not \w+)*")


@cache
def marks_of(module: Path) -> frozenset[str]:
    """The names of the marks that every test of it has, by its source as the formatter leaves it."""
    found = _MARKS.search(module.read_text("utf-8"))
    return frozenset(re.findall(r"\bpytest\.mark\.(\w+)", found[1])) if found else frozenset()


def refused(expression: str) -> frozenset[str]:
    """The marks of which none may be had, when the expression asks for nothing else."""
    return frozenset(re.findall(r"not (\w+)", expression)) if _REFUSING.fullmatch(expression) else frozenset()


def holds_nothing(path: Path, expression: str) -> bool:
    """Whether no test of a module, or of any module of a folder, can be chosen."""
    modules = path.rglob("test_*.py") if path.is_dir() else [path] if path.match("test_*.py") else []
    marks = refused(expression)
    chosen = [not marks.isdisjoint(marks_of(module)) for module in modules] if marks else []
    return bool(chosen) and all(chosen)
