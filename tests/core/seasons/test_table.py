"""A season as a person reads it: every dialogue, what moved, how fair it is; and words of others stay words."""

from __future__ import annotations

from msgspec.structs import replace

from core.seasons import Placement, Proposal, explained, markdown, propose
from tests.core.seasons.worlds import at, moderator, official, problem, venue, wanted

LOCK = Placement(starts=at("2027-10-07 18:30"), official=2, moderator=1)
WAS = Placement(starts=at("2027-10-05 18:30"), official=9, moderator=1, venue=1)
SEASON = problem(
    [
        wanted(1, previous=WAS, theme="transport"),
        wanted(2, form="written", department="15", locked=LOCK),
    ],
    [official(1, name="Ada *Martin*"), official(2)],
    [moderator()],
    [venue(1, "63")],
)


def planned() -> Proposal:
    found = propose(SEASON)
    assert isinstance(found, Proposal)
    return found


def test_every_dialogue_has_a_line_in_the_clocks_of_paris() -> None:
    lines = markdown(SEASON, planned()).splitlines()[2:]
    assert lines[0].startswith("| D-1 | Tue 2027-10-05 | 18:30 | Venue 1 | Puy-de-Dôme | ")
    assert lines[1] == (
        "| D-2 | Thu 2027-10-07 | 18:30 | written | Cantal | Official 2 | Moderator 1 | emploi | locked |"
    )


def test_what_moved_says_how_it_was_also_when_that_person_is_gone() -> None:
    assert markdown(SEASON, planned()).splitlines()[2].endswith("| was with no. 9 |")


def test_names_write_no_markdown() -> None:
    season = replace(SEASON, wanted=(replace(SEASON.wanted[0], official=1), SEASON.wanted[1]))
    found = propose(season)
    assert isinstance(found, Proposal)
    assert "Ada \\*Martin\\*" in markdown(season, found)
    assert "| Ada \\*Martin\\* | 1 |" in explained(season, found)


def test_how_fair_it_is_is_told() -> None:
    told = explained(SEASON, planned())
    assert "2 dialogues; 1 moved (no fewer can be moved), 0 of them to another start" in told
    assert "1 apart by department, 0 by official" in told
    assert "| Cantal | 1 |" in told
