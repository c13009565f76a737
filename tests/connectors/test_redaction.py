"""What no log record may hold, whoever makes it."""

from __future__ import annotations

import logging
import secrets
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors import redaction
from connectors.redaction import hide
from connectors.settings import PREFIX, Settings, settings
from core.redaction import MARK


@pytest.fixture
def secret() -> str:
    made = secrets.token_urlsafe(24)
    hide(made)
    return made


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """What a handler of its own writes, at DEBUG."""
    written: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Handler()
    logger = logging.getLogger("of a library")
    logger.addHandler(handler)
    with caplog.at_level(logging.DEBUG, "of a library"):
        yield written
    logger.removeHandler(handler)


@pytest.mark.parametrize("where", ["message", "argument", "arguments by name", "object", "text around"])
def test_a_secret_is_taken_out_of_any_record(secret: str, lines: list[str], where: str) -> None:
    class Thing:
        def __repr__(self) -> str:
            return f"<Thing {secret}>"

    log = logging.getLogger("of a library")
    match where:
        case "message":
            log.debug(f"token {secret}")  # noqa: G004 - what a library may do
        case "argument":
            log.debug("token %s", secret)
        case "arguments by name":
            log.debug("token %(token)s", {"token": secret})
        case "object":
            log.debug("token %r", Thing())
        case _:
            log.debug("GET https://a.example/?token=%s&x=1", secret)
    assert len(lines) == 1
    assert secret not in lines[0]
    assert MARK in lines[0]


def test_a_secret_is_taken_out_of_an_error(secret: str, lines: list[str]) -> None:
    def refuse() -> None:
        raise ValueError(f"bad token {secret}")

    def fail() -> None:
        try:
            refuse()
        except ValueError as error:
            raise RuntimeError("no answer") from error

    try:
        fail()
    except RuntimeError:
        logging.getLogger("of a library").exception("it failed")
    assert secret not in lines[0]
    assert f"ValueError: bad token {MARK}" in lines[0]
    assert "RuntimeError: no answer" in lines[0]


def test_a_record_without_a_secret_is_left_as_it_is(
    lines: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("of a library").debug("%d of %s", 3, "cinq")
    assert lines == ["3 of cinq"]
    assert caplog.records[-1].args == (3, "cinq")


def test_arguments_that_do_not_fit_are_reported_without_the_secret(
    secret: str, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("of a library").debug("%d offers", secret)
    assert secret not in f"{lines}{capsys.readouterr()}"


_FORMS = {"alert_destinations": '{"default": ["{}"]}'}  # of settings that are more than a word or a list


def test_whoever_reads_the_settings_hides_their_secrets(
    monkeypatch: pytest.MonkeyPatch, lines: list[str]
) -> None:
    made = {}
    for name, field in Settings.model_fields.items():
        if "SecretStr" in str(field.annotation):
            made[name] = secrets.token_hex(16)
            given = _FORMS.get(name, '["{}"]' if "list" in str(field.annotation) else "{}")
            monkeypatch.setenv(PREFIX + name.upper(), given.replace("{}", made[name]))
    password = secrets.token_hex(16)
    monkeypatch.setenv("BOOSTEZ_DATABASE_URL", f"postgresql://me:{password}%21@base.example/x")
    settings.cache_clear()
    settings()
    settings.cache_clear()
    for secret in (*(value for name, value in made.items() if name != "database_url"), f"{password}!"):
        logging.getLogger("of a library").debug("it is %s", secret)
    assert lines == [f"it is {MARK}"] * len(made)
    assert len(made) >= 4


def test_what_one_thread_hides_keeps_no_other_from_logging(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`boostez doctor`, whose checks run beside each other, told "deque mutated during iteration" as what was wrong with alerts."""
    monkeypatch.setattr(redaction, "_secrets", deque(maxlen=redaction.KEPT))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(1) as other:
            hiding = other.submit(lambda: deque(map(hide, map(str, range(10_000_000, 10_002_000)))))
            for _ in range(2000):
                logging.getLogger("of a library").warning("all is well")
            hiding.result()
    finally:
        sys.setswitchinterval(before)
    assert set(lines) == {"all is well"}
