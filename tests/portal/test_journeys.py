"""What people come for, from the home page to its end: a real browser, mails of a real server, every channel.

Belongs here: whole ways, gone as a resident or a firm goes them, with and without JavaScript. Does not: what each page is like
(test_pages_in_a_browser.py, test_posting_browser.py).
"""

from __future__ import annotations

import contextvars
import datetime as dt
import gzip
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from connectors.region import database
from connectors.region.database import Region
from connectors.region.offers import offers, postings
from core.days import paris_day
from core.places import commune
from flows import decide_posting
from flows.decide_posting import Decision, Verdict
from flows.postings import serve_postings
from portal import app as portal_app
from portal import dumps
from sandbox.app import create_app
from sandbox.server import running
from schemas.offer import Employer, Location, Offer, Session, Training
from tests.conftest import TestServer, fresh_name
from tests.makers import incoming, job, training
from tests.ports import free_port
from tests.relays import Letters, relaying
from tests.worlds import Hub, Sandbox, everywhere, forget, settings_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.database,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.usefixtures("prefect_server"),
]
# How far each is from Aurillac, as the crow flies; 30 km are looked at unless one asks for more.
NEAR: Final = {"Aurillac": 0, "Arpajon-sur-Cère": 2.7, "Vic-sur-Cère": 15.8}
FAR: Final = {"Maurs": 30.6, "Saint-Flour": 52.8}
TITLES: Final = {place: f"Boulanger à {place}" for place in NEAR | FAR}
CPF: Final = "CAP Pâtisserie, avec le CPF"
TRADES: Final = {
    "JavaScript": "Tonnelier, tonnelière",
    "no JavaScript": "Sabotier, sabotière",
}  # to be posted
CONTACT: Final = "contact@fournil.example"
FACTS: Final = {
    "SIRET": "732 829 320 00074",
    "Nom de l’établissement": "Fournil des Pentes",
    "Votre courriel, pour vous joindre": CONTACT,
    "Description": "Vous cintrez le bois à la chauffe.\n\nDu mardi au samedi, moins de 3 < 4 & dès 5 h.",
    "Heures par semaine": "35",
    "Salaire, à partir de": "1 900,50",
    "Code postal": "15000",
    "Commune": "Aurillac",
    "Courriel pour postuler": "emploi@fournil.example",
}
WHERE: Final = {  # everything of the portal that machines read
    "Atom": "/offres.atom",
    "JSON Feed": "/offres.json",
    "feed of aggregators": "/feeds/aggregator.xml",
    "sitemap": "/sitemaps/offres-1.xml",
    "API": "/api/v1/offres",
    "open data": "/donnees/offres.csv.gz",
}


def at(place: str) -> Location:
    found = commune(place)
    assert found is not None
    assert found.name == place
    return Location(
        found.postal_codes[0], place, found.code, found.department, found.latitude, found.longitude
    )


class World(NamedTuple):
    """A portal with all that is behind it: its address, the hub, the outside, what the relay took."""

    base: str
    hub: Hub
    sandbox: Sandbox
    letters: Letters


def stock(region: Region, employer: str) -> None:
    """Jobs around Aurillac, each with a way of its own to apply, and trainings; who hires serves at ``employer``."""
    ways: dict[str, dict[str, Any]] = {
        "Aurillac": {"apply_url": f"{employer}/postuler", "apply_email": None},
        "Arpajon-sur-Cère": {"apply_email": "emploi@fournil.example"},
        "Vic-sur-Cère": {"apply_email": None, "employer": Employer("Fournil de la Cère")},
    }
    found: list[Offer] = [
        job(f"J-{place}", title=title, location=at(place), **ways.get(place, {}))
        for place, title in TITLES.items()
    ]
    dates = (dt.date(2036, 1, 7), dt.date(2036, 6, 30))
    for title, eligible in ((CPF, True), ("CAP Pâtisserie, sans le CPF", False)):
        told = Training((Session(*dates),), "RNCP38765", cpf_eligible=eligible, hours=420)
        found.append(training(title, title=title, training=told, apply_url=f"{employer}/inscription"))
    offers.merge(region, None, "contractor", [incoming(each) for each in found])


@pytest.fixture(scope="module")
def employer() -> Iterator[str]:
    """The site of whoever hires or teaches."""

    def answer(request: Request) -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><title>x</title><h1>Reçu : {request.url.path}</h1>")

    with running(Starlette(routes=[Route("/{path}", answer)])) as base:
        yield base


