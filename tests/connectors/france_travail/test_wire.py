from __future__ import annotations

import datetime as dt
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.france_travail import client, wire
from core.drafts import Normalised
from core.normalise import normalise
from schemas import documents
from schemas.errors import Rejected
from schemas.offer import Employer, Job, Salary

SHARED = Path(__file__).parents[3].parent / "shared" / "data"

OFFER: dict[str, Any] = {
    "id": "210ABCD",
    "intitule": "Boulanger / Boulangère (H/F)",
    "description": "Vous pétrissez & cuisez.\nDès 4 h.\n\nCAP exigé <niveau 3>.",
    "dateCreation": "2026-10-01T08:00:00.000Z",
    "dateActualisation": "2026-11-02T09:30:15.120Z",
    "lieuTravail": {
        "libelle": "69 - LYON 03",
        "latitude": 45.7597,
        "longitude": 4.8489,
        "codePostal": "69003",
        "commune": "69383",
    },
    "romeCode": "D1102",
    "entreprise": {"nom": "Le Fournil inventé", "url": "https://fournil.example"},
    "typeContrat": "CDD",
    "typeContratLibelle": "Contrat à durée déterminée - 6 Mois",
    "natureContrat": "Contrat travail",
    "experienceExige": "E",
    "experienceLibelle": "2 An(s)",
    "salaire": {"libelle": "Mensuel de 1900.0 Euros à 2100.0 Euros sur 13.0 mois"},
    "dureeTravailLibelle": "35H/semaine Travail en journée",
    "alternance": False,
    "contact": {"courriel": "fournil@exemple.example", "urlPostulation": "https://fournil.example/postuler"},
    "nombrePostes": 2,
    "origineOffre": {
        "origine": "2",
        "urlOrigine": "https://candidat.example/offres/210ABCD",
        "partenaires": [{"nom": "AUTRE", "url": "https://autre.example/1"}],
    },
    "membreInconnu": [1, 2],
}


def changed(**members: Any) -> dict[str, Any]:
    return {**deepcopy(OFFER), **members}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in deepcopy(OFFER).items() if name not in names}


def test_a_full_offer_fits_and_says_all_its_facts() -> None:
    assert documents.report(wire.SCHEMA, OFFER) == []
    draft = wire.draft(OFFER)
    assert (draft.source, draft.ref, draft.kind, draft.status) == ("france_travail", "210ABCD", "job", "open")
    assert draft.updated_at == dt.datetime(2026, 11, 2, 9, 30, 15, 120_000, tzinfo=dt.UTC)
    assert draft.version == int(draft.updated_at.timestamp())
    assert draft.published_at == dt.datetime(2026, 10, 1, 8, tzinfo=dt.UTC)
    assert draft.description == (
        "<p>Vous pétrissez &amp; cuisez.<br>Dès 4 h.</p><p>CAP exigé &lt;niveau 3&gt;.</p>"
    )
    assert draft.employer == Employer(name="Le Fournil inventé", url="https://fournil.example")
    assert (draft.postal_code, draft.city, draft.commune) == ("69003", "LYON 03", "69383")
    assert (draft.latitude, draft.longitude, draft.rome_code) == (45.7597, 4.8489, "D1102")
    assert draft.job == Job(
        contract="CDD",
        duration_months=6,
        hours_per_week=35,
        salary=Salary("month", 1900, 2100),
        experience="confirmed",
        openings=2,
    )
    assert (draft.apply_url, draft.apply_email) == (
        "https://fournil.example/postuler",
        "fournil@exemple.example",
    )


def test_what_is_missing_stays_unknown() -> None:
    bare = {name: OFFER[name] for name in ("id", "intitule", "description", "typeContrat")}
    assert documents.report(wire.SCHEMA, bare) == []
    draft = wire.draft(bare)
    assert (draft.version, draft.updated_at) == (1, wire.UNDATED)
    assert draft.job == Job(contract="CDD")
    unknown = (
        draft.employer,
        draft.postal_code,
        draft.city,
        draft.commune,
        draft.apply_url,
        draft.published_at,
    )
    assert unknown == (None,) * 6


def test_version_falls_back_on_the_creation() -> None:
    assert wire.draft(without("dateActualisation")).version == int(
        dt.datetime(2026, 10, 1, 8, tzinfo=dt.UTC).timestamp()
    )


