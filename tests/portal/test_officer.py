"""The officers' queue: decided under the name of whoever is signed in, on exactly the text that was shown."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Response
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.offers import offers, postings
from connectors.region.offers.postings import Posting
from connectors.settings import Settings
from core.drafts import Draft
from portal import officer
from portal.app import create_app
from schemas.offer import Employer
from tests.makers import incoming, job, portal_draft
from tests.officers import cookie_name, sign_in
from tests.portal.test_hostile import Markup
from tests.portal.test_posting import seal_of

pytestmark = pytest.mark.database
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def chosen(chosen: Settings) -> Settings:
    return chosen.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:1")})


@pytest.fixture
def browser(region: Region, chosen: Settings) -> Iterator[TestClient]:
    with TestClient(
        create_app(region, chosen), base_url="https://offres.region.example", raise_server_exceptions=False
    ) as opened:
        yield opened


@pytest.fixture
def queue(browser: TestClient, region: Region, chosen: Settings) -> str:
    """The path of the queue, once Ada is signed in."""
    sign_in(browser, region, chosen, "Ada")
    return officer.QUEUE


def draft(**changes: Any) -> Draft:
    return portal_draft(**{"expires_at": NOW + dt.timedelta(days=30), **changes})


def posted(region: Region, minutes: int = 0, **changes: Any) -> Posting:
    """A posting that waits."""
    at = NOW + dt.timedelta(minutes=minutes)
    added = postings.add(region, draft(**changes), f"c{minutes}@fournil.example", b"origin", at)
    found = postings.confirm(region, added.ref, at)
    assert found is not None
    return found


def press(browser: TestClient, path: str, action: str, **changes: str) -> Response:
    """Open a posting's page and press a button of it."""
    shown = browser.get(path).text
    revision = re.search(r'name="texte" value="(\d+)"', shown)
    assert revision
    form = {"sceau": seal_of(shown), "texte": revision[1], "action": action, **changes}
    answer: Response = browser.post(path, data=form, follow_redirects=False)
    return answer


def effects(region: Region) -> list[str]:
    with region.begin() as connection:
        return list(connection.scalars(text("SELECT subject FROM effect ORDER BY id")))


def test_the_queue_says_what_waits_and_since_when_oldest_first(
    browser: TestClient, region: Region, queue: str
) -> None:
    assert "Rien n’attend" in browser.get(queue).text
    posted(region, 5, title="Deuxième")
    first = posted(region, 0, title="Première", employer=Employer(name="Inconnue", siret="35600000000048"))
    offers.merge(region, None, "contractor", [incoming(job("J-1"))])
    unconfirmed = postings.add(region, draft(title="Jamais confirmée"), "x@y.example", b"o", NOW)
    page = browser.get(queue).text
    assert page.index("Première") < page.index("Deuxième")
    assert unconfirmed.title not in page
    assert "connue ici sous le nom «&nbsp;Fournil des Pentes&nbsp;»" in page
    assert "SIRET 35600000000048, inconnue ici" in page
    assert "2&nbsp;offres attendent" in page
    assert f'href="{queue}/{first.id}"' in page
    assert "Bonjour Ada" in page
    assert "c5@" not in page
    none = browser.get(f"{queue}/{unconfirmed.id}")
    assert (none.status_code, browser.get(f"{queue}/x").status_code) == (404, 404)
    assert unconfirmed.title not in none.text


def test_a_text_is_seen_as_residents_will_and_approved_under_the_officers_name(
    browser: TestClient, region: Region, queue: str
) -> None:
    posting = posted(region)
    path = f"{queue}/{posting.id}"
    before = effects(region)
    page = browser.get(path)
    assert "Du mardi au samedi, dès 5 h." in page.text
    assert "À vérifier" in page.text
    assert "sous le nom «&nbsp;Ada&nbsp;»" in page.text
    assert "annuaire-entreprises.data.gouv.fr/etablissement/73282932000074" in page.text
    assert "Ce qui change" not in page.text
    assert (postings.get(region, posting.id), effects(region)) == (posting, before), "opening changes nothing"
    answer = press(browser, path, "approuver")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    decided = postings.get(region, posting.id)
    assert (decided.state, decided.decided_by, decided.approved_revision) == ("approved", "Ada", 1)
    told = browser.get(path)
    assert told.status_code == 200
    assert "Approuvée par Ada" in told.text
    assert "dans la minute" in told.text
    assert f"/offres/{posting.key}" in told.text
    assert "Rien n’attend" in browser.get(queue).text


