"""Which firms may be one and the same."""

from __future__ import annotations

import random
import string
import time
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.firm_names import NEAR, likeness, taken_apart
from core.firms_matching import SUREST, Index, Known, Match, blocks, compared, duplicates, match
from schemas.firm import FirmDraft, PersonDraft
from schemas.reference_tables import communes
from tests.core.firms import FIRM, SIRET, firm, registered, siret_with

OTHER = siret_with("414243445555")
MOVED = siret_with("732829321234")


def known(id_: int, *emails: str, **changes: Any) -> Known:
    return Known(id_, firm(**changes), emails)


def found(told: list[Match]) -> list[tuple[int, tuple[str, ...]]]:
    return [(each.id, each.reasons) for each in told]


def test_each_reason_finds_its_firm_the_surest_first() -> None:
    there = [
        known(1, siret=OTHER, name="Fournil des Pente", commune="69384"),
        known(2, siret=SIRET, name="Autre", commune="38185"),
        known(3, "Marie@Fournil.example", siret=siret_with("515253545555"), name="Autre", commune="38185"),
        known(4, siret=MOVED, name="Autre", commune="38185"),
        known(5, siret=siret_with("616263645555"), name="Autre", commune="38185"),
    ]
    assert MOVED[:9] == SIRET[:9]
    told = match(there, registered())
    assert found(told) == [(2, ("siret",)), (3, ("email",)), (4, ("siren",)), (1, ("name",))]
    assert told[0].score == 1
    assert all(NEAR * 0.95 <= each.score < 1 for each in told[1:])


def test_several_reasons_are_surer_than_one_and_never_as_sure_as_the_siret() -> None:
    one = match([known(1, siret=MOVED)], registered())[0]
    more = match([known(1, "marie@fournil.example", siret=MOVED)], registered())[0]
    assert one.reasons == ("name", "siren")
    assert more.reasons == ("name", "email", "siren")
    assert 0.95 < one.score < more.score <= SUREST


@pytest.mark.parametrize(
    ("place", "near"),
    [
        ({"commune": "69381"}, True),
        ({"commune": "69383"}, True),
        ({"commune": "69123"}, True),
        ({"commune": "38185"}, False),
        ({"commune": None, "postal_code": "69001"}, False),
        ({"commune": None, "postal_code": None}, False),
    ],
)
def test_a_near_name_counts_in_the_same_commune_and_lyon_is_one(place: dict[str, Any], near: bool) -> None:  # noqa: FBT001
    assert bool(match([known(1, siret=OTHER, **place)], registered())) is near


def test_without_a_commune_the_postal_code_places_a_firm() -> None:
    outside = {"commune": None, "postal_code": "39200", "city": "Saint-Claude"}
    assert found(match([known(1, siret=OTHER, **outside)], registered(firm(**outside)))) == [(1, ("name",))]


SYLLABLES = st.sampled_from(["du", "pont", "mar", "tin", "ro", "che", "vi", "al"])
NAMES = st.builds(
    "{} {}{}".format, st.sampled_from(["SARL", "Boulangerie", "Garage", "Le", ""]), SYLLABLES, SYLLABLES
)
FIRMS = st.builds(
    FirmDraft,
    siret=st.sampled_from(
        [SIRET, MOVED, OTHER, *(siret_with(f"51525354{number:04}") for number in range(3))]
    ),
    name=NAMES,
    commune=st.sampled_from(["69381", "69382", "38185", None]),
)
EMAILS = st.lists(st.sampled_from(["a@b.example", "A@b.example", "c@d.example"]), max_size=2).map(tuple)


@st.composite
def many(draw: st.DrawFn) -> list[Known]:
    told = draw(st.lists(st.tuples(FIRMS, EMAILS), max_size=8))
    return [Known(number, *each) for number, each in enumerate(told, start=1)]


@given(FIRMS, FIRMS, EMAILS, EMAILS)
def test_the_order_of_two_firms_changes_neither_score_nor_reasons(
    one: FirmDraft, other: FirmDraft, of_one: tuple[str, ...], of_other: tuple[str, ...]
) -> None:
    a, b = Known(1, one, of_one), Known(2, other, of_other)
    assert compared(a, b) == compared(b, a)


@given(FIRMS)
def test_a_firm_matches_itself(told: FirmDraft) -> None:
    assert match([Known(1, told)], registered(told, PersonDraft("A"))) == [Match(1, 1.0, ("siret",))]


