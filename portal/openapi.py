"""The open API's description: OpenAPI 3.1, in French, around the very schema that offers are judged by.

Belongs here: the document. Does not: what it describes (api.py, parameters.py, schemas/json/offer.v1.json).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from connectors.offer_files import FORMATS
from core.checking import Report
from portal import problems
from portal.parameters import PARAMETERS
from schemas.documents import document

_SUMMARY: Final = """\
Toutes les offres d’emploi et de formation que publie la Région Auvergne-Rhône-Alpes, sans clé ni inscription.

- **Suite d’une page** : suivez `next` (dans la réponse, ou l’en-tête `Link` de relation `next`) jusqu’à ce qu’il soit nul. \
Par pertinence ou par distance, une recherche s’arrête à la page 50. Pour prendre toutes les offres d’un coup, chargez plutôt les fichiers de \
`/donnees`.
- **Ne rien recevoir deux fois** : renvoyez l’`ETag` reçu dans `If-None-Match` ; la réponse est 304 si rien n’a changé.
- **Mesure** : les en-têtes `RateLimit-Policy` et `RateLimit` disent ce que votre adresse peut encore demander ; au-delà, la \
réponse est 429 et `Retry-After` dit quand revenir.
- **Erreurs** : en JSON, selon la RFC 9457. Un paramètre inconnu ou incorrect est une erreur, jamais ignoré.
- **Vérifier vos propres offres** : envoyez un fichier à `/api/v1/verifier` avant de le transmettre à la Région. Rien n’en est gardé.
- **Depuis un navigateur** : tout site peut lire ces réponses (CORS).
- `HEAD` répond comme `GET`, sans corps."""
_REPORT: Final = """\
`readable` : le fichier a été lu jusqu’au bout ; sinon rien n’en serait repris. `publishable` : il l’a été, et aucune offre \
ne serait refusée. `cut` : il est trop grand, trop long à vérifier, ou a trop d’erreurs, pour que tout soit dit. `offers` : les offres lues, celles \
qui seraient publiées, celles qui sont closes ou à échéance passée, celles qui se répètent à l’identique, celles qui seraient \
refusées. `errors` : le nombre d’erreurs ; `troubles` : leurs sortes, chacune avec ses premiers exemples, `untold` : celles \
qui ne sont pas montrées. `replacement` est la valeur à écrire, en JSON, quand elle est connue."""
_OFFER: Final = {"$ref": "#/components/schemas/Item"}
_EXAMPLE_KEY: Final = "4v7k2m9x0c1d"


@cache
def written(public_url: str) -> bytes:
    """The description, as JSON."""
    return msgspec.json.encode(description(public_url))


def description(public_url: str) -> dict[str, Any]:
    """The description of the API at ``public_url``."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Boostez votre Région : emplois et formations",
            "version": "1",
            "summary": "Les offres ouvertes d’Auvergne-Rhône-Alpes",
            "description": _SUMMARY,
            "license": {
                "name": "Licence Ouverte / Open Licence 2.0",
                "url": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
            },
        },
        "servers": [{"url": public_url}],
        "paths": {
            "/api/v1/offres": {"get": _search()},
            "/api/v1/offres/{key}": {"get": _one()},
            "/api/v1/openapi.json": {"get": _self()},
            "/api/v1/verifier": {"post": _check()},
        },
        "components": {
            "schemas": {
                "Offer": document("offer.v1"),
                "Item": _item(),
                "Items": _items(),
                "Problem": _problem(),
                "Fault": _fault(),
                "Report": _report(),
            },
            "headers": _headers(),
        },
    }


def _search() -> dict[str, Any]:
    return {
        "operationId": "listerLesOffres",
        "summary": "Chercher des offres",
        "description": "Une page des offres ouvertes qui répondent à la recherche, comme la liste `/offres` du portail.",
        "parameters": [
            {
                "name": parameter.name,
                "in": "query",
                "description": parameter.meaning,
                "schema": parameter.schema,
            }
            for parameter in PARAMETERS
        ],
        "responses": {"200": _told("Une page d’offres", "Items", link=True), **_others(400)},
    }


def _one() -> dict[str, Any]:
    return {
        "operationId": "lireUneOffre",
        "summary": "Lire une offre",
        "description": "Une offre ouverte, par sa clé : la même pour toujours, celle de l’adresse de sa page.",
        "parameters": [
            {
                "name": "key",
                "in": "path",
                "required": True,
                "description": "La clé d’une offre",
                "schema": {"type": "string", "minLength": 1, "examples": [_EXAMPLE_KEY]},
            }
        ],
        "responses": {"200": _told("L’offre", "Item"), **_others(400, 404, 410)},
    }


