"""The sandbox's own endpoints: its truth, its clock, its orders. No outside system has these.

Belongs here: ``/_sandbox``. Does not: the stand-ins themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.board import Board, Entry
from sandbox.calls import Log
from sandbox.clock import Clock, instant
from sandbox.comments import Discussion
from sandbox.contractor import Contractor, problem
from sandbox.exchange import Exchange
from sandbox.faults import ADMINISTRATION, Order
from sandbox.gateway import Gateway
from sandbox.graph import Graph
from sandbox.inbox import Inbox
from sandbox.instagram import Grams
from sandbox.lives import Lives
from sandbox.mailbox import Mailbox
from sandbox.posts import Posts
from sandbox.state import State

PAGE = 1000
T = TypeVar("T")


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """Seconds to move the clock by."""

    advance_seconds: float


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """How many offers change (a share of the well-formed open ones, or a count), close, appear and open again."""

    share: float = 0.0
    count: int = 0
    close: int = 0
    appear: int = 0
    reopen: int = 0
    seed: int | None = None


class Malform(msgspec.Struct, forbid_unknown_fields=True):
    """Offers, and how their newest payload is malformed (malformations.py)."""

    refs: list[str]
    how: str


class Heal(msgspec.Struct, forbid_unknown_fields=True):
    """Offers to be well-formed again; None: all."""

    refs: list[str] | None = None


class Truncate(msgspec.Struct, forbid_unknown_fields=True):
    """How many offers a snapshot keeps; None: all."""

    keep: int | None


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What may be set otherwise; what is left out stays as it is."""

    token_seconds: int | None = None
    require_proof: bool | None = None
    forbidden_pages: list[str] | None = None
    calls_per_hour: int | None = None
    listed_posts: int | None = None
    own_page: str | None = None
    token_expires: int | None = None
    ineligible_pages: list[str] | None = None
    instagram_quota: int | None = None
    instagram_processing: int | None = None
    instagram_broken: str | None = None


