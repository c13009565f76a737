"""Signing in at an identity provider: the sandbox's, and one that others wrote; and whatever a browser may bring that proves nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
from typing import Any, Final, get_args
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from connectors.region.access import acts, officer_sessions
from connectors.region.database import Region
from connectors.settings import Settings
from portal.access import HOME, SIGN_IN
from portal.answers import FOLDER
from portal.app import create_app
from portal.officer import QUEUE
from portal.signing_in import BACK, OUT, leads_to, name_of
from sandbox.identity import PEOPLE, Identity
from sandbox.keys import Keys
from sandbox.server import running
from schemas.errors import Unreachable
from tests.hands import sql
from tests.identities import CLIENT, Identities, identities
from tests.officers import ACCESS, sign_in
from tests.portal.test_posting import seal_of
from tests.ports import free_port

pytestmark = pytest.mark.database
MODERATOR, OPERATOR, AUDITOR, NOBODY = PEOPLE
SESSION: Final = "__Host-agent"
ATTEMPT: Final = "__Host-connexion"


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


@pytest.fixture(scope="module")
def identity() -> Iterator[str]:
    """The address of the sandbox's provider, which lets the tests' portal in."""
    with running(Starlette(routes=Identity(Keys()).routes())) as base:
        yield f"{base}/identity"


def browser_of(region: Region, chosen: Settings, issuer: str, **changes: Any) -> TestClient:
    told = {"oidc_issuer": issuer, "portal_url": "http://127.0.0.1:9", **changes}
    settings = chosen.model_copy(update=told)
    return TestClient(
        create_app(region, settings),
        settings.public_url,
        raise_server_exceptions=False,
        follow_redirects=False,
    )


@pytest.fixture
def browser(region: Region, chosen: Settings, identity: str) -> TestClient:
    return browser_of(region, chosen, identity, oidc_client_secret=SecretStr("sandbox-secret"))


def sent_to(browser: TestClient, path: str = QUEUE) -> str:
    """Where a page sends somebody who is not signed in."""
    first = browser.get(path)
    assert first.status_code == 303
    assert first.headers["location"].startswith(f"{SIGN_IN}?suite=")
    second = browser.get(first.headers["location"])
    assert second.status_code == 303
    return str(second.headers["location"])


def let_in(address: str, person: str) -> str:
    """What the sandbox's provider sends back to the portal, as path and query."""
    asked = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
    answer = httpx.post(address.partition("?")[0], data={**asked, "person": person}, trust_env=False)
    assert answer.status_code == 303, answer.text
    parts = urlsplit(answer.headers["location"])
    return f"{parts.path}?{parts.query}"


def signed_in(browser: TestClient, person: str = MODERATOR.sub, path: str = QUEUE) -> str:
    """Sign in; where that leads to."""
    answer = browser.get(let_in(sent_to(browser, path), person))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_a_page_asks_who_one_is_and_then_is_there(browser: TestClient, region: Region) -> None:
    page = f"{QUEUE}/7?motif=loi"
    assert signed_in(browser, path=page) == page
    assert "Bonjour Camille Durand" in browser.get(QUEUE).text
    (session,) = officer_sessions.sessions(region, ACCESS, dt.datetime.now(dt.UTC))
    assert (session.account, session.claimed) == (MODERATOR.sub, ["boostez-offres", "boostez-questions"])
    (act,) = acts.listed(region)
    assert (act.did, act.by, act.account, act.via) == ("signed_in", "Camille Durand", MODERATOR.sub, "portal")


def test_cookies_are_read_by_no_script_and_last_as_long_as_what_they_open(
    region: Region, chosen: Settings, identity: str
) -> None:
    browser = browser_of(region, chosen, identity, portal_url="https://offres.region.example")
    first = browser.get(SIGN_IN)
    attempt = first.headers["set-cookie"]
    for told in (f"{ATTEMPT}=", "HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=600"):
        assert told in attempt
    assert "Domain" not in attempt
    assert first.headers["cache-control"] == "no-store"
    assert first.headers["location"].startswith(f"{identity}/authorize?")
    with identities() as there:
        kept = browser_of(
            region, chosen, there.base, portal_url="https://offres.region.example", oidc_client_id=CLIENT
        )
        nonce = parse_qs(urlsplit(kept.get(SIGN_IN).headers["location"]).query)
        done = kept.get(BACK, params={"state": nonce["state"][0], "code": nonce["nonce"][0]})
    cookies = done.headers.get_list("set-cookie")
    session = next(each for each in cookies if each.startswith(f"{SESSION}="))
    for told in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=36000"):
        assert told in session
    assert any(each.startswith(f'{ATTEMPT}=""; ') and "Max-Age=0" in each for each in cookies)


