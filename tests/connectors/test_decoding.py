"""A body is decoded to the byte, and no further than its limit."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from connectors.decoding import decoded
from schemas.errors import RetryLater

LIMIT = 1 << 20
MB = 1 << 20
Encode = Callable[[bytes], bytes]
ENCODINGS: dict[str, Encode] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}


def parts(body: bytes, size: int = 65_536) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


@given(content=st.binary(max_size=5000), name=st.sampled_from(sorted(ENCODINGS)), size=st.integers(1, 700))
def test_what_was_encoded_is_decoded_whatever_the_parts(content: bytes, name: str, size: int) -> None:
    assert decoded(parts(ENCODINGS[name](content), size), name, LIMIT) == content


@pytest.mark.parametrize("name", ENCODINGS)
def test_no_body_at_all_is_an_empty_one(name: str) -> None:
    assert decoded(iter(()), name, LIMIT) == b""


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_members_after_one_another_are_all_decoded(name: str) -> None:
    encode = ENCODINGS[name]
    assert decoded(parts(encode(b"un ") + encode(b"deux"), 5), name, LIMIT) == b"un deux"


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_limit_is_exact(name: str) -> None:
    assert len(decoded(parts(ENCODINGS[name](b"a" * 1000)), name, 1000)) == 1000
    with pytest.raises(RetryLater, match="more than 1000 bytes"):
        decoded(parts(ENCODINGS[name](b"a" * 1001)), name, 1000)


def zeros(size: int) -> bytes:
    """gzip of so many zeros, without ever holding them."""
    packed = zlib.compressobj(1, zlib.DEFLATED, 31)
    made = [packed.compress(bytes(MB)) for _ in range(size // MB)]
    return b"".join([*made, packed.flush()])


def zstd_zeros(size: int) -> bytes:
    packed = zstandard.ZstdCompressor(level=3).compressobj()
    made = [packed.compress(bytes(MB)) for _ in range(size // MB)]
    return b"".join([*made, packed.flush()])


@pytest.mark.parametrize(("name", "make"), [("gzip", zeros), ("zstd", zstd_zeros)])
def test_a_bomb_costs_a_little_more_than_its_limit(name: str, make: Callable[[int], bytes]) -> None:
    bomb = make(128 * MB)
    assert len(bomb) < MB
    tracemalloc.start()
    try:
        with pytest.raises(RetryLater, match="more than"):
            decoded(parts(bomb), name, 4 * MB)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * MB


def test_a_zstd_frame_that_wants_a_huge_window_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    packed = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = packed.compress(b"a" * 100_000) + packed.flush()
    with pytest.raises(RetryLater, match="cannot be decoded"):
        decoded(parts(body), "zstd", LIMIT)


def test_encoded_nothing_for_ever_is_too_long() -> None:
    def nothings() -> Iterator[bytes]:
        while True:
            yield gzip.compress(b"") * 100

    with pytest.raises(RetryLater, match="more than"):
        decoded(nothings(), "gzip", LIMIT)


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_a_cut_or_damaged_body_is_no_body(name: str) -> None:
    whole = ENCODINGS[name](random.Random(1).randbytes(5000))
    for body in (whole[:-1], whole[:2000], whole[:2000] + b"\xff" * 9 + whole[2009:], b"not packed"):
        with pytest.raises(RetryLater, match="cannot be decoded"):
            decoded(parts(body), name, LIMIT)


@pytest.mark.parametrize("name", ["br", "deflate", "gzip, gzip", "compress", "é"])
def test_an_encoding_that_was_not_asked_for_is_refused(name: str) -> None:
    with pytest.raises(RetryLater, match="not asked for"):
        decoded(parts(b"x"), name, LIMIT)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "zstd"]))
def test_no_bytes_raise_anything_but_retry_later(content: bytes, name: str) -> None:
    for body in (content, ENCODINGS[name](content)[: len(content)] + content):
        try:
            decoded(parts(body, 7), name, 1000)
        except RetryLater:
            continue
