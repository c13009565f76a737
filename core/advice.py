"""What a producer is told of an error: a sentence in plain French, and what could be written instead.

Belongs here: a sentence a rule, and replacements that the schema itself accepts. Does not: rules (rules.py, schemas/), or
reports (checking.py).

A replacement is a guess that was tried: of all readings of the value the first that fits the place's own schema.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final

import jsonschema_rs

from core.days import PARIS
from core.folding import compact
from core.html import printable
from core.places import commune
from core.spelling import Speller
from core.wording import NBSP, number
from schemas import documents
from schemas.documents import Reason

_SENTENCES: Final = {
    # A value against its schema
    "required": "Ce champ obligatoire manque.",
    "type": "Cette valeur n’a pas la forme attendue.",
    "enum": "Cette valeur n’est pas dans la liste.",
    "pattern": "Cette valeur n’a pas la forme attendue.",
    "minItems": "Cette liste est vide.",
    "calendar": "Cette date n’existe pas au calendrier.",
    "meaning": "Cette valeur n’a pas de sens dans une offre.",
    # The rules
    "siret_checksum": "Ce SIRET n’existe pas : sa clé de contrôle est fausse.",
    "rome_unknown": "Ce code n’existe pas dans le ROME 4.0.",
    "commune_unknown": "Le code postal et la commune ne vont pas ensemble.",
    "kind_mismatch": "Un emploi ne peut pas avoir de partie « training », ni une formation de partie « job ».",
    "dates_order": "L’offre finit avant d’être publiée.",
    "sessions_order": "La session finit avant de commencer.",
    "salary_order": "Le salaire le plus haut est inférieur au plus bas.",
    "salary_impossible": "Personne ne gagne autant : l’unité (heure, mois, an) ou le montant est faux.",
    "number_range": "Ce nombre est trop grand.",
    "timestamp_offset": "Cette date n’indique pas son décalage horaire.",
    "ref_unprintable": "La référence contient des caractères invisibles.",
    "anonymous_apply": "L’employeur est anonyme, mais le seul moyen de postuler révèle son nom.",
    "description_empty": "Il ne reste rien de la description une fois retiré ce qui ne peut pas être publié.",
    "duplicate_ref": "Une autre offre du fichier a la même référence.",
    # JSON itself
    "json": "Cette offre n’est pas du JSON lisible : trop d’imbrications, un champ donné deux fois, ou un nombre impossible.",
    "json_value": "Ce n’est pas du JSON : une valeur était attendue ici.",
    "json_name": 'Ce n’est pas du JSON : un nom de champ entre guillemets droits (") était attendu ici.',
    "json_colon": "Ce n’est pas du JSON : un deux-points (:) était attendu après le nom du champ.",
    "json_comma": "Ce n’est pas du JSON : cette virgule est de trop, rien ne la suit.",
    "json_comma_brace": "Ce n’est pas du JSON : une virgule ou une accolade fermante } était attendue ici.",
    "json_comma_bracket": "Ce n’est pas du JSON : une virgule ou un crochet fermant ] était attendu ici.",
    "json_end": "Ce n’est pas du JSON : il y a du texte en trop après la fin.",
    "json_closing": "Ce n’est pas du JSON : le texte qui commence ici n’est jamais refermé par un guillemet.",
    "json_quotes": 'Ce n’est pas du JSON : seuls les guillemets droits doubles (") entourent un texte.',
    "json_escape": "Ce n’est pas du JSON : un retour à la ligne, une tabulation ou une barre oblique inverse doit être codé dans un texte.",
    "json_many": "Ce fichier a trop de crochets, d’accolades et de virgules pour des offres.",
    "json_depth": "Ce fichier a trop de niveaux imbriqués : aucune offre n’en a autant.",
    # XML itself
    "xml_xml": "Ce n’est pas du XML bien formé : la lecture s’arrête ici.",
    "xml_entity": "Ce nom d’entité (&…;) n’existe pas en XML, qui n’en connaît que cinq.",
    "xml_empty": "Ce n’est pas un document XML entier.",
    "xml_doctype": "Ce fichier déclare un type de document (DOCTYPE), ce qui est refusé.",
    "xml_root": "L’élément racine n’est pas celui de ce format.",
    "xml_head": "Aucun élément racine ne commence au début du fichier.",
    "xml_size": "Un élément du fichier est trop grand pour être une offre.",
    "xml_repeats": "Une formation répète ses textes dans un trop grand nombre d’actions.",
    # The file
    "file_empty": "Le fichier est vide.",
    "file_nothing": "Le fichier ne contient aucune offre.",
    "file_packed": "Ce fichier n’est pas un texte, mais un fichier compressé ou bureautique (ZIP, Excel, Word, PDF…).",
    "file_utf16": "Ce fichier est codé en UTF-16, que le JSON n’admet pas.",
    "file_nul": "Ce fichier contient des octets nuls : ce n’est pas un texte.",
    "file_encoding": "Ce fichier n’est pas codé en UTF-8, mais sans doute en Windows-1252 (« ANSI »).",
}  # fmt: skip
_REMEDIES: Final = {
    "siret_checksum": "Recopiez les 14 chiffres de l’avis de situation de l’établissement (annuaire des entreprises), ou retirez ce champ.",
    "rome_unknown": "Cherchez le code du métier dans le ROME 4.0 de France Travail, ou retirez ce champ.",
    "commune_unknown": "Vérifiez l’un et l’autre, ou donnez le code INSEE de la commune.",
    "kind_mismatch": "Retirez cette partie, ou corrigez le type de l’offre (kind).",
    "dates_order": "Donnez une date de fin qui ne précède pas celle de publication.",
    "sessions_order": "Donnez une date de fin qui ne précède pas celle du début.",
    "salary_order": "Échangez les deux montants, ou retirez le plus haut.",
    "salary_impossible": "Donnez le brut en euros, et l’unité dans laquelle il est compté.",
    "number_range": "Donnez un nombre plus petit, ou retirez ce champ.",
    "ref_unprintable": "Écrivez-la en lettres et en chiffres.",
    "anonymous_apply": "Donnez une adresse qui ne montre ni le nom ni le site de l’employeur, ou levez l’anonymat.",
    "description_empty": "Décrivez l’offre par du texte.",
    "duplicate_ref": "Donnez à chaque offre sa référence, ou ne l’envoyez qu’une fois : la version la plus haute compte.",
    "calendar": "Donnez un jour qui existe.",
    "required": "Ajoutez-le.",
    "minItems": "Donnez au moins un élément.",
    "json_comma": "Retirez-la.",
    "json_quotes": 'Remplacez ces guillemets ou apostrophes par des guillemets droits doubles (").',
    "json_escape": "Écrivez \\n pour un retour à la ligne, \\t pour une tabulation, \\\\ pour une barre oblique inverse.",
    "json_closing": "Ajoutez le guillemet qui manque ; le fichier est peut-être coupé.",
    "xml_xml": "Vérifiez que chaque balise est refermée, dans l’ordre, et que & et < sont écrits &amp; et &lt;.",
    "xml_entity": "Écrivez le caractère lui-même (é et non &eacute;), ou son numéro (&#233;).",
    "xml_empty": "Le fichier est peut-être coupé : produisez-le de nouveau.",
    "xml_doctype": "Retirez la ligne <!DOCTYPE …> et les entités qu’elle définit.",
    "xml_root": 'Attendu : <lheo xmlns="http://lheo.gouv.fr/2.3"> pour LHEO, <source> pour Indeed. Vérifiez aussi le format choisi.',
    "file_empty": "Choisissez un fichier qui contient des offres, ou collez leur texte.",
    "file_nothing": "Vérifiez le format choisi, et que le fichier n’est pas un extrait vide.",
    "file_packed": "Décompressez-le d’abord, ou exportez vos offres en JSON ou en XML. Une feuille de calcul n’est pas acceptée.",
    "file_utf16": "Enregistrez-le en UTF-8 (dans le Bloc-notes : « Enregistrer sous », puis « Codage : UTF-8 »).",
    "file_nul": "Enregistrez vos offres en texte, codé en UTF-8.",
    "file_encoding": 'Enregistrez-le en UTF-8 (dans le Bloc-notes : « Enregistrer sous », puis « Codage : UTF-8 »). En XML, vous pouvez aussi le déclarer : <?xml version="1.0" encoding="windows-1252"?>.',
}  # fmt: skip
_LIMITS: Final = {
    "minLength": f"Ce texte a moins de {{}}{NBSP}caractères.",
    "maxLength": f"Ce texte a plus de {{}}{NBSP}caractères.",
    "minimum": "Ce nombre est plus petit que {}.",
    "maximum": "Ce nombre est plus grand que {}.",
    "exclusiveMinimum": "Ce nombre n’est pas plus grand que {}.",
    "maxItems": f"Cette liste a plus de {{}}{NBSP}éléments.",
}
_TYPES: Final = {
    "string": "un texte entre guillemets",
    "number": "un nombre, sans guillemets",
    "integer": "un nombre entier, sans guillemets",
    "boolean": "true ou false, sans guillemets",
    "object": "un objet { … }",
    "array": "une liste [ … ]",
}
_MEANT: Final = {  # other words for a value of a list, folded
    "emploi": "job",
    "formation": "training",
    "stage": "internship",
    "stagiaire": "internship",
    "intermittent": "interim",
    "mission": "interim",
    "mis": "interim",
    "interimaire": "interim",
    "alternance": "apprenticeship",
    "apprentissage": "apprenticeship",
    "contratdapprentissage": "apprenticeship",
    "professionnalisation": "professionalisation",
    "contratdeprofessionnalisation": "professionalisation",
    "contratpro": "professionalisation",
    "saisonnier": "seasonal",
    "sai": "seasonal",
    "servicecivique": "civic_service",
    "independant": "freelance",
    "liberal": "freelance",
    "contratadureeindeterminee": "CDI",
    "contratadureedeterminee": "CDD",
    "ouvert": "open",
    "ouverte": "open",
    "publiee": "open",
    "ferme": "closed",
    "fermee": "closed",
    "close": "closed",
    "heure": "hour",
    "horaire": "hour",
    "mois": "month",
    "mensuel": "month",
    "an": "year",
    "annee": "year",
    "annuel": "year",
    "aucun": "none",
    "non": "none",
    "debutant": "none",
    "debutantaccepte": "none",
    "confirme": "confirmed",
    "partiel": "partial",
    "hybride": "partial",
    "complet": "full",
    "total": "full",
}
_TRUE: Final = {"oui": True, "true": True, "vrai": True, "1": True, "non": False, "false": False, "faux": False, "0": False}  # fmt: skip
_FRENCH: Final = re.compile(r"([0-3]?[0-9])[/.\- ]([01]?[0-9])[/.\- ]([0-9]{4})(?:[ T]+([0-2]?[0-9])[:h]([0-5][0-9])(?::([0-5][0-9]))?)?")  # fmt: skip
_MONTHS: Final = ("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre")  # fmt: skip
_WORDED: Final = re.compile(r"([0-9]{1,2})(?:er)?\s+(\w+)\s+([0-9]{4})")
_AMOUNT: Final = re.compile(r"-?[0-9]{1,12}(?:[.,][0-9]{1,6})?")
_EMAIL: Final = re.compile(r"[^\s@<>()\",;:]+@[^\s@<>()\",;:]+\.[^\s@<>()\",;:]+")


def sentence(rule: str, schema: str = "", reason: Reason | None = None) -> str:
    """What is wrong, as one sentence that is the same for every value."""
    if rule == "required" and reason:
        return f"Il manque le champ obligatoire «{NBSP}{documents.lacking(reason)}{NBSP}»."
    wanted = _part(schema, reason.pointer).get(rule) if reason else None
    if rule == "type" and wanted in _TYPES:
        return f"Cette valeur n’est pas {_TYPES[wanted]}."
    if isinstance(wanted, list):
        return f"Cette valeur n’est pas dans la liste{NBSP}: {', '.join(map(str, wanted))}."
    if rule == "minLength" and wanted == 1:
        return "Ce texte est vide."
    if rule in _LIMITS and wanted is not None:
        return _LIMITS[rule].format(number(wanted))
    return _SENTENCES.get(rule, "Cette valeur ne peut pas être publiée telle quelle.")


def remedy(rule: str) -> str | None:
    """What to do, where the value itself does not tell."""
    return _REMEDIES.get(rule)


def suggestion(schema: str, reason: Reason) -> tuple[str | None, str | None]:
    """What to do about one value, in a sentence, and as JSON the value to write instead, each when it is known."""
    value = _value(reason)
    if reason.rule in {"enum", "pattern", "type", "calendar"} and value is not None:
        part = _part(schema, reason.pointer)
        meant = next((each for each in _readings(value, part) if _fits(json.dumps(part), each)), None)
        if meant is not None:
            return _asked(meant, part, quoted=schema.startswith("contractor")), json.dumps(
                meant, ensure_ascii=False
            )
    if reason.rule == "commune_unknown" and isinstance(value, str) and (known := commune(value)):
        codes = ", ".join(known.postal_codes[:5])
        told = f"{known.name} a pour code postal {codes} et pour code INSEE {known.code}."
        return told, None
    return remedy(reason.rule) or _form(_part(schema, reason.pointer), reason.rule), None


def _asked(meant: Any, part: dict[str, Any], *, quoted: bool) -> str:
    """JSON is shown as it must be written, with its quotes; in XML everything is a text."""
    told = json.dumps(meant, ensure_ascii=False) if quoted or not isinstance(meant, str) else meant
    if "enum" in part:
        return f"Vouliez-vous dire «{NBSP}{meant}{NBSP}»{NBSP}?"
    return f"Écrivez{NBSP}: {told}"


def plain(value: str) -> str:
    """A reason's value as people write it: a text without its quotes."""
    try:
        told = json.loads(value)
    except ValueError:
        return value.removeprefix('"')
    return told if isinstance(told, str) else value


