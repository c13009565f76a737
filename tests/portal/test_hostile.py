"""Whatever a source or a visitor writes, the portal's pages hold its own markup and nothing else."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from itertools import zip_longest
from urllib.parse import quote, urlsplit

import pytest
from msgspec.structs import replace
from starlette.testclient import TestClient

from schemas.offer import Employer, Location, Offer
from tests.hostile import ADDRESSES, EMAILS, SCRIPTS, offer_of
from tests.makers import training
from tests.portal.conftest import Place

pytestmark = pytest.mark.database
ACTIVE = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "svg",
    "math",
    "base",
    "template",
    "noscript",
    "img",
    "video",
}
DATA_BLOCK = ("script", {"type": "application/ld+json"})  # nothing runs it
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff\u00ad]")


class Markup(HTMLParser):
    """Every element of a page with its attributes, as a browser would read them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def check(page: str) -> Markup:
    """Nothing on the page acts, loads or posts elsewhere."""
    markup = Markup(page)
    for tag, attributes in markup.tags:
        assert tag not in ACTIVE or (tag, attributes) == DATA_BLOCK, tag
        assert not [
            name for name in attributes if name.startswith("on") or name in {"style", "srcdoc", "formaction"}
        ]
        assert tag != "meta" or "http-equiv" not in attributes
        assert tag != "form" or attributes["action"] == "/offres"
        if tag == "link":
            assert urlsplit(attributes["href"] or "").netloc in {"", "offres.region.example"}
        target = attributes.get("href") or attributes.get("src") or "/"
        assert re.match(r"/(?!/)|#|https?://|mailto:", target, re.IGNORECASE), target
        assert not re.search(r"\s", target)
    assert not UNSEEN.search(page)
    return markup


def shape(markup: Markup) -> list[str]:
    return [tag for tag, _ in markup.tags]


def hostile_offers() -> list[Offer]:
    """As many as any source could get past validation, with every script in every place that takes a text."""
    made = []
    for number, (script, address, email) in enumerate(zip_longest(SCRIPTS, ADDRESSES, EMAILS)):
        text = f"Boulanger {script}"
        addresses = {"apply_url": address} if address else {}
        mails = {"apply_email": email} if email else {}
        offer = offer_of(
            ref=f"H-{number}",
            title=text[:150],
            description=f"<p>Pain</p>{script}",
            employer={"name": text[:150], **({"url": address} if address else {})},
            location={"postal_code": "75001", "city": script[:80]},
            **addresses,
            **mails,
        )
        made.append(
            offer or offer_of(ref=f"H-{number}", title=text[:150], description=f"<p>Pain</p>{script}")
        )
    return [offer for offer in made if offer is not None]


def test_most_hostile_offers_get_as_far_as_the_board() -> None:
    assert len(hostile_offers()) > len(SCRIPTS) * 3 // 4


def test_no_page_of_a_hostile_offer_acts(client: TestClient, place: Place) -> None:
    for offer in hostile_offers():
        page = client.get(f"/offres/{place(offer)}").text
        markup = check(page)
        assert f"<h1>{offer.title}</h1>" in unescape(page)
        links = [attributes.get("href") or "" for tag, attributes in markup.tags if tag == "a"]
        assert ([link for link in links if link.startswith("mailto:")] != []) is bool(offer.apply_email)


def test_no_list_with_hostile_offers_acts(client: TestClient, place: Place) -> None:
    placed = [place(offer) for offer in hostile_offers()]
    assert placed
    for address in ("/", "/offres", "/offres?type=emploi", "/offres?q=boulanger", "/flux"):
        assert "Boulanger" in client.get(address).text or address == "/flux"
        check(client.get(address).text)


def test_even_what_no_source_could_get_past_validation_does_not_act(client: TestClient, place: Place) -> None:
    """Title, names and addresses are escaped on the page itself: it does not lean on what was refused before."""
    for number, script in enumerate(SCRIPTS):
        text = UNSEEN.sub("", script).replace("\n", " ").replace("\r", " ")
        bad = training(
            str(number),
            title=text,
            employer=Employer(name=text, url=f"javascript:{text}"),
            location=Location(postal_code="69001", city=text),
            rome_code="D1102",
            rome_label=text,
            apply_url=f"javascript:{text}",
            apply_email=f"a@b.example?bcc={text}",
        )
        page = client.get(f"/offres/{place(bad)}").text
        check(page)
        plain = client.get(f"/offres/{place(replace(bad, ref=f'P{number}', title='x'))}").text
        markup, unmarked = (
            Markup(re.sub(r'<section class="alike".*?</section>', "", each, flags=re.DOTALL))
            for each in (page, plain)
        )
        assert shape(markup) == shape(unmarked)


@pytest.mark.parametrize("email", [email for email in EMAILS if email])
def test_a_link_to_an_address_writes_to_that_address_only(
    client: TestClient, place: Place, email: str
) -> None:
    offer = offer_of(apply_email=email)
    if offer is None or offer.apply_email is None:
        return
    page = client.get(f"/offres/{place(offer)}").text
    [link] = [
        attributes["href"] or ""
        for tag, attributes in Markup(page).tags
        if "mailto:" in str(attributes.get("href"))
    ]
    parts = urlsplit(link)
    assert (parts.query, parts.fragment) == ("", "")
    assert "%0A" not in parts.path.replace("%250A", "")
    assert link.count("@") == 1


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_search_or_address_writes_into_the_page(client: TestClient, script: str) -> None:
    asked = quote(script, safe="")
    for address in (
        f"/offres?q={asked}",
        f"/offres?type={asked}&departement={asked}&contrat={asked}&teletravail={asked}&tri={asked}&apres={asked}&page={asked}",
        f"/offres?q=boulanger&{asked}={asked}",
        f"/offres/{asked}",
        f"/feeds/{asked}",
        f"/{asked}",
    ):
        answer = client.get(address)
        assert answer.status_code in {200, 404}
        check(answer.text)
        assert not any("\n" in value or "\r" in value for value in answer.headers.values())
