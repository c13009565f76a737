"""Which commune a resident means by what they type into « Autour de ».

Belongs here: the rule, generous: a guess that is shown can be put right. Does not: what an offer's place is, where a wrong
commune is worse than none (communes.py).

A postal code, alone or with a name, else a name: its first words ("Clermont"), its beginning, or one letter wrong. Of several
communes the most populous is meant, in the department that is named with it ("Saint-Martin 15", "Saint-Martin (Cantal)").
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from core import communes as exact
from core.folding import words
from core.spelling import Speller
from schemas.reference_tables import Commune, communes, departments

SHORTEST: Final = 3  # letters of a name's beginning
_POSTAL_CODE: Final = re.compile(r"\s*([0-9]{5})\b\s*(.*)", re.DOTALL)


@lru_cache(4096)
def commune(typed: str) -> Commune | None:
    """The commune that is meant; None when nothing is near."""
    if found := _POSTAL_CODE.match(typed):
        return exact.match(found[1], found[2]) or _largest(
            each for each in communes().values() if found[1] in each.postal_codes
        )
    name, department = _split(words(typed))
    return _named(name, department) or _named(_put_right(name), department)


def _split(told: list[str]) -> tuple[str, str | None]:
    """The words of a name, and the department behind it."""
    for code, name in departments().items():
        behind = words(name)
        for tail in ([code], behind):
            if len(told) > len(tail) and told[-len(tail) :] == tail:
                return " ".join(told[: -len(tail)]), code
    return " ".join(told), None


def _named(name: str, department: str | None) -> Commune | None:
    if len(name) < SHORTEST:
        return _largest(_names().get(name, ()))
    begun = [
        (known, each) for known, several in _names().items() if known.startswith(name) for each in several
    ]
    begun = [(known, each) for known, each in begun if department in {None, each.department}]
    first_words = _largest(each for known, each in begun if known == name or known.startswith(f"{name} "))
    return first_words or _largest(each for _, each in begun)


def _put_right(name: str) -> str:
    return " ".join(_speller().correct(word) for word in name.split())


def _largest(several: Iterable[Commune]) -> Commune | None:
    return max(
        (each for each in several if each.latitude is not None),
        key=lambda each: (each.population, each.code),
        default=None,
    )


@cache
def _names() -> dict[str, list[Commune]]:
    """Communes by name, folded; also with « St » and « Ste », and without the article it begins with."""
    named = defaultdict(list)
    for each in communes().values():
        name = words(each.name)
        short = [{"saint": "st", "sainte": "ste"}.get(word, word) for word in name]
        bare = name[1:] if name[0] in {"l", "la", "le", "les"} else name
        for known in {" ".join(name), " ".join(short), " ".join(bare)}:
            named[known].append(each)
    return dict(named)


@cache
def _speller() -> Speller:
    weights: defaultdict[str, int] = defaultdict(int)
    for name, several in _names().items():
        for word in name.split():
            weights[word] += sum(each.population for each in several)
    return Speller(weights)
