"""The open portal's board, read: searching it, opening one offer, and the figures of the home page.

Belongs here: the only statements that read ``board`` for residents. Does not: writing it (board.py) or words in French
(portal/).

One search is one round trip. ``hits`` is everything the text (and remote work) matches, before the three counted
filters: their counts come from one small cube of it, so a filter's counts never hide its other choices. With a text,
hits are gathered once; without, the planner goes straight to the indexes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from core.html import printable
from schemas.errors import Rejected
from schemas.offer import Contract, Kind, Offer, Remote

SIZE: Final = 20  # offers a page
LAST_PAGE: Final = 50  # by relevance; nobody reads on, and an offset must be bounded
RANKED: Final = 2_000  # of more hits than these, only the newest are ranked
LONGEST: Final = 200  # characters of a text
Sort = Literal["newest", "relevance"]

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_CURSOR: Final = re.compile(r"([0-9]{1,16})?-([0-9a-z]{1,64})")
_QUOTES: Final = str.maketrans({"«": '"', "»": '"', "“": '"', "”": '"', "/": " "})
_MISSED: Final = re.compile(r"(?<![\w'-])(?:les|à|a)(?![\w'-])", re.IGNORECASE)  # not in french.stop
# Occupations by gender: without accents, the stemmer takes boulanger, boulangers and boulangère for different words.
_GENDERS: Final = (
    (re.compile(r"[eè]res?\b|ers?\b"), "er", "ere"),
    (re.compile(r"(?<=t)eurs?\b|rices?\b"), "eur", "rice"),
    (re.compile(r"(?<=[^t\W])eurs?\b|euses?\b"), "eur", "euse"),
)


class Cursor(msgspec.Struct, frozen=True):
    """The last offer of a page by date: the next page starts behind it. ``at`` is None among undated offers."""

    at: dt.datetime | None
    key: str

    def __str__(self) -> str:
        return f"{'' if self.at is None else (self.at - _EPOCH) // dt.timedelta(microseconds=1)}-{self.key}"

    @classmethod
    def read(cls, written: str) -> Cursor:
        """Raises Rejected for what ``str`` never wrote."""
        found = _CURSOR.fullmatch(written)
        if found is None:
            raise Rejected(f"Not a cursor: {written[:80]!r}. Start again at the first page.")
        at = _EPOCH + dt.timedelta(microseconds=int(found[1])) if found[1] else None
        return cls(at, found[2])


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What a resident asks for. ``remote="partial"`` means at least partial.

    ``after`` pages by date, ``page`` (1 to LAST_PAGE) by relevance. Relevance without a text is by date.
    """

    text: str = ""
    kind: Kind | None = None
    department: str | None = None
    contract: Contract | None = None
    remote: Remote | None = None
    sort: Sort = "newest"
    after: Cursor | None = None
    page: int = 1


class Listed(msgspec.Struct, frozen=True, array_like=True):
    """An offer that residents can see."""

    key: str
    offer: Offer
    published_at: dt.datetime | None
    changed_at: dt.datetime


class Withdrawn(msgspec.Struct, frozen=True):
    """An offer that residents could see once."""

    key: str
    kind: Kind
    at: dt.datetime


class Facets(msgspec.Struct, frozen=True):
    """Offers by value, each under the two other filters but not its own; "" counts those without one."""

    kind: Mapping[str, int]
    department: Mapping[str, int]
    contract: Mapping[str, int]


class Page(msgspec.Struct, frozen=True):
    """One page of a search. ``total`` counts all pages, ``matched`` what the text and remote work alone would find.

    ``next_after`` or ``next_page`` leads on; both are None at the end.
    """

    offers: tuple[Listed, ...]
    total: int
    matched: int
    facets: Facets
    next_after: Cursor | None = None
    next_page: int | None = None


class Figures(msgspec.Struct, frozen=True):
    """What is open now, and when the board last changed."""

    jobs: int
    trainings: int
    changed_at: dt.datetime | None


