"""Logs as one JSON object a line, for whoever gathers them; and the ids that every line of a piece of work carries.

Belongs here: the form of a line, and what is bound to it. Does not: which loggers there are, Prefect's ids (deployments/run_logs.py), or
keeping secrets out of records (redaction.py).

A line has ``time`` (UTC, RFC 3339), ``level``, ``logger``, ``message``; with an error ``exception``; and what is known of ``IDS``. Nothing
else of a record gets in: what a library hangs on one may be anybody's.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, Final, Literal

from opentelemetry import trace

from connectors.redaction import hidden

Format = Literal["text", "json"]
OURS: Final = "boostez"  # the logger of what a command tells of itself
Id = str | int | list[int]
IDS: Final = (
    *("flow_run_id", "flow", "deployment_id", "task_run_id", "task"),
    *("source", "channel", "effect_ids", "request_id", "method", "route"),
)
"""The ids that a line may carry, beside ``trace_id`` and ``span_id``."""
_bound: Final[ContextVar[Mapping[str, Id] | None]] = ContextVar("bound", default=None)


def bind(**known: Id) -> Token[Mapping[str, Id] | None]:
    """What is logged from now on in this context carries these of ``IDS``."""
    assert known.keys() <= set(IDS)
    return _bound.set({**ids(), **known})


@contextmanager
def bound(**known: Id) -> Iterator[None]:
    """As ``bind``, for what is inside; in another thread too, when it runs in a copy of this context."""
    before = bind(**known)
    try:
        yield
    finally:
        _bound.reset(before)


def ids() -> Mapping[str, Id]:
    """What is bound now."""
    return _bound.get() or {}


class Json(logging.Formatter):
    """A record as one line of JSON, without the secrets that this process holds."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        told: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text or record.exc_info:
            told["exception"] = record.exc_text or self.formatException(record.exc_info or (None, None, None))
        known = {**ids(), **self.ids(record)}
        told |= {name: known[name] for name in IDS if name in known}
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            told |= {
                "trace_id": trace.format_trace_id(span.trace_id),
                "span_id": trace.format_span_id(span.span_id),
            }
        safe = {name: hidden(value) if isinstance(value, str) else value for name, value in told.items()}
        return json.dumps(safe, ensure_ascii=False)

    def ids(self, record: logging.LogRecord) -> Mapping[str, Id]:
        """Ids that the record itself, or whoever runs it, knows."""
        del record
        return {}


def configure(lines: Json) -> None:
    """Have everything that this process logs, and Python's own warnings, be such lines on its standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(lines)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(OURS).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


def in_json() -> bool:
    """Whether this process was configured so."""
    return any(isinstance(handler.formatter, Json) for handler in logging.getLogger().handlers)
