from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.reminder_rules import reminder_rules
from connectors.settings import Settings
from core.reminders import Days, Minutes, Rule, Session, SessionKind, moments
from schemas.errors import Misconfigured

FILE = Settings().reminders_file
WRITTEN = tomllib.loads(FILE.read_text("utf-8"))
TEMPLATES = frozenset(rule["template"] for rule in WRITTEN.values())
RULE = """
kinds = ["seminar"]
anchor = "start"
when = { days = -7, at = "18:30" }
until = { minutes = -120 }
audience = "registered"
transports = ["sms", "mail"]
template = "letter"
purpose = "sessions"
move = "earlier"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "reminders.toml"
    file.write_text(text, encoding="utf-8")
    return file


def fault(folder: Path, text: str, templates: frozenset[str] = frozenset({"letter"})) -> list[str]:
    """The lines that are said of a file that does not fit."""
    file = written(folder, text)
    with pytest.raises(Misconfigured) as caught:
        reminder_rules(file, templates)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(str(file)) for line in lines)
    return lines


def test_a_rule_is_what_its_table_says(tmp_path: Path) -> None:
    assert reminder_rules(written(tmp_path, "[week]" + RULE), frozenset({"letter"})) == (
        Rule(
            name="week",
            kinds=("seminar",),
            anchor="start",
            when=Days(-7, dt.time(18, 30)),
            until=Minutes(-120),
            audience="registered",
            transports=("sms", "mail"),
            template="letter",
            purpose="sessions",
            move="earlier",
        ),
    )


def test_rules_keep_the_order_of_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "".join(f"[{name}]{RULE}" for name in ("zz", "aa", "mm")))
    assert [rule.name for rule in reminder_rules(file, frozenset({"letter"}))] == ["zz", "aa", "mm"]


def test_the_file_is_read_once(tmp_path: Path) -> None:
    file = written(tmp_path, "[week]" + RULE)
    first = reminder_rules(file, frozenset({"letter"}))
    file.unlink()
    assert reminder_rules(file, frozenset({"letter"})) is first


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ('["seminar"]', "[]", "/week/kinds"),
        ('["seminar"]', '["stage"]', "/week/kinds/0"),
        ('"start"', '"middle"', "/week/anchor"),
        ("{ minutes = -120 }", "{}", "/week/until"),
        ("{ minutes = -120 }", "{ minutes = -120, days = -1 }", "/week/until/days"),
        ("{ minutes = -120 }", '{ minutes = -120, at = "10:00" }', "/week/until/at"),
        ("{ minutes = -120 }", '{ at = "10:00" }', "/week/until"),
        ("{ minutes = -120 }", "{ minutes = -1.5 }", "/week/until/minutes"),
        ("{ minutes = -120 }", "{ hours = -2 }", "/week/until"),
        ("days = -7", "days = -700", "/week/when/days"),
        ('"18:30"', '"24:00"', "/week/when/at"),
        ('"18:30"', '"9:00"', "/week/when/at"),
        ('"18:30"', "18:30:00", "/week/when/at"),
        ('"registered"', '"everybody"', "/week/audience"),
        ('["sms", "mail"]', '["mail", "mail"]', "/week/transports"),
        ('["sms", "mail"]', '["minitel"]', "/week/transports/0"),
        ('"letter"', '"../letter"', "/week/template"),
        ('"sessions"', '"marketing"', "/week/purpose"),
        ('"earlier"', '"away"', "/week/move"),
        ('move = "earlier"', "", "/week"),
        ('move = "earlier"', 'move = "earlier"\nmvoe = 1', "/week"),
    ],
)
def test_a_rule_that_does_not_fit_is_told_with_file_and_pointer(
    tmp_path: Path, old: str, new: str, pointer: str
) -> None:
    assert old in RULE
    lines = fault(tmp_path, "[week]" + RULE.replace(old, new))
    assert any(line.startswith(f"{tmp_path / 'reminders.toml'}{pointer}: ") for line in lines)


def test_every_fault_of_the_file_is_told_at_once(tmp_path: Path) -> None:
    text = "[week]" + RULE.replace('"earlier"', '"away"') + "[day]" + RULE.replace('"start"', '"middle"')
    said = "\n".join(fault(tmp_path, text))
    assert "/week/move" in said
    assert "/day/anchor" in said


def test_rules_that_make_no_sense_are_told_all_at_once(tmp_path: Path) -> None:
    text = "[week]" + RULE.replace("{ minutes = -120 }", "{ days = -8 }") + "[day]" + RULE
    lines = fault(tmp_path, text, frozenset({"lettre", "merci"}))
    assert ["until" in line and ": week: " in line for line in lines].count(True) == 1
    assert ["'letter'" in line and "lettre, merci" in line for line in lines].count(True) == 2


def test_a_name_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    assert "week" in fault(tmp_path, f"[week]{RULE}[week]{RULE}")[0]


def test_a_file_without_a_rule_is_refused(tmp_path: Path) -> None:
    fault(tmp_path, "# nothing\n")


def test_a_file_that_is_not_there_or_not_toml_is_refused(tmp_path: Path) -> None:
    fault(tmp_path, "[week")
    with pytest.raises(Misconfigured, match=r"nowhere\.toml"):
        reminder_rules(tmp_path / "nowhere.toml", frozenset())


# The reviewed file


def shipped() -> dict[str, Rule]:
    return {rule.name: rule for rule in reminder_rules(FILE, TEMPLATES)}


def test_the_reviewed_file_has_every_reminder_of_the_programme() -> None:
    rules = shipped()
    assert {name: (rule.when, rule.audience) for name, rule in rules.items()} == {
        "week_before": (Days(-7), "registered"),
        "day_before": (Days(-1), "registered"),
        "two_hours_before": (Minutes(-120), "registered"),
        "thanks": (Days(1, dt.time(10)), "present"),
        "missed": (Days(1, dt.time(10)), "absent"),
        "two_absences": (Days(2, dt.time(10)), "absent_twice"),
        "never_came": (Days(9, dt.time(10)), "never_came"),
        "never_came_again": (Days(21, dt.time(10)), "never_came"),
    }
    assert {
        kind: [name for name, rule in rules.items() if kind in rule.kinds] for kind in get_args(SessionKind)
    } == {
        "seminar": [
            "week_before",
            "day_before",
            "two_hours_before",
            "thanks",
            "missed",
            "never_came",
            "never_came_again",
        ],
        "coaching": ["week_before", "day_before", "two_hours_before", "thanks", "missed", "two_absences"],
        "dialogue": ["day_before", "two_hours_before"],
    }


def test_only_what_is_about_a_session_one_is_registered_for_is_sent_for_that_purpose() -> None:
    assert {name: rule.purpose for name, rule in shipped().items() if rule.purpose != "sessions"} == {
        "thanks": "follow_up",
        "missed": "follow_up",
        "never_came": "invitations",
        "never_came_again": "invitations",
    }


def test_a_text_message_is_sent_on_the_day_itself_only() -> None:
    assert [name for name, rule in shipped().items() if rule.transports[0] == "sms"] == ["two_hours_before"]


@given(
    st.sampled_from(get_args(SessionKind)),
    st.datetimes(dt.datetime.fromisoformat("2026-01-01"), dt.datetime.fromisoformat("2036-01-01")),
    st.integers(15, 2880),
)
def test_every_session_at_any_hour_has_every_reminder_of_its_kind(
    kind: SessionKind, starts: dt.datetime, minutes: int
) -> None:
    rules = tuple(shipped().values())
    session = Session(kind, starts.replace(second=0, microsecond=0), "Europe/Paris", minutes)
    armed = moments(rules, session, dt.datetime.fromisoformat("2025-01-01T00:00Z"))
    assert {moment.rule for moment in armed} == {rule.name for rule in rules if kind in rule.kinds}


def test_the_second_invitation_never_meets_the_first_in_one_message() -> None:
    rules = shipped()
    first, second = rules["never_came"], rules["never_came_again"]
    assert isinstance(first.until, Days)
    assert isinstance(second.when, Days)
    assert first.until.days < second.when.days
