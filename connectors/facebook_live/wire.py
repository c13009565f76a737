"""A dialogue as a live video, pure.

Belongs here: its words, its requests, what an answer says of them, how one of ours is known. Does not: going on the air
(broadcast.py) or comments (comments.py).

Sources: developers.facebook.com, Live Video API, "Broadcast to Facebook Pages" and "Schedule Live Videos"; the LiveVideo node and
/{page-id}/live_videos of v26.0. Their two accounts of ``event_params`` contradict each other, so its form is a setting.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from connectors.graph import dialogues, edge, words
from connectors.graph.client import Graph
from connectors.graph.edge import Edge
from core.days import PARIS
from core.effects import Found, Intent, Receipt
from core.wording import moment
from schemas.dialogue import Announcement, decode

EventParams = Literal["scalar", "object"]
# The post that Facebook makes of a broadcast has its description as message: this sentence keeps it from being taken for
# the post that announces the dialogue.
MARKER: Final = words.marker(dialogues.PATH, "sans compte Facebook")
TEMPLATE: Final = Path(__file__).with_name("live.txt")
FIELDS: Final = "id,title,description,status,planned_start_time"
CANCELLED: Final = "SCHEDULED_CANCELED"
LISTED: Final = (
    "SCHEDULED_UNPUBLISHED",
    "SCHEDULED_LIVE",
    "SCHEDULED_EXPIRED",
    "UNPUBLISHED",
    "LIVE",
    "LIVE_STOPPED",
    "PROCESSING",
    "VOD",
)
HORIZON: Final = dt.timedelta(days=7)  # Graph schedules no further ahead
DOUBT: Final = dt.timedelta(hours=1)  # between our clock and Graph's, and what it may count otherwise


def description(told: Announcement, link: str) -> str:
    """The live video's text; its link carries the marker."""
    return dialogues.text(TEMPLATE, told, link)


def request(intent: Intent, page: str, link: str, form: EventParams) -> words.Item:
    """One item of a batch. A broadcast that has begun keeps its time; one that no time can be given to yet goes until then."""
    if intent.content is None or _waits(intent):
        return words.call("DELETE", str(intent.remote_id))
    told = decode(intent.content)
    said = {"title": dialogues.title(told), "description": description(told, link)}
    if intent.operation == "create":
        said |= {"status": "SCHEDULED_UNPUBLISHED"}
    if intent.operation == "create" or intent.at < told.starts:
        said |= {"event_params": event_params(told.starts, form)}
    path = f"{page}/live_videos" if intent.operation == "create" else str(intent.remote_id)
    return words.call("POST", path, **said)


def _waits(intent: Intent) -> bool:
    """Whether what is scheduled would show a time that is no more, since Graph takes none so far ahead."""
    if intent.operation != "update" or intent.content is None:
        return False
    return decode(intent.content).starts - intent.at > HORIZON


def event_params(starts: dt.datetime, form: EventParams) -> str:
    """When it begins: seconds since 1970, alone or in an object."""
    seconds = int(starts.timestamp())
    return str(seconds) if form == "scalar" else json.dumps({"start_time": seconds})


def receipt(intent: Intent, answer: Any) -> Receipt:
    """What an item's answer says. What is too far ahead to be scheduled is put off until it is not."""
    told = words.receipt(intent, answer)
    if told.outcome == "done" and _waits(intent):
        return Receipt(intent.effect, "missing")
    if told.outcome != "rejected" or intent.content is None:
        return told
    early = decode(intent.content).starts - intent.at - HORIZON
    if early <= -DOUBT:
        return told
    after = max(early, DOUBT).total_seconds()
    return Receipt(
        intent.effect, "retry", after=after, error=f"too far ahead, it seems: {told.error}", cause="limit"
    )


def digest(told: Announcement, link: str) -> str:
    """What tells a live video that says this from any other."""
    return words.digest(dialogues.title(told), description(told, link))


def videos(graph: Graph, page: str) -> Edge:
    """The Page's live videos, but for those that are cancelled."""
    only = {"broadcast_status": json.dumps(LISTED)}
    return Edge(graph, f"{page}/live_videos", FIELDS, _found, made=None, only=only)


def _found(video: Mapping[str, Any]) -> Found | None:
    if video.get("status") == CANCELLED:
        return None
    title, text = str(video.get("title", "")), str(video.get("description", ""))
    match = MARKER.search(text)
    moved = ["moved"] if _is_moved(video, text) else []
    return Found(match.group(2) if match else "", video["id"], words.digest(title, text, *moved))


def _is_moved(video: Mapping[str, Any], text: str) -> bool:
    """Whether it is scheduled for another time than it says, as far as can be told: of Paris's clocks, to the minute."""
    planned = video.get("planned_start_time")
    if not str(video.get("status", "")).startswith("SCHEDULED") or not isinstance(planned, str):
        return False
    try:
        wall = edge.moment(planned).astimezone(PARIS)
    except ValueError:
        return False
    return moment(wall) not in text and "(fuseau horaire " not in text
