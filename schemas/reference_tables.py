"""The reference tables of ``reference/``: communes, departments, ROME and NAF codes, as typed records.

Belongs here: reading the packaged CSV files, once. Does not: matching what people type to them (core/communes.py).

Sources, versions and licences: reference/README.md.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec


class Commune(msgspec.Struct, frozen=True):
    """A commune of region 84, or a Lyon arrondissement.

    ``code`` is INSEE's. Coordinates are WGS 84 degrees, both None when no safe source gives them.
    """

    code: str
    name: str
    department: str
    postal_codes: tuple[str, ...]
    population: int
    latitude: float | None = None
    longitude: float | None = None


class Activity(msgspec.Struct, frozen=True):
    """A subclass of NAF rev. 2, with the section that it is part of (a letter)."""

    code: str
    label: str
    section: str


@cache
def communes() -> Mapping[str, Commune]:
    """Every commune of the Region and the nine Lyon arrondissements, by INSEE code."""
    return MappingProxyType({row["code"]: _commune(row) for row in _rows("communes")})


@cache
def commune_aliases() -> tuple[tuple[str, str], ...]:
    """Names of communes déléguées and associées, each with the INSEE code of the commune they are part of."""
    return tuple((row["name"], row["code"]) for row in _rows("commune_aliases"))


@cache
def commune_former_codes() -> Mapping[str, str]:
    """INSEE codes no longer in use, each with the code of the commune today."""
    return MappingProxyType({row["former_code"]: row["code"] for row in _rows("commune_former_codes")})


@cache
def departments() -> Mapping[str, str]:
    """The twelve departments of the Region: code to name."""
    return MappingProxyType({row["code"]: row["name"] for row in _rows("departments")})


@cache
def rome_labels() -> Mapping[str, str]:
    """The occupations of ROME 4.0: code to label."""
    return MappingProxyType({row["code"]: row["label"] for row in _rows("rome")})


@cache
def activities() -> Mapping[str, Activity]:
    """The 732 subclasses of NAF rev. 2, by code ("47.11B")."""
    return MappingProxyType(
        {row["code"]: Activity(row["code"], row["label"], row["section"]) for row in _rows("naf")}
    )


@cache
def naf_sections() -> Mapping[str, str]:
    """The 21 sections of NAF rev. 2: letter to label."""
    return MappingProxyType({row["section"]: row["section_label"] for row in _rows("naf")})


def _rows(table: str) -> list[dict[str, str]]:
    text = (files(__package__) / "reference" / f"{table}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _commune(row: dict[str, str]) -> Commune:
    return Commune(
        code=row["code"],
        name=row["name"],
        department=row["department"],
        postal_codes=tuple(row["postal_codes"].split("|")),
        population=int(row["population"]),
        latitude=float(row["latitude"]) if row["latitude"] else None,
        longitude=float(row["longitude"]) if row["longitude"] else None,
    )
