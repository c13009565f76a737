"""The files that production is made of, read as whoever runs them reads them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

from connectors.settings import ROOT
from deployments.cli import app

CONTAINER = ROOT / "deployments" / "container"
KUBERNETES = ROOT / "deployments" / "kubernetes"


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text("utf-8"))


def program(name: str) -> str:
    """A program that a development dependency brings."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def run(*command: str, **environment: str) -> str:
    """What a program says on its standard output; it must succeed."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, cwd=ROOT
    )
    assert done.returncode == 0, f"{command[0]} {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def on_this_machine(name: str, what: str) -> str:
    """A program that no package brings; without it the test is skipped, but in CI."""
    found = shutil.which(name)
    if found is None:
        assert not os.environ.get("CI"), f"CI needs {name}: {what}"
        pytest.skip(f"{name} is not here: {what}")
    return found


def parse(words: list[str]) -> None:
    """See that `boostez WORDS` is a command with these options, without running it."""
    command, rest = get_command(app), list(words)
    while isinstance(command, TyperGroup):
        command = command.commands[rest.pop(0)]
    command.make_context(command.name, rest)
