"""Each digest's page in a real Chromium, as a mail program shows it: accessible, no wider than a telephone, light or dark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal

import axe_playwright_python
import pytest
from playwright.sync_api import Browser

from connectors.mail.digest_words import digest_letter
from schemas.letters import ROLES, Role
from tests.connectors.mail.test_digests import facts_of, told

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
AXE: Final = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
WHOLE: Final = os.environ.get("BOOSTEZ_BROWSER_WHOLE", "") not in {"", "0"}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


@pytest.mark.parametrize("role", ROLES if WHOLE else ["officials", "press"])
def test_everybody_reads_it_on_a_telephone_light_or_dark(browser: Browser, role: Role) -> None:
    letter = digest_letter(told(role), facts_of(role, "Boulangerie-pâtisserie-chocolaterie " + "x" * 60))
    assert letter.html is not None
    page = browser.new_page(viewport={"width": 360, "height": 800})
    try:
        page.set_content(letter.html)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.evaluate(AXE)
        colours = set()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate("tags => axe.run({runOnly: tags}).then(r => r.violations)", TAGS)
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
            colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert len(colours) == 2
    finally:
        page.close()
