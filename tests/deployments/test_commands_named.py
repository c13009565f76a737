"""Whatever says "type this" names a command that there is: an alert told staff of `boostez channel list`, which never was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import typer
from prefect import Flow
from typer.main import get_command

from connectors.settings import ROOT
from deployments.cli import app

NAMED = re.compile(r"`boostez ((?:[a-z]+(?:-[a-z]+)*)(?: [a-z]+(?:-[a-z]+)*)?)")
FOLDERS = ("connectors", "core", "deployments", "docs/runbook", "flows", "portal", "tasks")
FILES = [
    ROOT / "README.md",
    *(
        file
        for folder in FOLDERS
        for ending in ("py", "md", "html", "toml")
        for file in (ROOT / folder).rglob(f"*.{ending}")
    ),
]


def unknown(file: Path) -> Iterator[str]:
    for named in NAMED.findall(file.read_text("utf-8")):
        group, *rest = named.split()
        found = COMMANDS.get(group)
        if found is None or (rest and found and rest[0] not in found):
            yield named


def _commands() -> dict[str, set[str]]:
    """The commands of each group; none of one that is a command itself, whatever follows it."""
    top = get_command(app)
    assert isinstance(top, typer.core.TyperGroup)
    return {name: set(getattr(found, "commands", ())) for name, found in top.commands.items()}


COMMANDS = _commands()


def test_every_command_that_is_named_is_there() -> None:
    assert len(COMMANDS) > 20
    found = {str(file.relative_to(ROOT)): names for file in FILES if (names := list(unknown(file)))}
    assert found == {}


@pytest.mark.parametrize("text", ["`boostez channel list`", "`boostez nothing`", "`boostez season plant X`"])
def test_one_that_is_not_is_found(text: str, tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(text, "utf-8")
    assert len(list(unknown(file))) == 1


def test_every_flow_that_a_command_runs_is_there() -> None:
    """They are imported when they are needed, by their names."""
    written = "".join(file.read_text("utf-8") for file in (ROOT / "deployments").glob("cli_*.py"))
    named = re.findall(r"_?run(?:_flow)?\(\s*\"(\w+):(\w+)\"", written)
    assert len(named) > 15
    assert all(isinstance(getattr(import_module(f"flows.{file}"), flow), Flow) for file, flow in named)
