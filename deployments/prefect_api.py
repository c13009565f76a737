"""Prefect's API for those who cannot wait for Prefect's own client, which takes two seconds to import.

Belongs here: one question and its answer, with what the server asks of whoever changes something. Does not: which question.
"""

from __future__ import annotations

import os
import secrets
import urllib.request
from base64 import b64encode
from typing import Any, Final

import msgspec

_PATIENCE: Final = 30.0  # seconds


def post(api: str, path: str, body: Any) -> Any:
    """The answer to one POST, with the key that Prefect's own client would use.

    A browser would hand another page's POST to the server too, so the server wants a token that it gave before.

    Raises:
        URLError: it cannot be reached, or refuses.

    """
    client = secrets.token_hex(16)
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get("PREFECT_API_AUTH_STRING"):
        headers["Authorization"] = f"Basic {b64encode(key.encode()).decode()}"
    given = _ask(urllib.request.Request(f"{api}/csrf-token?client={client}", headers=headers))  # noqa: S310 - our own address
    headers |= {"Prefect-Csrf-Client": client, "Prefect-Csrf-Token": given["token"]}
    return _ask(urllib.request.Request(f"{api}/{path}", msgspec.json.encode(body), headers))  # noqa: S310


def _ask(request: urllib.request.Request) -> Any:
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
        return msgspec.json.decode(answer.read())
