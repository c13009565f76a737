"""Cookies of ours: their names, reading and setting one.

Belongs here: what all of them have in common. Does not: what one says (forms.py, access.py, signing_in.py, shown_questions.py).

No script reads them. Where the portal is https, no other host can set them either.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from connectors.settings import Settings


def name_of(settings: Settings, word: str) -> str:
    """A cookie's whole name."""
    return f"__Host-{word}" if settings.public_url.startswith("https:") else word


def kept(request: Request, word: str) -> str:
    """What this browser keeps under a name; empty when nothing."""
    return request.cookies.get(name_of(request.app.state.settings, word), "")


def keep(
    request: Request,
    answer: Response,
    word: str,
    value: str,
    age: dt.timedelta,
    samesite: Literal["lax", "strict"] = "lax",
) -> None:
    """Have the browser keep it; with no age it is taken back."""
    settings: Settings = request.app.state.settings
    answer.set_cookie(
        name_of(settings, word),
        value,
        max_age=int(age.total_seconds()),
        secure=settings.public_url.startswith("https:"),
        httponly=True,
        samesite=samesite,
    )
