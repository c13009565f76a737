from __future__ import annotations

import copy
import datetime as dt
import json
import time
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import jsonschema
import jsonschema_rs
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.france_travail import client as france_travail
from connectors.lheo import client as lheo
from connectors.settings import ROOT
from sandbox.app import create_app
from sandbox.server import running
from schemas import documents
from schemas.documents import VALUE_LIMIT, Reason
from schemas.offer import Job, encode
from tests.makers import job, training

NAMES: Final = (
    "contractor.offer.v1",
    "offer.v1",
    "channels.v1",
    "reminders.v1",
    "alerts.v1",
    "service_levels.v1",
    "digests.v1",
    "access.v1",
    "france_travail.offer.v2",
    "lheo.action.v1",
    "indeed.job.v1",
    "bounce.v1",
    "registration.v1",
    "person-export.v1",
    "dialogue.v1",
)
LINK: Final = "https://emploi.example/o/1?a=b"


def contractor_job() -> dict[str, Any]:
    return {
        "ref": "EMP-000001",
        "version": 3,
        "kind": "job",
        "status": "open",
        "title": "Boulanger, boulangère",
        "description": "<p>Vous façonnez et cuisez le pain.</p>",
        "employer": {
            "name": "Fournil des Pentes",
            "siret": "73282932000074",
            "url": "https://fournil.example/",
            "anonymous": False,
        },
        "location": {
            "postal_code": "69001",
            "city": "LYON CEDEX 01",
            "commune": "69381",
            "latitude": 45.77,
            "longitude": 4.83,
            "remote": "none",
        },
        "rome_code": "D1102",
        "job": {
            "contract": "CDD",
            "duration_months": 6,
            "hours_per_week": 35.5,
            "salary": {"unit": "month", "minimum": 1900, "maximum": 2100.5},
            "experience": "junior",
            "openings": 2,
            "starts_on": "2027-01-04",
        },
        "apply_url": LINK,
        "apply_email": "emploi@fournil.example",
        "published_at": "2026-11-20T08:00:00Z",
        "expires_at": "2027-01-20T08:00:00.5+01:00",
        "updated_at": "2026-11-21T08:00:00Z",
    }


def contractor_training() -> dict[str, Any]:
    payload = {key: value for key, value in contractor_job().items() if key != "job"}
    sessions = [
        {"starts_on": "2027-01-04", "ends_on": "2027-06-30", "seats": 12},
        {"starts_on": "2027-09-01", "ends_on": "2028-02-28"},
    ]
    return {
        **payload,
        "ref": "FOR-000001",
        "kind": "training",
        "training": {
            "rncp": "RNCP38565",
            "cpf_eligible": True,
            "level": 3,
            "hours": 420,
            "price_eur": 1250.5,
            "sessions": sessions,
        },
    }


FRANCE_TRAVAIL: Final[dict[str, Any]] = {
    "id": "048KLTP",
    "intitule": "Boulanger / Boulangère (H/F)",
    "description": "Vous façonnez le pain.\nEt vous le cuisez.",
    "dateCreation": "2026-11-20T08:00:00.000Z",
    "dateActualisation": "2026-11-21T08:00:00+01:00",
    "lieuTravail": {
        "libelle": "69 - LYON 03",
        "latitude": 45.7,
        "longitude": 4.8,
        "codePostal": "69003",
        "commune": "69383",
    },
    "romeCode": "D1102",
    "romeLibelle": "Boulangerie",
    "entreprise": {"nom": "Fournil", "url": "https://fournil.example"},
    "typeContrat": "CDI",
    "natureContrat": "Contrat travail",
    "experienceExige": "D",
    "salaire": {"libelle": "Mensuel de 1900 Euros"},
    "alternance": False,
    "contact": {"courriel": "a@b.example", "urlPostulation": LINK},
    "nombrePostes": 1,
    "origineOffre": {"origine": "2", "urlOrigine": LINK, "partenaires": [{"nom": "X", "url": LINK}]},
}

