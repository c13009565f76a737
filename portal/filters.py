"""The filters of a search, in French: what each offers, how many offers that would find, and searching wider.

Belongs here: labels and the choices of forms. Does not: their parameters (addresses.py), counting (connectors/region/board/search.py)
or markup (templates/).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from connectors.region.board.search import Facets, Page, Query
from core.wording import CONTRACTS, FIELDS, LEVELS
from portal import addresses
from schemas.reference_tables import departments

_KINDS: Final = {"job": "Emplois", "training": "Formations"}
_REMOTES: Final = {"partial": "Télétravail possible", "full": "Télétravail complet"}
_SINCES: Final = {1: "Depuis hier", 3: "Depuis 3 jours", 7: "Depuis 7 jours", 30: "Depuis 30 jours"}
ALWAYS: Final = ("kind", "department")  # filters that also the short form of the home page has


class Choice(msgspec.Struct, frozen=True):
    """One choice of a filter: the parameter's word, and how many offers it would find."""

    word: str
    label: str
    count: int
    chosen: bool


class Filter(msgspec.Struct, frozen=True):
    """One filter. ``every`` is the choice that filters nothing."""

    parameter: str
    label: str
    every: str
    choices: tuple[Choice, ...]
    always: bool


class _Kind(msgspec.Struct, frozen=True):
    """A filter's French. ``values`` are ours by the parameter's word, ``labels`` the words for ours; ``wider``: without it."""

    parameter: str
    label: str
    every: str
    wider: str
    values: Mapping[str, Any]
    labels: Mapping[Any, str]


def _same(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(value): value for value in values}


_FILTERS: Final = {
    "kind": _Kind(
        "type", "Type d’offre", "Toutes", "emplois et formations ensemble", addresses.KINDS, _KINDS
    ),
    "department": _Kind(
        "departement",
        "Département",
        "Tous",
        "dans toute la région",
        _same(departments()),
        {code: f"{name} – {code}" for code, name in departments().items()},
    ),
    "contract": _Kind("contrat", "Contrat", "Tous", "tous les contrats", addresses.CONTRACTS, CONTRACTS),
    "field": _Kind("domaine", "Domaine", "Tous", "tous les domaines", _same(FIELDS), FIELDS),
    "level": _Kind("niveau", "Niveau de la formation", "Tous", "tous les niveaux", _same(LEVELS), LEVELS),
    "cpf": _Kind(
        "cpf",
        "Compte formation",
        "Peu importe",
        "sans exiger le CPF",
        {"oui": True},
        {True: "Éligible au CPF"},
    ),
    "paid": _Kind(
        "salaire",
        "Salaire",
        "Peu importe",
        "salaire indiqué ou non",
        {"oui": True},
        {True: "Salaire indiqué"},
    ),
    "remote": _Kind(
        "teletravail", "Télétravail", "Peu importe", "sans exiger de télétravail", addresses.REMOTES, _REMOTES
    ),
    "since": _Kind("depuis", "Publiée", "Peu importe", "publiées plus tôt aussi", addresses.SINCES, _SINCES),
}


def offered(query: Query, facets: Facets) -> list[Filter]:
    """Every filter with the choices that would find something, and the one that is in place."""
    return [_offered(name, kind, query, getattr(facets, name)) for name, kind in _FILTERS.items()]


def _offered(name: str, kind: _Kind, query: Query, counts: Mapping[Any, int]) -> Filter:
    asked, always = getattr(query, name), name in ALWAYS
    choices = tuple(
        Choice(word, kind.labels[value], counts.get(value, 0), chosen=value == asked)
        for word, value in kind.values.items()
        if always or counts.get(value, 0) or value == asked
    )
    return Filter(kind.parameter, kind.label, kind.every, choices, always)


def active(query: Query) -> list[tuple[str, str]]:
    """What narrows the search: its label, and the address of the search without it."""
    found = []
    if query.text:
        found.append((f"«\u00a0{query.text}\u00a0»", _address(query, text="")))
    if query.near:
        found.append((f"À {query.near.km:g}\u00a0km de {query.near.name}", _address(query, near=None)))
    return found + [
        (kind.labels[asked], _address(query, **{name: _unset(query, name)}))
        for name, kind in _FILTERS.items()
        if (asked := getattr(query, name))
    ]


def wider(found: Page) -> list[tuple[str, str, int]]:
    """Searches with one filter less, or none, that find something: what they are, address, count."""
    query = found.query
    less = [
        (kind.wider, _address(query, **{name: _unset(query, name)}), count)
        for name, kind in _FILTERS.items()
        if getattr(query, name) and (count := found.facets.without(name))
    ]
    if found.matched and not less:
        bare = {name: _unset(query, name) for name in _FILTERS}
        less = [("sans filtre", _address(query, **bare), found.matched)]
    return less


def _unset(query: Query, name: str) -> bool | None:
    return False if isinstance(getattr(query, name), bool) else None


def _address(query: Query, **changes: Any) -> str:
    """The address of a search that differs; it starts at its first page."""
    return addresses.write(msgspec.structs.replace(query, after=None, page=1, **changes))
