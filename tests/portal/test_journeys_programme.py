"""What firms come for in the programme, by clicks and typing alone, on a telephone, with JavaScript and without it.

Letters are real: what waits goes to a relay, and people follow the links that they find in what it took. One clock is the hub's and
the portal's.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import httpx
import pytest
from icalendar import Calendar
from playwright.sync_api import Page, expect

from connectors import clock
from connectors.region.database import Region
from connectors.region.people import contacts
from connectors.region.sessions import sessions
from connectors.region.sessions.sessions import Draft, Session
from portal.app import create_app
from sandbox.server import running
from tests.hands import sql
from tests.mailrooms import Mailroom, Received, mailroom
from tests.portal.programme import SIRETS
from tests.portal.telephones import Person, person
from tests.portal.test_journeys import follow, home, press, told
from tests.ports import free_port

__all__ = ["person"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.database,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
]
MONDAY: Final = dt.datetime.fromisoformat("2027-03-08T10:00:00+00:00")
TITLE: Final = "Vendre avec Facebook et Instagram"
REMINDED: Final = "Me rappeler mes séances par courriel (conseillé)"
ADA, BRUNO = ("Ada Martin", "ada@fournil.example"), ("Bruno Faure", "bruno@bois.example")


class World(NamedTuple):
    """A portal, and who sends its letters."""

    base: str
    region: Region
    post: Mailroom
    session: Session

    def at(self, moment: str) -> None:
        """It is that time, and the hub has done what it does each minute."""
        self.post.programme.now = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
        self.post.minute()

    def letter(self, to: tuple[str, str], subject: str) -> Received:
        """The one letter that has come since to somebody, a minute later."""
        self.post.minute()
        (found,) = [each for each in self.post.take() if each.to == to[1]]
        assert found.subject.startswith(subject), found.subject
        return found

    def link(self, letter: Received, path: str) -> str:
        """The one link of a letter to that kind of page."""
        (found,) = set(re.findall(rf"^{re.escape(self.base + path)}/\S+$", letter.text, re.MULTILINE))
        return str(found)


@pytest.fixture
def world(region: Region, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[World]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with mailroom(region, portal_url=base, home=tmp_path) as post:
        post.programme.now = MONDAY
        monkeypatch.setattr(clock, "now", lambda: post.programme.now)
        made = sessions.add(
            region,
            Draft(
                kind="seminar",
                title=TITLE,
                starts_wall=dt.datetime.fromisoformat("2027-04-13T18:30"),
                minutes=120,
                capacity=1,
                place="CCI de Lyon",
                department="69",
            ),
            MONDAY,
        )
        with running(create_app(region, post.settings), port):
            yield World(base, region, post, made)


def to_the_form(person: Person, button: str = "S’inscrire") -> Page:
    """From the home page to the form of the session."""
    page = home(person())
    follow(page, "Séances")
    follow(page, TITLE)
    page.locator(".apply").get_by_role("link", name=button).click()
    expect(page.get_by_role("button", name="Chercher le nom par le SIRET")).to_be_visible()
    return page


def fill_in(page: Page, who: tuple[str, str], siret: str) -> None:
    for label, value in {
        "SIRET": siret,
        "Nom de l’entreprise": "Fournil des Pentes",
        "Code postal": "69001",
        "Commune": "Lyon",
        "Votre prénom et votre nom": who[0],
        "Votre courriel": who[1],
    }.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Nombre de salariés").select_option(label="3 à 5")
    page.get_by_text("Quand êtes-vous disponible").click()
    page.get_by_role("group", name="Mardi").get_by_label("soir").check()
    expect(page.get_by_label(REMINDED)).not_to_be_checked()
    page.get_by_label(REMINDED).check()


def registered(
    world: World, page: Page, who: tuple[str, str], siret: str, button: str = "M’inscrire"
) -> Page:
    """Fill in the form, send it, confirm by the letter."""
    fill_in(page, who, siret)
    press(page, button)
    expect(page.get_by_role("heading", name="Vérifiez votre boîte")).to_be_visible()
    page.goto(world.link(world.letter(who, "Confirmez votre inscription"), "/inscription/confirmer"))
    press(page, "Confirmer")
    return page


def test_a_place_is_had_given_back_and_had_by_who_waited(person: Person, world: World) -> None:
    ada = to_the_form(person)
    assert ada.context.cookies() != []
    ada.get_by_label("Votre courriel").fill("ada@fournil")
    press(ada, "M’inscrire")
    told(ada, "7 points sont à corriger")
    expect(ada.get_by_label("Votre courriel")).to_have_value("ada@fournil")
    registered(world, ada, ADA, SIRETS[0])
    expect(ada.get_by_role("heading", name="Votre place est réservée")).to_be_visible()
    with ada.expect_download() as downloading:
        ada.get_by_role("link", name="Ajouter à mon agenda").click()
    (event,) = Calendar.from_ical(downloading.value.path().read_bytes()).walk("VEVENT")
    hers = world.letter(ADA, "Votre place")
    assert event["UID"] == hers.event["UID"], "the file and the letter are one event"

    bruno = to_the_form(person, "M’inscrire sur la liste d’attente")
    told(bruno, "Cette séance est complète. Vous serez sur la liste d’attente")
    registered(world, bruno, BRUNO, SIRETS[1], "M’inscrire sur la liste d’attente")
    expect(bruno.get_by_role("heading", name="Vous êtes sur la liste d’attente")).to_be_visible()
    told(bruno, "Vous êtes la première personne à attendre.")
    world.letter(BRUNO, "Liste d’attente")

    ada.goto(world.link(hers, "/inscription/suivi"))
    follow(ada, "Rendre ma place")
    told(ada, "Votre place va aussitôt à la personne qui attend depuis le plus longtemps.")
    press(ada, "Rendre ma place")
    expect(ada.get_by_role("heading", name="Vous avez rendu votre place")).to_be_visible()

    bruno.goto(world.link(world.letter(BRUNO, "Une place"), "/inscription/suivi"))
    expect(bruno.get_by_role("heading", name="Votre place est réservée")).to_be_visible()
    follow(bruno, TITLE)
    told(bruno, "Complet")


def test_one_click_stops_reminders_and_they_can_be_had_again(person: Person, world: World) -> None:
    page = registered(world, to_the_form(person), ADA, SIRETS[0])
    world.letter(ADA, "Votre place")
    world.at("2027-04-06T16:31")
    reminder = world.letter(ADA, "Rappel")
    address = str(reminder.message["List-Unsubscribe"]).strip("<>")
    assert address == world.link(reminder, "/desabonnement")
    answer = httpx.post(address, data={"List-Unsubscribe": "One-Click"})  # as mail programs do, by themselves
    assert (answer.status_code, answer.headers.get("set-cookie")) == (200, None)
    world.at("2027-04-12T16:31")
    assert world.post.take() == []

    page.goto(address)
    told(page, "C’est déjà arrêté.")
    page.goto(world.link(reminder, "/preferences"))
    box = page.get_by_label("Me rappeler mes séances par courriel")
    expect(box).not_to_be_checked()
    told(page, TITLE)
    box.check()
    press(page, "Enregistrer")
    told(page, "C’est enregistré.")
    world.at("2027-04-13T14:31")
    world.post.minute()
    assert [each.to for each in world.post.take()] == [ADA[1]]


def test_a_mistake_is_undone_from_the_page_that_stopped_it(person: Person, world: World) -> None:
    page = registered(world, to_the_form(person), ADA, SIRETS[0])
    world.letter(ADA, "Votre place")
    world.at("2027-04-06T16:31")
    page.goto(world.link(world.letter(ADA, "Rappel"), "/desabonnement"))
    press(page, "Ne plus les recevoir")
    expect(page.get_by_role("heading", name="C’est arrêté")).to_be_visible()
    follow(page, "Choisir ce que je reçois")
    page.get_by_label("Me rappeler mes séances par courriel").check()
    press(page, "Enregistrer")
    expect(page.get_by_label("Me rappeler mes séances par courriel")).to_be_checked()


def test_who_has_oneself_erased_gives_the_place_back_and_hears_no_more(person: Person, world: World) -> None:
    ada = registered(world, to_the_form(person), ADA, SIRETS[0])
    letter = world.letter(ADA, "Votre place")
    bruno = registered(world, to_the_form(person, "M’inscrire sur la liste d’attente"), BRUNO, SIRETS[1], "M’inscrire sur la liste d’attente")  # fmt: skip
    world.letter(BRUNO, "Liste d’attente")
    follow(ada, "Choisir ce que je reçois, ou effacer mes données")
    follow(ada, "Effacer mes données")
    told(ada, "Vous rendez d’abord votre place")
    told(ada, "Ce qui reste")
    press(ada, "Effacer mes données")
    told(ada, "Vos données sont effacées")
    for link in (world.link(letter, "/inscription/suivi"), world.link(letter, "/preferences")):
        answer = ada.goto(link)
        assert answer is not None
        assert answer.status == 410

    bruno.goto(world.link(world.letter(BRUNO, "Une place"), "/inscription/suivi"))
    expect(bruno.get_by_role("heading", name="Votre place est réservée")).to_be_visible()
    world.at("2027-04-06T16:31")
    assert [each.to for each in world.post.take()] == [BRUNO[1]]
    numbers = [
        row.id for row in sql(world.region, "SELECT id FROM contact WHERE email = :email", email=ADA[1])
    ]
    assert numbers == []
    assert all(contacts.get(world.region, row.id) for row in sql(world.region, "SELECT id FROM contact"))
