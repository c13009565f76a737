"""`boostez doctor` at a terminal and for machines, and what every command owes to both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from deployments.cli import app
from tests.worlds import forget


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("BOOSTEZ_HOME", str(tmp_path))
    for name in ("BOOSTEZ_DATABASE_URL", "PREFECT_API_URL", "BOOSTEZ_PORTAL_URL"):
        monkeypatch.delenv(name, raising=False)
    forget()
    yield
    forget()


@pytest.mark.usefixtures("nothing_runs")
def test_where_nothing_runs_it_says_so_and_starts_nothing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 3, result.exception
    assert "bad: database: BOOSTEZ_DATABASE_URL is not set" in result.stdout
    assert "`boostez up`" in result.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("nothing_runs")
def test_for_machines_it_is_json_and_nothing_else() -> None:
    result = CliRunner().invoke(app, ["doctor", "--json"])
    told = json.loads(result.stdout)
    assert result.exit_code == 3
    assert {tuple(each) for each in told} == {("name", "verdict", "seen", "todo")}
    assert {each["verdict"] for each in told} <= {"good", "warning", "bad", "not asked"}


@pytest.mark.usefixtures("nothing_runs")
def test_settings_that_cannot_be_read_are_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOSTEZ_PORTAL_PORT", "many")
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 2
    assert "BOOSTEZ_PORTAL_PORT" in result.stderr


def test_a_shell_completes_commands() -> None:
    asks = {"_BOOSTEZ_COMPLETE": "complete_bash", "COMP_WORDS": "boostez doc", "COMP_CWORD": "1"}
    result = CliRunner().invoke(app, [], env=asks, prog_name="boostez")
    assert result.stdout.split() == ["doctor"]


def commands(group: TyperGroup, *path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, *path, name)
        else:
            yield " ".join((*path, name)), command


def test_whatever_lists_or_shows_does_so_for_machines_too() -> None:
    top = get_command(app)
    assert isinstance(top, TyperGroup)
    listing = {
        name: command
        for name, command in commands(top)
        if (command.help or "").startswith(("List", "Show", "Tell")) and "as JSON" not in (command.help or "")
    }
    assert len(listing) > 20
    assert [
        name
        for name, command in listing.items()
        if not any("--json" in parameter.opts for parameter in command.params)
    ] == []


def test_every_command_and_every_word_that_it_takes_explains_itself() -> None:
    top = get_command(app)
    assert isinstance(top, TyperGroup)
    found = list(commands(top))
    assert len(found) > 100
    assert [name for name, command in found if not (command.help or "").strip().endswith(".")] == []
    assert [
        f"{name} {parameter.name}"
        for name, command in found
        for parameter in command.params
        if not getattr(parameter, "help", None)
    ] == []
