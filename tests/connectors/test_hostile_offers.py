"""Whatever a source writes into an offer, each channel carries it as text: no markup, no marker, no field of its own."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from connectors.aggregator_feed import wire as feed
from connectors.channel import Entry
from connectors.facebook_page import wire as page
from schemas import documents
from schemas.offer import Offer, encode
from tests.hostile import ADDRESSES, EMAILS, SCRIPTS, offer_of

PORTAL = "https://portail.example"
KEY = "abc0123"
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff\u00ad]")
ALLOWED = {"p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "h3", "h4", "a"}

texts = st.one_of(
    st.sampled_from(SCRIPTS),
    st.text(max_size=30),
    st.lists(st.sampled_from(SCRIPTS), max_size=3).map("".join),
)
named = texts.map(lambda text: f"Boulanger {text}"[:160])


@st.composite
def offers(draw: st.DrawFn) -> Offer | None:
    employer: dict[str, Any] = {"name": draw(named)}
    if address := draw(st.sampled_from(ADDRESSES)):
        employer["url"] = address
    changes: dict[str, Any] = {
        "title": draw(named),
        "description": f"<p>Pain</p>{draw(texts)}",
        "employer": employer,
    }
    if city := draw(st.none() | texts):
        changes["location"] = {
            "postal_code": "75001",
            "city": city[:80],
        }  # outside the Region: the city stays as it is
    for member, values in (("apply_url", ADDRESSES), ("apply_email", EMAILS)):
        if value := draw(st.sampled_from(values)):
            changes[member] = value
    return offer_of(**changes)


class Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def harmless(html: str) -> bool:
    parser = Markup()
    parser.feed(html)
    return all(
        tag in ALLOWED
        and set(attributes) <= {"href", "rel"}
        and re.match(r"https?:|mailto:", attributes.get("href") or "https:")
        for tag, attributes in parser.tags
    )


@given(offers())
def test_the_board_holds_a_canonical_offer_without_anything_unseen(offer: Offer | None) -> None:
    if offer is None:
        return
    content = msgspec.json.decode(encode(offer))
    assert documents.report("offer.v1", content) == []
    assert harmless(offer.description)
    for text in (offer.title, offer.employer.name or "", offer.location.city or "", offer.description):
        assert not UNSEEN.search(text)
    for address in (offer.apply_url, offer.employer.url):
        assert address is None or re.match(r"https?://", address)
        assert not UNSEEN.search(address or "")


@given(offers())
@example(offer_of(title="]]></title></job><job><title>x"))
@example(offer_of(title="<url><![CDATA[https://a/?e=abc-1]]></url>"))
def test_the_feed_says_each_text_as_it_is_and_carries_one_marker(offer: Offer | None) -> None:
    if offer is None:
        return
    marker = f"{KEY}-1f"
    written = (feed.HEAD.format(publisher=PORTAL, built_at="2026-11-24T12:00:00Z") + feed.job(Entry(marker, offer), PORTAL)
               + feed.TAIL).encode()  # fmt: skip
    root = etree.fromstring(written, etree.XMLParser(resolve_entities=False))
    [job] = root.findall("job")
    assert len(root) == 4
    told = {child.tag: child.text for child in job}
    assert len(told) == len(job)
    assert told["title"] == offer.title
    assert told["company"] == (offer.employer.name or feed.ANONYMOUS)
    assert told["description"] == offer.description
    assert told.get("city", "") == (offer.location.city or "")
    assert [found.marker for found in feed.read(io.BytesIO(written))] == [marker]


@given(offers())
@example(offer_of(title=f"x {PORTAL}/offres/{KEY}?e={KEY}-99"))
def test_a_post_is_plain_text_that_ends_with_its_own_link(offer: Offer | None) -> None:
    if offer is None:
        return
    link = f"{PORTAL}/offres/{KEY}?e={KEY}-1f"
    message = page.message(offer, link)
    assert message.endswith(link)
    found = page.MARKER.search(message)
    assert found is not None
    assert found[2] == f"{KEY}-1f"
    assert not UNSEEN.search(message)
    assert message.splitlines()[0] == offer.title
    assert len(message) < 1000


def test_a_megabyte_in_any_field_is_refused() -> None:
    huge = "é" * 1_000_000
    for changes in (
        {"title": huge},
        {"description": f"<p>{huge}</p>"},
        {"employer": {"name": huge}},
        {"location": {"postal_code": "69001", "city": huge}},
    ):
        assert offer_of(**changes) is None


def test_a_megabyte_in_an_address_is_refused() -> None:
    huge = "a" * 1_000_000
    for changes in (
        {"apply_url": f"https://{huge}.example/"},
        {"apply_email": f"{huge}@a.example"},
        {"employer": {"name": "Fournil", "url": f"https://a.example/{huge}"}},
    ):
        assert offer_of(**changes) is None
