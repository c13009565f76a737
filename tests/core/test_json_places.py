"""Where values stand in a JSON text, held against json.loads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.json_places import LEVELS, Malformed, places, position

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["a/b", "~", 'q"\\', "0", ""]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
LAYOUTS = st.sampled_from([{}, {"indent": 1}, {"separators": (" ,\r\n", "\t:\n")}, {"ensure_ascii": False}])


def pointers(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    yield pointer, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        yield from pointers(each, f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}")


@given(value=VALUES, layout=LAYOUTS)
def test_every_value_is_found_where_it_stands(value: Any, layout: Any) -> None:
    text = json.dumps(value, **layout)
    raw = text.encode()
    every = dict(pointers(value))
    found = places(raw, every)
    assert found.keys() == every.keys()
    for pointer, meant in every.items():
        rest = raw[found[pointer] :].decode()
        assert json.JSONDecoder().raw_decode(rest)[0] == meant
        line, column = position(raw, found[pointer])
        assert text.split("\n")[line - 1][column - 1 :] == rest.split("\n")[0]


@given(text=st.text("[]{},:\"'\\ \n\t-+.0123eEtruefalsnE\u00a0é", max_size=24) | LAYOUTS.map(str))
@example('"\\ud800"')
@example('["a", ]')
@example("01")
@example("\ufeff[]")
def test_it_is_json_exactly_when_json_says_so(text: str) -> None:
    raw = text.encode()
    try:
        json.loads(raw.decode("utf-8"))
        sound = not text.startswith("\ufeff")
    except ValueError:
        sound = False
    if sound:
        assert places(raw) == {}
    else:
        with pytest.raises(Malformed) as caught:
            places(raw)
        assert 0 <= caught.value.offset <= len(raw)


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ('{"a": 1,\n}', 1, 8, "comma"),
        ('{"a" 1}', 1, 6, "colon"),
        ("{'a': 1}", 1, 2, "quotes"),
        ('{"é": “x”}', 1, 7, "quotes"),
        ('{"a": 1 "b"}', 1, 9, "comma_brace"),
        ("[1\n2]", 2, 1, "comma_bracket"),
        ('["x\ny"]', 1, 4, "escape"),
        ('["C:\\dossier"]', 1, 5, "escape"),
        ('["abc', 1, 2, "closing"),
        ('{"a": NaN}', 1, 7, "value"),
        ("[1] x", 1, 5, "end"),
        ("", 1, 1, "value"),
        ('[{"a": 1}', 1, 10, "comma_bracket"),
        ("{a: 1}", 1, 2, "name"),
    ],
)
def test_it_says_where_json_ends_and_what_was_expected(
    text: str, line: int, column: int, expected: str
) -> None:
    with pytest.raises(Malformed) as caught:
        places(text.encode())
    assert (*position(text.encode(), caught.value.offset), caught.value.expected) == (line, column, expected)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_depth_without_end_is_refused_at_the_first_that_is_too_deep(opening: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        places(opening * 1_000_000)
    assert (caught.value.offset, caught.value.expected) == (len(opening) * LEVELS, "depth")
