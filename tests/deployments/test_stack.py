from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.settings import Settings
from deployments import postgres, processes, stack
from deployments.processes import Mark
from deployments.stack import Stack
from schemas.errors import Refused

UP = Stack("", "postgresql://embedded/boostez", "http://127.0.0.1:1/api", "http://127.0.0.1:2")


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack that runs, or so its record says: this very process is its owner."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    up = Stack(
        str(tmp_path),
        *(UP.database_url, UP.prefect_api_url, UP.sandbox_url),
        None,
        (processes.this_process("up"),),
    )
    stack.record(up)
    return up


def test_a_record_is_read_back_and_is_its_owners_alone(recorded: Stack, tmp_path: Path) -> None:
    assert stack.running(tmp_path) == recorded
    assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600
    stack.forget(tmp_path)
    assert stack.running(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"home": 1}'])
def test_a_broken_record_is_no_stack(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "stack.json").write_bytes(content)
    assert stack.running(tmp_path) is None


def test_a_record_whose_owner_is_gone_is_stale(recorded: Stack, tmp_path: Path) -> None:
    mark = recorded.marks[0]
    later = Stack(str(tmp_path), recorded.database_url, marks=(Mark("up", mark.pid, mark.created - 3600),))
    stack.record(later)
    assert stack.running(tmp_path) is None


def test_a_command_borrows_the_running_stack(recorded: Stack, tmp_path: Path) -> None:
    with stack.borrowed(Settings(home=tmp_path), prefect=True, sandbox=True) as lent:
        assert lent == recorded
        told = lent.environment()
    assert told["BOOSTEZ_DATABASE_URL"] == recorded.database_url
    assert told["PREFECT_API_URL"] == recorded.prefect_api_url
    assert told["BOOSTEZ_FACEBOOK_GRAPH_URL"] == f"{recorded.sandbox_url}/graph"
    assert Path(told["PREFECT_HOME"]).is_relative_to(tmp_path)


def test_what_the_environment_names_goes_before_the_running_stack(
    recorded: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "https://prefect.region.example/api")
    own = SecretStr("postgresql://region.example/boostez")
    with stack.borrowed(Settings(home=tmp_path, database_url=own), prefect=True, sandbox=False) as lent:
        assert lent.database_url == own.get_secret_value() != recorded.database_url
        assert lent.prefect_api_url == "https://prefect.region.example/api"


def test_a_state_folder_has_one_owner(tmp_path: Path) -> None:
    with (
        stack.owned(tmp_path, wait=False),
        pytest.raises(Refused, match=r"BOOSTEZ_HOME"),
        stack.owned(tmp_path, wait=False),
    ):
        pytest.fail("two owners")


@pytest.mark.database
def test_a_command_alone_is_lent_a_database_for_its_time(home: Path) -> None:
    with stack.borrowed(Settings(home=home), prefect=False, sandbox=False) as lent:
        data = home / "postgres"
        assert postgres.postmaster(data)
        assert "/boostez?" in lent.database_url
    assert postgres.postmaster(data) is None


def test_letters_go_to_the_sandbox_s_mailbox_unless_a_relay_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent = Stack(str(tmp_path), "postgresql://nowhere", sandbox_url="http://127.0.0.1:4401")
    monkeypatch.delenv("BOOSTEZ_SMTP_URL", raising=False)
    assert lent.environment()["BOOSTEZ_SMTP_URL"] == "smtp://127.0.0.1:4402"
    monkeypatch.setenv("BOOSTEZ_SMTP_URL", "smtps://relay.example")
    assert lent.environment()["BOOSTEZ_SMTP_URL"] == "smtps://relay.example"
    assert "BOOSTEZ_SMTP_URL" not in Stack(str(tmp_path), "postgresql://nowhere").environment()


def test_texts_go_to_the_sandbox_s_gateway_unless_another_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent = Stack(str(tmp_path), "postgresql://nowhere", sandbox_url="http://127.0.0.1:4401")
    monkeypatch.delenv("BOOSTEZ_SMS_URL", raising=False)
    told = lent.environment()["BOOSTEZ_SMS_URL"]
    assert told == "json://127.0.0.1:4401/sms/{phone}?:reference={marker}"
    monkeypatch.setenv("BOOSTEZ_SMS_URL", "octopush://login@example.com/key/{phone}")
    assert lent.environment()["BOOSTEZ_SMS_URL"] == "octopush://login@example.com/key/{phone}"
    assert "BOOSTEZ_SMS_URL" not in Stack(str(tmp_path), "postgresql://nowhere").environment()
