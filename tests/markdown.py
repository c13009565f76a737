"""Markdown as whoever looks at it in a browser reads it."""

from __future__ import annotations

from typing import Final

from lxml import html
from markdown_it import MarkdownIt

WRITTEN: Final = MarkdownIt("commonmark").enable(["table", "strikethrough"])  # CommonMark lets HTML through


def read(markdown: str, element: str) -> list[str]:
    """The words inside each of these elements, in their order."""
    return [found.text_content() for found in html.fromstring(WRITTEN.render(markdown)).iter(element)]
