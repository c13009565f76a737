"""An attestation of presence as a PDF that can be printed, signed, filed and checked.

Belongs here: what fills the page. Does not: its words and looks (attestation.typ), what was attended
(connectors/region/sessions/attestations.py), or who may have it (attestation.py).

Typst sets it: tagged for screen readers as PDF/UA-1 asks (ISO 14289-1), with its fonts in it. The same attestation is the same bytes:
nothing in them comes from the clock. What the fonts cannot draw is a box, for the standard allows no letter without a shape; they
draw Latin, Greek, Cyrillic, Hebrew and Arabic.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import typst

from connectors.region.sessions.attestations import Attestation
from core import qr, wording
from core.html import printable

LONGEST: Final = 200  # characters that are told of a name or a title
BOX: Final = "□"
_TEMPLATE: Final = Path(__file__).with_name("attestation.typ")
_UNDRAWN: Final = re.compile(
    "[^ -~\u00a0-\u00ac\u00ae-\u017f\u0300-\u036f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u0481\u048a-\u04ff"
    "\u05d0-\u05ea\u0621-\u063a\u0641-\u0652\u2009\u2010-\u2015\u2018-\u201e\u2020\u2022\u2026\u202f\u20ac\u2116\u2122\u2212\u25a1]+"
)
_UNBROKEN: Final = re.compile(r"(\S{20})(?=\S)")
_PARTS: Final = re.compile(r"([/.?&=-]|[^/.?&=-]{20})(?=.)")  # of an address: a line may end behind each


def attestation(told: Attestation, issued_on: dt.date, check: str) -> bytes:
    """The document. ``check`` is the address where anybody sees whether it is genuine."""
    return typst.compile(
        _template(),
        format="pdf",
        sys_inputs={"told": msgspec.json.encode(_filling(told, issued_on, check)).decode()},
        ignore_system_fonts=True,
        timestamp=dt.datetime.combine(issued_on, dt.time(), dt.UTC),
        pdf_standards=["ua-1"],
    )


def _filling(told: Attestation, issued_on: dt.date, check: str) -> dict[str, object]:
    """What the template asks for: texts, and numbers of which it makes a date."""
    return {
        "number": _drawn(told.number),
        "person": _drawn(told.person),
        "firm": told.firm and _drawn(told.firm),
        "siret": told.siret and _grouped(told.siret),
        "sessions": [
            {
                "title": _drawn(each.title),
                "when": f"{wording.full_date(each.starts.date())}, {wording.clock(each.starts.time())}",
                "length": wording.duration(each.minutes),
            }
            for each in told.sessions
        ],
        "total": wording.duration(told.minutes),
        "issued": {"year": issued_on.year, "month": issued_on.month, "day": issued_on.day},
        "day": wording.date(issued_on),
        "check": check,
        "address": _PARTS.sub("\\1\u200b", check),
        "code": qr.svg(check, ""),
    }


def _drawn(text: str) -> str:
    """A text as the fonts can draw it, on lines that can be broken, and no longer than what is told."""
    composed = unicodedata.normalize("NFC", printable(text))
    short = wording.excerpt(_UNDRAWN.sub(BOX, " ".join(composed.split())), LONGEST)
    return _UNBROKEN.sub("\\1\u200b", short) or BOX


def _grouped(siret: str) -> str:
    """« 356 000 000 00048 », which is not broken over two lines."""
    return wording.NBSP.join((siret[:3], siret[3:6], siret[6:9], siret[9:]))


@cache
def _template() -> bytes:
    return _TEMPLATE.read_bytes()
