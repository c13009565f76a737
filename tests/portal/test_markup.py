"""Every page's markup, read by a validator that is not ours (html-validate, in html/) and by a strict parser.

Belongs here: every template, in the states that change its markup. Does not: what only a browser sees
(test_pages_in_a_browser.py).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote, unquote, urlsplit

import html5lib
import msgspec
import pytest
from playwright.sync_api import Browser, Page, Route
from pydantic import SecretStr
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from connectors.oidc.provider import Provider
from connectors.region.alerting import alerts
from connectors.region.coverage import media
from connectors.region.database import Region
from connectors.region.offers import postings
from connectors.seals import Seals
from connectors.settings import Settings
from portal import answers, filters, officer, signing_in
from portal.access import SIGN_IN
from portal.app import create_app
from tests.coverage import FILM, Covering
from tests.makers import portal_draft
from tests.officers import sign_in
from tests.portal import dialogues as made
from tests.portal import test_pages_in_a_browser as browsed
from tests.portal.dialogue_pages import KINDS, Talk
from tests.portal.programme_pages import Walk
from tests.portal.test_coverage import link as media_link
from tests.portal.test_posting import GOOD, NOW, path_of, seal_of, send
from tests.ports import free_port

FOLDER: Final = Path(__file__).parent / "html"
CONFIG: Final = FOLDER / "htmlvalidate.mjs"
PROGRAM: Final = FOLDER / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
NODE: Final = Path(sys.executable).with_name("node")
Pages = dict[str, str]


@pytest.fixture
def validator() -> list[str]:
    """The command that reads pages; without it the test is skipped, but in CI."""
    if not NODE.exists() or not PROGRAM.exists():
        assert not os.environ.get("CI"), "CI needs html-validate"
        pytest.skip("html-validate is not here: `make test` installs it")
    return [str(NODE), str(PROGRAM), "--config", str(CONFIG), "--formatter", "json"]


def read(validator: list[str], pages: Pages, folder: Path) -> list[str]:
    """What the validator finds wrong, each with its page."""
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, "utf-8")
    report = folder / "report.json"
    with report.open("wb") as told:  # what node writes into a pipe is cut when it ends
        subprocess.run([*validator, str(folder)], stdout=told, check=False, timeout=120)
    return [
        f"{Path(result['filePath']).stem}:{each['line']}: {each['ruleId']}: {each['message']}"
        for result in json.loads(report.read_bytes())
        for each in result["messages"]
    ]


@pytest.fixture
def chosen(chosen: Settings) -> Settings:
    return chosen.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:1")})


class Reader:
    """Somebody who keeps every page that is shown."""

    def __init__(self, region: Region, settings: Settings) -> None:
        app = create_app(region, settings)
        self.firm = TestClient(app, settings.public_url, raise_server_exceptions=False)
        self.firm.headers["Accept"] = "text/html"
        self.pages: Pages = {}

    def keep(self, name: str, answer: Any, status: int = 200) -> Any:
        assert answer.status_code == status, (name, answer.status_code)
        assert answer.headers["content-type"].startswith("text/html"), name
        assert name not in self.pages
        self.pages[name] = answer.text
        return answer


def residents(reader: Reader, region: Region) -> None:
    """What there is to read, of an empty board and of a full one."""
    for name in ("home", "list", "feeds", "data", "transparency", "parity"):
        reader.keep(f"empty board, {name}", reader.firm.get(browsed.PATHS[name]))
    browsed.fill(region)
    for name, path in browsed.PATHS.items():
        reader.keep(
            name, reader.firm.get(path), {"gone": 410, "session gone": 410, "absent": 404}.get(name, 200)
        )
    for name, query in {
        "list by place": "pres=Aurillac&rayon=100&tri=date&contrat=cdi",
        "list of nowhere": "pres=nulle+part&q=boulangere",
        "list put right": "q=boulangre",
        "second page": "q=boulanger&page=2",
    }.items():
        reader.keep(name, reader.firm.get(f"/offres?{query}"))


def posting(reader: Reader, region: Region, settings: Settings) -> None:
    """The way of a posting, with everything that may go wrong on it."""
    firm, keep, seals = reader.firm, reader.keep, Seals(settings)
    keep("form", firm.get("/deposer"))
    keep("form with every error", send(firm, **dict.fromkeys(GOOD, "")), 422)
    keep("form that is stale", firm.post("/deposer", data=GOOD), 403)
    keep("preview", send(firm, action="apercu"))
    send(firm)
    keep("sent", firm.get("/deposer/envoyee"))
    (added,) = postings.listed(region, every=True)
    confirm = path_of(seals.link("confirm", added.ref, NOW))
    keep("confirmation", firm.get(confirm))
    keep("confirmation that is stale", firm.post(confirm, data={"a": "b"}), 403)
    postings.confirm(region, added.ref, NOW)
    keep("confirmed before", firm.get(confirm))
    manage = path_of(seals.link("manage", added.ref, NOW))
    edit = f"{manage}/modifier"
    keep("waiting", firm.get(manage))
    postings.refuse(region, added.id, 1, "Ada", "Il manque le salaire.", NOW)
    keep("refused", firm.get(manage))
    keep("edition", firm.get(edit))
    keep("edition's preview", send(firm, edit, action="apercu", texte="1"))
    keep("moved", send(firm, edit, texte="7"), 409)
    send(firm, edit, texte="1")
    postings.approve(region, added.id, 2, "Ada", NOW)
    keep("approved", firm.get(manage))
    keep("closing", firm.get(f"{manage}/fermer"))
    keep("closing that is stale", firm.post(f"{manage}/fermer", data={"a": "b"}), 403)
    postings.close(region, added.ref, NOW)
    keep("closed", firm.get(manage))
    keep("dead link", firm.get("/deposer/suivi/x"), 410)
    for number in range(postings.LIMITS.contact):
        send(firm, titre=f"Boulanger {number}")
    keep("too many", send(firm), 429)


def queue(reader: Reader, region: Region, settings: Settings) -> None:
    """The officers' pages: an empty queue, an offer in every state, and what goes wrong."""
    firm, keep = reader.firm, reader.keep
    path = officer.QUEUE
    keep("closed to whom nobody knows", firm.get(path), 503)
    keep("form of a session that is over", firm.post(f"{path}/1", data={"a": "b"}), 401)
    state = cast(Starlette, firm.app).state
    state.provider = Provider(settings, f"http://127.0.0.1:{free_port()}")
    keep("provider that is away", firm.get(SIGN_IN), 503)
    keep("sign-in to do again", firm.get(signing_in.BACK), 403)
    state.provider = None
    sign_in(firm, region, settings, roles=())
    keep("home without a role", firm.get("/agents"))
    keep("page of another role", firm.get(path), 403)
    sign_in(firm, region, settings)
    keep("officer's home", firm.get("/agents"))
    keep("log of acts", firm.get("/agents/journal"))
    keep("empty queue", firm.get(path))
    draft = portal_draft(expires_at=NOW + dt.timedelta(days=30))
    added = postings.add(region, draft, "autre@fournil.example", b"origin", NOW)
    postings.confirm(region, added.ref, NOW)
    one = f"{path}/{added.id}"
    keep("queue", firm.get(path))
    keep("offer to read", firm.get(f"{one}?motif=loi"))
    keep("decision that is stale", firm.post(one, data={"a": "b"}), 403)
    postings.approve(region, added.id, 1, "Bob", NOW)
    keep("approved by an officer", firm.get(one))
    edit = msgspec.structs.replace(draft, title="Boulanger de nuit", description="<p>La nuit.</p>")
    postings.amend(region, added.ref, 1, edit, NOW)
    keep("edit to read", firm.get(one))
    postings.refuse(region, added.id, 2, "Bob", "Il manque le salaire.", NOW)
    keep("refused by an officer", firm.get(one))
    over = msgspec.structs.replace(edit, expires_at=NOW - dt.timedelta(days=1))
    postings.amend(region, added.ref, 2, over, NOW)
    keep("what a rule refuses", firm.get(one))
    keep("no such offer", firm.get(f"{path}/999999"), 404)
    keep("signed out", firm.post(signing_in.OUT, data={"sceau": seal_of(firm.get("/agents").text)}))


