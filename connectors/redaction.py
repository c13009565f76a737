"""The secrets that this process holds, kept out of everything that it logs.

Belongs here: remembering secrets, and the hook through which every log record passes, whatever its logger, level or
handler. Does not: how a secret may be spelled (core/redaction.py).

It is the second line: secrets travel as SecretStr, leave in headers and bodies, and what an outside system repeats of them
is taken out of its answer (http.py). Third-party libraries log what they like, and so may we by mistake.
"""

from __future__ import annotations

import logging
import traceback
from collections import deque
from functools import cache
from threading import RLock
from typing import Any, Final

from core.redaction import redacted

KEPT: Final = 100  # secrets: tokens are renewed, and old ones expire
_secrets: deque[str] = deque(maxlen=KEPT)
_hiding = RLock()  # a signal may log while its own thread hides


def hide(secret: str) -> None:
    """Keep a secret out of every log record that this process makes from now on."""
    _install()
    with _hiding:
        if secret not in _secrets:
            _secrets.append(secret)


def hidden(text: str) -> str:
    """A text that is shown or sent elsewhere than to a log, without the secrets that this process holds."""
    return redacted(text, _known())


def _known() -> tuple[str, ...]:
    """As of now: other threads hide theirs meanwhile."""
    with _hiding:
        return tuple(_secrets)


@cache
def _install() -> None:
    make = logging.getLogRecordFactory()

    def make_redacted(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        _redact(record)
        return record

    logging.setLogRecordFactory(make_redacted)


def _redact(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    except (
        TypeError,
        ValueError,
    ):  # arguments that do not fit: logging reports that itself, with the arguments
        message = f"{record.msg} {record.args}"
    if (safe := redacted(message, _known())) != message:
        record.msg, record.args = safe, ()
    if record.exc_info and record.exc_info[0]:
        told = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        if (safe := redacted(told, _known())) != told:
            record.exc_info, record.exc_text = None, safe  # formatters append the text
