"""What Prometheus reads: answers by kind of page and nobody's, numbers that are not asked for too often, on a port of their own."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from connectors import logs, telemetry
from connectors.region.upkeep.metrics import BUCKETS, Distribution, Measure
from portal import health, metrics
from portal.metrics import FRESH, SHARE, Answers, Numbers, registry_of, serve
from schemas.errors import Misconfigured, Unreachable
from tests.ports import free_port

DURATIONS = "http_server_request_duration_seconds"
ONE = [Measure("boostez_offers", "Offers.", ("kind",), [({"kind": "job"}, 3.0)])]


def counted(registry: CollectorRegistry) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        tuple(
            sample.labels[f"http_{name}"] for name in ("request_method", "route", "response_status_code")
        ): sample.value
        for family in families
        for sample in family.samples
        if sample.name == f"{DURATIONS}_count"
    }


def told(registry: CollectorRegistry) -> dict[str, float]:
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {sample.name: sample.value for family in families for sample in family.samples}


# --- answers


def page(request: Request) -> Response:
    bound = logs.ids()
    return PlainTextResponse(f"{bound['request_id']} {request.path_params.get('key', '')}")


def broken(_: Request) -> Response:
    raise ValueError("it broke")


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def visitor(registry: CollectorRegistry) -> TestClient:
    routes = [
        Route("/offres/{key}", page),
        Route("/broken", broken),
        health.ROUTES[0],
        Mount("/api", Starlette(routes=[Route("/v1/offres/{key}", page)])),
    ]
    return TestClient(Answers(Starlette(routes=routes), registry), raise_server_exceptions=False)


def test_answers_are_counted_by_kind_of_page_and_never_by_which(
    visitor: TestClient, registry: CollectorRegistry
) -> None:
    for path in ("/offres/abc?q=canary", "/offres/def", "/api/v1/offres/abc", "/canary", "/broken"):
        visitor.get(path)
    visitor.request("CANARY", "/offres/abc")
    visitor.post("/offres/abc")
    assert counted(registry) == {
        ("GET", "/offres/{key}", "200"): 2,
        ("GET", "/api/v1/offres/{key}", "200"): 1,
        ("GET", "none", "404"): 1,
        ("GET", "/broken", "500"): 1,
        ("_OTHER", "/offres/{key}", "405"): 1,
        ("POST", "/offres/{key}", "405"): 1,
    }
    exposed = generate_latest(registry).decode().lower()
    assert "canary" not in exposed
    assert "abc" not in exposed
    assert "http_server_active_requests 0.0" in exposed


def test_an_answer_has_the_id_that_its_lines_in_the_log_have(visitor: TestClient) -> None:
    first, second = visitor.get("/offres/x"), visitor.get("/offres/x")
    assert first.text.split()[0] == first.headers["x-request-id"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert "x-request-id" in visitor.get("/broken").headers


def test_what_breaks_is_logged_with_its_request_and_kind_of_page(registry: CollectorRegistry) -> None:
    """As uvicorn does: in the context that the request was answered in."""
    app = Answers(Starlette(routes=[Route("/offres/{key}", broken)]), registry)

    async def answer() -> dict[str, object]:
        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(_: object) -> None:
            pass

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/offres/canary",
            "headers": [],
            "query_string": b"",
        }
        with pytest.raises(ValueError, match="it broke"):
            await app(scope, receive, send)
        return dict(logs.ids())

    found = asyncio.run(answer())
    assert (found["method"], found["route"]) == ("GET", "/offres/{key}")
    assert found["request_id"]


def test_an_answer_is_a_span_of_its_kind_of_page_and_a_probe_s_is_none(
    visitor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", lambda: provider.get_tracer("x"))
    for path in ("/offres/canary?q=canary", "/broken", "/healthz"):
        visitor.get(path)
    page, broken = exporter.get_finished_spans()
    assert (page.name, page.kind) == ("GET /offres/{key}", SpanKind.SERVER)
    assert "canary" not in page.to_json()
    assert broken.attributes
    assert (broken.attributes["error.type"], broken.events) == ("ValueError", ())


# --- numbers


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def reading(clock: Clock, took: float = 0.0) -> tuple[Callable[[], Sequence[Measure]], list[float]]:
    asked: list[float] = []

    def read() -> Sequence[Measure]:
        asked.append(clock.at)
        clock.at += took
        return ONE

    return read, asked


def test_the_database_is_not_asked_again_while_numbers_are_fresh() -> None:
    clock = Clock()
    read, asked = reading(clock)
    numbers = Numbers(read, clock)
    for _ in range(3):
        names = [family.name for family in numbers.collect()]
        clock.at += FRESH / 2
    assert names == ["boostez_database_up", "boostez_offers", "boostez_metrics_read_seconds"]
    assert asked == [100.0, 100.0 + FRESH]


def test_whatever_reading_takes_it_takes_a_small_share_of_the_time() -> None:
    clock = Clock()
    read, asked = reading(clock, took=9.0)
    numbers = Numbers(read, clock)
    for _ in range(1000):
        list(numbers.collect())
        clock.at += 1
    assert 9.0 * len(asked) <= SHARE * (clock.at - 100.0) + 9.0


def test_many_who_ask_at_once_ask_the_database_once() -> None:
    begun, go = Event(), Event()
    asked: list[int] = []

    def read() -> Sequence[Measure]:
        asked.append(1)
        begun.set()
        assert go.wait(10)
        return ONE

    numbers = Numbers(read)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(lambda: len(list(numbers.collect()))) for _ in range(8)]
        assert begun.wait(10)
        go.set()
        assert {answer.result() for answer in answers} == {3}
    assert asked == [1]


def test_behind_a_database_that_hangs_nobody_queues_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "PATIENCE", 0.05)
    begun, go = Event(), Event()

    def read() -> Sequence[Measure]:
        begun.set()
        assert go.wait(10)
        return ONE

    numbers = Numbers(read)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: list(numbers.collect()))
        assert begun.wait(10)
        (only,) = numbers.collect()
        go.set()
        assert len(first.result()) == 3
    assert (only.name, only.samples[0].value) == ("boostez_database_up", 0)


def test_a_database_that_is_away_is_a_number_and_old_numbers_are_gone() -> None:
    clock, away = Clock(), False

    def read() -> Sequence[Measure]:
        if away:
            raise Unreachable("it is away")
        return ONE

    registry = CollectorRegistry()
    registry.register(Numbers(read, clock))
    assert told(registry)["boostez_database_up"] == 1
    away, clock.at = True, clock.at + FRESH
    found = told(registry)
    assert found["boostez_database_up"] == 0
    assert "boostez_offers" not in found


def test_a_distribution_is_read_as_one() -> None:
    spread = Distribution(tuple(float(n) for n in range(len(BUCKETS))), 12.0, 99.0)
    registry = registry_of(
        lambda: [Measure("boostez_receipt_seconds", "x.", ("channel",), [({"channel": "mail"}, spread)])]
    )
    families = list(text_string_to_metric_families(generate_latest(registry).decode()))
    samples = [sample for family in families for sample in family.samples]
    buckets = {s.labels["le"]: s.value for s in samples if s.name == "boostez_receipt_seconds_bucket"}
    assert buckets == {**{str(b): float(n) for n, b in enumerate(BUCKETS)}, "+Inf": 12.0}
    assert told(registry)["boostez_receipt_seconds_gsum"] == 99.0


# --- the port


@pytest.fixture
def port() -> Iterator[int]:
    port = free_port()
    end = serve("127.0.0.1", port, registry_of(lambda: ONE))
    yield port
    end()


def test_it_is_served_on_a_port_of_its_own_that_must_be_free(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        body = answer.read().decode()
    assert 'boostez_offers{kind="job"} 3.0' in body
    assert "process_resident_memory_bytes" in body
    with pytest.raises(Misconfigured, match="BOOSTEZ_METRICS_PORT"):
        serve("127.0.0.1", port, registry_of(lambda: ONE))