def _self() -> dict[str, Any]:
    told = {"description": "Ce document", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {
        "operationId": "decrireLApi",
        "summary": "Lire cette description",
        "responses": {"200": told | {"headers": _named("ETag", "Cache-Control")}, **_others()},
    }


def _check() -> dict[str, Any]:
    content = {
        media: {"schema": schema}
        for media, schema in (
            ("application/json", {}),
            ("application/xml", {}),
            ("text/plain", {"type": "string"}),
            ("application/octet-stream", {"type": "string", "format": "binary"}),
        )
    }
    others = {status: told for status, told in _others(400, 413, 415).items() if status != "304"}
    return {
        "operationId": "verifierUnFichier",
        "summary": "Vérifier un fichier d’offres",
        "description": "Ce que la Région ferait de ce fichier : combien d’offres seraient publiées ou refusées, et chaque "
        "erreur avec sa ligne, son champ, et quoi écrire à la place. Un fichier illisible a un rapport aussi. Rien n’est "
        "gardé, publié ni envoyé. 5 Mio et 5 000 offres au plus ; 20 fichiers par minute et par adresse. Pour du JSON par "
        "lignes, envoyez `application/x-ndjson`.",
        "parameters": [
            {
                "name": "format",
                "in": "query",
                "description": "Le format du fichier ; sans lui, il est reconnu d’après le contenu.",
                "schema": {"type": "string", "enum": list(FORMATS)},
            }
        ],
        "requestBody": {"required": True, "description": "Le fichier lui-même", "content": content},
        "responses": {
            "200": {
                "description": "Le rapport. `publishable` dit si tout serait accepté.",
                "headers": _named("RateLimit-Policy", "RateLimit"),
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}},
            },
            **others,
        },
    }


def _report() -> dict[str, Any]:
    """Read from the record itself, so that the two cannot part."""
    (schema,), components = msgspec.json.schema_components(
        [Report], ref_template="#/components/schemas/Report/$defs/{name}"
    )
    told: dict[str, Any] = components.pop("Report")
    assert schema["$ref"].endswith("/Report")
    for each in components.values():
        each.pop("description", None)  # said above, in French
    return told | {"title": "Le rapport sur un fichier", "description": _REPORT, "$defs": components}


def _told(meaning: str, schema: str, *, link: bool = False) -> dict[str, Any]:
    names = ["ETag", "Cache-Control", "Link", "RateLimit-Policy", "RateLimit"]
    return {
        "description": f"{meaning}. `Link` mène à la suite." if link else meaning,
        "headers": _named(*names),
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def _others(*statuses: int) -> dict[str, Any]:
    """What else may be answered: 304, the problems of ``statuses``, and those that any request may meet."""
    answers: dict[str, Any] = {
        "304": {"description": "Rien n’a changé", "headers": _named("ETag", "Cache-Control")}
    }
    for status in (*statuses, 429, 500, 503):
        headers = {"headers": _named("Retry-After")} if status in {429, 503} else {}
        content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        answers[str(status)] = {"description": problems.TITLES[status], "content": content} | headers
    return answers


def _named(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _headers() -> dict[str, Any]:
    meanings = {
        "ETag": "L’empreinte de la réponse, à renvoyer dans If-None-Match",
        "Cache-Control": "Combien de temps la garder",
        "Link": "La page suivante (next), cette description (service-desc)",
        "RateLimit-Policy": "Combien de requêtes (q) en combien de secondes (w)",
        "RateLimit": "Combien il en reste (r), et dans combien de secondes il en revient (t)",
        "Retry-After": "Dans combien de secondes revenir",
    }
    return {
        name: {"description": meaning, "schema": {"type": "string"}} for name, meaning in meanings.items()
    }


def _item() -> dict[str, Any]:
    return {
        "title": "Une offre publiée",
        "type": "object",
        "required": ["key", "url", "changed_at", "offer"],
        "properties": {
            "key": {"type": "string", "description": "La clé de l’offre, la même pour toujours"},
            "url": {"type": "string", "format": "uri", "description": "Sa page, pour les personnes"},
            "changed_at": {
                "type": "string",
                "format": "date-time",
                "description": "Son dernier changement ici",
            },
            "offer": {"$ref": "#/components/schemas/Offer"},
        },
    }


def _items() -> dict[str, Any]:
    return {
        "title": "Une page d’offres",
        "type": "object",
        "required": ["total", "next", "items"],
        "properties": {
            "total": {"type": "integer", "minimum": 0, "description": "Les offres de toutes les pages"},
            "next": {
                "type": ["string", "null"],
                "format": "uri",
                "description": "L’adresse de la page suivante ; nulle à la fin",
            },
            "items": {"type": "array", "items": _OFFER},
        },
    }


def _problem() -> dict[str, Any]:
    return {
        "title": "Un problème, selon la RFC 9457",
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "Ce qui ne va pas, et que faire"},
            "errors": {
                "type": "array",
                "description": "Chaque paramètre incorrect",
                "items": {"$ref": "#/components/schemas/Fault"},
            },
            "key": {"type": "string", "description": "La clé de l’offre retirée"},
            "withdrawn_at": {
                "type": "string",
                "format": "date-time",
                "description": "Quand elle a été retirée",
            },
        },
    }


def _fault() -> dict[str, Any]:
    return {
        "title": "Un paramètre incorrect",
        "type": "object",
        "required": ["parameter", "value", "expected"],
        "properties": {
            "parameter": {"type": "string"},
            "value": {"type": "string", "description": "Ce qui a été reçu, abrégé"},
            "expected": {"type": "string", "description": "Ce qu’il peut être"},
        },
    }
