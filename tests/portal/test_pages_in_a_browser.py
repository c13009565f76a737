"""Every kind of page in a real Chromium: accessible, reachable by keyboard, quiet, and asking nothing of anybody else.

A page is loaded once a look, in one window, and everything is asked of that load. The two looks have each width and each colour
scheme once; ``BOOSTEZ_BROWSER_WHOLE=1`` looks at all four.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
import uvicorn
from msgspec.structs import replace
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, ViewportSize
from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.sessions import rescheduling
from connectors.settings import Settings
from core.html import sanitise
from portal.app import create_app
from schemas.offer import (
    Employer,
    Job,
    Location,
    Salary,
    Session,
    Training,
    key_of,
)
from tests.conftest import TestServer, fresh_name
from tests.hands import put_on_board
from tests.hostile import SCRIPTS
from tests.makers import job, training
from tests.portal import programme

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.xdist_group("browser")]
AXE: Final = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 900}
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
LYON: Final = Location("69001", "Lyon 1er Arrondissement", "69381", "69", 45.767, 4.834)
SENTENCE: Final = "Vous accueillez les clients, préparez les commandes et tenez la boutique du centre. "
JOB: Final = job(
    "job",
    description=sanitise(f"<p>{SENTENCE * 6}</p><h3>Vos missions</h3><ul><li>Pétrir</li><li>Cuire</li></ul><p>{SENTENCE}"
                         "<a href='https://fournil.example/equipe'>L’équipe</a></p>"),
    employer=Employer("Fournil des Pentes", "73282932000074", "https://fournil.example/"),
    location=replace(LYON, remote="partial"),
    job=Job("CDD", 6, 37.5, Salary("month", 1850.0, 2100.0), "none", 3, dt.date(2027, 2, 1)),
    expires_at=dt.datetime(2036, 12, 31, 12, tzinfo=dt.UTC),
    apply_url="https://emploi.fournil.example/1",
)  # fmt: skip
TRAINING: Final = training(
    "training",
    description=f"<p>{SENTENCE * 3}</p>",
    training=Training(
        (
            Session(dt.date(2036, 1, 7), dt.date(2036, 6, 30), 12),
            Session(dt.date(2036, 9, 1), dt.date(2037, 6, 30)),
        ),
        "RNCP38565",
        cpf_eligible=True,
        level=3,
        hours=1200,
        price_eur=0.0,
    ),
)
HOSTILE: Final = job(
    "hostile",
    title=f"Boulanger {SCRIPTS[1]}",
    employer=Employer("</script><script>alert(1)</script>"),
    rome_label="<!--<script>",
    expires_at=JOB.expires_at,
)
GONE: Final = job("gone")
PATHS: Final = {
    "home": "/",
    "list": "/offres",
    "list of words": "/offres?q=boulanger&type=emploi",
    "empty list": "/offres?q=astronaute+boulanger&departement=15&contrat=stage",
    "job": f"/offres/{key_of('contractor', 'job')}",
    "training": f"/offres/{key_of('contractor', 'training')}",
    "hostile job": f"/offres/{key_of('contractor', 'hostile')}",
    "gone": f"/offres/{key_of('contractor', 'gone')}",
    "absent": "/nulle-part",
    "feeds": "/flux",
    "data": "/donnees",
    "accessibility": "/accessibilite",
    "privacy": "/vie-privee",
    "legal": "/mentions-legales",
    "transparency": "/transparence",
    "parity": "/parite",
    "progress": "/accompagnement",
    "tab": "/onglet",
    "verify": "/verifier",
    "report": "/verifier/exemple",
    "sessions": "/seances",
    "no sessions": "/seances?departement=15",
    "session": "/seances/S-browsed1",
    "full session": "/seances/S-browsed2",
    "cancelled session": "/seances/S-browsed3",
    "session over": "/seances/S-browsed4",
    "session gone": "/seances/S-browsed5",
}
WHOLE: Final = os.environ.get("BOOSTEZ_BROWSER_WHOLE", "") not in {"", "0"}
LOOKS: Final[list[tuple[int, Literal["light", "dark"]]]] = [(360, "light"), (1280, "dark")]
if WHOLE:
    LOOKS.extend([(360, "dark"), (1280, "light")])
FOCUSABLE: Final = "a[href], button, summary, input:not([type=hidden]), select, textarea, [tabindex='0']"


class Served(NamedTuple):
    """A portal over a filled database, and where it listens."""

    base: str
    region: Region


def fill(region: Region) -> None:
    """Something on every page: offers of both kinds, a withdrawn one, a ledger, sources, a quarantine."""
    towns = ("Aurillac", "Le Puy-en-Velay", "Saint-Étienne", "Bourg-en-Bresse")
    departments = ("15", "43", "42", "01")
    offers = [JOB, TRAINING, HOSTILE, GONE]
    for number in range(24):
        place = Location(
            "69001", towns[number % 4], department=departments[number % 4], latitude=45.7, longitude=4.8
        )
        offers.append(
            job(f"j{number}", title=f"Boulanger d’équipe {number}", location=place, rome_code="D1102")
        )
        offers.append(training(f"t{number}", title=f"CAP Pâtisserie, groupe {number}", location=place))
    for offer in offers:
        put_on_board(region, offer)
    with region.begin() as connection:
        connection.execute(
            text(
                "UPDATE board SET content = NULL, content_hash = NULL, withdrawn_at = now() WHERE key = :key"
            ),
            {"key": key_of("contractor", "gone")},
        )
        connection.execute(
            text(
                "INSERT INTO effect (channel, subject, wanted_hash, live_hash, state) SELECT channel, key, 'x', 'x', 'done' "
                "FROM board, unnest(ARRAY['open_portal', 'aggregator_feed', 'facebook_page']) AS channel"
            )
        )
        connection.execute(
            text(
                "INSERT INTO source (name, last_snapshot_at, last_change_at) VALUES ('contractor', now(), now())"
            )
        )
        connection.execute(
            text(
                "INSERT INTO quarantine (source, key, raw_hash, payload, rule, reasons) SELECT 'contractor', n::text, 'x', "
                "'x', rule, '[]' FROM generate_series(1, 3) AS n, unnest(ARRAY['siret_checksum', 'anonymous_apply']) AS rule "
                "ON CONFLICT DO NOTHING"
            )
        )

    meet(region)


def meet(region: Region) -> None:
    """Sessions of every kind, under the references that PATHS has."""
    made = [
        programme.session(region),
        programme.session(region, title=SENTENCE * 2, capacity=1, link="https://visio.region.example/1"),
        programme.session(region, in_days=20),
        programme.session(region, in_days=-3),
        programme.session(region, in_days=-370),
    ]
    programme.session(region, kind="dialogue", title=f"Transports {SCRIPTS[1]}")
    for name in ("a", "b"):
        programme.place(region, made[1], programme.person(region, email=f"{name}@x.example"))
    rescheduling.cancel(region, made[2].ref, "L’intervenante est souffrante.", programme.NOW)
    with region.begin() as connection:
        for number, each in enumerate(made, start=1):
            connection.execute(
                text("UPDATE session SET ref = :ref WHERE id = :id"),
                {"ref": f"S-browsed{number}", "id": each.id},
            )


@contextmanager
def listening(region: Region, settings: Settings) -> Iterator[str]:
    """The portal on a port of its own, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(create_app(region, settings), log_level="warning", lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def served(
    postgres_server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    name, home = fresh_name("browsed"), tmp_path_factory.mktemp("portal")
    postgres_server.create_database(name, template)
    region = Region(postgres_server.url(name))
    fill(region)
    settings = Settings(
        home=home, portal_url="https://offres.region.example", contact_email="offres@region.example"
    )
    with listening(region, settings) as base:
        yield Served(base, region)
    region.dispose()
    postgres_server.drop_database(name)


@pytest.fixture(scope="module")
def resident(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody who asked for no motion: where a page scrolls to it is at once."""
    context = browser.new_context(viewport=DESKTOP, locale="fr-FR", reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def page(resident: BrowserContext) -> Iterator[Page]:
    page = resident.new_page()
    yield page
    page.close()


def violations(page: Page) -> list[tuple[str, str, str]]:
    """What axe finds: the rule, the element, how to mend it."""
    page.evaluate(AXE)
    passes, found = page.evaluate(
        "tags => axe.run(document, {runOnly: tags}).then(found => [found.passes.length, found.violations])",
        TAGS,
    )
    assert passes
    return [
        (violation["id"], node["html"][:200], node["failureSummary"])
        for violation in found
        for node in violation["nodes"]
    ]


class Window(NamedTuple):
    """One window that shows page after page: what it asked for, and what it complained of, since it was last cleared."""

    page: Page
    asked: list[str]
    troubles: list[str]


@pytest.fixture(scope="module")
def window(resident: BrowserContext) -> Window:
    page = resident.new_page()
    asked: list[str] = []
    troubles: list[str] = []

    def spoken(dialog: Dialog) -> None:
        troubles.append(dialog.message)
        dialog.dismiss()

    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", spoken)
    page.on("requestfailed", lambda request: troubles.append(request.url))
    page.add_init_script(
        "window.violations = []; document.addEventListener('securitypolicyviolation',"
        " event => violations.push(event.violatedDirective + ' ' + event.blockedURI))"
    )
    return Window(page, asked, troubles)


@pytest.fixture(
    scope="module",
    params=[(kind, *look) for kind in PATHS for look in LOOKS],
    ids=lambda told: "-".join(map(str, told)),
)
def loaded(request: pytest.FixtureRequest, window: Window, served: Served) -> Window:
    """A kind of page in one look, loaded once for all tests that ask for it; pytest runs those together."""
    kind, width, scheme = request.param
    window.page.goto("about:blank")  # what comes late is not of the next page
    window.page.set_viewport_size({"width": width, "height": 800})
    window.page.emulate_media(color_scheme=scheme)
    window.asked.clear()
    window.troubles.clear()
    window.page.goto(served.base + PATHS[kind], wait_until="networkidle")
    return window


def test_a_page_is_quiet_and_asks_nothing_of_another_host(loaded: Window, served: Served) -> None:
    """No console message, no violation of the policy, no script that ran, no request elsewhere, no cookie."""
    assert loaded.page.evaluate("violations") == []
    # Chromium itself reports that a page answered 404 or 410.
    told = [each for each in loaded.troubles if "the server responded with a status of 4" not in each]
    assert told == []
    assert {urlsplit(url).netloc for url in loaded.asked} == {urlsplit(served.base).netloc}
    assert loaded.page.context.cookies() == []


def test_axe_finds_no_violation(loaded: Window) -> None:
    assert violations(loaded.page) == []


def test_targets_are_large_enough_for_a_thumb(loaded: Window) -> None:
    """24 by 24 CSS pixels, links in a sentence excepted (WCAG 2.2, 2.5.8): those of the navigation and every control."""
    small = loaded.page.evaluate(
        "[...document.querySelectorAll('nav a, button, .button, input, select, .brand')]"
        ".filter(e => e.checkVisibility()).filter(e => { const b = e.getBoundingClientRect(); return b.width < 24 || b.height < 24 })"
        ".map(e => e.outerHTML)"
    )
    assert small == []


def test_a_page_has_its_language_one_h1_and_every_id_once(loaded: Window) -> None:
    """Headings are in order; what labels or describes is there."""
    page = loaded.page
    assert page.evaluate("document.documentElement.lang") == "fr"
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    named = page.evaluate(
        "[...document.querySelectorAll('[aria-labelledby], [aria-describedby]')].flatMap(e =>"
        " (e.getAttribute('aria-labelledby') || e.getAttribute('aria-describedby')).split(' '))"
    )
    assert set(named) <= set(ids)
    levels = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(e => Number(e.tagName[1]))"
    )
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert 10 <= len(page.title()) <= 160


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(loaded: Window) -> None:
    page = loaded.page
    wanted = page.evaluate(
        "selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility())"
        ".map((e, place) => (e.dataset.place = place))",
        FOCUSABLE,
    )
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        place, style = page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e), box = e.getBoundingClientRect();"
            " return [e.dataset.place, {outline: s.outlineStyle, width: parseFloat(s.outlineWidth),"
            " inside: box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight}] }"
        )
        reached.append(int(place))
        assert style["outline"] not in {"none", "hidden"}, place
        assert style["width"] >= 2, place
        assert style["inside"], place
    assert reached == wanted


@pytest.mark.parametrize("kind", [kind for kind in PATHS if kind != "tab"])
def test_the_first_key_offers_to_skip_to_the_content_and_does(page: Page, served: Served, kind: str) -> None:
    page.goto(served.base + PATHS[kind])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('header.top').contains(document.activeElement)") is False


@pytest.mark.parametrize("kind", PATHS)
def test_at_400_percent_nothing_scrolls_sideways(page: Page, served: Served, kind: str) -> None:
    """1,280 by 1,024 pixels at 400 % are 320 by 256 (WCAG 2.2, 1.4.10)."""
    page.set_viewport_size({"width": 320, "height": 256})
    page.goto(served.base + PATHS[kind])
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    too_wide = page.evaluate(
        "[...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > 321"
        " && !e.closest('.scroll') && e.checkVisibility()).map(e => e.outerHTML.slice(0, 120))"
    )
    assert too_wide == []


def test_a_hostile_offer_stays_in_its_data_block(page: Page, served: Served) -> None:
    page.goto(served.base + PATHS["hostile job"])
    assert page.locator("script").count() == 1
    block = page.evaluate("JSON.parse(document.querySelector('script').textContent)")
    assert block["title"] == HOSTILE.title
    assert block["hiringOrganization"]["name"] == "</script><script>alert(1)</script>"
    assert page.locator("h1").inner_text() == HOSTILE.title


def test_a_printed_offer_has_its_facts_and_no_furniture(page: Page, served: Served) -> None:
    page.goto(served.base + PATHS["job"])
    page.emulate_media(media="print")
    for shown in ("h1", ".apply", ".essentials", ".description"):
        assert page.locator(shown).first.is_visible(), shown
    for hidden in (".top nav", "footer nav", ".jump", ".back", ".alike"):
        assert not page.locator(hidden).first.is_visible(), hidden


def test_the_tab_shows_in_a_frame_of_facebook_and_nowhere_else(browser: Browser, served: Served) -> None:
    """A browser enforces the policy, not our reading of it."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.route(
            re.compile("^https://[^/]+/frame"),
            lambda route: route.fulfill(
                content_type="text/html",
                body=f"<iframe src='https://offres.region.example{urlsplit(route.request.url).query}'></iframe>",
            ),
        )
        page.route(
            "https://offres.region.example/**",
            lambda route: route.fulfill(
                response=page.request.get(served.base + urlsplit(route.request.url).path)
            ),
        )

        def shown(host: str, path: str) -> bool:
            page.goto(f"https://{host}/frame?{path}", wait_until="load")
            return page.frames[1].locator("main").count() == 1  # a browser's own page has none

        assert shown("www.facebook.com", "/onglet")
        assert shown("apps.facebook.com", "/onglet")
        assert not shown("evil.example", "/onglet")
        assert not shown("www.facebook.com", "/offres")
    finally:
        context.close()