@pytest.mark.parametrize("person", PEOPLE)
def test_each_sees_what_their_role_opens_and_is_told_of_what_it_does_not(
    browser: TestClient, person: Any
) -> None:
    signed_in(browser, person.sub, HOME)
    home = browser.get(HOME).text
    opens = {
        QUEUE: "boostez-offres",
        "/agents/questions": "boostez-questions",
        "/agents/journal": "boostez-audit",
    }
    for page, group in opens.items():
        assert (f'href="{page}"' in home) == (group in person.groups)
        assert browser.get(page).status_code == (200 if group in person.groups else 403)
    assert ("Alertes" in home) == ("boostez-exploitation" in person.groups)
    assert ("aucun rôle" in home) == (person is NOBODY)


def test_signing_out_ends_the_session_here_and_shows_how_to_end_it_there(
    browser: TestClient, region: Region, identity: str
) -> None:
    signed_in(browser, path=HOME)
    stolen = browser.cookies["agent"]
    assert browser.post(OUT, data={"a": "b"}).status_code == 200, "without a seal the page is shown again"
    assert browser.get(HOME).status_code == 200
    out = browser.post(OUT, data={"sceau": seal_of(browser.get(HOME).text)})
    assert f'href="{identity}/logout?client_id=boostez&amp;post_logout_redirect_uri=' in out.text
    assert browser.get(HOME).status_code == 303
    browser.cookies.set("agent", stolen)
    assert browser.get(HOME).status_code == 303, "the old cookie opens nothing"
    assert [act.did for act in acts.listed(region)] == ["signed_out", "signed_in"]


# What proves nothing


def test_what_comes_back_counts_once_and_in_the_browser_that_left(
    browser: TestClient, region: Region, chosen: Settings, identity: str
) -> None:
    back = let_in(sent_to(browser), MODERATOR.sub)
    attempt = browser.cookies["connexion"]
    other = browser_of(region, chosen, identity, oidc_client_secret=SecretStr("sandbox-secret"))
    assert other.get(back).status_code == 403, "another browser"
    sent_to(other)
    assert other.get(back).status_code == 403, "another attempt"
    assert browser.get(back).status_code == 303
    browser.cookies.set("connexion", attempt)
    again = browser.get(back)
    assert again.status_code == 403
    assert "elle a déjà servi" in again.text.lower()
    assert len(officer_sessions.sessions(region, ACCESS, dt.datetime.now(dt.UTC))) == 1


@pytest.mark.parametrize(
    "query", ["", "code=x", "state=x&code=y", "state=&code=", "error=access_denied", "state=%00&code=%00"]
)
def test_nobody_is_signed_in_by_an_address(browser: TestClient, region: Region, query: str) -> None:
    sent_to(browser)
    answer = browser.get(f"{BACK}?{query}")
    assert answer.status_code == 403
    assert "agent" not in browser.cookies
    assert acts.listed(region) == []


def test_who_is_refused_there_is_refused_here_and_writes_nothing_into_the_log(
    browser: TestClient, region: Region, caplog: pytest.LogCaptureFixture
) -> None:
    """It was noted, so anybody could fill a log that is kept for five years: coming back with an error is all that it takes."""
    answer = browser.get(let_in(sent_to(browser), ""))
    assert answer.status_code == 403
    assert "Vous n’avez pas été identifié" in answer.text
    assert acts.listed(region) == []
    assert "somebody was not signed in: the provider says 'access_denied'" in caplog.text


def test_whoever_takes_longer_than_ten_minutes_begins_again(browser: TestClient, region: Region) -> None:
    back = let_in(sent_to(browser), MODERATOR.sub)
    sql(region, "UPDATE sign_in SET begun_at = begun_at - interval '10 minutes'")
    assert browser.get(back).status_code == 403


def test_a_cookie_that_somebody_planted_is_not_the_session(browser: TestClient) -> None:
    planted = {"Cookie": f"agent={'x' * 43}"}
    back = let_in(sent_to(browser), MODERATOR.sub)
    attempt = f"connexion={browser.cookies['connexion']}"
    answer = browser.get(back, headers={"Cookie": f"{attempt}; {planted['Cookie']}"})
    assert answer.status_code == 303
    assert "x" * 43 not in answer.headers["set-cookie"]
    browser.cookies.clear()
    assert browser.get(QUEUE, headers=planted).status_code == 303


