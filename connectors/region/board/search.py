"""The open portal's board, read: searching it, and opening one offer.

Belongs here: the only statements that read ``board`` for residents. Does not: writing it (board.py) or words in French
(portal/).

What a text, or a place, finds is counted once into *cells*: how many offers share the same values of everything that can be
filtered by. Cells are few where offers are many, so any filter's counts, under all others but not its own, are sums over them,
and they are remembered until the board changes. The offers of a page are read by indexes.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, Literal, get_args

import msgspec
from sqlalchemy import text

from connectors import clock
from connectors.region.database import Region
from core.days import PARIS, paris_day
from core.folding import fold
from core.folding import words as folded_words
from core.html import printable
from core.spelling import Speller
from schemas.errors import Rejected
from schemas.offer import Contract, Kind, Offer, Remote

SIZE: Final = 20  # offers a page
LAST_PAGE: Final = 50  # by relevance; nobody reads on, and an offset must be bounded
RANKED: Final = 2_000  # of more hits than these, only the newest are ranked
LONGEST: Final = 200  # characters of a text
REMEMBERED: Final = 64  # searches whose cells, and whose counts, are kept
Sort = Literal["newest", "relevance", "distance"]
Since = Literal[1, 3, 7, 30]

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_CURSOR: Final = re.compile(r"(-?[0-9]{1,18})?-([0-9a-z]{1,64})")
_WORD: Final = re.compile(r"[^\W_]+")
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
        try:
            if found:
                at = _EPOCH + dt.timedelta(microseconds=int(found[1])) if found[1] else None
                return cls(at, found[2])
        except OverflowError:
            pass
        raise Rejected(f"Not a cursor: {written[:80]!r}. Start again at the first page.")


class Near(msgspec.Struct, frozen=True):
    """Around a place: WGS 84 degrees, and how far in km. What residents call it is ``name``."""

    name: str
    latitude: float
    longitude: float
    km: float = 30.0


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What a resident asks for.

    ``field`` is a letter of ROME, ``level`` one of the European framework, ``since`` a number of days before today (Paris).
    ``remote="partial"`` means at least partial. ``cpf`` and ``paid``: only what says so.

    ``after`` pages by date, ``page`` (1 to LAST_PAGE) by relevance and by distance. Relevance without a text and distance
    without a place are by date.
    """

    text: str = ""
    near: Near | None = None
    kind: Kind | None = None
    department: str | None = None
    contract: Contract | None = None
    field: str | None = None
    level: int | None = None
    cpf: bool = False
    paid: bool = False
    remote: Remote | None = None
    since: Since | None = None
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
    """How many offers each choice of a filter would find, under all other filters; None counts those without a value.

    Counts of ``since`` and of partial remote work include the narrower choices.
    """

    kind: Mapping[str | None, int]
    department: Mapping[str | None, int]
    contract: Mapping[str | None, int]
    field: Mapping[str | None, int]
    level: Mapping[int | None, int]
    cpf: Mapping[bool | None, int]
    paid: Mapping[bool | None, int]
    remote: Mapping[str | None, int]
    since: Mapping[int | None, int]

    def without(self, name: str) -> int:
        """How many offers there would be without the filter of that name."""
        counts: Mapping[Any, int] = getattr(self, name)
        widest = {"since": _SINCE[-1], "remote": "partial"}.get(name)
        return counts.get(None, 0) + counts[widest] if widest else sum(counts.values())


class Page(msgspec.Struct, frozen=True):
    """One page of a search. ``total`` counts all pages, ``matched`` what text and place alone would find.

    ``next_after`` or ``next_page`` leads on; both are None at the end. ``query`` is what was looked for in the end: without a
    text that says nothing, or with ``corrected`` spelling.
    """

    offers: tuple[Listed, ...]
    total: int
    matched: int
    facets: Facets
    query: Query
    corrected: bool = False
    next_after: Cursor | None = None
    next_page: int | None = None


class State(msgspec.Struct, frozen=True):
    """Differs after each change of the board, and each minute: what a slow transaction wrote bears an older date."""

    changed_at: dt.datetime | None
    minute: dt.datetime


