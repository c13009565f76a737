"""French words for codes, numbers and times, as residents read them on any channel.

Belongs here: labels and short phrases. Does not: sentences (templates) or markup.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from core.days import PARIS
from schemas.offer import Contract, Experience, Kind, Location, Offer, Remote, Salary

NBSP: Final = "\u00a0"
THIN: Final = "\u202f"  # the narrow no-break space that French sets in numbers and before ; ! ? %

KINDS: Final[dict[Kind, str]] = {"job": "Offre d’emploi", "training": "Formation"}
CONTRACTS: Final[dict[Contract, str]] = {
    "CDI": "CDI",
    "CDD": "CDD",
    "interim": "Intérim",
    "apprenticeship": "Contrat d’apprentissage",
    "professionalisation": "Contrat de professionnalisation",
    "seasonal": "Emploi saisonnier",
    "internship": "Stage",
    "civic_service": "Service civique",
    "freelance": "Indépendant",
}
REMOTES: Final[dict[Remote, str]] = {
    "none": "Sur place",
    "partial": "Télétravail partiel",
    "full": "Télétravail complet",
}
EXPERIENCES: Final[dict[Experience, str]] = {
    "none": "Débutant accepté",
    "junior": "Première expérience",
    "confirmed": "Confirmé",
    "senior": "Expérimenté",
}
FIELDS: Final = {  # of ROME, by the first letter of its codes
    "A": "Agriculture, espaces verts, animaux",
    "B": "Arts et artisanat d’art",
    "C": "Banque, assurance, immobilier",
    "D": "Commerce et vente",
    "E": "Communication et multimédia",
    "F": "Bâtiment et travaux publics",
    "G": "Hôtellerie, restauration, tourisme",
    "H": "Industrie",
    "I": "Installation et maintenance",
    "J": "Santé",
    "K": "Services à la personne et à la collectivité",
    "L": "Spectacle",
    "M": "Bureau, gestion, informatique",
    "N": "Transport et logistique",
}
LEVELS: Final = {
    3: "3 (CAP, BEP)",
    4: "4 (baccalauréat)",
    5: "5 (bac + 2)",
    6: "6 (licence)",
    7: "7 (master)",
    8: "8 (doctorat)",
}
CHANNELS: Final = {
    "open_portal": "ce portail",
    "aggregator_feed": "le flux ouvert pour agrégateurs",
    "facebook_page": "la page Facebook de la Région",
}
"""Every channel that the public can read, the portal first."""
ANNOUNCERS: Final = {
    "facebook_dialogues": "la page Facebook de la Région",
    "facebook_live": "les vidéos en direct sur Facebook",
    "caldav": "l’agenda public",
}
"""Every channel that dialogues are announced on."""
PARTNERS: Final = {"contractor": "le prestataire de la Région, pour les offres déposées ici"}
"""Every channel that only a partner reads: it is told of, and no public place that the portal could lack."""
SOURCES: Final = {
    "contractor": "Prestataire de la Région",
    "france_travail": "France Travail",
    "lheo": "Catalogue régional des formations",
    "indeed": "Flux d’employeurs",
    "portal": "Entreprises, sur ce portail",
}
MEETINGS: Final = {"seminar": "Séminaire", "coaching": "Atelier", "dialogue": "Rencontre avec les élus"}
"""The kinds of the programme's sessions."""
STEPS: Final = {
    "registered": "Inscrites",
    "present": "Venues au moins une fois",
    "cohort": "Dans un groupe",
    "finished": "Allées au bout",
    "outcome": "Ayant dit ce qui a changé",
}
"""How far firms have come in the programme, as core/progress.py counts it."""
NOT_SAID: Final = "Non précisé"
ANONYMOUS: Final = "Employeur anonyme"
_UNITS: Final = {"hour": "heure", "month": "mois", "year": "an"}
_DAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS: Final = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def number(value: float) -> str:
    """``23000`` as « 23 000 », ``11.88`` as « 11,88 »."""
    text = f"{value:,.2f}".removesuffix(".00")
    return text.replace(",", THIN).replace(".", ",")


def percent(part: float, whole: float) -> str:
    """« 37 % »; « moins de 1 % » and « plus de 99 % » where a whole number would say none or all of it. ``whole`` is not 0."""
    share = 100 * part / whole
    if 0 < share < 1:
        return f"moins de{NBSP}1{THIN}%"
    if 99 < share < 100:
        return f"plus de{NBSP}99{THIN}%"
    return f"{number(round(share))}{THIN}%"


