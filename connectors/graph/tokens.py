"""Whose the token is, what it may read, and until when.

Belongs here: looking at it. Does not: what is done with it (the channels).

A token of the wrong kind looks healthy: Graph answers ``me`` to a person's as to a Page's. What the Page alone may read tells.
Source: developers.facebook.com, "Debugging Access Tokens" (debug_token: ``expires_at`` in seconds since 1970, 0 for never).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from connectors.graph import words
from connectors.graph.client import Graph, body_of
from schemas.errors import BoostezError, Permanent, RetryLater


def owner(graph: Graph, page: str) -> str:
    """Whose the token is, seen to read what only a token of ``page`` may.

    Raises:
        Permanent: it may not, or is none.
        RetryLater: Graph does not say now.

    """
    items = [
        words.call("GET", "me", fields="id"),
        words.call("GET", f"{page}/published_posts", fields="id", limit="1"),
    ]
    whose, _ = graph.ask(items, lambda answers: [_body(answer) for answer in answers])
    return str(whose.get("id"))


def sees(graph: Graph, path: str) -> None:
    """See that the token may read ``path``. Raises as ``owner``."""
    graph.ask([words.call("GET", path)], lambda answers: _body(answers[0]))


def expires(graph: Graph) -> dt.datetime | None:
    """When the token ends; None when it never does, or when Graph does not tell."""
    try:
        until = graph.debug(lambda answers: _body(answers[0])).get("data", {}).get("expires_at")
    except (
        BoostezError
    ):  # Graph tells that only to some of an app's tokens: whether ours is good, ``owner`` sees
        return None
    return dt.datetime.fromtimestamp(until, dt.UTC) if isinstance(until, int) and until else None


def _body(answer: Any) -> dict[str, Any]:
    body = body_of(answer)
    if refused := words.error_of(body):
        words.raise_for(refused, answer.get("code", 0))
        if refused.code == 100:
            raise Permanent(str(refused), cause="permission")
        raise RetryLater(str(refused), after=0.0)
    if not isinstance(body, dict):
        raise RetryLater(f"not an object: {str(body)[:100]}", after=0.0)
    return body
