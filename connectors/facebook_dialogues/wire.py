"""A dialogue as a post, pure.

Belongs here: the post's words, and what marks it. Does not: what every text about a dialogue is given (connectors/graph/dialogues.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from connectors.graph import dialogues, words
from schemas.dialogue import Announcement

MARKER: Final = words.marker(dialogues.PATH)
TEMPLATE: Final = Path(__file__).with_name("dialogue.txt")


def message(told: Announcement, link: str) -> str:
    """The post's text; its link carries the marker."""
    return dialogues.text(TEMPLATE, told, link)
