"""Graph API's words: errors, posts, pages of posts.

Belongs here: the shapes, pure. Does not: what is done (graph.py). Sources: Meta's Graph API pages "Handle Errors" and
"Paginated Results", facebook-business 26.0.3 (fields of PagePost).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from sandbox.clock import SECOND
from sandbox.posts import Post

_TYPES = {190: "OAuthException", 102: "OAuthException", 104: "OAuthException", 100: "GraphMethodException"}
_MESSAGES = {
    1: "An unknown error occurred",
    2: "An unexpected error has occurred. Please retry your request later.",
    4: "(#4) Application request limit reached",
    10: "(#10) Application does not have permission for this action",
    17: "(#17) User request limit reached",
    32: "(#32) Page request limit reached",
    190: "Error validating access token: Session has expired",
    200: "(#200) Requires pages_manage_posts permission to manage the object",
    341: "(#341) Feed action request limit reached",
    368: "The action attempted has been deemed abusive or is otherwise disallowed",
    506: "(#506) Duplicate status message",
    613: "(#613) Calls to this api have exceeded the rate limit.",
}
LIMITS = frozenset({4, 17, 32, 341, 613})
_TRANSIENT = frozenset({1, 2}) | LIMITS
_FORBIDDEN = frozenset({10, 200}) | LIMITS
_DERIVED = frozenset({"link", "name", "caption", "type", "source", "object_id"})
_DEFAULT_FIELDS = "created_time,message,id"
_FIELD = re.compile(r"([a-z_]+)(?:\{([^{}]*)\})?")


class GraphError(Exception):
    """An answer that is an error."""

    def __init__(self, code: int, message: str = "", *, subcode: int = 0, status: int = 0) -> None:
        self.code, self.message, self.subcode = (
            code,
            message or _MESSAGES.get(code, "An error occurred"),
            subcode,
        )
        self.status = status or (500 if code in {1, 2} else 403 if code in _FORBIDDEN else 400)
        super().__init__(self.message)

    def body(self, trace: str) -> dict[str, Any]:
        """As Graph writes it."""
        error: dict[str, Any] = {
            "message": self.message,
            "type": _TYPES.get(self.code, "OAuthException"),
            "code": self.code,
            "fbtrace_id": trace,
        }
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.code in _TRANSIENT:
            error["is_transient"] = True
        return {"error": error}


def unknown_object(method: str, node: str) -> GraphError:
    """Error 100, subcode 33."""
    verb = method.lower()
    return GraphError(
        100,
        f"Unsupported {verb} request. Object with ID '{node}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation",
        subcode=33,
    )


def graph_time(moment: int) -> str:
    """2026-11-24T02:17:00+0000."""
    return dt.datetime.fromtimestamp(moment // SECOND, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def described(post: Post, fields: str | None) -> dict[str, Any]:
    """The fields that were asked for; those that have no value are left out, and the id is always there."""
    written: dict[str, Any] = {}
    for match in _FIELD.finditer(fields or _DEFAULT_FIELDS):
        value = _value(post, match[1], match[2])
        if value is not None:
            written[match[1]] = value
    return {**written, "id": post.id}


def _value(post: Post, field: str, inner: str | None) -> Any:
    if field == "attachments":
        return _attachments(post, inner)
    if (told := _TOLD.get(field)) is not None:
        return told(post)
    if field in _EMPTY:
        return None
    if field in _DERIVED:
        deprecated = (
            "deprecate_post_aggregated_fields_for_attachement is deprecated for versions v3.3 and higher"
        )
        raise GraphError(12, f"(#12) {deprecated}")
    raise GraphError(100, f"(#100) Tried accessing nonexisting field ({field}) on node type (PagePost)")


def _attachments(post: Post, inner: str | None) -> dict[str, Any] | None:
    if post.link is None:
        return None
    known = {"type": "share", "url": post.link, "unshimmed_url": post.link, "target": {"url": post.link}}
    wanted = [match[1] for match in _FIELD.finditer(inner or "type,url,target")]
    return {"data": [{name: known[name] for name in wanted if name in known}]}


def page_name(page: str) -> str:
    """What a Page is called."""
    return f"Boostez votre Région {page[-4:].lstrip('0') or '0'}"


_EMPTY = frozenset("full_picture story shares place privacy actions picture targeting".split())  # noqa: SIM905
_TOLD: dict[str, Callable[[Post], Any]] = {
    "id": lambda post: post.id,
    "message": lambda post: post.message or None,
    "created_time": lambda post: graph_time(post.created),
    "updated_time": lambda post: graph_time(post.updated),
    "permalink_url": lambda post: f"https://www.facebook.com/{post.page}/posts/{post.number}",
    "is_published": lambda post: bool(post.published),
    "is_hidden": lambda _post: False,
    "is_expired": lambda _post: False,
    "scheduled_publish_time": lambda post: None if post.scheduled is None else float(post.scheduled),
    "status_type": lambda post: "shared_story" if post.link else "mobile_status_update",
    "from": lambda post: {"id": post.page, "name": page_name(post.page)},
}