_FILTERS: Final = {
    "kind": "kind = :kind",
    "department": "department = :department",
    "contract": "contract = :contract",
    "field": "field = :field",
    "level": "level = :level",
    "cpf": "cpf",
    "paid": "paid",
    "since": "published_at >= :since",
}
_REMOTE: Final[dict[Remote, str]] = {
    "none": "remote IS NULL",  # the default is not stored
    "partial": "remote IN ('partial', 'full')",
    "full": "remote = 'full'",
}
_SINCE: Final[tuple[int, ...]] = get_args(Since)
_AGE: Final = "CASE " + " ".join(f"WHEN published_at >= :day_{days} THEN {days}" for days in _SINCE) + " END"
_CELLS: Final = f"""
    SELECT cast(json_agg(json_build_array(kind, department, contract, field, level, cpf, paid, remote, since, n)) AS text)
    FROM (SELECT kind, department, contract, field, level, cpf, paid, remote, {_AGE} AS since, count(*) AS n
        FROM board WHERE withdrawn_at IS NULL {{matches}} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9) AS cells
"""
_KILOMETRES: Final = """(12742 * asin(sqrt(power(sin(radians(latitude - :latitude) / 2), 2)
    + cos(radians(:latitude)) * cos(radians(latitude)) * power(sin(radians(longitude - :longitude) / 2), 2))))"""
_NEAR: Final = (
    f" AND latitude BETWEEN :south AND :north AND longitude BETWEEN :west AND :east AND {_KILOMETRES} <= :km"
)
# Two walks of board_newest_idx: it holds undated offers at its other end, and NULLS LAST would sort the whole table.
_NEWEST: Final = """
    SELECT * FROM (
        (SELECT key, published_at FROM board WHERE withdrawn_at IS NULL AND published_at IS NOT NULL {wanted} {behind}
         ORDER BY published_at DESC, key DESC LIMIT :n)
        UNION ALL
        (SELECT key, published_at FROM board WHERE withdrawn_at IS NULL AND published_at IS NULL {wanted} {behind_undated}
         ORDER BY key DESC LIMIT :n)) AS walks
    ORDER BY published_at DESC NULLS LAST, key DESC LIMIT :n
"""
# One look by address a hit: the planner would rather read the whole table, which costs three times as much.
_RELEVANT: Final = """
    SELECT key, row_number() OVER (ORDER BY rank DESC, published_at DESC NULLS LAST, key DESC) AS place FROM (
        SELECT key, published_at, (SELECT ts_rank(search, {query}) FROM board WHERE board.ctid = newest.ctid) AS rank
        FROM (SELECT ctid, key, published_at FROM board WHERE withdrawn_at IS NULL {wanted}
            ORDER BY published_at DESC NULLS LAST LIMIT :ranked) AS newest) AS ranked
    ORDER BY place LIMIT :n OFFSET :skip
"""
_NEAREST: Final = f"""
    SELECT key, row_number() OVER (ORDER BY {_KILOMETRES}, published_at DESC NULLS LAST, key DESC) AS place
    FROM board WHERE withdrawn_at IS NULL {{wanted}} ORDER BY place LIMIT :n OFFSET :skip
"""
_ORDER: Final[dict[Sort, str]] = {
    "newest": "page.published_at DESC NULLS LAST, key DESC",
    "relevance": "page.place",
    "distance": "page.place",
}
_SHOWN: Final = """
    SELECT cast(json_agg(json_build_array(key, content, board.published_at, changed_at) ORDER BY {order}) AS text)
    FROM ({page}) AS page JOIN board USING (key)
"""
Value = str | int | bool | None
Cell = tuple[
    Kind,
    str | None,
    str | None,
    str | None,
    int | None,
    bool | None,
    bool | None,
    str | None,
    int | None,
    int,
]
_COUNTED: Final = Facets.__struct_fields__
_cells = msgspec.json.Decoder(tuple[Cell, ...])
_shown = msgspec.json.Decoder(tuple[Listed, ...])
_offer = msgspec.json.Decoder(Offer)


