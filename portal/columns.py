"""The table of open data: one line a column, its name, type, meaning, and where an offer has it.

Belongs here: the one list that the files, their schema and the page about them are made of, pure. Does not: files (dumps.py).

Source: specs.frictionlessdata.io/table-schema (version 1: types, constraints, missing values).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final, Literal, get_args

import msgspec

from connectors.region.board.search import Listed
from core.html import plain_text
from schemas.offer import Contract, Experience, Job, Kind, Offer, Remote, Salary, Training

Type = Literal["string", "boolean", "integer", "number", "date", "datetime"]
Value = str | bool | int | float | dt.date | None  # a datetime is a date


class Column(msgspec.Struct, frozen=True):
    """One column. ``values`` are all that it may hold, empty for any; ``required`` ones are never empty."""

    name: str
    type: Type
    meaning: str
    value: Callable[[Listed, str], Value]
    required: bool = False
    values: tuple[str, ...] = ()

    @property
    def field(self) -> dict[str, Any]:
        """As a field of Table Schema."""
        constraints: dict[str, Any] = {"required": True} if self.required else {}
        constraints |= {"enum": list(self.values)} if self.values else {}
        constraints |= {"unique": True} if self.name == KEY else {}
        told = {"name": self.name, "type": self.type, "description": self.meaning}
        return told | ({"constraints": constraints} if constraints else {})


def _offer(
    name: str,
    kind: Type,
    meaning: str,
    of: Callable[[Offer], Value],
    *values: str,
    required: bool = False,
) -> Column:
    return Column(name, kind, meaning, lambda listed, _: of(listed.offer), required, values)


def _job(name: str, kind: Type, meaning: str, of: Callable[[Job], Value], *values: str) -> Column:
    return _offer(name, kind, meaning, lambda offer: of(offer.job) if offer.job else None, *values)


def _pay(name: str, kind: Type, meaning: str, of: Callable[[Salary], Value], *values: str) -> Column:
    return _job(name, kind, meaning, lambda job: of(job.salary) if job.salary else None, *values)


def _training(name: str, kind: Type, meaning: str, of: Callable[[Training], Value]) -> Column:
    return _offer(name, kind, meaning, lambda offer: of(offer.training) if offer.training else None)


def _sessions(training: Training) -> str:
    return " ".join(f"{session.starts_on}/{session.ends_on}" for session in training.sessions)


KEY: Final = "key"
COLUMNS: Final = (
    Column(
        KEY, "string", "Clé de l’offre, la même pour toujours", lambda listed, _: listed.key, required=True
    ),
    Column(
        "url",
        "string",
        "Adresse de sa page",
        lambda listed, public_url: f"{public_url}/offres/{listed.key}",
        required=True,
    ),
    _offer(
        "kind",
        "string",
        "Emploi ou formation",
        lambda o: o.kind,
        *get_args(Kind),
        required=True,
    ),
    _offer("title", "string", "Intitulé", lambda o: o.title, required=True),
    _offer(
        "description", "string", "Texte de l’offre, sans mise en forme", lambda o: plain_text(o.description)
    ),
    _offer("source", "string", "D’où vient l’offre", lambda o: o.source, required=True),
    _offer("ref", "string", "Sa référence à la source", lambda o: o.ref, required=True),
    _offer("employer_name", "string", "Employeur ou organisme de formation", lambda o: o.employer.name),
    _offer("employer_siret", "string", "Son numéro SIRET", lambda o: o.employer.siret),
    _offer("employer_url", "string", "Son site", lambda o: o.employer.url),
    _offer(
        "employer_anonymous",
        "boolean",
        "L’employeur a demandé l’anonymat\u00a0: ni nom, ni SIRET, ni site",
        lambda o: o.employer.anonymous,
        required=True,
    ),
    _offer("city", "string", "Commune, nom officiel quand il est connu", lambda o: o.location.city),
    _offer("postal_code", "string", "Code postal", lambda o: o.location.postal_code),
    _offer("commune", "string", "Code INSEE de la commune", lambda o: o.location.commune),
    _offer("department", "string", "Code INSEE du département", lambda o: o.location.department),
    _offer("latitude", "number", "Latitude (WGS 84), en degrés", lambda o: o.location.latitude),
    _offer("longitude", "number", "Longitude (WGS 84), en degrés", lambda o: o.location.longitude),
    _offer(
        "remote",
        "string",
        "À distance\u00a0: non, en partie, entièrement",
        lambda o: o.location.remote,
        *get_args(Remote),
        required=True,
    ),
    _offer("rome_code", "string", "Métier, code ROME 4.0", lambda o: o.rome_code),
    _offer("rome_label", "string", "Métier, en toutes lettres", lambda o: o.rome_label),
    _job("contract", "string", "Contrat d’un emploi", lambda j: j.contract, *get_args(Contract)),
    _job("duration_months", "integer", "Durée du contrat, en mois", lambda j: j.duration_months),
    _job("hours_per_week", "number", "Heures par semaine", lambda j: j.hours_per_week),
    _pay(
        "salary_unit",
        "string",
        "Le salaire, brut, est par heure, mois ou an",
        lambda s: s.unit,
        "hour",
        "month",
        "year",
    ),
    _pay("salary_minimum", "number", "Salaire le plus bas, en euros", lambda s: s.minimum),
    _pay("salary_maximum", "number", "Salaire le plus haut, en euros", lambda s: s.maximum),
    _job("experience", "string", "Expérience demandée", lambda j: j.experience, *get_args(Experience)),
    _job("openings", "integer", "Nombre de postes", lambda j: j.openings),
    _job("starts_on", "date", "Début du contrat", lambda j: j.starts_on),
    _training(
        "sessions",
        "string",
        "Sessions d’une formation\u00a0: intervalles ISO 8601 (début/fin), séparés par une espace",
        _sessions,
    ),
    _training("rncp", "string", "Certification, numéro RNCP ou RS", lambda t: t.rncp),
    _training(
        "cpf_eligible", "boolean", "Éligible au compte personnel de formation", lambda t: t.cpf_eligible
    ),
    _training("level", "integer", "Niveau du cadre européen des certifications, de 1 à 8", lambda t: t.level),
    _training("hours", "integer", "Durée de la formation, en heures", lambda t: t.hours),
    _training("price_eur", "number", "Prix, en euros", lambda t: t.price_eur),
    _offer("apply_url", "string", "Où répondre en ligne", lambda o: o.apply_url),
    _offer("apply_email", "string", "Où répondre par courriel", lambda o: o.apply_email),
    _offer("published_at", "datetime", "Publication, en temps universel", lambda o: o.published_at),
    _offer("expires_at", "datetime", "Fin de l’offre, en temps universel", lambda o: o.expires_at),
    Column(
        "changed_at",
        "datetime",
        "Dernier changement sur ce portail, en temps universel",
        lambda listed, _: listed.changed_at,
        required=True,
    ),
)
NAMES: Final = tuple(column.name for column in COLUMNS)


def row(listed: Listed, public_url: str) -> list[Value]:
    """An offer's values, one a column."""
    return [column.value(listed, public_url) for column in COLUMNS]


def text_row(values: list[Value]) -> list[Value]:
    """The same for CSV: instants as 2026-11-24T12:00:00Z, the default form of Table Schema."""
    return [
        f"{value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, dt.datetime) else value
        for value in values
    ]


def table_schema(public_url: str) -> dict[str, Any]:
    """The CSV file's description as Table Schema."""
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "name": "boostez-offres",
        "title": "Offres d’emploi et de formation ouvertes en Auvergne-Rhône-Alpes",
        "description": "Une ligne par offre ouverte. Un texte qu’un tableur prendrait pour une formule est précédé d’une "
        "apostrophe\u00a0; dans le fichier Parquet, les textes sont tels quels.",
        "homepage": f"{public_url}/donnees",
        "path": f"{public_url}/donnees/offres.csv.gz",
        "version": "1.0.0",
        "licenses": [
            {
                "name": "etalab-2.0",
                "title": "Licence Ouverte / Open Licence 2.0",
                "path": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
            }
        ],
        "encoding": "utf-8",
        "fields": [column.field for column in COLUMNS],
        "primaryKey": KEY,
        "missingValues": [""],
    }
