"""The open portal's board as a channel.

Belongs here: its capabilities and how the port maps to region/board/board.py. Does not: statements, or the web pages (portal/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

from connectors.channel import BoardChannel, Capabilities
from connectors.region.board import board
from connectors.region.database import Region
from core.effects import Found, Intent, Only

NAME: Final = "open_portal"


class OpenPortal(BoardChannel):
    """What residents see, in our own database."""

    name = NAME
    capabilities = Capabilities(form="board-1", batch=2500, in_flight=2)

    def __init__(self, region: Region) -> None:
        self.region = region

    def place(self, limit: int, only: Only) -> Mapping[str, int]:
        """See the port."""
        placed = board.place(self.region, self.name, self.capabilities.form, limit, only)
        return {"create": placed.created, "update": placed.updated, "withdraw": placed.withdrawn}

    def find(self, intents: Sequence[Intent]) -> Mapping[int, Found]:
        """See the port. Nothing here is ever unknown: this serves audits."""
        wanted = {intent.subject: intent.effect for intent in intents}
        return {wanted[found.remote_id]: found for found in self.inventory() if found.remote_id in wanted}

    def inventory(self) -> Iterator[Found]:
        """See the port."""
        return board.inventory(self.region)

    def digest(self, marker: str, content: bytes) -> str:
        """See the port: the board shows the content as it is, under any marker."""
        del marker
        return sha256(content).hexdigest()[:16]