def search(region: Region, query: Query) -> Page:
    """One page of what ``query`` asks for, with counts. A text that finds nothing is looked for with one letter put right.

    Raises:
        Unreachable: the database does not answer.

    """
    if query.text and not _says_something(region, query.text):  # nothing but stop words: as good as no text
        query = msgspec.structs.replace(query, text="")
    query = _sensible(query)
    today = paris_day(clock.now())
    now = state(region)
    found = _page(region, query, now, today)
    if query.text and not found.matched:
        put_right = _put_right(region, query.text, now)
        if put_right != query.text:
            again = _page(region, msgspec.structs.replace(query, text=put_right), now, today)
            if again.matched:
                return msgspec.structs.replace(again, corrected=True)
    return found


def _sensible(query: Query) -> Query:
    """The query with the sort that its text and place allow, on the first page when that changes it."""
    possible = {"newest": True, "relevance": bool(_words(query.text)), "distance": query.near is not None}
    if possible[query.sort]:
        return query
    return msgspec.structs.replace(query, sort="newest", page=1)


@lru_cache(REMEMBERED)
def _says_something(region: Region, typed: str) -> bool:
    matching, values = _matching(typed)
    if not values:
        return False
    with region.begin() as connection:
        return bool(connection.execute(text(f"SELECT numnode({matching})"), values).scalar_one())


def _page(region: Region, query: Query, now: State, today: dt.date) -> Page:
    bare = msgspec.structs.replace(query, sort="newest", after=None, page=1)
    facets, total, matched = _counts_of(region, bare, now, today)
    statement, values = _statement(query, today)
    with region.begin() as connection:
        shown = _shown.decode(connection.execute(text(statement), values).scalar_one() or "[]")
    more, shown = len(shown) > SIZE, shown[:SIZE]
    found = Page(shown, total, matched, facets, query)
    if not more:
        return found
    if query.sort == "newest":
        last = Cursor(shown[-1].published_at, shown[-1].key)
        return msgspec.structs.replace(found, next_after=last)
    return msgspec.structs.replace(found, next_page=query.page + 1 if query.page < LAST_PAGE else None)


@lru_cache(REMEMBERED)
def _cells_of(
    region: Region, typed: str, near: Near | None, _state: State, today: dt.date
) -> tuple[Cell, ...]:
    """What text and place find, counted by everything that can be filtered by."""
    matches, values = _base(typed, near)
    values |= {f"day_{days}": _midnight(today, days) for days in _SINCE}
    with region.begin() as connection:
        counted = connection.execute(text(_CELLS.format(matches=matches)), values).scalar_one()
    return _cells.decode(counted or "[]")


@lru_cache(REMEMBERED)
def _counts_of(region: Region, query: Query, now: State, today: dt.date) -> tuple[Facets, int, int]:
    """The counts of every filter, of what passes all of them, and of everything that text and place find.

    A cell that fails one filter counts for that one only.
    """
    cells = _cells_of(region, query.text, query.near, now, today)
    asked = [(side, getattr(query, name)) for side, name in enumerate(_COUNTED) if getattr(query, name)]
    counts: list[Counter[Any]] = [Counter() for _ in _COUNTED]
    total = 0
    for cell in cells:
        failed = [side for side, wanted in asked if not _passes(_COUNTED[side], cell[side], wanted)]
        if not failed:
            total += cell[-1]
            for side, counter in enumerate(counts):
                counter[cell[side]] += cell[-1]
        elif len(failed) == 1:
            counts[failed[0]][cell[failed[0]]] += cell[-1]
    named = dict(zip(_COUNTED, counts, strict=True))
    named["remote"]["partial"] += named["remote"]["full"]
    days = named["since"]
    for shorter, longer in pairwise(_SINCE):
        days[longer] += days[shorter]
    return Facets(**named), total, sum(cell[-1] for cell in cells)


def _passes(name: str, value: Value, wanted: Value) -> bool:
    if name == "remote":
        return value is None if wanted == "none" else value in {wanted, "full"}
    if name == "since":
        return value is not None and value <= wanted  # type: ignore[operator]
    return value == wanted


