"""How a proposal reads: in a terminal, and in a form of the Prefect UI."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from core.cohorts import Candidate, Coach, Options, propose
from tests.core.cohorts import worlds
from tests.core.cohorts.worlds import CLERMONT, ISSOIRE
from tests.hostile import SCRIPTS

ANNA = Coach(id=7, name="Anna", departments=frozenset({"63"}), slots=frozenset({"tue-evening"}), cohorts=1)


def firm(number: int, commune: str, naf: str | None, name: str = "") -> Candidate:
    return Candidate(
        id=number,
        name=name or f"Firm {number}",
        department="63",
        level="beginner",
        availability=frozenset({"tue-evening"}),
        commune=commune,
        naf=naf,
    )


FOUR = [
    firm(1, CLERMONT, "56.10A"),
    firm(2, CLERMONT, "47.11B"),
    firm(3, ISSOIRE, "47.11B"),
    firm(4, CLERMONT, "56.10A"),
]
SMALL = Options(minimum=2, ideal=3, maximum=3, rounds=20)


def test_a_proposal_reads_like_this() -> None:
    assert list(propose(FOUR, [ANNA], (), SMALL).lines()) == [
        "3 of 4 in 1 cohort; 1 left over",
        (
            "1. Anna, tue-evening, beginner, 63: 3 beginner firms of Puy-de-Dôme (63), at most 29 km apart; all free tue-evening, "
            "when Anna coaches; 2 sectors, at most 2 firms of one (Commerce et réparation automobile), no direct competitors"
        ),
        "   Firm 1 (1): 15 km from the others on average; the only one in Hôtels, cafés et restaurants",
        "   Firm 2 (2): 15 km from the others on average; one of 2 in Commerce et réparation automobile",
        "   Firm 3 (3): 29 km from the others on average; one of 2 in Commerce et réparation automobile",
        "left over:",
        (
            "   Firm 4 (4): cohorts that suit: 1 with a direct competitor; every coach with a common slot in 63 has as many cohorts "
            "as they take, or one at that slot"
        ),
        (
            "cost in km: firms left over 1000, cohorts off the ideal size 0, distance between members 58, members of one sector 30, "
            "members moved 0"
        ),
    ]


def test_its_markdown_is_tables() -> None:
    told = propose(FOUR, [ANNA], (), SMALL).markdown()
    assert "| 1 | Anna | tue-evening | beginner | 63 | 3 | 29 |" in told
    assert "| all | 1088 |" in told
    assert "### 1. Anna, tue-evening, beginner, 63" in told
    assert (
        "| Firm 1 | 1 | 15 km from the others on average; the only one in Hôtels, cafés et restaurants |"
        in told
    )
    assert "### Left over" in told


@given(worlds.candidates(), worlds.coaches(), worlds.options())
def test_every_row_of_its_markdown_has_the_cells_of_its_head(
    waiting: list[Candidate], available: list[Coach], options: Options
) -> None:
    for table in re.findall(
        r"(?:^\|.*\|\n?)+", propose(waiting, available, (), options).markdown(), re.MULTILINE
    ):
        assert len({row.count("|") for row in table.strip().split("\n")}) == 1


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_hostile_name_stays_words(name: str) -> None:
    """A firm's name comes from a form on the portal."""
    plain = propose([firm(1, CLERMONT, None), firm(2, CLERMONT, None)], [ANNA], (), SMALL).markdown()
    told = propose([firm(1, CLERMONT, None, name), firm(2, CLERMONT, None)], [ANNA], (), SMALL).markdown()
    assert told.count("\n") == plain.count("\n")
    assert told.count("|") == plain.count("|")
    assert not re.search(r"(?<!\\)[<>\[\]`*]|[\x00\x1b]", told)


def test_a_long_proposal_is_told_in_part_and_says_so() -> None:
    waiting = [firm(number, CLERMONT, "56.10A") for number in range(50)]
    told = propose(waiting, [ANNA], (), SMALL).markdown(most=10)
    assert told.count("| Firm ") == 10
    assert "… and 40 more" in told
