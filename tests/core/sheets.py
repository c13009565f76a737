"""Seminar sheets for tests: any registrations, written in any of the ways that people and spreadsheets write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from hypothesis import strategies as st

from schemas.firm import Consent, Registration
from tests.core.firms import registrations

HEADERS: Final = {
    "siret": ("SIRET", "N° SIRET", "Numéro de siret"),
    "firm_name": ("Raison sociale", "ENTREPRISE", "Nom de l’entreprise", "société"),
    "last_name": ("Nom", "NOM", "Nom de famille"),
    "first_name": ("Prénom", "PRENOM", "prenom"),
    "full_name": ("Nom et prénom", "Participant", "Nom, prénom"),
    "email": ("E-mail", "Courriel", "MAIL", "Adresse e-mail"),
    "phone": ("Téléphone", "Tél.", "telephone"),
    "mobile": ("Portable", "Tél. portable", "MOBILE"),
    "postal_code": ("Code postal", "CP", "code_postal"),
    "city": ("Commune", "VILLE"),
    "naf": ("NAF/APE", "Code APE", "naf"),
    "headcount": ("Effectif", "Nb salariés", "Effectif (salariés)"),
    "level": ("Niveau", "NIVEAU"),
    "role": ("Fonction", "Qualité"),
    "present": ("Présent", "Présent (oui/non)", "PRESENCE"),
    "availability": ("Disponibilités", "Créneaux"),
    "session": ("Session", "Réf. session"),
    "sessions mail": ("Consentement séances", "Consentement rappels (e-mail)"),
    "sessions sms": ("Consentement séances SMS", "Accord SMS rappels"),
    "follow_up mail": ("Consentement suivi", "J’accepte le suivi par courriel"),
    "follow_up sms": ("Consentement suivi SMS",),
    "invitations mail": ("Consentement invitations", "J’accepte de recevoir les nouvelles par e-mail"),
    "invitations sms": ("Consentement invitations par SMS",),
}
LEVELS: Final = {"beginner": "Débutante", "intermediate": "intermédiaire", "advanced": "AVANCÉ"}
DAYS: Final = {
    "mon": "lundi",
    "tue": "Mardi",
    "wed": "mercredi",
    "thu": "jeu.",
    "fri": "vendredi",
    "sat": "SAMEDI",
}
PARTS: Final = {"morning": "matin", "afternoon": "après-midi", "evening": "soir"}
PRESENT: Final[dict[bool | None, tuple[str, ...]]] = {
    True: ("oui", "OUI", "x", "1", "✓"),
    False: ("non", "Non", "0", "absent"),
    None: ("", " "),
}


class Written(NamedTuple):
    """A sheet, and what it says."""

    raw: bytes
    rows: tuple[tuple[int, Registration, bool | None], ...]


class Way(NamedTuple):
    """How a sheet is written: which header each field has, in the order of the columns, and the rest."""

    headers: dict[str, str]
    separator: str
    encoding: str
    announced: bool
    quoting: int
    above: int
    blank: int
    spaced: bool


def cells(told: Registration, present: str, way: Way) -> dict[str, str]:
    """One registration as it stands in each of its columns."""
    firm, person = told.firm, told.person
    first, _, last = person.name.rpartition(" ")
    number = "0" + person.phone.removeprefix("+33") if person.phone else ""
    siret = firm.siret
    if way.spaced:
        siret = f"{siret[:3]} {siret[3:6]}\u00a0{siret[6:9]} {siret[9:]}"
        number = " ".join(number[place : place + 2] for place in range(0, len(number), 2))
    slots = (slot.split("-") for slot in told.availability)
    return {
        "siret": siret,
        "firm_name": firm.name,
        "last_name": last,
        "first_name": first,
        "full_name": person.name,
        "email": person.email or "",
        "phone": number,
        "mobile": number,
        "postal_code": firm.postal_code or "",
        "city": (firm.city or "").upper() if way.spaced else firm.city or "",
        "naf": (firm.naf or "").replace(".", "") if way.spaced else firm.naf or "",
        "headcount": (firm.headcount or "").replace("-", " à ") if way.spaced else firm.headcount or "",
        "level": LEVELS[told.level] if told.level else "",
        "role": person.role or "",
        "present": present,
        "availability": ", ".join(f"{DAYS[day]} {PARTS[part]}" for day, part in slots),
        "session": told.session or "",
    } | {
        f"{purpose} {by}": "oui" if Consent(purpose, by) in told.consents else "non"
        for purpose in ("sessions", "follow_up", "invitations")
        for by in ("mail", "sms")
    }  # fmt: skip


def write(told: Sequence[tuple[Registration, str]], way: Way) -> tuple[bytes, list[int]]:
    """The bytes of a sheet, and the line of each registration as a spreadsheet numbers it."""
    table = [["Séminaire « Boostez votre business »"]] * way.above
    table.append([*way.headers.values(), "Remarques du coach"])
    lines = []
    for registration, present in told:
        table += [[""] * len(way.headers)] * way.blank
        lines.append(len(table) + 1)
        stand = cells(registration, present, way)
        table.append([*(stand[field] for field in way.headers), 'à rappeler ; "vite"'])  # fmt: skip
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=way.separator, quoting=way.quoting).writerows(table)  # type: ignore[arg-type]
    announced = f"sep={way.separator}\r\n" if way.announced else ""
    return (announced + text.getvalue()).encode(way.encoding), lines


@st.composite
def ways(draw: st.DrawFn) -> Way:
    """Any way to write a sheet."""
    fields = [
        field for field in HEADERS if field not in {"last_name", "first_name", "full_name", "phone", "mobile"}
    ]
    fields += draw(st.sampled_from([["full_name"], ["last_name", "first_name"]]))
    fields += [draw(st.sampled_from(["phone", "mobile"]))]
    dresses: list[Callable[[str], str]] = [str.strip, str.upper, str.lower]
    spelled = draw(st.sampled_from(dresses))
    return Way(
        headers={
            field: spelled(draw(st.sampled_from(HEADERS[field]))) for field in draw(st.permutations(fields))
        },
        separator=draw(st.sampled_from(";,\t")),
        encoding=draw(st.sampled_from(["utf-8-sig", "utf-8", "cp1252", "utf-16"])),
        announced=draw(st.booleans()),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        above=draw(st.integers(0, 2)),
        blank=draw(st.integers(0, 1)),
        spaced=draw(st.booleans()),
    )


@st.composite
def sheets(draw: st.DrawFn) -> Written:
    """Any sheet that is right."""
    way = draw(ways())
    told = draw(st.lists(registrations(), min_size=1, max_size=4, unique_by=lambda each: each.firm.siret))
    presence = [draw(st.sampled_from([True, False, None])) for _ in told]
    shown = [draw(st.sampled_from(PRESENT[each])) for each in presence]
    if way.encoding == "cp1252":
        shown = ["oui" if each == "✓" else each for each in shown]
    raw, lines = write(list(zip(told, shown, strict=True)), way)
    return Written(raw, tuple(zip(lines, told, presence, strict=True)))