def test_an_impossible_date_is_rejected_with_a_sentence() -> None:
    offer = changed(dateActualisation="2026-02-30T10:00:00.000Z")
    assert documents.valid(wire.SCHEMA, offer)
    with pytest.raises(
        Rejected, match=r"dateActualisation 2026-02-30T10:00:00\.000Z is no date of the calendar"
    ):
        wire.draft(offer)


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_date_beyond_the_calendar_is_rejected(date: str) -> None:
    with pytest.raises(Rejected, match="no date of the calendar"):
        wire.draft(changed(dateActualisation=date))


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (
            {"libelle": "45 - ST CLAUDE", "codePostal": "39200", "commune": "39478"},
            ("39200", "ST CLAUDE", "39478"),
        ),
        ({"libelle": "2A - Ajaccio", "commune": "2A004"}, (None, "Ajaccio", "2A004")),
        ({"libelle": "69 - Rhône"}, (None, "69 - Rhône", None)),
        ({"libelle": "69 - Rhône", "codePostal": "99999"}, (None, "69 - Rhône", None)),
        ({"libelle": "France"}, (None, None, None)),
        ({"codePostal": "69003"}, ("69003", None, None)),
    ],
)
def test_a_place_is_said_as_far_as_it_is_known(
    place: dict[str, Any], expected: tuple[str | None, ...]
) -> None:
    offer = changed(lieuTravail=place)
    assert documents.report(wire.SCHEMA, offer) == []
    draft = wire.draft(offer)
    assert (draft.postal_code, draft.city, draft.commune) == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"typeContrat": "CDI"}, "CDI"),
        ({"typeContrat": "DIN"}, "CDI"),
        ({"typeContrat": "MIS"}, "interim"),
        ({"typeContrat": "SAI"}, "seasonal"),
        ({"typeContrat": "LIB", "natureContrat": "Emploi non salarié"}, "freelance"),
        ({"natureContrat": "Contrat apprentissage", "alternance": True}, "apprenticeship"),
        ({"natureContrat": "E2"}, "apprenticeship"),
        ({"natureContrat": "Cont. professionnalisation", "alternance": True}, "professionalisation"),
        ({"natureContrat": "FS"}, "professionalisation"),
        ({"alternance": True}, "CDD"),  # an alternance of unknown nature is not made one of the two
    ],
)
def test_contracts(members: dict[str, Any], expected: str) -> None:
    assert wire.contract(changed(**members)) == expected


@pytest.mark.parametrize("code", ["FRA", "REP", "XYZ"])
def test_what_is_no_contract_of_ours_is_rejected(code: str) -> None:
    with pytest.raises(Rejected, match=f"typeContrat {code} is none of our contracts"):
        wire.draft(changed(typeContrat=code))


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Mensuel de 1710,00 Euros sur 12 mois", Salary("month", 1710)),
        ("Annuel de 26400,00 Euros sur 12 mois", Salary("year", 26400)),
        ("Horaire de 11,88 à 13,00 Euros", Salary("hour", 11.88, 13)),
        ("Mensuel de 1800.0 Euros à 2200.0 Euros sur 13 mois", Salary("month", 1800, 2200)),
        ("Annuel de 35000.0 Euros à 45000.0 Euros sur 12.0 mois", Salary("year", 35000, 45000)),
        ("Mensuel de 1 710 Euros", Salary("month", 1710)),
        ("Mensuel de 2200 à 1800 Euros", Salary("month", 1800, 2200)),
        ("Horaire de 12.31 Euros à 12.31 Euros", Salary("hour", 12.31)),
        ("Annuel de 35.0 Euros", None),  # thousands meant, nobody said so
        ("Mensuel de 450000 à 600000 Euros sur 12 mois", None),
        ("Mensuel de 1.710,00 Euros", None),
        ("Cachet de 150 Euros", None),
        ("Autre", None),
        ("", None),
        (None, None),
    ],
)
def test_salaries(label: str | None, expected: Salary | None) -> None:
    assert wire.salary(label) == expected