def test_a_session_ends_when_idle_when_old_and_when_somebody_ends_it(
    browser: TestClient, region: Region
) -> None:
    signed_in(browser)
    assert browser.get(QUEUE).status_code == 200
    sql(region, "UPDATE officer_session SET seen_at = seen_at - interval '59 minutes'")
    assert browser.get(QUEUE).status_code == 200, "which is a sign of life"
    sql(region, "UPDATE officer_session SET begun_at = begun_at - interval '9 hours 59 minutes'")
    assert browser.get(QUEUE).status_code == 200
    sql(region, "UPDATE officer_session SET begun_at = begun_at - interval '1 minute'")
    assert browser.get(QUEUE).status_code == 303
    signed_in(browser)
    sql(region, "UPDATE officer_session SET seen_at = seen_at - interval '60 minutes'")
    assert browser.get(QUEUE).status_code == 303
    signed_in(browser)
    now = dt.datetime.now(dt.UTC)
    (session,) = officer_sessions.sessions(region, ACCESS, now)
    officer_sessions.end(region, session.id, "Bo", now)
    assert browser.get(QUEUE).status_code == 303


def test_a_role_that_is_taken_out_of_the_file_is_gone_at_once(
    browser: TestClient,
) -> None:
    signed_in(browser)
    before = browser.app.state.access  # type: ignore[attr-defined]
    browser.app.state.access = type(before)(  # type: ignore[attr-defined]
        before.claim, before.ask, before.scopes, {}, before.idle, before.longest
    )
    assert browser.get(QUEUE).status_code == 403


@pytest.mark.parametrize("page", [SIGN_IN, f"{HOME}/retour?state=x&code=y"])
def test_where_the_provider_is_away_a_page_says_so(region: Region, chosen: Settings, page: str) -> None:
    browser = browser_of(region, chosen, f"http://127.0.0.1:{free_port()}")
    answer = browser.get(page)
    if page == SIGN_IN:
        assert answer.status_code == 503
        assert "Le service d’identification ne répond pas" in answer.text
        assert answer.headers["retry-after"] == "30"
    else:
        assert answer.status_code == 403
    assert browser.get("/").status_code == 200, "residents notice nothing"


def test_residents_are_answered_while_everybody_waits_for_the_provider(
    region: Region, chosen: Settings
) -> None:
    """Whoever waited held one of the threads that all pages share: forty clicks closed the portal."""
    browser = browser_of(region, chosen, "http://127.0.0.1:1", portal_rate_forms=0)
    told = Event()

    class Silent:
        def authorization(self, *_: object) -> str:
            assert told.wait(60)
            raise Unreachable("silent")

    browser.app.state.provider = Silent()  # type: ignore[attr-defined]
    many = 50
    with browser, ThreadPoolExecutor(many + 1) as pool:
        waiting = [pool.submit(browser.get, SIGN_IN) for _ in range(many)]
        try:
            refused = next(as_completed(waiting, timeout=30)).result()
            assert refused.status_code == 503, "too many wait already"
            assert pool.submit(browser.get, "/").result(timeout=30).status_code == 200
        finally:
            told.set()
        assert {each.result().status_code for each in waiting} == {503}


