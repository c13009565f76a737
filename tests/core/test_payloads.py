"""A payload is plain JSON or is refused with a reason, and nothing else can come of it."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.payloads import DEEPEST, decode
from schemas.errors import Rejected

TEXTS = st.text(max_size=6) | st.sampled_from(['a":1', ':"', '":', '\\":', ":", '"', "\\", "a", "\x00"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


class Speller:
    """Writes JSON in one of the ways it may be spelled, and doubles members when told."""

    def __init__(self, gap: str, escaped: str, *, twice: bool = False) -> None:
        self.gap, self.escaped, self.twice = gap, escaped, twice

    def __call__(self, value: Any) -> str:
        if isinstance(value, dict):
            members = [f"{self(name)}{self.gap}:{self(inner)}" for name, inner in value.items()]
            again = [f"{self(name)}{self.gap}:0" for name in list(value)[:1] if self.twice]
            return "{" + ",".join(again + members) + "}"
        if isinstance(value, list):
            return "[" + ",".join(map(self, value)) + "]"
        if isinstance(value, str):
            return re.sub(r"\\.|:", self._spelled, json.dumps(value))
        return json.dumps(value)

    def _spelled(self, found: re.Match[str]) -> str:
        mark = found[0][-1]
        return f"\\u00{ord(mark):02x}" if found[0] in {'\\"', ":"} and mark in self.escaped else found[0]


GAPS = st.sampled_from(["", " ", "\n\t"])
ESCAPED = st.sampled_from(["", '"', ":", '":'])


@given(VALUES, GAPS, ESCAPED)
def test_plain_json_is_decoded_however_it_is_spelled(value: Any, gap: str, escaped: str) -> None:
    assert decode(Speller(gap, escaped)(value).encode()) == value


def has_members(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value)
    return isinstance(value, list) and any(map(has_members, value))


@given(VALUES.filter(has_members), GAPS, ESCAPED)
@example({"a": 'x":y'}, "", '"')
@example({'a"': {":": 1}}, " ", "")
def test_a_member_that_comes_twice_is_refused_however_it_is_spelled(
    value: Any, gap: str, escaped: str
) -> None:
    with pytest.raises(Rejected, match="two members"):
        decode(Speller(gap, escaped, twice=True)(value).encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"a":0,"a":"\\u0022:"}',
        '{"a":0,"a":"\\"\\u003a"}',
        '{"a":0,"a":"\\"\\u003A"}',
        '{"a":0,"\\u0061":1}',
        '{"a":0,"a"\t:1}',
        '{"\\u0022":0,"\\"":1}',
        '{"x":{"a":0,"a":":"}}',
        '{"a":[{"b":1,"b":1}],"a":0}',
    ],
)
def test_a_member_that_comes_twice_in_disguise_is_refused(text: str) -> None:
    with pytest.raises(Rejected, match="two members"):
        decode(text.encode())


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + "1" + closing * depth).encode()


@pytest.mark.parametrize("pair", [("[", "]"), ('{"a":', "}")])
def test_what_is_too_deep_is_refused_at_any_depth(pair: tuple[str, str]) -> None:
    """Between what one library follows and what the next does, a payload once ended a whole sync."""
    assert decode(nested(DEEPEST, *pair)) is not None
    for depth in [DEEPEST + 1, *range(900, 1100, 7), 2_000_000]:
        with pytest.raises(Rejected, match="64 levels"):
            decode(nested(depth, *pair))


def test_many_brackets_beside_each_other_or_in_texts_are_not_deep() -> None:
    wide = [[{"a": "[[[{{{" * 50}]] * 200
    assert decode(msgspec.json.encode(wide)) == wide


@pytest.mark.parametrize(
    "raw",
    [b"", b"NaN", b"[Infinity]", b"-Infinity", b"1e400", b"9" * 5000, b'"\\ud800"', b'"\xed\xa0\x80"', b"\xff",
     b'"a\x00"', b"{'a':1}", b'{"a":1}x', b"[1,]", b"\xef\xbb\xbf{}", b"[" * 10 + b"1"],
)  # fmt: skip
def test_what_is_no_json_is_refused_with_a_reason(raw: bytes) -> None:
    with pytest.raises(Rejected, match=r"\S"):
        decode(raw)


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:\\u0023 1ae', max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_rejected(raw: bytes) -> None:
    try:
        payload = decode(raw)
    except Rejected:
        return
    assert payload == json.loads(raw)