def _form(part: dict[str, Any], rule: str) -> str | None:
    """An example of what is expected."""
    if rule != "pattern":
        return None
    pattern = part.get("pattern", "")
    examples = {
        "date": "2026-01-31",
        "date-time": "2026-01-31T08:00:00+01:00",
        "uri": "https://entreprise.fr/offre",
        "email": "contact@entreprise.fr",
    }
    if example := examples.get(part.get("format", "")):
        return f"Exemple{NBSP}: {example}"
    known = ("73282932000074", "69001", "D1102", "RNCP37537", "20260131", "https://entreprise.fr/offre",
             "contact@entreprise.fr", "15", "REF-2026-001")  # fmt: skip
    return next(
        (f"Exemple{NBSP}: {each}" for each in known if re.search(pattern.replace("$", r"\Z"), each)), None
    )


def _value(reason: Reason) -> Any:
    """The value that a reason shows; None when it is cut, or nothing that could be read otherwise."""
    try:
        value = json.loads(reason.value)
    except ValueError:
        return None
    return value if isinstance(value, str | int | float) else None


@cache
def _document(schema: str) -> dict[str, Any]:
    return documents.document(schema)


def _part(schema: str, pointer: str) -> dict[str, Any]:
    """The part of a schema that judges what a pointer names; empty when there is none."""
    part = _document(schema) if schema else {}
    for step in pointer.split("/")[1:]:
        part = part.get("items", {}) if step.isdecimal() else part.get("properties", {}).get(step, {})
    return part


