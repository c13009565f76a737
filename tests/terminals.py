"""Somebody who types `boostez` at a terminal, in this process, on a stack that is lent to the command.

Belongs here: typing, and what it prints, as a person and as a machine sees it. Does not: `boostez` as a process (commands.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deployments import stack
from deployments.cli import app
from deployments.stack import Stack
from tests.worlds import Hub, forget


class Terminal:
    """Somebody at a terminal."""

    def __init__(self) -> None:
        self.lent: list[
            tuple[bool, bool]
        ] = []  # whether each command asked for a Prefect server, and for the sandbox

    def type(self, *words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
        return result

    def ask(self, *words: str, code: int = 0) -> Any:
        """What ``--json`` prints: JSON and nothing else."""
        return json.loads(self.type(*words, "--json", code=code).stdout)

    def told(self, *words: str, code: int) -> str:
        """The sentence of an error: one line, on the standard error, and nothing on the standard output."""
        result = self.type(*words, code=code)
        assert result.stdout == ""
        lines = [line for line in result.stderr.splitlines() if line.startswith("boostez: ")]
        assert len(lines) == 1, result.stderr
        return lines[0].removeprefix("boostez: ")


@pytest.fixture
def terminal(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    lent = Stack(str(hub.settings.home), hub.environment()["BOOSTEZ_DATABASE_URL"])
    for name, value in {
        **lent.environment(),
        **hub.environment(),
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    terminal = Terminal()

    @contextmanager
    def borrowed(_settings: object, *, prefect: bool, sandbox: bool) -> Iterator[Stack]:
        terminal.lent.append((prefect, sandbox))
        yield lent

    monkeypatch.setattr(stack, "borrowed", borrowed)
    forget()
    yield terminal
    forget()