@given(
    unit=st.sampled_from(
        [("Horaire", "hour", 4, 1000), ("Mensuel", "month", 100, 50000), ("Annuel", "year", 1000, 600000)]
    ),
    cents=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
    mark=st.sampled_from([",", "."]),
    months=st.sampled_from(["", " sur 12 mois", " sur 13.0 mois"]),
)
def test_any_salary_that_is_written_is_read_back(
    unit: tuple[str, str, int, int], cents: tuple[int, int], mark: str, months: str
) -> None:
    word, ours, least, most = unit
    low, high = sorted(least * 100 + (most - least) * each // 10_000 for each in cents)
    one, two = (f"{each // 100}{mark}{each % 100:02}" for each in (low, high))
    assert wire.salary(f"{word} de {one} Euros à {two} Euros{months}") == Salary(
        ours,  # type: ignore[arg-type]
        low / 100,
        high / 100 if high > low else None,
    )


@given(st.text())
def test_no_text_breaks_the_readers_of_labels(label: str) -> None:
    salary = wire.salary(label)
    assert salary is None or salary.minimum > 0
    week = wire.hours(label)
    assert week is None or 0 < week <= 48
    wire.experience("E", label)
    wire.city(label, coded=True)
    assert "<script" not in wire.paragraphs(label)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("35H Horaires normaux", 35),
        ("24H30 Horaires variables", 24.5),
        ("39H/semaine Travail en journée", 39),
        ("17H50 Travail le samedi", 17.83),
        ("0H", None),
        ("151H/mois", None),
        ("80H/mois", None),
        ("60H Horaires normaux", None),
        ("Horaires normaux", None),
        (None, None),
    ],
)
def test_weekly_hours(label: str | None, expected: float | None) -> None:
    assert wire.hours(label) == expected


@given(whole=st.integers(1, 47), minutes=st.integers(0, 59))
def test_any_week_that_is_written_is_read_back(whole: int, minutes: int) -> None:
    assert wire.hours(f"{whole}H{minutes:02} Horaires normaux") == round(whole + minutes / 60, 2)


@pytest.mark.parametrize(
    ("code", "label", "expected"),
    [
        ("D", "Débutant accepté", "none"),
        ("D", "Débutant OK", "none"),
        (None, "Débutant accepté", "none"),
        ("S", "3 mois", "junior"),
        ("E", "1 An(s)", "junior"),
        ("E", "2 an(s)", "confirmed"),
        ("E", "Expérience exigée de 60 Mois", "senior"),
        ("E", "Expérience exigée", None),
        (None, None, None),
    ],
)
def test_experience(code: str | None, label: str | None, expected: str | None) -> None:
    assert wire.experience(code, label) == expected


def test_a_sentence_instead_of_an_address_is_no_address() -> None:
    sentence = "Pour postuler, utiliser le lien suivant : https://candidat.example/offres/210ABCD"
    offer = changed(contact={"courriel": sentence, "urlPostulation": "voir le site"})
    assert documents.valid(wire.SCHEMA, offer)
    draft = wire.draft(offer)
    assert (draft.apply_email, draft.apply_url) == (None, "https://candidat.example/offres/210ABCD")


@pytest.mark.parametrize(
    ("origin", "echo"),
    [
        ({"partenaires": [{"nom": "AUTRE"}, {"nom": "Boostez votre Région"}]}, True),
        ({"urlOrigine": "https://offres.boostez.example/o/1"}, True),
        ({"urlOrigine": "https://www.OFFRES.boostez.example:443/o/1"}, True),
        ({"partenaires": [{"url": "https://offres.boostez.example/o/1"}]}, True),
        ({"urlOrigine": "https://offres.boostez.example.attaque.example/"}, False),
        ({"urlOrigine": "https://autre.example/?de=offres.boostez.example"}, False),
        ({"urlOrigine": "http://[::1"}, False),
        ({"urlOrigine": "offre 12"}, False),
        ({}, False),
    ],
)
def test_our_own_offers_are_recognised(origin: dict[str, Any], *, echo: bool) -> None:
    offer = changed(origineOffre=origin)
    assert documents.valid(wire.SCHEMA, offer)
    assert wire.is_echo(offer, "offres.boostez.example") is echo


def test_an_own_address_with_a_port_is_recognised_by_both() -> None:
    offer = changed(origineOffre={"urlOrigine": "http://127.0.0.1:4480/o/1"})
    assert wire.is_echo(offer, "127.0.0.1:4480")
    assert wire.is_echo(offer, "127.0.0.1")
    assert not wire.is_echo(offer, "127.0.0.1:4481")
    assert not wire.is_echo(without("origineOffre"), "127.0.0.1")


