"""What every Graph call may carry: numbers, cursors, fields, pages.

Belongs here: reading and writing them, pure. Does not: what is asked for (graph.py and its parts).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from sandbox.graph_words import GraphError

PAGE_MAXIMUM, PAGE_DEFAULT = 100, 25
Parameters = dict[str, str]
_FIELD = re.compile(r"([a-z_]+)(?:\{([^{}]*)\})?")


class _Numbered(Protocol):
    @property
    def number(self) -> int: ...


N = TypeVar("N", bound=_Numbered)


def whole(parameters: Parameters, name: str, default: int) -> int:
    """A number that is not negative."""
    text = parameters.get(name, "")
    if text and not (text.isdigit() and len(text) < 13):
        raise GraphError(100, f"(#100) Param {name} must be a whole number")
    return int(text) if text else default


def limit_of(parameters: Parameters) -> int:
    """How many objects a page has."""
    limit = whole(parameters, "limit", PAGE_DEFAULT)
    if not 1 <= limit <= PAGE_MAXIMUM:
        raise GraphError(100, f"(#100) Please reduce the amount of data: limit is at most {PAGE_MAXIMUM}")
    return limit


def is_true(text: str | None) -> bool:
    """As Graph reads a flag."""
    return (text or "").lower() in {"true", "1"}


def cursor_of(number: int) -> str:
    """Where an object is in its list."""
    return urlsafe_b64encode(f"post:{number}".encode()).decode().rstrip("=")


def number_of(cursor: str) -> int:
    """The object that a cursor names."""
    try:
        return int(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().removeprefix("post:"))
    except ValueError as error:
        raise GraphError(100, "(#100) Invalid cursors values") from error


def chosen(fields: str | None, default: str, value: Callable[[str, str | None], Any]) -> dict[str, Any]:
    """The fields that were asked for, with what is asked within each; those that have no value are left out."""
    told = {match[1]: value(match[1], match[2]) for match in _FIELD.finditer(fields or default)}
    return {name: each for name, each in told.items() if each is not None}


def paged(
    found: Sequence[N], limit: int, shown: Callable[[N], Any], parameters: Parameters, address: str
) -> dict[str, Any]:
    """A page of ``found``, nearest first, of which there is one more than ``limit`` when others follow.

    What is ``before`` a cursor is found backwards, and shown in order.
    """
    backwards = "before" in parameters
    page = list(found[:limit])[:: -1 if backwards else 1]
    answer: dict[str, Any] = {"data": [shown(each) for each in page]}
    if not page:
        return answer
    ends = {"before": cursor_of(page[0].number), "after": cursor_of(page[-1].number)}
    answer["paging"] = {"cursors": ends}
    rest = {name: text for name, text in parameters.items() if name not in {"before", "after"}}
    if len(found) > limit or backwards:
        query = {**rest, "limit": str(limit), "after": ends["after"]}
        answer["paging"]["next"] = f"{address}?{urlencode(query)}"
    if "after" in parameters or (backwards and len(found) > limit):
        query = {**rest, "limit": str(limit), "before": ends["before"]}
        answer["paging"]["previous"] = f"{address}?{urlencode(query)}"
    return answer