def programme(reader: Reader, region: Region, settings: Settings) -> None:
    """The programme's pages, whatever they answer."""
    for seen in Walk(reader.firm, region, settings).everything():
        assert seen.answer.status_code < 500, seen.name
        reader.keep(f"programme, {seen.name}", seen.answer, seen.answer.status_code)


def covered(reader: Reader, region: Region, settings: Settings) -> None:
    """Covered events: before there is any, without a picture, with some; a consent in every state."""
    get, keep = reader.firm.get, reader.keep
    keep("no event", get("/couverture"))
    world = Covering(region, NOW)
    wall = f"/couverture/{world.event.ref}"
    keep("events", get("/couverture"))
    keep("empty wall", get(wall))
    child, parent = world.agreed(), world.student()
    image, film = world.published(child, author=child), world.published(content=FILM)
    world.published(kind="story")
    media.withdraw(region, film.ref, "Ada", "Floue.", NOW)
    world.publish(world.read(film), "portal")
    keep("wall", get(wall))
    mine = media_link(world, settings, child, "student")
    keep("consent", get(mine))
    keep("consent kept", get(f"{mine}?garde"))
    keep("consent that is stale", reader.firm.post(mine, data={"a": "b"}), 403)
    keep("guardian's consent", get(media_link(world, settings, parent, "guardian")))
    keep("consent withdrawn", get(f"{mine}?retire"))
    world.withdraw(child)
    keep("medium gone", get(f"/medias/{image.ref}.jpg"), 410)
    with region.begin() as connection:
        connection.execute(text("UPDATE student SET born = '1990-01-01'"))
    keep("guardian of an adult", get(media_link(world, settings, parent, "guardian")))


