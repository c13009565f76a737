"""Which commune is meant: postal code and city as people type them, or an INSEE code.

Belongs here: the match and its rules. Does not: the tables (schemas/reference_tables.py), nor what becomes of an
offer that matches none (core/rules.py).

The rules, in order:

1. Postal code and city name a commune when the city, folded, is the name of one commune (or of a former commune that
   merged into it) that the postal code serves. Folding reads St, Ste, S/, lès, hyphens, apostrophes, a trailing
   article ("MURE (LA)"), CEDEX and its number, and France Travail's "69 - " as people mean them. Second best, words
   such as "le" and "de" are left out on both sides; third, the city starts with the name ("Villeurbanne La Doua") or
   the name of one commune served starts with the city ("Le Puy"). The third holds only for a city that is no
   commune's name itself.
2. In Lyon the postal code gives the arrondissement (69003 is the 3rd), whatever number the city carries; without such
   a postal code the number gives it ("69431 LYON CEDEX 03"); without any, the match is Lyon as a whole.
3. A postal code that serves no commune (CEDEX, 69000) is read as its department: the city must then name exactly one
   commune of that department. Without a postal code, the department is that of the "69 - " before the city.
4. A postal code without a city is a match when it serves one commune.
5. An INSEE code of the Region wins over postal code and city, also a code that a merger ended. Two exceptions: the
   postal code and the city together name another commune (two facts against one), or the postal code lies outside the
   Region's departments and the city is not the code's (the offer is elsewhere and the code is the mistake). For
   Lyon's own code, 69123, rule 2 refines it.
6. Anything else is no match: no commune is better than a wrong one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

import msgspec

from core.folding import words
from schemas.reference_tables import Commune, commune_aliases, commune_former_codes, communes, departments

LYON = "69123"
NOWHERE = "99999"  # France Travail's postal code for "place unknown"

_ABBREVIATIONS = {
    "st": "saint",
    "ste": "sainte",
    "sts": "saints",
    "s": "sur",
    "ss": "sous",
    "lez": "les",
    "mt": "mont",
    "fd": "ferrand",
}
_FILLERS = frozenset(
    {"a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "sous", "sur"}
)
_DEPARTMENT_LABEL = re.compile(r"\s*(\d[\dAB]\d?)\s*-\s*(?=\D)")
_TRAILING_ARTICLE = re.compile(r"^(.*\S)\s*\((l[ea]s?|l['\u2019])\)\s*$", re.IGNORECASE)
_CEDEX = frozenset({"cedex", "cdx"})
_POSTAL_CODE = re.compile(r"\d{5}")
_ARRONDISSEMENT = re.compile(r"0?([1-9])(?:er|e|eme|ieme)?")
_REMEMBERED = 65_536


_Name = tuple[str, ...]  # folded words
_Key = tuple[str, _Name]


class _Place(msgspec.Struct, frozen=True):
    """A city as typed, read: folded name, arrondissement in Lyon, department of a "69 - " label."""

    name: _Name
    arrondissement: str | None
    department: str | None


class _Index(msgspec.Struct, frozen=True):
    """Where names lead. A name that leads to two communes leads to neither: its value is None."""

    by_postal_code: dict[_Key, str | None]
    by_core: dict[_Key, str | None]
    by_department: dict[_Key, str | None]
    names: frozenset[_Name]
    names_of: dict[str, frozenset[_Name]]
    of_postal: dict[str, frozenset[str]]


def match(postal_code: str | None, city: str | None, code: str | None = None) -> Commune | None:
    """The commune of the Region that is meant, or None.

    ``code`` is an INSEE code. The rules are at the head of this module.
    """
    found = _match(postal_code or None, city or None, code or None)
    return None if found is None else communes()[found]


def unplaced(postal_code: str | None, city: str | None, code: str | None = None) -> bool:
    """Whether a place that is told is of the Region, or of no department at all, and is no commune all the same."""
    postal_code = None if postal_code == NOWHERE else postal_code
    if not (postal_code or code) or match(postal_code, city, code):
        return False
    return department_of(postal_code, code) in {None, *departments()}


def department_of(postal_code: str | None, code: str | None = None, city: str | None = None) -> str | None:
    """The department of a postal code, else an INSEE code, else a "69 - " before a city; None when it cannot be told.

    Overseas departments have three digits; Corsica's postal codes 200 and 201 are 2A, 202 and 206 are 2B.
    """
    label = _DEPARTMENT_LABEL.match(city) if city else None
    postal_code = None if postal_code == NOWHERE else postal_code
    start = (postal_code or code or (label[1] if label else ""))[:3]
    if start[:2] == "97":
        return start
    if start[:2] == "20":
        return {"200": "2A", "201": "2A", "202": "2B", "206": "2B"}.get(start)
    return (
        start[:2]
        if start[:2] in {"2A", "2B"} or (start[:2].isdigit() and "01" <= start[:2] <= "95")
        else None
    )


def served(postal_code: str) -> tuple[str, ...]:
    """The names of the Region's communes that a postal code serves, the most populous first."""
    found = [communes()[code] for code in _index().of_postal.get(postal_code, ())]
    return tuple(
        commune.name for commune in sorted(found, key=lambda commune: (-commune.population, commune.code))
    )


