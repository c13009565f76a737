from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from core.qr import QUIET, squares, svg


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789-_./", max_size=200))
def test_it_is_square_and_has_its_three_corners(path: str) -> None:
    rows = squares(f"https://portail.example/{path}")
    side = len(rows)
    assert {len(row) for row in rows} == {side}
    assert (side - 17) % 4 == 0
    for y, x in ((0, 0), (0, side - 7), (side - 7, 0)):
        assert all(rows[y][x : x + 7])
        assert rows[y + 1][x : x + 7] == [True, False, False, False, False, False, True]


def test_as_a_picture_it_says_what_it_is_and_has_white_around_it() -> None:
    address = "https://portail.example/presence/salle/x"
    picture = ET.fromstring(svg(address, "Code de la salle"))
    assert picture.attrib["role"] == "img"
    assert picture.attrib["aria-label"] == "Code de la salle"
    side = len(squares(address)) + 2 * QUIET
    assert picture.attrib["viewBox"] == f"0 0 {side} {side}"
    assert picture[1].attrib["d"].count("M") == sum(map(sum, squares(address)))
