"""The rules of dialogues: their file as values, or everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.dialogue_rules import dialogue_rules
from connectors.settings import Settings
from schemas.errors import Misconfigured

FILE = Settings().dialogue_file


def test_a_channel_that_nobody_has_is_refused_by_who_announces() -> None:
    with pytest.raises(Misconfigured, match="no channel caldav carries dialogues; there are nothing_else"):
        dialogue_rules(FILE, frozenset({"nothing_else"}))


def test_who_announces_nothing_reads_the_same_rules() -> None:
    """The portal knows no channel, and says the same themes, charter and days for an answer."""
    rules = dialogue_rules(FILE)
    assert rules == dialogue_rules(FILE, frozenset(rules.channels))


def test_holidays_that_end_before_they_begin_are_refused(tmp_path: Path) -> None:
    wrong = FILE.read_text("utf-8").replace('until = "2027-01-04"', 'until = "2026-01-04"')
    (tmp_path / "dialogue.toml").write_text(wrong, "utf-8")
    with pytest.raises(Misconfigured, match="« Noël 2026 » ends before it begins"):
        dialogue_rules(tmp_path / "dialogue.toml")
