"""Posting an offer in a real browser: on a telephone, with the keyboard, with JavaScript off, and by axe."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from pydantic import SecretStr

from connectors.region.database import Region
from connectors.region.offers import postings
from connectors.seals import Seals
from connectors.settings import Settings
from portal.app import create_app
from portal.officer import QUEUE
from sandbox.server import running
from tests.makers import portal_draft
from tests.officers import sign_in_page
from tests.portal.test_pages_in_a_browser import WHOLE
from tests.portal.test_posting import GOOD, NOW

pytestmark = [pytest.mark.database, pytest.mark.browser, pytest.mark.slow]
SIZES = {"telephone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 900}}
LOOKS = [("telephone", "light"), ("desktop", "dark")]
if WHOLE:
    LOOKS += [("telephone", "dark"), ("desktop", "light")]
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def chosen(chosen: Settings) -> Settings:
    secret = SecretStr("s" * 40)
    return chosen.model_copy(
        update={"smtp_url": SecretStr("smtp://127.0.0.1:1"), "portal_secret": secret, "portal_url": None}
    )


@pytest.fixture
def base(region: Region, chosen: Settings) -> Iterator[str]:
    with running(create_app(region, chosen)) as served:
        yield served


def page_of(browser: Browser, base: str, size: str, **more: Any) -> Page:
    return browser.new_context(viewport=SIZES[size], base_url=base, **more).new_page()  # type: ignore[arg-type]


def fill(page: Page, **changes: str) -> None:
    for name, value in {**GOOD, **changes}.items():
        control = page.locator(f"main [name={name}]")
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)


def sound(page: Page) -> None:
    """axe finds nothing, and nothing has to be scrolled sideways."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": LEVELS}})
    assert found.response["violations"] == [], [
        (each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found.response["violations"]
    ]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def link(chosen: Settings, base: str, region: Region) -> str:
    (posting,) = postings.listed(region, every=True)
    return base + Seals(chosen).link("confirm", posting.ref, NOW).removeprefix(chosen.public_url)


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_page_is_accessible(
    browser: Browser, base: str, region: Region, chosen: Settings, size: str, scheme: Any
) -> None:
    page = page_of(browser, base, size, color_scheme=scheme)
    page.goto("/deposer")
    sound(page)
    page.get_by_role("button", name="Voir l’aperçu").click()
    sound(page)
    assert page.evaluate("document.activeElement.id") == "erreurs"
    page.locator("#erreurs a").first.click()
    assert page.evaluate("document.activeElement.id") == "siret"
    fill(page)
    page.get_by_role("button", name="Voir l’aperçu").click()
    sound(page)
    page.get_by_role("button", name="Envoyer l’offre").click()
    assert page.url.endswith("/deposer/envoyee")
    sound(page)
    page.goto(link(chosen, base, region))
    sound(page)
    page.get_by_role("button", name="Confirmer").click()
    assert "/deposer/suivi/" in page.url
    sound(page)
    page.get_by_role("link", name="Modifier").click()
    sound(page)
    page.go_back()
    page.get_by_role("link", name="Fermer l’offre").click()
    sound(page)
    page.goto("/deposer/suivi/x")
    sound(page)
    page.context.close()


def confirmed(region: Region) -> postings.Posting:
    draft = portal_draft(expires_at=NOW + dt.timedelta(days=30))
    added = postings.add(region, draft, "contact@fournil.example", b"origin", NOW)
    found = postings.confirm(region, added.ref, NOW)
    assert found is not None
    return found


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_page_of_an_officer_is_accessible(
    browser: Browser, base: str, region: Region, chosen: Settings, size: str, scheme: Any
) -> None:
    address = f"{base}{QUEUE}"
    page = page_of(browser, base, size, color_scheme=scheme)
    sign_in_page(page.context, base, region, chosen)
    for path in ("/agents", "/agents/journal"):
        page.goto(base + path)
        sound(page)
    page.goto(address)
    sound(page)
    first = confirmed(region)
    postings.approve(region, first.id, 1, "Bob", NOW)
    longer = portal_draft(
        title="Chef boulanger", description="Un mot trèslong" + "g" * 300 + ". " + "Texte. " * 9
    )
    postings.amend(region, first.ref, 1, longer, NOW)
    page.reload()
    sound(page)
    page.get_by_role("link", name="Chef boulanger").click()
    sound(page)
    page.get_by_role("link", name="Critère interdit").click()
    sound(page)
    assert "L1132-1" in page.locator("#raison").input_value()
    page.locator("#raison").evaluate("e => { e.required = false; e.value = '' }")
    page.get_by_role("button", name="Refuser").click()
    sound(page)
    page.locator("#raison").fill("Le texte n’est pas lisible.")
    page.get_by_role("button", name="Refuser").click()
    assert "Refusée par Camille" in page.content()
    sound(page)
    page.goto(f"{address}/99")
    sound(page)
    page.context.clear_cookies()
    sign_in_page(page.context, base, region, chosen, "Lou", ())
    page.goto(address)
    sound(page)
    page.context.close()


def test_an_officer_decides_without_javascript_and_with_the_keyboard_alone(
    browser: Browser, base: str, region: Region, chosen: Settings
) -> None:
    posting = confirmed(region)
    page = page_of(browser, base, "telephone", java_script_enabled=False)
    sign_in_page(page.context, base, region, chosen)
    page.goto(base + QUEUE)
    page.get_by_role("link", name=posting.title).press("Enter")
    page.get_by_role("link", name="Entreprise et SIRET").press("Enter")
    assert "SIRET" in page.locator("#raison").input_value()
    page.get_by_role("button", name="Approuver").press("Enter")
    assert "Approuvée par Camille" in page.content()
    page.get_by_role("link", name="Voir ce qui attend encore").press("Enter")
    assert "Rien n’attend" in page.content()
    assert postings.get(region, posting.id).decided_by == "Camille"
    page.context.close()


def test_without_javascript_and_with_the_keyboard_alone(
    browser: Browser, base: str, region: Region, chosen: Settings
) -> None:
    page = page_of(browser, base, "telephone", java_script_enabled=False)
    page.goto("/deposer")
    for name, value in GOOD.items():
        control = page.locator(f"main [name={name}]")
        if name in {"contrat", "salaire_unite", "experience", "teletravail"}:
            control.select_option(value)
        elif name != "titre":
            control.fill(value)
    page.locator("[name=heures]").press("Enter")  # the first button of the page is another one
    assert "Un point est à corriger" in page.content()
    page.locator("[name=titre]").fill(GOOD["titre"])
    page.get_by_role("button", name="Voir l’aperçu").press("Enter")
    page.get_by_role("button", name="Envoyer l’offre").press("Enter")
    assert "Encore une étape" in page.content()
    page.goto(link(chosen, base, region))
    page.get_by_role("button", name="Confirmer").press("Enter")
    assert "attend d’être relue" in page.content()
    page.get_by_role("link", name="Fermer l’offre").press("Enter")
    page.get_by_role("button", name="Fermer l’offre").press("Enter")
    assert "Elle est fermée" in page.content()
    (posting,) = postings.listed(region, every=True)
    assert posting.state == "closed"
    page.context.close()
