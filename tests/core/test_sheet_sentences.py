"""Sentences about sheets: one a rule, in French as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.sheet_sentences import SHOWN, rules, sentence, shown

CORE = Path(__file__).parents[2] / "core"
FILES = (
    "delimited.py",
    "sheet_columns.py",
    "sheet_cells.py",
    "seminar_sheets.py",
    "registrations.py",
    "import_sessions.py",
    "partner_files.py",
)


@pytest.mark.parametrize("rule", sorted(rules()))
def test_a_sentence_is_french_as_it_is_printed_and_says_what_to_do_or_what_was_done(rule: str) -> None:
    told = sentence(rule, "un", "deux")
    assert told[0].isupper()
    assert told.endswith(".")
    assert "'" not in told
    assert not re.search(r"[^\u00a0\u202f][:;!?»]|«[^\u00a0]", told.replace("sep=;", ""))
    assert "{" not in told


def test_no_sentence_is_without_a_rule_that_says_it() -> None:
    source = "\n".join((CORE / name).read_text("utf-8") for name in FILES)
    assert {rule for rule in rules() if f'"{rule}"' not in source} == set()


def test_a_long_value_is_cut() -> None:
    assert shown("x" * SHOWN) == "x" * SHOWN
    assert shown("x" * (SHOWN + 1)) == "x" * (SHOWN - 1) + "…"
