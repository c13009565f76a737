"""QR codes of addresses (ISO/IEC 18004), for paper and walls.

Belongs here: the code as squares, and as SVG. Does not: what an address leads to.
"""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import Final

import segno

QUIET: Final = 4  # squares of white around it, as the standard asks for


def squares(address: str) -> list[list[bool]]:
    """The code's rows, dark is True, without the white around it. A sixth of it may be hidden (level M)."""
    return [[bool(dark) for dark in row] for row in segno.make(address, error="m", micro=False).matrix]


def svg(address: str, label: str) -> str:
    """The code as an SVG picture that says what it is; it takes its size from its box.

    It brings its white with it: many readers take no code that is light on dark.
    """
    rows = squares(address)
    side = len(rows) + 2 * QUIET
    return (
        f'<svg class="qr" role="img" aria-label="{escape(label)}" viewBox="0 0 {side} {side}" shape-rendering="crispEdges" '
        f'xmlns="http://www.w3.org/2000/svg"><rect width="{side}" height="{side}" fill="#fff"/>'
        f'<path d="{_path(rows)}" fill="#000"/></svg>'
    )


def _path(rows: list[list[bool]]) -> str:
    """Each run of dark squares in a row, as one rectangle."""
    drawn = []
    for y, row in enumerate(rows, QUIET):
        x = QUIET
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                drawn.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return "".join(drawn)
