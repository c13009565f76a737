"""URL-encoded forms.

Belongs here: text to names and values. Does not: what they mean.
"""

from __future__ import annotations

from urllib.parse import parse_qsl


def read_form(text: str | bytes) -> dict[str, str]:
    """Names and values; the last of a name counts, empty values are kept."""
    readable = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return dict(parse_qsl(readable, keep_blank_values=True))
