"""The address of a search: its French parameters, read and written.

Belongs here: query string to Query and back, so that every search can be shared. Does not: what a search finds.
A parameter that means nothing is ignored: an old or mistyped link still opens a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from connectors.region.search import LAST_PAGE, LONGEST, Cursor, Query, Sort
from core.html import printable
from schemas.errors import Rejected
from schemas.offer import Contract, Kind, Remote
from schemas.reference_tables import departments

KINDS: Final[dict[str, Kind]] = {"emploi": "job", "formation": "training"}
CONTRACTS: Final[dict[str, Contract]] = {
    "cdi": "CDI",
    "cdd": "CDD",
    "interim": "interim",
    "apprentissage": "apprenticeship",
    "professionnalisation": "professionalisation",
    "saisonnier": "seasonal",
    "stage": "internship",
    "service-civique": "civic_service",
    "independant": "freelance",
}
REMOTES: Final[dict[str, Remote]] = {"possible": "partial", "complet": "full"}
SORTS: Final[dict[str, Sort]] = {"date": "newest", "pertinence": "relevance"}


def read(asked: Mapping[str, str]) -> Query:
    """The search that the parameters of an address ask for."""
    words = " ".join(printable(asked.get("q", "")[: 2 * LONGEST]).split())[:LONGEST]
    department = asked.get("departement", "")
    page = asked.get("page", "")
    try:
        after = Cursor.read(asked["apres"]) if asked.get("apres") else None
    except Rejected:
        after = None
    return Query(
        text=words,
        kind=KINDS.get(asked.get("type", "")),
        department=department if department in departments() else None,
        contract=CONTRACTS.get(asked.get("contrat", "")),
        remote=REMOTES.get(asked.get("teletravail", "")),
        sort=SORTS.get(asked.get("tri", ""), "relevance") if words else "newest",
        after=after,
        page=min(max(int(page), 1), LAST_PAGE) if page.isascii() and page.isdigit() and len(page) < 4 else 1,
    )


def write(query: Query) -> str:
    """The one address of a search, its parameters in a fixed order."""
    parameters = {
        "q": query.text,
        "type": _word(KINDS, query.kind),
        "departement": query.department,
        "contrat": _word(CONTRACTS, query.contract),
        "teletravail": _word(REMOTES, query.remote),
        "tri": _word(SORTS, query.sort) if query.text and query.sort != "relevance" else None,
        "apres": str(query.after) if query.after and query.sort == "newest" else None,
        "page": query.page if query.page > 1 and query.sort == "relevance" else None,
    }
    written = urlencode({name: value for name, value in parameters.items() if value})
    return f"/offres?{written}" if written else "/offres"


def _word(words: Mapping[str, str], meant: str | None) -> str | None:
    return next((word for word, value in words.items() if value == meant), None)