_REMOTE: Final[dict[Remote, str]] = {
    "none": "remote IS NULL",  # the default is not stored
    "partial": "remote IN ('partial', 'full')",
    "full": "remote = 'full'",
}
_COUNTED: Final = ("kind", "department", "contract")
_ORDER: Final[dict[Sort, str]] = {
    "newest": "published_at DESC NULLS LAST, key DESC",
    "relevance": "rank DESC, published_at DESC NULLS LAST, key DESC",
}
_SEARCH: Final = """
    WITH hits AS {gathered} (
        SELECT ctid, key, kind, department, contract, published_at
        FROM board WHERE withdrawn_at IS NULL {matches}),
    cells AS (SELECT kind, department, contract, count(*) AS n FROM hits GROUP BY kind, department, contract),
    page AS ({page}),
    shown AS (SELECT page.*, content, changed_at FROM page JOIN board USING (key))
    SELECT cast((SELECT json_agg(json_build_array(kind, department, contract, n)) FROM cells) AS text) AS cells,
        cast((SELECT json_agg(json_build_array(key, content, published_at, changed_at) ORDER BY {order})
            FROM shown) AS text) AS shown,
        {nodes} AS nodes
"""
# Two walks of board_newest_idx: it holds undated offers at its other end, and NULLS LAST would sort the whole table.
_NEWEST: Final = """
    SELECT * FROM (
        (SELECT key, published_at, 0 AS rank FROM hits WHERE published_at IS NOT NULL {filters} {behind}
         ORDER BY published_at DESC, key DESC LIMIT :n)
        UNION ALL
        (SELECT key, published_at, 0 AS rank FROM hits WHERE published_at IS NULL {filters} {behind_undated}
         ORDER BY key DESC LIMIT :n)) AS walks
    ORDER BY published_at DESC NULLS LAST, key DESC LIMIT :n
"""
# One look by address a hit: the planner would rather read the whole table, which costs three times as much.
_RELEVANT: Final = """
    SELECT key, published_at,
        (SELECT ts_rank(search, {query}) FROM board WHERE board.ctid = newest.ctid) AS rank
    FROM (SELECT * FROM hits WHERE true {filters} ORDER BY published_at DESC NULLS LAST LIMIT :ranked) AS newest
    ORDER BY rank DESC, published_at DESC NULLS LAST, key DESC LIMIT :n OFFSET :skip
"""
_cells = msgspec.json.Decoder(list[tuple[Kind, str | None, str | None, int]])
_shown = msgspec.json.Decoder(tuple[Listed, ...])
_offer = msgspec.json.Decoder(Offer)


def search(region: Region, query: Query) -> Page:
    """One page of what ``query`` asks for, with counts.

    Raises:
        Unreachable: the database does not answer.

    """
    words = _words(query.text)
    if not words:
        query = msgspec.structs.replace(query, sort="newest", page=1)
    statement, values = _statement(query, words)
    with region.begin() as connection:
        row = connection.execute(text(statement), values).one()
    if row.nodes == 0:  # nothing but stop words: as good as no text
        return search(region, msgspec.structs.replace(query, text=""))
    cells = _cells.decode(row.cells or "[]")
    facets = Facets(**{name: _counts(cells, query, name) for name in _COUNTED})
    total = sum(facets.kind[kind] for kind in facets.kind if query.kind in {None, kind})
    shown = _shown.decode(row.shown or "[]")
    more, shown = len(shown) > SIZE, shown[:SIZE]
    found = Page(shown, total, sum(cell[3] for cell in cells), facets)
    if not more:
        return found
    if query.sort == "newest":
        last = Cursor(shown[-1].published_at, shown[-1].key)
        return msgspec.structs.replace(found, next_after=last)
    return msgspec.structs.replace(found, next_page=query.page + 1 if query.page < LAST_PAGE else None)


