"""Spelling: the word that was meant when one letter is wrong.

Belongs here: the rule. Does not: which words there are (connectors/region/board/search.py) or what is done with the correction.

One letter too many, too few, another, or two neighbours swapped: Damerau's four mistakes, found by comparing words with one
letter left out. Short words are left alone, since at one letter everything is near them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

SHORTEST: Final = 4  # letters of a word that may be mistyped


class Speller:
    """Corrects towards ``known`` words, each with how often it occurs. All words are folded (core/folding.py)."""

    def __init__(self, known: Mapping[str, int]) -> None:
        self._known = known
        self._near: defaultdict[str, list[str]] = defaultdict(list)
        for word in known:
            if len(word) >= SHORTEST and word.isalpha():
                for part in _parts(word):
                    self._near[part].append(word)

    def correct(self, word: str) -> str:
        """The most frequent known word one mistake away; ``word`` itself when it is known, short, or near none."""
        if word in self._known or len(word) < SHORTEST or not word.isalpha():
            return word
        near = {
            found for part in _parts(word) for found in self._near.get(part, ()) if one_mistake(word, found)
        }
        return min(near, key=lambda found: (-self._known[found], found), default=word)


def one_mistake(typed: str, meant: str) -> bool:
    """Whether the two differ by exactly one letter added, left out or replaced, or by two neighbours swapped."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    start = next(
        (n for n, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant))
    )
    one, other = typed[start:], meant[start:]
    return (
        one[1:] == other
        or one == other[1:]
        or one[1:] == other[1:]
        or (one[:2], one[2:]) == (other[1::-1], other[2:])
    )


def _parts(word: str) -> Iterator[str]:
    """The word, and the word with each of its letters left out."""
    yield word
    yield from {word[:n] + word[n + 1 :] for n in range(len(word))}
