"""What people are asked after a session, and three and six months later."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.region.firms import answers
from connectors.region.sessions import enrolments
from connectors.region.sessions.enrolments import Enrolment
from connectors.settings import Settings
from schemas.questionnaires import Outcome, Satisfaction
from tests.hands import sql
from tests.portal.programme import NOW, path, person, place, press, session
from tests.portal.test_openness import read

pytestmark = pytest.mark.database
SAID = {"utile": "5", "clair": "4", "conseil": "3", "commentaire": "Très concret.\r\nMerci <b>!"}
TOLD = {
    "clients": "plus",
    "chiffre": "tu",
    "outil_website": "oui",
    "outil_google": "oui",
    "emplois": "2",
    "commentaire": "Ça marche.",
}


def came(region: Region, *, in_days: float = -1, present: bool = True) -> Enrolment:
    """Somebody of a session that was held."""
    made = session(region, in_days=in_days)
    mine = place(region, made, person(region))
    enrolments.sheet(region, made.ref, [mine.id] if present else [], "Claude", NOW)
    return mine


def kept(region: Region) -> list[Any]:
    return list(sql(region, "SELECT about, content FROM answer ORDER BY id"))


# How a session was


def test_three_marks_and_a_word_are_kept(visitor: TestClient, region: Region, relayed: Settings) -> None:
    mine = came(region)
    at = path(relayed, "satisfaction", mine.id)
    assert "à partir de 5 réponses" in read(visitor.get(at).text)
    answer = press(visitor, at, **SAID)
    assert answer.status_code == 200
    assert "Votre réponse est enregistrée" in answer.text
    assert answers.get(region, mine.id, "satisfaction", Satisfaction) == Satisfaction(
        5, 4, 3, "Très concret.\nMerci <b>!"
    )


def test_an_answer_is_shown_again_and_can_be_put_right(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    mine = came(region)
    at = path(relayed, "satisfaction", mine.id)
    press(visitor, at, **SAID)
    page = visitor.get(at).text
    assert 'id="utile-5" name="utile" type="radio" value="5" checked' in page
    assert "Merci &lt;b&gt;!" in page
    press(visitor, at, **{**SAID, "utile": "1"})
    assert [row.content["useful"] for row in kept(region)] == [1]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"utile": ""}, "Cette séance vous est utile"),
        ({"clair": "6"}, "Les explications étaient claires"),
        ({"conseil": "0"}, "Vous la conseilleriez"),
        ({"commentaire": "x" * 2001}, "Ce texte est trop long"),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_lost(
    visitor: TestClient, region: Region, relayed: Settings, changes: dict[str, str], told: str
) -> None:
    answer = press(visitor, path(relayed, "satisfaction", came(region).id), **{**SAID, **changes})
    assert answer.status_code == 422
    assert told in answer.text.partition('id="erreurs"')[2].partition("</ul>")[0]
    assert kept(region) == []
    if "commentaire" not in changes:
        assert "Très concret." in answer.text


def test_who_was_not_there_is_not_asked(visitor: TestClient, region: Region, relayed: Settings) -> None:
    mine = came(region, present=False)
    for at in (path(relayed, "satisfaction", mine.id), "/avis/x", path(relayed, "satisfaction", 999_999)):
        assert visitor.get(at).status_code == 410
        assert visitor.post(at, data=SAID).status_code == 410


def test_it_is_asked_for_ninety_days(visitor: TestClient, region: Region, relayed: Settings) -> None:
    assert visitor.get(path(relayed, "satisfaction", came(region, in_days=-89).id)).status_code == 200
    assert visitor.get(path(relayed, "satisfaction", came(region, in_days=-91).id)).status_code == 410


def test_a_stale_form_is_shown_again(visitor: TestClient, region: Region, relayed: Settings) -> None:
    for purpose, word, told in (("satisfaction", "{}", SAID), ("outcome", "{}.outcome_3", TOLD)):
        at = path(relayed, purpose, word.format(came(region).id))  # type: ignore[arg-type]
        answer = visitor.post(at, data=told)
        assert answer.status_code == 403
        assert str(told["commentaire"]).partition("\r")[0] in answer.text
    assert kept(region) == []


# What became of the firm


@pytest.mark.parametrize(
    ("about", "title"), [("outcome_3", "bilan à 3 mois"), ("outcome_6", "bilan à 6 mois")]
)
def test_what_became_of_a_firm_is_kept(
    visitor: TestClient, region: Region, relayed: Settings, about: Any, title: str
) -> None:
    mine = came(region)
    at = path(relayed, "outcome", f"{mine.id}.{about}")
    assert title in read(visitor.get(at).text)
    assert press(visitor, at, **TOLD).status_code == 200
    found = answers.get(region, mine.id, about, Outcome)
    assert found == Outcome("more", "unsaid", ("website", "google"), 2, "Ça marche.")
    page = visitor.get(at).text
    assert 'name="outil_google" type="checkbox" value="oui" checked' in page
    assert 'value="2"' in page
    assert [row.about for row in kept(region)] == [about]


def test_both_outcomes_are_answers_of_their_own(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    mine = came(region)
    for about in ("outcome_3", "outcome_6"):
        press(visitor, path(relayed, "outcome", f"{mine.id}.{about}"), **TOLD)
    assert [row.about for row in kept(region)] == ["outcome_3", "outcome_6"]


@pytest.mark.parametrize("jobs", ["-1", "250", "x", "1.5", "²"])
def test_a_number_that_is_not_possible_is_told(
    visitor: TestClient, region: Region, relayed: Settings, jobs: str
) -> None:
    answer = press(
        visitor, path(relayed, "outcome", f"{came(region).id}.outcome_3"), **{**TOLD, "emplois": jobs}
    )
    assert answer.status_code == 422
    assert "Ce nombre n’est pas possible ici" in answer.text
    assert kept(region) == []


def test_only_what_one_must_say_is_needed(visitor: TestClient, region: Region, relayed: Settings) -> None:
    mine = came(region)
    at = path(relayed, "outcome", f"{mine.id}.outcome_3")
    answer = press(visitor, at, clients="", chiffre="x", commentaire="x" * 2001)
    assert answer.status_code == 422
    assert "3 points sont à corriger" in answer.text
    assert press(visitor, at, clients="moins", chiffre="baisse").status_code == 200
    assert answers.get(region, mine.id, "outcome_3", Outcome) == Outcome("fewer", "down")


def test_who_missed_the_last_session_is_asked_all_the_same(
    visitor: TestClient, region: Region, relayed: Settings
) -> None:
    """The outcome is asked of a cohort's members, by an enrolment of theirs: it says nothing of the last session."""
    at = path(relayed, "outcome", f"{came(region, present=False).id}.outcome_3")
    assert press(visitor, at, **TOLD).status_code == 200


def test_its_pages_are_kept_by_nobody(visitor: TestClient, region: Region, relayed: Settings) -> None:
    mine = came(region)
    for at in (path(relayed, "satisfaction", mine.id), path(relayed, "outcome", f"{mine.id}.outcome_6")):
        answer = visitor.get(at)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
