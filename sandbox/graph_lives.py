"""Graph API for live videos: scheduled, on the air, seen again.

Belongs here: which call does what, and the shapes. Does not: rows (lives.py). Sources: Meta's Live Video API, "Schedule Live Videos"
and "Broadcast to Facebook Pages", facebook-business 26.0.3 (LiveVideo). ``event_params`` may come in both of Meta's forms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from sandbox.clock import DAY, SECOND, Clock
from sandbox.graph_parameters import Parameters, chosen, is_true, limit_of, number_of, paged
from sandbox.graph_words import GraphError, graph_time, unknown_object
from sandbox.lives import CANCELLED, EXPIRED, SCHEDULED, Live, Lives, is_id
from sandbox.posts import Posts

HORIZON = 7 * DAY
STATUSES = frozenset(
    {"LIVE", "LIVE_STOPPED", "PROCESSING", "UNPUBLISHED", "VOD"}
    | {"SCHEDULED_CANCELED", "SCHEDULED_EXPIRED", "SCHEDULED_LIVE", "SCHEDULED_UNPUBLISHED"}
)
ON_AIR, SEEN_AGAIN, UNPUBLISHED = "LIVE", "VOD", "UNPUBLISHED"
NOT_YET = frozenset({SCHEDULED, EXPIRED, UNPUBLISHED})
NOT_ELIGIBLE = 1363120
_FIELDS = "status,title,description,permalink_url,stream_url,secure_stream_url,id"


class LiveNodes:
    """The calls. ``ineligible`` Pages may not broadcast."""

    def __init__(self, lives: Lives, posts: Posts, clock: Clock, permit: Callable[[str], None]) -> None:
        self._lives, self._posts, self._clock, self._permit = lives, posts, clock, permit
        self.ineligible: frozenset[str] = frozenset()

    def answer(self, method: str, segments: list[str], parameters: Parameters, root: str) -> Any:
        """What Graph answers; None when this is no call of live videos."""
        match segments:
            case [node] if live := self._lives.get(node):
                return self._live(method, live, parameters)
            case [node, *_] if is_id(node) and not self._lives.get(node):
                raise unknown_object(method, node)
            case [page, "live_videos"] if page.isdigit() and method == "POST":
                return self._create(page, parameters)
            case [page, "live_videos"] if page.isdigit() and method == "GET":
                return self._list(page, parameters, root or f"/{page}/live_videos")
        return None

    def _live(self, method: str, live: Live, parameters: Parameters) -> Any:
        if method == "GET":
            return _described(live, parameters.get("fields"))
        self._permit(live.page)
        if method == "DELETE":
            self._lives.delete(live)
            self._unpost(live)
            return {"success": True}
        changed = live._replace(
            title=parameters.get("title", live.title),
            description=parameters.get("description", live.description),
        )
        if (told := parameters.get("event_params")) is not None:
            if live.status not in {SCHEDULED, EXPIRED}:
                raise GraphError(100, "(#100) Only a scheduled live video can be rescheduled")
            changed = changed._replace(starts=self._start(told), status=SCHEDULED)
        if (status := parameters.get("status")) is not None:
            changed = self._turned(changed, status)
        if is_true(parameters.get("end_live_video")):
            if live.status != ON_AIR:
                raise GraphError(100, "(#100) Only a live video that is live can be ended")
            changed = changed._replace(status=SEEN_AGAIN)
        self._lives.change(changed)
        return {"id": live.id}

    def _turned(self, live: Live, status: str) -> Live:
        if status == "LIVE_NOW" and live.status in NOT_YET | {ON_AIR}:
            self._check_eligible(live.page)
            return self._posted(live._replace(status=ON_AIR))
        if status == CANCELLED and live.status in {SCHEDULED, EXPIRED}:
            return live._replace(status=CANCELLED)
        raise GraphError(100, f"(#100) A live video that is {live.status} cannot become {status[:40]}")

    def _posted(self, live: Live) -> Live:
        """A broadcast is a post in the Page's feed, too, whose message is its description."""
        if live.post is not None:
            return live
        link = f"https://www.facebook.com/{live.page}/videos/{live.id}/"
        post = self._posts.create(live.page, live.description, link, published=True, scheduled=None)
        return live._replace(post=post.number)

    def _unpost(self, live: Live) -> None:
        if live.post is not None and (post := self._posts.get(live.page, live.post)):
            self._posts.delete(post)

    def _create(self, page: str, parameters: Parameters) -> Any:
        self._permit(page)
        self._check_eligible(page)
        status = parameters.get("status", UNPUBLISHED)
        if status not in {SCHEDULED, UNPUBLISHED, "LIVE_NOW"}:
            raise GraphError(100, f"(#100) Param status cannot be {status[:40]}")
        starts = self._start(parameters.get("event_params", "")) if status == SCHEDULED else None
        said = parameters.get("title", ""), parameters.get("description", "")
        live = self._lives.create(page, *said, SCHEDULED if status == SCHEDULED else UNPUBLISHED, starts)
        if status == "LIVE_NOW":
            self._lives.change(self._turned(live, status))
        return _described(live, "id,stream_url,secure_stream_url")

    def _check_eligible(self, page: str) -> None:
        if page in self.ineligible:
            raise GraphError(
                200, "(#200) The Page does not meet the requirements to go live.", subcode=NOT_ELIGIBLE
            )

    def _start(self, told: str) -> int:
        """Seconds since 1970, alone or as the ``start_time`` of an object."""
        starts = _start_time(told)
        if not starts.isdigit() or len(starts) > 12:
            raise GraphError(100, f"(#100) Param event_params has no readable start time: {told[:40]}")
        if not self._clock.now() < int(starts) * SECOND <= self._clock.now() + HORIZON:
            raise GraphError(
                100, "(#100) The scheduled start time must be in the future, seven days ahead at most."
            )
        return int(starts)

    def _list(self, page: str, parameters: Parameters, address: str) -> Any:
        wanted = _statuses(parameters.get("broadcast_status"))
        below = number_of(parameters["after"]) if parameters.get("after") else 2**62
        found = [
            live for live in self._lives.of(page) if live.status in wanted and live.number < below
        ]  # newest first
        limit = limit_of(parameters)
        fields = parameters.get("fields")
        return paged(found[: limit + 1], limit, lambda live: _described(live, fields), parameters, address)


