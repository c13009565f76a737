"""QR codes of addresses (ISO/IEC 18004), for paper and walls.

Belongs here: the code as squares, and as SVG. Does not: what an address leads to.
"""

from __future__ import annotations

from typing import Final

import segno

QUIET: Final = 4  # squares of white around it, as the standard asks for


def squares(address: str) -> list[list[bool]]:
    """The code's rows, dark is True, without the white around it. A sixth of it may be hidden (level M)."""
    return [[bool(dark) for dark in row] for row in segno.make(address, error="m", micro=False).matrix]


def svg(address: str, label: str) -> str:
    """The code as an SVG picture that says what it is; it takes its size from its box."""
    rows = squares(address)
    side = len(rows) + 2 * QUIET
    path = "".join(
        f"M{x + QUIET} {y + QUIET}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    )
    return (
        f'<svg class="qr" role="img" aria-label="{label}" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    )