LHEO: Final[dict[str, Any]] = {
    "formation": {
        "numero": "84_1",
        "datemaj": "20261001",
        "intitule-formation": "CAP boulanger",
        "objectif-formation": "Pétrir",
        "resultats-attendus": "-",
        "contenu-formation": "Four",
        "certifiante": "1",
        "code-niveau-entree": "1",
        "code-ROME": ["D1102", "D1104"],
        "code-FORMACODE": ["21538"],
        "certification": [{"code-RNCP": "RNCP37537", "code-RS": "RS1"}],
        "url-formation": [LINK],
        "contact-formation": [{"courriel": "a@b.example", "web": ["a.example"]}],
        "organisme-formation-responsable": {
            "SIRET": "73282932000074",
            "nom-organisme": "CFA",
            "raison-sociale": "ASSOCIATION CFA",
        },
    },
    "action": {
        "numero": "84_2",
        "modalites-enseignement": "1",
        "conditions-specifiques": "Avoir 16 ans",
        "lieu-de-formation": [{"codepostal": "38000", "ville": "Grenoble", "code-INSEE-commune": "38185"}],
        "modalites-entrees-sorties": "0",
        "session": [{"debut": "20270104", "fin": "99999999", "etat-recrutement": "1"}],
        "nombre-heures-total": "420",
    },
}

INDEED: Final = {
    "title": "Boulanger, boulangère",
    "date": "2026-11-20T08:00:00Z",
    "referencenumber": "4v7k2m9x0c1d",
    "url": LINK,
    "company": "Fournil des Pentes",
    "city": "Lyon",
    "postalcode": "69001",
    "country": "FR",
    "description": "<p>Vous façonnez et cuisez le pain.</p>",
    "salary": "1850 - 2100 EUR par mois",
    "jobtype": "CDI",
    "experience": "Junior",
    "remotetype": "Hybrid remote",
    "email": "emploi@fournil.example",
    "expirationdate": "2036-12-31",
}

BOUNCE: Final = {
    "message_id": "<session.12.34-2f@portail.example>",
    "recipient": "contact@fournil.example",
    "kind": "hard",
    "status": "5.1.1",
    "at": "2026-11-24T10:00:00+01:00",
    "why": "550 5.1.1 User unknown",
}

REGISTRATION: Final[dict[str, Any]] = {
    "firm": {
        "siret": "73282932000074",
        "name": "Fournil des Pentes",
        "naf": "10.71C",
        "headcount": "3-5",
        "commune": "69381",
        "postal_code": "69001",
        "city": "LYON CEDEX 01",
    },
    "person": {
        "name": "Marie Dupont",
        "email": "marie@fournil.example",
        "phone": "+33639981234",
        "role": "Gérante",
    },
    "consents": [
        {"purpose": "sessions", "transport": "mail"},
        {"purpose": "sessions", "transport": "sms"},
    ],
    "told_at": "2026-11-12T18:30:00+01:00",
    "origin": "Feuille du séminaire de Lyon",
    "level": "beginner",
    "availability": ["tue-evening", "thu-morning"],
    "session": "SEM-2026-LYON",
}

EXPORT: Final[dict[str, Any]] = {
    "schema": "person-export.v1",
    "made_at": "2026-11-24T12:00:00Z",
    "privacy_page": "https://portail.example/vie-privee",
    "kept_for": {"contact": "P3Y", "registration": "PT48H", "origin": "P1D"},
    "contacts": [
        {
            **dict.fromkeys(("role", "phone", "availability", "mail_stopped", "sms_stopped", "firm")),
            "number": 12,
            "name": "Marie Dupont",
            "email": "marie@fournil.example",
            "origin": "portal",
            "created_at": "2026-11-12T17:30:00Z",
            "seen_at": "2026-11-12T17:30:00Z",
            "consents": [
                {
                    "purpose": "sessions",
                    "transport": "mail",
                    "given_at": "2026-11-12T17:30:00Z",
                    "proof": {"how": "portal"},
                    "withdrawn_at": None,
                    "withdrawn_by": None,
                }
            ],
            **{name: [] for name in ("registrations", "enrolments", "reminders", "letters")},
            **{
                name: [] for name in ("answers", "cohorts", "asks", "questions", "watches", "bounces", "acts")
            },
        }
    ],
    "unconfirmed": [],
    "unconfirmed_asks": [],
    "postings": [],
    "coach": [],
    "official": [],
    "moderator": [],
    "student": [],
}

