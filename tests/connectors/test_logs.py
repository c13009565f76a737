"""A line of JSON a record: whole, with the ids of what is under way, and without a secret."""

from __future__ import annotations

import json
import logging
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from connectors.logs import Json, bound
from connectors.redaction import hide
from core.redaction import MARK


def line(message: str, *args: object, error: BaseException | None = None) -> str:
    """What a record becomes that is made as any logger makes it."""
    found = (type(error), error, error.__traceback__) if error else None
    make = logging.getLogRecordFactory()
    return Json().format(make("ours", logging.WARNING, __file__, 1, message, args, found))


def told(message: str, *args: object, error: BaseException | None = None) -> dict[str, Any]:
    return dict(json.loads(line(message, *args, error=error)))


def raised(words: str) -> Exception:
    def fail() -> None:
        raise ValueError(words)

    try:
        fail()
    except ValueError as error:
        return error
    raise AssertionError


@given(st.text(), st.text())
def test_whatever_is_said_is_one_object_on_one_line(message: str, words: str) -> None:
    written = line("%s", message, error=raised(words))
    assert len(written.split("\n")) == 1
    found = json.loads(written)
    assert found["message"] == message
    assert found["exception"].startswith("Traceback")
    assert set(found) == {"time", "level", "logger", "message", "exception"}


def test_its_time_is_utc_as_rfc_3339_has_it() -> None:
    record = logging.makeLogRecord({"created": 1_796_025_600.25, "msg": "x"})
    assert json.loads(Json().format(record))["time"] == "2026-11-30T08:00:00.250Z"


def test_what_is_under_way_is_told_inside_of_it_and_in_threads_that_copy_it() -> None:
    with bound(channel="mail"):
        with bound(effect_ids=[1, 2]):
            inside = told("x")
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(copy_context().run, told, "x").result()["effect_ids"] == [1, 2]
                assert "channel" not in pool.submit(told, "x").result()
        after = told("x")
    assert (inside["channel"], inside["effect_ids"]) == ("mail", [1, 2])
    assert (after["channel"], "effect_ids" in after) == ("mail", False)
    assert "channel" not in told("x")


def test_a_line_leads_to_its_trace() -> None:
    with TracerProvider().get_tracer("x").start_as_current_span("x") as span:
        found = told("x")
    assert found["trace_id"] == trace.format_trace_id(span.get_span_context().trace_id)
    assert found["span_id"] == trace.format_span_id(span.get_span_context().span_id)


def test_what_a_library_hangs_on_a_record_stays_out() -> None:
    record = logging.makeLogRecord({"msg": "x", "email": "j.martin@region.example", "name": "a"})
    assert "martin" not in Json().format(record)


@pytest.mark.parametrize("where", ["message", "argument", "error", "id", "late"])
def test_a_secret_is_in_no_line_wherever_it_comes_in(where: str) -> None:
    secret = f"{secrets.token_urlsafe(12)}\"é'\\{secrets.token_urlsafe(12)}"
    hide(secret)
    match where:
        case "message":
            written = line(f"token {secret}")
        case "argument":
            written = line("token %s", secret)
        case "error":
            written = line("it failed", error=raised(f"bad {secret}"))
        case "id":
            with bound(source=secret):
                written = line("it failed")
        case _:  # hung on after the record was made, as handlers of libraries do
            record = logging.makeLogRecord({"msg": "it failed"})
            record.exc_text = f"bad {secret}"
            written = Json().format(record)
    assert MARK in written
    for part in (secret[:14], secret[-14:], json.dumps(secret)[1:-1]):
        assert part not in written
    assert json.loads(written)


def test_warnings_of_python_and_whatever_logs_are_lines_and_the_rest_of_a_process_is_as_it_was() -> None:
    program = (
        "import logging, warnings; from connectors import logs; logs.configure(logs.Json()); assert logs.in_json();"
        "warnings.warn('old\\nways'); logging.getLogger('a').warning('b'); logging.getLogger('boostez').info('c'); print('d')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [json.loads(each)["logger"] for each in done.stderr.splitlines()] == [
        "py.warnings",
        "a",
        "boostez",
    ]
    assert done.stdout == "d\n"