@pytest.fixture(scope="module")
def world(
    postgres_server: TestServer,
    template: str,
    employer: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    name, home, letters = fresh_name("journeys"), tmp_path_factory.mktemp("journeys"), Letters()
    postgres_server.create_database(name, template)
    region, port = Region(postgres_server.url(name)), free_port()
    with (
        running(create_app(None, jobs=1, trainings=1)) as stand_ins,
        relaying(letters) as relay,
        pytest.MonkeyPatch.context() as patch,
    ):
        sandbox = Sandbox(stand_ins)
        chosen = {"smtp_url": SecretStr(relay), "portal_url": f"http://127.0.0.1:{port}"}
        hub = Hub(region, settings_of(sandbox, home).model_copy(update=chosen))
        for variable, value in hub.environment().items():
            patch.setenv(variable, value)
        patch.setattr(dumps, "EVERY", dt.timedelta(0))  # ten minutes are not waited for
        forget()
        stock(region, employer)
        everywhere(hub)
        with running(portal_app.create_app(region, hub.settings), port) as base:
            yield World(base, hub, sandbox, letters)
        database.region().dispose()
        sandbox.http.close()
    forget()
    region.dispose()
    postgres_server.drop_database(name)


Person = Callable[[], BrowserContext]


@pytest.fixture(params=list(TRADES))
def browsing(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def person(browser: Browser, world: World, browsing: str) -> Iterator[Person]:
    """Somebody with a telephone, who was never here before."""
    came: list[BrowserContext] = []

    def coming() -> BrowserContext:
        size: Any = {"width": 360, "height": 740}
        context = browser.new_context(
            viewport=size, locale="fr-FR", base_url=world.base, java_script_enabled=browsing == "JavaScript"
        )
        came.append(context)
        return context

    yield coming
    for context in came:
        context.close()


def home(context: BrowserContext) -> Page:
    """The only address that anybody types."""
    page = context.new_page()
    page.goto("/")
    return page


def look(page: Page, words: str = "", place: str = "", kind: str = "Toutes") -> None:
    """Fill in the search form of any page, and press its button."""
    page.get_by_label("Métier, formation ou employeur").fill(words)
    page.get_by_label("Ville ou code postal").fill(place)
    choose(page, "Type d’offre", kind)
    press(page, "Chercher")


def choose(page: Page, label: str, begun: str) -> None:
    """Choose in a list by how the choice begins: behind it stands what it would find."""
    control = page.get_by_label(re.compile(rf"^\s*{label}"))
    (chosen,) = [each for each in control.locator("option").all_inner_texts() if each.startswith(begun)]
    control.select_option(label=chosen)


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=name, exact=True).click()


def listed(page: Page) -> list[str]:
    """The offers of a list, in its order."""
    return page.get_by_role("article").get_by_role("heading").all_inner_texts()


def told(page: Page, text: str) -> None:
    """It stands on the page, for all to see."""
    expect(page.get_by_role("main")).to_contain_text(text)


def worked(flow: Callable[..., Any], *given: Any) -> Any:
    """Run a flow as a worker does: where no browser's event loop is."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(contextvars.copy_context().run, flow, *given).result()


# Finding a job near Aurillac, and applying


def test_a_job_near_aurillac_is_found_and_applied_for(person: Person, employer: str) -> None:
    page = home(person())
    look(page, "boulangère", "Aurillac", "Emplois")
    assert sorted(listed(page)) == sorted(TITLES[place] for place in NEAR)
    told(page, "3 offres à 30 km au plus de Aurillac (15)")

    follow(page, TITLES["Aurillac"])
    follow(page, "Postuler en ligne")
    expect(page.get_by_role("heading", name="Reçu : /postuler")).to_be_visible()
    assert page.url == f"{employer}/postuler"

    page.go_back()
    page.go_back()
    follow(page, TITLES["Arpajon-sur-Cère"])
    follow(page, "Postuler")
    mailbox = page.get_by_role("link", name="emploi@fournil.example")
    expect(mailbox).to_be_in_viewport()
    expect(mailbox).to_have_attribute("href", "mailto:emploi@fournil.example")

    page.go_back()
    page.go_back()
    follow(page, TITLES["Vic-sur-Cère"])
    told(page, "Adressez-vous directement à Fournil de la Cère.")
    assert page.context.cookies() == []


def test_who_would_go_further_finds_more(person: Person) -> None:
    page = home(person())
    look(page, place="15000", kind="Emplois")
    assert set(listed(page)) >= {TITLES[place] for place in NEAR}
    assert not {TITLES[place] for place in FAR} & set(listed(page))
    choose(page, "Distance", "50")
    press(page, "Chercher")
    assert TITLES["Maurs"] in listed(page)
    assert TITLES["Saint-Flour"] not in listed(page)
    choose(page, "Distance", "100")
    press(page, "Chercher")
    assert [title for title in listed(page) if title.startswith("Boulanger")] == list(TITLES.values())


# Finding a training that the CPF pays


def test_a_training_for_the_cpf_is_found_and_goes_into_the_calendar(person: Person, employer: str) -> None:
    page = home(person())
    look(page, "pâtisserie", kind="Formations")
    assert len(listed(page)) == 2
    page.get_by_text("Plus de filtres").click()
    choose(page, "Compte formation", "Éligible au CPF")
    press(page, "Chercher")
    assert listed(page) == [CPF]

    follow(page, CPF)
    expect(page.get_by_role("definition").filter(has_text=re.compile("^éligible$"))).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Ajouter à mon agenda").click()
    (session,) = Calendar.from_ical(downloading.value.path().read_bytes()).walk("VEVENT")
    assert session.decoded("DTSTART") == dt.date(2036, 1, 7)
    follow(page, "S’inscrire en ligne")
    assert page.url == f"{employer}/inscription"
    assert page.context.cookies() == []


# Posting an offer, from the form to every channel and back


def test_an_offer_is_posted_confirmed_by_mail_approved_and_closed(
    person: Person, world: World, browsing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    title, firm = TRADES[browsing], person()
    page = home(firm)
    assert firm.cookies() == []
    follow(page, "Déposer une offre")
    assert [cookie["name"] for cookie in firm.cookies()] == ["deposer"]
    fill_in(page)
    press(page, "Voir l’aperçu")
    told(page, "Un point est à corriger")
    page.get_by_label("Intitulé du poste").fill(title)
    press(page, "Voir l’aperçu")
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    told(page, "Du mardi au samedi, moins de 3 < 4 & dès 5 h.")
    press(page, "Envoyer l’offre")
    expect(page.get_by_role("heading", name="Encore une étape")).to_be_visible()

    page.goto(mailed(world, "Confirmez votre offre", title)[0])
    press(page, "Confirmer")
    told(page, "Elle attend d’être relue par un agent de la Région.")
    assert shown(person(), world, title) == set()

    approve(world, title, monkeypatch)
    online, mine = mailed(world, "Votre offre", title)
    page.goto(online)
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page.get_by_role("link", name="emploi@fournil.example")).to_be_visible()
    assert shown(person(), world, title) == {"search", "Page", *WHERE}

    page.goto(mine)
    told(page, "Elle est en ligne.")
    follow(page, "Fermer l’offre")
    press(page, "Fermer l’offre")
    told(page, "Elle est fermée.")
    worked(serve_postings)
    assert shown(person(), world, title) == set()
    gone = person().new_page()
    answer = gone.goto(online)
    assert answer is not None
    assert answer.status == 410
    expect(gone.get_by_role("heading", name="Cette offre n’est plus en ligne")).to_be_visible()
    follow(gone, "Voir les emplois ouverts")
    assert title not in listed(gone)


def fill_in(page: Page) -> None:
    """All but the title."""
    for label, value in FACTS.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("Type de contrat").select_option(label="CDI")
    end = paris_day(dt.datetime.now(dt.UTC)) + dt.timedelta(days=30)
    page.get_by_label("En ligne jusqu’au").fill(end.isoformat())


def mailed(world: World, subject: str, title: str) -> list[str]:
    """The links of the one letter of that subject that came, a minute having passed."""
    worked(serve_postings)
    (number,) = [
        number
        for number, each in enumerate(world.letters.subjects)
        if each.startswith(subject) and f"« {title} »" in each
    ]
    assert world.letters.taken[number][0] == [CONTACT]
    return re.findall(rf"^{re.escape(world.base)}/\S+$", world.letters.text(number), re.MULTILINE)


def approve(world: World, title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An officer reads the form in the Prefect UI, and agrees."""
    (waiting,) = postings.listed(world.hub.region)
    read: list[str] = []

    def answered(*, wait_for_input: Any, **_: Any) -> Decision:
        read.append(wait_for_input._description)  # noqa: SLF001 - Prefect keeps it nowhere else
        return Decision(verdict=Verdict.APPROVE, reason="", by="Ada")

    monkeypatch.setattr(decide_posting, "suspend_flow_run", answered)
    decided = worked(decide_posting.decide_posting, waiting.id, waiting.revision)
    assert decided["state"] == "approved"
    assert title in read[0]


def shown(resident: BrowserContext, world: World, title: str) -> set[str]:
    """Where an offer is, for somebody who comes for the first time."""
    page = home(resident)
    look(page, title, "Aurillac")
    where = {"search"} if title in listed(page) else set()
    (posting,) = [each for each in postings.listed(world.hub.region, every=True) if each.title == title]
    for name, path in WHERE.items():
        body = resident.request.get(path).body()
        text = (gzip.decompress(body) if path.endswith(".gz") else body).decode()
        if posting.key in text:
            where.add(name)
    if any(title in post["message"] for post in world.sandbox.posts()):
        where.add("Page")
    assert resident.cookies() == []
    return where
