"""Texts of others in our Markdown stay words."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.markdown import cell, lines
from tests.markdown import WRITTEN, read

MARKS = st.text(st.sampled_from("\\`*_[]()<>|~&#;!-+.1a é\n:/"), max_size=12)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@given(MARKS | WORDS)
@example("1. <script>x</script> [a](b) ![c](d) **e** | __f__ `g` ~~h~~ &lt; &#60; \\ \\|")
@example("# x")
@example("- x")
def test_a_text_of_others_reads_as_it_was_in_a_table_and_in_a_list(text: str) -> None:
    told = " ".join(text.split())
    assert read(f"| a | b |\n|---|---|\n| {cell(text)} | c |\n", "td") == [told, "c"]
    assert read(f"- x\n- {cell(text)}\n", "li") == ["x", told]


@pytest.mark.parametrize("text", ["FOR-000007 Boulanger / Boulangère (H/F)", "facebook_page", "R&D, 50 %"])
def test_what_is_no_mark_is_left_alone(text: str) -> None:
    assert cell(text) == text


def test_lines_stay_lines_and_words() -> None:
    told = WRITTEN.render(lines("Boulanger\n\nNuit.\n# <img src=//evil.example>\n- *payé*"))
    assert told == (
        "<p>Boulanger</p>\n<p>Nuit.<br />\n# &lt;img src=//evil.example&gt;<br />\n- *payé*</p>\n"
    )
