"""Faults: what can go wrong at a point, and what becomes of an HTTP exchange that one strikes.

    die_before, die_after           the process is gone before or after the point
    overtaken                       after the point the process stands still for hours; another one settles and delivers
    unreachable                     nobody listens: nothing was sent
    timeout_before, timeout_after   no answer; what was asked did not happen, or did
    error_500_after                 it happened, the answer is an error
    rate_limited                    it did not happen: a limit, in the words of who is called
    cut_body                        it happened, half of the answer came
    wrong_json, html                an answer that means nothing; it happened, or did not
    null_item, null_item_after      of a batch, one item has no answer; it did not happen, or did
    lost_before, lost_after         the database connection breaks at the commit, which did not happen, or did
    restart_before, restart_after   the same, and every other connection of the hub with it
    disk_full                       the file cannot be put in place

Belongs here: which faults apply to what, the lies that are told. Does not: any client's classes (seams.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode

import msgspec

ALWAYS: Final = ("die_before", "die_after", "overtaken")
COMMIT: Final = (*ALWAYS, "lost_before", "lost_after", "restart_before", "restart_after")
REPLACE: Final = (*ALWAYS, "disk_full")
EXCHANGE: Final = (
    *ALWAYS,
    "unreachable",
    "timeout_before",
    "timeout_after",
    "error_500_after",
    "rate_limited",
    "cut_body",
    "wrong_json",
    "html",
)
MESSAGE: Final = tuple(fault for fault in EXCHANGE if fault != "html")  # Apprise takes any 2xx for a yes
MESSENGERS: Final = ("/inbox", "/sms/")  # where Apprise sends to
NULLS: Final = ("null_item", "null_item_after")
HELD: Final = (
    "held"  # before the point, for as long as a test says: no world draws it, since others may have to wait
)
LAST_LOOKS: Final = frozenset(
    {"ledger.holds", "budgets._reserve"}
)  # nothing looks again between them and the call
EVERY: Final = tuple(dict.fromkeys((*EXCHANGE, *NULLS, *COMMIT, *REPLACE)))

_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"
_HTML_HEADERS: Final = {"content-type": "text/html; charset=utf-8"}
_HTML: Final = (
    "<!DOCTYPE html><html lang=fr><title>Maintenance</title><h1>Le service revient bientôt</h1></html>"
)
_GRAPH_500: Final = {
    "error": {
        "message": "An unexpected error has occurred. Please retry your request later.",
        "type": "OAuthException",
        "is_transient": True,
        "code": 2,
        "fbtrace_id": "A0",
    }
}
_GRAPH_LIMIT: Final = {
    "error": {
        "message": "(#4) Application request limit reached",
        "type": "OAuthException",
        "is_transient": True,
        "code": 4,
        "fbtrace_id": "A0",
    }
}


class Answer(msgspec.Struct, frozen=True):
    """An HTTP answer, whole and decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Exchange(Protocol):
    """One HTTP exchange as its client sees it; ``T`` is what the client takes for an answer."""

    method: str
    path: str
    body: bytes

    def forward(self, body: bytes | None = None) -> Answer:
        """Let it happen, with another body when one is given."""
        ...

    def answered(self, answer: Answer) -> Any:
        """An answer as the client's own."""
        ...

    def cut(self, answer: Answer) -> Any:
        """The first half of an answer, then a broken connection."""
        ...

    def timed_out(self) -> Exception:
        """What the client raises when no answer comes."""
        ...

    def refused(self) -> Exception:
        """What the client raises when nobody listens."""
        ...


def of_commit(label: str) -> tuple[str, ...]:
    """The faults that can strike a commit."""
    return tuple(fault for fault in COMMIT if fault != "overtaken" or label not in LAST_LOOKS)


def applying(exchange: Exchange) -> tuple[str, ...]:
    """The faults that can strike an exchange."""
    if exchange.path.startswith(MESSENGERS):
        return MESSAGE
    return (*EXCHANGE, *NULLS) if _batch(exchange.body) else EXCHANGE


