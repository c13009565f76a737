from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.contractor.pages import Page, read_page
from schemas.errors import RetryLater

OFFER = b'{"ref":"EMP-000001","title":"Boulanger"}'


def page(*items: bytes, cursor: str = '"c1"', total: int = 3) -> bytes:
    """A page of the contractor's, with its items as they stand."""
    written = b",".join(items)
    return b'{"items":[' + written + f'],"next_cursor":{cursor},"snapshot_id":"s1","total":{total}}}'.encode()


def items_of(body: bytes) -> list[bytes]:
    return [bytes(item) for item in read_page(body).items]


# Pages as the agreement has them


def test_a_page_gives_each_item_its_own_bytes() -> None:
    found = read_page(page(OFFER, b'{ "ref" : "x" }'))
    assert [bytes(item) for item in found.items] == [OFFER, b'{ "ref" : "x" }']
    assert (found.next_cursor, found.snapshot_id, found.total) == ("c1", "s1", 3)


def test_the_last_page_has_no_cursor() -> None:
    assert read_page(page(OFFER, cursor="null")).next_cursor is None


def test_an_empty_page_is_a_page() -> None:
    assert read_page(page(cursor="null", total=0)) == Page([], None, "s1", 0)


def test_the_envelope_may_come_in_any_order_and_with_more_members() -> None:
    body = (
        b'{"total":1,"more":{"items":[1,2]},"snapshot_id":"s1","next_cursor":null,"items":[' + OFFER + b"]}"
    )
    assert items_of(body) == [OFFER]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"\\[]{},', max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(json_values, max_size=6))
def test_items_that_are_json_come_as_they_were_sent(values: list[Any]) -> None:
    sent = [json.dumps(value).encode() for value in values]
    assert items_of(page(*sent)) == sent


# Pages in which an item is not JSON

BROKEN = (
    b'{"ref":"a","location":{"latitude":NaN}}',
    b'{"ref":"a","x":[Infinity,-Infinity]}',
    b'{"ref":"a","title":"tab\there"}',
    b'{"ref":"a","title":"line\nend"}',
    b'{"ref":"a","title":"nul\x00"}',
    b'{"ref":"a","title":"latin-1 \xe9"}',
    b'{"ref":"a","title":"overlong \xc0\xaf"}',
    b'{"ref":"a","title":"half \\ud800"}',
    b'{"ref":"a","title":"odd \\x escape"}',
    b'{"ref":"a","n":1e999}',
    b'{"ref":"a","n":012}',
    b"{'ref':'a'}",
    b'{"ref":"a",}',
    b"{ref:1}",
    b"NaN",
    b"undefined",
)


@pytest.mark.parametrize("broken", BROKEN)
def test_an_item_that_is_not_json_leaves_the_others_whole(broken: bytes) -> None:
    assert items_of(page(OFFER, broken, OFFER)) == [OFFER, broken, OFFER]
    assert items_of(page(broken)) == [broken]
    assert read_page(page(broken, OFFER)).next_cursor == "c1"


def test_brackets_and_commas_in_a_text_end_nothing() -> None:
    tricky = b'{"ref":"a","title":"],[}{\\"],\\\\","n":NaN}'
    assert items_of(page(tricky, OFFER)) == [tricky, OFFER]


def test_an_envelope_around_an_item_that_is_not_json_may_come_in_any_order() -> None:
    body = b'{"total":1,"snapshot_id":"s1","next_cursor":null,"items": [ ' + BROKEN[0] + b" ] }"
    assert items_of(body) == [BROKEN[0]]


scraps = st.one_of(
    st.sampled_from(
        [b"NaN", b"1", b"null", b"true", b"-Infinity", b"1e999", b"'a'", b"\\", b"\x00", b"\xff", b"a b"]
    ),
    st.binary(min_size=1, max_size=6).map(lambda raw: b'"' + raw.translate(None, b'"\\') + b'"'),
    st.sampled_from([b'"],["', b'"\\""', b'"\\\\"', b'"{"', b'"\n"', b'"\xe9"']),
)
balanced = st.recursive(
    scraps,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: b"[" + b",".join(parts) + b"]")
        | st.lists(inner, max_size=3).map(
            lambda parts: b"{" + b",".join(b'"k":' + part for part in parts) + b"}"
        )
    ),
    max_leaves=6,
)


@given(st.lists(balanced | st.just(OFFER), max_size=6))
@example([b"NaN", OFFER])
@example([b'"]"', b"NaN", b'"["'])
@example([b'"\xff"', b"[]", b"{}"])
def test_any_items_with_matching_brackets_are_told_apart(items: list[bytes]) -> None:
    assert items_of(page(*items)) == items


@given(st.lists(balanced, min_size=1, max_size=4), st.sampled_from([b" ", b"\n\t", b"\r\n"]))
def test_space_between_items_belongs_to_none(items: list[bytes], space: bytes) -> None:
    spaced = page(*(space + item + space for item in items))
    assert items_of(spaced) == items


# What is no page

NO_PAGES = (
    b"",
    b"   ",
    b"<!DOCTYPE html><html><body>Maintenance</body></html>",
    b"null",
    b"[]",
    b"{}",
    b'"items"',
    b'{"items":null,"next_cursor":null,"snapshot_id":"s1","total":0}',
    b'{"items":{},"next_cursor":null,"snapshot_id":"s1","total":0}',
    b'{"items":[NaN]}',
    b'{"items":[],"next_cursor":null,"total":0}',
    b'{"items":[],"next_cursor":7,"snapshot_id":"s1","total":0}',
    b'{"items":[],"next_cursor":null,"snapshot_id":"s1","total":"0"}',
    b'{"type":"about:blank","title":"Bad gateway","status":502}',
    b"\xff\xfe\x00",
    b'{"items":[' + b"[" * 100_000,
    b"[" * 100_000,
)


@pytest.mark.parametrize("body", NO_PAGES, ids=range(len(NO_PAGES)))
def test_what_is_no_page_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(RetryLater) as caught:
        read_page(body)
    assert len(str(caught.value)) < 400


@given(st.lists(balanced, max_size=4), st.data())
def test_a_page_that_is_cut_off_is_asked_for_again(items: list[bytes], data: st.DataObject) -> None:
    whole = page(*items)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(RetryLater):
        read_page(cut)


def test_a_page_cut_anywhere_is_asked_for_again() -> None:
    for whole in (page(OFFER, OFFER), page(OFFER, *BROKEN, OFFER)):
        for length in range(len(whole)):
            with pytest.raises(RetryLater):
                read_page(whole[:length])


@given(st.binary() | st.binary().map(lambda raw: b'{"items":[' + raw) | st.binary().map(page))
def test_no_body_raises_another_error(body: bytes) -> None:
    try:
        found = read_page(body)
    except RetryLater:
        return
    assert all(isinstance(item, msgspec.Raw) for item in found.items)


def test_an_item_nested_beyond_measure_does_not_stop_its_page() -> None:
    deep = b"[" * 50_000 + b"]" * 50_000
    try:
        assert items_of(page(OFFER, deep)) == [OFFER, deep]
    except RetryLater:
        pytest.fail("the page of a deeply nested item would be asked for again for ever")
