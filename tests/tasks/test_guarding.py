"""Guards from end to end: a contractor whose catalogue shrinks, channels that carry it, people who are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree
from prefect.logging import disable_run_logger
from pydantic import SecretStr
from sqlalchemy import text

from connectors.region.alerting import alerts
from connectors.region.ledger import channel_state
from connectors.region.offers import offers, quarantine, walks
from connectors.region.publishing import plans
from connectors.region.publishing.plans import Held
from connectors.registry import CHANNELS, ONLY
from schemas.errors import Refused
from tasks.audit import audit
from tasks.run import Figures
from tasks.withdraw import withdraw
from tests.worlds import POLICIES, Hub, Sandbox, decided, stock

pytestmark = pytest.mark.database


def sync(hub: Hub, mode: str = "full") -> Figures:
    """What the flow does: take in, put out everywhere, tell."""
    figures = hub.take_in(mode)
    for name in CHANNELS:
        hub.put_out(name)
        hub.settle(name)
    hub.tell()
    return figures


def carried(hub: Hub, sandbox: Sandbox) -> dict[str, int]:
    """What residents see on each channel, by the channel's own word."""
    with hub.region.begin() as connection:
        board = connection.execute(text("SELECT count(*) FROM board WHERE withdrawn_at IS NULL")).scalar_one()
    feed = hub.settings.home / "feeds" / "aggregator.xml"
    return {
        "open_portal": board,
        "aggregator_feed": len(etree.fromstring(feed.read_bytes()).findall("job")),
        "facebook_page": sandbox.truth()["graph"]["posts"],
    }


def open_offers(hub: Hub) -> int:
    return sum(counts["open"] for counts in offers.counts(hub.region).values())


def the_plan(hub: Hub, place: str = "contractor") -> Held:
    (held,) = [held for held in plans.waiting(hub.region) if held.place == place]
    return held


def policy(hub: Hub, tmp_path: Path, written: str) -> None:
    """Another reviewed file."""
    file = tmp_path / f"channels-{len(list(tmp_path.iterdir()))}.toml"
    file.write_text(written)
    hub.settings = hub.settings.model_copy(update={"channels_file": file})


# Snapshots


@pytest.mark.parametrize(
    ("keep", "guard"),
    [(0, "empty_snapshot"), (1, "fall"), (300, "fall"), (479, "fall"), (560, "withdrawals_in_a_run")],
)
def test_a_cut_snapshot_withdraws_nothing_and_is_told_once_however_many_syncs_follow(
    hub: Hub, sandbox: Sandbox, keep: int, guard: str
) -> None:
    sync(hub)
    before, offered = carried(hub, sandbox), open_offers(hub)
    sandbox.tell("/contractor/truncate", keep=keep)

    for mode in ("full", "incremental", "full", "full"):
        figures = sync(hub, mode)
        assert figures.closed == 0
        assert carried(hub, sandbox) == before

    held = the_plan(hub)
    assert (held.guard, held.numbers["collected"], held.numbers["last_good"]) == (guard, keep, 600)
    assert held.numbers["now"] == held.numbers["present"] - (open_offers(hub) - figures.held) > 25
    (letter,) = sandbox.messages()
    assert letter["title"] == "A guard stopped a plan for contractor"
    assert held.message in letter["message"]
    assert f"- in this snapshot: {keep}" in letter["message"]
    assert sandbox.truth()["inbox"] == {"messages": 1, "duplicates": 0}

    sandbox.tell("/contractor/truncate", keep=None)
    figures = sync(hub)
    assert (figures.closed, figures.held) == (0, 0)
    assert plans.get(hub.region, held.id).state == "moot"
    assert alerts.unresolved(hub.region) == []
    assert (carried(hub, sandbox), open_offers(hub)) == (before, offered)
    assert sandbox.truth()["graph"]["created"] == before["facebook_page"]
    assert len(sandbox.messages()) == 1


@pytest.mark.parametrize("keep", [400, 570])
def test_a_cut_snapshot_is_told_also_when_a_payload_cannot_be_read(
    hub: Hub, sandbox: Sandbox, keep: int
) -> None:
    """Any absent offer may hide behind it, so all were spared before a guard saw them: nobody ever heard of the cut."""
    sync(hub)
    before = carried(hub, sandbox)
    with hub.region.begin() as connection:
        refs = list(
            connection.execute(text("SELECT ref FROM offer WHERE status = 'open' ORDER BY ref")).scalars()
        )
    sandbox.tell("/contractor/malform", refs=refs[:1], how="ref_missing")
    sandbox.tell("/contractor/change", count=300)
    sandbox.tell("/contractor/truncate", keep=keep)

    for _ in range(3):
        assert sync(hub).closed == 0

    held = the_plan(hub)
    assert held.numbers["unreadable"] == 1
    assert held.numbers["collected"] == keep
    assert len(sandbox.messages()) == 1
    assert carried(hub, sandbox) == before


