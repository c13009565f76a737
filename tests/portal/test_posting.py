"""A firm posts an offer: the form, its preview, and the pages behind the links of its mails."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from httpx import Response
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.region.offers import offers, postings
from connectors.region.offers.postings import Posting
from connectors.seals import Seals
from connectors.settings import Settings
from portal import forms, posting
from portal.app import create_app
from portal.posting_form import FIELDS
from tests.makers import incoming, job
from tests.portal.test_hostile import Markup

pytestmark = pytest.mark.database
NOW = dt.datetime.now(dt.UTC)
GOOD = {
    "siret": "732 829 320 00074",
    "nom": "Fournil des Pentes",
    "courriel": "contact@fournil.example",
    "titre": "Boulanger, boulangère",
    "description": "Vous façonnez et cuisez le pain.\n\nDu mardi au samedi, moins de 3 < 4 & dès 5 h.",
    "contrat": "cdi",
    "duree": "",
    "heures": "35",
    "salaire_min": "1 900,50",
    "salaire_max": "2100",
    "salaire_unite": "mois",
    "experience": "",
    "postes": "2",
    "debut": "",
    "code_postal": "69001",
    "ville": "Lyon",
    "teletravail": "aucun",
    "postuler_courriel": "emploi@fournil.example",
    "postuler_site": "",
    "fin": (NOW.date() + dt.timedelta(days=30)).isoformat(),
}


@pytest.fixture
def chosen(chosen: Settings) -> Settings:
    return chosen.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:1")})


@pytest.fixture
def firm(region: Region, chosen: Settings) -> Iterator[TestClient]:
    """A browser at the portal's public address, where its cookies are kept."""
    with TestClient(
        create_app(region, chosen), base_url="https://offres.region.example", raise_server_exceptions=False
    ) as browser:
        yield browser


def seal_of(page: str) -> str:
    found = re.search(r'name="sceau" value="([^"]+)"', page)
    assert found
    return found[1]


def send(
    firm: TestClient, path: str = "/deposer", /, action: str = "envoyer", headers: Any = None, **changes: str
) -> Response:
    """Open a form, fill it in, press a button."""
    seal = seal_of(firm.get(path).text)
    form = {"sceau": seal, **GOOD, "action": action, **changes}
    answer: Response = firm.post(path, data=form, headers=headers, follow_redirects=False)
    return answer


def only(region: Region) -> Posting:
    (found,) = postings.listed(region, every=True)
    return found


def numbers(region: Region) -> int:
    return len(postings.listed(region, every=True))


@pytest.fixture
def confirmed(firm: TestClient, region: Region, chosen: Settings) -> tuple[Posting, str]:
    """A confirmed posting, and the path of the page that manages it."""
    assert send(firm).status_code == 303
    added = only(region)
    path = path_of(Seals(chosen).link("confirm", added.ref, NOW))
    answer = firm.post(path, data={"sceau": seal_of(firm.get(path).text)}, follow_redirects=False)
    assert answer.status_code == 303
    return only(region), answer.headers["location"]


def path_of(link: str) -> str:
    return link.removeprefix("https://offres.region.example")


# The form


def test_a_form_becomes_a_posting_that_waits_for_its_confirmation(firm: TestClient, region: Region) -> None:
    answer = send(firm)
    assert (answer.status_code, answer.headers["location"]) == (303, "/deposer/envoyee")
    assert "48" in firm.get("/deposer/envoyee").text
    added = only(region)
    assert (added.state, added.siret, added.revision, added.approved_revision) == (
        "unconfirmed",
        "73282932000074",
        1,
        None,
    )
    assert added.draft is not None
    assert added.draft.job is not None
    assert added.draft.job.salary is not None
    assert added.draft.job.salary.minimum == 1900.5
    assert added.draft.expires_at is not None
    with region.begin() as connection:
        (content,) = connection.scalars(text("SELECT content FROM effect WHERE channel = 'mail'"))
    assert content == {"about": "posting", "kind": "confirm", "posting": added.id, "revision": 1}