def _midnight(today: dt.date, days: int) -> dt.datetime:
    """The beginning of the day so many days before ``today``, in Paris."""
    return dt.datetime.combine(today - dt.timedelta(days=days), dt.time(), PARIS)


def state(region: Region) -> State:
    """What the board is now: the same state gives the same pages.

    Raises:
        Unreachable: the database does not answer.

    """
    with region.begin() as connection:
        row = connection.execute(text("SELECT max(changed_at), date_trunc('minute', now()) FROM board")).one()
    return State(*row)


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


def _matching(typed: str) -> tuple[str, dict[str, Any]]:
    """The text as SQL that makes a tsquery, and its values; none when it holds no word."""
    words = _words(typed)
    values = {f"text_{turn}": variant for turn, variant in enumerate(_variants(words))} if words else {}
    return " || ".join(f"websearch_to_tsquery('boostez_french', :{name})" for name in values), values


def _base(typed: str, near: Near | None) -> tuple[str, dict[str, Any]]:
    """What text and place ask of a row."""
    matching, values = _matching(typed)
    matches = f" AND search @@ ({matching})" if values else ""
    if near is None:
        return matches, values
    high = near.km / 111.0
    wide = high / max(math.cos(math.radians(near.latitude)), 0.01)
    values |= {"latitude": near.latitude, "longitude": near.longitude, "km": near.km}
    values |= {"south": near.latitude - high, "north": near.latitude + high}
    values |= {"west": near.longitude - wide, "east": near.longitude + wide}
    return matches + _NEAR, values


def _statement(query: Query, today: dt.date) -> tuple[str, dict[str, Any]]:
    wanted, values = _base(query.text, query.near)
    for name, condition in _FILTERS.items():
        if asked := getattr(query, name):
            wanted += f" AND {condition}"
            values[name] = asked
    if query.since:
        values["since"] = _midnight(today, query.since)
    wanted += f" AND {_REMOTE[query.remote]}" if query.remote else ""
    after = query.after if query.sort == "newest" else None
    behind, behind_undated = _behind(after)
    values |= {"at": after.at, "after": after.key} if after else {}
    values |= {"ranked": RANKED, "n": SIZE + 1, "skip": SIZE * (min(max(query.page, 1), LAST_PAGE) - 1)}
    page = {"newest": _NEWEST, "relevance": _RELEVANT, "distance": _NEAREST}[query.sort].format(
        wanted=wanted, query=_matching(query.text)[0], behind=behind, behind_undated=behind_undated
    )
    return _SHOWN.format(page=page, order=_ORDER[query.sort]), values


def _behind(after: Cursor | None) -> tuple[str, str]:
    """What is left behind a cursor, among dated and among undated offers."""
    if after is None:
        return "", ""
    if after.at is None:
        return "AND false", "AND key < :after"
    return "AND (published_at, key) < (:at, :after)", ""


def _put_right(region: Region, typed: str, now: State) -> str:
    """The text with its unknown words one letter nearer to what the board says; everything else stays as typed."""
    speller = _speller(region, now.changed_at is None, now.minute.replace(minute=0))

    def word(found: re.Match[str]) -> str:
        typed_word = fold(found[0])
        meant = speller.correct(typed_word)
        return found[0] if meant == typed_word else meant

    return _WORD.sub(word, typed)


@lru_cache(1)
def _speller(region: Region, _empty: bool, _hour: dt.datetime) -> Speller:  # noqa: FBT001 - part of the key
    """What the board says, read once an hour: that takes longer than a search may."""
    with region.begin() as connection:
        rows = connection.execute(text(_VOCABULARY)).all()
    known: Counter[str] = Counter()
    for row in rows:
        for word in folded_words(row.words):
            known[word] += row.n
    return Speller(known)


# Titles, occupations and places: what residents type. Descriptions would bring their own mistakes.
_VOCABULARY: Final = """
    SELECT words, count(*) AS n FROM board, LATERAL unnest(ARRAY[
        content ->> 'title', content ->> 'rome_label', content #>> '{location,city}', content #>> '{employer,name}'])
        AS told (words)
    WHERE withdrawn_at IS NULL AND words IS NOT NULL GROUP BY words
"""
