"""Texts of others in our Markdown stay words."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.markdown import cell


@pytest.mark.parametrize(
    "text", ["a | b", "<script>", "[x](y)", "**a**", "# a", "`a`", "a\n| b |", "![x](y)", "&lt;"]
)
def test_nothing_of_a_text_is_markup(text: str) -> None:
    assert not re.search(r"[|<>\[\]*#`!\n](?!\d)|&(?!#\d)", cell(text))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_text_reads_as_it_was(text: str) -> None:
    assert re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), cell(text)) == " ".join(text.split())
    assert "\n" not in html.unescape(cell(text))
