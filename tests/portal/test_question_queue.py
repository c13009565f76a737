"""« Questions à modérer »: what officers see, decide, and cannot decide twice."""

from __future__ import annotations

from typing import Final

import pytest
from httpx import Response
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.region.questions import moderation, questions
from connectors.region.questions.questions import Question
from connectors.settings import Settings
from portal.question_queue import QUEUE
from tests.hostile import SCRIPTS
from tests.officers import cookie_name, sign_in
from tests.portal import dialogues as made
from tests.portal.dialogues import ANSWER, BY
from tests.portal.programme import NOW
from tests.portal.test_hostile import Markup
from tests.portal.test_openness import read
from tests.portal.test_posting import seal_of

pytestmark = pytest.mark.database
OTHER: Final = "Quand le car du soir entre Aurillac et Saint-Flour revient-il ?"


class Officer:
    """Somebody who may moderate, signed in."""

    def __init__(self, visitor: TestClient, region: Region, settings: Settings) -> None:
        self.visitor, self.region = visitor, region
        self.queue = QUEUE
        sign_in(visitor, region, settings, "Camille Durand", ["questions"])

    def at(self, question: Question) -> str:
        return f"{self.queue}/{question.ref}"

    def press(self, question: Question, action: str, **fields: str) -> Response:
        """Open the page of a question and press a button on it."""
        seal = seal_of(self.visitor.get(self.at(question)).text)
        answer: Response = self.visitor.post(
            self.at(question), data={"sceau": seal, "action": action, **fields}
        )
        return answer

    def state(self, question: Question) -> Question:
        found = questions.named(self.region, question.ref)
        assert found is not None
        return found


@pytest.fixture
def officer(visitor: TestClient, region: Region, relayed: Settings) -> Officer:
    return Officer(visitor, region, relayed)


def test_the_queue_has_the_oldest_first_with_what_to_look_at_and_what_is_alike(
    officer: Officer, visitor: TestClient, region: Region
) -> None:
    assert "Rien n’attend." in visitor.get(officer.queue).text
    late = made.published(region, days_ago=20)
    first = made.waiting(region, f"{OTHER} Écrivez à ada@fournil.example")
    second = made.waiting(region, "Et la fibre, dans le Cantal, quand ?")
    page = visitor.get(officer.queue)
    assert page.headers["cache-control"] == "no-store"
    told = read(page.text)
    assert page.text.index(first.ref) < page.text.index(second.ref) < page.text.index(late.ref)
    assert "contient une adresse de courriel" in told
    assert "Ressemble à : « Quand la ligne de car" in told
    assert "Réponse en retard de 5 jours" in told
    assert "Questions à modérer (2)" in read(visitor.get(officer.queue.removesuffix("/questions")).text)


def test_publishing_starts_the_public_clock(officer: Officer, visitor: TestClient, region: Region) -> None:
    one = made.waiting(region)
    assert officer.state(one).state == "waiting", "opening a page changes nothing"
    assert officer.press(one, "publier").headers["location"] == officer.at(one)
    found = officer.state(one)
    assert (found.state, found.decided_by) == ("published", "Camille Durand")
    assert "encore 15 jours" in read(visitor.get(f"/questions/{one.ref}").text)
    again = officer.press(one, "publier")
    assert again.status_code == 409
    assert "quelqu’un d’autre a décidé entre-temps" in again.text


def test_what_cannot_be_taken_back_is_shown_once_more(
    officer: Officer, visitor: TestClient, region: Region
) -> None:
    target, one = made.published(region), made.waiting(region, OTHER)
    answered = {"reponse": ANSWER, "elu": "Ada Martin"}
    refused = {"article": "off_topic", "mots": "Écrivez à la mairie."}
    for question, action, fields, state in (
        (target, "repondre", answered, "published"),
        (one, "refuser", refused, "waiting"),
        (one, "fusionner", {"dans": target.ref}, "waiting"),
    ):
        looked = officer.press(question, action, **fields)
        assert looked.status_code == 200
        assert "Ne rien faire" in looked.text
        assert officer.state(question).state == state
    sure = {"sur": "oui"}
    assert officer.press(one, "fusionner", dans="autre", autre=f"{made.SITE}/questions/{target.ref}", **sure).status_code == 303  # fmt: skip
    assert (officer.state(one).state, officer.state(one).into) == ("merged", target.ref)
    assert officer.press(target, "repondre", **answered, **sure).status_code == 303
    assert officer.state(target).answer == ANSWER
    third = made.waiting(region, "Quand réparez-vous la route de mon village ?")
    assert officer.press(third, "refuser", **refused, **sure).status_code == 303
    assert officer.state(third).words == "Écrivez à la mairie."
    assert "Question refusée" in visitor.get(officer.at(third)).text


