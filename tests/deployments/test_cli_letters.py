"""``boostez letters show``: staff read what people receive."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from connectors.reminder_rules import reminder_rules
from connectors.seals import Opener, Seals
from connectors.settings import Settings, settings
from deployments.cli import app
from deployments.letter_examples import NOW
from schemas.letters import ROLES, Kind, QuestionKind


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("BOOSTEZ_HOME", str(tmp_path))
    monkeypatch.setenv("BOOSTEZ_PORTAL_URL", "https://portail.example")
    monkeypatch.setenv("BOOSTEZ_PORTAL_SECRET", "s" * 40)
    settings.cache_clear()
    yield
    settings.cache_clear()


def shown(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["letters", "show", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_every_letter_and_text_is_shown() -> None:
    told = json.loads(shown("--json"))
    rules = reminder_rules(Settings().reminders_file)
    assert set(get_args(Kind)) - {"reminder"} <= set(told)
    assert {f"reminder.{rule.name}" for rule in rules if "mail" in rule.transports} <= set(told)
    assert {f"sms.{rule.name}" for rule in rules if "sms" in rule.transports} <= set(told)
    assert {name for name in told if name.startswith("posting.")} == {
        "posting.confirm", "posting.approved", "posting.refused",
    }  # fmt: skip
    assert {f"question.{kind}" for kind in get_args(QuestionKind)} <= set(told)
    assert {f"digest.{role}" for role in ROLES} <= set(told)
    assert told["moved"]["calendar"].startswith("BEGIN:VCALENDAR")


def test_one_is_shown_as_it_is_read() -> None:
    told = shown("cancelled")
    assert told.startswith("--- cancelled (mail, with a calendar's CANCEL)\nAnnulation")
    assert told.count("--- ") == 1
    assert shown("sms.two_hours_before").startswith("--- sms.two_hours_before (SMS, 1 message)\nBoostez : ")


def test_an_unknown_one_is_told_which_there_are() -> None:
    assert "confirm, registered, waiting" in shown("none", code=2)


def test_its_links_open_nothing() -> None:
    """Examples are numbered from 1, and so are people: a real seal would open somebody's page."""
    seals = Seals(settings())
    found = re.findall(r"https://portail\.example/\w+(?:/\w+)?/([\w.-]+)", shown())
    assert len(found) > 20
    for seal in found:
        for purpose in get_args(Opener):
            assert seals.opened(purpose, seal, NOW, None) is None
        assert seals.lengthened(seal, NOW) is None
