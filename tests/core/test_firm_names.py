"""What of a firm's name tells it from others."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.firm_names import LEGAL_FORMS, NEAR, bare, likeness, taken_apart
from core.folding import words
from tests.core.firms import NAMES

FORMS = st.sampled_from(
    ["SARL", "S.A.R.L.", "sas", "S.A.S", "Sté", "Ets", "ÉTABLISSEMENTS", "EURL", "E.I.", "Société"]
)
PLAIN = st.lists(
    st.text(string.ascii_lowercase, min_size=4, max_size=9).filter(lambda word: word not in LEGAL_FORMS), min_size=1, max_size=3
).map(" ".join)  # fmt: skip


def alike(one: str, other: str) -> float:
    return likeness(taken_apart(one), taken_apart(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SARL Dupont", "Dupont"),
        ("S.A.R.L. DUPONT", "dupont (SAS)"),
        ("Boulangerie Dupont", "Dupont"),
        ("Boulangerie Dupont", "Boulangerie-Pâtisserie DUPONT"),
        ("Boulangerie Dupont", "Boulangerie Dupond"),
        ("Menuiserie Rocher", "Menuiserie Roche"),
        ("L’Atelier de Marie", "Atelier Marie"),
        ("Le Bon Pain", "LEBONPAIN"),
        ("Fournil des Pentes", "Le Fournil des Pentes"),
        ("Ets Vial et fils", "Vial & Fils"),
        ("Dupont Martin", "Martin-Dupont"),
        ("Dupont", "Dupont Marie"),
        ("J.P. Coiffure", "JP Coiffure"),
        ("!!!", "!!!"),
    ],
)
def test_what_people_write_of_one_firm_is_near(one: str, other: str) -> None:
    assert alike(one, other) >= NEAR


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Boulangerie Dupont", "Garage Dupont"),
        ("Boulangerie Martin", "Boulangerie Durand"),
        ("Hôtel de la Gare", "Hôtel du Parc"),
        ("Café de la Gare", "Pharmacie de la Gare"),
        ("Coiffure 2000", "Coiffure 2001"),
        ("Studio Lumière 2000", "Studio Lumière 2001"),
        ("Bio", "Bip"),
        ("SARL", "Société"),
        ("Pharmacie Centrale", "Pharmacie du Centre"),
        ("Boulangerie", "Boulangerie Dupont"),
        ("!!!", "???"),
    ],
)
def test_what_people_write_of_two_firms_is_not(one: str, other: str) -> None:
    assert alike(one, other) < NEAR


@given(NAMES | st.text(max_size=20), NAMES | st.text(max_size=20))
def test_likeness_is_the_same_both_ways_round_and_between_0_and_1(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)
    assert 0 <= alike(one, other) <= 1


@given(NAMES | st.text(max_size=20))
def test_a_name_is_like_itself(name: str) -> None:
    assert alike(name, name) == 1


@given(PLAIN, PLAIN, FORMS, FORMS)
def test_legal_forms_case_and_accents_change_nothing(one: str, other: str, form: str, another: str) -> None:
    plain = alike(one, other)
    assert alike(f"{form} {one}", f"{other.upper()} {another}") == plain
    assert alike(one.replace("e", "é").replace("a", "Â"), f"{other} ({form})") == plain


@given(PLAIN, st.permutations(range(3)))
def test_the_order_of_the_words_changes_nothing(name: str, order: list[int]) -> None:
    said = name.split()
    shuffled = [said[place] for place in order if place < len(said)]
    assert alike(name, " ".join(shuffled)) >= 0.95


@given(st.text(string.ascii_lowercase, min_size=6, max_size=12), st.data())
def test_one_mistake_in_a_word_of_six_letters_is_near(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from(string.ascii_lowercase))
    for typed in (
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place:],
        word[:place] + letter + word[place + 1 :],
    ):
        if taken_apart(word).own == {word} and taken_apart(typed).own == {typed}:
            assert alike(word, typed) >= NEAR


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("S.A.R.L. Dupont", ["dupont"]),
        ("SARL", []),
        ("S.A. L'Atelier", ["l", "atelier"]),
        ("Dupont et Cie", ["dupont", "et", "cie"]),
        ("A.B.C.", ["a", "b", "c"]),
        ("E.I. Jean Sas", ["jean"]),
    ],
)
def test_a_name_without_its_legal_form(name: str, kept: list[str]) -> None:
    assert bare(words(name)) == kept


@pytest.mark.parametrize("letters", [5, 10, 15, 20])
def test_one_mistake_in_five_letters_is_just_near(letters: int) -> None:
    """rapidfuzz calls 0.8 less than a limit of 0.8: « Lebon » and « Lecon » were not near."""
    word = "abcdefghijklmnopqrst"[:letters]
    assert alike(word, word[: -letters // 5] + "z" * (letters // 5)) == NEAR
    assert alike(word, word[: -letters // 5 - 1] + "z" * (letters // 5 + 1)) < NEAR


@given(st.lists(st.sampled_from(["s", "a", "r", "l", "sarl", "dupont", "ets", "e", "i"]), max_size=8))
def test_taking_a_form_away_keeps_the_order_and_leaves_no_form(name: list[str]) -> None:
    kept = bare(name)
    rest = iter(name)
    assert all(word in rest for word in kept)
    assert LEGAL_FORMS.isdisjoint(kept)