def test_an_answer_can_be_corrected(officer: Officer, region: Region) -> None:
    one = made.answered(region)
    assert ANSWER in officer.visitor.get(officer.at(one)).text
    assert (
        "Personne n’est prévenu de nouveau"
        in officer.press(one, "repondre", reponse="Dès octobre.", elu="Ada").text
    )
    officer.press(one, "repondre", reponse="Dès octobre.", elu="Ada", sur="oui")
    assert officer.state(one).answer == "Dès octobre."


@pytest.mark.parametrize(
    ("action", "fields", "told"),
    [
        ("refuser", {"article": "x"}, "choisissez l’article"),
        ("refuser", {"article": "off_topic", "mots": "a" * 2_001}, "2 000"),
        ("fusionner", {"dans": "qnone"}, "choisissez une question publiée"),
        ("fusionner", {"dans": "\x00"}, "choisissez une question publiée"),
        ("fusionner", {}, "choisissez une question publiée"),
        ("repondre", {"reponse": " ", "elu": "Ada"}, "une réponse a un texte"),
        ("supprimer", {}, "cela ne se peut pas"),
    ],
)
def test_what_is_no_decision_changes_nothing_and_says_why(
    officer: Officer, region: Region, action: str, fields: dict[str, str], told: str
) -> None:
    one = made.waiting(region)
    answer = officer.press(one, action, sur="oui", **fields)
    assert answer.status_code in {409, 422}
    assert told in read(answer.text)
    assert officer.state(one).state == "waiting"


def test_what_somebody_else_decided_meanwhile_is_told(
    officer: Officer, visitor: TestClient, region: Region
) -> None:
    one = made.waiting(region)
    seal = seal_of(visitor.get(officer.at(one)).text)
    moderation.refuse(region, one.ref, "unclear", "", BY, NOW, made.rules().charter)
    answer = visitor.post(officer.at(one), data={"sceau": seal, "action": "publier"})
    assert answer.status_code == 409
    assert "Question refusée" in answer.text
    assert officer.state(one).state == "refused"
    unsealed = visitor.post(officer.at(made.waiting(region, OTHER)), data={"action": "publier"})
    assert unsealed.status_code == 403


def test_nobody_decides_who_is_not_signed_in(
    officer: Officer, visitor: TestClient, region: Region, relayed: Settings
) -> None:
    one = made.waiting(region)
    assert visitor.get(f"{officer.queue}/qnone").status_code == 404
    unconfirmed = questions.ask(
        region, questions.Draft("jobs", "Combien d’emplois en 2027 ?"), "a@x.example", b"o", "w", NOW
    )
    assert visitor.get(officer.at(unconfirmed)).status_code == 404
    visitor.cookies.delete(cookie_name(relayed))
    for at in (officer.queue, officer.at(one)):
        assert visitor.get(at).status_code == 503, "no provider: closed"
    assert visitor.post(officer.at(one), data={"action": "publier"}).status_code == 401
    assert officer.state(one).state == "waiting"


@pytest.mark.parametrize("script", [SCRIPTS[1], SCRIPTS[2], "\u202eannulée\u202c ?"])
def test_no_word_of_a_resident_writes_into_an_officers_page(
    officer: Officer, visitor: TestClient, region: Region, script: str
) -> None:
    bad = made.waiting(region, f"Pourquoi {script} dans ma commune ?", author=script)
    looked = officer.press(bad, "refuser", article="off_topic", mots=script)
    for page in (visitor.get(officer.queue).text, visitor.get(officer.at(bad)).text, looked.text):
        assert not {"script", "img", "svg"} & {tag for tag, _ in Markup(page).tags}
        assert "\u202e" not in page
