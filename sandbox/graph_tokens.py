"""Graph API for tokens: what debug_token shows of one.

Belongs here: that call. Does not: whether a call is let in (graph.py). Source: Meta's "Debugging Access Tokens".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.graph_parameters import Parameters
from sandbox.keys import Keys


class TokenNodes:
    """The call. The one token is of ``owner``, and ends ``expires`` seconds after 1970 began; 0: never."""

    def __init__(self, keys: Keys, owner: Callable[[], str]) -> None:
        self._keys, self._owner = keys, owner
        self.expires = 0

    def answer(self, method: str, segments: list[str], parameters: Parameters, _root: str) -> Any:
        """What Graph answers; None when this is no call of tokens'."""
        if (method, segments) != ("GET", ["debug_token"]):
            return None
        if parameters.get("input_token") != self._keys.page_token:
            return {
                "data": {"is_valid": False, "error": {"code": 190, "message": "Invalid OAuth access token."}}
            }
        told = {"is_valid": True, "type": "PAGE", "profile_id": self._owner(), "expires_at": self.expires}
        return {"data": told}
