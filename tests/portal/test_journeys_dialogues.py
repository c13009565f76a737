"""What residents come for in dialogues, by clicks and typing alone, on a telephone, with JavaScript and without it.

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
from connectors.region.dialogues import dialogue_life
from connectors.region.dialogues.dialogues import Dialogue
from portal.app import create_app
from portal.question_queue import QUEUE
from sandbox.server import running
from tests.mailrooms import Mailroom, Received, mailroom
from tests.officers import sign_in_page
from tests.portal import dialogues as made
from tests.portal.dialogues import ANSWER, BY, TEXT, hub
from tests.portal.programme import NOW
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
ADA, BOB = "ada@fournil.example", "bob@bois.example"
PAUSE: Final = dt.timedelta(minutes=1)


class World(NamedTuple):
    """A portal with a dialogue to come, and who sends its letters."""

    base: str
    region: Region
    post: Mailroom
    dialogue: Dialogue

    def letter(self, to: str) -> Received:
        """The one letter that has come since, a minute later."""
        self.post.minute()
        (found,) = self.post.take()
        assert found.to == to
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
        post.programme.now = NOW

        def now() -> dt.datetime:
            post.programme.now += PAUSE  # whoever reads and types takes time
            return post.programme.now

        monkeypatch.setattr(clock, "now", now)
        one = made.dialogue(region)
        post.minute()
        post.take()  # who holds it is invited
        with running(create_app(region, post.settings), port):
            yield World(base, region, post, one)


def to_the_dialogue(person: Person, world: World) -> Page:
    """From the home page to the dialogue: two clicks."""
    page = home(person())
    follow(page, "Dialogues")
    follow(page, world.dialogue.title)
    return page


def test_a_question_is_asked_confirmed_published_voted_for_answered_and_its_author_is_told(
    person: Person, world: World
) -> None:
    ada = to_the_dialogue(person, world)
    ada.locator(".jump").get_by_role("link", name="Poser une question").click()
    ada.get_by_label("Votre question").fill("Quand ?")
    press(ada, "Envoyer ma question")
    told(ada, "2 points sont à corriger")
    ada.get_by_label("Votre question").fill(TEXT)
    ada.get_by_label("Le nom à afficher").fill("Ada Martin")
    ada.get_by_label("Votre courriel").fill(ADA)
    press(ada, "Envoyer ma question")
    expect(ada.get_by_role("heading", name="Vérifiez votre boîte")).to_be_visible()
    ada.goto(world.link(world.letter(ADA), "/confirmer"))
    press(ada, "Envoyer ma question")
    told(ada, "Elle attend d’être relue")
    ada.reload()  # a double click
    told(ada, "Elle attend d’être relue")

    officer = person().new_page()
    sign_in_page(officer.context, world.base, world.region, world.post.settings)
    officer.goto(f"{world.base}{QUEUE}")
    told(officer, "1 question attend")
    follow(officer, TEXT)
    press(officer, "Publier")
    told(officer, "Question publiée")
    published = world.letter(ADA)
    assert "publiée" in published.subject

    bob = to_the_dialogue(person, world)
    assert bob.context.cookies() == []
    bob.get_by_role("button", name="Soutenir").click()
    told(bob, "1 soutien, dont le vôtre")
    (cookie,) = bob.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("voix", True, "Lax")
    follow(bob, TEXT)
    follow(bob, "Recevoir la réponse par courriel")
    bob.get_by_label("Votre courriel").fill(BOB)
    press(bob, "Me prévenir")
    bob.goto(world.link(world.letter(BOB), "/confirmer"))
    press(bob, "Recevoir la réponse")
    expect(bob.get_by_role("heading", name="C’est confirmé")).to_be_visible()

    officer.get_by_label("Réponse", exact=True).fill(ANSWER)
    expect(officer.get_by_label("Qui répond")).to_have_value(re.compile("Ada Martin"))
    press(officer, "Relire avant de publier")
    told(officer, "part par courriel à l’auteur")
    press(officer, "Publier la réponse")
    world.post.minute()
    letters = {letter.to: letter for letter in world.post.take()}
    assert set(letters) == {ADA, BOB}
    assert all(ANSWER in letter.text for letter in letters.values())

    ada.goto(world.link(letters[ADA], "/questions"))
    told(ada, ANSWER)
    stop = str(letters[BOB].message["List-Unsubscribe"]).strip("<>")
    assert httpx.post(stop, data={"List-Unsubscribe": "One-Click"}).status_code == 200


def test_a_dialogue_is_followed_and_who_follows_it_is_told_once_when_it_is_cancelled(
    person: Person, world: World
) -> None:
    page = to_the_dialogue(person, world)
    follow(page, "Être prévenu")
    page.get_by_label("Votre courriel").fill(BOB)
    press(page, "Me prévenir")
    page.goto(world.link(world.letter(BOB), "/confirmer"))
    press(page, "Confirmer")
    told(page, world.dialogue.title)
    assert "/inscription/suivi/" in page.url
    assert world.letter(BOB).event["SUMMARY"] == world.dialogue.title
    dialogue_life.cancel(world.region, hub(), world.dialogue.ref, BY, "la salle est inondée.", clock.now())
    world.post.minute()
    world.post.minute()
    (letter,) = [each for each in world.post.take() if each.to == BOB]
    assert letter.subject.startswith("Annulation")
    page.goto(f"/dialogues/{world.dialogue.ref}")
    told(page, "Cette rencontre est annulée. La salle est inondée.")


def test_a_calendar_is_subscribed_to_from_the_page(person: Person, world: World) -> None:
    page = home(person())
    follow(page, "Dialogues")
    address = page.get_by_role("link", name="M’abonner").get_attribute("href")
    assert address is not None
    assert address.startswith("webcal://")
    fetched = httpx.get(address.replace("webcal://", "http://"))
    assert fetched.headers["content-type"].startswith("text/calendar")
    (event,) = Calendar.from_ical(fetched.content).walk("VEVENT")
    assert str(event["SUMMARY"]) == world.dialogue.title
    assert event.decoded("DTSTART") == world.dialogue.starts_at
    again = httpx.get(fetched.url, headers={"If-None-Match": fetched.headers["etag"]})
    assert again.status_code == 304
    follow(page, world.dialogue.title)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Ajouter à mon agenda").click()
    (mine,) = Calendar.from_ical(downloading.value.path().read_bytes()).walk("VEVENT")
    assert mine["UID"] == event["UID"], "the file and the calendar have one event"
