"""Descriptions made safe and readable."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.html import plain_text, printable, sanitise

ALLOWED = {"p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "h3", "h4", "a"}
FRAGMENTS = st.sampled_from(
    [
        f"<{name}>"
        for name in [*ALLOWED, "div", "table", "tr", "td", "button", "h1", "form", "svg", "span", "noscript"]
    ]
    + [f"</{name}>" for name in [*ALLOWED, "div", "table", "button", "h1", "svg", "span"]]
    + [
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "&amp;",
        "&lt;p&gt;",
        "&nbsp;",
        "\n",
        "\n\n",
        " ",
        "<",
        ">",
        '"',
        "\x00",
    ]
    + ["<a href='https://a.fr/?a=1&b=<p></p>'>", '<a href="javascript:x">', "<p onclick=x>", "texte", "R&D"]
)
HOSTILE = st.lists(FRAGMENTS | st.text(max_size=5), max_size=25).map("".join)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@given(HOSTILE)
def test_sanitising_twice_is_sanitising_once(html: str) -> None:
    once = sanitise(html)
    assert sanitise(once) == once


@given(HOSTILE)
def test_only_allowed_tags_and_safe_links_are_left(html: str) -> None:
    parser = Tags()
    parser.feed(sanitise(html))
    for tag, attributes in parser.seen:
        assert tag in ALLOWED
        assert set(attributes) <= ({"href", "rel"} if tag == "a" else set())
        assert re.match(r"(https?|mailto):", attributes.get("href") or "https:")
        assert tag != "a" or attributes["rel"] == "nofollow noopener"


@given(HOSTILE)
def test_plain_text_has_no_blank_lines_nor_edges(html: str) -> None:
    text = plain_text(sanitise(html))
    assert all(line == line.strip() and line for line in text.split("\n")) or text == ""


@pytest.mark.parametrize(
    ("given_html", "safe"),
    [
        ("Bonjour\nà tous\n\nR&D < 5", "<p>Bonjour<br>à tous</p><p>R&amp;D &lt; 5</p>"),
        ("<div>un</div><div>deux</div>", "<p>un</p><p>deux</p>"),
        ("<script>alert(1)</script><style>p{}</style>reste", "<p>reste</p>"),
        ("<p>a<img src=x onerror=alert(1)></p>", "<p>a</p>"),
        ("<p><button><p>x</p></button></p>", "<p>x</p>"),
        ("<p>&nbsp;</p>", ""),
        ("", ""),
    ],
)
def test_markup_is_made_safe_and_text_readable(given_html: str, safe: str) -> None:
    assert sanitise(given_html) == safe


def test_plain_text_puts_paragraphs_and_items_on_lines() -> None:
    html = "<h3>Poste</h3><p>Vente &amp; conseil<br>à Lyon</p><ul><li>CAP</li><li>Permis&nbsp;B</li></ul>"
    assert plain_text(html) == "Poste\nVente & conseil\nà Lyon\n- CAP\n- Permis\u00a0B"


def test_control_characters_that_postgresql_refuses_are_removed() -> None:
    assert printable("a\x00b\ud800c\r\nd\te") == "abc\nd\te"