class Comment(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody says under a post or a live video: these words, or so many of residents. ``name``: None is not told."""

    object: str
    message: str | None = None
    author: str = "900001"
    name: str | None = "Ada"
    parent: str | None = None
    count: int = 1


class Gram(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody does in Instagram's app: posts (no ``id``), writes another caption, or deletes (no ``caption``)."""

    id: str | None = None
    caption: str | None = None
    story: bool = False
    user: str = "17841400000000001"


class Administration:
    """The endpoints, over everything."""

    def __init__(
        self,
        *,
        state: State,
        clock: Clock,
        board: Board,
        exchange: Exchange,
        contractor: Contractor,
        graph: Graph,
        posts: Posts,
        lives: Lives,
        grams: Grams,
        discussion: Discussion,
        inbox: Inbox,
        mailbox: Mailbox,
        gateway: Gateway,
        orders: list[Order],
        log: Log,
    ) -> None:
        self._state, self._clock, self._board, self._contractor = state, clock, board, contractor
        self._graph, self._posts, self._inbox, self._orders, self._log = graph, posts, inbox, orders, log
        self._mailbox, self._gateway, self._exchange = mailbox, gateway, exchange
        self._lives, self._grams, self._discussion = lives, grams, discussion

    def routes(self) -> list[Route]:
        """Every path under ``/_sandbox``."""
        table: list[tuple[str, str, Callable[[Request, bytes], Any]]] = [
            ("GET", "/healthz", lambda _request, _body: {"status": "ok", "now": instant(self._clock.now())}),
            ("GET", "/truth", self.truth),
            ("GET", "/truth/posts", self.posts),
            ("GET", "/truth/lives", lambda _request, _body: {"items": self._lives.ever()}),
            ("GET", "/truth/instagram", lambda _request, _body: {"items": self._grams.ever()}),
            ("POST", "/instagram", self.by_hand),
            ("GET", "/truth/comments", lambda _request, _body: {"items": self._discussion.there()}),
            ("POST", "/comments", self.comment),
            ("GET", "/truth/offers", self.offers),
            ("GET", "/truth/messages", lambda _request, _body: {"items": self._inbox.messages()}),
            ("GET", "/truth/mails", lambda _request, _body: {"items": self._mailbox.letters()}),
            ("GET", "/truth/texts", lambda _request, _body: {"items": self._gateway.texts()}),
            ("POST", "/clock", self.advance),
            ("POST", "/contractor/change", self.change),
            ("POST", "/contractor/malform", self.malform),
            ("POST", "/contractor/heal", self.heal),
            ("POST", "/contractor/truncate", self.truncate),
            ("POST", "/contractor/warm", self.warm),
            ("GET", "/contractor/tokens", lambda _request, _body: {"tokens": self._contractor.tokens}),
            ("POST", "/settings", self.settings),
            ("GET", "/faults", lambda _request, _body: {"faults": self._orders}),
            ("POST", "/faults", self.order),
            ("DELETE", "/faults", lambda _request, _body: self._orders.clear()),
            ("GET", "/log", lambda request, _body: self._log.since(_whole(request, "since", 0))),
            ("POST", "/reset", self.reset),
        ]
        return [Route(ADMINISTRATION + path, _endpoint(f), methods=[method]) for method, path, f in table]

    def truth(self, _request: Request, _body: bytes) -> Any:
        """What was really done, in numbers."""
        served = self._board.snapshot(None)
        malformed = Counter(entry.malformation for entry in served if entry.malformation)
        contractor = {
            "jobs": sum(entry.kind == "job" for entry in served),
            "trainings": sum(entry.kind == "training" for entry in served),
            "total_served": len(served),
            "malformed": malformed.total(),
            "by_malformation": dict(sorted(malformed.items())),
            "closed": sum(not entry.open for entry in self._board.entries.values()),
            "region": sum(entry.body is not None for entry in self._board.entries.values()),
            "region_open": sum(
                entry.body is not None and entry.open for entry in self._board.entries.values()
            ),
            "received": self._exchange.received(),
            "corrected": sum(entry.correction is not None for entry in self._board.entries.values()),
            "snapshot_id": self._board.snapshot_id(None),
        }
        return {
            "now": instant(self._clock.now()),
            "contractor": contractor,
            "graph": self._posts.truth(),
            "lives": self._lives.truth(),
            "instagram": self._grams.truth(),
            "inbox": self._inbox.truth(),
            "mails": {"port": self._mailbox.port, **self._mailbox.truth()},
            "texts": self._gateway.truth(),
        }

    def posts(self, request: Request, _body: bytes) -> Any:
        """Every post that is there, oldest first; with ``deleted=true`` every post that ever was."""
        limit = _whole(request, "limit", PAGE)
        ever = request.query_params.get("deleted") == "true"
        found = self._posts.after(_whole(request, "after", 0), limit, ever=ever)
        items = [
            {
                "id": post.id,
                "message": post.message,
                "link": post.link,
                "created_time": instant(post.created),
                "updated_time": instant(post.updated),
                **({"deleted_time": instant(post.deleted)} if post.deleted else {}),
            }
            for post in found
        ]
        return {"items": items, "after": found[-1].number if len(found) == limit and found else None}

    def offers(self, request: Request, _body: bytes) -> Any:
        """The board's entries by reference: all, or with ``malformed=true`` (``false``) those that (not) are."""
        after, limit = request.query_params.get("after", ""), _whole(request, "limit", PAGE)
        wanted = request.query_params.get("malformed")
        found = [
            entry
            for entry in sorted(self._board.entries.values(), key=lambda entry: entry.key)
            if entry.key > after
            and (wanted is None or (entry.malformation is not None) == (wanted == "true"))
        ]
        page = found[:limit]
        return {
            "items": [_shown(entry) for entry in page],
            "after": page[-1].key if len(found) > limit else None,
        }

    def advance(self, _request: Request, body: bytes) -> Any:
        """Move the clock."""
        self._clock.advance(_read(body, Advance).advance_seconds)
        return {"now": instant(self._clock.now())}

    def change(self, _request: Request, body: bytes) -> Any:
        """Change, close and add offers."""
        asked = _read(body, Change)
        return self._board.change(
            asked.share, asked.count, asked.close, asked.appear, asked.seed, asked.reopen
        )

    def malform(self, _request: Request, body: bytes) -> Any:
        """Make offers malformed."""
        asked = _read(body, Malform)
        return {"at": instant(self._board.malform(asked.refs, asked.how)), "refs": asked.refs}

    def heal(self, _request: Request, body: bytes) -> Any:
        """Make offers well-formed."""
        refs = _read(body, Heal).refs
        if refs is None:
            refs = sorted(entry.key for entry in self._board.entries.values() if entry.malformation)
        return {"at": instant(self._board.malform(refs, None)), "refs": refs}

    def truncate(self, _request: Request, body: bytes) -> Any:
        """Cut the snapshot."""
        self._board.truncate(_read(body, Truncate).keep)
        return {"total_served": len(self._board.snapshot(None))}

    def warm(self, _request: Request, _body: bytes) -> Any:
        """Render every offer now: otherwise the first walk pays for it, and a benchmark of the hub with it."""
        return {"bytes": sum(len(self._board.payload(entry)) for entry in self._board.snapshot(None))}

    def settings(self, _request: Request, body: bytes) -> Any:
        """Set what is given, show all."""
        asked, graph = _read(body, Settings), self._graph
        if asked.token_seconds is not None:
            self._contractor.token_seconds = asked.token_seconds
        if asked.require_proof is not None:
            graph.require_proof = asked.require_proof
        if asked.forbidden_pages is not None:
            graph.forbidden_pages = frozenset(asked.forbidden_pages)
        if asked.calls_per_hour is not None:
            graph.calls_per_hour = asked.calls_per_hour
        if asked.listed_posts is not None:
            graph.listed_posts = asked.listed_posts
        if asked.own_page is not None:
            graph.own_page = asked.own_page
        if asked.token_expires is not None:
            graph.tokens.expires = asked.token_expires
        if asked.ineligible_pages is not None:
            graph.live_nodes.ineligible = frozenset(asked.ineligible_pages)
        instagram = graph.instagram_nodes
        instagram.set(asked.instagram_quota, asked.instagram_processing, asked.instagram_broken)
        return Settings(
            self._contractor.token_seconds,
            graph.require_proof,
            sorted(graph.forbidden_pages),
            graph.calls_per_hour,
            graph.listed_posts,
            graph.own_page,
            graph.tokens.expires,
            sorted(graph.live_nodes.ineligible),
            instagram.quota,
            instagram.processing,
            instagram.broken,
        )

    def by_hand(self, _request: Request, body: bytes) -> Any:
        """Somebody posts in Instagram's app, writes another caption, or deletes."""
        asked = _read(body, Gram)
        if asked.id is None:
            made = self._grams.contain(
                asked.user,
                "STORIES" if asked.story else "IMAGE",
                "https://x.test/hand.jpg",
                asked.caption or "",
                "",
            )
            self._grams.publish(made)
            return {"id": made.id}
        there = self._grams.medium(asked.id)
        if there is None:
            raise ValueError(f"there is no {asked.id}")
        if asked.caption is None:
            self._grams.delete(there)
        else:
            self._grams.caption(there, asked.caption)
        return {"id": asked.id}

    def comment(self, _request: Request, body: bytes) -> Any:
        """Somebody says something."""
        asked = _read(body, Comment)
        place = self._graph.placed(asked.object)
        if place is None:
            raise ValueError(f"there is no {asked.object}")
        if asked.message is None:
            made = self._discussion.generate(place, asked.count)
        else:
            parent = self._discussion.get(asked.parent or "")
            author = (asked.author, asked.name)
            made = [self._discussion.add(place, asked.message, author, parent and parent.number)]
        return {"ids": [said.id for said in made]}

    def order(self, _request: Request, body: bytes) -> Any:
        """One more fault."""
        self._orders.append(_read(body, Order))
        return {"faults": self._orders}

    def reset(self, _request: Request, _body: bytes) -> Any:
        """A new story: nothing changed, nothing posted, nothing ordered, now."""
        self._state.wipe()
        for part in (self._clock, self._board, self._contractor, self._graph):
            part.start()
        self._orders.clear()
        self._log.clear()
        return {"now": instant(self._clock.now())}


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "ref": entry.key,
        "kind": entry.kind,
        "status": "open" if entry.open else "closed",
        "version": entry.version,
        "malformation": entry.malformation,
        "updated_at": instant(entry.updated),
    }


def _endpoint(step: Callable[[Request, bytes], Any]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        try:
            value = step(request, await request.body())
        except (ValueError, KeyError) as error:
            return problem(400, f"{type(error).__name__}: {error}")
        return Response(msgspec.json.encode(value), media_type="application/json")

    return answer


def _read(body: bytes, shape: type[T]) -> T:
    return msgspec.json.decode(body or b"{}", type=shape)


def _whole(request: Request, name: str, default: int) -> int:
    return int(request.query_params.get(name, default))