def test_peek_reads_what_the_draft_will_say() -> None:
    assert wire.peek(msgspec.json.encode(OFFER)) == ("210ABCD", "2026-11-02T09:30:15.120Z")
    assert wire.peek(b'{"id":"A","dateActualisation":7}') == ("A", None)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"texte"',
        b'{"id":1}',
        b'{"id":""}',
        b'{"a":1}',
        b'{"id":"\xff"}',
        b'{"x":' + b"[" * 50_000,
    ],
)
def test_peek_says_nothing_of_what_it_cannot_read(raw: bytes) -> None:
    assert wire.peek(raw) == (None, None)


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"id": "a b"}, "/id"),
        ({"intitule": ""}, "/intitule"),
        ({"dateActualisation": "02/11/2026"}, "/dateActualisation"),
        ({"dateActualisation": "2026-11-02T09:30:15Z\n"}, "/dateActualisation"),
        ({"romeCode": "D110"}, "/romeCode"),
        ({"romeCode": "D110٢"}, "/romeCode"),
        ({"lieuTravail": {"codePostal": "6903"}}, "/lieuTravail/codePostal"),
        ({"lieuTravail": {"latitude": "45,7"}}, "/lieuTravail/latitude"),
        ({"nombrePostes": 0}, "/nombrePostes"),
        ({"experienceExige": "X"}, "/experienceExige"),
        ({"origineOffre": {"partenaires": {}}}, "/origineOffre/partenaires"),
    ],
)
def test_the_schema_names_what_it_refuses(members: dict[str, Any], pointer: str) -> None:
    assert [reason.pointer for reason in documents.report(wire.SCHEMA, changed(**members))] == [pointer]


STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(-1e6, 1e6),
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.from_regex(r"[0-9A-Z\u0660-\u0669]{0,6}\n?", fullmatch=True),
    st.just([]),
    st.just({}),
    st.sampled_from(
        ["2026-11-02T09:30:15Z", "2026-11-02T09:30:15.1234567Z", "69003", "69003\n", "2A004", "CDI", "X"]
    ),
)


@given(data=st.data())
def test_both_validators_give_one_verdict_and_what_fits_is_drafted_or_rejected(data: st.DataObject) -> None:
    offer = deepcopy(OFFER)
    for _ in range(data.draw(st.integers(1, 3))):
        target: Any = offer
        name = data.draw(st.sampled_from(sorted(target)))
        while isinstance(target[name], dict) and target[name] and data.draw(st.booleans()):
            target = target[name]
            name = data.draw(st.sampled_from(sorted(target)))
        if data.draw(st.booleans()):
            target[name] = deepcopy(data.draw(STRANGE))
        else:
            del target[name]
        if not target:
            break
    fits = documents.valid(wire.SCHEMA, offer)
    assert fits == (documents.report(wire.SCHEMA, offer) == [])
    if fits:
        wire.is_echo(offer, "boostez.example")
        try:
            draft = wire.draft(offer)
        except Rejected:
            return
        assert wire.peek(msgspec.json.encode(offer))[0] == draft.ref


@pytest.mark.shared
def test_every_real_offer_fits_and_makes_a_draft() -> None:
    path = SHARED / "france_travail" / "les_emplois_offres_v2.json"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    payloads = [msgspec.json.decode(raw) for raw in client.read(path)]
    assert [documents.report(wire.SCHEMA, payload) for payload in payloads] == [[], []]
    drafts = [wire.draft(payload) for payload in payloads]
    assert [draft.city for draft in drafts] == ["ST CLAUDE", "ST GERMAIN EN COGLES"]
    assert [draft.job.salary for draft in drafts if draft.job] == [
        Salary("year", 26400),
        Salary("month", 1710),
    ]
    assert not any(wire.is_echo(payload, "boostez.example") for payload in payloads)
    verdicts = [normalise(draft) for draft in drafts]
    assert [verdict.offer.location.department for verdict in verdicts if isinstance(verdict, Normalised)] == [
        "39",
        "35",
    ]


def test_an_offer_of_the_region_is_made_canonical() -> None:
    verdict = normalise(wire.draft(OFFER))
    assert isinstance(verdict, Normalised)
    assert (verdict.offer.location.commune, verdict.offer.location.department) == ("69383", "69")


def test_an_offer_of_a_whole_department_keeps_its_department() -> None:
    verdict = normalise(wire.draft(changed(lieuTravail={"libelle": "69 - Rhône", "codePostal": "99999"})))
    assert isinstance(verdict, Normalised)
    assert (verdict.offer.location.commune, verdict.offer.location.department) == (None, "69")


@pytest.mark.shared
def test_offers_of_another_board_are_refused_with_reasons() -> None:
    path = SHARED / "job_feeds" / "lba_engagementJeunes.test.input.json"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    payloads = [msgspec.json.decode(raw) for raw in client.read(path)]
    assert payloads
    assert all(documents.report(wire.SCHEMA, payload) for payload in payloads)
