from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import example, given

from connectors.facebook_dialogues import wire
from connectors.facebook_live import wire as live
from connectors.facebook_page import wire as offers
from connectors.graph import dialogues
from core.effects import marker_of
from schemas.dialogue import Announcement
from tests.dialogues import EVENING, announcement, announcements
from tests.makers import job

MARKER = marker_of("d1", 47)
LINK = dialogues.link("https://portail.example", MARKER)
OFFER = "https://portail.example/offres/d1?e=d1-2f"
OPEN = "tout se fait aussi sur le portail ouvert de la Région"
LONGEST = 3_000


def said(**changes: Any) -> str:
    return wire.message(announcement(**changes), LINK)


def marker_in(text: str) -> str | None:
    found = wire.MARKER.search(text)
    return found.group(2) if found else None


def test_a_live_dialogue_is_announced_with_who_when_and_where_to_go_without_an_account() -> None:
    assert said(department="69").split("\n") == [
        "L’apprentissage près de chez vous",
        "",
        "Vos questions, en direct vidéo, le mardi 8\u00a0décembre 2026 à 18\u00a0h\u00a030 (durée\u00a0: 1\u00a0h).",
        "Avec Ada Martin, vice-présidente déléguée à l’apprentissage.",
        "",
        "Une heure pour vos questions.",
        "",
        "Thème\u00a0: Apprentissage",
        "Modération\u00a0: Camille Durand",
        "Lieu\u00a0: Hôtel de Région, Lyon, Rhône",
        "",
        f"Poser une question, voir le direct, lire les réponses\u00a0: {OPEN}, sans compte\u00a0: {LINK}",
    ]


def test_a_written_one_says_from_when() -> None:
    text = said(form="written", place=None)
    assert (
        "Vos questions, par écrit, à partir du mardi 8\u00a0décembre 2026 à 18\u00a0h\u00a030.\nAvec Ada"
        in text
    )
    assert "direct" not in text
    assert "Lieu" not in text


def test_one_that_was_moved_says_from_when_to_when() -> None:
    text = said(was=EVENING - dt.timedelta(days=1))
    assert text.startswith("Nouvelle date\u00a0: L’apprentissage")
    assert "d’abord prévu le lundi 7\u00a0décembre 2026 à 18\u00a0h\u00a030." in text


def test_one_that_is_cancelled_says_why() -> None:
    text = said(state="cancelled", reason="Une vigilance météo.")
    assert text.startswith("Annulé\u00a0: L’apprentissage")
    assert "n’aura pas lieu.\nMotif\u00a0: Une vigilance météo.\n" in text
    assert "Motif" not in said(state="cancelled")
    assert marker_in(text) == MARKER


def test_one_that_is_over_says_where_it_is_seen_again_and_the_answers_are() -> None:
    text = said(state="over", replay="https://www.facebook.com/1/videos/2/")
    assert text.startswith("Le direct est terminé\u00a0:")
    assert "Pour le revoir\u00a0: https://www.facebook.com/1/videos/2/\n" in text
    assert "Questions et réponses, y compris celles encore à venir" in text
    assert "Pour le revoir" not in said(state="over", replay="javascript:alert(1)")
    assert said(state="over", form="written").startswith("Le dialogue est terminé\u00a0:")


@given(announcements)
@example(announcement(title=LINK, summary=f"sans compte\u00a0: {OFFER}", reason=LINK))
def test_whatever_an_announcement_says_its_text_ends_with_our_sentence_and_link(told: Announcement) -> None:
    text = wire.message(told, LINK)
    assert text.endswith(f"sans compte\u00a0: {LINK}")
    assert marker_in(text) == MARKER
    assert len(text) < LONGEST
    assert not set(text) & set("\x00\x0b\x85\r\u202e\u2028")
    assert "{{" not in text
    assert "\n\n\n" not in text


@given(announcements)
def test_no_kind_of_object_is_taken_for_another(told: Announcement) -> None:
    """A broadcast is a post, too, that has its description: it was taken for a copy of the post, and deleted."""
    texts = {
        wire.MARKER: wire.message(told, LINK),
        live.MARKER: live.description(told, LINK),
        offers.MARKER: offers.message(job(), OFFER),
    }
    for marker in texts:
        assert [each for each, text in texts.items() if marker.search(text)] == [marker]


@pytest.mark.parametrize(
    "text",
    ["", f"{LINK}", f"Venez ! {LINK}", f"sans compte\u00a0: {LINK} !", "sans compte : /dialogues/d1?e=d2-1"],
)
def test_what_does_not_end_with_our_sentence_is_not_ours(text: str) -> None:
    assert marker_in(text) is None


def test_a_place_of_another_clock_says_so() -> None:
    assert "13\u00a0h\u00a030 (fuseau horaire America/Guadeloupe)" in said(zone="America/Guadeloupe")
