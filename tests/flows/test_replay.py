from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from connectors.region.access import acts
from connectors.region.ledger import channel_state
from connectors.region.offers import quarantine
from flows.replay import replay_channel, replay_effects, replay_quarantine
from schemas.errors import Misconfigured, Refused
from tests.flows.stories import is_json
from tests.hands import sql
from tests.worlds import Hub, Sandbox, everywhere, stock

pytestmark = pytest.mark.database
BATCH = r"/graph/v\d+\.\d+/$"
PAGE = "facebook_page"


@pytest.fixture
def expired(flowing: Hub, sandbox: Sandbox) -> Hub:
    """Three posts failed because the token had expired; it is good again."""
    stock(flowing, 1, 2, 3)
    sandbox.fault(BATCH, "expire_token", method="POST")
    flowing.put_out(PAGE)
    channel_state.resume(flowing.region, PAGE)
    return flowing


def test_failed_effects_are_shown_first_and_replayed_once(expired: Hub, sandbox: Sandbox) -> None:
    dry = replay_effects(by="Ada", cause="token")
    assert is_json(dry)
    assert (dry["replayed"]["number"], dry["replayed"]["dry"], dry["channels"]) == (3, True, {})
    assert replay_effects(by="Ada", cause="token") == dry, "looking is free"
    assert sandbox.truth()["graph"]["created"] == 0
    assert sql(expired.region, "SELECT 1 FROM run WHERE flow = 'replay-effects'") == []

    told = replay_effects(by="Ada", cause="token", dry_run=False)

    assert is_json(told)
    assert told["channels"][PAGE]["created"] == 3
    with pytest.raises(Refused, match="The same replay began"):
        replay_effects(by="Ada", cause="token", dry_run=False)
    assert replay_effects(by="Ada", cause="limit", dry_run=False)["replayed"]["number"] == 0, "another wish"
    assert sandbox.truth()["graph"]["created"] == 3
    [run, _] = sql(
        expired.region, "SELECT finished_at, summary FROM run WHERE flow = 'replay-effects' ORDER BY id"
    )
    assert run.finished_at
    assert run.summary == told


def test_references_in_another_order_are_the_same_wish(expired: Hub) -> None:
    replay_effects(by="Ada", refs=["J-1", "J-2"], dry_run=False)
    with pytest.raises(Refused, match="The same replay began"):
        replay_effects(by="Ada", refs=["J-2", "J-1", "J-2"], dry_run=False)
    assert replay_effects(by="Ada", refs=["J-3"], dry_run=False)["replayed"]["number"] == 1
    assert expired.audit(PAGE).agrees


@pytest.mark.usefixtures("expired")
def test_of_two_clicks_at_once_one_replays(sandbox: Sandbox) -> None:
    together = Barrier(2)

    def click(_: int) -> Any:
        together.wait()
        try:
            return replay_effects(by="Ada", channel=PAGE, dry_run=False)["replayed"]["number"]
        except Refused:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(map(str, pool.map(click, range(2)))) == ["3", "refused"]
    assert sandbox.truth()["graph"]["created"] == 3


def test_a_channel_is_shown_first_and_written_again(flowing: Hub, sandbox: Sandbox) -> None:
    stock(flowing, 1, 2)
    everywhere(flowing)
    before = sandbox.truth()["graph"]

    dry = replay_channel(by="Ada", channel=PAGE)
    assert is_json(dry)
    assert dry["replayed"]["number"] == 2
    assert sandbox.truth()["graph"] == before

    told = replay_channel(by="Ada", channel=PAGE, refs=["J-1"], dry_run=False)
    assert told["channels"][PAGE]["updated"] == 1
    assert sandbox.truth()["graph"]["updated"] == before["updated"] + 1
    with pytest.raises(Refused):
        replay_channel(by="Ada", channel=PAGE, refs=["J-1"], dry_run=False)


@pytest.mark.parametrize("asked", [{"channel": "page"}, {"cause": "tokens"}])
@pytest.mark.usefixtures("flowing")
def test_what_is_misspelt_is_said(asked: dict[str, Any]) -> None:
    """A replay of nothing looked like one that was done."""
    with pytest.raises(Misconfigured, match=r"There is no '(page|tokens)': there are"):
        replay_effects(by="Ada", **asked)


@pytest.mark.parametrize("name", ["page", "alerts"])
@pytest.mark.usefixtures("flowing")
def test_only_what_carries_offers_is_written_again(name: str) -> None:
    """Every alert that was ever sent would have gone out a second time."""
    with pytest.raises(Misconfigured, match=f"There is no '{name}'"):
        replay_channel(by="Ada", channel=name, dry_run=False)


@pytest.mark.catalogue(4, 4)
def test_quarantine_is_shown_first_and_let_in_once(flowing: Hub, sandbox: Sandbox) -> None:
    """A rule of ours refused every training by mistake, and is mended."""
    from core import verdicts
    from schemas.documents import Reason
    from tasks import validate

    right = verdicts.judge
    strict = (Reason("/title", "title_length", "", "Write a shorter title."),)

    def judge(source: Any, raw: bytes) -> Any:
        verdict = right(source, raw)
        return strict if not isinstance(verdict, tuple) and b'"training"' in raw else verdict

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validate, "judge", judge)
        flowing.take_in()
    held = quarantine.counts(flowing.region)["title_length"]
    assert held >= 2

    dry = replay_quarantine(by="Ada", cause="title_length")
    assert is_json(dry)
    assert (dry["released"], dry["dry"], len(dry["examples"])) == (held, True, held)
    assert quarantine.counts(flowing.region)["title_length"] == held
    assert sql(flowing.region, "SELECT count(*) AS n FROM offer WHERE kind = 'training'")[0].n == 0
    assert replay_quarantine(by="Ada", cause="another_rule")["released"] == 0
    assert replay_quarantine(by="Ada", refs=dry["examples"][:1])["released"] == 1

    with flowing.region.sole_sync("contractor"), pytest.raises(Refused, match="Another sync of contractor"):
        replay_quarantine(by="Ada", cause="title_length", dry_run=False)
    told = replay_quarantine(by="Ada", cause="title_length", dry_run=False)

    assert (told["released"], told["dry"]) == (held, False)
    assert "title_length" not in quarantine.counts(flowing.region)
    assert sql(flowing.region, "SELECT count(*) AS n FROM offer WHERE kind = 'training'")[0].n == held
    with pytest.raises(Refused, match="The same replay began"):
        replay_quarantine(by="Ada", cause="title_length", dry_run=False)
    log = [(act.by, act.did, act.outcome) for act in acts.listed(flowing.region, on="replay")]
    assert log == [("Ada", "replayed", "done"), ("Ada", "replayed", "refused"), ("Ada", "replayed", "done")]
    with pytest.raises(Misconfigured, match="No source 'nobody'"):
        replay_quarantine(by="Ada", source="nobody")
    assert sandbox.truth()["graph"]["created"] == 0, "the next sync publishes them"