def test_a_cut_snapshot_empties_no_quarantine(hub: Hub, sandbox: Sandbox) -> None:
    """Payloads in quarantine that it lacked were dropped, as if the contractor had withdrawn them."""
    hub.take_in()
    refs = sorted(payload.key for payload in quarantine.detained(hub.region, limit=100))
    sandbox.tell("/contractor/truncate", keep=0)
    hub.take_in()
    assert sorted(payload.key for payload in quarantine.detained(hub.region, limit=100)) == refs
    assert len(refs) > 3


def test_a_fall_of_twenty_percent_is_believed_when_the_limits_allow_it(hub: Hub, sandbox: Sandbox) -> None:
    generous = {"guard_run_floor": 1000, "guard_day_floor": 1000, "guard_day_cap": 1000}
    hub.settings = hub.settings.model_copy(update=generous)
    sync(hub)
    sandbox.tell("/contractor/truncate", keep=480)
    figures = sync(hub)
    assert figures.closed > 100
    assert plans.waiting(hub.region) == []
    sandbox.tell("/contractor/truncate", keep=383)  # one less than four fifths of those
    assert sync(hub).closed == 0
    assert the_plan(hub).guard == "fall"


def test_a_fallen_snapshot_is_not_the_next_one_s_measure(hub: Hub, sandbox: Sandbox) -> None:
    sync(hub)
    sandbox.tell("/contractor/truncate", keep=300)
    sync(hub)
    state = walks.source_state(hub.region, "contractor")
    assert (state.last_snapshot_total, state.etag) == (600, None)


def test_what_a_cut_snapshot_does_tell_goes_everywhere(hub: Hub, sandbox: Sandbox) -> None:
    sync(hub)
    before = carried(hub, sandbox)
    told = sandbox.tell("/contractor/change", count=10, appear=4, close=6)  # twenty different ones
    incremental = hub.take_in("incremental")
    sandbox.tell("/contractor/truncate", keep=300)

    sync(hub)

    assert (incremental.changed, incremental.new, incremental.closed) == (10, 4, 6)
    assert (len(told["changed"]), len(told["closed"])) == (10, 6)
    after = carried(hub, sandbox)
    assert after["open_portal"] == before["open_portal"] + 4 - 6
    assert after["facebook_page"] == before["facebook_page"] + 4 - 6
    assert sandbox.truth()["graph"]["duplicates"] == 0


# Deciding


def test_an_approved_snapshot_is_followed_everywhere_once(hub: Hub, sandbox: Sandbox) -> None:
    sync(hub)
    sandbox.tell("/contractor/truncate", keep=300)
    sync(hub)
    held = the_plan(hub)
    kept = open_offers(hub) - held.numbers["now"]

    decided(hub.region, held.id, "approve", "Ada", "the contract for trainings ended")

    assert open_offers(hub) == kept
    figures = sync(hub)
    assert (figures.closed, figures.held) == (0, 0)
    assert carried(hub, sandbox)["open_portal"] == carried(hub, sandbox)["facebook_page"] == kept
    assert plans.waiting(hub.region) == []
    assert alerts.unresolved(hub.region) == []
    deleted = sandbox.truth()["graph"]["deleted"]
    sync(hub)
    assert sandbox.truth()["graph"]["deleted"] == deleted == held.numbers["now"]
    assert len(sandbox.messages()) == 1
    assert walks.source_state(hub.region, "contractor").last_snapshot_total == 300


def test_what_was_approved_comes_back_when_the_contractor_serves_it_again(hub: Hub, sandbox: Sandbox) -> None:
    sync(hub)
    before = carried(hub, sandbox)
    sandbox.tell("/contractor/truncate", keep=300)
    sync(hub)
    decided(hub.region, the_plan(hub).id, "approve", "Ada", "by mistake")
    sync(hub)
    sandbox.tell("/contractor/truncate", keep=None)
    sync(hub)
    assert carried(hub, sandbox) == before
    assert sandbox.truth()["graph"]["duplicates"] == 0