def alerted(reader: Reader, region: Region, settings: Settings) -> None:
    """The page of an alert, in every state."""
    firm, keep = reader.firm, reader.keep
    sign_in(firm, region, settings)
    alerts.sound(region, "source contractor", "contractor could not be read", "No answer.\n" + "x" * 200, NOW)
    with region.begin() as connection:
        connection.execute(
            text(
                "UPDATE alert SET severity = 'critical', affected = 'offers', runbook = 'docs/runbook/a.md', times = 49000"
            )
        )
    alert = next(each for each in alerts.unresolved(region) if each.cause == "source contractor")
    path = path_of(Seals(settings).link("alert", str(alert.id), NOW))
    keep("alert", firm.get(path))
    keep("alert that is stale", firm.post(path, data={"a": "b"}), 403)
    alerts.acknowledge(region, alert.id, "Ada", NOW)
    keep("alert acknowledged", firm.get(path))
    alerts.resolve(region, NOW, alert.cause)
    keep("alert over", firm.get(path))
    keep("alert gone", firm.get("/alertes/x"), 410)


def weekly(reader: Reader, settings: Settings) -> None:
    """The page behind the link of a weekly digest."""
    path = path_of(Seals(settings).link("digest", "press.1", NOW))
    reader.keep("digest", reader.firm.get(path))
    reader.keep("digest stopped", reader.firm.post(path))
    reader.keep("digest that is stopped", reader.firm.get(path))


def talk(reader: Reader, region: Region, settings: Settings) -> None:
    """The pages of dialogues and questions, whatever they answer."""
    for seen in Talk(reader.firm, region, settings).everything():
        assert seen.answer.status_code < 500, seen.name
        reader.keep(f"dialogues, {seen.name}", seen.answer, seen.answer.status_code)


