"""A moderator's day in a real browser, with and without JavaScript: asked who they are, they decide, and the log says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from pydantic import SecretStr
from starlette.applications import Starlette

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.offers import postings
from connectors.settings import Settings
from portal.app import create_app
from portal.officer import QUEUE
from sandbox.identity import Identity
from sandbox.keys import Keys
from sandbox.server import running
from tests.makers import portal_draft
from tests.portal.test_posting_browser import page_of, sound
from tests.ports import free_port

pytestmark = [pytest.mark.database, pytest.mark.browser]
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def base(region: Region, chosen: Settings) -> Iterator[str]:
    """A portal whose officers sign in at the sandbox's provider."""
    port = free_port()
    with running(Starlette(routes=Identity(Keys()).routes())) as identity:
        told = {
            "portal_url": f"http://127.0.0.1:{port}",
            "oidc_issuer": f"{identity}/identity",
            "oidc_client_secret": SecretStr("sandbox-secret"),
            "smtp_url": SecretStr("smtp://127.0.0.1:1"),
        }
        with running(create_app(region, chosen.model_copy(update=told)), port) as serving:
            yield serving


def be(page: Page, name: str) -> None:
    """Say who one is, at the provider."""
    page.get_by_role("button", name=name).click()


@pytest.mark.parametrize("scripts", [True, False], ids=["javascript", "plain"])
def test_a_moderator_signs_in_decides_and_is_in_the_log(
    browser: Browser, base: str, region: Region, *, scripts: bool
) -> None:
    draft = portal_draft(expires_at=NOW + dt.timedelta(days=30))
    posting = postings.add(region, draft, "contact@fournil.example", b"origin", NOW)
    postings.confirm(region, posting.ref, NOW)
    page = page_of(browser, base, "telephone", java_script_enabled=scripts)

    page.goto(f"{QUEUE}/{posting.id}")
    be(page, "Camille Durand")
    assert page.url == f"{base}{QUEUE}/{posting.id}", "where it was going"
    page.get_by_role("button", name="Approuver").click()
    assert "Approuvée par Camille Durand" in page.content()
    page.goto("/agents/journal")
    assert "Il vous manque le rôle" in page.content()
    if scripts:
        sound(page)
    page.get_by_role("link", name="Espace des agents").click()
    if scripts:
        sound(page)
    page.get_by_role("button", name="Quitter l’espace des agents").click()
    if scripts:
        sound(page)
    page.get_by_role("link", name="Terminer aussi celle-là").click()
    page.get_by_role("link", name="Revenir").click()

    be(page, "Paul Martin")
    page.get_by_role("link", name="Journal des actes").click()
    row = page.get_by_role("row", name="approuve")
    assert "Camille Durand" in row.inner_text()
    assert f"offre déposée {posting.id}" in row.inner_text()
    assert "portail, 127.0.0.1" in row.inner_text()
    if scripts:
        sound(page)
    page.context.close()
    assert [(act.by, act.did, act.outcome) for act in acts.listed(region)][::-1] == [
        ("Camille Durand", "signed_in", "done"),
        ("Camille Durand", "approved", "done"),
        ("Camille Durand", "opened", "refused"),
        ("Camille Durand", "signed_out", "done"),
        ("Paul Martin", "signed_in", "done"),
        ("Paul Martin", "read", "done"),
    ]
