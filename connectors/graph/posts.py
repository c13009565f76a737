"""The Page's posts: as requests, and read back.

Belongs here: what every post has, whatever it is about. Does not: its words (the channels' wire.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.graph import words
from connectors.graph.client import Graph
from connectors.graph.edge import Edge
from core.effects import Found, Intent


def request(intent: Intent, page: str, message: str, link: str) -> words.Item:
    """What makes, changes or deletes a post. Its link cannot be changed, its message can; it is the one that is read back."""
    match intent.operation:
        case "withdraw":
            return words.call("DELETE", str(intent.remote_id))
        case "update":
            return words.call("POST", str(intent.remote_id), message=message)
        case "create":
            return words.call("POST", f"{page}/feed", message=message, link=link)


def posts(graph: Graph, page: str, marker: re.Pattern[str]) -> Edge:
    """The Page's posts, of which those are ours whose message ends with this marker."""

    def found(post: Mapping[str, Any]) -> Found:
        text = str(post.get("message", ""))
        match = marker.search(text)
        return Found(match.group(2) if match else "", post["id"], words.digest(text))

    return Edge(graph, f"{page}/feed", "id,message", found)
