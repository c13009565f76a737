"""The sandbox as one ASGI application: the contractor at the root, ``/graph``, ``/inbox``, ``/sms``, ``/identity``, and its own ``/_sandbox``.

A mail relay serves beside it, on a port of its own.

Belongs here: putting the parts together. Does not: any part, or running it (server.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import Receive, Scope, Send

from sandbox.administration import Administration
from sandbox.board import Board
from sandbox.calls import Log, Logged
from sandbox.clock import Clock
from sandbox.comments import Discussion
from sandbox.contractor import Contractor, problem_of
from sandbox.exchange import Exchange
from sandbox.faults import Faults, Order
from sandbox.gateway import Gateway
from sandbox.graph import Graph
from sandbox.identity import Identity
from sandbox.inbox import Inbox
from sandbox.instagram import Grams
from sandbox.keys import Keys
from sandbox.lives import Lives
from sandbox.mailbox import Mailbox
from sandbox.posts import Posts
from sandbox.state import State

JOBS, TRAININGS, SEED = 23_000, 26_000, 2017
_KEYS = Keys()


class Sandbox(Starlette):
    """An application whose faults can drop connections: uvicorn's ``send`` is a method of what holds the transport."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        scope["sandbox.transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)


def create_app(
    state_file: Path | None,
    *,
    jobs: int = JOBS,
    trainings: int = TRAININGS,
    seed: int = SEED,
    keys: Keys = _KEYS,
    mail_port: int = 0,
) -> Starlette:
    """The application. With a state file a restart tells the same story; None forgets it. ``keys`` open it.

    While it serves, its mail relay listens on ``mail_port``, or on any free one (``/_sandbox/truth`` tells).

    Raises:
        ValueError: the state file was made with another seed or other numbers of offers.

    """
    state = State(state_file)
    clock = Clock(state)
    board = Board(state, clock, {"job": jobs, "training": trainings}, seed)
    exchange = Exchange(state, clock, board)
    contractor = Contractor(clock, board, exchange, keys)
    posts = Posts(state, clock)
    lives, grams, discussion = Lives(state, clock), Grams(state, clock), Discussion(state, clock)
    graph = Graph(state, clock, posts, lives, grams, discussion, keys)
    inbox = Inbox(state, clock)
    gateway = Gateway(state, clock)
    orders: list[Order] = []
    log = Log()
    mailbox = Mailbox(state, clock, orders, mail_port)
    administration = Administration(
        state=state,
        clock=clock,
        board=board,
        exchange=exchange,
        contractor=contractor,
        graph=graph,
        posts=posts,
        lives=lives,
        grams=grams,
        discussion=discussion,
        inbox=inbox,
        mailbox=mailbox,
        gateway=gateway,
        orders=orders,
        log=log,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await mailbox.open()
        yield
        await mailbox.close()
        state.close()

    return Sandbox(
        routes=[
            *contractor.routes(),
            *graph.routes(),
            *inbox.routes(),
            *gateway.routes(),
            *Identity(keys).routes(),
            *administration.routes(),
        ],
        middleware=[Middleware(Logged, log=log, clock=clock), Middleware(Faults, orders=orders)],
        exception_handlers={HTTPException: problem_of},
        lifespan=lifespan,
    )
