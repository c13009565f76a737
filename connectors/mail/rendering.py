"""A letter's words: its template, filled in.

Belongs here: finding a template and telling its parts. Does not: what is filled in (postings.py and its like) or the letter as
it goes over the wire (wire.py).

A letter is ``letters/<name>.txt``: the subject in the first line, then the text. A file ``<name>.html`` beside it is its page;
without one the page is made of the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from connectors.templates import templates

LETTERS: Final = Path(__file__).parent / "letters"
_REMINDER: Final = "reminder_"
TEMPLATES: Final = frozenset(file.stem.removeprefix(_REMINDER) for file in LETTERS.glob(f"{_REMINDER}*.txt"))
"""The names that rules of reminders may give their words."""
GAP: Final = re.compile(r"\n{3,}")  # what a condition leaves that does not hold


class Words(NamedTuple):
    """What a letter tells."""

    subject: str
    text: str
    html: str | None


def words(name: str, values: Mapping[str, object]) -> Words:
    """The letter of that name. Whatever stands in a value, the subject is one line."""
    found = templates(LETTERS)
    told = found.get_template(f"{name}.txt").render(values)
    subject, _, text = told.partition("\n")
    page = f"{name}.html"
    html = found.get_template(page).render(values) if (LETTERS / page).is_file() else None
    return Words(subject.strip(), GAP.sub("\n\n", text).strip() + "\n", html)


def reminder(template: str, values: Mapping[str, object]) -> Words:
    """The letter of a rule with that template."""
    return words(f"{_REMINDER}{template}", values)