def test_what_an_edit_changes_is_shown_against_the_text_that_is_out(
    browser: TestClient, region: Region, queue: str
) -> None:
    posting = posted(region)
    postings.approve(region, posting.id, 1, "Bob", NOW)
    new = draft(title="Chef boulanger", description="Vous façonnez et cuisez le pain.\n\nDu lundi au jeudi.")
    postings.amend(region, posting.ref, 1, new, NOW)
    assert "Change&nbsp;: intitulé, texte." in browser.get(queue).text
    page = browser.get(f"{queue}/{posting.id}").text
    table = page[page.index("Ce qui change") : page.index("À vérifier")]
    for told in (
        "Boulanger, boulangère",
        "Chef boulanger",
        "Du mardi au samedi, dès 5 h.",
        "Du lundi au jeudi.",
    ):
        assert told in table
    assert "Vous façonnez" not in table
    press(browser, f"{queue}/{posting.id}", "refuser", raison="Ce n’est plus le même poste.")
    assert "celui qui est en ligne y reste" in browser.get(f"{queue}/{posting.id}").text
    assert postings.out(region, posting) is not None


def test_a_refusal_needs_a_reason_which_may_be_a_prepared_one(
    browser: TestClient, region: Region, queue: str
) -> None:
    posting = posted(region)
    path = f"{queue}/{posting.id}"
    for reason in ("", " \n ", "no", "x" * (officer.LONGEST + 1)):
        answer = press(browser, path, "refuser", raison=reason)
        assert answer.status_code == 422
        assert reason.strip() in answer.text, "nothing that was typed is lost"
    assert postings.get(region, posting.id).state == "waiting"
    page = browser.get(path).text
    motives = re.findall(rf'href="{re.escape(path)}\?motif=(\w+)#refuser"', page)
    assert len(motives) == 4
    for motive in motives:
        shown = browser.get(f"{path}?motif={motive}").text
        prepared = re.search(r"<textarea[^>]*>\n(.+)</textarea>", shown)
        assert prepared, motive
    assert "<textarea" in browser.get(f"{path}?motif=<x>").text
    answer = press(browser, path, "refuser", raison="Le SIRET est d’un autre.\r\nMerci.\x07")
    assert answer.status_code == 303
    decided = postings.get(region, posting.id)
    assert (decided.state, decided.decided_by) == ("refused", "Ada")
    assert decided.reason == "Le SIRET est d’un autre.\nMerci."
    assert "Refusée par Ada" in browser.get(path).text


def test_whoever_decides_second_is_told_who_was_first(
    browser: TestClient, region: Region, queue: str
) -> None:
    posting = posted(region)
    path = f"{queue}/{posting.id}"
    shown = browser.get(path).text
    postings.refuse(region, posting.id, 1, "Bob", "Non.", NOW)
    form = {"sceau": seal_of(shown), "texte": "1", "action": "approuver"}
    answer = browser.post(path, data=form, follow_redirects=False)
    assert answer.status_code == 409
    assert "Déjà décidé&nbsp;: refusée par Bob" in answer.text
    assert postings.get(region, posting.id).decided_by == "Bob"


def test_a_decision_holds_for_the_text_that_was_shown(
    browser: TestClient, region: Region, queue: str
) -> None:
    posting = posted(region)
    path = f"{queue}/{posting.id}"
    shown = browser.get(path).text
    postings.amend(region, posting.ref, 1, draft(title="Autre texte"), NOW)
    for action in ("approuver", "refuser"):
        form = {"sceau": seal_of(shown), "texte": "1", "action": action, "raison": "Pas ainsi."}
        answer = browser.post(path, data=form, follow_redirects=False)
        assert answer.status_code == 409
        assert "un autre texte pendant que vous lisiez" in answer.text
        assert "Autre texte" in answer.text
    assert postings.get(region, posting.id).state == "waiting"


def test_what_a_rule_refuses_is_not_approved_and_can_be_refused(
    browser: TestClient, region: Region, queue: str
) -> None:
    posting = posted(region)
    path = f"{queue}/{posting.id}"
    with region.begin() as connection:
        connection.execute(
            text("UPDATE posting SET draft = jsonb_set(draft, '{expires_at}', to_jsonb(cast(:at AS text)))"),
            {"at": (NOW - dt.timedelta(seconds=9)).isoformat()},
        )
    answer = press(browser, path, "approuver")
    assert answer.status_code == 409
    assert "date de fin" in answer.text
    with region.begin() as connection:
        connection.execute(text("UPDATE posting SET draft = jsonb_set(draft, '{postal_code}', '\"69999\"')"))
    page = browser.get(path).text
    assert "Une règle des offres" in page
    assert 'value="approuver"' not in page
    assert posting.title in browser.get(queue).text
    assert press(browser, path, "refuser", raison="Ce code postal n’existe pas.").status_code == 303


