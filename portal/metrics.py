"""What Prometheus reads, on a port of its own that no proxy leads to: how the portal answers, and the hub in numbers.

Belongs here: counting answers, serving numbers, and how often they are read anew. Does not: the numbers (connectors/region/upkeep/metrics.py).

Answers are counted by kind of page (the route's template), never by address or caller: which offer is read, and by whom, stays unknown. A
process counts its own answers; the hub's numbers are of rows, and the same from each.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from threading import Lock
from typing import Final

from opentelemetry.trace import INVALID_SPAN, SpanKind
from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.datastructures import MutableHeaders
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.logs import bind
from connectors.region.upkeep.metrics import BUCKETS, Distribution, Measure
from connectors.telemetry import failed, span
from portal import health
from schemas.errors import Misconfigured, Unreachable

PATIENCE = 5.0  # seconds that whoever asks waits for another's reading; Prometheus waits ten
FRESH: Final = 15.0  # seconds that numbers are told again without asking the database
SHARE: Final = 0.05  # of the time that reading them may take, however long one reading takes
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_PROBES: Final = frozenset(route.path for route in health.ROUTES)  # thousands a day, which nobody looks for
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


class Answers:
    """ASGI, around the whole application: each answer's duration, an id for what it logs, and its span but for probes."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self.app = app
        self._durations = Histogram(
            "http_server_request_duration_seconds",
            "Duration of the portal's answers, by kind of page.",
            ("http_request_method", "http_route", "http_response_status_code"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._active = Gauge(
            "http_server_active_requests", "Requests that are being answered.", registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and count."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number, method = secrets.token_hex(8), scope["method"] if scope["method"] in _METHODS else "_OTHER"
        begun, status = time.perf_counter(), 500
        bind(request_id=number, method=method)  # uvicorn has a context for each request

        async def telling(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = number
            await send(message)

        tracing = span(method, SpanKind.SERVER, http__request__method=method)
        with (
            nullcontext(INVALID_SPAN) if scope["path"] in _PROBES else tracing as current,
            self._active.track_inprogress(),
        ):
            try:
                await self.app(scope, receive, telling)
            finally:
                route = template(scope)
                bind(route=route)
                self._durations.labels(method, route, str(status)).observe(time.perf_counter() - begun)
                current.update_name(f"{method} {route}")
                current.set_attributes({"http.route": route, "http.response.status_code": status})
                if status >= 500:
                    failed(current, str(status))


def template(scope: Scope) -> str:
    """The kind of page that a request was for, once it is routed: its route's path with names for what differs."""
    route = scope.get("route")
    path = route.path if isinstance(route, Route) else ""
    return f"{scope.get('root_path', '')}{path}" if route else "none"


class Numbers(Collector):
    """The hub's numbers, read anew when they are old. Whoever asks meanwhile waits, and gets the same."""

    def __init__(
        self, read: Callable[[], Sequence[Measure]], now: Callable[[], float] = time.monotonic
    ) -> None:
        """``now``: seconds of a clock that only goes on."""
        self._read, self._now, self._lock = read, now, Lock()
        self._told: list[Metric] = []
        self._until = -1.0

    def describe(self) -> list[Metric]:
        """Nothing beforehand: it would ask the database when the portal starts."""
        return []

    def collect(self) -> Iterator[Metric]:
        """What is known now; when the database does not answer, that alone."""
        if not self._lock.acquire(timeout=PATIENCE):
            yield _gauge("boostez_database_up", _UP, 0)
            return
        try:
            if self._now() >= self._until:
                begun = self._now()
                self._told = list(self._families())
                took = self._now() - begun
                self._told.append(
                    _gauge("boostez_metrics_read_seconds", "How long reading these numbers took.", took)
                )
                self._until = self._now() + max(FRESH, took / SHARE)
            told = self._told
        finally:
            self._lock.release()
        yield from told

    def _families(self) -> Iterator[Metric]:
        try:
            found = self._read()
        except Unreachable:
            yield _gauge("boostez_database_up", _UP, 0)
            return
        yield _gauge("boostez_database_up", _UP, 1)
        yield from map(_family, found)


_UP: Final = "1 when the Region's database told its numbers."


def _gauge(name: str, means: str, value: float) -> Metric:
    return GaugeMetricFamily(name, means, value=value)


def _family(measure: Measure) -> Metric:
    ends = [*map(str, BUCKETS), "+Inf"]
    plain = GaugeMetricFamily(measure.name, measure.means, labels=measure.labels)
    spread = GaugeHistogramMetricFamily(measure.name, measure.means, labels=measure.labels)
    for told, value in measure.samples:
        labels = [told[label] for label in measure.labels]
        if isinstance(value, Distribution):
            buckets = zip(ends, (*value.within, value.count), strict=True)
            spread.add_metric(labels, list(buckets), value.total)
        else:
            plain.add_metric(labels, value)
    return spread if spread.samples else plain


def registry_of(read: Callable[[], Sequence[Measure]]) -> CollectorRegistry:
    """What is told: of this process, and what ``read`` reads of the hub."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, which nobody asks for
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(Numbers(read))
    return registry


def serve(host: str, port: int, registry: CollectorRegistry) -> Callable[[], None]:
    """Answer Prometheus in a thread of its own; what is returned ends it.

    Raises:
        Misconfigured: the port is taken or may not be used.

    """
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise Misconfigured(
            f"Metrics cannot be served on {host}:{port}: {error.strerror}. Stop what uses it, or set BOOSTEZ_METRICS_PORT."
        ) from error

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end
