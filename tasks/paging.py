"""What Prefect's server answers, page by page.

Belongs here: going through pages. Does not: what is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

T = TypeVar("T")
PAGE: Final = 200  # what the server gives at once


def paged(read: Callable[..., list[T]], **asked: Any) -> Iterator[T]:
    """Everything that a method of Prefect's client finds, in its order."""
    offset = 0
    while page := read(**asked, limit=PAGE, offset=offset):
        yield from page
        offset += len(page)
