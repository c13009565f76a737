"""The image: what is in it, what it runs. It is built elsewhere; here is all that can be known without building it."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from connectors.settings import ROOT
from tests.deployments.production.files import CONTAINER, parse, program, run

CONTAINERFILE = (CONTAINER / "Containerfile").read_text("utf-8")
FINAL = CONTAINERFILE.rpartition("\nFROM ")[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ROOMS = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) - {
    "sandbox"
}  # nothing stands in
RULES = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"]


def sent(path: str) -> bool:
    """Whether a builder is sent a file: the last rule that names it, or a folder that it is in, decides."""
    places = [str(place) for place in (Path(path), *Path(path).parents) if str(place) != "."]
    verdict = True
    for rule in RULES:
        pattern = rule.removeprefix("!")
        names = [pattern, pattern.removeprefix("**/"), f"*/{pattern.removeprefix('**/')}"]
        if any(
            fnmatch.fnmatchcase(place, name)
            for place in places
            for name in (names if "**/" in pattern else [pattern])
        ):
            verdict = rule.startswith("!")
    return verdict


def test_a_linter_of_containerfiles_finds_nothing() -> None:
    assert run(program("hadolint"), str(CONTAINER / "Containerfile")) == ""


@pytest.mark.parametrize(
    "path",
    [
        *(".git/config", ".venv/bin/python", ".boostez/stack.json", ".boostez/portal.secret", ".env"),
        *("deployments/container/secrets/boostez_facebook_token", "deployments/container/settings.env"),
        *(
            "core/.env",
            "flows/__pycache__/x.pyc",
            "tests/conftest.py",
            "sandbox/app.py",
            "boostez.egg-info/PKG-INFO",
        ),
    ],
)
def test_no_secret_history_or_state_goes_into_an_image(path: str) -> None:
    assert not sent(path)


def test_every_file_that_the_hub_runs_goes_into_an_image() -> None:
    """By the clone's own list: a template or a table that stays out is missed at night, not when the image is built."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    tracked = [path for path in listed.split("\0") if path]
    wanted = {
        path
        for path in tracked
        if Path(path).parts[0] in ROOMS and not path.startswith("deployments/kubernetes/")
    }
    wanted |= {"requirements.txt", "pyproject.toml", "prefect.yaml", "README.md", "LICENSE"}
    assert len(wanted) > 400
    assert {path for path in tracked if sent(path)} == wanted


def test_nothing_that_is_left_out_is_imported_before_it_is_used() -> None:
    early = re.compile(r"^(from|import) sandbox\b", re.MULTILINE)
    assert [
        str(file)
        for room in ROOMS
        for file in (ROOT / room).rglob("*.py")
        if early.search(file.read_text("utf-8"))
    ] == []


def test_what_it_runs_are_commands_of_ours_as_an_account_that_is_not_root_s() -> None:
    assert re.search(r"^USER 10001:10001$", FINAL, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["boostez"\]$', FINAL, re.MULTILINE)
    (words,) = re.findall(r"^CMD (\[.*\])$", FINAL, re.MULTILINE)
    parse(json.loads(words))
    (asked,) = re.findall(r"^ +CMD (\[.*\])$", FINAL, re.MULTILINE)
    assert (ROOT / json.loads(asked)[1]).is_file()


def test_nothing_that_builds_or_installs_stays_in_it() -> None:
    assert "apt-get" not in CONTAINERFILE
    assert "pip install" not in FINAL
    for wanted in PROJECT["project"]["optional-dependencies"]["build"]:
        name = re.split(r"[>=<]", wanted)[0]
        assert re.search(rf"pip uninstall --yes .*\b{name}\b", CONTAINERFILE), name


def test_whatever_is_written_while_it_runs_is_written_where_that_is_possible() -> None:
    places = dict(re.findall(r"\b(\w+(?:HOME|DIRECTORY))=(\S+)", FINAL))
    assert set(places) == {"BOOSTEZ_HOME", "PREFECT_HOME", "PREFECT_SERVER_UI_STATIC_DIRECTORY"}
    assert all(place.startswith(("/tmp/", "/var/lib/boostez")) for place in places.values())


def test_it_says_what_it_is_and_that_it_is_production() -> None:
    for label in ("title", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in FINAL
    assert "BOOSTEZ_PRODUCTION=true" in FINAL
    assert f"ARG VERSION={PROJECT['project']['version']}\n" in FINAL


@pytest.mark.parametrize("words", [["deploi"], ["prefect", "serve"], ["prefect", "server", "--port", "1"]])
def test_a_command_that_is_none_is_noticed(words: list[str]) -> None:
    with pytest.raises(Exception, match=r"deploi|serve|No such option"):
        parse(words)
