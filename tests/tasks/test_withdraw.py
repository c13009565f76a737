"""One offer off every channel, now, and read back; and back again when a person undoes it."""

from __future__ import annotations

import pytest

from connectors.region.alerting import alerts
from connectors.region.ledger import channel_state, ledger
from connectors.region.offers import offers
from connectors.region.publishing import plans
from connectors.registry import policies
from core.effects import Receipt
from schemas.errors import Rejected
from schemas.offer import key_of
from tests.hands import Feed, PageEditor, sql
from tests.makers import incoming, job
from tests.worlds import Hub, Sandbox, everywhere, stock

pytestmark = pytest.mark.database
CHANNELS = ("open_portal", "aggregator_feed", "facebook_page")
PAGE = "facebook_page"
BATCH = r"/graph/v\d+\.\d+/$"
KEY = key_of("contractor", "J-1")


def shown(hub: Hub, sandbox: Sandbox, key: str = KEY) -> dict[str, int]:
    """How often each channel shows the offer."""
    return {
        "open_portal": len(
            sql(hub.region, "SELECT 1 FROM board WHERE key = :k AND content IS NOT NULL", k=key)
        ),
        "aggregator_feed": Feed(hub.settings).text.count(f"<referencenumber><![CDATA[{key}]]>"),
        PAGE: sum(f"/offres/{key}?" in post["message"] for post in sandbox.posts()),
    }


NOWHERE, ONCE = dict.fromkeys(CHANNELS, 0), dict.fromkeys(CHANNELS, 1)


def test_an_offer_is_off_every_channel_and_read_back(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2)
    everywhere(hub)
    assert shown(hub, sandbox) == ONCE

    proofs = hub.withdraw("J-1", "the employer closed")

    assert {name: (proof.gone, proof.told) for name, proof in proofs.items()} == dict.fromkeys(
        CHANNELS, (True, "gone, read back")
    )
    assert shown(hub, sandbox) == NOWHERE
    assert shown(hub, sandbox, key_of("contractor", "J-2")) == ONCE
    assert all(hub.audit(name).agrees for name in CHANNELS)
    [history] = sql(hub.region, "SELECT fields FROM offer_change WHERE change = 'closed'")
    assert history.fields["by"][1] == "camille"
    assert history.fields["reason"][1] == "the employer closed"


@pytest.mark.parametrize("name", ["J-1", KEY])
def test_it_is_named_by_its_reference_or_its_key(hub: Hub, name: str) -> None:
    stock(hub, 1)
    assert offers.named(hub.region, name).key == KEY


def test_a_name_that_is_no_offer_or_several_is_refused_with_words(hub: Hub) -> None:
    stock(hub, 1)
    lheo = job("J-1", source="lheo")
    offers.merge(hub.region, 1, "lheo", [incoming(lheo)])

    with pytest.raises(Rejected, match="No offer is named J-9: give its reference, or the key"):
        offers.named(hub.region, "J-9")
    with pytest.raises(Rejected, match=r"J-1 is an offer of contractor, lheo: say which with --source"):
        offers.named(hub.region, "J-1")
    assert offers.named(hub.region, "J-1", "lheo").source == "lheo"
    with pytest.raises(Rejected, match="No offer is named J-1"):
        offers.named(hub.region, "J-1", "france_travail")


def test_when_hundreds_wait_only_that_one_is_sent(hub: Hub, sandbox: Sandbox) -> None:
    """A channel was paused while a thousand offers changed: who must go now does not wait behind them, nor set them free."""
    stock(hub, 1)
    everywhere(hub)
    stock(hub, *range(2, 1_200))
    before = sandbox.truth()["graph"]

    proofs = hub.withdraw("J-1")

    assert all(proof.gone for proof in proofs.values())
    after = sandbox.truth()["graph"]
    assert (after["deleted"], after["created"]) == (1, before["created"])
    assert len(sql(hub.region, "SELECT 1 FROM board WHERE content IS NOT NULL")) == 0
    assert channel_state.standings(hub.region)[PAGE].planned == 1_198


