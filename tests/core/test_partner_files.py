"""Partners' files: every registration is a row, or has an error with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delimited import LARGEST, Unreadable
from core.partner_files import read
from schemas.firm import Registration, encode
from tests.core.firms import registrations


@given(st.lists(st.one_of(registrations(), st.just(b'{"firm": 1}'), st.just(b"17")), min_size=1, max_size=5))
def test_an_array_and_lines_say_the_same(told: list[Registration | bytes]) -> None:
    parts = [one if isinstance(one, bytes) else encode(one) for one in told]
    array, lines = read(b"[" + b", ".join(parts) + b"]"), read(b"\n".join(parts))
    assert array == lines
    assert [row.line for row in array.rows] == [
        line for line, one in enumerate(told, 1) if isinstance(one, Registration)
    ]
    assert {error.line for error in array.errors} == {
        line for line, one in enumerate(told, 1) if isinstance(one, bytes)
    }


def test_a_line_that_is_no_json_stops_no_other_and_lines_count_as_in_the_file() -> None:
    sheet = read(b'\xef\xbb\xbf{"firm"\n\n{}\n')
    assert {error.line for error in sheet.errors} == {1, 3}


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "file_nothing"),
        (b"[]", "file_nothing"),
        (b'[{"firm": 1}, ', "file_json"),
        (b" " * (LARGEST + 1), "file_large"),
        (b"{}\n" * 20_001, "file_long"),
    ],
    ids=["nothing", "an empty list", "half a list", "too large", "too long"],
)
def test_what_is_no_file_is_told(raw: bytes, rule: str) -> None:
    with pytest.raises(Unreadable) as told:
        read(raw)
    assert told.value.rule == rule