def _start_time(told: str) -> str:
    if not told.startswith("{"):
        return told
    try:
        return str(msgspec.json.decode(told, type=dict[str, Any]).get("start_time", ""))
    except msgspec.DecodeError:
        return ""


def _statuses(told: str | None) -> frozenset[str]:
    if told is None:
        return STATUSES
    try:
        wanted = frozenset(msgspec.json.decode(told, type=list[str]))
    except msgspec.DecodeError as error:
        raise GraphError(100, "(#100) Param broadcast_status must be an array.") from error
    if not wanted <= STATUSES:
        raise GraphError(100, f"(#100) Param broadcast_status must be one of {', '.join(sorted(STATUSES))}")
    return wanted


def _described(live: Live, fields: str | None) -> dict[str, Any]:
    return {**chosen(fields, _FIELDS, lambda field, _inner: _value(live, field)), "id": live.id}


def _value(live: Live, field: str) -> Any:
    if field in _EMPTY:
        return None
    if (told := _TOLD.get(field)) is None:
        raise GraphError(100, f"(#100) Tried accessing nonexisting field ({field}) on node type (LiveVideo)")
    return told(live)


def _stream(live: Live, scheme: str, port: int) -> str | None:
    open_to_it = live.status in NOT_YET | {ON_AIR}
    return f"{scheme}://live-api-s.facebook.com:{port}/rtmp/{live.key}" if open_to_it else None


_EMPTY = frozenset(
    ["dash_ingest_url", "dash_preview_url", "embed_html", "ingest_streams", "live_views", "seconds_left"]
)
_TOLD: dict[str, Callable[[Live], Any]] = {
    "id": lambda live: live.id,
    "title": lambda live: live.title or None,
    "description": lambda live: live.description or None,
    "status": lambda live: live.status,
    "creation_time": lambda live: graph_time(live.created),
    "planned_start_time": lambda live: None if live.starts is None else graph_time(live.starts * SECOND),
    "permalink_url": lambda live: f"/{live.page}/videos/{live.id}/",
    "stream_url": lambda live: _stream(live, "rtmp", 80),
    "secure_stream_url": lambda live: _stream(live, "rtmps", 443),
    "video": lambda live: {"id": str(int(live.id) + 1)},
    "from": lambda live: {"id": live.page},
}
