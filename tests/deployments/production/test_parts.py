"""What each part does without what it needs: it names all of that at once, and starts nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.settings import PREFIX, ROOT, Settings
from deployments import production
from schemas.errors import Misconfigured


def boostez(home: Path, *words: str, **environment: str) -> tuple[int, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PREFECT_"))}
    done = subprocess.run(
        [sys.executable, "-m", "deployments", *words],
        env={**clean, "BOOSTEZ_PRODUCTION": "true", "BOOSTEZ_HOME": str(home), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def named(names: Iterable[str]) -> str:
    return "".join(f"\n  {PREFIX}{name.upper()}" for name in names)


@pytest.mark.parametrize("part", production.NEEDS)
def test_a_part_names_all_that_it_lacks(part: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        production.check(part, Settings(production=True))
    assert named(production.NEEDS[part]) in str(refused.value)


def test_what_is_empty_is_not_given() -> None:
    empty = Settings(
        production=True,
        database_url=SecretStr(""),
        portal_secret=SecretStr(""),
        portal_url="https://p.example",
    )
    with pytest.raises(Misconfigured) as refused:
        production.check("portal", empty)
    assert str(refused.value).endswith(named(["database_url", "portal_secret", "trusted_proxies"]))


@pytest.mark.parametrize("part", production.NEEDS)
def test_elsewhere_defaults_serve(part: str) -> None:
    production.check(part, Settings())


def test_every_name_is_a_setting_s() -> None:
    assert {name for names in production.NEEDS.values() for name in names} <= set(Settings.model_fields)


def test_no_part_serves_with_a_secret_that_everybody_knows() -> None:
    """The sandbox's are defaults."""
    known = {name for name, field in Settings.model_fields.items() if isinstance(field.default, SecretStr)}
    assert known - {"caldav_password"} <= set(production.NEEDS["worker"])
    assert Settings.model_fields["caldav_password"].default == SecretStr("")


@pytest.mark.slow
@pytest.mark.parametrize("words", [("worker",), ("portal",)])
def test_as_a_process_it_ends_at_once_and_says_where_to_put_what_is_missing(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    code, said = boostez(tmp_path / "home", *words)
    assert code == 2
    assert "BOOSTEZ_DATABASE_URL" in said
    assert "BOOSTEZ_SECRETS_DIR" in said
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_a_command_starts_no_stand_in(tmp_path: Path) -> None:
    code, said = boostez(
        tmp_path / "home", "sync", "offers", BOOSTEZ_DATABASE_URL="postgresql://nowhere.example/x"
    )
    assert code == 2
    assert (
        "nothing is stood in for: set PREFECT_API_URL, BOOSTEZ_CONTRACTOR_URL and BOOSTEZ_FACEBOOK_GRAPH_URL"
        in said
    )
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_neither_a_laptop_s_stack_nor_the_sandbox_is_started(tmp_path: Path) -> None:
    assert boostez(tmp_path / "home", "up", "--once")[0] == 2
    assert not (tmp_path / "home").exists()
