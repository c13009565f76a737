"""Texts of others inside our Markdown.

Belongs here: keeping words words. Does not: which tables there are (tasks/report.py, import_preview.py).
"""

from __future__ import annotations

import re


def cell(text: str) -> str:
    """A text as it is, on one line: Markdown and HTML that an outside system wrote stay words."""
    return re.sub(r"[^\w\s.,:;/()’'%-]", lambda mark: f"&#{ord(mark[0])};", " ".join(text.split()))