def test_who_may_not_sees_nothing_and_decides_nothing(
    browser: TestClient, region: Region, chosen: Settings
) -> None:
    posting = posted(region)
    path = f"{officer.QUEUE}/{posting.id}"
    sign_in(browser, region, chosen, "Ada")
    form = {"sceau": seal_of(browser.get(path).text), "texte": "1", "action": "approuver"}
    browser.cookies.delete(cookie_name(chosen))
    for place in (officer.QUEUE, path):
        answer = browser.get(place, follow_redirects=False)
        assert answer.status_code == 503, "no provider: closed"
        assert posting.title not in answer.text
    assert browser.post(path, data=form).status_code == 401
    sign_in(browser, region, chosen, "Bob", ["questions", "operations", "auditor"])
    for answer in (browser.get(officer.QUEUE), browser.get(path), browser.post(path, data=form)):
        assert answer.status_code == 403
        assert "Il vous manque le rôle «&nbsp;offres&nbsp;»" in answer.text
        assert "l’équipe Boostez de la Région" in answer.text
        assert posting.title not in answer.text
    assert postings.get(region, posting.id).state == "waiting"
    refused = [(act.by, act.ref, act.note) for act in acts.listed(region) if act.outcome == "refused"]
    at = (("Bob", "/agents/offres", "lacks postings"), ("Bob", "/agents/offres/{number}", "lacks postings"))
    assert refused == [at[1], at[1], at[0]]


def test_a_decision_is_in_the_log_with_who_what_and_from_where(
    browser: TestClient, region: Region, queue: str
) -> None:
    posting = posted(region)
    press(browser, f"{queue}/{posting.id}", "approuver")
    decision, signed_in = acts.listed(region)
    assert (decision.by, decision.account, decision.via) == ("Ada", "sub-Ada", "portal")
    assert (decision.did, decision.what, decision.ref, decision.note) == (
        "approved",
        "posting",
        str(posting.id),
        "text 1",
    )
    assert decision.address == "testclient"
    assert signed_in.did == "signed_in"


def test_a_form_of_another_site_or_without_its_seal_decides_nothing(
    browser: TestClient, region: Region, queue: str
) -> None:
    posting = posted(region)
    path = f"{queue}/{posting.id}"
    form = {
        "sceau": seal_of(browser.get(path).text),
        "texte": "1",
        "action": "refuser",
        "raison": "Mon motif.",
    }
    assert browser.post(path, data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    answer = browser.post(path, data={**form, "sceau": "x"})
    assert answer.status_code == 403
    assert "Mon motif." in answer.text
    browser.cookies.delete("__Host-deposer")
    assert browser.post(path, data=form).status_code == 403
    assert postings.get(region, posting.id).state == "waiting"


def test_its_pages_are_kept_by_nobody_and_told_to_nobody(
    browser: TestClient, region: Region, queue: str
) -> None:
    posting = posted(region)
    for path in (queue, f"{queue}/{posting.id}", f"{queue}/99"):
        headers = browser.get(path).headers
        assert headers["cache-control"] == "no-store", path
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-robots-tag"] == "noindex"
    assert "Disallow: /agents/" in browser.get("/robots.txt").text


HOSTILE = "<script>alert(1)</script>\"'>&{{7*7}}"


def test_what_a_firm_or_an_officer_writes_is_words(
    browser: TestClient, region: Region, chosen: Settings
) -> None:
    sign_in(browser, region, chosen, "Ada <b>")
    queue = officer.QUEUE
    name = Employer(name=HOSTILE, siret="73282932000074")
    posting = posted(region, title=f"Titre {HOSTILE}", employer=name, description=f"{HOSTILE} et du texte.")
    postings.approve(region, posting.id, 1, "Bob", NOW)
    postings.amend(region, posting.ref, 1, draft(title=f"Autre {HOSTILE}", employer=name), NOW)
    path = f"{queue}/{posting.id}"
    for page in (
        browser.get(queue).text,
        browser.get(path).text,
        press(browser, path, "refuser", raison="<").text,
    ):
        assert "script" not in dict(Markup(page).tags)
        assert "<b>" not in page
    press(browser, path, "refuser", raison=HOSTILE)
    assert "script" not in dict(Markup(browser.get(path).text).tags)
