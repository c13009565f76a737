"""An attestation of presence as a PDF that can be printed, filed and checked.

Belongs here: the page. Does not: what was attended (connectors/region/attestations.py), or who may have it (attestation.py).

The same attestation is the same bytes: nothing in them comes from the clock. The font is Bitstream Vera, which comes with
ReportLab: it has French's signs, and shows a box for those of other scripts.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from io import BytesIO
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from connectors.region.attestations import Attestation
from core import qr, wording
from core.html import printable

_WIDTH, _HEIGHT = A4
_LEFT: Final = 25 * mm
_RIGHT: Final = _WIDTH - 25 * mm
_TOP: Final = _HEIGHT - 30 * mm
_BOTTOM: Final = 62 * mm  # above what is said at the foot
_INK, _ACCENT, _FAINT = HexColor("#1d2733"), HexColor("#0b5d4e"), HexColor("#5a6672")
_REGION: Final = "Région Auvergne-Rhône-Alpes"


@cache
def _fonts() -> None:
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    pdfmetrics.registerFont(TTFont("Vera-Bold", "VeraBd.ttf"))


def attestation(told: Attestation, issued_on: dt.date, check: str) -> bytes:
    """The document. ``check`` is the address where anybody sees whether it is genuine."""
    _fonts()
    file = BytesIO()
    canvas: Any = Canvas(file, pagesize=A4, invariant=1, lang="fr", pageCompression=1)
    canvas.setTitle(f"Attestation de présence {told.number}")
    canvas.setAuthor(_REGION)
    canvas.setSubject("Boostez votre Région")
    y = _head(canvas, told)
    for number, session in enumerate(told.sessions):
        if y < _BOTTOM:
            _foot(canvas, told, issued_on, check)
            canvas.showPage()
            y = _again(canvas, told)
        if number == 0 or y == _TOP - 14 * mm:
            y = _columns(canvas, y)
        when = f"{wording.full_date(session.starts.date())}, {wording.clock(session.starts.time())}"
        _text(canvas, _LEFT, y, when, 9)
        _text(canvas, _LEFT + 78 * mm, y, _fit(session.title, "Vera", 9, 60 * mm), 9)
        _text(canvas, _RIGHT, y, _lasted(session.minutes), 9, right=True)
        y -= 7 * mm
    canvas.setStrokeColor(_FAINT)
    canvas.line(_LEFT, y + 3 * mm, _RIGHT, y + 3 * mm)
    _text(canvas, _LEFT, y - 3 * mm, "Durée totale", 10, bold=True)
    _text(canvas, _RIGHT, y - 3 * mm, _lasted(told.minutes), 10, bold=True, right=True)
    _foot(canvas, told, issued_on, check)
    canvas.save()
    return file.getvalue()


def _head(canvas: Any, told: Attestation) -> float:
    canvas.setFillColor(_ACCENT)
    canvas.rect(0, _HEIGHT - 9 * mm, _WIDTH, 9 * mm, stroke=0, fill=1)
    _text(canvas, _LEFT, _TOP, "Boostez votre Région", 11, bold=True, colour=_ACCENT)
    _text(canvas, _RIGHT, _TOP, _REGION, 9, right=True, colour=_FAINT)
    y = _TOP - 22 * mm
    _text(canvas, _LEFT, y, "Attestation de présence", 22, bold=True)
    y -= 16 * mm
    _text(canvas, _LEFT, y, f"La {_REGION} atteste que", 10)
    y -= 9 * mm
    width = _RIGHT - _LEFT
    _text(canvas, _LEFT, y, _fit(told.person, "Vera-Bold", 15, width), 15, bold=True)
    if told.firm:
        y -= 8 * mm
        _text(canvas, _LEFT, y, _fit(told.firm, "Vera", 11, width), 11)
    if told.siret:
        y -= 6 * mm
        _text(canvas, _LEFT, y, f"SIRET {_siret(told.siret)}", 9, colour=_FAINT)
    y -= 10 * mm
    plural = len(told.sessions) > 1
    _text(canvas, _LEFT, y, f"a suivi {'les séances suivantes' if plural else 'la séance suivante'}.", 10)
    return y - 14 * mm


def _again(canvas: Any, told: Attestation) -> float:
    _text(canvas, _LEFT, _TOP, f"Attestation de présence {told.number}, suite", 9, colour=_FAINT)
    return _TOP - 14 * mm


def _columns(canvas: Any, y: float) -> float:
    _text(canvas, _LEFT, y, "Date", 8, colour=_FAINT)
    _text(canvas, _LEFT + 78 * mm, y, "Séance", 8, colour=_FAINT)
    _text(canvas, _RIGHT, y, "Durée", 8, right=True, colour=_FAINT)
    canvas.setStrokeColor(_FAINT)
    canvas.line(_LEFT, y - 2 * mm, _RIGHT, y - 2 * mm)
    return y - 9 * mm


def _foot(canvas: Any, told: Attestation, issued_on: dt.date, check: str) -> None:
    side = 28 * mm
    _code(canvas, check, _RIGHT - side, 20 * mm, side)
    _text(canvas, _LEFT, 44 * mm, f"Établie le {wording.full_date(issued_on)}", 9)
    _text(canvas, _LEFT, 38 * mm, f"Numéro {told.number}", 9)
    _text(
        canvas, _LEFT, 29 * mm, "Pour la vérifier, lisez ce code ou ouvrez cette adresse :", 8, colour=_FAINT
    )
    for number, part in enumerate(_broken(check, "Vera", 6.5, _RIGHT - side - _LEFT - 5 * mm)):
        _text(canvas, _LEFT, 24.5 * mm - number * 3.2 * mm, part, 6.5, colour=_FAINT)
    canvas.linkURL(check, (_LEFT, 17 * mm, _RIGHT - side, 28 * mm))


def _code(canvas: Any, address: str, x: float, y: float, side: float) -> None:
    rows = qr.squares(address)
    unit = side / len(rows)
    canvas.setFillColor(_INK)
    for down, row in enumerate(rows):
        for along, dark in enumerate(row):
            if dark:
                canvas.rect(x + along * unit, y + side - (down + 1) * unit, unit, unit, stroke=0, fill=1)


def _text(
    canvas: Any,
    x: float,
    y: float,
    said: str,
    size: float,
    *,
    bold: bool = False,
    right: bool = False,
    colour: Any = _INK,
) -> None:
    canvas.setFont("Vera-Bold" if bold else "Vera", size)
    canvas.setFillColor(colour)
    (canvas.drawRightString if right else canvas.drawString)(x, y, said.replace("\u202f", "\u00a0"))


def _fit(said: str, font: str, size: float, width: float) -> str:
    """One line of what people wrote, cut where the page ends."""
    line = " ".join(printable(said).split())
    if pdfmetrics.stringWidth(line, font, size) <= width:
        return line
    while line and pdfmetrics.stringWidth(f"{line}…", font, size) > width:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _broken(address: str, font: str, size: float, width: float) -> list[str]:
    """An address in as many lines as it takes: whoever types it needs all of it."""
    lines = [""]
    for sign in address:
        if pdfmetrics.stringWidth(lines[-1] + sign, font, size) > width:
            lines.append("")
        lines[-1] += sign
    return lines


def _lasted(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours}\u00a0h{f' {rest:02}' if rest else ''}" if hours else f"{rest}\u00a0min"


def _siret(digits: str) -> str:
    return f"{digits[:3]} {digits[3:6]} {digits[6:9]} {digits[9:]}"
