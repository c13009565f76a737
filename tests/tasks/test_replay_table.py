"""What a replay leaves in the Prefect UI for whoever filled its form."""

from __future__ import annotations

from connectors.region.publishing.replays import Replayed
from tasks.recheck import Rechecked
from tasks.replay import Outcome
from tasks.replay_table import AGAIN, rechecked, replayed
from tasks.run import Delivered

THREE = {"by_cause": {"token": 2, "content": 1}, "by_channel": {"facebook_page": 3}, "examples": ["a|b"]}


def test_a_dry_run_says_what_would_be_done_and_how_to_do_it() -> None:
    told = replayed(Outcome(Replayed(number=3, dry=True, **THREE)))  # type: ignore[arg-type]
    assert told.startswith("# 3 effects would be replayed\n")
    assert AGAIN in told
    assert "| token | 2 |\n| content | 1 |\n" in told
    assert "| facebook_page | 3 |\n" in told
    assert "- a\\|b\n" in told


def test_a_replay_says_what_came_of_it_on_each_channel() -> None:
    done = {"facebook_page": Delivered(created=2, refused=1, error="Too <long>")}
    told = replayed(Outcome(Replayed(number=3, dry=False, **THREE), done))  # type: ignore[arg-type]
    assert told.startswith("# 3 effects replayed\n")
    assert AGAIN not in told
    assert "| facebook_page | 2 | 0 | 0 | 0 | 1 | Too \\<long\\> |\n" in told


def test_where_nothing_failed_it_says_so() -> None:
    assert replayed(Outcome(Replayed(0, {}, {}, [], dry=False))).startswith("# No effect is to be replayed\n")


def test_a_quarantine_judged_anew_says_what_was_let_in_and_what_follows() -> None:
    assert rechecked(Rechecked(1, 2)).startswith("# 1 payload let in, 2 kept in quarantine\n\nThe next sync")
    assert AGAIN in rechecked(Rechecked(2, 0, dry=True, examples=["J-1"]))
