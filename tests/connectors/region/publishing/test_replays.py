from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from connectors.region.database import Region
from connectors.region.ledger import ledger
from connectors.region.offers import offers
from connectors.region.publishing import planning, replays
from connectors.region.publishing.replays import Choice, Replayed
from core.effects import Only, Receipt
from core.policy import Policy
from schemas.errors import Refused
from schemas.offer import key_of
from tests.hands import sql
from tests.makers import incoming, job

pytestmark = pytest.mark.database
FORM = "post-1"
PAGE = Policy("facebook_page", ("job",))
FEED = Policy("aggregator_feed", ("job",))
OUTCOMES: dict[str, dict[str, Any]] = {
    "J-0": {"outcome": "done", "remote_id": "1_1"},
    "J-1": {"outcome": "retry", "cause": "token", "after": 300.0, "error": "Graph 190: expired"},
    "J-2": {"outcome": "retry", "cause": "token", "after": 300.0, "error": "Graph 190: expired"},
    "J-3": {"outcome": "retry", "cause": "limit", "after": 300.0, "error": "Graph 32: too fast"},
    "J-4": {"outcome": "rejected", "cause": "content", "error": "Graph 100: refused"},
    "J-5": {"outcome": "unknown", "cause": "answer", "error": "HTTP 500"},
    "J-6": {"outcome": "parked", "cause": "lookup", "error": "it may have happened"},
}
KEYS = {key_of("contractor", ref): ref for ref in [*OUTCOMES, "J-7"]}


@pytest.fixture
def troubled(region: Region) -> Region:
    """Two channels on which seven effects came to all that an effect can come to; an eighth was not tried yet."""
    offers.merge(region, 1, "contractor", [incoming(job(ref, title=f"Offre {ref}")) for ref in OUTCOMES])
    for policy in (PAGE, FEED):
        planning.plan(region, policy, FORM, dt.date(2026, 11, 24))
        lease, intents = ledger.claim(region, policy.channel, FORM, 50, 600)
        ledger.receive(region, lease, [Receipt(i.effect, **OUTCOMES[KEYS[i.subject]]) for i in intents])
    offers.merge(region, 1, "contractor", [incoming(job("J-7"))])
    planning.plan(region, PAGE, FORM, dt.date(2026, 11, 24))
    return region


def rows(region: Region) -> list[Any]:
    return sql(region, "SELECT * FROM effect ORDER BY id")


def due(region: Region, channel: str = PAGE.channel) -> list[str]:
    _, intents = ledger.claim(region, channel, FORM, 50, 600, Only(cause="asked"))
    return sorted(KEYS[intent.subject] for intent in intents)


@pytest.mark.parametrize(
    ("choice", "refs"),
    [
        (Choice(channel="facebook_page"), ["J-1", "J-2", "J-3", "J-4"]),
        (Choice(channel="facebook_page", cause="token"), ["J-1", "J-2"]),
        (Choice(channel="facebook_page", cause="content"), ["J-4"]),
        (Choice(channel="facebook_page", cause="answer"), []),
        (Choice(channel="facebook_page", cause="lookup"), []),
        (Choice(channel="facebook_page", cause="lookup", parked=True), ["J-6"]),
        (Choice(channel="facebook_page", parked=True), ["J-1", "J-2", "J-3", "J-4", "J-6"]),
        (Choice(channel="facebook_page", refs=["J-2", "J-0", "J-7", "nobody"]), ["J-2"]),
        (Choice(channel="facebook_page", refs=[key_of("contractor", "J-3")]), ["J-3"]),
        (Choice(channel="alerts"), []),
    ],
    ids=str,
)
def test_a_replay_has_exactly_what_was_asked_for_tried_again(
    troubled: Region, choice: Choice, refs: list[str]
) -> None:
    """Never what is done, unknown, or was not tried yet; what nobody can look up only when it is said."""
    others = [row for row in rows(troubled) if KEYS[row.subject] not in refs or row.channel != PAGE.channel]

    dry = replays.failed(troubled, choice, dry=True)
    done = replays.failed(troubled, choice, dry=False)

    assert (dry.number, dry.by_cause, dry.examples) == (done.number, done.by_cause, done.examples)
    assert (done.number, done.dry, dry.dry) == (len(refs), False, True)
    assert due(troubled) == refs
    assert [row for row in rows(troubled) if row.id in {other.id for other in others}] == others


