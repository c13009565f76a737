"""Offers like one offer, near it: what a resident may want instead.

Belongs here: the statements that look for them on ``board``. Does not: searching (search.py) or words (portal/).

Alike means the same occupation (ROME) or, when too few are, all the words of the title in the title. Near means at most
REACH km away, or in the same department; of work that can be done from anywhere, everywhere. Both statements bound what
they look at: board_similar_idx hands out the NEWEST of an occupation in order, and of what the text index finds TITLED are looked at.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, text

from connectors.region.board.search import Listed
from connectors.region.database import Region
from schemas.offer import decode

MOST: Final = 4
REACH: Final = 60  # km
NEWEST: Final = 400  # of an occupation, looked at for nearness
TITLED: Final = 100  # of those with the title's words: each costs a look into its text
_KM: Final = 111.2  # a degree of latitude
_BORDER: Final = 20  # km that another department counts for: its buses and its agencies are others
_LONGEST: Final = 12  # words of a title that are looked for

_NEAR: Final = f"""
    WITH alike AS (
        SELECT b.ctid AS at, b.key, b.published_at, b.department IS DISTINCT FROM :department AS outside,
            b.remote = 'full' OR :anywhere AS anywhere,
            sqrt(power(b.latitude - cast(:latitude AS float8), 2) + power((b.longitude - cast(:longitude AS float8))
                * cos(radians(cast(:latitude AS float8))), 2)) * {_KM} AS km
        FROM ({{alike}}) AS b WHERE b.key <> ALL(:known)),
    chosen AS (
        SELECT at, row_number() OVER (ORDER BY coalesce(km, {REACH}) + CASE WHEN outside THEN {_BORDER} ELSE 0 END,
            published_at DESC NULLS LAST, key) AS place
        FROM alike WHERE anywhere OR NOT outside OR km <= {REACH} ORDER BY place LIMIT :most)
    SELECT key, cast(content AS text) AS content, published_at, changed_at
    FROM chosen JOIN board ON board.ctid = chosen.at ORDER BY place
"""
_COLUMNS: Final = "ctid, key, published_at, department, latitude, longitude, remote"
_OCCUPATION: Final = _NEAR.format(
    alike=f"SELECT {_COLUMNS} FROM board WHERE withdrawn_at IS NULL AND content ->> 'rome_code' = :rome "
    f"AND kind = :kind ORDER BY published_at DESC LIMIT {NEWEST}"
)
_TITLE: Final = _NEAR.format(
    alike=f"SELECT {_COLUMNS} FROM board WHERE withdrawn_at IS NULL AND kind = :kind "
    f"AND search @@ cast(:words AS tsquery) LIMIT {TITLED}"
)
# The lexemes of the title, all of them wanted, in titles only.
_WORDS: Final = """
    SELECT string_agg(quote_literal(lexeme) || '\\:A', ' & ') FROM (
        SELECT lexeme FROM unnest(to_tsvector('boostez_french', replace(:title, '/', ' '))) LIMIT :longest) AS words
"""


def similar(region: Region, listed: Listed) -> tuple[Listed, ...]:
    """At most MOST open offers like ``listed``, the nearest first.

    Raises:
        Unreachable: the database does not answer.

    """
    offer = listed.offer
    values = {
        "kind": offer.kind,
        "rome": offer.rome_code,
        "department": offer.location.department,
        "latitude": offer.location.latitude,
        "longitude": offer.location.longitude,
        "anywhere": offer.location.remote == "full",
    }
    found: tuple[Listed, ...] = ()
    with region.begin() as connection:
        if offer.rome_code is not None:
            found = _rows(connection, _OCCUPATION, values, listed, found)
        if len(found) < MOST:
            words = connection.scalar(text(_WORDS), {"title": offer.title, "longest": _LONGEST})
            if words:
                found += _rows(connection, _TITLE, values | {"words": words}, listed, found)
    return found


def _rows(
    connection: Connection, statement: str, values: dict[str, Any], listed: Listed, found: tuple[Listed, ...]
) -> tuple[Listed, ...]:
    known = [listed.key, *(each.key for each in found)]
    rows = connection.execute(text(statement), values | {"known": known, "most": MOST - len(found)})
    return tuple(Listed(row.key, decode(row.content), row.published_at, row.changed_at) for row in rows)
