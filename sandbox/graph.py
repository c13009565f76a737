"""Graph API for Pages: batches, limits, posts.

Belongs here: which call does what. Does not: live videos, Instagram and comments (graph_lives.py and its like), shapes and errors
(graph_words.py), rows (posts.py). Any version in the path is accepted, and any number is a Page that the token may write to,
unless ``forbidden_pages`` names it.
"""

from __future__ import annotations

import hmac
import re
from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.clock import HOUR, SECOND, Clock
from sandbox.comments import Discussion
from sandbox.draws import number as drawn
from sandbox.forms import read_form
from sandbox.graph_comments import CommentNodes, Place
from sandbox.graph_instagram import InstagramNodes
from sandbox.graph_lives import LiveNodes
from sandbox.graph_parameters import Parameters, limit_of, number_of, paged, whole
from sandbox.graph_tokens import TokenNodes
from sandbox.graph_words import LIMITS, GraphError, described, page_name, unknown_object
from sandbox.instagram import Grams
from sandbox.keys import Keys
from sandbox.lives import Lives
from sandbox.posts import Post, Posts
from sandbox.state import State

BATCH_MAXIMUM = 50
MESSAGE_MAXIMUM = 63_206
SCHEDULE_SECONDS = (10 * 60, 75 * 86_400)
PUBLISHED_EDGES = frozenset({"feed", "posts", "published_posts"})
OK = 200
OWN_PAGE = "100000000000001"
_VERSION = re.compile(r"v\d+\.\d+")
_PAGE = re.compile(r"\d{1,20}")
_POST = re.compile(r"(\d{1,20})_(\d{1,18})")
_CREDENTIALS = frozenset({"access_token", "appsecret_proof"})
Order = Mapping[str, Any]


