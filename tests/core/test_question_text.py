"""The words of a question: what is kept, what is not taken, what is a question at all."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.question_text import LONGEST, SHORTEST, asks, cleaned, faults, flags, shortened

PLAIN = "Quand la ligne de train sera-t-elle rouverte ?"


def test_a_plain_question_is_taken_as_it_is() -> None:
    assert cleaned(PLAIN) == PLAIN
    assert faults(PLAIN) == ()
    assert flags(PLAIN) == ()


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("Quoi ?", "short"),
        (". . . . . . ?", "short"),
        ("Pourquoi " + "ceci cela " * 100, "long"),
        ("Voyez https://a.example, https://b.example et www.c.example pour le prix ?", "links"),
        ("Pourquoi les trains sont en retard ??????????", "repeated"),
        ("Pourquooooooooi les trains sont en retard ?", "repeated"),
        ("POURQUOI LES TRAINS SONT-ILS TOUJOURS EN RETARD ?", "shouting"),
    ],
)
def test_what_nobody_means_as_a_question_is_not_taken(body: str, fault: str) -> None:
    assert faults(cleaned(body)) == (fault,)


@pytest.mark.parametrize(
    "body",
    [
        "Le TER de la SNCF : pourquoi ?",
        "Voir https://region.example/plan : quand ?",
        "Pourquoi ??? Encore !!!",
        "Le budget 2027 : 1 000 000 000 € ?",
        "SNCF, TER, CFA, TPE ?",
        "1) Quand ?\n\n2) Où ?",
    ],
)
def test_what_people_write_is_taken(body: str) -> None:
    assert faults(cleaned(body)) == ()


@pytest.mark.parametrize(
    ("body", "flag"),
    [
        ("Écrivez-moi à ada.martin@exemple.fr pour la réponse ?", "email"),
        ("Appelez-moi au 06 12 34 56 78, quand vous voulez ?", "phone"),
        ("Mon numéro est le +33 (0)6.12.34.56.78, merci ?", "phone"),
        ("Mon voisin, 0033612345678, est-il au courant ?", "phone"),
        ("Avez-vous lu https://journal.example/article ?", "link"),
        ("Avez-vous lu monjournal.fr ce matin ?", "link"),
    ],
)
def test_a_moderator_is_shown_what_is_somebody_s(body: str, flag: str) -> None:
    assert flags(body) == (flag,)


@pytest.mark.parametrize(
    "body", ["Le budget de 2026 est-il de 1 234 567 890 € ?", "De 2015 à 2026, 12 lycées ?"]
)
def test_sums_and_years_are_no_numbers_of_anybody(body: str) -> None:
    assert flags(body) == ()


@pytest.mark.parametrize(
    "comment",
    [
        "C'est pour quand la gare ?",
        "quand est-ce que la gare rouvre",
        "Bonjour, pourquoi fermer la ligne",
        "Et pour quand le lycée",
        "Où en est le projet",
        "Pouvez-vous parler plus fort",
        "Va-t-on avoir des bus",
        "y a-t-il une aide pour les apprentis",
        "Qu’est-ce que vous faites pour nous",
        "A quelle heure on mange",
    ],
)
def test_comments_that_ask_are_questions(comment: str) -> None:
    assert asks(comment)


@pytest.mark.parametrize(
    "comment",
    [
        "Bravo pour ce direct !",
        "Merci Madame la vice-présidente",
        "Bonjour de Saint-Étienne",
        "Ou alors on attend 2030…",
        "Quantité de promesses, peu de trains",
        "??",
        "👏👏👏👏👏👏👏👏👏👏",
        "Rendez-vous demain à la gare",
        "Laissez-nous nos trains",
    ],
)
def test_comments_that_do_not_are_none(comment: str) -> None:
    assert not asks(comment)


@given(st.text(max_size=1500))
def test_what_is_kept_shows_all_that_it_has_and_cleaning_twice_is_once(body: str) -> None:
    told = cleaned(body)
    assert cleaned(told) == told
    assert told == told.strip()
    assert "\n\n\n" not in told
    assert not {"\x00", "\u202e", "\u200b"} & set(told)
    assert ("long" in faults(told)) == (len(told) > LONGEST)
    assert len(told) >= SHORTEST or "short" in faults(told)
    assert len(shortened(body)) <= LONGEST


@pytest.mark.parametrize(
    "part", ["de ", "a ", "d’", "et, ", "a@", "a.", "0 ", "\n \n", "www.", "-t-il", "bonjour,"]
)
def test_no_text_takes_long(part: str) -> None:
    """Somebody may send whatever the form lets through, and a Page has anybody's comments."""
    body = part * (8_000 // len(part))
    begun = time.process_time()
    cleaned(body), faults(body), flags(body), asks(body)
    assert time.process_time() - begun < 1