def test_la_poste_has_sirets_of_its_own(firm: TestClient, region: Region) -> None:
    assert send(firm, siret="35600000000048").status_code == 303
    assert send(firm, siret="35600000009075", courriel="b@laposte.example").status_code == 303
    assert send(firm, siret="35600000009076").status_code == 422
    assert numbers(region) == 2


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("siret", "", "à remplir"),
        ("siret", "73282932000075", "Ce SIRET n’est pas valable"),
        ("siret", "7328293200007", "Ce SIRET n’est pas valable"),
        ("nom", "", "à remplir"),
        ("courriel", "contact", "n’est pas valable"),
        ("courriel", "a@b.example\r\nBcc: c@d.example", "n’est pas valable"),
        ("titre", "  ", "à remplir"),
        ("titre", "B" * 121, "trop long"),
        ("description", "court", "trop court"),
        ("contrat", "", "à remplir"),
        ("contrat", "esclavage", "Choisissez dans la liste"),
        ("duree", "0", "pas possible"),
        ("heures", "49", "pas possible"),
        ("heures", "beaucoup", "en chiffres"),
        ("salaire_min", "999999", "n’est pas possible"),
        ("salaire_max", "1800", "inférieur"),
        ("postes", "1,5", "pas possible"),
        ("debut", "2027-02-30", "n’existe pas"),
        ("code_postal", "6900", "cinq chiffres"),
        ("ville", "Grenoble", "n’est pas desservie"),
        ("postuler_courriel", "", "comment postuler"),
        ("postuler_site", "javascript:alert(1)", "n’est pas valable"),
        ("postuler_site", "https://a@b.example/", "n’est pas valable"),
        ("fin", "", "à remplir"),
        ("fin", "2020-01-01", "entre demain"),
        ("fin", "9999-12-31", "entre demain"),
    ],
)
@pytest.mark.parametrize("action", ["apercu", "envoyer"])
def test_what_is_wrong_is_said_at_its_field_and_at_the_top(
    firm: TestClient, region: Region, field: str, value: str, told: str, action: str
) -> None:
    answer = send(
        firm, action=action, **{field: value} | ({"salaire_max": ""} if field == "salaire_min" else {})
    )
    assert answer.status_code == 422
    assert numbers(region) == 0
    page = unescape(answer.text)
    assert f'href="#{field}"' in page
    assert told in page.partition(f'id="{field}-erreur"')[2].partition("</p>")[0]
    assert "<title>Erreur" in page
    control = next(a for _, a in Markup(answer.text).tags if a.get("id") == field)
    assert control["aria-invalid"] == "true"
    assert f"{field}-erreur" in (control["aria-describedby"] or "").split()


def test_a_long_address_without_end_is_refused_in_no_time(firm: TestClient) -> None:
    """A form kept the portal busy for half a minute: each dot of 60 KB was tried as the one before the top-level domain."""
    begun = time.process_time()
    assert send(firm, postuler_site=f"https://a{'.' * 60_000}<").status_code == 422
    assert time.process_time() - begun < 3


def test_every_error_is_told_at_once_in_the_order_of_the_page(firm: TestClient) -> None:
    page = send(firm, **dict.fromkeys(FIELDS, "")).text
    told = re.findall(r'<li><a href="#(\w+)">', page)
    assert told == [name for name in FIELDS if name in told]
    assert set(told) >= {"siret", "nom", "courriel", "titre", "description", "contrat", "fin"}


