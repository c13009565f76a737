"""The addresses in messages: each opens one thing of one person."""

from __future__ import annotations

import inspect

import pytest

from connectors.programme_links import Links
from connectors.region.cohorts.programme_letters import Unconfirmed
from connectors.seals import Opener, Seals
from deployments.letter_examples import COACH, NOW, person, place, session
from tests.mailrooms import SETTINGS

SEALS = Seals(SETTINGS)
LINKS = Links(SEALS, SETTINGS.public_url, NOW)
SEALED: list[tuple[str, Opener, str]] = [
    (LINKS.confirm(Unconfirmed("I-1", "a@b.example", NOW, None)), "registration", "I-1"),
    (LINKS.place(place(number=7)), "place", "7"),
    (LINKS.satisfaction(place(number=7)), "satisfaction", "7"),
    (LINKS.preferences(person()), "preferences", "1"),
    (LINKS.unsubscribe(person(), "follow_up", "mail"), "unsubscribe", "1.follow_up.mail"),
    (LINKS.sheet(session(), COACH), "sheet", "S-exemple1.1"),
    (LINKS.outcome(place(number=7), 3), "outcome", "7.outcome_3"),
    (LINKS.attestation(place(number=7)), "attestation", "7"),
    (LINKS.preferences_of(7), "preferences", "7"),
    (LINKS.own_question("q1"), "question", "q1"),
    (LINKS.ask("a1"), "ask", "a1"),
    (LINKS.unwatch(3, 7), "unwatch", "3.7"),
]


@pytest.mark.parametrize(("link", "purpose", "word"), SEALED)
def test_a_link_opens_its_own_thing(link: str, purpose: Opener, word: str) -> None:
    assert link.startswith("https://portail.example/")
    assert SEALS.opened(purpose, link.rpartition("/")[2], NOW, None) == word
    others = {other for _, other, _ in SEALED} - {purpose}
    assert all(SEALS.opened(other, link.rpartition("/")[2], NOW, None) is None for other in others)


def test_short_ones_stand_for_the_same() -> None:
    pairs = [
        (LINKS.short_place(place()), LINKS.place(place())),
        (LINKS.short_satisfaction(place()), LINKS.satisfaction(place())),
        (LINKS.stop(person(), "sessions"), LINKS.unsubscribe(person(), "sessions", "sms")),
    ]
    for short, long in pairs:
        assert len(short) < 50
        assert SEALS.lengthened(short.rpartition("/")[2], NOW) == long


def test_a_cohort_s_session_has_no_public_page() -> None:
    assert LINKS.session(session("coaching")) is None
    assert LINKS.session(session("seminar")) == "https://portail.example/seances/S-exemple1"
    assert LINKS.sessions == "https://portail.example/seances"


def test_what_is_for_everybody_is_sealed_for_nobody() -> None:
    assert LINKS.dialogue("d1") == "https://portail.example/dialogues/d1"
    assert LINKS.question("q1") == "https://portail.example/questions/q1"
    assert LINKS.new_question == "https://portail.example/questions/nouvelle"


def test_every_link_is_tried_here() -> None:
    named = {name for name, _ in inspect.getmembers(Links) if not name.startswith("_")}
    assert named == {
        "confirm", "place", "satisfaction", "preferences", "preferences_of", "unsubscribe", "sheet", "short_place",
        "short_satisfaction", "stop", "session", "sessions", "outcome", "attestation", "ask", "own_question", "unwatch",
        "dialogue", "question", "new_question",
    }  # fmt: skip
