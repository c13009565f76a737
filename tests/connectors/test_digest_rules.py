"""The reviewed file of digests: what those that are shipped say, and what is wrong with one that is wrong."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from connectors.digest_rules import digest_rules
from connectors.settings import Settings
from schemas.errors import Misconfigured
from schemas.letters import ROLES
from tests.stakeholders import FILE, reviewed


def test_the_file_that_is_shipped_has_every_role_and_writes_to_nobody() -> None:
    rules = digest_rules(Settings().digests_file)
    assert tuple(rules) == ROLES
    assert all(rule.readers == () for rule in rules.values())
    assert {rule.slot.weekday for rule in rules.values()} == {0}
    assert rules["officials"].slot.at == dt.time(7)


def test_the_sandbox_s_writes_to_addresses_that_reach_nobody() -> None:
    rules = digest_rules(FILE)
    addresses = [reader.email for rule in rules.values() for reader in rule.readers]
    assert addresses == [f"{role}@digests.example" for role in ("contractor", "press", "direction")]
    assert {role: rule.slot for role, rule in rules.items()} == {
        role: rule.slot for role, rule in digest_rules(Settings().digests_file).items()
    }


@pytest.mark.parametrize(
    ("was", "wrong", "said"),
    [
        ('"monday"', '"Monday"', "/officials/weekday"),
        ('"07:00"', '"7:00"', "/officials/at"),
        ('"07:00"', '"02:30"', "between 02:00 and 03:00"),
        ("press@digests.example", "press", "/press/recipients/0/email"),
        ("[press]", "[presse]", "presse"),
        ("recipients = [{", 'cc = "x"\nrecipients = [{', "cc"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, was: str, wrong: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        digest_rules(reviewed(tmp_path, lambda written: written.replace(was, wrong)))
