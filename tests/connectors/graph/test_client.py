"""The client against the stand-in: what it sends, what it believes, what it never tells."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.graph import words
from core.redaction import MARK
from schemas.errors import Permanent, Rejected, RetryLater, Unknown

URL = "rtmps://live-api-s.facebook.com:443/rtmp/FB-600000000000001-0-AbCaNaRy?s_bl=1&s_ps=1"


def nested(depth: int, *, slashes: bool) -> bytes:
    """The address in JSON in JSON, as a batch has it, with slashes as Facebook writes them."""
    told = json.dumps({"id": "7", "secure_stream_url": URL, "title": "fin"})
    for _ in range(depth):
        told = told.replace("/", r"\/") if slashes else told
        told = json.dumps([{"code": 200, "body": told}])
    return told.encode()


@pytest.mark.parametrize("slashes", [False, True])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_where_a_picture_is_sent_to_is_taken_out_however_it_is_written(depth: int, *, slashes: bool) -> None:
    hushed = words.STREAM.sub(b"[secret]", nested(depth, slashes=slashes))
    assert b"AbCaNaRy" not in hushed
    assert b"facebook.com" not in hushed
    assert b"s_ps" not in hushed
    told = json.loads(hushed)
    for _ in range(depth):
        told = json.loads(told[0]["body"])
    assert told == {"id": "7", "secure_stream_url": "[secret]", "title": "fin"}


@given(st.text(), st.text())
def test_what_is_no_such_address_stays(before: str, after: str) -> None:
    told = json.dumps([before.replace("rtmp", ""), after.replace("rtmp", "")]).encode()
    assert words.STREAM.sub(b"[secret]", told) == told


streams = st.lists(st.sampled_from([*'rtmps:/\\"u é\n\u00a0\t', "rtmp://a", "\\/", "[secret]"])).map("".join)


@given(text=streams, ascii_only=st.booleans(), slashes=st.booleans())
def test_what_looks_like_one_in_a_text_of_ours_is_no_drift(
    text: str, *, ascii_only: bool, slashes: bool
) -> None:
    """Somebody's summary had such an address: every audit found the post edited, and every healing wrote it again."""
    told = json.dumps({"message": text}, ensure_ascii=ascii_only)
    told = json.dumps([{"body": told.replace("/", r"\/") if slashes else told}], ensure_ascii=ascii_only)
    hushed = words.STREAM.sub(MARK.encode(), told.encode())
    read = json.loads(json.loads(hushed)[0]["body"])["message"]
    assert words.digest(read) == words.digest(text)


def item(code: int, subcode: int = 0, status: int = 400) -> dict[str, object]:
    error = {"message": "told", "code": code, "error_subcode": subcode}
    return {"code": status, "body": json.dumps({"error": error})}


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (item(4), RetryLater),
        (item(190), Permanent),
        (item(200), Permanent),
        (item(100), Rejected),
        (item(1), Unknown),
        (item(2, status=500), Unknown),
        (None, Unknown),
        ({"code": 200, "body": "<html>"}, Unknown),
        ({"code": 200, "body": '{"success":false}'}, Unknown),
    ],
)
def test_a_write_that_is_no_effect_is_done_or_says_what_to_do(
    answer: object, raised: type[Exception]
) -> None:
    with pytest.raises(raised):
        words.done(answer)
    assert words.done({"code": 200, "body": '{"id":"7"}'}) == {"id": "7"}


@pytest.mark.parametrize("subcode", sorted(words.NOT_ELIGIBLE))
def test_a_page_that_may_not_broadcast_halts_its_channel_and_says_what_to_do(subcode: int) -> None:
    halt = words.halt([item(200, subcode)])
    assert halt is not None
    assert halt.cause == "permission"
    assert "60 days and 100 followers" in str(halt)
    assert "in writing" in str(halt)
