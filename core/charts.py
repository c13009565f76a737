"""Figures as pictures in a page: bars and a funnel, as SVG that needs neither script nor style.

Belongs here: the drawing. Does not: the figures (progress.py), or the words of a page (its template).

Everybody reads them: what a picture shows stands in it as text and in its description; lengths tell it without colours; all is drawn
in the page's own colour (``currentColor``), light or dark. A picture is 480 units wide with letters of 16, so on a telephone they are
still read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Final, Literal

import msgspec

from core import wording
from core.html import printable

WIDTH: Final = 480
LETTER: Final = 16
LINE: Final = 21
BAR: Final = 12
GAP: Final = 15
LEAST: Final = 2  # units of a bar that stands for something, however little
_BETWEEN: Final = 14  # a label and its figure
Side = Literal["start", "end"]
_WIDE: Final = frozenset("MWmw@%&—…ŒœÆæ")


class Row(msgspec.Struct, frozen=True):
    """One figure: what it is of, and how it is written (« 1 240 »)."""

    label: str
    value: int
    told: str


def row(label: str, value: int) -> Row:
    """A figure that is written as a number."""
    return Row(label, value, wording.number(value))


def shares(rows: Sequence[Row]) -> list[Row]:
    """The rows of a funnel: each with its share of the one before."""
    following = (
        Row(each.label, each.value, f"{each.told} ({wording.percent(each.value, before.value)})")
        if before.value
        else each
        for before, each in pairwise(rows)
    )
    return [*rows[:1], *following]


def bars(key: str, title: str, rows: Sequence[Row], *, full: int | None = None) -> str:
    """A bar for each figure, from the left; ``full`` is what the whole width stands for, the largest figure when it is not said.

    ``key`` is the picture's name in its page. There is at least one row.
    """
    return _picture(key, title, rows, full, centred=False)


def funnel(key: str, title: str, rows: Sequence[Row]) -> str:
    """A bar for each figure, one under the other, in the middle: what becomes less on its way."""
    return _picture(key, title, rows, None, centred=True)


def _picture(key: str, title: str, rows: Sequence[Row], full: int | None, *, centred: bool) -> str:
    most = full or max((each.value for each in rows), default=0)
    words: list[str] = []
    drawn: list[str] = []
    top = 0
    for each in rows:
        lines = _lines(each)
        words += (_text(line, top + (number + 1) * LINE - 5, side) for number, side, line in lines)
        top += LINE * (1 + max(number for number, *_ in lines))
        width = _width(each.value, most)
        drawn.append(_bar((WIDTH - width) / 2 if centred else 0, top, width) if width else "")
        drawn.append("" if centred else _rail(top))
        top += BAR + GAP
    described = f"{wording.THIN}; ".join(f"{each.label}{wording.NBSP}: {each.told}" for each in rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-labelledby="{key}-titre {key}-chiffres" '
        f'viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" font-size="{LETTER}" fill="currentColor" overflow="visible">'
        f'<title id="{key}-titre">{_plain(title)}</title><desc id="{key}-chiffres">{_plain(described)}</desc>'
        f'{"".join(words)}<g class="bars">{"".join(drawn)}</g></svg>'
    )


def _width(value: int, most: int) -> float:
    """How long the bar of a figure is: in proportion, whole at most, and seen when there is anything."""
    if value <= 0 or most <= 0:
        return 0
    return round(min(WIDTH, max(LEAST, WIDTH * value / most)), 2)


def _lines(each: Row) -> list[tuple[int, Side, str]]:
    """The lines of a row's words: the number of the line, on which side it stands, and what stands there.

    The figure stands at the right of the label's first line, below the label when it is longer than half of a line.
    """
    told = _broken(printable(each.told), WIDTH)
    beside = len(told) == 1 and _measured(told[0]) <= WIDTH / 2
    room = WIDTH - _measured(told[0]) - _BETWEEN if beside else WIDTH
    label: list[tuple[int, Side, str]] = [
        (number, "start", line) for number, line in enumerate(_broken(printable(each.label), room))
    ]
    first = 0 if beside else len(label)
    return [*label, *((first + number, "end", line) for number, line in enumerate(told))]


def _broken(text: str, width: float) -> list[str]:
    """A text in lines that fit, broken between words where words are short enough."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if _measured(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        lines[-1:] = _cut(word, width)
    return lines


def _cut(word: str, width: float) -> list[str]:
    """A word in pieces that fit, of one letter at least."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and _measured(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _measured(text: str) -> float:
    """How wide a text is at most, in the widest of the usual fonts without serifs."""
    return LETTER * sum(map(_ems, text))


def _ems(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0
    if letter in _WIDE or unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0x2FFF:
        return 1.05
    return 0.78 if letter.isupper() else 0.66


def _text(line: str, base: int, side: Side) -> str:
    place = 'x="0"' if side == "start" else f'x="{WIDTH}" text-anchor="end"'
    return f'<text {place} y="{base}">{escape(line)}</text>' if line else ""


def _bar(left: float, top: int, width: float) -> str:
    return f'<rect x="{left:g}" y="{top}" width="{width:g}" height="{BAR}" rx="2"/>'


def _rail(top: int) -> str:
    """The whole width that a bar is a part of."""
    return (
        f'<rect x="0.5" y="{top + 0.5:g}" width="{WIDTH - 1}" height="{BAR - 1}" rx="2" fill="none" stroke="currentColor" '
        'stroke-opacity="0.35"/>'
    )


def _plain(text: str) -> str:
    return escape(printable(text))
