"""Texts of others inside our Markdown.

Belongs here: keeping words words. Does not: which tables there are (tasks/report.py, import_preview.py).

By backslashes, which read well in both of Prefect's UIs: the older one shows entities (``&#42;``) as they are written.
"""

from __future__ import annotations

import re
from typing import Final

# Inside a word `_` is no mark; `&` is one only before what may be an entity's name, `-` and the like where a line begins.
_MARK: Final = re.compile(r"[\\`*\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # Prefect's database takes no NUL
_BEGINS: Final = re.compile(r"^(\d*)([-+#.)])")


def cell(text: str) -> str:
    """A text as it is, on one line: Markdown and HTML that an outside system wrote stay words."""
    line = _CONTROL.sub("", " ".join(text.split()))
    return _BEGINS.sub(r"\1\\\2", _MARK.sub(r"\\\g<0>", line))


def lines(text: str) -> str:
    """The same of a text of several lines, which stay lines."""
    return "  \n".join(cell(line) for line in text.splitlines())
