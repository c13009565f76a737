"""The one door to SIRET numbers: what counts as one, however it is spaced.

Belongs here: reading one, and the SIREN that it starts with. Does not: who has it (schemas/firm.py), or what is told of a
wrong one (core/rules.py, core/sheet_sentences.py).

Source: INSEE, identifiers of firms and establishments: 14 digits, the first nine a SIREN, each checked by Luhn's formula. La
Poste's establishments are the exception: the sum of their digits is a multiple of 5, its head office (35600000000048) alone
follows the formula. python-stdnum knows both. Zeros alone pass the formula and are nobody's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from stdnum.fr import siret

from core.html import printable

LONGEST: Final = 40  # characters, spaces and all; what is longer is something else
_SEPARATORS: Final = re.compile(r"[\s.\-\u2010-\u2015]+")  # no-break spaces are white space
_DIGITS: Final = re.compile(r"[0-9]{14}")
_NOBODY: Final = "0" * 9


@lru_cache(maxsize=65_536)
def read(text: str) -> str | None:
    """The 14 digits of a SIRET as people write it (spaces, dots, hyphens); None when it is none."""
    if len(text) > LONGEST:
        return None
    digits = _SEPARATORS.sub("", printable(text))
    if not _DIGITS.fullmatch(digits) or siren_of(digits) == _NOBODY:
        return None
    return digits if siret.is_valid(digits) else None


def siren_of(number: str) -> str:
    """The SIREN of a SIRET's firm: its first nine digits."""
    return number[:9]