def test_fields_have_labels_helps_and_what_a_telephone_needs(firm: TestClient) -> None:
    markup = Markup(firm.get("/deposer").text)
    labels = {attributes.get("for") for tag, attributes in markup.tags if tag == "label"}
    ids = [attributes["id"] for _, attributes in markup.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    controls = {
        str(a["name"]): a
        for tag, a in markup.tags
        if tag in {"input", "select", "textarea"} and a.get("type") != "hidden"
    }
    assert set(controls) == {*FIELDS, posting.TRAP}
    for name, attributes in controls.items():
        assert name in labels
        assert set((attributes.get("aria-describedby") or "").split()) <= set(ids)
    assert controls["siret"]["inputmode"] == "numeric"
    assert controls["courriel"]["autocomplete"] == "email"
    assert controls["nom"]["autocomplete"] == "organization"
    assert controls[posting.TRAP]["tabindex"] == "-1"


def test_what_was_typed_stays_and_acts_nowhere(firm: TestClient) -> None:
    hostile = '"><script>alert(1)</script>'
    for action in ("apercu", "envoyer", "modifier", "chercher"):
        page = send(firm, action=action, titre=hostile, fin="", nom=hostile).text
        assert hostile not in page
        assert "&lt;script&gt;" in page
    page = send(firm, action="apercu", titre=hostile, description=hostile * 3).text
    assert "<script" not in page
    assert page.count("alert(1)") >= 4, "it is shown as the text that it is"


def test_the_preview_shows_the_offer_as_it_will_look_and_keeps_nothing(
    firm: TestClient, region: Region
) -> None:
    answer = send(firm, action="apercu")
    assert answer.status_code == 200
    page = unescape(answer.text)
    assert "<h1>Boulanger, boulangère</h1>" in page
    assert "1\u202f900,50 à 2\u202f100\u00a0€ brut par mois" in page
    assert "moins de 3 < 4 & dès 5 h." in page
    assert "attribuée à l’envoi" in page
    assert "contact@fournil.example" not in page.partition("</form>")[2]
    assert numbers(region) == 0
    form = {
        a["name"]: a.get("value") or "" for t, a in Markup(answer.text).tags if t == "input" and a.get("name")
    }
    again = firm.post("/deposer", data={**form, "action": "modifier"}).text
    assert 'value="Boulanger, boulangère"' in again
    assert (
        firm.post("/deposer", data={**form, "action": "envoyer"}, follow_redirects=False).status_code == 303
    )
    assert numbers(region) == 1


def test_the_firm_s_name_is_looked_up_in_what_we_hold(firm: TestClient, region: Region) -> None:
    assert send(firm, nom="").status_code == 422
    offers.merge(region, None, "contractor", [incoming(job())])
    assert 'value="Fournil des Pentes"' in send(firm, action="chercher", nom="x").text
    assert send(firm, action="apercu", nom="").status_code == 200
    assert send(firm, nom="").status_code == 303
    assert only(region).draft.employer.name == "Fournil des Pentes"  # type: ignore[union-attr]


def test_an_anonymous_employer_is_not_found_by_its_siret(region: Region) -> None:
    anonymous = job(employer=job().employer.__class__(anonymous=True))
    offers.merge(region, None, "contractor", [incoming(anonymous)])
    assert postings.employer_name(region, "73282932000074") is None


def test_without_a_relay_nothing_can_be_posted(region: Region, chosen: Settings) -> None:
    closed = chosen.model_copy(update={"smtp_url": None})
    browser = TestClient(create_app(region, closed), base_url="https://offres.region.example")
    assert browser.get("/deposer").status_code == 503
    assert browser.post("/deposer", data=GOOD).status_code == 503
    assert numbers(region) == 0


# Who may send it


def test_a_cookie_comes_with_the_form_and_with_nothing_else(firm: TestClient) -> None:
    for path in ("/", "/offres", "/deposer/envoyee", "/deposer/suivi/x"):
        assert "set-cookie" not in firm.get(path).headers
    cookie = firm.get("/deposer").headers["set-cookie"]
    assert cookie.startswith("__Host-deposer=")
    for attribute in ("HttpOnly", "Secure", "SameSite=strict", "Path=/", "Max-Age=43200"):
        assert attribute in cookie
    assert "Domain" not in cookie


def test_what_is_said_of_cookies_and_addresses_is_true_of_the_form_too(firm: TestClient) -> None:
    """« Données » said that this portal sets no cookie and asks for no address; the form, which does both, led there for more."""
    assert (
        '<a href="/vie-privee">'
        in firm.get("/deposer").text.partition("<h2>Vos données")[2].partition("</form>")[0]
    )
    told = unescape(firm.get("/donnees").text)
    assert "Ce portail ne demande ni compte ni adresse" not in told
    assert (
        "Chercher, lire et reprendre des offres ne demande ni compte ni adresse, ne dépose aucun cookie"
        in told
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://ailleurs.example"},
        {"Origin": "https://ailleurs.example", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_that_another_site_sends_is_refused(
    firm: TestClient, region: Region, headers: dict[str, str]
) -> None:
    assert send(firm, headers=headers).status_code == 403
    assert numbers(region) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null"},
        {"Origin": "https://offres.region.example"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_form_of_ours_is_taken_whatever_the_browser_tells(
    firm: TestClient, region: Region, headers: dict[str, str]
) -> None:
    assert send(firm, headers=headers).status_code == 303
    assert numbers(region) == 1


def test_a_form_without_its_seal_or_its_cookie_keeps_nothing_and_loses_no_answer(
    firm: TestClient, region: Region, chosen: Settings
) -> None:
    seal = seal_of(firm.get("/deposer").text)
    stranger = Seals(chosen.model_copy(update={"portal_secret": SecretStr("x" * 40)}))
    old = Seals(chosen).seal("form", firm.cookies["__Host-deposer"], NOW - dt.timedelta(hours=13))
    other = Seals(chosen).seal("manage", firm.cookies["__Host-deposer"], NOW)
    forged = stranger.seal("form", firm.cookies["__Host-deposer"], NOW)
    for wrong in ("", "x", seal[:-1], old, other, forged, "y" * 5000):
        answer = firm.post("/deposer", data={**GOOD, "sceau": wrong, "action": "envoyer"})
        assert answer.status_code == 403
        assert 'value="Boulanger, boulangère"' in answer.text
    firm.cookies.clear()
    answer = firm.post("/deposer", data={**GOOD, "sceau": seal, "action": "envoyer"})
    assert answer.status_code == 403
    assert numbers(region) == 0
    again = {**GOOD, "sceau": seal_of(answer.text), "action": "envoyer"}
    assert firm.post("/deposer", data=again, follow_redirects=False).status_code == 303


def test_a_cookie_with_an_accent_is_no_cookie_of_ours(firm: TestClient) -> None:
    """Only ASCII can be compared as text: such a cookie was a mistake of ours, with its page and its traceback."""
    seal = seal_of(firm.get("/deposer").text)
    firm.cookies.clear()
    cookie = "__Host-deposer=é".encode("latin-1")
    answer = firm.post("/deposer", data={**GOOD, "sceau": seal}, headers={b"Cookie": cookie})
    assert answer.status_code == 403


def test_what_fills_in_the_field_that_nobody_sees_is_thanked_and_forgotten(
    firm: TestClient, region: Region
) -> None:
    assert send(firm, **{posting.TRAP: "https://spam.example"}).status_code == 303
    assert numbers(region) == 0


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"titre=" + b"a" * forms.LARGEST, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=1" % n for n in range(forms.MOST + 1)), "application/x-www-form-urlencoded", 400),
        (b"titre=%ff%fe", "application/x-www-form-urlencoded", 400),
        ("titre=é".encode(), "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"", "multipart/form-data; boundary=x", 415),
    ],
)
def test_a_body_that_is_no_form_of_ours_is_refused(
    firm: TestClient, region: Region, body: bytes, media: str, status: int
) -> None:
    answer = firm.post("/deposer", content=body, headers={"Content-Type": media})
    assert answer.status_code == status
    page = unescape(answer.text)
    assert "Cet envoi n’a pas été pris en compte" in page
    assert ("raccourcissez votre texte" in page) == (status == 413)
    assert "de nous" not in page, "it was called a mistake of ours, and one that is in the log"
    assert numbers(region) == 0


def test_too_many_in_a_day_are_turned_away_and_told_when(firm: TestClient, region: Region) -> None:
    for number in range(postings.LIMITS.contact):
        assert send(firm, titre=f"Boulanger {number}").status_code == 303
    answer = send(firm, courriel="CONTACT@fournil.example")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    for number in range(postings.LIMITS.origin - postings.LIMITS.contact):
        assert (
            send(firm, titre=f"Boulanger {number}", courriel=f"c{number}@fournil.example").status_code == 303
        )
    assert send(firm, courriel="d@fournil.example").status_code == 429
    assert numbers(region) == postings.LIMITS.origin
    with region.begin() as connection:
        connection.execute(text("UPDATE posting SET created_at = created_at - interval '25 hours'"))
    assert send(firm).status_code == 303
    assert numbers(region) == postings.LIMITS.origin + 1


# Links


def test_opening_the_link_confirms_nothing_and_its_button_does_once(
    firm: TestClient, region: Region, chosen: Settings
) -> None:
    send(firm)
    ref = only(region).ref
    path = path_of(Seals(chosen).link("confirm", ref, NOW))
    for _ in range(2):
        assert "Confirmer" in firm.get(path).text
    assert only(region).state == "unconfirmed"
    for _ in range(2):
        answer = firm.post(path, data={"sceau": seal_of(firm.get(path).text)}, follow_redirects=False)
        assert answer.status_code == 303
        assert "attend d’être relue" in firm.get(answer.headers["location"]).text
    found = only(region)
    assert (found.state, found.confirmed_at is not None) == ("waiting", True)


def test_a_link_opens_what_it_is_for_and_nothing_else(
    firm: TestClient, chosen: Settings, confirmed: tuple[Posting, str]
) -> None:
    found, manage = confirmed
    seals = Seals(chosen)
    confirm = path_of(seals.link("confirm", found.ref, NOW))
    for path in (
        manage.replace("suivi", "confirmer"),
        confirm.replace("confirmer", "suivi"),
        path_of(seals.link("confirm", found.ref, NOW - dt.timedelta(hours=49))),
        path_of(seals.link("confirm", found.ref, NOW + dt.timedelta(hours=1))),
        path_of(seals.link("manage", "P-unknown", NOW)),
        f"{manage}x",
        "/deposer/suivi/x",
        f"/deposer/suivi/{'x' * 4000}",
    ):
        assert firm.get(path).status_code == 410, path
        assert firm.post(path, data={"sceau": "x"}).status_code in {405, 410}


def test_a_link_s_pages_are_kept_by_nobody_and_told_to_nobody(
    firm: TestClient, confirmed: tuple[Posting, str], chosen: Settings
) -> None:
    _, manage = confirmed
    for path in (manage, f"{manage}/modifier", f"{manage}/fermer", "/deposer", "/deposer/suivi/x"):
        answer = firm.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert "etag" not in answer.headers
        assert "form-action 'self'" in answer.headers["content-security-policy"]
        assert chosen.public_url + manage not in answer.text
        assert "contact@fournil.example" not in answer.text


def test_an_edit_is_seen_first_waits_and_keeps_the_firm(
    firm: TestClient, region: Region, confirmed: tuple[Posting, str]
) -> None:
    found, manage = confirmed
    postings.approve(region, found.id, 1, "Ada", NOW)
    path = f"{manage}/modifier"
    page = unescape(firm.get(path).text)
    assert 'value="Boulanger, boulangère"' in page
    assert "moins de 3 < 4 & dès 5 h." in page
    assert 'value="1900,50"' in page
    changed = {"titre": "Pâtissier, pâtissière", "texte": "1", "siret": "35600000000048"}
    assert "<h1>Pâtissier, pâtissière</h1>" in send(firm, path, action="apercu", **changed).text
    assert only(region).revision == 1
    assert send(firm, path, **changed).headers["location"] == manage
    edited = only(region)
    assert (edited.state, edited.revision, edited.approved_revision, edited.title, edited.siret) == (
        "waiting",
        2,
        1,
        "Pâtissier, pâtissière",
        "73282932000074",
    )
    assert "Le précédent reste en ligne" in firm.get(manage).text
    assert send(firm, path, **changed).status_code == 409
    assert only(region).revision == 2
    assert send(firm, path, **{**changed, "titre": ""}).status_code == 422


def test_a_refusal_is_told_with_its_reason_as_text(
    firm: TestClient, region: Region, confirmed: tuple[Posting, str]
) -> None:
    found, manage = confirmed
    postings.refuse(region, found.id, 1, "Ada", "<b>Pas</b> de numéro.", NOW)
    page = firm.get(manage).text
    assert "&lt;b&gt;Pas&lt;/b&gt; de numéro." in page
    assert "Ada" not in page


def test_a_closed_posting_can_be_seen_and_no_longer_edited(
    firm: TestClient, region: Region, confirmed: tuple[Posting, str]
) -> None:
    found, manage = confirmed
    postings.approve(region, found.id, 1, "Ada", NOW)
    path = f"{manage}/fermer"
    assert only(region).state == "approved"
    answer = firm.post(path, data={"sceau": seal_of(firm.get(path).text)}, follow_redirects=False)
    assert answer.headers["location"] == manage
    assert only(region).state == "closed"
    assert "Elle est fermée" in firm.get(manage).text
    assert "Elle est fermée" in firm.get(path).text
    assert "Elle est fermée" in firm.get(f"{manage}/modifier").text
    assert send_edit(firm, manage).status_code == 409
    with region.begin() as connection:
        connection.execute(text("UPDATE posting SET closed_at = closed_at - interval '31 days'"))
    assert firm.get(manage).status_code == 410


def send_edit(firm: TestClient, manage: str) -> Response:
    seal = seal_of(firm.get("/deposer").text)
    form = {**GOOD, "sceau": seal, "texte": "1", "action": "envoyer"}
    answer: Response = firm.post(f"{manage}/modifier", data=form)
    return answer


def test_the_list_of_offers_knows_nothing_of_what_waits(
    firm: TestClient, confirmed: tuple[Posting, str]
) -> None:
    assert "Fournil" not in firm.get("/offres").text
    assert firm.get(f"/offres/{confirmed[0].key}").status_code == 404