def test_a_provider_that_falls_ill_on_the_way_is_said_to_and_signs_nobody_in(
    region: Region, chosen: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with identities() as there:
        browser = browser_of(region, chosen, there.base, oidc_client_id=CLIENT)
        nonce = _asked(browser, there)
        there.answer = JSONResponse({}, 500)
        answer = browser.get(BACK, params=nonce)
        assert answer.status_code == 503
        there.answer = None
        assert browser.get(BACK, params=nonce).status_code == 403, "a code is for once"
        there.claims = {"nonce": "x"}
        refused = browser.get(BACK, params=_asked(browser, there))
        assert refused.status_code == 403
        assert "nonce" not in refused.text
    assert "the ID token is refused: its nonce is not what was asked for" in caplog.text


def _asked(browser: TestClient, there: Identities) -> dict[str, str]:
    asked = parse_qs(urlsplit(browser.get(SIGN_IN).headers["location"]).query)
    assert asked["redirect_uri"] == [f"http://127.0.0.1:9{BACK}"]
    assert there.base
    return {"state": asked["state"][0], "code": asked["nonce"][0]}


def test_without_a_provider_the_pages_are_closed_and_say_so(region: Region, chosen: Settings) -> None:
    browser = TestClient(create_app(region, chosen), chosen.public_url, follow_redirects=False)
    for page in (HOME, QUEUE, "/agents/questions", "/agents/journal", SIGN_IN, BACK):
        answer = browser.get(page)
        assert answer.status_code == 503
        assert "L’espace des agents est fermé" in answer.text


# Where it leads


@pytest.mark.parametrize(
    "asked",
    [
        *(
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/agents/../../x\n",
            "javascript:alert(1)",
        ),
        *(
            "/agents@evil.example",
            "/agents//evil.example",
            "/agentsx",
            "/offres",
            "",
            "/agents?x=//evil.example",
        ),
        *("/agents/%0d%0aSet-Cookie:x", "/agents/é", "/alertes/" + "a" * 600),
    ],
)
def test_nothing_leads_away_from_officers_pages(asked: str) -> None:
    assert leads_to(asked) == HOME


@pytest.mark.parametrize(
    "asked", [HOME, QUEUE, f"{QUEUE}/7?motif=loi", "/agents/journal?avant=12", "/alertes/WyIxIiwxXQ.a-b_c"]
)
def test_every_page_of_officers_may_be_where_it_leads(asked: str) -> None:
    assert leads_to(asked) == asked


@given(st.text(alphabet="/\\.:@?&=%agents\n\t", max_size=30) | st.text(max_size=30))
def test_whatever_is_asked_for_it_stays_here(asked: str) -> None:
    parts = urlsplit(leads_to(asked))
    assert (parts.scheme, parts.netloc) == ("", "")
    assert re.match(r"/(agents|alertes)(/|\?|\Z)", leads_to(asked))


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": " Ada \u0000 Lovelace\u202e "}, "Ada Lovelace"),
        ({"name": "", "preferred_username": "ada"}, "ada"),
        ({"name": 7, "email": "ada@region.example"}, "ada@region.example"),
        ({"sub": "u-1"}, "u-1"),
        ({"name": "x" * 200}, "x" * 80),
    ],
)
def test_decisions_are_kept_under_a_name_that_can_be_read(claims: dict[str, Any], name: str) -> None:
    assert name_of(claims) == name


# Somebody else's provider


def test_a_provider_that_others_wrote_lets_somebody_in(region: Region, chosen: Settings) -> None:
    user = oidc_provider_mock.User(
        sub="ada", claims={"name": "Ada Lovelace", "groups": ["boostez-audit", "elsewhere"]}
    )
    with oidc_provider_mock.run_server_in_thread(require_nonce=True, user_claims=[user]) as server:
        browser = browser_of(
            region,
            chosen,
            f"http://localhost:{server.server_port}",
            oidc_client_id="portail",
            oidc_client_secret=SecretStr("any"),
        )
        answer = httpx.post(sent_to(browser, "/agents/journal"), data={"sub": "ada"}, trust_env=False)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        done = browser.get(f"{back.path}?{back.query}")
        assert (done.status_code, done.headers["location"]) == (303, "/agents/journal")
        assert "Ada Lovelace" in browser.get("/agents/journal").text
        out = browser.post(OUT, data={"sceau": seal_of(browser.get(HOME).text)})
        assert "Terminer aussi celle-là" in out.text


def test_the_log_is_read_page_by_page_and_reading_it_is_in_it(browser: TestClient, region: Region) -> None:
    """Also by somebody who is called what the log calls nobody: a name may be its owner's to choose."""
    sign_in(browser, region, browser.app.state.settings, "term", ["auditor"])  # type: ignore[attr-defined]
    with region.begin() as connection:
        acts.note(connection, "approved", "posting", range(120), "<b>Bo</b>", dt.datetime.now(dt.UTC))
    page = browser.get("/agents/journal").text
    assert "&lt;b&gt;Bo&lt;/b&gt;" in page
    assert page.count("<tr>") == 101
    (following,) = re.findall(r'href="(/agents/journal\?avant=\d+)"', page)
    older = browser.get(following).text
    assert older.count("<tr>") == 22
    assert "s’identifie" in older
    assert "?avant" not in older
    again = browser.get("/agents/journal?avant=x").text
    assert "<td>term</td>" in again
    assert "le terme de conservation" not in again
    assert [act.did for act in acts.listed(region, limit=3)] == ["read"] * 3


def test_every_act_has_its_french_words() -> None:
    template = (FOLDER / "templates" / "access_journal.html").read_text("utf-8")
    words = {word for kind in (acts.What, acts.Via, *get_args(acts.Did)) for word in get_args(kind)}
    assert {word for word in words if f'"{word}": "' not in template} == set()