def trouble(reader: Reader, region: Region, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said when something is wrong with the portal itself."""
    reader.keep(
        "no relay", Reader(region, settings.model_copy(update={"smtp_url": None})).firm.get("/deposer"), 503
    )
    reader.keep(
        "no relay for registrations",
        Reader(region, settings.model_copy(update={"smtp_url": None})).firm.get("/inscription"),
        503,
    )
    mute = Reader(region, settings.model_copy(update={"smtp_url": None})).firm
    reader.keep("no relay for questions", mute.get("/questions/nouvelle"))
    following = mute.get(f"/dialogues/{made.dialogue(region).ref}/suivre")
    reader.keep("no relay for following", following, 503)
    hurried = Reader(region, settings.model_copy(update={"portal_rate_search": 1})).firm
    hurried.get("/offres")
    reader.keep("too often", hurried.get("/offres"), 429)
    away = Reader(Region("postgresql://nobody@127.0.0.1:1/none"), settings).firm
    reader.keep("database away", away.get("/offres?q=elsewhere"), 503)
    reader.keep(
        "sent from elsewhere", reader.firm.post("/deposer", headers={"Sec-Fetch-Site": "cross-site"}), 403
    )
    monkeypatch.setattr(filters, "offered", lambda *_: 1 / 0)
    reader.keep("mistake", reader.firm.get("/offres?q=mistake"), 500)


@pytest.mark.database
def test_every_page_is_valid_and_parses_without_an_error(
    region: Region, chosen: Settings, validator: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates, used = answers._templates(), set()  # noqa: SLF001 - every template must have been on a page
    load = templates._load_template  # noqa: SLF001

    def seen(name: str, *more: Any) -> Any:
        used.add(name)
        return load(name, *more)

    monkeypatch.setattr(templates, "_load_template", seen)
    reader = Reader(region, chosen)
    residents(reader, region)
    posting(reader, region, chosen)
    queue(reader, region, chosen)
    programme(reader, region, chosen)
    covered(reader, region, chosen)
    alerted(reader, region, chosen)
    weekly(reader, chosen)
    talk(reader, region, chosen)
    trouble(reader, region, chosen, monkeypatch)
    assert used >= set(templates.list_templates())
    folder = tmp_path / "pages"
    folder.mkdir()
    wrong = read(validator, reader.pages, folder)
    assert wrong == []
    for name, page in reader.pages.items():
        parser = html5lib.HTMLParser()
        parser.parse(page)
        assert parser.errors == [], name


def test_the_validator_finds_what_is_wrong(validator: list[str], tmp_path: Path) -> None:
    page = (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Une page</title></head><body>'
        '<p><div id="a"></div></p><ul><p id="a">x</p></ul><a href="/">y</body></html>'
    )
    told = "\n".join(read(validator, {"wrong": page}, tmp_path))
    for rule in ("element-permitted-content", "no-dup-id", "close-order"):
        assert rule in told


@pytest.mark.browser
@pytest.mark.database
@pytest.mark.xdist_group("browser")
def test_axe_finds_nothing_on_pages_that_say_what_is_wrong(
    browser: Browser, region: Region, chosen: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the pages that no resident's way in test_pages_in_a_browser.py leads to."""
    reader = Reader(region, chosen)
    posting(reader, region, chosen)
    before = {*reader.pages} - {"too many", "moved", "form that is stale", "confirmation that is stale"}
    trouble(reader, region, chosen, monkeypatch)
    with showing(browser, reader, chosen) as look:
        assert look({*reader.pages} - before, browsed.violations) == {}


@pytest.mark.browser
@pytest.mark.database
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("walk", [programme, talk, covered, alerted])
def test_axe_finds_nothing_on_any_page_of_the_programme_or_of_dialogues_and_none_scrolls_sideways(
    browser: Browser, region: Region, chosen: Settings, walk: Callable[[Reader, Region, Settings], None]
) -> None:
    reader = Reader(region, chosen)
    walk(reader, region, chosen)
    names = [f"dialogues, {name}" for name in KINDS] if walk is talk else reader.pages

    def told(page: Page) -> list[Any]:
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return [*browsed.violations(page), *([f"{wide} px too wide"] if wide > 0 else [])]

    with showing(browser, reader, chosen) as look:
        assert look(names, told) == {}


Look = Callable[[Iterable[str], Callable[[Page], list[Any]]], dict[tuple[str, int], list[Any]]]


@contextmanager
def showing(browser: Browser, reader: Reader, settings: Settings) -> Iterator[Look]:
    """A browser that shows the pages that a reader kept, in every look: what somebody finds on them, by page and width."""

    def answer(route: Route) -> None:
        path = unquote(urlsplit(route.request.url).path)
        if path.startswith(("/static/", "/medias/")):
            file = reader.firm.get(path)
            route.fulfill(body=file.content, content_type=file.headers["content-type"])
        else:
            route.fulfill(body=reader.pages[path[1:]], content_type="text/html; charset=utf-8")

    page = browser.new_page()
    page.route("**/*", answer)

    def look(names: Iterable[str], told: Callable[[Page], list[Any]]) -> dict[tuple[str, int], list[Any]]:
        found = {}
        for width, scheme in browsed.LOOKS:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            for name in names:
                page.goto(f"{settings.public_url}/{quote(name)}")
                if wrong := told(page):
                    found[name, width] = wrong
        return found

    yield look
    page.close()