@given(NAMES, NAMES, st.sampled_from(["SARL", "S.A.S.", "Ets"]))
def test_a_match_is_blind_to_legal_form_case_and_accents(one: str, other: str, form: str) -> None:
    plain = match([known(1, siret=OTHER, name=one)], registered(firm(name=other)))
    told = match(
        [known(1, siret=OTHER, name=f"{form} {one.upper()}")], registered(firm(name=other.replace("e", "é")))
    )
    assert [each.score for each in told] == [each.score for each in plain]


@given(many())
def test_the_pairs_are_those_that_a_comparison_of_all_with_all_finds(firms: list[Known]) -> None:
    """But for near names that share no word's beginning or end, which these syllables cannot make."""
    expected = {
        (one.id, other.id): judged
        for one, other in combinations(firms, 2)
        if (judged := compared(one, other))
    }
    pairs = duplicates(firms)
    assert {(pair.one, pair.other): (pair.score, pair.reasons) for pair in pairs} == expected
    assert [pair.score for pair in pairs] == sorted((pair.score for pair in pairs), reverse=True)
    worth = [(one.id, other.id) for one, other in blocks(firms)]
    assert len(worth) == len(set(worth))


@given(many(), FIRMS)
def test_a_match_and_a_pair_say_the_same(firms: list[Known], told: FirmDraft) -> None:
    draft = registered(told, PersonDraft("A", email="a@b.example"))
    both = duplicates([*firms, Known(99, told, ("a@b.example",))])
    expected = {pair.one: (pair.score, pair.reasons) for pair in both if pair.other == 99}
    assert {each.id: (each.score, each.reasons) for each in Index(firms).match(draft)} == expected


@pytest.mark.parametrize(
    ("one", "other"), [("Lebon", "Lecon"), ("Lebon", "Leon"), ("Lebon", "Lebo"), ("Lebon", "Debon")]
)
def test_a_mistake_in_a_short_name_is_found_wherever_it_is(one: str, other: str) -> None:
    assert found(match([known(1, siret=OTHER, name=one)], registered(firm(name=other)))) == [(1, ("name",))]


@given(st.text(string.ascii_lowercase, min_size=5, max_size=10), st.data())
def test_no_mistake_of_one_letter_is_overlooked(word: str, data: st.DataObject) -> None:
    place, letter = (
        data.draw(st.integers(0, len(word) - 1)),
        data.draw(st.sampled_from(string.ascii_lowercase)),
    )
    for typed in (
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place:],
        word[:place] + letter + word[place + 1 :],
    ):
        near = likeness(taken_apart(word), taken_apart(typed)) >= NEAR
        assert bool(match([known(1, siret=OTHER, name=word)], registered(firm(name=typed)))) is near


def test_eight_thousand_firms_are_compared_in_two_seconds() -> None:
    """The whole programme: firms spread as people are, so that one in fifteen is of Lyon, under 6,000 surnames."""
    draw = random.Random(5)
    places = list(communes().values())
    weights = [place.population for place in places]
    trades = [
        "Boulangerie",
        "Garage",
        "Salon",
        "SARL",
        "Ets",
        "Plomberie",
        "Atelier",
        "Au bonheur de",
        "Chez",
        "",
    ]
    letters = [
        "ba",
        "che",
        "di",
        "fou",
        "gre",
        "la",
        "mi",
        "no",
        "pu",
        "ri",
        "so",
        "ta",
        "vu",
        "el",
        "an",
        "pont",
        "tin",
        "rand",
    ]
    firms = [
        Known(
            number,
            FirmDraft(
                siret=f"{draw.randrange(10**9):09}{draw.randrange(10**5):05}",
                name=f"{draw.choice(trades)} {draw.choice(letters)}{draw.choice(letters)}{draw.choice(letters)}",
                commune=draw.choices(places, weights)[0].code,
            ),
            (f"contact@firm{number}.example",),
        )
        for number in range(8_000)
    ]
    begun = time.process_time()
    pairs = duplicates(firms)
    assert time.process_time() - begun < 2
    assert 100 < len(pairs) < 8_000
    assert sum(1 for _ in blocks(firms)) < 8_000 * 8_000 / 2 / 100


def test_a_firm_that_joins_is_found() -> None:
    index = Index([known(1, siret=OTHER, name="Autre")])
    assert index.match(registered()) == []
    index.add(Known(2, FIRM))
    assert found(index.match(registered())) == [(2, ("siret",))]
