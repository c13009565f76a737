"""QR codes: what a reader that is not ours reads in them."""

from __future__ import annotations

import re
from html import escape
from xml.etree import ElementTree as ET

import pytest
import zxingcpp
from hypothesis import example, given
from hypothesis import strategies as st

from core.qr import QUIET, squares, svg

PIXELS = 4  # a side of a square
addresses = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_./?=&%é€", min_size=1, max_size=300).map(
    lambda path: f"https://portail.example/{path}"
)


def read(picture: str) -> str:
    """What a reader sees in a picture: the text of its one code."""
    found = re.search(r'viewBox="0 0 (\d+) \1"', picture)
    assert found
    width = int(found[1]) * PIXELS
    points = bytearray(b"\xff" * width * width)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", picture):
        begin, end = int(x) * PIXELS, (int(x) + int(length)) * PIXELS
        for line in range(int(y) * PIXELS, (int(y) + 1) * PIXELS):
            points[line * width + begin : line * width + end] = bytes(end - begin)
    [code] = zxingcpp.read_barcodes(memoryview(points).cast("B", (width, width)))
    return str(code.text)


@given(addresses)
@example("https://portail.example/attestation/verifier/" + "a" * 400)
def test_a_reader_reads_the_address(address: str) -> None:
    assert read(svg(address, "Code de la salle")) == address


@given(addresses)
def test_it_is_square_and_has_its_three_corners(address: str) -> None:
    rows = squares(address)
    side = len(rows)
    assert {len(row) for row in rows} == {side}
    assert (side - 17) % 4 == 0
    for y, x in ((0, 0), (0, side - 7), (side - 7, 0)):
        assert all(rows[y][x : x + 7])
        assert rows[y + 1][x : x + 7] == [True, False, False, False, False, False, True]


def test_as_a_picture_it_says_what_it_is_and_has_white_around_it() -> None:
    picture = ET.fromstring(
        svg("https://portail.example/presence/salle/x", "Code de la « salle » & du <lieu>")
    )
    assert picture.attrib["role"] == "img"
    assert picture.attrib["aria-label"] == "Code de la « salle » & du <lieu>"
    side = len(squares("https://portail.example/presence/salle/x")) + 2 * QUIET
    assert picture.attrib["viewBox"] == f"0 0 {side} {side}"
    runs = [tuple(map(int, run)) for run in re.findall(r"M(\d+) (\d+)h(\d+)", picture[1].attrib["d"])]
    assert min(x for x, _, _ in runs) == min(y for _, y, _ in runs) == QUIET
    assert max(x + length for x, _, length in runs) == max(y for _, y, _ in runs) + 1 == side - QUIET


@given(st.text(max_size=40))
def test_what_it_says_writes_no_markup(label: str) -> None:
    assert f'aria-label="{escape(label)}"' in svg("https://portail.example", label)


def test_an_address_that_no_code_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="Data too large"):
        svg("https://portail.example/" + "a" * 3000, "x")