@lru_cache(maxsize=_REMEMBERED)
def _match(postal_code: str | None, city: str | None, code: str | None) -> str | None:
    postal_code = None if postal_code == NOWHERE else postal_code
    place = _read(city) if city else None
    named = _named(postal_code, place)
    known = commune_former_codes().get(code, code) if code else None
    if known is None or known not in communes():
        return named
    if named is None:
        return None if _elsewhere(postal_code, place, known) else known
    if LYON in {known, named} and in_lyon(known) and in_lyon(named):
        return named if known == LYON else known
    return named if postal_code and place else known


def in_lyon(code: str) -> bool:
    """Whether an INSEE code is Lyon's or one of its arrondissements'."""
    return code == LYON or code.startswith("6938")


def _elsewhere(postal_code: str | None, place: _Place | None, code: str) -> bool:
    if postal_code is None or postal_code in communes()[code].postal_codes:
        return False
    outside = department_of(postal_code) not in {None, *departments()}
    return outside and not (place and place.name in _index().names_of[code])


def _named(postal_code: str | None, place: _Place | None) -> str | None:
    """The commune that postal code and city name together (rules 1 to 4)."""
    index = _index()
    if place is None:
        served = index.of_postal.get(postal_code or "", frozenset())
        return next(iter(served)) if len(served) == 1 else None
    if postal_code in index.of_postal:
        found = _served(postal_code, place.name)
    else:
        department = postal_code[:2] if postal_code else place.department
        found = index.by_department.get((department or "", place.name))
    if found == LYON and place.arrondissement:
        return f"6938{place.arrondissement}"
    return found


def _served(postal_code: str, name: _Name) -> str | None:
    """The commune of that name that the postal code serves (rule 1)."""
    index = _index()
    if (postal_code, name) in index.by_postal_code:
        return index.by_postal_code[postal_code, name]
    core = _core(name)
    if (postal_code, core) in index.by_core:
        return index.by_core[postal_code, core]
    if name in index.names:
        return None  # another commune's name: the two facts contradict each other
    beginnings = (
        index.by_postal_code.get((postal_code, name[:size])) for size in range(len(name) - 1, 0, -1)
    )
    return next((found for found in beginnings if found), None) or _begun(postal_code, name)


def _begun(postal_code: str, name: _Name) -> str | None:
    if not _core(name) or _core(name) == ("saint",):
        return None
    index = _index()
    longer = {
        code
        for code in index.of_postal[postal_code]
        if any(known[: len(name)] == name for known in index.names_of[code])
    }
    return longer.pop() if len(longer) == 1 else None


def _read(city: str) -> _Place:
    label = _DEPARTMENT_LABEL.match(city)
    city = city[label.end() :] if label else city
    if article := _TRAILING_ARTICLE.match(city):
        city = f"{article[2]} {article[1]}"
    typed = [word for word in words(city) if not _POSTAL_CODE.fullmatch(word)]
    number = None
    if typed[:1] == ["lyon"]:
        found = (_ARRONDISSEMENT.fullmatch(word) for word in typed[1:])
        number = next((hit[1] for hit in found if hit), None)
        typed = [word for word in typed if not _ARRONDISSEMENT.fullmatch(word) and word != "arrondissement"]
    return _Place(_name(typed), number, label[1] if label else None)


def _name(typed: list[str]) -> _Name:
    """Folded words as the name they stand for: abbreviations written out, CEDEX and what follows it gone."""
    end = next((place for place, word in enumerate(typed) if word in _CEDEX), len(typed))
    return tuple(_ABBREVIATIONS.get(word, word) for word in typed[:end])


def _core(name: _Name) -> _Name:
    return tuple(word for word in name if word not in _FILLERS)


@cache
def _index() -> _Index:
    official = [(_name(words(commune.name)), commune.code) for commune in communes().values()]
    official = [(("lyon",) if in_lyon(code) else name, code) for name, code in official]
    aliases = [(_name(words(alias)), code) for alias, code in commune_aliases()]
    names_of: dict[str, set[_Name]] = defaultdict(set)
    of_postal: dict[str, set[str]] = defaultdict(set)
    for name, code in [*official, *aliases]:
        names_of[code].add(name)
        for postal_code in communes()[code].postal_codes if code != LYON else ():
            of_postal[postal_code].add(code)
    by_name = _unambiguous(_behind_postal_codes(official))
    return _Index(
        # An official name comes before the same name of a former commune.
        by_postal_code=_unambiguous(_behind_postal_codes(aliases)) | by_name,
        by_core=_unambiguous(
            ((postal_code, _core(name)), code)
            for (postal_code, name), code in _behind_postal_codes([*official, *aliases])
        ),
        by_department=_unambiguous(_in_departments(aliases)) | _unambiguous(_in_departments(official)),
        names=frozenset(name for known in names_of.values() for name in known),
        names_of={code: frozenset(known) for code, known in names_of.items()},
        of_postal={postal_code: frozenset(served) for postal_code, served in of_postal.items()},
    )


def _behind_postal_codes(named: list[tuple[_Name, str]]) -> Iterator[tuple[_Key, str]]:
    """Behind a postal code, "Lyon" is the arrondissement."""
    for name, code in named:
        if code != LYON:
            yield from (((postal_code, name), code) for postal_code in communes()[code].postal_codes)


def _in_departments(named: list[tuple[_Name, str]]) -> Iterator[tuple[_Key, str]]:
    """In a department, "Lyon" is the whole of it."""
    for name, code in named:
        if code == LYON or not in_lyon(code):
            yield (communes()[code].department, name), code


def _unambiguous(entries: Iterable[tuple[_Key, str]]) -> dict[_Key, str | None]:
    found: dict[_Key, str | None] = {}
    for key, code in entries:
        found[key] = code if found.get(key, code) == code else None
    return found