@pytest.mark.parametrize("mode", ["full", "incremental"])
@pytest.mark.catalogue(12, 12)
def test_it_stays_closed_though_the_contractor_goes_on_sending_it(
    hub: Hub, sandbox: Sandbox, mode: str
) -> None:
    hub.take_in()
    everywhere(hub)
    ref = sql(hub.region, "SELECT ref FROM offer WHERE kind = 'job' AND status = 'open' ORDER BY id LIMIT 1")[
        0
    ].ref
    key = key_of("contractor", ref)
    assert shown(hub, sandbox, key) == ONCE
    assert all(proof.gone for proof in hub.withdraw(ref).values())

    hub.take_in(mode)
    sandbox.tell("/contractor/change", share=1.0)
    changed = hub.take_in(mode)
    everywhere(hub)

    assert changed.changed >= 20
    row = sql(hub.region, "SELECT status, closed_reason, version FROM offer WHERE ref = :r", r=ref)[0]
    assert (row.status, row.closed_reason) == ("closed", "withdrawn")
    assert row.version > 1, "the changed payload came"
    assert shown(hub, sandbox, key) == NOWHERE
    assert hub.take_in(mode).decoded == 0, "and costs nothing when it comes again"


def test_an_undone_withdrawal_comes_back_on_every_channel_once(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2)
    everywhere(hub)
    hub.withdraw("J-1")
    offer = offers.named(hub.region, "J-1")

    assert offers.reinstate(hub.region, offer.id, "camille", "it was a mistake")
    assert not offers.reinstate(hub.region, offer.id, "camille", "twice"), "once is enough"
    everywhere(hub)
    everywhere(hub)

    assert shown(hub, sandbox) == ONCE
    assert all(hub.audit(name).agrees for name in CHANNELS)
    truth = sandbox.truth()["graph"]
    assert (truth["created"], truth["duplicates"]) == (3, 0)
    changes = [row.change for row in sql(hub.region, "SELECT change FROM offer_change ORDER BY id")]
    assert changes == ["created", "created", "closed", "reopened"]


def test_only_a_withdrawal_is_undone(hub: Hub) -> None:
    stock(hub, 1)
    stock(hub, 1, version=2, closed=True)
    assert not offers.reinstate(hub.region, offers.named(hub.region, "J-1").id, "camille", "why not")
    assert offers.named(hub.region, "J-1").status == "closed"


def test_an_offer_that_was_never_there_is_said_so_and_never_comes(hub: Hub, sandbox: Sandbox) -> None:
    everywhere(hub)
    stock(hub, 1)

    proofs = hub.withdraw("J-1")

    assert {proof.told for proof in proofs.values()} == {"never was there"}
    assert all(proof.gone for proof in proofs.values())
    everywhere(hub)
    assert shown(hub, sandbox) == NOWHERE
    assert sandbox.truth()["graph"]["created"] == 0


def test_a_channel_that_cannot_be_reached_is_told_and_leaves_the_others_alone(
    hub: Hub, sandbox: Sandbox
) -> None:
    stock(hub, 1, 2)
    everywhere(hub)
    sandbox.fault("/graph/", "error_500_before", times=60)

    proofs = hub.withdraw("J-1")

    assert (proofs["open_portal"].gone, proofs["aggregator_feed"].gone, proofs[PAGE].gone) == (
        True,
        True,
        False,
    )
    assert "cannot be read back" in proofs[PAGE].told
    sandbox.http.delete("/faults").raise_for_status()
    _later(hub)
    hub.settle(PAGE)
    _later(hub)
    hub.settle(PAGE)
    hub.put_out(PAGE)
    assert shown(hub, sandbox) == NOWHERE
    assert hub.withdraw("J-1")[PAGE].told == "gone, read back"


def _later(hub: Hub) -> None:
    sql(
        hub.region,
        "UPDATE effect SET looked_up_at = looked_up_at - interval '1 hour', not_before = NULL, "
        "lease_until = lease_until - interval '1 hour'",
    )
    sql(hub.region, "UPDATE channel SET not_before = NULL, next_call_at = NULL")


