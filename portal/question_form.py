"""What a resident fills in to ask: its French fields, read into a question, with what is wrong by field.

Belongs here: the fields, their limits, which field a rule of ours speaks of. Does not: sentences (templates/), routes (questions.py), the
rules of a text (core/question_text.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from connectors.region.questions.questions import NAME, Draft
from core import addresses, question_text
from core.registrations import line

FIELDS: Final = ("theme", "question", "nom", "reponse", "courriel")  # in the order of the page
BY_MAIL, ANONYMOUS = "courriel", "sans"  # how the answer reaches its author
LENGTHS: Final = {
    "question": question_text.LONGEST,
    "nom": NAME,
    "courriel": addresses.LONGEST_EMAIL,
}


class Filled(msgspec.Struct, frozen=True):
    """A form that was read. ``errors`` has a word for what is wrong, by field; without any there is a question.

    ``values`` are shown again; ``email`` is None for who leaves none.
    """

    values: dict[str, str]
    errors: dict[str, str]
    draft: Draft | None = None
    email: str | None = None


def shown(given: Mapping[str, str]) -> Filled:
    """A form as it stands, not judged."""
    return Filled({name: given.get(name, "") for name in FIELDS}, {})


def read(given: Mapping[str, str], themes: Collection[str], dialogue: int | None, *, mails: bool) -> Filled:
    """What somebody filled in, with everything that is wrong at once. Without ``mails`` no address is asked for."""
    values = {name: line(given.get(name)) or "" for name in FIELDS}
    values["question"] = question_text.cleaned(given.get("question", ""))
    values["reponse"] = values["reponse"] if mails else ANONYMOUS
    email = addresses.email(values["courriel"]) if values["reponse"] == BY_MAIL else None
    errors = dict(_errors(values, themes, email))
    if errors:
        return Filled(values, {name: errors[name] for name in FIELDS if name in errors})
    draft = Draft(values["theme"], values["question"], dialogue, values["nom"] or None)
    return Filled(values, {}, draft, email)


def _errors(values: Mapping[str, str], themes: Collection[str], email: str | None) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if values["theme"] not in themes:
        found.append(("theme", "choice"))
    if faults := question_text.faults(values["question"]):
        found.append(("question", f"question_{faults[0]}" if values["question"] else "missing"))
    if len(values["nom"]) > LENGTHS["nom"]:
        found.append(("nom", "too_long"))
    if values["reponse"] not in {BY_MAIL, ANONYMOUS}:
        found.append(("reponse", "choice"))
    if values["reponse"] == BY_MAIL and email is None:
        found.append(("courriel", "email" if values["courriel"] else "missing"))
    return found
