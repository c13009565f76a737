"""A delivery's spans: the channel, each batch, each call, also from the threads that send."""

from __future__ import annotations

import re

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from connectors import telemetry
from tests.tasks.test_delivering import carry_out, planned
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", lambda: provider.get_tracer("x"))
    return exporter


def test_a_delivery_s_batches_and_calls_are_parts_of_it(hub: Hub, spans: InMemorySpanExporter) -> None:
    planned(hub, 60)
    assert carry_out(hub).created == 60
    found = spans.get_finished_spans()
    (whole,) = [span for span in found if span.name == "deliver"]
    batches = {span.context.span_id: span for span in found if span.name == "send" and span.context}
    calls = [span for span in found if span.name == "POST"]
    assert whole.context
    assert len(batches) == len(calls) == 2
    assert {span.parent.span_id for span in batches.values() if span.parent} == {whole.context.span_id}
    assert {call.parent.span_id for call in calls if call.parent} == set(batches)
    assert {call.attributes["boostez.channel"] for call in calls if call.attributes} == {"facebook_page"}
    effects = [str(span.attributes["boostez.effect_ids"]) for span in batches.values() if span.attributes]
    assert sorted(int(number) for each in effects for number in re.findall(r"\d+", each)) == list(
        range(1, 61)
    )
    assert {span.context.trace_id for span in found if span.context} == {whole.context.trace_id}


def test_what_a_channel_refuses_is_seen_without_its_words(
    hub: Hub, sandbox: Sandbox, spans: InMemorySpanExporter
) -> None:
    planned(hub, 1)
    sandbox.fault("/graph", "unavailable", seconds=900)
    carry_out(hub)
    failed = [span for span in spans.get_finished_spans() if span.status.status_code is StatusCode.ERROR]
    assert failed
    assert [span.events for span in failed] == [()] * len(failed)
    assert {span.status.description for span in failed} == {None}
