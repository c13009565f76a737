"""What a machine is told when its request cannot be served: problem details in JSON.

Belongs here: their one form (RFC 9457) and their titles. Does not: when something is a problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response

from portal.revalidation import SHARED

MEDIA_TYPE: Final = "application/problem+json"
TITLES: Final = {
    400: "Paramètres incorrects",
    404: "Introuvable",
    405: "Méthode non permise",
    408: "Envoi trop lent",
    410: "Offre retirée",
    413: "Fichier trop grand",
    415: "Type de fichier inconnu",
    429: "Trop de requêtes",
    500: "Erreur de notre part",
    503: "Service momentanément indisponible",
}


def problem(
    status: int,
    detail: str,
    *,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem, its ``detail`` in French, with further members of its own. Not to be kept."""
    told = {
        "type": "about:blank",
        "title": TITLES.get(status, "Requête refusée"),
        "status": status,
        "detail": detail,
    }
    return Response(
        msgspec.json.encode(told | dict(members or {})),
        status,
        headers=SHARED | {"Cache-Control": "no-store", "Content-Language": "fr"} | dict(headers or {}),
        media_type=MEDIA_TYPE,
    )