@cache
def _validator(part: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(part))


def _fits(part: str, value: Any) -> bool:
    return _validator(part).is_valid(value)


def _readings(value: Any, part: dict[str, Any]) -> Iterator[Any]:
    """Everything that the value could mean."""
    if "enum" in part:
        yield from _choices(value, part["enum"])
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        if float(value).is_integer():
            yield int(value)
            yield f"{int(value):05}"  # a postal code that lost its zero
        return
    text = printable(value).strip()
    yield text
    if part.get("type") == "boolean" and compact(text) in _TRUE:
        yield _TRUE[compact(text)]
    yield from _dates(text)
    yield from _numbers(text)
    joined = re.sub(r"[\s.\-]", "", text)
    yield joined
    yield joined.upper()
    yield joined.zfill(5) if joined.isdecimal() else joined
    yield f"RNCP{joined}"
    yield joined.upper().replace("RNCP0", "RNCP")
    if found := _EMAIL.search(text.removeprefix("mailto:")):
        yield found[0]
    if " " not in text and "." in text:
        yield f"https://{text.removeprefix('//')}"
    yield re.sub(r"[^A-Za-z0-9:_.-]+", "-", text).strip("-")


def _choices(value: Any, choices: list[Any]) -> Iterator[Any]:
    said = compact(str(value))
    folded = {compact(str(choice)): choice for choice in choices}
    meant = _MEANT.get(said)
    if said in folded:
        yield folded[said]
    if meant in choices:
        yield meant
    if isinstance(value, str) and said in _TRUE:
        yield "1" if _TRUE[said] else "0"
    near = Speller(dict.fromkeys(folded, 1)).correct(said)
    if near in folded:
        yield folded[near]
    words = Speller(dict.fromkeys((word for word, meant in _MEANT.items() if meant in choices), 1)).correct(
        said
    )
    if words in _MEANT:
        yield _MEANT[words]


