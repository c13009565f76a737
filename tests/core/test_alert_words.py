"""A notice says what, since when, what is affected, who acts and how."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import msgspec
import pytest

from core import alert_words
from core.alert_words import Facts
from core.alerting import Why

FACTS = Facts(
    why="raised",
    title="contractor could not be read",
    message="No answer.",
    raised_at=dt.datetime(2026, 12, 1, 11, 5, tzinfo=dt.UTC),
    resolved_at=None,
    times=49_000,
    returns=2,
    affected="offers of contractor",
    who="the offers desk",
    how="docs/runbook/contractor-unreachable.md",
)


def test_it_says_what_since_when_what_is_affected_who_acts_and_how() -> None:
    assert alert_words.title(FACTS) == "contractor could not be read"
    assert alert_words.text(FACTS).splitlines() == [
        "No answer.",
        "",
        "Since: 2026-12-01 12:05 (Paris), seen 49000 times. It came back 2 times meanwhile.",
        "Affected: offers of contractor",
        "Who acts: the offers desk",
        "How: docs/runbook/contractor-unreachable.md",
    ]


def test_a_repeat_says_who_acknowledged_it() -> None:
    again = msgspec.structs.replace(FACTS, why="again", acknowledged_by="Ada")
    assert "Acknowledged by: Ada" in alert_words.text(again)


def test_an_end_says_how_long_it_stood() -> None:
    over = msgspec.structs.replace(FACTS, why="resolved", resolved_at=FACTS.raised_at + dt.timedelta(hours=2))
    assert alert_words.text(over) == (
        "It stood from 2026-12-01 12:05 (Paris) to 2026-12-01 14:05 (Paris). It came back 2 times meanwhile."
    )


@pytest.mark.parametrize("why", get_args(Why))
def test_every_title_tells_which_alert_and_which_notice(why: Why) -> None:
    title = alert_words.title(msgspec.structs.replace(FACTS, why=why))
    assert title.endswith(FACTS.title)
    assert (title == FACTS.title) is (why == "raised")
