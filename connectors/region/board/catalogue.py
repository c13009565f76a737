"""The open portal's board, read whole: for sitemaps and open data.

Belongs here: the statements that walk every open offer, in bounded memory. Does not: searching (search.py), writing the board
(board.py), or the form of what is told (portal/).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import text

from connectors.region.board.search import Listed
from connectors.region.database import Region
from schemas.offer import decode

BATCH: Final = 5_000  # rows a look


class Part(msgspec.Struct, frozen=True):
    """So many open offers in the order of their keys: those behind ``after``, up to ``last``."""

    number: int
    after: str
    last: str
    offers: int
    changed_at: dt.datetime


def parts(region: Region, size: int) -> list[Part]:
    """The open offers in parts of ``size``, the last one smaller; none for an empty board.

    Raises:
        Unreachable: the database does not answer.

    """
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT part, max(key) AS last, count(*) AS offers, max(changed_at) AS changed_at FROM ("
                "SELECT key, changed_at, (row_number() OVER (ORDER BY key) - 1) / :size AS part "
                "FROM board WHERE withdrawn_at IS NULL) AS numbered GROUP BY part ORDER BY part"
            ),
            {"size": size},
        ).all()
    lasts = ["", *(row.last for row in rows)]
    return [
        Part(number, after, row.last, row.offers, row.changed_at)
        for number, (after, row) in enumerate(zip(lasts, rows, strict=False), start=1)
    ]


def keys(region: Region, part: Part, size: int) -> Iterator[list[tuple[str, dt.datetime]]]:
    """Key and last change of the open offers of a part, ``size`` at most, some at a time.

    Each look is a transaction of its own, so a slow reader holds no connection; an offer that is placed or withdrawn between two
    looks is there or not, and none is there twice.

    Raises:
        Unreachable: the database does not answer.

    """
    after, left = part.after, size
    while left > 0:
        with region.begin() as connection:
            rows = connection.execute(
                text(
                    "SELECT key, changed_at FROM board WHERE withdrawn_at IS NULL AND key > :after AND key <= :last "
                    "ORDER BY key LIMIT :n"
                ),
                {"after": after, "last": part.last, "n": min(BATCH, left)},
            ).all()
        if not rows:
            return
        yield [(row.key, row.changed_at) for row in rows]
        after, left = rows[-1].key, left - len(rows)


def state(region: Region) -> str:
    """What tells one board from another: it differs whenever an offer was placed, changed or withdrawn.

    The newest change alone would not do: of two transactions the one that began first may be the last to commit.

    Raises:
        Unreachable: the database does not answer.

    """
    with region.begin() as connection:
        row = connection.execute(
            text("SELECT count(*), max(changed_at), sum(extract(epoch FROM changed_at)) FROM board")
        ).one()
    return " ".join(map(str, row))


def offers(region: Region) -> Iterator[Listed]:
    """Every open offer as of one moment, by key, streamed: one connection is held until the last is taken.

    Raises:
        Unreachable: the database does not answer.

    """
    with region.begin() as connection:
        rows = connection.execution_options(stream_results=True, max_row_buffer=500).execute(
            text(
                "SELECT key, cast(content AS text) AS content, published_at, changed_at FROM board "
                "WHERE withdrawn_at IS NULL ORDER BY key"
            )
        )
        for row in rows:
            yield Listed(row.key, decode(row.content), row.published_at, row.changed_at)
