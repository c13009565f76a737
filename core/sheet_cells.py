"""What one cell of a seminar's sheet says: yes or no, a SIRET, a number of employees...

Belongs here: reading one cell, and seeing what a spreadsheet did to it. Does not: which column it is of (sheet_columns.py), or
what the cells of a line say together (seminar_sheets.py).

Nothing is guessed: a SIRET that was rounded (7,32829E+13), lost its zeros or became a date is told, not repaired. A spreadsheet
that takes the zero from a postal code or a telephone number leaves no doubt what was meant; it is put back, and told.
"""

from __future__ import annotations

import re
from typing import Final

from core import addresses, naf, sirets
from core.folding import compact, fold
from core.html import printable
from core.registrations import SESSION
from schemas.errors import Rejected
from schemas.firm import DAYS, PARTS, SLOTS, Headcount, Level

_BANDS: Final[tuple[tuple[int, int, Headcount], ...]] = (
    (0, 0, "0"),
    (1, 2, "1-2"),
    (3, 5, "3-5"),
    (6, 9, "6-9"),
    (10, 19, "10-19"),
    (20, 49, "20-49"),
    (50, 249, "50-249"),
)
_LEVELS: Final[dict[str, Level]] = {
    **dict.fromkeys(("debutant", "debutante", "beginner"), "beginner"),
    **dict.fromkeys(("intermediaire", "intermediate"), "intermediate"),
    **dict.fromkeys(("avance", "avancee", "advanced"), "advanced"),
}
_YES: Final = frozenset({"oui", "o", "yes", "y", "x", "1", "vrai", "true", "present", "presente"})
_NO: Final = frozenset({"non", "n", "no", "0", "faux", "false", "absent", "absente", "excuse", "excusee"})
_TICKS: Final = frozenset("✓✔☑✗✘×☒")  # whoever crosses a box means it
_DAYS: Final = {
    word: day
    for day, said in zip(
        DAYS,
        ("lundi lun", "mardi mar", "mercredi mer", "jeudi jeu", "vendredi ven", "samedi sam"),
        strict=True,
    )
    for word in said.split()
}
_PARTS: Final = {
    word: part
    for part, said in zip(PARTS, ("matin matinee", "apresmidi", "soir soiree"), strict=True)
    for word in said.split()
}
_WRAPPED: Final = re.compile(r'="([^"]*)"')
_SCIENTIFIC: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]{1,2}", re.IGNORECASE)
_DATE: Final = re.compile(
    r"[0-9]{1,2}[-/. ](?:janv?|fevr?|mars?|avr|mai|juin|juil|aout|sept?|oct|nov|dec)[a-z]*\.?(?:[-/. ][0-9]{2,4})?"
    r"|[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{2,4}"
)
# UTF-8 that somebody read as Windows-1252 and saved, and what could not be read at all.
_GARBLED: Final = re.compile("Ã[\u0080-\u00bf\u0192\u02c6\u2030\u201c\u2021\u2039\u0152\u017d ]|â€|\ufffd")
_EMPLOYED: Final = re.compile(
    r"(?:de |entre )?([0-9]{1,6})(?: ?(?:-|\u2013|a|et) ?([0-9]{1,6}))?(?: ?(?:(?:salarie|personne|employe)[es()]*|etp))?"
)


class Wrong(Rejected):
    """A cell cannot be taken as it is. ``rule`` has a sentence, which speaks of ``values``."""

    def __init__(self, rule: str, *values: object) -> None:
        super().__init__(rule)
        self.rule, self.values = rule, values


def plain(cell: str) -> str:
    """A cell as one line of printable text, without what spreadsheets write around a text (``="01000"``, ``'01000``)."""
    text = " ".join(printable(cell).split())
    if text.startswith("=") and (wrapped := _WRAPPED.fullmatch(text)):
        text = wrapped[1]
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("0123456789=+-@") else text


def whole(text: str) -> str:
    """The text, when its accents are whole.

    Raises:
        Wrong: it was read in a wrong encoding before it came.

    """
    if _GARBLED.search(text):
        raise Wrong("garbled")
    return text


