"""What an edit changes of an offer that is out, field by field, in words that an officer reads.

Belongs here: the fields, their French names, which paragraphs differ. Does not: markup (templates/), or what an offer is.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Final

import msgspec

from core import wording
from core.days import paris_day
from core.html import plain_text
from schemas.offer import Job, Offer


class Change(msgspec.Struct, frozen=True):
    """One field, as it is out and as it would be; empty where nothing was or will be said."""

    field: str
    before: str
    after: str


def changes(out: Offer, new: Offer) -> tuple[Change, ...]:
    """Every field that residents would see otherwise; of the description the paragraphs that go and those that come."""
    found = [Change(field, said(out), said(new)) for field, said in _FIELDS.items()]
    found.insert(1, Change("Texte", *_paragraphs(plain_text(out.description), plain_text(new.description))))
    return tuple(change for change in found if change.before != change.after)


def _paragraphs(before: str, after: str) -> tuple[str, str]:
    old, new = before.split("\n"), after.split("\n")
    gone, come = [], []
    for how, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how != "equal":
            gone += old[a:b]
            come += new[c:d]
    if gone == come:  # a paragraph has moved
        return before, after
    return "\n".join(gone), "\n".join(come)


def _of_job(said: Callable[[Job], object]) -> Callable[[Offer], str]:
    return lambda offer: str(said(offer.job) or "") if offer.job else ""


_FIELDS: Final[dict[str, Callable[[Offer], str]]] = {
    "Intitulé": lambda offer: offer.title,
    "Employeur": wording.employer,
    "SIRET": lambda offer: offer.employer.siret or "",
    "Site de l’employeur": lambda offer: offer.employer.url or "",
    "Métier": lambda offer: offer.rome_label or "",
    "Contrat": _of_job(lambda job: wording.CONTRACTS[job.contract]),
    "Durée": _of_job(lambda job: job.duration_months and f"{job.duration_months} mois"),
    "Temps de travail": _of_job(
        lambda job: job.hours_per_week and f"{wording.number(job.hours_per_week)} h par semaine"
    ),
    "Salaire": _of_job(lambda job: job.salary and wording.salary(job.salary)),
    "Expérience": _of_job(lambda job: job.experience and wording.EXPERIENCES[job.experience]),
    "Postes": _of_job(lambda job: job.openings),
    "Début": _of_job(lambda job: job.starts_on and wording.date(job.starts_on)),
    "Lieu": lambda offer: " ".join(filter(None, (offer.location.postal_code, offer.location.city))),
    "Télétravail": lambda offer: wording.REMOTES[offer.location.remote],
    "Courriel pour postuler": lambda offer: offer.apply_email or "",
    "Site pour postuler": lambda offer: offer.apply_url or "",
    "Date de fin": lambda offer: wording.date(paris_day(offer.expires_at)) if offer.expires_at else "",
}
