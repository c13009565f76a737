"""The ways in which real feeds are malformed, each a function from a right offer to what is served instead.

Belongs here: one way a function, and which apply to which kind. Does not: which offers are malformed (board.py). Models:
the partner feeds of the State's La bonne alternance ("22-05-2025 00:11:19", "0,28", empty elements, four-digit codes).
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from sandbox.generator import Kind, occupations

Offer = dict[str, Any]
Malformation = Callable[[Offer, Random], Any]


def _missing_field(offer: Offer, random: Random) -> Any:
    del offer[random.choice(("title", "description", "status", "version", "updated_at"))]
    return offer


def _text_for_number(offer: Offer, _random: Random) -> Any:
    if offer["kind"] == "job":
        offer["job"]["hours_per_week"] = "35"
    else:
        offer["training"]["hours"] = "70"
    return offer


def _decimal_comma(offer: Offer, _random: Random) -> Any:
    if offer["kind"] == "job":
        offer["job"]["salary"] = {"unit": "hour", "minimum": "12,28"}
    else:
        offer["training"]["price_eur"] = "0,28"
    return offer


def _foreign_date(offer: Offer, _random: Random) -> Any:
    offer["published_at"] = "22-05-2025 00:11:19"
    return offer


def _impossible_date(offer: Offer, _random: Random) -> Any:
    if offer["kind"] == "job":
        offer["job"]["starts_on"] = "2026-02-30"
    else:
        offer["training"]["sessions"][0]["starts_on"] = "2026-02-30"
    return offer


def _empty_string(offer: Offer, random: Random) -> Any:
    offer[random.choice(("title", "description", "updated_at"))] = ""
    return offer


def _siret_checksum(offer: Offer, random: Random) -> Any:
    offer["employer"]["siret"] = f"7328293200007{random.choice('012356789')}"
    return offer


def _siret_spaces(offer: Offer, _random: Random) -> Any:
    offer["employer"]["siret"] = "732 829 320 00074"
    return offer


def _rome_unknown(offer: Offer, _random: Random) -> Any:
    known = {code for code, _ in occupations()}
    offer["rome_code"] = next(code for code in ("K9999", "N9998", "A9997") if code not in known)
    return offer


def _postal_code_short(offer: Offer, _random: Random) -> Any:
    offer["location"]["postal_code"] = offer["location"]["postal_code"][:4]
    return offer


def _postal_code_unknown(offer: Offer, _random: Random) -> Any:
    offer["location"] = {
        "postal_code": offer["location"]["postal_code"][:2] + "999",
        "city": "Zone industrielle",
    }
    return offer


def _sessions_order(offer: Offer, _random: Random) -> Any:
    session = offer["training"]["sessions"][-1]
    session["starts_on"], session["ends_on"] = session["ends_on"], session["starts_on"]
    return offer


def _salary_order(offer: Offer, _random: Random) -> Any:
    offer["job"]["salary"] = {"unit": "month", "minimum": 2400.0, "maximum": 1900.0}
    return offer


def _title_long(offer: Offer, _random: Random) -> Any:
    offer["title"] = (offer["title"] + " - ") * 40
    return offer


def _kind_unknown(offer: Offer, _random: Random) -> Any:
    offer["kind"] = "stage" if offer["kind"] == "job" else "formation"
    return offer


def _null_object(offer: Offer, random: Random) -> Any:
    offer[random.choice(("location", "employer", offer["kind"]))] = None
    return offer


def _not_an_object(offer: Offer, _random: Random) -> Any:
    return f"{offer['title']} ({offer['ref']})"


def _ref_missing(offer: Offer, _random: Random) -> Any:
    del offer["ref"]
    return offer


def _ref_type(offer: Offer, _random: Random) -> Any:
    offer["ref"] = int(offer["ref"].rpartition("-")[2])
    return offer


def _ref_duplicated(offer: Offer, _random: Random) -> Any:
    offer["ref"] = offer.pop("neighbour")
    return offer


def _not_json(offer: Offer, _random: Random) -> Any:
    offer.setdefault("location", {})["latitude"] = NAN
    return offer


NAN = "\x00nan"  # written as a bare NaN, which Python's json module would write and JSON does not know
MALFORMATIONS: dict[str, Malformation] = {
    function.__name__[1:]: function
    for function in (
        _missing_field,
        _text_for_number,
        _decimal_comma,
        _foreign_date,
        _impossible_date,
        _empty_string,
        _siret_checksum,
        _siret_spaces,
        _rome_unknown,
        _postal_code_short,
        _postal_code_unknown,
        _sessions_order,
        _salary_order,
        _title_long,
        _kind_unknown,
        _null_object,
        _not_an_object,
        _ref_missing,
        _ref_type,
        _ref_duplicated,
        _not_json,
    )
}
ON_COMMAND = frozenset({"not_json"})  # never of itself: it breaks more than its item for a strict reader
_ONLY: dict[str, Kind] = {"sessions_order": "training", "salary_order": "job"}
BY_KIND: dict[Kind, tuple[str, ...]] = {
    kind: tuple(name for name in MALFORMATIONS if _ONLY.get(name, kind) == kind and name not in ON_COMMAND)
    for kind in ("job", "training")
}
