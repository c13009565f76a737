"""Templates: the words of what people receive, in files beside their code.

Belongs here: the one Jinja environment of letters and texts. Does not: the portal's pages (portal/answers.py) or any words.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape


@cache
def templates(folder: Path) -> Environment:
    """The templates of a folder. What lacks a value is an error; only .html is escaped, everything else is plain text."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(enabled_extensions=("html",), default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
