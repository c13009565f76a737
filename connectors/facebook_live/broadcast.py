"""A live video on the air: its beginning, its end, and whether all is ready for it.

Belongs here: calls about one broadcast. Does not: scheduling it (channel.py), its comments (comments.py), or when any of these is
called (flows).

Where its picture is sent to is a secret, key included: Http takes it out of every answer, and what is left tells that there is one.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from connectors.graph import words
from connectors.graph.client import Graph, body_of
from schemas.errors import Permanent, RetryLater

SITE = "https://www.facebook.com"


class Status(msgspec.Struct, frozen=True):
    """``broadcast`` in Graph's words: SCHEDULED_UNPUBLISHED, LIVE, VOD… ``url``: where everybody sees it, then again."""

    broadcast: str
    url: str | None
    has_stream_key: bool


class Readiness(msgspec.Struct, frozen=True):
    """Whether the token may broadcast on the Page; ``why`` not, and what to do."""

    ready: bool
    why: str = ""


class Broadcast:
    """The live videos of a Page."""

    def __init__(self, graph: Graph, page: str) -> None:
        self._graph, self._page = graph, page

    def close(self) -> None:
        """Let go of what is held open."""
        self._graph.http.close()

    def go_live(self, remote_id: str) -> None:
        """Show a scheduled live video to everybody, now.

        Raises:
            RetryLater, Permanent, Rejected: it was not done.
            Unknown: it may be done: ``status`` tells.

        """
        self._write(remote_id, status="LIVE_NOW")

    def end(self, remote_id: str) -> None:
        """End it: what was seen can be seen again. Raises as ``go_live`` does."""
        self._write(remote_id, end_live_video="true")

    def status(self, remote_id: str) -> Status | None:
        """How it stands now; None when there is no such live video any more.

        Raises:
            RetryLater, Permanent: it cannot be told.

        """
        item = words.call("GET", remote_id, fields="id,status,permalink_url,secure_stream_url")
        return self._graph.ask([item], _status)

    def may_broadcast(self) -> Readiness:
        """Whether the token is this Page's and may see its live videos; asks Graph, changes nothing.

        Raises:
            RetryLater: it cannot be told now.

        """
        scheduled = json.dumps(["SCHEDULED_UNPUBLISHED"])
        items = [
            words.call("GET", "me", fields="id"),
            words.call(
                "GET", f"{self._page}/live_videos", broadcast_status=scheduled, fields="id", limit="1"
            ),
        ]
        try:
            owner = self._graph.ask(items, _owner)
        except Permanent as error:
            return Readiness(ready=False, why=str(error))
        if owner != self._page:
            why = f"BOOSTEZ_FACEBOOK_TOKEN is of {owner!r}, not of the Page {self._page}: put the Page's own there."
            return Readiness(ready=False, why=why)
        return Readiness(ready=True)

    def _write(self, remote_id: str, **said: str) -> None:
        (answer,) = self._graph.write([words.call("POST", remote_id, **said)])
        words.done(answer)


def _status(answers: list[Any]) -> Status | None:
    body = _body(answers[0])
    if body is None:
        return None
    path = body.get("permalink_url")
    url = path and (path if path.startswith("http") else f"{SITE}{path}")
    return Status(str(body.get("status", "")), url, bool(body.get("secure_stream_url")))


def _owner(answers: list[Any]) -> str:
    """Whose the token is, once every item has an answer that is no refusal."""
    found = [_body(answer) for answer in answers]
    if None in found:
        raise Permanent("Graph knows no such Page: check BOOSTEZ_FACEBOOK_PAGE_ID.")
    return str(found[0].get("id"))


def _body(answer: Any) -> Any:
    """The body of an item that was read; None when there is no such object."""
    body = body_of(answer)
    if refused := words.error_of(body):
        if (refused.code, refused.error_subcode) == (100, words.NO_OBJECT):
            return None
        words.raise_for(refused, answer.get("code", 0))
        raise RetryLater(str(refused), after=0.0)
    if not isinstance(body, dict):
        raise RetryLater(f"not an object: {str(body)[:100]}", after=0.0)
    return body
