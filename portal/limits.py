"""How often one client may ask, and what it is told of it.

Belongs here: counting by client address, the fields that tell what is left, the refusal. Does not: the numbers
(connectors/settings.py), or who a client is behind a proxy (server.py).

Source: draft-ietf-httpapi-ratelimit-headers-10 (RateLimit-Policy, RateLimit), RFC 6585 section 4 (429).

Each process counts for itself: with several, a client may ask as often of each.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from limits import RateLimitItemPerMinute
from limits.storage import MovingWindowSupport, Storage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.settings import Settings
from core.ip_addresses import caller
from portal.answers import page
from portal.problems import problem

CLIENTS: Final = 10_000  # counted at once, about 1 KB each; of more, those that asked last
WINDOW: Final = 60  # seconds
API: Final = "/api/"
FORMS: Final = (
    *(
        "/deposer",
        "/inscription",
        "/seances/",
        "/preferences/",
        "/emargement/",
        "/avis/",
        "/bilan/",
        "/couverture/",
        "/alertes/",
        "/agents/",
    ),
    *("/dialogues/", "/confirmer/", "/questions/nouvelle", "/questions/q"),  # with which references begin
)
"""Forms that change something. Unsubscribing is not among them: one mail program asks it for thousands of people at once."""
_CALENDARS: Final = ("/dialogues/departement/", "/dialogues/theme/", "/dialogues/elu/")
SIGNING_IN: Final = ("/agents/connexion", "/agents/retour")  # each writes a row, whoever asks
OFFICERS: Final = ("/agents", "/alertes/")
"""Each refusal of somebody who lacks a role is an act, and kept for years."""
CHECKS: Final = ("/verifier", "/api/v1/verifier")  # each costs up to some seconds


class Rule(msgspec.Struct, frozen=True):
    """So many requests a minute to paths that begin so, or are exactly so; of one method, or of any."""

    name: str
    limit: int
    prefixes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    method: str = ""

    def governs(self, method: str, path: str) -> bool:
        """Whether a request to ``path`` counts."""
        return self.method in {"", method} and (path in self.paths or path.startswith(self.prefixes))


def rules(settings: Settings) -> tuple[Rule, ...]:
    """What is counted; a limit of 0 is none."""
    chosen = (
        Rule("verification", settings.portal_rate_checks, paths=CHECKS, method="POST"),
        Rule("salle", settings.portal_rate_rooms, prefixes=("/presence/",), method="POST"),
        Rule("identification", settings.portal_rate_forms, paths=SIGNING_IN),
        Rule("formulaires", settings.portal_rate_forms, prefixes=FORMS, method="POST"),
        Rule("agents", settings.portal_rate_search, prefixes=OFFICERS),
        Rule("api", settings.portal_rate_api, prefixes=(API,)),
        Rule(
            "flux",
            settings.portal_rate_feeds,
            prefixes=("/feeds/", "/sitemaps/", "/donnees/", *_CALENDARS),
            paths=(
                *("/offres.atom", "/offres.json", "/sitemap.xml", "/seances.ics"),
                *("/dialogues.ics", "/questions.atom"),
            ),
        ),
        Rule(
            "recherche",
            settings.portal_rate_search,
            paths=("/offres", "/seances", "/dialogues", "/questions"),
        ),
    )
    return tuple(rule for rule in chosen if rule.limit)


class Rates:
    """ASGI middleware: counts, tells, and refuses with 429. Runs on one event loop, so it needs no lock."""

    def __init__(self, app: ASGIApp, *, rules: Sequence[Rule], clock: Callable[[], float]) -> None:
        self.app, self.rules, self.clock = app, rules, clock
        self.limiter = MovingWindowRateLimiter(Arrivals(clock))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed or not counted."""
        rule = self._rule(scope)
        if rule is None:
            await self.app(scope, receive, send)
            return
        item = RateLimitItemPerMinute(rule.limit)
        client = caller((scope.get("client") or ("",))[0])
        allowed = self.limiter.hit(item, rule.name, client)
        stats = self.limiter.get_window_stats(item, rule.name, client)
        seconds = max(math.ceil(stats.reset_time - self.clock()), 1)
        told = {
            "RateLimit-Policy": f'"{rule.name}";q={rule.limit};w={WINDOW}',
            "RateLimit": f'"{rule.name}";r={stats.remaining};t={seconds}',
        }

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        answer = self.app if allowed else _refusal(Request(scope), rule, seconds)
        await answer(scope, receive, telling)

    def _rule(self, scope: Scope) -> Rule | None:
        if scope["type"] != "http" or scope["method"] == "OPTIONS":
            return None
        path = scope["path"].removesuffix("\n")  # which a route matches as well
        return next((rule for rule in self.rules if rule.governs(scope["method"], path)), None)


class Arrivals(Storage, MovingWindowSupport):
    """When each client asked, of the last ``CLIENTS`` clients: the library's own memory has neither bound nor clock."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._times: OrderedDict[str, array[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._times)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """See the library: whether ``amount`` more fit the window, which they then do. A refused request does not count."""
        times = self._within(key, expiry)
        if len(times) + amount > limit:
            return False
        times.extend([self._clock()] * amount)
        self._times[key] = times
        self._times.move_to_end(key)
        while len(self._times) > CLIENTS:
            self._times.popitem(last=False)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """See the library: when the oldest request of the window came, and how many there are."""
        del limit
        times = self._within(key, expiry)
        return (times[0] if times else self._clock()), len(times)

    def _within(self, key: str, expiry: int) -> array[float]:
        times = self._times.get(key) or array("d")
        del times[: bisect_right(times, self._clock() - expiry)]
        return times

    @property
    def base_exceptions(self) -> type[Exception]:
        """See the library: nothing fails here."""
        return ValueError

    def check(self) -> bool:
        """See the library."""
        return True

    def reset(self) -> int:
        """Forget everybody. Returns how many they were."""
        forgotten = len(self._times)
        self._times.clear()
        return forgotten

    def clear(self, key: str) -> None:
        """Forget one."""
        self._times.pop(key, None)

    def get(self, key: str) -> int:
        """How many requests of a client are remembered."""
        return len(self._times.get(key, ()))

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Not for counters: only moving windows are kept."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """Not for counters: only moving windows are kept."""
        raise NotImplementedError


def _refusal(request: Request, rule: Rule, seconds: int) -> Response:
    """For people a page; for programs a problem."""
    wanted = request.headers.get("accept", "")
    if request.url.path.startswith(API) or "text/html" not in wanted:
        detail = (
            f"Au plus {rule.limit} requêtes par minute depuis une même adresse. Revenez dans {seconds} s."
        )
        return problem(429, detail, headers={"Retry-After": str(seconds)})
    answer = page(request, "429.html", 429, limit=rule.limit, seconds=seconds)
    answer.headers["Retry-After"] = str(seconds)
    return answer