def test_a_refused_snapshot_is_not_followed_and_not_told_again(hub: Hub, sandbox: Sandbox) -> None:
    sync(hub)
    before = carried(hub, sandbox)
    sandbox.tell("/contractor/truncate", keep=300)
    sync(hub)
    held = the_plan(hub)
    decided(hub.region, held.id, "refuse", "Ada", "their export is broken")

    for _ in range(3):
        assert sync(hub).held == held.numbers["now"]

    assert carried(hub, sandbox) == before
    assert plans.waiting(hub.region) == []
    assert alerts.unresolved(hub.region) == []
    assert len(sandbox.messages()) == 1
    assert walks.source_state(hub.region, "contractor").last_snapshot_total == 600


def test_what_was_refused_goes_when_the_contractor_says_that_it_is_closed(hub: Hub, sandbox: Sandbox) -> None:
    sync(hub)
    before = carried(hub, sandbox)
    sandbox.tell("/contractor/truncate", keep=300)
    sync(hub)
    decided(hub.region, the_plan(hub).id, "refuse", "Ada", "no")
    closed = sandbox.tell("/contractor/change", close=40)["closed"]

    figures = sync(hub, "incremental")

    assert figures.closed == len(closed) == 40
    assert carried(hub, sandbox)["facebook_page"] == before["facebook_page"] - 40
    assert len(sandbox.messages()) == 1


def test_an_offer_that_changed_while_its_plan_waited_refuses_the_approval(hub: Hub, sandbox: Sandbox) -> None:
    sync(hub)
    sandbox.tell("/contractor/truncate", keep=300)
    sync(hub)
    held = the_plan(hub)
    changed = sandbox.tell("/contractor/change", count=600 - 300)["changed"]
    hub.take_in("incremental")  # it tells of offers that the snapshot lacks
    with pytest.raises(Refused, match="have moved since it was made") as caught:
        decided(hub.region, held.id, "approve", "Ada", "fine")
    assert changed
    rest = the_plan(hub)
    assert rest.id != held.id
    assert f"plan {rest.id}" in str(caught.value)
    assert 0 < rest.numbers["now"] < held.numbers["now"]
    hub.tell()
    assert len(sandbox.messages()) == 1
    decided(hub.region, rest.id, "approve", "Ada", "then those")
    assert alerts.unresolved(hub.region) == []


# Policies


SMALL = POLICIES.replace(
    '[facebook_page]\nkinds = ["job", "training"]\nbudget = "all"',
    '[facebook_page]\nkinds = ["job", "training"]\nbudget = 30',
)
OFF = POLICIES + "enabled = false\n"


@pytest.mark.parametrize("written", [SMALL, OFF], ids=["a budget", "disabled"])
def test_a_changed_policy_withdraws_nothing_until_somebody_agrees(
    hub: Hub, sandbox: Sandbox, tmp_path: Path, written: str
) -> None:
    sync(hub)
    before = carried(hub, sandbox)
    policy(hub, tmp_path, written)

    for _ in range(2):
        sync(hub, "incremental")
    assert carried(hub, sandbox) == before
    held = the_plan(hub, "facebook_page")
    (letter,) = sandbox.messages()
    assert letter["title"] == "A guard stopped a plan for facebook_page"
    assert f"{held.numbers['now']} of {before['facebook_page']} would be withdrawn" in letter["message"]

    decided(hub.region, held.id, "approve", "Ada", "as decided in the meeting")
    sync(hub, "incremental")
    after = carried(hub, sandbox)
    assert after["facebook_page"] == before["facebook_page"] - held.numbers["now"]
    assert {name: after[name] for name in ("open_portal", "aggregator_feed")} == {
        name: before[name] for name in ("open_portal", "aggregator_feed")
    }


def test_two_guards_at_once_are_two_alerts_and_two_decisions(
    hub: Hub, sandbox: Sandbox, tmp_path: Path
) -> None:
    sync(hub)
    before = carried(hub, sandbox)
    policy(hub, tmp_path, OFF)
    sandbox.tell("/contractor/truncate", keep=300)
    for _ in range(2):
        sync(hub)
    assert sorted(letter["title"] for letter in sandbox.messages()) == [
        "A guard stopped a plan for contractor",
        "A guard stopped a plan for facebook_page",
    ]
    source, page = the_plan(hub), the_plan(hub, "facebook_page")
    decided(hub.region, source.id, "refuse", "Ada", "broken")
    assert [alert.cause for alert in alerts.unresolved(hub.region)] == [page.cause]
    decided(hub.region, page.id, "approve", "Ada", "the Page closes")
    sync(hub)
    assert carried(hub, sandbox) == {**before, "facebook_page": 0}
    assert len(sandbox.messages()) == 2


