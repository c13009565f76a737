"""What is traced and measured, to whom it is sent, and that nothing personal is in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from connectors import telemetry
from connectors.settings import ROOT
from tests.ports import free_port

SECRET: Final = "canary-of-a-person"
PROGRAM: Final = """
import logging, os, sys
from contextlib import suppress
from pydantic import SecretStr
from connectors import telemetry
from connectors.http import Http
from connectors.logs import bound

http = Http(os.environ["OUTSIDE"], attempts=1)
with telemetry.run("01a22b6f", "sync-offers"), bound(channel="facebook_page"), telemetry.span("send", boostez__effects=2):
    http.read("/people/canary-of-a-person?token=canary-of-a-person", lambda answer: None,
              headers=lambda: {"Authorization": SecretStr("Bearer canary-of-a-person")})
    with suppress(Exception):
        http.read("/gone", lambda answer: None)
with suppress(ValueError), telemetry.span("fails"):
    raise ValueError("canary-of-a-person")
logging.getLogger("of a library").warning("sent %s", os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", ""))
print("opentelemetry.sdk" in sys.modules)
"""


class Outside:
    """Somebody who is called, and a collector: what each was sent."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        self.spans: list[dict[str, Any]] = []
        self.metrics: list[dict[str, Any]] = []
        self.sent = b""


@pytest.fixture
def outside() -> Iterator[tuple[str, Outside]]:
    found = Outside()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.headers.append(dict(self.headers))
            self.send_response(404 if self.path == "/gone" else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            found.sent += content
            if self.path.endswith("/traces"):
                asked = MessageToDict(ExportTraceServiceRequest.FromString(content))
                found.spans += [
                    s for r in asked["resourceSpans"] for c in r["scopeSpans"] for s in c["spans"]
                ]
            else:
                told = MessageToDict(ExportMetricsServiceRequest.FromString(content))
                found.metrics += [
                    m for r in told["resourceMetrics"] for c in r["scopeMetrics"] for m in c["metrics"]
                ]
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", found
    server.shutdown()
    server.server_close()
    thread.join()


def ran(base: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**clean, "OUTSIDE": base, **environment},
    )


def attributes(of: dict[str, Any]) -> dict[str, str]:
    return {each["key"]: str(next(iter(each["value"].values()))) for each in of.get("attributes", ())}


def test_a_run_is_one_trace_down_to_its_calls_and_tells_nobody_and_nothing_of_anybody(
    outside: tuple[str, Outside],
) -> None:
    base, found = outside
    opens = "Authorization=Bearer%20canary-of-a-token"
    done = ran(base, OTEL_EXPORTER_OTLP_ENDPOINT=base, OTEL_EXPORTER_OTLP_HEADERS=opens)
    assert done.stderr == "sent Authorization=Bearer%20[secret]\n"
    spans = {span["name"]: span for span in found.spans}
    root, batch = spans["flow sync-offers"], spans["send"]
    calls = [span for span in found.spans if span["name"] == "GET"]
    assert attributes(root) == {"prefect.flow_run.id": "01a22b6f", "prefect.flow.name": "sync-offers"}
    assert (batch["parentSpanId"], {call["parentSpanId"] for call in calls}) == (
        root["spanId"],
        {batch["spanId"]},
    )
    assert {span["traceId"] for span in (root, batch, *calls)} == {root["traceId"]}
    assert [attributes(call) for call in calls] == [
        {
            "http.request.method": "GET",
            "server.address": "127.0.0.1",
            "server.port": base.rpartition(":")[2],
            "boostez.channel": "facebook_page",
            "http.response.status_code": status,
            **more,
        }
        for status, more in (("200", {}), ("404", {"error.type": "404"}))
    ]
    assert attributes(spans["fails"]) == {"error.type": "ValueError"}
    (metric,) = found.metrics
    assert (metric["name"], metric["unit"]) == (telemetry.CALL, "s")
    assert [(attributes(p)["boostez.channel"], p["count"]) for p in metric["histogram"]["dataPoints"]] == [
        ("facebook_page", "1")
    ] * 2
    assert SECRET.encode() not in found.sent
    assert len(found.headers) == 2
    assert not [
        name
        for told in found.headers
        for name in told
        if name.lower() in {"traceparent", "tracestate", "baggage"}
    ]


@pytest.mark.parametrize(
    "said", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}]
)
def test_where_nobody_says_where_to_nothing_is_sent_or_even_imported(
    outside: tuple[str, Outside], said: dict[str, str]
) -> None:
    base, found = outside
    done = ran(base, **said)
    assert (done.stdout, done.stderr, found.sent) == ("False\n", "sent \n", b"")
    assert len(found.headers) == 2


def test_a_collector_that_is_away_fails_nothing(outside: tuple[str, Outside]) -> None:
    base, found = outside
    done = ran(base, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", OTEL_EXPORTER_OTLP_TIMEOUT="1")
    assert len(found.headers) == 2
    assert "Failed to export" in done.stderr or "Connection" in done.stderr, json.dumps(done.stderr)
