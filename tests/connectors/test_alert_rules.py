"""The reviewed file of alerts: every fault is named, addresses stay in the settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.alert_rules import addresses, alert_rules
from connectors.settings import ROOT, Settings
from schemas.errors import Misconfigured

FILE = Settings().alerts_file


def changed(folder: Path, before: str, after: str) -> Path:
    written = FILE.read_text("utf-8")
    assert before in written
    file = folder / "alerts.toml"
    file.write_text(written.replace(before, after, 1), "utf-8")
    return file


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("failures = 25", "failures = 0", "/failures"),
        ('opens = "08:00"', 'opens = "8 o\'clock"', "/office/opens"),
        ("repeat = 240", "repeat = 0", "/severities/critical/repeat"),
        ("repeat = 240", "repeats = 240", "/severities/critical"),
        ('from = "2026-11-30"', 'from = "2026-02-30"', "day is out of range|must be in range"),
        ('rota = ["duty-1", "duty-2"]', 'rota = ["ada"]', "no destination 'ada'"),
        ('causes = "*"', 'causes = "x"', "must speak of every cause"),
        ("runbooks =", "runbooks", "alerts.toml"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, before: str, after: str, told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        alert_rules(changed(tmp_path, before, after))


def test_every_runbook_of_the_file_is_there() -> None:
    rules = alert_rules(FILE)
    assert [
        kind.runbook for kind in rules.kinds if not (ROOT / rules.runbooks / kind.runbook).is_file()
    ] == []


def test_no_address_is_in_the_file() -> None:
    assert "://" not in FILE.read_text("utf-8")


def test_addresses_are_of_the_file_s_destinations_and_those_of_alert_urls_are_the_default() -> None:
    one, two = SecretStr("json://one.example"), SecretStr("json://two.example")
    named = addresses(Settings(alert_urls=[one], alert_destinations={"offers": [one, two]}))
    assert named["default"] < named["offers"]
    with pytest.raises(Misconfigured, match="no destination 'nobody'"):
        addresses(Settings(alert_destinations={"nobody": [one]}))


def test_no_address_of_a_destination_is_shown() -> None:
    chosen = Settings(alert_destinations={"offers": [SecretStr("json://ada:s3cr3t@one.example")]})
    assert "s3cr3t" not in repr(chosen)
    assert "s3cr3t" in chosen.secrets, "what is redacted is what is known to be secret"