def _dates(text: str) -> Iterator[str]:
    moment = _moment(text)
    if moment is not None:
        yield moment.date().isoformat()
        yield f"{moment:%Y%m%d}"
        yield (moment if moment.tzinfo else moment.replace(tzinfo=PARIS)).isoformat(timespec="seconds")


def _moment(text: str) -> dt.datetime | None:
    try:
        if found := _FRENCH.fullmatch(text):
            day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
            return dt.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - Paris's, see _dates
        if (found := _WORDED.fullmatch(text)) and compact(found[2]) in _MONTHS:
            return dt.datetime(int(found[3]), _MONTHS.index(compact(found[2])) + 1, int(found[1]))  # noqa: DTZ001
        return dt.datetime.fromisoformat(
            text.removesuffix(" UTC") + ("+00:00" if text.endswith(" UTC") else "")
        )
    except ValueError:
        return _mailed(text)


def _mailed(text: str) -> dt.datetime | None:
    """A date as in mail and in feeds: Tue, 21 Dec 2021 22:49:39 GMT."""
    try:
        return parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None


def _numbers(text: str) -> Iterator[int | float]:
    bare = re.sub(r"\s|€|EUR|euros?", "", text, flags=re.IGNORECASE)
    if _AMOUNT.fullmatch(bare):
        amount = float(bare.replace(",", "."))
        if amount.is_integer():
            yield int(amount)
        yield amount