def label(exchange: Exchange) -> str:
    """How the story tells of an exchange: a batch with what its items do."""
    items = _batch(exchange.body)
    methods = [str(item.get("method", "GET")) for item in items]
    counted = ", ".join(f"{methods.count(each)} {each}" for each in sorted(set(methods)))
    return f"{exchange.method} {exchange.path}" + (f" ({counted})" if items else "")


def strike(
    fault: str, exchange: Exchange, die: Callable[[], BaseException], stall: Callable[[], None]
) -> Any:
    """What the client gets from an exchange that ``fault`` strikes; ``die`` kills the process, ``stall`` stops it."""
    match fault:
        case "die_before":
            raise die()
        case "die_after":
            exchange.forward()
            raise die()
        case "overtaken":
            answer = exchange.forward()
            stall()
            return exchange.answered(answer)
        case _ if fault == HELD:
            stall()
            return exchange.answered(exchange.forward())
    return _TROUBLES[fault](exchange)


def _raised(error: Exception) -> Any:
    raise error


def _happened(exchange: Exchange) -> Exchange:
    exchange.forward()
    return exchange


_TROUBLES: Final[dict[str, Callable[[Exchange], Any]]] = {
    "unreachable": lambda exchange: _raised(exchange.refused()),
    "timeout_before": lambda exchange: _raised(exchange.timed_out()),
    "timeout_after": lambda exchange: _raised(_happened(exchange).timed_out()),
    "error_500_after": lambda exchange: _happened(exchange).answered(_internal_error(exchange)),
    "rate_limited": lambda exchange: exchange.answered(_limit(exchange)),
    "cut_body": lambda exchange: exchange.cut(exchange.forward()),
    "wrong_json": lambda exchange: _happened(exchange).answered(_answer(200, _JSON, {"ok": True})),
    "html": lambda exchange: exchange.answered(Answer(200, _HTML_HEADERS, _HTML.encode())),
    "null_item": lambda exchange: exchange.answered(_one_left_out(exchange)),
    "null_item_after": lambda exchange: exchange.answered(_nulled(exchange.forward(), _hit(exchange))),
}


def _graph(exchange: Exchange) -> bool:
    return exchange.path.startswith("/graph")


def _internal_error(exchange: Exchange) -> Answer:
    if _graph(exchange):
        return _answer(500, _JSON, _GRAPH_500)
    return _answer(500, _PROBLEM, {"type": "about:blank", "title": "Internal error", "status": 500})


def _limit(exchange: Exchange) -> Answer:
    """Graph says so in an error and in its usage headers, everybody else with 429 and Retry-After."""
    if not _graph(exchange):
        return _answer(429, _PROBLEM, {"type": "about:blank", "title": "Too fast"}, {"retry-after": "1"})
    usage = {"call_count": 100, "total_cputime": 50, "total_time": 50}
    business = {"0": [{"type": "pages", **usage, "estimated_time_to_regain_access": 5}]}
    headers = {"x-app-usage": json.dumps(usage), "x-business-use-case-usage": json.dumps(business)}
    return _answer(403, _JSON, _GRAPH_LIMIT, headers)


def _answer(status: int, media: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, {"content-type": media, **(headers or {})}, json.dumps(body).encode())


def _batch(body: bytes) -> list[dict[str, Any]]:
    """The items of Graph's batch in a form, when it holds one."""
    if not body.startswith(b"batch="):
        return []
    items: list[dict[str, Any]] = json.loads(dict(parse_qsl(body.decode()))["batch"])
    return items


def _hit(exchange: Exchange) -> int:
    return len(_batch(exchange.body)) // 2


def _one_left_out(exchange: Exchange) -> Answer:
    """A batch of which one item is not carried out, and is null in the answer."""
    items, hit = _batch(exchange.body), _hit(exchange)
    del items[hit]
    if not items:
        return _answer(200, _JSON, [None])
    form = {**dict(parse_qsl(exchange.body.decode())), "batch": json.dumps(items)}
    answer = exchange.forward(urlencode(form).encode())
    written = json.loads(answer.body)
    written.insert(hit, None)
    return _answer(answer.status, _JSON, written)


def _nulled(answer: Answer, hit: int) -> Answer:
    written = json.loads(answer.body)
    written[hit] = None
    return _answer(answer.status, _JSON, written)