def test_a_paused_channel_is_guarded_all_the_same(hub: Hub, sandbox: Sandbox, tmp_path: Path) -> None:
    sync(hub)
    before = carried(hub, sandbox)
    channel_state.pause(hub.region, "facebook_page", "the token expired")
    policy(hub, tmp_path, OFF)
    sync(hub, "incremental")
    channel_state.resume(hub.region, "facebook_page")
    sync(hub, "incremental")
    assert carried(hub, sandbox) == before
    assert channel_state.standings(hub.region)["facebook_page"].held == before["facebook_page"]


# Other ways to a withdrawal


@pytest.mark.catalogue(1, 1)
def test_one_offer_is_withdrawn_now_whatever_a_guard_holds(
    hub: Hub, sandbox: Sandbox, tmp_path: Path
) -> None:
    stock(hub, *range(40))
    for name in CHANNELS:
        hub.put_out(name)
    policy(hub, tmp_path, OFF)
    hub.put_out("facebook_page")
    with disable_run_logger():
        proofs = withdraw.fn(
            hub.region, hub.settings, offers.named(hub.region, "J-7"), "Ada", "asked by the employer"
        )
    assert all(proof.gone for proof in proofs)
    assert carried(hub, sandbox) == {"open_portal": 39, "aggregator_feed": 39, "facebook_page": 39}


@pytest.mark.catalogue(1, 1)
def test_a_plan_that_an_urgent_withdrawal_meets_is_held_and_told(
    hub: Hub, sandbox: Sandbox, tmp_path: Path
) -> None:
    stock(hub, *range(40))
    for name in CHANNELS:
        hub.put_out(name)
    policy(hub, tmp_path, OFF)
    with disable_run_logger():
        withdraw.fn(hub.region, hub.settings, offers.named(hub.region, "J-7"), "Ada", "asked by the employer")
    hub.tell()
    assert carried(hub, sandbox)["facebook_page"] == 39
    assert the_plan(hub, "facebook_page").numbers["now"] == 39
    assert len(sandbox.messages()) == 1


@pytest.mark.catalogue(1, 1)
@pytest.mark.parametrize("name", sorted(CHANNELS.keys() - ONLY.keys()))
@pytest.mark.parametrize("lost", ["effects", "offers"])
def test_after_a_restore_from_a_backup_an_audit_that_heals_withdraws_nothing_by_itself(
    hub: Hub, sandbox: Sandbox, name: str, lost: str
) -> None:
    """What was adopted was delivered before it was planned: every object that the backup did not know was withdrawn."""
    stock(hub, *range(40))
    for each in CHANNELS:
        hub.put_out(each)
    before = carried(hub, sandbox)
    with hub.region.begin() as connection:
        connection.execute(text("DELETE FROM effect WHERE channel = :name"), {"name": name})
        if lost == "offers":
            connection.execute(text("DELETE FROM effect"))
            connection.execute(text("DELETE FROM offer"))

    with disable_run_logger():
        audit.fn(hub.region, hub.settings, name, heal=True)
    hub.tell()

    assert carried(hub, sandbox)[name] == before[name]
    assert sandbox.truth()["graph"]["created"] == before["facebook_page"]
    if lost == "offers":
        assert the_plan(hub, name).numbers["now"] == 40
        assert len(sandbox.messages()) == 1
        stock(hub, *range(40))
    hub.put_out(name)
    assert carried(hub, sandbox) == before
    assert plans.waiting(hub.region) == []
    assert sandbox.truth()["graph"]["created"] == before["facebook_page"]


@pytest.mark.catalogue(1, 1)
def test_a_destination_is_not_needed_to_hold_a_plan(hub: Hub, sandbox: Sandbox, tmp_path: Path) -> None:
    hub.settings = hub.settings.model_copy(update={"alert_urls": [SecretStr("nowhere")]})
    stock(hub, *range(40))
    hub.put_out("facebook_page")
    policy(hub, tmp_path, OFF)
    hub.put_out("facebook_page")
    hub.tell()
    assert sandbox.truth()["graph"]["posts"] == 40
    assert [alert.cause for alert in alerts.unresolved(hub.region)] == ["guard channel facebook_page"]
