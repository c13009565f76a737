"""The address of a search: its French parameters, read and written.

Belongs here: query string to Query and back, so that every search can be shared. Does not: what a search finds.
A parameter that means nothing is ignored: an old or mistyped link still opens a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from connectors.region.board.search import LAST_PAGE, LONGEST, Cursor, Near, Query, Since, Sort
from core.html import printable
from core.places import commune
from core.wording import FIELDS, LEVELS
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
SORTS: Final[dict[str, Sort]] = {"date": "newest", "pertinence": "relevance", "distance": "distance"}
SINCES: Final[dict[str, Since]] = {"1": 1, "3": 3, "7": 7, "30": 30}
RADIUSES: Final = (5, 10, 20, 30, 50, 100)  # km
RADIUS: Final = 30
PLACE: Final = 80  # characters of a place's name


def read(asked: Mapping[str, str]) -> Query:
    """The search that the parameters of an address ask for. A place that is none of the Region's is left out."""
    words = " ".join(printable(asked.get("q", "")[: 2 * LONGEST]).split())[:LONGEST]
    near = _near(asked.get("pres", ""), asked.get("rayon", ""))
    department, field, level = (asked.get(name, "") for name in ("departement", "domaine", "niveau"))
    page = asked.get("page", "")
    try:
        after = Cursor.read(asked["apres"]) if asked.get("apres") else None
    except Rejected:
        after = None
    return Query(
        text=words,
        near=near,
        kind=KINDS.get(asked.get("type", "")),
        department=department if department in departments() else None,
        contract=CONTRACTS.get(asked.get("contrat", "")),
        field=field if field in FIELDS else None,
        level=int(level) if level in {str(each) for each in LEVELS} else None,
        cpf=asked.get("cpf") == "oui",
        paid=asked.get("salaire") == "oui",
        remote=REMOTES.get(asked.get("teletravail", "")),
        since=SINCES.get(asked.get("depuis", "")),
        sort=SORTS.get(asked.get("tri", ""), _usual(words, near)),
        after=after,
        page=min(max(int(page), 1), LAST_PAGE) if page.isascii() and page.isdigit() and len(page) < 4 else 1,
    )


def write(query: Query) -> str:
    """The one address of a search, its parameters in a fixed order."""
    parameters = {
        "q": query.text,
        "pres": query.near and query.near.name,
        "rayon": f"{query.near.km:g}" if query.near and query.near.km != RADIUS else None,
        "type": _word(KINDS, query.kind),
        "departement": query.department,
        "contrat": _word(CONTRACTS, query.contract),
        "domaine": query.field,
        "niveau": query.level,
        "cpf": "oui" if query.cpf else None,
        "salaire": "oui" if query.paid else None,
        "teletravail": _word(REMOTES, query.remote),
        "depuis": query.since,
        "tri": _word(SORTS, query.sort) if query.sort in _unusual(query) else None,
        "apres": str(query.after) if query.after and query.sort == "newest" else None,
        "page": query.page if query.page > 1 and query.sort != "newest" else None,
    }
    written = urlencode({name: value for name, value in parameters.items() if value})
    return f"/offres?{written}" if written else "/offres"


def _usual(words: str, near: Near | None) -> Sort:
    """How a search is sorted when nobody says."""
    return "relevance" if words else "distance" if near else "newest"


def _unusual(query: Query) -> set[Sort]:
    """The sorts that make sense for a search, without the usual one."""
    possible: dict[Sort, bool] = {
        "newest": True,
        "relevance": bool(query.text),
        "distance": query.near is not None,
    }
    return {sort for sort, makes_sense in possible.items() if makes_sense} - {_usual(query.text, query.near)}


def _near(typed: str, km: str) -> Near | None:
    place = commune(" ".join(printable(typed[:PLACE]).split()))
    if place is None or place.latitude is None or place.longitude is None:
        return None
    far = next((each for each in RADIUSES if str(each) == km), RADIUS)
    return Near(f"{place.name} ({place.department})", place.latitude, place.longitude, far)


def _word(words: Mapping[str, str], meant: str | None) -> str | None:
    return next((word for word, value in words.items() if value == meant), None)
