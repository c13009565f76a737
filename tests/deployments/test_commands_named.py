"""Whatever says "type this" names a command that there is: an alert told staff of `boostez channel list`, which never was.

And README's table names every command, which for a while it did not: who covered an event found nothing there.
"""

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


README = (ROOT / "README.md").read_text("utf-8")
TYPED = re.compile(r"`boostez ([a-z][^`]*)`")


def typed(text: str) -> Iterator[tuple[str, str]]:
    """Each command that a text says to type, as its name and what follows; ``a b\\|c`` are two, ``a\\|b c`` too."""
    for line in TYPED.findall(text.replace("\n", " ")):
        first, *rest = re.split(r"\\?\|(?![A-Z])", line)
        groups = []
        while " " not in first and rest and first in COMMANDS:
            groups.append(first)
            first, *rest = rest
        group, _, after = first.partition(" ")
        for name in [*groups, group]:
            yield name, after
            for other in rest:
                yield name, other if COMMANDS.get(name) else f"{after} {other}"


def test_the_table_of_commands_has_every_one() -> None:
    told = {(name, *after.split()[:1]) for name, after in typed(README)}
    groups = {each[0] for each in told}
    assert set(COMMANDS) - groups == set()
    wanted = {(group, name) for group, names in COMMANDS.items() for name in names}
    assert wanted - told == set()


PAGES = [  # decisions tell of commands that are gone
    ROOT / "README.md",
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "docs" / "runbook").iterdir(),
    *(ROOT / "connectors").rglob("*.md"),
]


def mistaken(text: str) -> Iterator[str]:
    """Options that a text gives to a command that has no such option."""
    top = get_command(app)
    assert isinstance(top, typer.core.TyperGroup)
    for name, after in typed(text):
        command = top.commands.get(name)
        inner = after.split()[:1]
        if isinstance(command, typer.core.TyperGroup) and inner:
            command = command.commands.get(inner[0])
        known = {option for each in (command.params if command else ()) for option in each.opts}
        yield from (f"{name} {after}" for option in re.findall(r"--[a-z-]+", after) if option not in known)


def test_every_option_that_is_named_is_there() -> None:
    found = {page.name: wrong for page in PAGES if (wrong := list(mistaken(page.read_text("utf-8"))))}
    assert found == {}


@pytest.mark.parametrize("text", ["`boostez plan list --every`", "`boostez audit [CHANNEL] [--mend]`"])
def test_one_that_is_not_is_found_too(text: str) -> None:
    assert len(list(mistaken(text))) == 1


def defaults(group: typer.core.TyperGroup, words: str = "") -> Iterator[tuple[str, object]]:
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from defaults(command, f"{words} {name}")
        else:
            yield from ((f"{words} {name} {each.name}", each.default) for each in command.params)


def test_a_default_is_what_somebody_could_have_typed() -> None:
    """`boostez cohort approve` without --place told firms to come to "<member 'place' of 'Plan' objects>"."""
    top = get_command(app)
    assert isinstance(top, typer.core.TyperGroup)
    plain = (str, int, float, list, type(None))
    odd = {what: given for what, given in defaults(top) if not (callable(given) or isinstance(given, plain))}
    assert odd == {}
