"""What is said under a live video or a post: read on from where one was, and hidden.

Belongs here: comments as values. Does not: what becomes of them (connectors/region), or writing any.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from connectors.graph import client, words
from connectors.graph.client import Graph
from connectors.graph.edge import moment
from schemas.errors import Rejected, RetryLater

PAGE: Final = 100  # comments a call, Graph's maximum
_FIELDS: Final = "id,message,from{id,name},created_time,parent{id}"


class Comment(msgspec.Struct, frozen=True):
    """One comment. ``author`` is a name, None when Graph does not tell; ``parent`` the comment that it answers.

    ``from_page``: the Page's own, so an echo of ours and nobody's question.
    """

    id: str
    message: str
    author: str | None
    created_time: dt.datetime
    parent: str | None
    from_page: bool


class Comments:
    """What is said on a Page."""

    def __init__(self, graph: Graph, page: str) -> None:
        self._graph, self._page = graph, page

    def close(self) -> None:
        """Let go of what is held open."""
        self._graph.http.close()

    def comments(self, remote_id: str, after: str | None = None) -> tuple[list[Comment], str | None]:
        """What follows ``after`` under an object, oldest first, with the cursor of its end: at most ``PAGE``, none when all is read.

        Graph forgets cursors, when a comment goes, say; then it begins anew, so a comment may come twice: ids tell.

        Raises:
            RetryLater, Permanent: they cannot be read.
            Rejected: there is no such object any more.

        """
        page = self._graph.ask([self._item(remote_id, after)], _page_unless_forgotten)
        if page is None:
            page = self._graph.ask([self._item(remote_id, None)], client.page_of)
        cursor = (page.get("paging") or {}).get("cursors", {}).get("after")
        return [self._read(told) for told in page["data"]], cursor or after

    def hide(self, comment_id: str, *, hidden: bool) -> None:
        """Hide a comment from everybody but its author, or show it again; the same twice is the same.

        Raises:
            RetryLater, Permanent, Rejected: it was not done.
            Unknown: it may be done; it can be asked for again.

        """
        (answer,) = self._graph.write(
            [words.call("POST", comment_id, is_hidden="true" if hidden else "false")]
        )
        words.done(answer)

    def _item(self, remote_id: str, after: str | None) -> words.Item:
        params = {"filter": "stream", "order": "chronological", "fields": _FIELDS, "limit": str(PAGE)}
        return words.call("GET", f"{remote_id}/comments", **params, **({"after": after} if after else {}))

    def _read(self, told: Any) -> Comment:
        try:
            author = told.get("from") or {}
            parent = told.get("parent") or {}
            return Comment(
                told["id"],
                str(told.get("message", "")),
                author.get("name"),
                moment(told["created_time"]),
                parent.get("id"),
                author.get("id") == self._page,
            )
        except (AttributeError, TypeError, KeyError, ValueError) as error:
            raise RetryLater(f"not a comment: {str(told)[:100]}", after=0.0) from error


def _page_unless_forgotten(answers: list[Any]) -> dict[str, Any] | None:
    """A page of comments; None when its cursor is not known any more."""
    refused = words.error_of(client.body_of(answers[0]))
    if refused and refused.code == 100:
        if refused.error_subcode == words.NO_OBJECT:
            raise Rejected(f"Nothing is there any more that could be commented: {refused}")
        if "cursor" in refused.message.lower():
            return None
    return client.page_of(answers)
