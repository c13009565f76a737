from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.writing import Moot, NotNow, Writer, by_tag, line, refused, written
from core.effects import Intent, Receipt
from schemas.errors import Rejected, Unreachable
from tests.makers import NOON


def intent(content: bytes = b'{"about":"bread"}') -> Intent:
    return Intent(7, "s", "create", "s-1", None, content, NOON)


WRITERS: dict[str, Writer[str]] = {
    "bread": lambda content: f"bread: {content.decode()}",
    "milk": lambda _: Moot("it is sour"),
    "eggs": lambda _: NotNow(60.0, "the hens sleep"),
}


def test_each_content_goes_to_the_writer_that_it_is_about() -> None:
    content = b'{"about":"bread","number":3}'
    assert written(intent(content), by_tag(WRITERS)) == f"bread: {content.decode()}"


def test_what_is_moot_is_refused_for_a_cause_that_is_no_failure() -> None:
    receipt = written(intent(b'{"about":"milk"}'), by_tag(WRITERS))
    assert receipt == Receipt(7, "rejected", error="it is sour", cause="moot")


def test_what_is_not_for_now_is_put_off_without_a_cause() -> None:
    receipt = written(intent(b'{"about":"eggs"}'), by_tag(WRITERS))
    assert receipt == Receipt(7, "retry", after=60.0, error="the hens sleep")


@pytest.mark.parametrize(
    "content", [b'{"about":"ham"}', b"{}", b'{"about":3}', b"[]", b"", b'{"kind":"confirm","posting":1}']
)
def test_what_nobody_writes_about_is_refused_and_the_others_go_on(content: bytes) -> None:
    receipt = written(intent(content), by_tag(WRITERS))
    assert isinstance(receipt, Receipt)
    assert (receipt.outcome, receipt.cause) == ("rejected", "content")


def test_a_writer_that_refuses_says_why() -> None:
    def writer(_: bytes) -> str:
        raise Rejected("no such session")

    assert written(intent(), writer) == refused(intent(), "no such session")


def test_a_database_that_is_away_is_the_channel_s_trouble() -> None:
    def writer(_: bytes) -> str:
        raise Unreachable("the database is away")

    with pytest.raises(Unreachable):
        written(intent(), writer)


def test_a_fault_in_a_writer_says_where_and_tells_nothing_of_its_values(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One template's fault ended the worker: what it had claimed was unknown then, and waited for a person."""

    def writer(_: bytes) -> str:
        raise KeyError("contact@fournil.example")

    receipt = written(intent(), writer)
    assert isinstance(receipt, Receipt)
    assert (receipt.outcome, receipt.cause) == ("rejected", "content")
    assert (receipt.error or "").startswith(
        "it could not be written: KeyError in tests/connectors/test_writing.py, line "
    )
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "effect 7" in record.getMessage()
    assert "fournil" not in f"{receipt}{caplog.text}"


@given(st.text(), st.integers(2, 300))
def test_what_somebody_wrote_is_one_short_line(words: str, longest: int) -> None:
    told = line(words, longest)
    assert len(told.splitlines()) <= 1
    assert len(told) <= longest
    assert told == line(told, longest)


def test_french_spaces_stay_and_what_deceives_the_eye_goes() -> None:
    assert line("  Lyon\u00a0: le\r\nmarché\u202f!\t ") == "Lyon\u00a0: le marché\u202f!"
    assert line("\u202eevil\u200b") == "evil"
