from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import pytest

from connectors.dialogue_rules import dialogue_rules
from connectors.registry import ANNOUNCERS, dialogue_hub
from connectors.settings import Settings
from schemas.errors import Misconfigured

FILE = Settings().dialogue_file
TEXT = FILE.read_text("utf-8")
CHANNELS = frozenset(ANNOUNCERS)


def fault(folder: Path, text: str) -> str:
    """What is said of a file that does not fit."""
    file = folder / "dialogue.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(Misconfigured) as caught:
        dialogue_rules(file, CHANNELS)
    told = str(caught.value)
    assert told.startswith(str(file))
    return told.removeprefix(str(file))


def test_the_reviewed_file_says_what_its_rules_are() -> None:
    rules, written = dialogue_rules(FILE, CHANNELS), tomllib.loads(TEXT)
    assert set(rules.channels) <= CHANNELS
    assert rules.season.slots[0] == tuple(map(dt.time.fromisoformat, written["season"]["slots"]["mon"]))
    assert rules.minutes_due_days == (3, 7)
    assert rules.themes["jobs"] == "Emploi"
    assert all(each.first < each.until for each in rules.season.school_holidays)


def test_residents_read_themes_and_charter_in_real_typography() -> None:
    rules = dialogue_rules(FILE, CHANNELS)
    for said in (*rules.themes.values(), *rules.charter.values()):
        assert "'" not in said
        assert said == said.strip()
    assert all(said.endswith(".") for said in rules.charter.values())


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            '"caldav"]',
            '"carrier_pigeon"]',
            "/channels: no channel carrier_pigeon carries dialogues; there are ",
        ),
        ("answer_days = 15", "answer_days = 0", "/answer_days"),
        ("answer_days = 15", "", "answer_days"),
        ('until = "2026-11-02"', 'until = "2026-10-01"', "« Toussaint 2026 » ends before it begins"),
        ('until = "2026-11-02"', 'until = "soon"', "/season/school_holidays/0"),
        ('mon = ["18:30"', 'mon = ["25:30"', "/season/slots/mon"),
        ("[themes]", "[topics]", "themes"),
        ("[themes]", "[themes", "(at line"),
    ],
)
def test_a_file_that_does_not_fit_says_where(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert TEXT.count(before) >= 1
    assert told.casefold() in fault(tmp_path, TEXT.replace(before, after, 1)).casefold()


def test_without_a_calendar_server_nothing_waits_for_one() -> None:
    assert "caldav" not in dialogue_hub(Settings(caldav_url=None)).rules.channels
    assert "caldav" in dialogue_hub(Settings(caldav_url="https://calendar.example/region")).rules.channels


def test_who_announces_nothing_reads_the_same_rules() -> None:
    """The portal knows no channel, and says the same themes, charter and days for an answer."""
    assert dialogue_rules(FILE) == dialogue_rules(FILE, CHANNELS)