def test_a_misconfigured_channel_leaves_the_others_alone(hub: Hub, sandbox: Sandbox) -> None:
    """One bad address stopped the whole withdrawal before it came to the Page."""
    stock(hub, 1)
    everywhere(hub)
    hub.settings = hub.settings.model_copy(update={"feeds_url": "nonsense://feeds"})

    proofs = hub.withdraw("J-1")

    assert (proofs["open_portal"].gone, proofs["aggregator_feed"].gone, proofs[PAGE].gone) == (
        True,
        False,
        True,
    )
    assert "BOOSTEZ_FEEDS_URL" in proofs["aggregator_feed"].told
    assert sandbox.truth()["graph"]["posts"] == 0


def test_a_paused_channel_is_not_proven_and_carries_it_out_when_it_is_resumed(
    hub: Hub, sandbox: Sandbox
) -> None:
    stock(hub, 1)
    everywhere(hub)
    channel_state.pause(hub.region, PAGE, "on holiday")

    proofs = hub.withdraw("J-1")

    assert not proofs[PAGE].gone
    assert "STILL THERE" in proofs[PAGE].told
    assert "paused: on holiday" in proofs[PAGE].told
    channel_state.resume(hub.region, PAGE)
    hub.put_out(PAGE)
    assert shown(hub, sandbox) == NOWHERE


@pytest.mark.parametrize("reaches", [True, False], ids=["it was made", "it was not made"])
def test_an_unknown_creation_is_never_proven_gone(hub: Hub, sandbox: Sandbox, *, reaches: bool) -> None:
    """One look did not find it, and that was called gone: a post that shows up late would have stayed for good."""
    sandbox.fault(BATCH, "error_500_after" if reaches else "error_500_before", method="POST")
    stock(hub, 1)
    everywhere(hub)
    assert sql(hub.region, "SELECT state FROM effect WHERE channel = :c", c=PAGE)[0].state == "unknown"
    if reaches:  # not listed yet, so that the look-up sees nothing
        sandbox.fault(BATCH, "wrong_json", method="POST", times=60)

    proof = hub.withdraw("J-1")[PAGE]

    assert not proof.gone
    sandbox.http.delete("/faults").raise_for_status()
    for _ in range(3):
        _later(hub)
        hub.settle(PAGE)
        hub.put_out(PAGE)
    assert shown(hub, sandbox) == NOWHERE
    again = hub.withdraw("J-1")[PAGE]
    assert again.gone, again


def test_a_withdrawal_in_the_hands_of_a_worker_that_died_is_not_proven(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1)
    everywhere(hub)
    stock(hub, 1, title="Chef boulanger", version=2)
    hub.put_out("open_portal")
    sql(hub.region, "UPDATE effect SET state = 'intent', lease = 99, lease_until = now() + interval '1 hour'")

    proofs = hub.withdraw("J-1")

    assert not proofs[PAGE].gone
    _later(hub)
    _later(hub)
    for _ in range(3):
        _later(hub)
        for name in CHANNELS:
            hub.settle(name)
            hub.put_out(name)
    assert shown(hub, sandbox) == NOWHERE


def test_an_offer_that_a_guard_keeps_is_withdrawn_all_the_same(hub: Hub, sandbox: Sandbox) -> None:
    """A lost half of the policy: a guard keeps forty posts until somebody decides; one of them must go now."""
    stock(hub, *range(40))
    hub.put_out(PAGE)
    _want_trainings_only(hub)
    hub.put_out(PAGE)
    [held] = plans.waiting(hub.region)
    assert sandbox.truth()["graph"]["posts"] == 40

    proofs = hub.withdraw("J-1")

    assert proofs[PAGE].gone
    assert sandbox.truth()["graph"]["posts"] == 39
    [now] = plans.waiting(hub.region)
    assert (held.numbers["now"], now.numbers["now"]) == (40, 39), "the others are still kept"


