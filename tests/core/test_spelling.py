from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spelling import SHORTEST, Speller, one_mistake

WORDS = st.text(string.ascii_lowercase, min_size=SHORTEST, max_size=12)
KNOWN = {"boulanger": 90, "boulangere": 20, "aurillac": 40, "macon": 9, "maison": 3, "ski": 5}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("boulagner", "boulanger"),
        ("boulnger", "boulanger"),
        ("boullanger", "boulanger"),
        ("boulamger", "boulanger"),
        ("auriilac", "aurillac"),
        ("aurilac", "aurillac"),
        ("boulanger", "boulanger"),
        ("maon", "macon"),
        ("ski", "ski"),
        ("sky", "sky"),
        ("15000", "15000"),
        ("xylophone", "xylophone"),
    ],
)
def test_one_wrong_letter_is_put_right_and_nothing_else(typed: str, meant: str) -> None:
    assert Speller(KNOWN).correct(typed) == meant


def test_of_two_words_as_near_the_more_frequent_is_meant() -> None:
    assert Speller({"menuisier": 5, "menuisiere": 1}).correct("menuisierr") == "menuisier"
    assert Speller({"tours": 1, "cours": 2}).correct("xours") == "cours"


def distance(one: str, other: str) -> int:
    """Optimal string alignment, as textbooks have it: slow, and obviously right."""
    rows = [[max(i, j) if not min(i, j) else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            rows[i][j] = min(
                rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_one_mistake_is_a_distance_of_one(one: str, other: str) -> None:
    assert one_mistake(one, other) == (distance(one, other) == 1)


@given(WORDS, st.data())
def test_any_one_mistake_in_any_word_is_put_right(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from(string.ascii_lowercase))
    swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    for typed in (
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        swapped,
    ):
        if len(typed) >= SHORTEST:
            assert Speller({word: 1}).correct(typed) == word