def one(region: Region, key: str) -> Listed | Withdrawn | None:
    """The offer of a public key, the trace it left, or None when there never was one.

    Raises:
        Unreachable: the database does not answer.

    """
    with region.begin() as connection:
        row = connection.execute(
            text(
                "SELECT kind, cast(content AS text) AS content, published_at, changed_at, withdrawn_at "
                "FROM board WHERE key = :key"
            ),
            {"key": printable(key)},
        ).one_or_none()
    if row is None:
        return None
    if row.content is None:
        return Withdrawn(key, row.kind, row.withdrawn_at)
    return Listed(key, _offer.decode(row.content), row.published_at, row.changed_at)


def figures(region: Region) -> Figures:
    """What is open now, and when the board last changed.

    Raises:
        Unreachable: the database does not answer.

    """
    with region.begin() as connection:
        row = connection.execute(
            text(
                "SELECT count(*) FILTER (WHERE kind = 'job') AS jobs, "
                "count(*) FILTER (WHERE kind = 'training') AS trainings, "
                "(SELECT max(changed_at) FROM board) AS changed_at FROM board WHERE withdrawn_at IS NULL"
            )
        ).one()
    return Figures(row.jobs, row.trainings, row.changed_at)


def _words(typed: str) -> str:
    """A text as ``websearch_to_tsquery`` reads it best: straight quotes, no path-like slashes, no missed stop words."""
    return _MISSED.sub(" ", printable(typed)[:LONGEST].translate(_QUOTES)).strip()


def _variants(words: str) -> list[str]:
    """The words as typed, all masculine, all feminine: what each matches is wanted. Exclusions are left as typed."""
    if re.search(r"(?:^|\s)-", words):
        return [words]
    masculine = feminine = words.lower()
    for pattern, his, hers in _GENDERS:
        masculine, feminine = pattern.sub(his, masculine), pattern.sub(hers, feminine)
    return list(dict.fromkeys((words.lower(), masculine, feminine)))


def _statement(query: Query, words: str) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {f"text_{turn}": variant for turn, variant in enumerate(_variants(words))}
    matching = " || ".join(f"websearch_to_tsquery('boostez_french', :{name})" for name in values)
    filters = "".join(f" AND {name} = :{name}" for name in _COUNTED if getattr(query, name))
    matches = f" AND search @@ ({matching})" if words else ""
    matches += f" AND {_REMOTE[query.remote]}" if query.remote else ""
    after = query.after if query.sort == "newest" else None
    behind, behind_undated = _behind(after)
    values |= {name: getattr(query, name) for name in _COUNTED}
    values |= {"ranked": RANKED, "n": SIZE + 1, "skip": SIZE * (min(max(query.page, 1), LAST_PAGE) - 1)}
    values |= {"at": after.at, "after": after.key} if after else {}
    page = _NEWEST if query.sort == "newest" else _RELEVANT
    statement = _SEARCH.format(
        gathered="MATERIALIZED" if matches else "NOT MATERIALIZED",
        matches=matches,
        page=page.format(filters=filters, query=matching, behind=behind, behind_undated=behind_undated),
        order=_ORDER[query.sort],
        nodes=f"numnode({matching})" if words else "1",
    )
    return statement, values


def _behind(after: Cursor | None) -> tuple[str, str]:
    """What is left behind a cursor, among dated and among undated offers."""
    if after is None:
        return "", ""
    if after.at is None:
        return "AND false", "AND key < :after"
    return "AND (published_at, key) < (:at, :after)", ""


def _counts(
    cells: list[tuple[Kind, str | None, str | None, int]], query: Query, counted: str
) -> Mapping[str, int]:
    """The cube's cells by one of its sides, under the filters of the two others."""
    place = _COUNTED.index(counted)
    wanted = [getattr(query, name) if name != counted else None for name in _COUNTED]
    counts: Counter[str] = Counter()
    for cell in cells:
        if all(value in {None, cell[side]} for side, value in enumerate(wanted)):
            counts[str(cell[place] or "")] += cell[3]
    return counts