def test_a_guard_that_trips_in_a_withdrawal_asks_somebody(hub: Hub, sandbox: Sandbox) -> None:
    """The withdrawal's own plan tripped a guard first, and the next sync believed that somebody had been told."""
    stock(hub, *range(40))
    hub.put_out(PAGE)
    _want_trainings_only(hub)

    assert hub.withdraw("J-1")[PAGE].gone
    hub.put_out(PAGE)
    hub.tell()

    assert [alert.cause for alert in alerts.unresolved(hub.region)] == ["guard channel facebook_page"]
    [message] = sandbox.messages()
    assert "A guard stopped a plan for facebook_page" in message["title"]
    assert sandbox.truth()["graph"]["posts"] == 39


def _want_trainings_only(hub: Hub) -> None:
    file = hub.settings.channels_file
    head, _, page = file.read_text().rpartition("[facebook_page]")
    trainings = page.replace('"job", ', "")
    file.write_text(f"{head}[facebook_page]{trainings}")
    policies.cache_clear()


def test_a_refused_withdrawal_is_told_and_waits_for_a_person(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1)
    everywhere(hub)
    sandbox.fault(BATCH, "item_error", item=0, code=100)

    proof = hub.withdraw("J-1")[PAGE]

    assert not proof.gone
    assert "STILL THERE" in proof.told
    hub.tell()
    assert [alert.cause for alert in alerts.unresolved(hub.region)] == ["parked facebook_page"]
    hub.replay(channel=PAGE, parked=True)
    assert hub.withdraw("J-1")[PAGE].gone


def test_an_update_that_was_refused_is_withdrawn(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1)
    everywhere(hub)
    sandbox.fault(BATCH, "item_error", item=0, code=100)
    stock(hub, 1, title="Chef boulanger", version=2)
    everywhere(hub)
    assert channel_state.standings(hub.region)[PAGE].refused == 1

    assert all(proof.gone for proof in hub.withdraw("J-1").values())
    assert shown(hub, sandbox) == NOWHERE


def test_a_copy_that_somebody_made_is_not_gone(hub: Hub, sandbox: Sandbox) -> None:
    """The post that the ledger knew was gone, and so said the proof; a copy of it stayed on the Page."""
    stock(hub, 1, 2)
    everywhere(hub)
    editor = PageEditor(hub.settings)
    said = next(post["message"] for post in sandbox.posts() if KEY in post["message"])
    copy = editor.post(f"Vite !\n{said}")

    proof = hub.withdraw("J-1")[PAGE]

    assert not proof.gone
    assert f"STILL THERE ({copy})" in proof.told
    hub.audit(PAGE, heal=True)
    assert hub.withdraw("J-1")[PAGE].gone
    assert shown(hub, sandbox) == NOWHERE


def test_a_post_that_somebody_deleted_already_is_gone(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1)
    everywhere(hub)
    PageEditor(hub.settings).delete(sandbox.posts()[0]["id"])

    assert all(proof.gone for proof in hub.withdraw("J-1").values())
    assert all(hub.audit(name).agrees for name in CHANNELS)


def test_a_receipt_that_comes_after_the_withdrawal_brings_nothing_back(hub: Hub, sandbox: Sandbox) -> None:
    """A worker holds the creation while a person withdraws; its receipt says done, and the withdrawal follows."""
    stock(hub, 1)
    hub.put_out("open_portal")
    hub.put_out("aggregator_feed")
    with hub.run() as run:
        from tasks.plan import plan

        plan.fn(run, policies(hub.settings.channels_file)[PAGE])
    built_form = f"post-1 {hub.settings.public_url}"
    lease, [intent] = ledger.claim(hub.region, PAGE, built_form, 9, 600)
    post = PageEditor(hub.settings).post(
        f"Boulanger 1\nVoir l’offre et postuler, sans compte : {hub.settings.public_url}/offres/{KEY}?e={intent.marker}"
    )

    proof = hub.withdraw("J-1")[PAGE]
    assert not proof.gone
    assert ledger.receive(hub.region, lease, [Receipt(intent.effect, "done", post)]) == 1
    hub.put_out(PAGE)

    assert shown(hub, sandbox) == NOWHERE
    assert hub.withdraw("J-1")[PAGE].gone
