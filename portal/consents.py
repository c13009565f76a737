"""What a person may agree to be written to for, as the forms ask it: a box each, none of them ticked.

Belongs here: which boxes there are and their names, and which wording somebody saw. Does not: the wording (templates/consents.html),
what a consent lets us send (core/judging.py).

Letters about a place that somebody asked for (confirm it, it moved, it was cancelled) are part of giving it, so no box asks for
them. All else does not go without its box.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Final

from portal.answers import FOLDER
from schemas.firm import Consent

OFFERED: Final = (  # in the order of the page; what no rule sends is not asked for
    Consent("sessions", "mail"),
    Consent("sessions", "sms"),
    Consent("follow_up", "mail"),
    Consent("invitations", "mail"),
)
TICKED: Final = "oui"


def field_of(consent: Consent) -> str:
    """The name of its box."""
    return f"accord_{consent.purpose}_{consent.transport}"


def shown(held: Collection[Consent] = ()) -> dict[str, Consent]:
    """The boxes of a form, by name: what is offered, and what somebody agreed to elsewhere and may want to end."""
    return {field_of(each): each for each in (*OFFERED, *sorted(set(held) - set(OFFERED)))}


def ticked(given: Mapping[str, str], offered: Iterable[Consent] = OFFERED) -> tuple[Consent, ...]:
    """Those whose box came ticked."""
    return tuple(each for each in offered if given.get(field_of(each)) == TICKED)


@cache
def wording() -> str:
    """Which wording is shown, in a word that changes with it: part of the proof of what somebody agreed to."""
    return hashlib.blake2b((FOLDER / "templates" / "consents.html").read_bytes(), digest_size=6).hexdigest()