def siret(text: str) -> str:
    """The 14 digits. Raises Wrong, which says what became of them."""
    if found := sirets.read(text):
        return found
    _refuse_scientific(text)
    digits = re.sub(r"[\s.\-]", "", text)
    if not re.fullmatch(r"[0-9]+", digits):
        raise Wrong("siret_form")
    if len(digits) == 9:
        raise Wrong("siren")
    if 9 < len(digits) < 14 and sirets.read(digits.zfill(14)):
        raise Wrong("siret_zeros", digits.zfill(14))
    if len(digits) != 14:
        raise Wrong("siret_length", len(digits))
    raise Wrong("siret_checksum")


def email(text: str) -> str:
    """The address. Raises Wrong."""
    if found := addresses.email(text):
        return found
    raise Wrong("email")


def phone(text: str) -> str:
    """The number as E.164. Raises Wrong."""
    _refuse_scientific(text)
    if found := addresses.phone(text):
        return found
    raise Wrong("phone")


def lost_zero(field: str, text: str) -> str | None:
    """A postal code or a telephone number with the zero that a spreadsheet took; None when it took none."""
    digits = re.sub(r"[\s.]", "", text)
    if field == "postal_code" and re.fullmatch(r"[1-9][0-9]{3}", digits):
        return f"0{digits}"
    if field in {"phone", "mobile"} and re.fullmatch(r"[1-9][0-9]{8}", digits):
        return f"0{digits}"
    return None


def postal_code(text: str) -> str:
    """Five digits. Raises Wrong."""
    _refuse_scientific(text)
    digits = text.replace(" ", "")
    if not re.fullmatch(r"[0-9]{5}", digits):
        raise Wrong("postal_code")
    return digits


def commune(text: str) -> str:
    """An INSEE code. Raises Wrong."""
    if not re.fullmatch(r"[0-9][0-9AB][0-9]{3}", text.upper()):
        raise Wrong("commune_form")
    return text.upper()


def activity(text: str) -> str:
    """A NAF code. Raises Wrong."""
    if found := naf.read(text):
        return found
    raise Wrong("naf")


def headcount(text: str) -> Headcount:
    """The band of a number (« 12 », « 12 salariés ») or of two that are of one band (« 10 à 19 »). Raises Wrong."""
    said = fold(text)
    if _DATE.fullmatch(said):
        raise Wrong("headcount_date")
    if said in {"aucun", "aucune", "zero"}:
        return "0"
    found = _EMPLOYED.fullmatch(said)
    if found is None:
        raise Wrong("headcount")
    numbers = [int(number) for number in found.groups() if number]
    if max(numbers) > 249:
        raise Wrong("headcount_large")
    bands = {band for least, most, band in _BANDS for number in numbers if least <= number <= most}
    if len(bands) != 1:
        raise Wrong("headcount")
    return bands.pop()


def level(text: str) -> Level:
    """A level, by its name. Raises Wrong."""
    if found := _LEVELS.get(compact(text)):
        return found
    raise Wrong("level")


def yes(text: str) -> bool:
    """Whether the cell says yes. Raises Wrong when it says neither."""
    said = compact(text)
    if said in _YES or (text and set(text) <= _TICKS):
        return True
    if said in _NO:
        return False
    raise Wrong("yes_no")


def slots(text: str) -> tuple[str, ...]:
    """When somebody can come: « mardi soir, jeudi » is Tuesday evening and all of Thursday. Raises Wrong."""
    found: set[str] = set()
    for said in re.split(r"[,;/+&]|\bet\b|\bou\b", fold(text)):
        told = re.findall(r"[a-z]+", re.sub(r"apres[\s-]*midi", "apresmidi", said))
        days = [_DAYS[word] for word in told if word in _DAYS]
        parts = [_PARTS[word] for word in told if word in _PARTS]
        if not told and not said.strip():
            continue
        if len(days) != 1 or len(days) + len(parts) != len(told):
            raise Wrong("slot")
        found |= {f"{days[0]}-{part}" for part in parts or PARTS}
    if not found:
        raise Wrong("slot")
    return tuple(slot for slot in SLOTS if slot in found)


def session(text: str) -> str:
    """A session's reference. Raises Wrong."""
    if not SESSION.fullmatch(text):
        raise Wrong("session_ref")
    return text


def _refuse_scientific(text: str) -> None:
    if _SCIENTIFIC.fullmatch(text):
        raise Wrong("scientific")
