"""Firms, people and registrations to test with: one that is right, and any that is canonical."""

from __future__ import annotations

import datetime as dt
import string
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st
from stdnum import luhn

from core.communes import match
from core.registrations import canonical
from schemas.firm import (
    SLOTS,
    Consent,
    FirmDraft,
    Headcount,
    Level,
    PersonDraft,
    Purpose,
    Registration,
    Transport,
)
from schemas.reference_tables import activities, communes

SIRET = "73282932000074"
EVENING = dt.datetime(2026, 11, 12, 17, 30, tzinfo=dt.UTC)
ORIGIN = "Feuille du séminaire de Lyon"
FIRM = FirmDraft(
    siret=SIRET,
    name="Fournil des Pentes",
    naf="10.71C",
    headcount="3-5",
    commune="69381",
    postal_code="69001",
    city="Lyon 1er Arrondissement",
)
PERSON = PersonDraft(name="Marie Dupont", email="marie@fournil.example", phone="+33639981234", role="Gérante")
GOOD = Registration(
    firm=FIRM,
    person=PERSON,
    told_at=EVENING,
    origin=ORIGIN,
    consents=(Consent("sessions", "mail"), Consent("sessions", "sms")),
    level="beginner",
    availability=("tue-evening",),
    session="SEM-2026-LYON",
)


def firm(**changes: Any) -> FirmDraft:
    return msgspec.structs.replace(FIRM, **changes)


def registered(firm: FirmDraft = FIRM, person: PersonDraft = PERSON, **changes: Any) -> Registration:
    return msgspec.structs.replace(GOOD, firm=firm, person=person, **changes)


def siret_with(digits: str) -> str:
    """A right SIRET of twelve digits: Luhn's formula gives the ninth and the fourteenth."""
    siren = digits[:8] + luhn.calc_check_digit(digits[:8])
    return siren + digits[8:12] + luhn.calc_check_digit(siren + digits[8:12])


LETTERS = string.ascii_letters + "éèàçùêîôëïÉÀ"
WORD = st.text(LETTERS, min_size=2, max_size=9)
NAMES = st.lists(
    WORD | st.sampled_from(["Dupont", "L’Atelier", "R&D", "d'Ain", "N°1"]), min_size=1, max_size=3
).map(" ".join)
SIRETS = (
    st.integers(10**4, 10**12 - 1)
    .map(lambda number: siret_with(f"{number:012}"))
    .filter(lambda siret: siret[:9] != "356000000")  # La Poste's follow another rule
)
EMAILS = st.builds("{}@{}.example".format, st.text(string.ascii_letters + string.digits, min_size=1, max_size=8),
                   st.text(string.ascii_lowercase, min_size=1, max_size=8))  # fmt: skip
PHONES = st.builds(
    "+33{}{}".format, st.sampled_from("123679"), st.text("12345678", min_size=8, max_size=8)
).filter(lambda number: number[3:5] not in {"26", "59", "69"})
PLACES = st.sampled_from(
    [
        (commune.code, postal_code, commune.name)
        for commune in communes().values()
        for postal_code in commune.postal_codes
        if match(postal_code, commune.name) == commune
    ]
) | st.just((None, None, None))


@st.composite
def firms(draw: st.DrawFn) -> FirmDraft:
    """Any firm in the form that is kept."""
    code, postal_code, city = draw(PLACES)
    return FirmDraft(
        siret=draw(SIRETS),
        name=draw(NAMES),
        naf=draw(st.none() | st.sampled_from(sorted(activities()))),
        headcount=draw(st.none() | st.sampled_from(get_args(Headcount))),
        commune=code,
        postal_code=postal_code,
        city=city,
    )


PEOPLE = st.builds(
    PersonDraft, name=NAMES, email=st.none() | EMAILS, phone=st.none() | PHONES, role=st.none() | NAMES
).filter(lambda person: person.email or person.phone)


@st.composite
def registrations(draw: st.DrawFn) -> Registration:
    """Any registration in the form that is kept."""
    person = draw(PEOPLE)
    reached: list[Transport] = ["mail"] if person.email else []
    if person.phone and person.phone[3] in "67":
        reached.append("sms")
    consents = [Consent(purpose, by) for purpose in get_args(Purpose) for by in reached]
    made = Registration(
        firm=draw(firms()),
        person=person,
        told_at=EVENING,
        origin=ORIGIN,
        consents=tuple(sorted(draw(st.sets(st.sampled_from(consents)) if consents else st.just(set())))),
        level=draw(st.none() | st.sampled_from(get_args(Level))),
        availability=tuple(sorted(draw(st.sets(st.sampled_from(SLOTS), max_size=3)), key=SLOTS.index)),
        session=draw(st.none() | st.builds("SEM-{}".format, st.integers(1, 99))),
    )
    assert canonical(made) == made
    return made
