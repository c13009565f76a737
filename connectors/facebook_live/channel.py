"""Dialogues as scheduled live videos of the Region's Facebook Page: a channel.

Belongs here: what it sends, and how a live video of ours is known. Does not: calling and finding (connectors/graph), words (wire.py), or
what happens on the air (broadcast.py, comments.py).
"""

from __future__ import annotations

from typing import Any, Final

from connectors.facebook_live import wire
from connectors.facebook_live.wire import EventParams
from connectors.graph import dialogues, words
from connectors.graph.channel import GraphChannel
from connectors.graph.client import Graph
from core.effects import Intent, Receipt
from schemas.dialogue import decode

NAME: Final = "facebook_live"


class FacebookLive(GraphChannel):
    """A Page. Links point to ``publisher``, the portal; ``event_params`` is the form in which times are written."""

    name = NAME

    def __init__(self, graph: Graph, *, page: str, publisher: str, event_params: EventParams) -> None:
        super().__init__(graph, wire.videos(graph, page), f"live-1 {publisher}")
        self._page, self._publisher, self._event_params = page, publisher, event_params

    def item(self, intent: Intent) -> words.Item:
        """See the base."""
        link = dialogues.link(self._publisher, intent.marker)
        return wire.request(intent, self._page, link, self._event_params)

    def receipt(self, intent: Intent, answer: Any) -> Receipt:
        """See the base."""
        return wire.receipt(intent, answer)

    def digest(self, marker: str, content: bytes) -> str:
        """See the port."""
        return wire.digest(decode(content), dialogues.link(self._publisher, marker))