class Graph:
    """The endpoints, over posts, live videos and what is said under them.

    Settings: ``require_proof``, ``forbidden_pages``, ``calls_per_hour``, ``listed_posts`` (only the newest so many), ``own_page``
    (whose the token is), ``expires`` of the tokens, ``ineligible`` of the live videos, and Instagram's.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        posts: Posts,
        lives: Lives,
        grams: Grams,
        discussion: Discussion,
        keys: Keys,
    ) -> None:
        self._state, self._clock, self._posts, self._lives, self._keys = state, clock, posts, lives, keys
        self.live_nodes = LiveNodes(lives, posts, clock, self._permit)
        self.instagram_nodes = InstagramNodes(grams, clock, self._permit)
        self.tokens = TokenNodes(keys, lambda: self.own_page)
        self._parts = (
            self.tokens,
            self.instagram_nodes,
            self.live_nodes,
            CommentNodes(discussion, self.placed, self._permit),
        )
        self.start()

    def start(self) -> None:
        """No call was made yet, and every setting has its default."""
        self.require_proof, self.calls_per_hour = True, 10_000_000
        self.forbidden_pages: frozenset[str] = frozenset()
        self.live_nodes.ineligible = frozenset()
        self.instagram_nodes.start()
        self.own_page, self.tokens.expires = OWN_PAGE, 0
        self.listed_posts: int | None = None  # all; Graph lists some hundred of a year
        self._calls: deque[tuple[int, int]] = deque()
        self._recent = 0
        self._page = "0"

    def routes(self) -> list[Route]:
        """One path for all: Graph tells nodes, edges and batches apart by their form."""
        methods = ["GET", "POST", "DELETE"]
        return [
            Route("/graph", self.call, methods=methods),
            Route("/graph/{path:path}", self.call, methods=methods),
        ]

    async def call(self, request: Request) -> Response:
        """Any call."""
        order = request.scope.get("sandbox.order_details", {})
        parameters = await _parameters(request)
        segments = _segments(request.path_params.get("path", ""))
        try:
            self._spend(1)
            self._authorise(parameters, order)
            with self._state.transaction():
                if not segments and request.method == "POST":
                    items = _batch_items(parameters)
                    request.scope["sandbox.reads"] = all(item.get("method", "GET") == "GET" for item in items)
                    return self._answer(OK, self._batch(items, parameters, order))
                root = str(request.url).partition("?")[0]
                return self._answer(OK, self._execute(request.method, segments, parameters, root))
        except GraphError as error:
            limited = error.code in LIMITS
            return self._answer(error.status, error.body(self._trace()), limited=limited)

    def _answer(self, status: int, answer: Any, *, limited: bool = False) -> Response:
        used = 100 if limited else min(100, 100 * self._recent // max(self.calls_per_hour, 1))
        usage = {"call_count": used, "total_cputime": used // 2, "total_time": used // 2}
        business = {"type": "pages", **usage, "estimated_time_to_regain_access": 5 if used == 100 else 0}
        headers = {
            "x-app-usage": msgspec.json.encode(usage).decode(),
            "x-business-use-case-usage": msgspec.json.encode({self._page: [business]}).decode(),
            "facebook-api-version": "v26.0",
            "x-fb-trace-id": self._trace(),
        }
        return Response(msgspec.json.encode(answer), status, headers, "text/javascript; charset=UTF-8")

    def _trace(self) -> str:
        return f"A{drawn('trace', self._clock.now()):x}"

    def _spend(self, calls: int) -> None:
        now = self._clock.now()
        while self._calls and self._calls[0][0] <= now - HOUR:
            self._recent -= self._calls.popleft()[1]
        if self._recent + calls > self.calls_per_hour:
            raise GraphError(32)
        self._calls.append((now, calls))
        self._recent += calls

    def _authorise(self, parameters: Parameters, order: Order) -> None:
        if order.get("fault") == "expire_token":
            raise GraphError(190, subcode=463)
        if order.get("fault") == "rate_limited":
            raise GraphError(int(order.get("code") or 4))
        token, proof = parameters.get("access_token"), parameters.get("appsecret_proof")
        if token is None:
            raise GraphError(104, "An access token is required to request this resource.")
        if token != self._keys.page_token:
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
        if proof is None and self.require_proof:
            raise GraphError(100, "API calls from the server require an appsecret_proof argument")
        if proof is not None and not hmac.compare_digest(proof.encode(), self._keys.proof.encode()):
            raise GraphError(100, "Invalid appsecret_proof provided in the API argument")

    def _batch(self, items: list[dict[str, Any]], parameters: Parameters, order: Order) -> list[Any]:
        self._spend(len(items) - 1)
        with_headers = parameters.get("include_headers", "true").lower() not in {"false", "0"}
        target = order.get("item", 0) if order else None
        return [
            self._item(item, parameters, with_headers=with_headers, order=order if rank == target else {})
            for rank, item in enumerate(items)
        ]

    def _item(
        self, item: dict[str, Any], outer: Parameters, *, with_headers: bool, order: Order
    ) -> dict[str, Any] | None:
        fault = order.get("fault")
        if fault == "null_item":
            return None
        status = OK
        try:
            answer = self._execute_item(item, outer, order)
        except GraphError as error:
            status, answer = error.status, error.body(self._trace())
        if fault == "null_item_after":
            return None
        written: dict[str, Any] = {"code": status, "body": msgspec.json.encode(answer).decode()}
        if with_headers:
            written["headers"] = [{"name": "Content-Type", "value": "text/javascript; charset=UTF-8"}]
        return written

    def _execute_item(self, item: dict[str, Any], outer: Parameters, order: Order) -> Any:
        if order.get("fault") == "item_error":
            raise GraphError(int(order.get("code") or 1), subcode=int(order.get("subcode") or 0))
        method, url = str(item.get("method", "GET")).upper(), urlsplit(str(item.get("relative_url", "")))
        own = read_form(url.query)
        own |= read_form(str(item.get("body") or ""))
        if order.get("fault") == "expire_cursor" and "after" in own:
            raise GraphError(100, "(#100) Invalid cursors values")
        if not own.keys().isdisjoint(_CREDENTIALS):
            self._authorise({**_only(outer, _CREDENTIALS), **own}, {})
        return self._execute(method, _segments(url.path), own, "")

    def _execute(self, method: str, segments: list[str], parameters: Parameters, root: str) -> Any:
        if segments and _PAGE.match(segments[0]):
            self._page = segments[0].partition("_")[0]
        if segments and segments[0] == "me":
            segments = [self.own_page, *segments[1:]]
        for part in self._parts:
            if (answer := part.answer(method, segments, parameters, root)) is not None:
                return answer
        match segments:
            case [node] if found := _POST.fullmatch(node):
                return self._post(method, self._existing(method, node, found), parameters)
            case [node] if _PAGE.fullmatch(node) and method == "GET":
                return (
                    {"name": page_name(node), "id": node}
                    if "name" in parameters.get("fields", "name")
                    else {"id": node}
                )
            case [node, "feed"] if _PAGE.fullmatch(node) and method == "POST":
                return self._create(node, parameters)
            case [node, edge] if _PAGE.fullmatch(node) and method == "GET":
                return self._list(node, edge, parameters, root)
        if not segments:
            raise GraphError(
                100, "Unsupported get request. Please read the Graph API documentation", subcode=33
            )
        raise unknown_object(method, segments[0])

    def placed(self, node: str) -> Place | None:
        """The object of that id, under which comments may be, with its Page."""
        if live := self._lives.get(node):
            return live.id, live.page
        if (found := _POST.fullmatch(node)) and self._posts.get(found[1], int(found[2])):
            return node, found[1]
        return None

    def _existing(self, method: str, node: str, found: re.Match[str]) -> Post:
        post = self._posts.get(found[1], int(found[2]))
        if post is None:
            raise unknown_object(method, node)
        return post

    def _post(self, method: str, post: Post, parameters: Parameters) -> Any:
        if method == "GET":
            return described(post, parameters.get("fields"))
        self._permit(post.page)
        if method == "DELETE":
            self._posts.delete(post)
            return {"success": True}
        if (message := parameters.get("message")) is not None:
            self._posts.update(post, _message(message))
        if parameters.get("is_published") == "true" and not post.published:
            self._posts.publish(post)
        return {"success": True}

    def _create(self, page: str, parameters: Parameters) -> Any:
        self._permit(page)
        message, link = _message(parameters.get("message", "")), parameters.get("link") or None
        if not message and not link and "attached_media" not in parameters:
            raise GraphError(100, "(#100) The post is empty. Please enter a message to share.")
        if link is not None and not _is_web(link):
            raise GraphError(100, f"(#100) link URL is not properly formatted: {link[:100]}")
        newest = self._posts.newest(page)
        if message and newest is not None and newest.message == message:
            raise GraphError(506)
        scheduled = self._scheduled(parameters)
        published = parameters.get("published", "true").lower() not in {"false", "0"}
        return {"id": self._posts.create(page, message, link, published=published, scheduled=scheduled).id}

    def _scheduled(self, parameters: Parameters) -> int | None:
        text = parameters.get("scheduled_publish_time")
        if text is None:
            return None
        earliest, latest = (self._clock.now() // SECOND + bound for bound in SCHEDULE_SECONDS)
        if (
            not text.isdigit()
            or not earliest <= int(text) <= latest
            or parameters.get("published") != "false"
        ):
            raise GraphError(100, "(#100) The specified scheduled publish time is invalid.")
        return int(text)

    def _permit(self, page: str) -> None:
        if page in self.forbidden_pages:
            raise GraphError(200)

    def _list(self, page: str, edge: str, parameters: Parameters, root: str) -> Any:
        if edge not in PUBLISHED_EDGES | {"scheduled_posts"}:
            raise GraphError(100, f"(#100) Tried accessing nonexisting field ({edge}) on node type (Page)")
        limit, fields = limit_of(parameters), parameters.get("fields")
        between = (whole(parameters, "since", 0) * SECOND, whole(parameters, "until", 2**40) * SECOND)
        below = number_of(parameters["after"]) if parameters.get("after") else 2**62
        published = int(edge in PUBLISHED_EDGES)
        first = self._posts.oldest_of(self.listed_posts, page, published) if self.listed_posts else 0
        found = self._posts.listed(page, range(first, below), published, between, limit + 1)
        return paged(
            found, limit, lambda post: described(post, fields), parameters, root or f"/{page}/{edge}"
        )


async def _parameters(request: Request) -> Parameters:
    parameters = dict(request.query_params)
    if request.method == "POST":
        body = await request.body()
        if request.headers.get("content-type", "").startswith("application/json"):
            parameters |= _from_json(body)
        else:
            parameters |= read_form(body)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in {"bearer", "oauth"}:
        parameters.setdefault("access_token", token.strip())
    return parameters


def _batch_items(parameters: Parameters) -> list[dict[str, Any]]:
    try:
        items = msgspec.json.decode(parameters.get("batch", ""), type=list[dict[str, Any]])
    except msgspec.DecodeError as error:
        raise GraphError(100, f"(#100) batch parameter must be a JSON array: {error}") from error
    if not 1 <= len(items) <= BATCH_MAXIMUM:
        raise GraphError(100, f"Too many requests in batch message. Maximum batch size is {BATCH_MAXIMUM}")
    return items


def _from_json(body: bytes) -> Parameters:
    try:
        values = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
    return {k: v if isinstance(v, str) else msgspec.json.encode(v).decode() for k, v in values.items()}


def _only(parameters: Parameters, names: frozenset[str]) -> Parameters:
    return {name: value for name, value in parameters.items() if name in names}


def _segments(path: str) -> list[str]:
    segments = [segment for segment in path.split("/") if segment]
    return segments[1:] if segments and _VERSION.fullmatch(segments[0]) else segments


def _message(text: str) -> str:
    if len(text) > MESSAGE_MAXIMUM:
        raise GraphError(100, f"(#100) The message is too long: at most {MESSAGE_MAXIMUM} characters")
    return text


def _is_web(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