def test_a_replay_without_a_filter_is_of_every_channel_and_says_why_each_failed(troubled: Region) -> None:
    told = replays.failed(troubled, Choice(), dry=True)

    assert told.number == 8
    assert told.by_channel == {"facebook_page": 4, "aggregator_feed": 4}
    assert told.by_cause == {"token": 4, "limit": 2, "content": 2}
    assert any("Offre J-4" in line and "Graph 100: refused" in line for line in told.examples)


def test_a_dry_replay_writes_nothing(troubled: Region) -> None:
    before, written = rows(troubled), troubled.rows_written

    replays.failed(troubled, Choice(parked=True), dry=True)
    replays.carried(troubled, Choice(channel=PAGE.channel), dry=True)

    assert rows(troubled) == before
    assert troubled.rows_written == written


def test_what_changed_before_since_is_left_alone(troubled: Region) -> None:
    sql(troubled, "UPDATE effect SET changed_at = now() - interval '2 days' WHERE cause = 'token'")
    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)

    told = replays.failed(troubled, Choice(channel=PAGE.channel, since=since), dry=False)

    assert told.by_cause == {"limit": 1, "content": 1}
    assert due(troubled) == ["J-3", "J-4"]


def test_a_channel_is_written_again_with_what_it_carries_and_nothing_else(troubled: Region) -> None:
    told = replays.carried(troubled, Choice(channel=PAGE.channel), dry=False)

    assert (told.number, told.by_channel) == (1, {"facebook_page": 1})
    _, intents = ledger.claim(troubled, PAGE.channel, FORM, 50, 600, Only(cause="asked"))
    assert [(KEYS[i.subject], i.operation, i.remote_id) for i in intents] == [("J-0", "update", "1_1")]


def test_what_a_guard_keeps_is_not_set_free_by_a_replay(troubled: Region) -> None:
    sql(
        troubled,
        "INSERT INTO held_plan (kind, place, guard, message, hash, numbers, examples) VALUES "
        "('channel', 'facebook_page', 'withdrawals_in_a_run', 'm', 'h', '{}', '[]')",
    )
    sql(troubled, "UPDATE effect SET held_by = (SELECT id FROM held_plan) WHERE cause = 'token'")

    replays.failed(troubled, Choice(channel=PAGE.channel, cause="token"), dry=False)

    assert due(troubled) == []


ASKED = {"channel": "facebook_page", "cause": "token", "refs": ["A", "B"], "since": None}


def test_the_same_replay_again_is_a_double_click(region: Region) -> None:
    number = replays.begin(region, "replay-effects", ASKED, 600)

    with pytest.raises(Refused, match=rf"The same replay began 0 s ago \(run {number}\).*after 600 s"):
        replays.begin(region, "replay-effects", dict(reversed(ASKED.items())), 600)


@pytest.mark.parametrize(
    ("flow", "asked"),
    [
        ("replay-effects", {**ASKED, "cause": "limit"}),
        ("replay-effects", {**ASKED, "refs": ["A"]}),
        ("replay-effects", {**ASKED, "channel": None}),
        ("replay-channel", ASKED),
    ],
)
def test_another_replay_is_none(region: Region, flow: str, asked: dict[str, Any]) -> None:
    first = replays.begin(region, "replay-effects", ASKED, 600)
    assert replays.begin(region, flow, asked, 600) > first


def test_the_same_replay_may_be_asked_for_when_its_time_is_over(region: Region) -> None:
    first = replays.begin(region, "replay-effects", ASKED, 600)
    sql(region, "UPDATE run SET started_at = started_at - interval '599 seconds'")
    with pytest.raises(Refused):
        replays.begin(region, "replay-effects", ASKED, 600)
    sql(region, "UPDATE run SET started_at = started_at - interval '1 second'")
    assert replays.begin(region, "replay-effects", ASKED, 600) > first


def test_a_replay_that_could_not_be_done_is_no_click(region: Region) -> None:
    """A sync held the quarantine; the second try, a minute later, was refused as a double click."""
    first = replays.begin(region, "replay-quarantine", ASKED, 600)
    replays.give_up(region, first)
    assert replays.begin(region, "replay-quarantine", ASKED, 600) > first


def test_of_two_clicks_at_the_very_same_time_one_wins(region: Region) -> None:
    together = Barrier(4)

    def click(_: int) -> bool:
        together.wait()
        try:
            replays.begin(region, "replay-effects", ASKED, 600)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(click, range(4))) == [False, False, False, True]
    assert len(sql(region, "SELECT id FROM run")) == 1


def test_a_replay_of_nothing_says_so(region: Region) -> None:
    assert replays.failed(region, Choice(), dry=False) == Replayed(0, {}, {}, [], dry=False)