def duration(minutes: int) -> str:
    """« 1 h 30 », « 2 h », « 45 min »."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}{NBSP}min"
    return f"{number(hours)}{NBSP}h" + (f"{NBSP}{rest:02}" if rest else "")


def salary(pay: Salary) -> str:
    """« 1 850 à 2 100 € brut par mois »."""
    amount = number(pay.minimum)
    if pay.maximum and number(pay.maximum) != amount:
        amount += f" à {number(pay.maximum)}"
    return f"{amount}{NBSP}€ brut par {_UNITS[pay.unit]}"


def date(day: dt.date) -> str:
    """« 1er février 2027 »."""
    first = "1er" if day.day == 1 else str(day.day)
    return f"{first}{NBSP}{_MONTHS[day.month - 1]} {day.year}"


def full_date(day: dt.date) -> str:
    """« mardi 8 décembre 2026 »."""
    return f"{_DAYS[day.weekday()]} {date(day)}"


def clock(time: dt.time) -> str:
    """« 18 h 30 », « 9 h »."""
    return f"{time.hour}{NBSP}h" + (f"{NBSP}{time.minute:02}" if time.minute else "")


def moment(wall: dt.datetime, zone: str = PARIS.key) -> str:
    """« mardi 8 décembre 2026 à 18 h 30 », as clocks of ``zone`` show it; another zone than Paris's is named."""
    elsewhere = "" if zone == PARIS.key else f" (fuseau horaire {zone})"
    return f"{full_date(wall.date())} à {clock(wall.time())}{elsewhere}"


def span(starts: dt.datetime, ends: dt.datetime, zone: str = PARIS.key) -> str:
    """« mardi 8 décembre 2026, de 18 h 30 à 20 h (heure de Paris) », as clocks of ``zone`` show it: it is always named."""
    where = "heure de Paris" if zone == PARIS.key else f"fuseau horaire {zone}"
    if starts.date() == ends.date():
        return f"{full_date(starts.date())}, de {clock(starts.time())} à {clock(ends.time())} ({where})"
    return f"du {moment(starts)} au {moment(ends)} ({where})"


def short_moment(wall: dt.datetime, zone: str = PARIS.key) -> str:
    """« mar. 8/12 à 18h30 », where each character is paid for."""
    elsewhere = "" if zone == PARIS.key else f" ({zone})"
    minutes = f"{wall.minute:02}" if wall.minute else ""
    return f"{_DAYS[wall.weekday()][:3]}. {wall.day}/{wall.month} à {wall.hour}h{minutes}{elsewhere}"


def phone(number: str) -> str:
    """« 06 12 34 56 78 » of E.164's ``+33612345678``; another country's stays as it is."""
    if not number.startswith("+33") or len(number) != len("+33612345678"):
        return number
    national = f"0{number[3:]}"
    return NBSP.join(national[at : at + 2] for at in range(0, len(national), 2))


def place(location: Location) -> str:
    """« Aurillac (15) », or what is known of it; empty when nothing is."""
    city = location.city or location.postal_code or ""
    return f"{city} ({location.department})" if city and location.department else city


def employer(offer: Offer) -> str:
    """Who recruits or teaches, as it may be told."""
    if offer.employer.anonymous:
        return ANONYMOUS
    return offer.employer.name or ""


def facts(offer: Offer) -> list[str]:
    """What a person wants to know first, shortest first: contract or length, place, pay or price, employer."""
    told = [CONTRACTS[offer.job.contract] if offer.job else KINDS[offer.kind], place(offer.location)]
    if offer.job and offer.job.salary:
        told.append(salary(offer.job.salary))
    if offer.training:
        told += _training_facts(offer)
    told.append(employer(offer))
    return [fact for fact in told if fact]


def _training_facts(offer: Offer) -> list[str]:
    assert offer.training is not None
    told = []
    if offer.training.hours:
        told.append(f"{number(offer.training.hours)}{NBSP}h")
    if offer.training.cpf_eligible:
        told.append("éligible au CPF")
    if offer.training.sessions:
        told.append(f"à partir du {date(offer.training.sessions[0].starts_on)}")
    return told


def excerpt(text: str, limit: int) -> str:
    """The beginning of a text, at most ``limit`` characters, cut between words."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[:limit].rsplit(" ", 1)[0][: limit - 1].rstrip(" ,;:.") + "…"
