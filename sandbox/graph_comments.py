"""Graph API for comments: read by cursor, answered, hidden.

Belongs here: which call does what, and the shapes. Does not: rows (comments.py). Source: facebook-business 26.0.3 (Comment).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.clock import SECOND
from sandbox.comments import FIRST, Discussion, Said
from sandbox.graph_parameters import Parameters, chosen, is_true, limit_of, number_of, paged, whole
from sandbox.graph_words import GraphError, graph_time, page_name

_FIELDS = "created_time,from,message,id"
Place = tuple[str, str]  # an object and its Page


class CommentNodes:
    """The calls, under whatever ``placed`` knows."""

    def __init__(
        self,
        discussion: Discussion,
        placed: Callable[[str], Place | None],
        permit: Callable[[str], None],
    ) -> None:
        self._discussion, self._placed, self._permit = discussion, placed, permit

    def answer(self, method: str, segments: list[str], parameters: Parameters, root: str) -> Any:
        """What Graph answers; None when this is no call of comments."""
        match segments:
            case [node] if said := self._discussion.get(node):
                return self._comment(method, said, parameters)
            case [node, "comments"] if said := self._discussion.get(node):
                return self._edge(method, (said.object, said.page), said, parameters, root)
            case [node, "comments"] if place := self._placed(node):
                return self._edge(method, place, None, parameters, root)
        return None

    def _comment(self, method: str, said: Said, parameters: Parameters) -> Any:
        if method == "GET":
            return _described(said, parameters.get("fields"))
        self._permit(said.page)
        if method == "DELETE":
            self._discussion.delete(said)
            return {"success": True}
        if "message" in parameters and said.author != said.page:
            raise GraphError(200, "(#200) Only its author may change a comment")
        hidden = parameters.get("is_hidden")
        self._discussion.change(
            said._replace(
                message=parameters.get("message", said.message),
                hidden=said.hidden if hidden is None else int(is_true(hidden)),
            )
        )
        return {"success": True}

    def _edge(self, method: str, place: Place, parent: Said | None, parameters: Parameters, root: str) -> Any:
        if method == "GET":
            return self._list(place, parent, parameters, root or f"/{place[0]}/comments")
        self._permit(place[1])
        if not (message := parameters.get("message")):
            raise GraphError(100, "(#100) A comment needs a message")
        answered = self._discussion.get(parameters.get("parent_comment_id", "")) or parent
        page = place[1]
        return {
            "id": self._discussion.add(
                place, message, (page, page_name(page)), answered and answered.number
            ).id
        }

    def _list(self, place: Place, parent: Said | None, parameters: Parameters, address: str) -> Any:
        """Toplevel ones, or a ``stream`` of all; oldest first unless the order is reversed."""
        every = parameters.get("filter", "toplevel") == "stream" and parent is None
        above = parent.number if parent else None
        since = whole(parameters, "since", 0) * SECOND
        found = [
            said
            for said in self._discussion.under(place[0])
            if (every or said.parent == above) and said.created >= since
        ]
        limit, fields = limit_of(parameters), parameters.get("fields")
        if parameters.get("order") == "reverse_chronological":
            found.reverse()
        return paged(
            _from(found, parameters)[: limit + 1],
            limit,
            lambda said: _described(said, fields),
            parameters,
            address,
        )


def _from(found: list[Said], parameters: Parameters) -> list[Said]:
    """What follows the cursor, nearest first."""
    if told := parameters.get("after"):
        return found[_place_of(found, told) + 1 :]
    if told := parameters.get("before"):
        return found[: _place_of(found, told)][::-1]
    return found


def _place_of(found: list[Said], cursor: str) -> int:
    number = number_of(cursor)
    for place, said in enumerate(found):
        if said.number == number:
            return place
    raise GraphError(100, "(#100) Invalid cursors values")


def _described(said: Said, fields: str | None) -> dict[str, Any]:
    return {**chosen(fields, _FIELDS, lambda field, _inner: _value(said, field)), "id": said.id}


def _value(said: Said, field: str) -> Any:
    if (told := _TOLD.get(field)) is None:
        raise GraphError(100, f"(#100) Tried accessing nonexisting field ({field}) on node type (Comment)")
    return told(said)


_TOLD: dict[str, Callable[[Said], Any]] = {
    "id": lambda said: said.id,
    "message": lambda said: said.message,
    "from": lambda said: {"id": said.author, "name": said.name} if said.name else None,
    "created_time": lambda said: graph_time(said.created),
    "is_hidden": lambda said: bool(said.hidden),
    "can_hide": lambda said: said.author != said.page,
    "can_remove": lambda _said: True,
    "comment_count": lambda _said: 0,
    "like_count": lambda _said: 0,
    "parent": lambda said: (
        {"id": f"{said.object.rpartition('_')[2]}_{FIRST + said.parent}"} if said.parent else None
    ),
    "permalink_url": lambda said: f"https://www.facebook.com/{said.page}?comment_id={FIRST + said.number}",
}
