"""The hub's one HTML: what a description may contain, and how it reads without markup.

Belongs here: sanitising once, on the way in, and the plain text of sanitised HTML. Does not: hiding an employer's
name (core/withhold.py) or laying out a page (portal/).

A description is a fragment of p, br, ul, ol, li, strong, em, b, i, h3, h4 and a[href]. nh3 (ammonia) decides what is
safe; the passes before and after it only make text without markup readable and never see unsafe output as safe.
"""

from __future__ import annotations

import html as entities
import re

import nh3

EMPHASIS = 60_000  # tags of emphasis times all tags: a long description that is well made has a tenth of that
PASSES = 6  # passes of nh3 until the output stays as it is; two do for all but malformed nesting

_CLEANER = nh3.Cleaner(
    tags={"p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "h3", "h4", "a"},
    clean_content_tags={
        "script",
        "style",
        "title",
        "template",
        "iframe",
        "noscript",
        "object",
        "svg",
        "math",
    },
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="nofollow noopener",
    strip_comments=True,
)

# What JSON may carry and neither HTML nor PostgreSQL's text can.
_UNPRINTABLE = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
# What shows nothing and makes text read otherwise than it is written, or names unlike themselves: soft hyphens, spaces and
# operators without width, marks, embeddings, overrides and isolates of direction, annotations, tags (Unicode TR 36, TR 39).
_UNSEEN = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"
)
# Joiners shape emoji and some scripts, one at a time; beside Latin letters, spaces or each other they only hide.
_JOINER = "\u200c\u200d"
_LATIN = "\x00-\u024f\u2010-\u206f"
_REMOVED = re.compile(rf"[{_UNPRINTABLE}{_UNSEEN}]+")
_JOINERS = re.compile(rf"([{_JOINER}])[{_JOINER}]+")
_IDLE_JOINER = re.compile(rf"(?<![^{_LATIN}])[{_JOINER}]|[{_JOINER}](?![^{_LATIN}])")
# Accents piled on one letter, so that it runs over the lines around it: four are more than any language writes.
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
_SUSPECT = re.compile(rf"[\r{_UNPRINTABLE}{_UNSEEN}{_JOINER}{_MARKS}]")
_PILED = re.compile(rf"([{_MARKS}]{{4}})[{_MARKS}]+")
# An element of emphasis that is not closed is opened again by each paragraph that follows (HTML, 13.2.4.3): a thousand of
# them and a thousand paragraphs are a million.
_EMPHASIS = re.compile(
    r"(</?)(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])", re.IGNORECASE
)
_BLOCK = re.compile(r"<(?:p|br|[uo]l|li|h[34])[\s/>]", re.IGNORECASE)
# Blocks that are not kept stand for paragraphs: without this, nh3 would glue their texts together.
_FOREIGN_BLOCK = re.compile(
    r"<(/?)(?:div|section|article|header|footer|main|blockquote|pre|tr|table|d[ltd]|h[1256])(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
_EMPTY_PARAGRAPH = re.compile(r"<p>(?:\s|&nbsp;)*</p>")
_BLANK_LINES = re.compile(r"\n\s*\n")
_LINE_END = re.compile(r"<br>|</?(?:p|[uo]l|h[34])>|</li>")
_TAG = re.compile(r'<(?:[^<>"]|"[^"]*")*>')
_TAG_NAME = re.compile(r"<(/?[a-z0-9]+)")

# Tag names of HTML that any parser reads back as it is written, so that a second pass would change nothing: paragraphs,
# titles and flat lists of text, links and emphasis one level deep. It spares most descriptions that pass.
_FLAT = r"(?:br |(?:strong /strong|em /em|b /b|i /i|a /a) )*+"
_SETTLED = re.compile(
    rf"(?:p {_FLAT}/p |h3 {_FLAT}/h3 |h4 {_FLAT}/h4 |ul (?:li {_FLAT}/li )*+/ul |ol (?:li {_FLAT}/li )*+/ol )++"
)


def printable(text: str) -> str:
    """``text`` without what cannot be shown or only deceives the eye, its line ends as newlines."""
    if text.isascii() and text.replace("\n", " ").isprintable():
        return text
    if not _SUSPECT.search(text):
        return text
    text = _REMOVED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _PILED.sub(r"\1", _IDLE_JOINER.sub("", _JOINERS.sub(r"\1", text)))


def sanitise(html: str) -> str:
    """The safe HTML of a description, which may be hostile HTML or plain text with newlines.

    Idempotent. Links go out with rel="nofollow noopener". May be empty.
    """
    before = _sanitised_once(printable(html))
    if _SETTLED.fullmatch(" ".join(_TAG_NAME.findall(before)) + " "):
        return before
    for _ in range(PASSES):
        after = _sanitised_once(before)
        if after == before:
            return after
        before = after
    return _sanitised_once(
        entities.escape(_TAG.sub(" ", before))
    )  # nesting that never settles: keep its words


def plain_text(html: str) -> str:
    """The text of sanitised HTML: entities decoded, each paragraph, title and list item ("- ") on its own line."""
    text = _TAG.sub("", _LINE_END.sub("\n", html.replace("\n", " ").replace("<li>", "\n- ")))
    lines = (re.sub(r"[ \t\n]+", " ", line).strip() for line in entities.unescape(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _sanitised_once(html: str) -> str:
    marked = _FOREIGN_BLOCK.sub(r"<\1p>", _without_excess(html))
    safe = _CLEANER.clean(marked if _BLOCK.search(marked) else _paragraphs(marked))
    safe = printable(safe)  # entities may have stood for what was removed before
    while (kept := _EMPTY_PARAGRAPH.sub("", safe)) != safe:
        safe = kept
    return safe.strip()


def _without_excess(html: str) -> str:
    """``html`` whose emphasis, when there is more of it than anybody writes, counts for nothing."""
    tags = html.count("<")
    if tags * tags <= EMPHASIS or tags * len(_EMPHASIS.findall(html)) <= EMPHASIS:
        return html
    return _EMPHASIS.sub(r"\1x", html)


def _paragraphs(text: str) -> str:
    """Text without block markup, as paragraphs (at blank lines) and line breaks (at newlines)."""
    blocks = _BLANK_LINES.split(text.strip())
    return "".join(f"<p>{'<br>'.join(block.split(chr(10)))}</p>" for block in blocks if block)
