"""Alike: which known questions a new one is like, so that nobody asks twice and moderators can merge.

Belongs here: the comparison, on words alone. Does not: reading questions, or what is done with the like ones.

Two questions are alike when they share most of their weight: each word weighs what it tells, so « transports » common to all weighs
little and « téléphérique » much. Words are compared folded, without their endings, and a misspelt word counts as the known one that
it is close to. What is only of grammar counts for nothing.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from rapidfuzz import fuzz, process

from core.folding import words

THRESHOLD: Final = 0.5  # proved on pairs of tests/core/test_alike.py
_CLOSE: Final = 86  # of 100: spellings of one word
_MISSPELT: Final = 5  # letters that a word has from which it may be misspelt
_STOP: Final = frozenset(
    words(
        "a ai ainsi alors apres as au aucun aura aurez auront aussi autre aux avant avec avez avoir avons bien bonjour c ca car ce cela ces "
        "cet cette ceux chez comme comment compte concernant d dans de depuis des dit dois doit donc du elle elles en encore enfin entre es "
        "est et etait ete etes etre eu eux faire faites fait faut fera font ici il ils j je jusqu l la le les leur leurs lors lui m ma mais "
        "me meme mes mettre mis moi moins mon n ne ni non nos notre nous on ont ou par parce pas peu peut peuvent plus pour pourquoi "
        "pourra pourrait pouvez prevoit prevoyez prevu prevue propos qu quand que quel quelle quelles quels qui quoi region s sa sans savoir "
        "se sera seront ses si soit son sont sous sur t ta te tel telle tes toi ton tous tout toute toutes tres tu un une va vers veut voir "
        "vont vos votre voudrais vous y combien merci madame monsieur question"
    )
)
_ENDINGS: Final = re.compile(
    r"(?:issements?|ements?|ations?|ateurs?|atrices?|euses?|eurs?|ives?|ifs?|ables?|ites?|iques?|aires?|ees?|es|er|ez|ent|e|s|x)$"
)
_LEAST: Final = 3  # letters that are left of a word without its ending


class Found(msgspec.Struct, frozen=True):
    """A known text that is like another: so much, from 0 to 1."""

    key: str
    score: float


def stems(body: str) -> frozenset[str]:
    """The words of a text that tell something, without their endings."""
    return frozenset(
        _stem(word) for word in words(body) if word not in _STOP and (len(word) > 1 or word.isdigit())
    )


def _stem(word: str) -> str:
    singular = re.sub(r"aux$", "al", word)
    cut = _ENDINGS.sub("", singular)
    return cut if len(cut) >= _LEAST else singular


class Known:
    """Texts that others are compared with, by key."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._stems = {key: stems(body) for key, body in texts.items()}
        self._with: dict[str, list[str]] = defaultdict(list)
        for key, told in self._stems.items():
            for stem in told:
                self._with[stem].append(key)
        self._words = list(self._with)
        self._whole = {key: self._weight(told) for key, told in self._stems.items()}

    def like(self, body: str, limit: int = 3) -> list[Found]:
        """The texts that ``body`` is like, the most alike first."""
        asked = {self._nearest(stem) for stem in stems(body)}
        whole = self._weight(asked)
        shared: dict[str, float] = defaultdict(float)
        for stem in asked:
            for key in self._with.get(stem, ()):
                shared[key] += self._of(stem)
        scores = ((weight / math.sqrt(whole * self._whole[key]), key) for key, weight in shared.items())
        best = sorted((-score, key) for score, key in scores if score >= THRESHOLD)
        return [Found(key, round(-score, 3)) for score, key in best[:limit]]

    def _nearest(self, stem: str) -> str:
        """The known word that a word is, or is a misspelling of; itself when there is none."""
        if stem in self._with or len(stem) < _MISSPELT:
            return stem
        found = process.extractOne(stem, self._words, scorer=fuzz.ratio, score_cutoff=_CLOSE)
        return stem if found is None else found[0]

    def _weight(self, told: Iterable[str]) -> float:
        return sum(map(self._of, told))

    def _of(self, stem: str) -> float:
        """What a word tells: the more, the fewer texts have it."""
        return math.log(2 + len(self._stems) / (1 + len(self._with.get(stem, ()))))
