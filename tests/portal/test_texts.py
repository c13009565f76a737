from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.seals import FORM_WITHIN
from connectors.settings import Settings
from core import terms
from core.terms import TERMS
from portal.answers import FOLDER
from portal.app import create_app
from portal.voting import KEPT_FOR
from tests.portal.test_openness import read

pytestmark = pytest.mark.database
TEXTS = ("/accessibilite", "/mentions-legales", "/vie-privee", "/donnees")
WRITTEN = {
    "contact_email": "offres@region.example",
    "privacy_email": "dpd@region.example",
    "publication_director": "Camille Exemple",
    "hosting": "Hébergeur Exemple, 1 rue de l’Exemple, 69000 Lyon",
}


@pytest.fixture
def named(region: Region, chosen: Settings) -> TestClient:
    return TestClient(create_app(region, chosen.model_copy(update=WRITTEN)))


def test_the_accessibility_statement_has_the_parts_that_the_law_asks_for(client: TestClient) -> None:
    page = client.get("/accessibilite").text
    titles = [read(title).strip() for title in re.findall(r"<h[23][^>]*>(.*?)</h[23]>", page)]
    assert titles == [
        "État de conformité",
        "Résultats des tests",
        "Contenus non accessibles",
        "Non-conformités",
        "Dérogations pour charge disproportionnée",
        "Contenus non soumis à l’obligation d’accessibilité",
        "Établissement de cette déclaration",
        "Retour d’information et contact",
        "Voies de recours",
    ]
    told = read(page)
    assert "non conforme" in told
    assert "Défenseur des droits, Libre réponse 71120, 75342 Paris Cedex 07" in told


def test_what_is_not_known_is_said_not_invented(client: TestClient) -> None:
    page = read(client.get("/mentions-legales").text)
    assert "Directeur de la publication : non renseigné" in page
    assert page.count("non renseigné") == 3
    assert "@" not in page


def test_what_the_settings_know_is_said(named: TestClient) -> None:
    page = read(named.get("/mentions-legales").text)
    assert "Directeur de la publication : Camille Exemple" in page
    assert "Hébergeur Exemple, 1 rue de l’Exemple" in page
    assert "non renseigné" not in page
    assert 'href="mailto:offres@region.example"' in named.get("/accessibilite").text
    assert 'href="mailto:dpd@region.example"' in named.get("/vie-privee").text


def test_privacy_says_who_answers_and_who_else_to_ask(client: TestClient) -> None:
    page = read(client.get("/vie-privee").text)
    assert "à l’attention du délégué à la protection des données" in page
    assert "CNIL, 3 place de Fontenoy" in page


@pytest.mark.parametrize("path", [*TEXTS, "/", "/offres", "/flux", "/transparence", "/parite"])
def test_every_link_of_a_page_of_ours_leads_somewhere(client: TestClient, path: str) -> None:
    page = client.get(path).text
    links = {link.replace("&amp;", "&") for link in re.findall(r'<a [^>]*href="(/[^"]*)"', page)}
    assert {"/accessibilite", "/transparence", "/parite", "/vie-privee", "/mentions-legales"} <= links
    for link in links:
        closed = link in {"/deposer", "/inscription"}  # until there is a relay for its letters, which it says
        assert client.get(link.partition("#")[0]).status_code == (503 if closed else 200), link
        if "#" in link:
            assert f'id="{link.partition("#")[2]}"' in client.get(link.partition("#")[0]).text


@pytest.mark.parametrize("path", TEXTS)
def test_french_is_set_as_french(client: TestClient, path: str) -> None:
    """No line may break before a sign that stands apart, apostrophes are curly, nothing is left to be written."""
    page = re.sub(r"<(head|code)\b.*?</\1>", "", client.get(path).text, flags=re.DOTALL)
    told = unescape(re.sub(r"<[^>]*>", "", page))
    assert not re.search(r"[ \n][:;!?»](?=\s|$)|\w[;!?»](?=\s|$)|«[ \n\w]", told)
    assert "'" not in told
    assert not re.search(r"lorem|todo|xxx|à compléter|bientôt", told, re.IGNORECASE)


def test_the_privacy_page_says_the_terms_by_which_people_are_forgotten(client: TestClient) -> None:
    """The page is made of the terms themselves, and names every one of them."""
    page = read(client.get("/vie-privee").text)
    for name, since in {
        "registration": "Sans confirmation, tout est effacé au bout de {}",
        "contact": "{} après son dernier signe",
        "free_text": "écrit librement dans un questionnaire, au bout de {}",
        "proof": "un accord qu’elle a retiré, {} après",
        "bounce": "un courriel nous est revenu, gardé pendant {}",
        "origin": "L’adresse de connexion, hachée, au bout de {}".lower(),
        "coach": "accompagnateur, {} après son départ",
        "act": "consulté, remis ou effacé des données, au bout de {}",
    }.items():
        assert since.format(TERMS[name].words.replace("\u00a0", " ")).lower() in page.lower(), name
    assert len(TERMS) == 8


def test_the_privacy_page_tells_of_the_cookie_of_votes(client: TestClient) -> None:
    page = read(client.get("/vie-privee").text)
    assert f"reste {KEPT_FOR.days} jours dans le navigateur" in page
    assert "au premier soutien seulement" in page


@pytest.mark.parametrize(
    "name",
    [
        *("registration_confirm", "registration_form", "registration_sent"),
        *("ask_confirm", "ask_sent", "question_parts"),
    ],
)
def test_whoever_registers_or_asks_is_told_the_term_of_an_unconfirmed_registration(name: str) -> None:
    written = unescape((FOLDER / "templates" / f"{name}.html").read_text("utf-8"))
    told = {int(hours) for hours in re.findall(r"(\d+)\Wheures", written)}
    assert told - {FORM_WITHIN // dt.timedelta(hours=1)} == {terms.REGISTRATION.amount}
