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
    + [
        "&#x202e;",
        "&#x200b;",
        "&#31;",
        "&#0;",
        "\u202e",
        "\u200b",
        "\u200d",
        "\u0301" * 9,
        "\ufeff",
        "\U000e0041",
    ]
    + ["<a href='https://a.fr/?a=1&b=<p></p>'>", '<a href="javascript:x">', "<p onclick=x>", "texte", "R&D"]
)
HOSTILE = st.lists(FRAGMENTS | st.text(max_size=5), max_size=25).map("".join)


UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    "|[\U000e0000-\U000e0fff]|[\u200c\u200d]{2}|[\u0300-\u036f]{5}"
)


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


@given(HOSTILE)
def test_nothing_unseen_is_left_however_it_was_spelled(html: str) -> None:
    safe = sanitise(html)
    assert not UNSEEN.search(safe)
    assert not UNSEEN.search(plain_text(safe))


@given(st.text(max_size=40) | HOSTILE)
def test_making_text_printable_twice_is_doing_it_once(text: str) -> None:
    once = printable(text)
    assert printable(once) == once
    assert not UNSEEN.search(once)
    once.encode("utf-8")


@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc", "Cf"]), max_size=60))
def test_plain_french_text_is_left_alone(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("emploi \u202elyoL", "emploi lyoL"),
        ("\u2066banque\u2069", "banque"),
        ("bou\u200blan\u00adger\ufeff", "boulanger"),
        ("\u200b" * 5000, ""),
        ("pa\u200dy\u200cpal", "paypal"),
        ("\u200dA\u200d", "A"),
        ("👩\u200d🚒 ❤️\u200d🔥", "👩\u200d🚒 ❤️\u200d🔥"),
        ("👩\u200d\u200b\u200d\u200d🚒", "👩\u200d🚒"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("e" + "\u0301" * 500, "e" + "\u0301" * 4),
        ("a\U000e0068\U000e0069b", "ab"),
        ("23\u202f000\u00a0€", "23\u202f000\u00a0€"),
    ],
)
def test_what_only_deceives_the_eye_is_removed(text: str, shown: str) -> None:
    assert printable(text) == shown


def bombs() -> list[str]:
    """20,000 characters each, the most that a contractor may send, made to cost a parser much more."""
    paragraph = (
        "<p>" + "".join(f"<{name} x={number}>" for number in range(300) for name in ("b", "i", "em")) + "</p>"
    )
    made = [
        paragraph + "<p>x</p>" * 5000,
        "<p>" + "<b>" * 999 + "<p>x" * 5000,
        "<ul><li>x" * 3000,
        "<div><p><b>" * 2000,
    ]
    made += [
        "<" * 20_000,
        "&" * 20_000,
        "<a href=//a>" * 2000,
        "<table><td></b>" * 1500,
        "<!--" * 5000,
        "\n \n" * 7000,
    ]
    made += [
        "<FONT\n><B\t><p>" * 1300,
        "<b/><i/>" * 1250 + "</p><p>" * 1400,
        "<p>&nbsp;" * 2500,
        "<x " * 7000,
    ]
    return [each[:20_000] for each in made]


@pytest.mark.parametrize("html", bombs(), ids=lambda html: html[:12])
def test_no_markup_grows_out_of_proportion(html: str) -> None:
    """Each unclosed emphasis is opened again in each paragraph: 20 KB once became 25 MB."""
    safe = sanitise(html)
    assert len(safe) < 12 * len(html)
    assert len(plain_text(safe)) <= 2 * len(html)


def test_a_long_description_that_is_well_made_keeps_its_emphasis() -> None:
    html = "<p><strong>Poste</strong> et <em>lieu</em></p>" * 40
    assert sanitise(html) == html


@pytest.mark.parametrize(
    ("given_html", "safe"),
    [
        ("Bonjour\nà tous\n\nR&D < 5", "<p>Bonjour<br>à tous</p><p>R&amp;D &lt; 5</p>"),
        ("<div>un</div><div>deux</div>", "<p>un</p><p>deux</p>"),
        ("<script>alert(1)</script><style>p{}</style>reste", "<p>reste</p>"),
        ("<p>a<img src=x onerror=alert(1)></p>", "<p>a</p>"),
        ("<p><button><p>x</p></button></p>", "<p>x</p>"),
        ("<p>&nbsp;</p>", ""),
        ("<p>a&#x202e;b&#31;c&#x200b;</p>", "<p>abc</p>"),
        ("<p onclick=x style=y class=z id=w>a</p>", "<p>a</p>"),
        ("<a href='java&#9;script:alert(1)'>a</a>", '<p><a rel="nofollow noopener">a</a></p>'),
        ("<a href='&#1;javascript:alert(1)'>a</a>", '<p><a rel="nofollow noopener">a</a></p>'),
        ("<a href=' DATA:text/html,x'>a</a>", '<p><a rel="nofollow noopener">a</a></p>'),
        ("<a href='//a.example'>a</a>", '<p><a rel="nofollow noopener">a</a></p>'),
        ("<svg><style><g title='</style><img src=x onerror=alert(1)>'>", ""),
        ("<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<p>'&gt;</p>"),
        ("<meta http-equiv=refresh content=0;url=//a><base href=//a><form action=//a>a", "<p>a</p>"),
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
