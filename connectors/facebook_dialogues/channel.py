"""Dialogues on the Region's Facebook Page: a channel of posts.

Belongs here: what it sends, and how a post of ours is known. Does not: calling and finding (connectors/graph), or when a dialogue is
told of (connectors/region).
"""

from __future__ import annotations

from typing import Final

from connectors.facebook_dialogues import wire
from connectors.graph import dialogues, posts, words
from connectors.graph.channel import GraphChannel
from connectors.graph.client import Graph
from core.effects import Intent
from schemas.dialogue import decode

NAME: Final = "facebook_dialogues"


class FacebookDialogues(GraphChannel):
    """A Page. Links point to ``publisher``, the portal."""

    name = NAME

    def __init__(self, graph: Graph, *, page: str, publisher: str) -> None:
        super().__init__(graph, posts.posts(graph, page, wire.MARKER), f"dialogue-1 {publisher}")
        self._page, self._publisher = page, publisher

    def item(self, intent: Intent) -> words.Item:
        """See the base."""
        link = dialogues.link(self._publisher, intent.marker)
        text = wire.message(decode(intent.content), link) if intent.content is not None else ""
        return posts.request(intent, self._page, text, link)

    def digest(self, marker: str, content: bytes) -> str:
        """See the port."""
        return words.digest(wire.message(decode(content), dialogues.link(self._publisher, marker)))
