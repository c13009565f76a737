"""Graph API for Instagram: containers, publishing, quota, media, stories.

Belongs here: which call does what, and the shapes. Does not: rows (instagram.py). Sources: Meta's Instagram Platform, "Content
Publishing" and "Error Codes", facebook-business 26.0.3 (IGUser, IGMedia).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from sandbox.clock import DAY, SECOND, Clock
from sandbox.graph_parameters import Parameters, chosen, limit_of, number_of, paged
from sandbox.graph_words import GraphError, graph_time, unknown_object
from sandbox.instagram import Gram, Grams, is_id

TYPES = frozenset({"IMAGE", "VIDEO", "REELS", "STORIES", "CAROUSEL"})
CAPTION_MAXIMUM, QUOTA = 2_200, 100
_FIELDS = "id"


class InstagramNodes:
    """The calls. ``quota`` posts a day; a container needs ``processing`` seconds; a file at an address with ``broken`` fits nothing."""

    def __init__(self, grams: Grams, clock: Clock, permit: Callable[[str], None]) -> None:
        self._grams, self._clock, self._permit = grams, clock, permit
        self.start()

    def start(self) -> None:
        """Every setting has its default."""
        self.quota, self.processing, self.broken = QUOTA, 0, ""

    def set(self, quota: int | None, processing: int | None, broken: str | None) -> None:
        """Set what is given."""
        self.quota = self.quota if quota is None else quota
        self.processing = self.processing if processing is None else processing
        self.broken = self.broken if broken is None else broken

    def answer(self, method: str, segments: list[str], parameters: Parameters, root: str) -> Any:
        """What Graph answers; None when this is no call of Instagram's."""
        match method, segments:
            case "POST", [user, "media"]:
                return self._contain(user, parameters)
            case "POST", [user, "media_publish"]:
                return self._publish(user, parameters)
            case "GET", [_, "content_publishing_limit"]:
                return self._limit(segments[0])
            case "GET", [user, ("media" | "stories") as edge]:
                return self._list(user, edge, parameters, root or f"/{user}/{edge}")
            case "GET", [node] if container := self._grams.container(node):
                return {**chosen(parameters.get("fields"), _FIELDS, self._status(container)), "id": node}
            case _, [node] if medium := self._grams.medium(node):
                return self._medium(method, medium, parameters)
            case _, [node] if is_id(node):
                raise unknown_object(method, node)
        return None

    def _contain(self, user: str, parameters: Parameters) -> Any:
        self._permit(user)
        kind = parameters.get("media_type", "IMAGE")
        address = parameters.get("image_url") or parameters.get("video_url") or ""
        if kind not in TYPES:
            raise GraphError(100, f"(#100) Param media_type must be one of {', '.join(sorted(TYPES))}")
        if urlsplit(address).scheme not in {"http", "https"}:
            raise GraphError(9004, "The media could not be fetched from this URI", subcode=2207052)
        if len(parameters.get("caption", "")) > CAPTION_MAXIMUM:
            raise GraphError(36004, "The caption was too long.", subcode=2207010)
        said = parameters.get("caption", ""), parameters.get("alt_text", "")
        return {"id": self._grams.contain(user, kind, address, *said).container}

    def _publish(self, user: str, parameters: Parameters) -> Any:
        self._permit(user)
        container = self._grams.container(parameters.get("creation_id", ""))
        if container is None or container.user != user or container.published:
            raise GraphError(24, "The requested resource does not exist", subcode=2207006)
        if self._code(container) != "FINISHED":
            raise GraphError(9007, "Media ID is not available", subcode=2207027)
        if self._used(user) >= self.quota:
            raise GraphError(9, "Application request limit reached", subcode=2207042)
        self._grams.publish(container)
        return {"id": container.id}

    def _used(self, user: str) -> int:
        return self._grams.published_since(user, self._clock.now() - DAY)

    def _limit(self, user: str) -> Any:
        config = {"quota_total": self.quota, "quota_duration": DAY // SECOND}
        return {"data": [{"config": config, "quota_usage": self._used(user)}]}

    def _code(self, container: Gram) -> str:
        age = self._clock.now() - container.made
        if container.published:
            return "PUBLISHED"
        if age > DAY:
            return "EXPIRED"
        if self.broken and self.broken in container.url:
            return "ERROR"
        return "IN_PROGRESS" if age < self.processing * SECOND else "FINISHED"

    def _status(self, container: Gram) -> Callable[[str, str | None], Any]:
        code = self._code(container)
        words = {"status_code": code, "status": "Error: 2207052" if code == "ERROR" else code}
        return lambda field, _inner: words.get(field)

    def _list(self, user: str, edge: str, parameters: Parameters, address: str) -> Any:
        below = number_of(parameters["after"]) if parameters.get("after") else 2**62
        found = [each for each in self._grams.there(user, stories=edge == "stories") if each.number < below]
        limit, fields = limit_of(parameters), parameters.get("fields")
        return paged(found[: limit + 1], limit, lambda each: _described(each, fields), parameters, address)

    def _medium(self, method: str, medium: Gram, parameters: Parameters) -> Any:
        match method:
            case "GET":
                return _described(medium, parameters.get("fields"))
            case "DELETE":
                self._permit(medium.user)
                self._grams.delete(medium)
                return {"success": True}
            case _:
                raise unknown_object(method, medium.id)


def _described(medium: Gram, fields: str | None) -> dict[str, Any]:
    return {**chosen(fields, _FIELDS, lambda field, _inner: _value(medium, field)), "id": medium.id}


def _value(medium: Gram, field: str) -> Any:
    if (told := _TOLD.get(field)) is None:
        raise GraphError(100, f"(#100) Tried accessing nonexisting field ({field})")
    return told(medium)


_TOLD: dict[str, Callable[[Gram], Any]] = {
    "id": lambda medium: medium.id,
    "caption": lambda medium: None if medium.type == "STORIES" else medium.caption or None,
    "alt_text": lambda medium: medium.alt or None,
    "media_type": lambda medium: "VIDEO" if medium.url.endswith(".mp4") else "IMAGE",
    "media_product_type": lambda medium: "STORY" if medium.type == "STORIES" else "FEED",
    "timestamp": lambda medium: graph_time(medium.published or 0),
    "permalink": lambda medium: f"https://www.instagram.com/p/{medium.number}/",
}