GOOD: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "contractor.offer.v1": (contractor_job(), contractor_training()),
    "offer.v1": (
        msgspec.json.decode(encode(job())),
        msgspec.json.decode(encode(training())),
        {**msgspec.json.decode(encode(job())), "employer": {"anonymous": True}},
    ),
    "channels.v1": (tomllib.loads((ROOT / "deployments" / "channels.toml").read_text("utf-8")),),
    "reminders.v1": (tomllib.loads((ROOT / "deployments" / "reminders.toml").read_text("utf-8")),),
    "alerts.v1": (tomllib.loads((ROOT / "deployments" / "alerts.toml").read_text("utf-8")),),
    "service_levels.v1": (tomllib.loads((ROOT / "deployments" / "service_levels.toml").read_text("utf-8")),),
    "digests.v1": (tomllib.loads((ROOT / "deployments" / "digests.sandbox.toml").read_text("utf-8")),),
    "access.v1": (tomllib.loads((ROOT / "deployments" / "access.toml").read_text("utf-8")),),
    "dialogue.v1": (tomllib.loads((ROOT / "deployments" / "dialogue.toml").read_text("utf-8")),),
    "france_travail.offer.v2": (FRANCE_TRAVAIL,),
    "lheo.action.v1": (LHEO,),
    "indeed.job.v1": (INDEED,),
    "bounce.v1": (BOUNCE,),
    "registration.v1": (
        REGISTRATION,
        {
            **{key: REGISTRATION[key] for key in ("firm", "told_at", "origin")},
            "person": {"name": "A", "phone": "+41791234567"},
        },
    ),
    "person-export.v1": (EXPORT,),
}

TAILS = (
    "\n",
    "\r\n",
    " ",
    "\x1c",
    "\x1f",
    "\x85",
    "\u00a0",
    "\u180e",
    "\u2028",
    "\ufeff",
    "é",
    "٣",
    "\uff13",
    "\x00",
)
odd_numbers = st.sampled_from(
    [0, 1, 1.0, -1, 0.0, -0.0, 0.5, 1e300, -1e300, 5e-324, 2**53, 2**63, 2**64, -(2**63) - 1, 10**18]
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    odd_numbers,
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(
        [
            "",
            "all",
            "job",
            "CDI",
            "2026-02-30",
            "٦٩٠٠١",
            "\uff16\uff19\uff10\uff10\uff11",
            "69001\n",
            "D1102\n",
            "a" * 300,
            "é" * 20_001,
        ]
    ),
)
oddities = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def branches(value: Any) -> Iterator[dict[str, Any] | list[Any]]:
    """Every object and array of a payload, itself included."""
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from branches(inner)


def bent(draw: st.DrawFn, value: Any) -> Any:
    """A value that looks like the one that stands there, or does not."""
    if isinstance(value, str) and draw(st.booleans()):
        tail, at = draw(st.sampled_from(TAILS)), draw(st.integers(0, len(value)))
        return value[:at] + tail + value[at:] if draw(st.booleans()) else value + tail
    if isinstance(value, int) and draw(st.booleans()):
        return draw(st.sampled_from([float(value), str(value), bool(value), -value, [value], value + 0.5]))
    return draw(oddities)


