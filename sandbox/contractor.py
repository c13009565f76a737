"""The contractor's exchange API 1.0, served (agreement: contractor.openapi.yaml).

Belongs here: tokens, pages, cursors, conditional requests, statuses. Does not: which offers there are (board.py), what
becomes of what the Region sends (exchange.py).
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.board import KINDS, Board, Entry
from sandbox.clock import MINUTE, SECOND, Clock, day, milliseconds
from sandbox.draws import number as drawn
from sandbox.encodings import encoded
from sandbox.exchange import Exchange, KeyReused
from sandbox.forms import read_form
from sandbox.generator import Kind
from sandbox.keys import Keys

CURSOR_LIFE = 15 * MINUTE
LIMIT_DEFAULT, LIMIT_MAXIMUM = 500, 1000
BATCH_MAXIMUM = 200
KEY_MAXIMUM = 64


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a walk stands: after the entry at (updated, key). ``since`` is None in a snapshot."""

    made: int
    walk: Literal["offers", "stats"]
    kind: Kind | None
    since: int | None
    updated: int
    key: str


class Contractor:
    """The endpoints, over a board. ``token_seconds`` is what a new token lives."""

    def __init__(self, clock: Clock, board: Board, exchange: Exchange, keys: Keys) -> None:
        self._clock, self._board, self._exchange, self._keys = clock, board, exchange, keys
        self.start()

    def start(self) -> None:
        """No token is out, and every setting has its default."""
        self.token_seconds = 900
        self._tokens: dict[str, int] = {}

    @property
    def tokens(self) -> list[str]:
        """The bearer tokens that are out."""
        return list(self._tokens)

    def routes(self) -> list[Route]:
        """Every path of the agreement."""
        return [
            Route("/oauth/token", self.token, methods=["POST"]),
            Route("/v1/offers", self.offers, methods=["GET"]),
            Route("/v1/offers:batch", self.batch, methods=["POST"]),
            Route("/v1/offers/{ref}", self.offer, methods=["GET"]),
            Route("/v1/stats", self.stats, methods=["GET"]),
        ]

    async def token(self, request: Request) -> Response:
        """A bearer token for the one client that is known."""
        form = read_form(await request.body())
        if (form.get("client_id"), form.get("client_secret")) != (
            self._keys.client_id,
            self._keys.client_secret,
        ):
            return problem(401, "Unknown client", error="invalid_client")
        if form.get("grant_type") != "client_credentials":
            return problem(400, "Only client_credentials is granted", error="unsupported_grant_type")
        token = secrets.token_urlsafe(24)
        self._tokens[token] = self._clock.now() + self.token_seconds * SECOND
        return _json({"access_token": token, "token_type": "Bearer", "expires_in": self.token_seconds})

    async def offers(self, request: Request) -> Response:
        """One page of a snapshot, or of the changes since an instant."""
        if refused := self._refused(request):
            return refused
        cursor, limit = self._where(request, "offers"), _limit(request)
        snapshot_id = self._board.snapshot_id(cursor.kind)
        headers = {}
        if cursor.since is None and "cursor" not in request.query_params:
            headers["etag"] = f'"{snapshot_id}.{cursor.kind or "all"}"'
            if _matches(request.headers.get("if-none-match", ""), headers["etag"]):
                return Response(status_code=304, headers=headers)
        entries = self._entries(cursor)
        page, following = self._page(entries, cursor, limit)
        tail = msgspec.json.encode(
            {"next_cursor": following, "snapshot_id": snapshot_id, "total": len(entries)}
        )
        body = b'{"items":[' + b",".join(map(self._board.payload, page)) + b"]," + tail[1:]
        return encoded(request, body, headers)

    async def offer(self, request: Request) -> Response:
        """One offer, also when closed."""
        if refused := self._refused(request):
            return refused
        entry = self._board.entries.get(request.path_params["ref"])
        if entry is None:
            return problem(404, "No offer ever had this reference")
        return encoded(request, self._board.payload(entry), {})

    async def batch(self, request: Request) -> Response:
        """What the Region sends."""
        if refused := self._refused(request):
            return refused
        key = request.headers.get("idempotency-key")
        if key is None or len(key) > KEY_MAXIMUM:
            return problem(400, "Idempotency-Key is required, of at most 64 characters")
        body = await request.body()
        try:
            items = (
                msgspec.json.decode(body)["items"] if body else []
            )  # the agreement does not require a body
            if len(items) > BATCH_MAXIMUM:
                return problem(413, f"At most {BATCH_MAXIMUM} items")
            order = request.scope.get("sandbox.order_details", {})
            answer = self._exchange.receive(key, body, list(items), order)
            return Response(answer, media_type="application/json")
        except KeyReused:
            return problem(422, "This Idempotency-Key came with another body before")
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
            return problem(400, "The body is no JSON object with a list of items")

    async def stats(self, request: Request) -> Response:
        """Views, clicks and applications of a day; nothing for days to come."""
        if refused := self._refused(request):
            return refused
        wanted = request.query_params.get("day", "")
        try:
            milliseconds(f"{wanted}T00:00:00Z")
        except (ValueError, OverflowError):
            return problem(400, "day is required, as YYYY-MM-DD")
        cursor = self._where(request, "stats")
        entries = self._board.snapshot(None) if wanted <= day(self._clock.now()) else ()
        page, following = self._page(entries, cursor, LIMIT_MAXIMUM)
        return encoded(
            request,
            msgspec.json.encode(
                {"items": [self._figures(e, wanted) for e in page], "next_cursor": following}
            ),
            {},
        )

    def _figures(self, entry: Entry, wanted: str) -> dict[str, Any]:
        draw = drawn(self._board.seed, "stats", entry.key, wanted)
        views = draw % 97
        clicks = views * (draw // 97 % 40) // 100
        return {
            "ref": entry.key,
            "views": views,
            "clicks": clicks,
            "applications": clicks * (draw // 9_700 % 30) // 100,
        }

    def _refused(self, request: Request) -> Response | None:
        order = request.scope.get("sandbox.order", "")
        if order == "expire_token":
            self._tokens.clear()
        if order == "void_snapshot":
            self._board.void()
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._tokens.get(token.strip(), 0) > self._clock.now():
            return None
        challenge = {"www-authenticate": 'Bearer error="invalid_token"'}
        return problem(401, "Token missing or expired", challenge, error="invalid_token")

    def _where(self, request: Request, walk: Literal["offers", "stats"]) -> Cursor:
        query, now = request.query_params, self._clock.now()
        if text := query.get("cursor"):
            cursor = _decoded(text)
            expired = request.scope.get("sandbox.order") == "expire_cursor"
            if cursor is None or cursor.walk != walk or now - cursor.made > CURSOR_LIFE or expired:
                raise HTTPException(410, "The cursor expired: restart the walk")
            return cursor
        kind, since = query.get("kind"), query.get("updated_since")
        if kind is not None and kind not in KINDS:
            raise HTTPException(400, "kind is job or training")
        try:
            moment = None if since is None else milliseconds(since)
        except (ValueError, OverflowError) as error:
            raise HTTPException(400, f"updated_since is no RFC 3339 instant: {error}") from error
        return Cursor(
            now, walk, "job" if kind == "job" else "training" if kind else None, moment, -(2**62), ""
        )

    def _entries(self, cursor: Cursor) -> Sequence[Entry]:
        if cursor.since is None:
            return self._board.snapshot(cursor.kind)
        return self._board.changed_since(cursor.since, cursor.kind)

    def _page(
        self, entries: Sequence[Entry], cursor: Cursor, limit: int
    ) -> tuple[Sequence[Entry], str | None]:
        start = bisect_right(entries, (cursor.updated, cursor.key), key=lambda entry: entry.place)
        page = entries[start : start + limit]
        if start + limit >= len(entries):
            return page, None
        last = page[-1]
        made = self._clock.now()
        following = msgspec.structs.replace(cursor, made=made, updated=last.updated, key=last.key)
        return page, urlsafe_b64encode(msgspec.msgpack.encode(following)).decode().rstrip("=")


def problem(status: int, title: str, headers: dict[str, str] | None = None, **more: str) -> Response:
    """An RFC 9457 problem document."""
    body = msgspec.json.encode({"type": "about:blank", "title": title, "status": status, **more})
    return Response(body, status, headers, "application/problem+json")


async def problem_of(_request: Request, error: Exception) -> Response:
    """An exception as a problem document."""
    if isinstance(error, HTTPException):
        return problem(error.status_code, str(error.detail), dict(error.headers or {}))
    return problem(500, type(error).__name__)


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(LIMIT_DEFAULT))
    if not (
        text.isascii() and text.isdigit() and len(text) <= KEY_MAXIMUM and 1 <= int(text) <= LIMIT_MAXIMUM
    ):
        raise HTTPException(400, f"limit is a whole number between 1 and {LIMIT_MAXIMUM}")
    return int(text)


def _matches(header: str, etag: str) -> bool:
    candidates = [each.strip().removeprefix("W/") for each in header.split(",")]
    return etag in candidates or "*" in candidates


def _decoded(text: str) -> Cursor | None:
    try:
        return msgspec.msgpack.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor)
    except (ValueError, msgspec.DecodeError):
        return None
