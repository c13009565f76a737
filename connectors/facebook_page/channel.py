"""The Region's Facebook Page as a channel of posts.

Belongs here: what it sends, and how a post of ours is known. Does not: calling and finding (connectors/graph), an offer's words
(wire.py) or who is chosen (core/selection.py).
"""

from __future__ import annotations

from typing import Final

from connectors.facebook_page import wire
from connectors.graph import posts, words
from connectors.graph.channel import GraphChannel
from connectors.graph.client import Graph
from core.effects import Intent, subject_of
from schemas.offer import decode

NAME: Final = "facebook_page"


class FacebookPage(GraphChannel):
    """A Page. Links point to ``publisher``, the portal."""

    name = NAME

    def __init__(self, graph: Graph, *, page: str, publisher: str) -> None:
        super().__init__(graph, posts.posts(graph, page, wire.MARKER), f"post-1 {publisher}", in_flight=4)
        self._page, self._publisher = page, publisher

    def item(self, intent: Intent) -> words.Item:
        """See the base."""
        return wire.request(intent, self._page, self._link(intent.marker))

    def digest(self, marker: str, content: bytes) -> str:
        """See the port."""
        return words.digest(wire.message(decode(content), self._link(marker)))

    def _link(self, marker: str) -> str:
        return f"{self._publisher}/offres/{subject_of(marker)}?e={marker}"