@st.composite
def payloads(draw: st.DrawFn, name: str) -> Any:
    """A good payload of the document with one to four of its members changed, dropped or added."""
    payload = copy.deepcopy(draw(st.sampled_from(GOOD[name])))
    for _ in range(draw(st.integers(1, 4))):
        branch = draw(st.sampled_from(list(branches(payload))))
        keys: list[Any] = list(branch) if isinstance(branch, dict) else list(range(len(branch)))
        deed = draw(st.sampled_from(["replace", "replace", "replace", "drop", "add"]))
        if deed == "add" or not keys:
            if isinstance(branch, dict):
                branch[draw(st.sampled_from(["x", "a/b~c", "", "name", "training", "job"]))] = draw(oddities)
            else:
                branch.append(draw(oddities))
            continue
        key = draw(st.sampled_from(keys))
        if deed == "drop":
            del branch[key]
        else:
            branch[key] = bent(draw, branch[key])
    return payload if draw(st.integers(0, 30)) else draw(oddities)


def resolved(payload: Any, pointer: str) -> Any:
    """What an RFC 6901 pointer names.

    Raises:
        LookupError: nothing.

    """
    for step in pointer.split("/")[1:]:
        plain = step.replace("~1", "/").replace("~0", "~")
        payload = payload[int(plain)] if isinstance(payload, list) else payload[plain]
    return payload


def check(name: str, payload: Any) -> list[Reason]:
    """Both engines' verdicts are one, and each reason can be acted on; the reasons."""
    reasons = documents.report(name, payload)
    assert documents.valid(name, payload) is (reasons == [])
    for reason in reasons:
        assert not reason.pointer or reason.pointer.startswith("/")
        resolved(payload, reason.pointer)
        assert reason.rule.isalpha()
        assert reason.rule != "None"
        assert len(reason.value) <= VALUE_LIMIT
        assert reason.message.endswith(".")
        assert len(reason.message.split()) >= 3
    return reasons


def rules(name: str, payload: Any) -> set[tuple[str, str]]:
    return {(reason.pointer, reason.rule) for reason in documents.report(name, payload)}


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_a_valid_2020_12_schema(name: str) -> None:
    document = documents.document(name)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(document)
    jsonschema_rs.meta.validate(document)


def test_no_document_is_left_out_of_these_tests() -> None:
    written = {path.name.removesuffix(".json") for path in (ROOT / "schemas" / "json").glob("*.json")}
    assert written == set(NAMES)


