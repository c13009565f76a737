"""The JSON Schema documents of ``json/``: their verdict, and the report of what failed.

Belongs here: loading, compiling once, judging, reporting. Does not: rules that no schema can say (core/rules.py).

Two engines read the same documents: jsonschema-rs gives the verdict (hundreds of thousands a second), jsonschema the
report of the few that failed. Tests hold the two to the same verdict.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

_CALENDAR = {"date": dt.date.fromisoformat, "date-time": dt.datetime.fromisoformat}
_SPACES = "\n\u00a0\u202f"
MOST_REASONS = (
    1_000  # of a payload: an honest one has a dozen, five megabytes of zeros for sessions two million
)
VALUE_LIMIT = 200  # characters of an offending value that a report shows


class Reason(msgspec.Struct, frozen=True):
    """Why a payload was refused, for the engineer who made it.

    ``pointer`` is an RFC 6901 JSON pointer into the payload, ``rule`` the schema keyword or the rule's name,
    ``value`` the offending value as JSON (cut at 200 characters), ``message`` a sentence that says what to do.
    """

    pointer: str
    rule: str
    value: str
    message: str


def document(name: str) -> dict[str, Any]:
    """The schema document ``json/<name>.json``.

    Raises:
        FileNotFoundError: no such document.

    """
    loaded: dict[str, Any] = json.loads((files(__package__) / "json" / f"{name}.json").read_text("utf-8"))
    return loaded


@cache
def _judge(name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(document(name))


# jsonschema is imported where it is used: most processes never write a report, and it takes a while to load.


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    # JSON Schema patterns are ECMA 262, and the verdict's engine reads them in linear time: Python's does neither.
    from jsonschema import ValidationError  # noqa: PLC0415

    if isinstance(instance, str) and not _matching(pattern).is_valid(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


@cache
def _matching(pattern: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern})


@cache
def _reporter(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415

    extended = validators.extend(Draft202012Validator, {"pattern": _pattern})
    return extended(document(name))


def valid(name: str, payload: Any) -> bool:
    """Whether ``payload`` (decoded JSON) fits the document ``name``."""
    return _judge(name).is_valid(payload)


def report(name: str, payload: Any) -> list[Reason]:
    """Every reason why ``payload`` does not fit the document ``name``; empty when it does.

    Of a payload made to have more than ``MOST_REASONS``, the first that are found.
    """
    errors = islice(_reporter(name).iter_errors(payload), MOST_REASONS)
    return sorted(
        {_reason(error) for error in errors}, key=lambda reason: (reason.pointer, reason.rule, reason.message)
    )


def impossible(name: str, payload: Any) -> list[Reason]:
    """The dates and instants of a payload that no calendar knows (2026-02-30): the schema sees only their shape."""
    return list(_impossible(document(name), payload, ""))


def _impossible(schema: dict[str, Any], value: Any, pointer: str) -> Iterator[Reason]:
    if isinstance(value, dict):
        for key, part in schema.get("properties", {}).items():
            if key in value and isinstance(part, dict):
                yield from _impossible(part, value[key], f"{pointer}/{key}")
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for position, item in enumerate(value):
            yield from _impossible(schema["items"], item, f"{pointer}/{position}")
    elif isinstance(value, str) and schema.get("format") in _CALENDAR:
        try:
            _CALENDAR[schema["format"]](value.upper())  # RFC 3339 lets an instant end in z; Python does not
        except ValueError:
            message = f"{pointer} is not in the calendar. Send a {schema['format']} that exists."
            yield Reason(pointer, "calendar", shown(value), message)


def shown(value: Any) -> str:
    """A value as one short line of JSON, with nothing in it that a terminal would obey or an eye could miss."""
    text = visible(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= VALUE_LIMIT else text[: VALUE_LIMIT - 1] + "…"


def visible(text: str) -> str:
    """``text`` with everything unseen but spaces and newlines written out, as JSON escapes it."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c in _SPACES else json.dumps(c)[1:-1] for c in text)


def pointer_of(path: Iterator[Any] | list[Any]) -> str:
    """An RFC 6901 pointer from the steps of a path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def lacking(reason: Reason) -> str:
    """The member that a reason of rule ``required`` says is lacking."""
    return reason.message.rsplit(": ", 1)[-1].removesuffix(". Send it.").strip("'")


def _reason(error: ValidationError) -> Reason:
    pointer = pointer_of(list(error.absolute_path))
    rule = str(error.validator)
    return Reason(pointer, rule, shown(error.instance), _sentence(error, rule, pointer))


def _sentence(error: ValidationError, rule: str, pointer: str) -> str:
    field, wanted = pointer or "the item", error.validator_value
    sentences = {
        "type": f"{field} must be of type {wanted}.",
        "enum": f"{field} must be one of {', '.join(map(str, wanted)) if isinstance(wanted, list) else wanted}.",
        "const": f"{field} must be {wanted!r}.",
        "pattern": f"{field} must match {wanted}.",
        "minLength": f"{field} must have at least {wanted} characters.",
        "maxLength": f"{field} must have at most {wanted} characters.",
        "minimum": f"{field} must be at least {wanted}.",
        "maximum": f"{field} must be at most {wanted}.",
        "exclusiveMinimum": f"{field} must be more than {wanted}.",
        "not": f"{field} must not be there.",
        "anyOf": f"{field} fits none of the forms that the document allows.",
        "minItems": f"{field} must have at least {wanted} items.",
        "maxItems": f"{field} must have at most {wanted} items.",
    }
    if rule == "required":
        return f"{field} lacks a required member: {error.message.split(' is a required')[0]}. Send it."
    return sentences.get(rule, f"{field}: {error.message}.")
