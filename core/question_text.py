"""The words of a question: how they are kept, why they are not taken, what a moderator looks at twice.

Belongs here: pure rules on one text. Does not: which questions are alike (core/alike.py), or the French that tells a fault (portal).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Final, Literal

from core.folding import words
from core.html import printable
from core.wording import excerpt

SHORTEST: Final = 10  # characters
LONGEST: Final = 1_000
LINKS: Final = 2  # more of them is advertising
Fault = Literal["short", "long", "links", "repeated", "shouting"]
Flag = Literal["email", "phone", "link"]

_RUN: Final = 6  # the same sign so often in a row: « !!!!!! », « aaaaaa »
_SHOUTED: Final = 20  # letters, from which capitals alone are shouting: « SNCF ? » is none
_BLANK: Final = re.compile(r"[^\S\n]+")
_GAP: Final = re.compile(r"\n\s*\n\s*")
_LINK: Final = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]{2,63}\.(?:com|fr|net|org|info|io|biz|shop)\b", re.IGNORECASE
)
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE: Final = re.compile(r"(?<!\d)(?:\+33|0033|0)[\s.\-/()]*[1-9](?:[\s.\-/()]*\d){8}(?!\d)")
_GREETING: Final = "bonjour|bonsoir|merci|madame|monsieur|svp|et|mais|alors|donc|à|a|de|pour|depuis"
_BEFORE: Final = rf"(?:(?:(?:{_GREETING})(?![\w-])|d[’']|jusqu[’']à)[\s,!:.]*+)*+"
_WORD: Final = "quand|pourquoi|comment|combien|où|qui|quoi|quels?|quelles?|lequel|laquelle|lesquels|lesquelles|qu[’']est|est-ce|y a-t-il"
_TURNED: Final = (  # « pouvez-vous », « va-t-on »
    r"[^\W\d_]+-(?:t-)?(?:je|tu|il|elle|on|ils|elles|ce)|(?!rendez)[^\W\d_]+ez-vous|[^\W\d_]+ons-nous"
)
_OPENING: Final = re.compile(rf"{_BEFORE}(?:{_WORD}|{_TURNED})\b")


def cleaned(body: str) -> str:
    """A text as it is kept: nothing that cannot be seen, no space at an end, at most one empty line in a row."""
    told = _BLANK.sub(" ", printable(body))
    lines = "\n".join(line.strip() for line in told.split("\n"))
    return _GAP.sub("\n\n", lines).strip()


def faults(body: str) -> tuple[Fault, ...]:
    """Why a text, cleaned, is not taken; its author can mend each."""
    return tuple(_faults(body))


def _faults(body: str) -> Iterator[Fault]:
    if len(body) < SHORTEST or not words(body):
        yield "short"
    if len(body) > LONGEST:
        yield "long"
    if len(_LINK.findall(_EMAIL.sub(" ", body))) > LINKS:
        yield "links"
    if any(sum(1 for _ in run) >= _RUN for sign, run in groupby(body) if not sign.isspace()):
        yield "repeated"
    letters = [sign for sign in body if sign.isalpha()]
    if len(letters) >= _SHOUTED and not any(sign.islower() for sign in letters):
        yield "shouting"


def flags(body: str) -> tuple[Flag, ...]:
    """What a moderator looks at before a text is public: somebody's address or number, a link."""
    found: dict[Flag, bool] = {
        "email": bool(_EMAIL.search(body)),
        "phone": bool(_PHONE.search(body)),
        "link": bool(_LINK.search(_EMAIL.sub(" ", body))),
    }
    return tuple(flag for flag, holds in found.items() if holds)


def asks(comment: str) -> bool:
    """Whether a comment asks something: it has a question mark, or begins as questions do."""
    told = unicodedata.normalize("NFC", cleaned(comment)).casefold()
    return len(told) >= SHORTEST and bool(words(told)) and ("?" in told or bool(_OPENING.match(told)))


def shortened(comment: str) -> str:
    """A comment as a question: cleaned, and no longer than one."""
    return excerpt(cleaned(comment), LONGEST)