def schemas_of(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Every schema in a schema."""
    if not isinstance(schema, dict):
        return
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    inner += [
        schema.get(key)
        for key in ("items", "additionalProperties", "propertyNames", "not", "if", "then", "else")
    ]
    for key in ("allOf", "anyOf", "oneOf"):
        inner += schema.get(key, [])
    for each in inner:
        yield from schemas_of(each)


KNOWN = (
    "$schema $id title description default format type enum const pattern minLength maxLength minimum maximum "
    "exclusiveMinimum exclusiveMaximum minItems maxItems uniqueItems items properties propertyNames required "
    "additionalProperties minProperties $ref $defs allOf anyOf oneOf not if then else"
)
KEYWORDS = frozenset(KNOWN.split())


@pytest.mark.parametrize("name", NAMES)
def test_a_document_has_no_member_that_json_schema_does_not_know(name: str) -> None:
    unknown = {
        key for schema in schemas_of(documents.document(name)) for key in schema if key not in KEYWORDS
    }
    assert unknown == set()


@pytest.mark.parametrize("name", NAMES)
def test_good_payloads_are_valid_and_have_no_reasons(name: str) -> None:
    for payload in GOOD[name]:
        assert check(name, payload) == []


ODD: Final[dict[str, tuple[Any, ...]]] = {
    "contractor.offer.v1": (
        {**contractor_job(), "apply_url": LINK + "\ufeff"},
        {**contractor_job(), "apply_url": LINK + "\x1c"},
        {**contractor_job(), "apply_email": "a\x85b@c.example"},
        {**contractor_job(), "version": 1.0},
        {**contractor_job(), "version": True},
        {**contractor_job(), "version": 10**18},
        {**contractor_job(), "version": 1e300},
        {**contractor_job(), "ref": "EMP-000001\n"},
        {**contractor_job(), "rome_code": "D110٢"},
        "EMP-000001",
    ),
    "offer.v1": (
        {**msgspec.json.decode(encode(job())), "employer": {"anonymous": True, "name": "X"}},
        {**msgspec.json.decode(encode(job())), "training": {"sessions": []}},
    ),
    "channels.v1": ({"Bad name\n": {"kinds": ["job", "job"], "budget": 0}},),
    "reminders.v1": (
        {"week": {"when": {"days": -7, "minutes": 1, "at": "24:00"}, "until": {"at": "10:00\n"}}},
        {"week": {"when": {"minutes": -0.0}, "until": {}}},
    ),
    "registration.v1": (
        {**REGISTRATION, "person": {"name": "A"}},
        {**REGISTRATION, "person": {"name": " ", "email": "a@b.example\n"}},
        {**REGISTRATION, "person": {"name": "A", "email": f"{'a.' * 40_000}@b.example"}},
        {**REGISTRATION, "firm": {"siret": "73282932000074", "name": "A", "logo": "x"}},
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_both_engines_agree(name: str) -> None:
    for payload in ODD.get(name, ()):
        check(name, payload)

    @given(payload=payloads(name))
    def agree(payload: Any) -> None:
        check(name, payload)

    agree()


def test_nothing_in_a_registration_is_unbounded_or_unknown() -> None:
    for schema in schemas_of(documents.document("registration.v1")):
        if schema.get("type") == "string":
            assert schema["maxLength"] <= 254
        if schema.get("type") == "array":
            assert schema["maxItems"] <= 18
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False
        if "type" in schema or "enum" in schema:
            assert "title" in schema or "properties" in schema
            assert "description" in schema or "properties" in schema


def test_a_person_who_cannot_be_reached_is_told_so_without_their_name() -> None:
    [reason] = documents.report("registration.v1", {**REGISTRATION, "person": {"name": "Marie Dupont"}})
    assert (reason.pointer, reason.rule) == ("/person", "anyOf")
    assert "Dupont" not in reason.message


def test_of_a_payload_made_to_have_a_million_reasons_the_first_are_told() -> None:
    payload = {**contractor_training(), "training": {"sessions": [0] * 1_000_000}}
    assert len(documents.report("contractor.offer.v1", payload)) == documents.MOST_REASONS


@settings(deadline=None)  # the first report loads jsonschema
@given(value=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3))
def test_both_engines_agree_on_any_character_in_a_link_or_address(value: str) -> None:
    for name, payload, links, addresses in (
        ("contractor.offer.v1", contractor_job(), ("apply_url",), ("apply_email",)),
        ("offer.v1", msgspec.json.decode(encode(job())), ("apply_url",), ("apply_email",)),
    ):
        changed = {**payload, **dict.fromkeys(links, LINK + value)}
        check(name, {**changed, **dict.fromkeys(addresses, f"a{value}@b.example")})


# Real input


@pytest.fixture(scope="module")
def catalogue() -> list[Any]:
    """2,000 offers as the sandbox serves them, malformed ones included."""
    with running(create_app(None, jobs=1000, trainings=1000)) as base, httpx.Client(base_url=base) as http:
        form = {"grant_type": "client_credentials", "client_id": "boostez", "client_secret": "sandbox-secret"}
        http.headers["Authorization"] = (
            f"Bearer {http.post('/oauth/token', data=form).json()['access_token']}"
        )
        items: list[Any] = []
        params: dict[str, str] = {"limit": "1000"}
        while params:
            page = http.get("/v1/offers", params=params).json()
            items += page["items"]
            params = {"limit": "1000", "cursor": page["next_cursor"]} if page["next_cursor"] else {}
    return items


def test_both_engines_agree_on_the_sandbox_catalogue(catalogue: list[Any]) -> None:
    assert len(catalogue) >= 1_900
    refused = sum(bool(check("contractor.offer.v1", item)) for item in catalogue)
    assert 0 < refused < len(catalogue) / 10


@pytest.mark.shared
def test_both_engines_agree_on_real_france_travail_offers(shared: Path) -> None:
    raw = list(france_travail.read(shared / "data" / "france_travail" / "les_emplois_offres_v2.json"))
    assert raw
    for each in raw:
        check("france_travail.offer.v2", msgspec.json.decode(each))


@pytest.mark.shared
def test_both_engines_agree_on_real_lheo_actions(shared: Path) -> None:
    for file in sorted((shared / "data" / "lheo" / "samples").glob("*.xml")):
        text = file.read_text("utf-8")
        if "lheo.gouv.fr/2.3" in text or "www.lheo.org/2.2" in text:
            for each in lheo.read(file):
                check("lheo.action.v1", msgspec.json.decode(each))


# Reasons


def test_every_reason_is_told_at_once() -> None:
    payload = contractor_job()
    payload["version"] = "3"
    payload["employer"] = {"siret": "732 829 320 00074"}
    payload["location"]["postal_code"] = "6900"
    payload["job"]["salary"] = {"unit": "day"}
    payload["title"] = ""
    del payload["updated_at"], payload["status"]
    assert rules("contractor.offer.v1", payload) == {
        ("/version", "type"),
        ("/employer", "required"),
        ("/employer/siret", "pattern"),
        ("/location/postal_code", "pattern"),
        ("/job/salary", "required"),
        ("/job/salary/unit", "enum"),
        ("/title", "minLength"),
        ("", "required"),
    }
    lacking = [r.message for r in documents.report("contractor.offer.v1", payload) if r.rule == "required"]
    assert [
        name for name in ("'status'", "'updated_at'", "'name'", "'minimum'") if name in " ".join(lacking)
    ] == [
        "'status'",
        "'updated_at'",
        "'name'",
        "'minimum'",
    ]


def test_a_missing_member_is_named_and_its_owner_pointed_to() -> None:
    payload = contractor_job()
    del payload["location"]["city"]
    [reason] = documents.report("contractor.offer.v1", payload)
    assert (reason.pointer, reason.rule) == ("/location", "required")
    assert "'city'" in reason.message


def test_a_member_that_must_not_be_there_is_pointed_to() -> None:
    payload = {**msgspec.json.decode(encode(job())), "employer": {"anonymous": True, "name": "Fournil"}}
    [reason] = documents.report("offer.v1", payload)
    assert reason.pointer == "/employer/name"
    assert reason.rule != "None"


def test_a_pointer_escapes_tilde_and_slash() -> None:
    payload = {"a/b~c": {"kinds": [], "budget": 1}}
    assert ("/a~1b~0c/kinds", "minItems") in rules("channels.v1", payload)


def test_a_long_value_is_cut_to_the_limit() -> None:
    [reason] = documents.report("contractor.offer.v1", {**contractor_job(), "title": "é" * 5_000})
    assert len(reason.value) == VALUE_LIMIT
    assert reason.value.startswith('"ééé')
    assert reason.value.endswith("…")


def test_reasons_come_in_the_same_order_every_time() -> None:
    payload = {**contractor_job(), "version": 0, "title": "", "location": {}}
    first = documents.report("contractor.offer.v1", payload)
    shuffled = dict(reversed(list(payload.items())))
    assert documents.report("contractor.offer.v1", shuffled) == first
    assert [r.pointer for r in first] == sorted(r.pointer for r in first)


@given(value=oddities)
def test_a_shown_value_is_one_short_line(value: Any) -> None:
    text = documents.shown(value)
    assert len(text) <= VALUE_LIMIT
    assert "\n" not in text


def test_a_document_that_is_not_there_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        documents.document("no.such.v1")


# Dates that no calendar knows

DATES = {
    "contractor.offer.v1": (
        (contractor_job(), "/job/starts_on"),
        (contractor_training(), "/training/sessions/0/starts_on"),
        (contractor_training(), "/training/sessions/1/ends_on"),
    ),
    "offer.v1": (
        (
            msgspec.json.decode(encode(job(job=Job("CDI", starts_on=dt.date(2027, 1, 4))))),
            "/job/starts_on",
        ),
        (msgspec.json.decode(encode(training())), "/training/sessions/0/ends_on"),
    ),
}
INSTANTS = {
    "contractor.offer.v1": ((contractor_job(), "/published_at"), (contractor_job(), "/updated_at")),
    "offer.v1": ((msgspec.json.decode(encode(job())), "/published_at"),),
}


def put(payload: Any, pointer: str, value: Any) -> Any:
    changed = copy.deepcopy(payload)
    owner, _, key = pointer.rpartition("/")
    resolved(changed, owner)[key] = value
    return changed


@given(st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99))
@example(2026, 2, 30)
@example(2028, 2, 29)
@example(1900, 2, 29)
@example(0, 1, 1)
def test_every_date_that_does_not_exist_is_found(year: int, month: int, day: int) -> None:
    text = f"{year:04}-{month:02}-{day:02}"
    try:
        exists = bool(dt.date(year, month, day))
    except ValueError:
        exists = False
    for name, places in DATES.items():
        for payload, pointer in places:
            changed = put(payload, pointer, text)
            assert documents.valid(name, changed)
            found = documents.impossible(name, changed)
            assert [(r.pointer, r.rule, r.value) for r in found] == (
                [] if exists else [(pointer, "calendar", f'"{text}"')]
            )


@given(
    st.dates(dt.date(1, 1, 2), dt.date(9999, 12, 30)),
    st.times(),
    st.sampled_from(["T", "t"]),
    st.sampled_from(["Z", "z", "+00:00", "-00:00", "+01:00", "-11:30", "+14:00"]),
    st.integers(0, 9),
)
def test_no_instant_that_exists_is_called_impossible(
    day: dt.date, time: dt.time, letter: str, zone: str, digits: int
) -> None:
    fraction = "." + "123456789"[:digits] if digits else ""
    written = f"{day.isoformat()}{letter}{time:%H:%M:%S}{fraction}{zone}"
    for name, places in INSTANTS.items():
        for payload, pointer in places:
            changed = put(payload, pointer, written)
            assert documents.valid(name, changed)
            assert documents.impossible(name, changed) == []


@pytest.mark.parametrize(
    "written",
    [
        "2026-02-30T08:00:00Z",
        "2026-13-01T08:00:00Z",
        "2026-01-01T25:00:00Z",
        "2026-01-01T08:61:00Z",
        "2026-01-01T08:00:99+01:00",
        "2026-01-01T08:00:00+25:00",
        "0000-01-01T08:00:00Z",
    ],
)
def test_an_instant_that_does_not_exist_is_found(written: str) -> None:
    for name, places in INSTANTS.items():
        for payload, pointer in places:
            changed = put(payload, pointer, written)
            assert documents.valid(name, changed)
            assert [r.pointer for r in documents.impossible(name, changed)] == [pointer]


def test_several_impossible_dates_are_told_at_once() -> None:
    payload = put(contractor_training(), "/training/sessions/0/starts_on", "2026-02-30")
    payload = put(payload, "/training/sessions/1/ends_on", "2026-04-31")
    payload = put(payload, "/updated_at", "2026-02-30T08:00:00Z")
    assert {r.pointer for r in documents.impossible("contractor.offer.v1", payload)} == {
        "/training/sessions/0/starts_on",
        "/training/sessions/1/ends_on",
        "/updated_at",
    }


@given(st.data())
def test_looking_for_impossible_dates_never_fails_on_a_payload_of_another_shape(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    for reason in documents.impossible(name, data.draw(payloads(name))):
        assert reason.rule == "calendar"


# The agreement with the contractor

NOTES = frozenset({"description", "title", "default", "$schema", "$id"})


def bare(schema: Any) -> Any:
    """A schema without notes, and without the patterns that stand for formats."""
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key in KEYWORDS - NOTES}
    if "format" in kept:
        kept.pop("pattern", None)
    if "properties" in kept:
        kept["properties"] = {key: bare(value) for key, value in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = bare(kept["items"])
    return kept


def agreed(shared: Path) -> dict[str, Any]:
    """The offer as the agreement has it."""
    yaml = pytest.importorskip("ruamel.yaml").YAML(typ="safe")
    document = yaml.load((shared / "contracts" / "contractor.openapi.yaml").read_text("utf-8"))
    offer: dict[str, Any] = document["components"]["schemas"]["Offer"]
    return offer


@pytest.mark.shared
def test_the_contractor_document_says_what_the_agreement_says(shared: Path) -> None:
    assert bare(documents.document("contractor.offer.v1")) == bare(agreed(shared))


@pytest.mark.shared
def test_the_contractor_document_and_the_agreement_give_the_same_verdict(
    shared: Path, catalogue: list[Any]
) -> None:
    judge = jsonschema_rs.Draft202012Validator(agreed(shared), validate_formats=True)
    for item in [*catalogue, *GOOD["contractor.offer.v1"]]:
        if not documents.impossible("contractor.offer.v1", item):
            told = json.dumps(item, ensure_ascii=False)[:300]
            assert documents.valid("contractor.offer.v1", item) == judge.is_valid(item), told


@pytest.mark.shared
def test_the_contractor_document_refuses_what_the_agreement_refuses(shared: Path) -> None:
    judge = jsonschema_rs.Draft202012Validator(agreed(shared))

    @settings(deadline=None)
    @given(payload=payloads("contractor.offer.v1"))
    def refuses(payload: Any) -> None:
        if documents.valid("contractor.offer.v1", payload):
            assert judge.is_valid(payload)

    refuses()


@pytest.mark.shared
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("apply_url", "emploi.example/o/1"),
        ("apply_url", "https://emploi.example/a b"),
        ("apply_url", ""),
        ("apply_email", "emploi"),
        ("apply_email", "a b@c.example"),
        ("published_at", "22-05-2025 00:11:19"),
        ("published_at", "2026-11-20"),
        ("updated_at", "2026-11-20T08:00:00"),
        ("updated_at", "2026-11-20T08:00:00Z\n"),
    ],
)
def test_what_is_no_format_of_the_agreement_is_refused_by_both(shared: Path, member: str, value: str) -> None:
    payload = {**contractor_job(), member: value}
    assert not jsonschema_rs.Draft202012Validator(agreed(shared), validate_formats=True).is_valid(payload)
    assert rules("contractor.offer.v1", payload) == {(f"/{member}", "pattern")}


@pytest.mark.parametrize("name", ["contractor.offer.v1", "indeed.job.v1"])
def test_a_long_address_without_end_is_refused_in_no_time(name: str) -> None:
    """One upload stopped the portal: Python's ``re`` tried each of its dots as the last, and each time read to the end.

    5 MiB of dots behind an ``a@`` would have taken a processor 40 hours, with every other thread waiting.
    """
    member = "apply_email" if name.startswith("contractor") else "email"
    begun = time.process_time()
    reasons = rules(name, {member: f"a@{'.' * 40_000}@"})
    assert (f"/{member}", "pattern") in reasons
    assert time.process_time() - begun < 2


@given(st.text(max_size=60))
def test_a_visible_text_hides_nothing_and_can_be_read_back(text: str) -> None:
    seen = documents.visible(text)
    assert all(c.isprintable() or c in "\n\u00a0\u202f" for c in seen)
    plain = text.replace("\\", "").replace('"', "").replace("\n", "").replace("\ud800", "")
    assert json.loads(f'"{documents.visible(plain)}"') == plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\u202eb", '"a\\u202eb"'),
        ("\x1b[31m\x9b", '"\\u001b[31m\\u009b"'),
        ("zéro\u200b", '"zéro\\u200b"'),
        ("23\u202f000\u00a0€", '"23\u202f000\u00a0€"'),
        ("\U000e0041", '"\\udb40\\udc41"'),
    ],
)
def test_a_shown_value_shows_what_could_not_be_seen(value: str, text: str) -> None:
    assert documents.shown(value) == text
