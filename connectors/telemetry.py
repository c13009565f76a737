"""Traces, and the durations of calls, in OpenTelemetry's words; sent by OTLP when the standard OTEL_* variables say where to.

Belongs here: spans, the one metric that no row can tell, starting the exporters. Does not: what Prometheus reads (region/upkeep/metrics.py,
portal/metrics.py), logs (logs.py), or where a span belongs.

Without these variables a span is a few microseconds, and the SDK is not even imported. No span says more than kinds, names of ours,
numbers, hosts and ports: no address with its path, no message of an error, nobody's name. No call tells anybody its trace: those that we call are
others, and what is ours among them (the portal's readiness, Prefect's health) traces nothing.

Sources: OpenTelemetry semantic conventions 1.43, HTTP spans and HTTP metrics; OpenTelemetry environment variable specification.
"""

from __future__ import annotations

import atexit
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Final
from urllib.parse import unquote

from opentelemetry import context, metrics, trace
from opentelemetry.metrics import Histogram
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue

from connectors.logs import ids
from connectors.redaction import hide

SCOPE: Final = "boostez"
_SIGNALS: Final = ("OTEL_EXPORTER_OTLP", "OTEL_EXPORTER_OTLP_TRACES", "OTEL_EXPORTER_OTLP_METRICS")
VARIABLES: Final = tuple(f"{signal}_ENDPOINT" for signal in _SIGNALS)
"""Any of these has traces and durations sent; OTEL_SDK_DISABLED=true has not, whatever they say."""
CALL: Final = "http.client.request.duration"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60)
_UNLESS_SAID: Final = {
    "OTEL_SERVICE_NAME": SCOPE,
    # A run's process is short: nobody could tell its count from the next one's.
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "3",  # seconds, not 10: a collector that is away would hold up the end of every run
}
_logger: Final = logging.getLogger(__name__)


def chosen(environment: Mapping[str, str]) -> bool:
    """Whether this environment says where to send."""
    off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return not off and any(environment.get(name) for name in VARIABLES)


def installed() -> bool:
    """Whether what sends is there: the extra ``otlp``."""
    try:
        import opentelemetry.exporter.otlp.proto.http  # noqa: F401, PLC0415 - imported by who sends
    except ImportError:
        return False
    return True


@contextmanager
def span(name: str, kind: SpanKind = SpanKind.INTERNAL, **attributes: AttributeValue) -> Iterator[Span]:
    """What happens inside, as a part of what happens around it. Dots of ``attributes`` are written as ``__``."""
    told = {key.replace("__", "."): value for key, value in attributes.items()}
    with _tracer().start_as_current_span(
        name, kind=kind, attributes=told, record_exception=False, set_status_on_exception=False
    ) as begun:
        try:
            yield begun
        except Exception as error:
            failed(begun, type(error).__name__)
            raise


def failed(begun: Span, kind: str) -> None:
    """It went wrong, in this way: an error's name or a status, never its words."""
    begun.set_attribute("error.type", kind)
    begun.set_status(Status(StatusCode.ERROR))


class Call:
    """An HTTP call under way; ``status`` is to be set when there is an answer."""

    status: int | None = None


@contextmanager
def call(method: str, host: str, port: int) -> Iterator[Call]:
    """An HTTP call to a host, its span and its duration; of which channel or source is what is bound (logs.py)."""
    made, begun = Call(), time.perf_counter()
    told: dict[str, AttributeValue] = {
        "http.request.method": method,
        "server.address": host,
        "server.port": port,
        **{f"boostez.{name}": str(ids()[name]) for name in ("channel", "source") if name in ids()},
    }
    try:
        with span(method, SpanKind.CLIENT, **told) as current:
            try:
                yield made
            finally:
                if made.status is not None:
                    told["http.response.status_code"] = made.status
                    current.set_attribute("http.response.status_code", made.status)
                    if made.status >= 400:
                        told["error.type"] = str(made.status)
                        failed(current, str(made.status))
    except Exception as error:
        told["error.type"] = type(error).__name__
        raise
    finally:
        _durations().record(time.perf_counter() - begun, told)


@contextmanager
def run(number: str, flow: str) -> Iterator[None]:
    """What a process does for one run, under one span that lasts until the process ends; inside of another span nothing."""
    if not chosen(os.environ) or trace.get_current_span().get_span_context().is_valid:
        yield
        return
    token = context.attach(trace.set_span_in_context(_run(number, flow)))
    try:
        yield
    finally:
        context.detach(token)


@cache
def _run(number: str, flow: str) -> Span:
    told = {"prefect.flow_run.id": number, "prefect.flow.name": flow}
    begun = _tracer().start_span(f"flow {flow}", context=context.Context(), attributes=told)
    atexit.register(begun.end)
    return begun


@cache
def _tracer() -> Tracer:
    _start()
    return trace.get_tracer(SCOPE)


@cache
def _durations() -> Histogram:
    _start()
    return metrics.get_meter(SCOPE).create_histogram(
        CALL, "s", "Duration of HTTP calls.", explicit_bucket_boundaries_advisory=_SECONDS
    )


@cache
def _start() -> None:
    """Have this process send, if it is told where to. What is left is sent when it ends."""
    if not chosen(os.environ):
        return
    if not installed():
        _logger.error("OTEL_* says where to send traces, and nothing that sends is installed: boostez[otlp]")
        return
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    for signal in _SIGNALS:
        for header in filter(None, os.environ.get(f"{signal}_HEADERS", "").split(",")):
            hide(unquote(header.partition("=")[2].strip()).removeprefix("Bearer ").removeprefix("Basic "))
    for name, value in _UNLESS_SAID.items():
        os.environ.setdefault(name, value)
    resource = Resource.create()
    if os.environ.get(VARIABLES[0]) or os.environ.get(VARIABLES[1]):
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(provider)
    if os.environ.get(VARIABLES[0]) or os.environ.get(VARIABLES[2]):
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        metrics.set_meter_provider(MeterProvider([reader], resource=resource))
