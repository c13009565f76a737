"""Telling people what needs one: once, with the numbers, and until it is over."""

from __future__ import annotations

import logging

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from connectors import clock
from connectors.region.alerting import alerts
from connectors.region.ledger import channel_state
from connectors.region.publishing import planning
from connectors.region.publishing.plans import Held
from connectors.registry import channel, policies
from core.guards import Limits
from core.policy import Policy
from schemas.errors import Refused, Unreachable
from tasks import tell
from tests.dialogue_world import Dialogues
from tests.hands import later, sql
from tests.makers import NOON
from tests.worlds import Hub, Sandbox, decided, stock

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
PAGE = "facebook_page"
FEW = Limits(run_floor=3, day_floor=3)


def titles(sandbox: Sandbox) -> list[str]:
    return [message["title"] for message in sandbox.messages()]


def causes(hub: Hub) -> list[str]:
    return [alert.cause for alert in alerts.unresolved(hub.region)]


def plan(hub: Hub, *, wanted: bool, limits: Limits = FEW) -> planning.Planned:
    """Plan the Page with everything wanted, or nothing; nobody is told of it."""
    policy = Policy(PAGE, ("job", "training"), enabled=wanted)
    built = channel(PAGE, hub.settings, hub.region)
    planned = planning.plan(hub.region, policy, built.capabilities.form, NOON.date(), limits=limits)
    built.close()
    return planned


def stopped(hub: Hub) -> Held:
    """A plan that a guard stopped, in a process that died before it told anybody."""
    stock(hub, *range(12))
    hub.put_out(PAGE)
    held = plan(hub, wanted=False).stopped
    assert held is not None
    return held.plan


# From where things stand


def test_a_paused_channel_is_told_once_and_until_it_is_resumed(hub: Hub, sandbox: Sandbox) -> None:
    channel_state.pause(hub.region, PAGE, "Graph 190: the token expired")
    for _ in range(3):
        hub.tell()
    (message,) = sandbox.messages()
    assert message["title"] == "facebook_page is paused"
    assert "Graph 190: the token expired" in message["message"]
    assert "boostez channel resume facebook_page" in message["message"]
    assert causes(hub) == ["paused facebook_page"]

    channel_state.resume(hub.region, PAGE)
    hub.tell()
    assert causes(hub) == []

    channel_state.pause(hub.region, PAGE, "again")
    hub.tell()
    assert len(sandbox.messages()) == 2


def test_parked_effects_are_told_once_with_their_number(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2)
    hub.put_out(PAGE)
    park(hub, 2)
    for _ in range(3):
        hub.tell()
    assert titles(sandbox) == ["2 effects on facebook_page wait for a person"]
    assert "boostez replay effects --channel facebook_page --parked" in sandbox.messages()[0]["message"]
    park(hub, 0)
    hub.tell()
    assert causes(hub) == []


def park(hub: Hub, number: int) -> None:
    with hub.region.begin() as connection:
        connection.execute(
            text(
                "UPDATE effect SET state = CASE WHEN id IN (SELECT id FROM effect WHERE channel = 'facebook_page' "
                "ORDER BY id LIMIT :n) THEN 'parked' ELSE 'done' END WHERE channel = 'facebook_page'"
            ),
            {"n": number},
        )


def test_channels_without_trouble_say_nothing(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2)
    hub.put_out(PAGE)
    hub.tell()
    assert (sandbox.messages(), causes(hub)) == ([], [])


# A source that is away


@pytest.fixture
def unorchestrated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks as plain functions."""
    monkeypatch.setattr(tell, "tell", tell.tell.fn)


@pytest.mark.usefixtures("unorchestrated")
def test_a_source_that_is_away_is_told_once_and_until_it_is_back(hub: Hub, sandbox: Sandbox) -> None:
    def sync(trouble: Exception | None) -> None:
        with hub.run() as run, tell.telling(run):
            if trouble:
                raise trouble

    for _ in range(3):
        with pytest.raises(Unreachable):
            sync(Unreachable("https://contractor.example/v1/offers gave no good answer in 6 tries"))
    (message,) = sandbox.messages()
    assert message["title"] == "contractor could not be read"
    assert "gave no good answer" in message["message"]
    assert "Nothing was closed or withdrawn" in message["message"]
    sync(None)
    assert causes(hub) == []


@pytest.mark.usefixtures("unorchestrated")
def test_whatever_ends_a_run_what_waits_is_sent(hub: Hub, sandbox: Sandbox) -> None:
    channel_state.pause(hub.region, PAGE, "the token expired")
    with pytest.raises(ZeroDivisionError), hub.run() as run, tell.telling(run):
        raise ZeroDivisionError
    assert titles(sandbox) == ["facebook_page is paused"]


# A plan that a guard stopped


def test_a_stopped_plan_is_told_with_its_numbers_its_examples_and_the_way_out(
    hub: Hub, sandbox: Sandbox
) -> None:
    held = stopped(hub)
    hub.tell()
    (message,) = sandbox.messages()
    assert message["title"] == "A guard stopped a plan for facebook_page"
    words = message["message"]
    assert "12 of 12 would be withdrawn" in words
    assert "Nothing of it was done" in words
    for line in ("- would be withdrawn: 12", "- there now: 12", "- limit: 3"):
        assert line in words
    assert words.count("  Boulanger ") == 10
    assert f"Plan {held.id} ({held.hash})" in words
    assert f"boostez plan approve {held.id}" in words
    assert f"boostez plan refuse {held.id}" in words
    assert held.words() in words


def test_a_plan_whose_process_died_before_telling_is_told_by_the_next(hub: Hub, sandbox: Sandbox) -> None:
    """Only the run that stopped it told of it: nobody heard when that run broke off, and the plan waited for ever."""
    stopped(hub)
    for _ in range(3):
        assert plan(hub, wanted=False).stopped is not None
        hub.tell()
    assert len(sandbox.messages()) == 1


def test_a_plan_that_changes_while_it_waits_is_one_alert_that_shows_the_newest(
    hub: Hub, sandbox: Sandbox
) -> None:
    stopped(hub)
    hub.tell()
    stock(hub, 0, version=2, closed=True)
    newer = plan(hub, wanted=False).stopped
    assert newer is not None
    hub.tell()
    assert len(sandbox.messages()) == 1
    (alert,) = alerts.unresolved(hub.region)
    assert f"Plan {newer.plan.id} " in alert.message


def test_a_plan_that_became_moot_is_over_also_when_that_process_died(hub: Hub) -> None:
    stopped(hub)
    hub.tell()
    assert causes(hub) == ["guard channel facebook_page"]
    assert plan(hub, wanted=True).stopped is None
    hub.tell()
    assert causes(hub) == []


@pytest.mark.parametrize("verdict", ["approve", "refuse"])
def test_a_verdict_ends_the_alert_and_raises_no_other(hub: Hub, sandbox: Sandbox, verdict: str) -> None:
    held = stopped(hub)
    hub.tell()
    after = decided(hub.region, held.id, verdict, "Ada", "looked at it")
    assert after.state == {"approve": "approved", "refuse": "refused"}[verdict]
    assert causes(hub) == []
    for _ in range(2):
        plan(hub, wanted=False)
        hub.tell()
    assert causes(hub) == []
    assert len(sandbox.messages()) == 1


def test_a_plan_of_which_nothing_is_left_leaves_no_alert(hub: Hub) -> None:
    held = stopped(hub)
    hub.tell()
    with hub.region.begin() as connection:
        connection.execute(text("UPDATE effect SET live_hash = '\\x01' WHERE channel = 'facebook_page'"))
    with pytest.raises(Refused, match="nothing is left"):
        decided(hub.region, held.id, "approve", "Ada", "fine")
    hub.tell()
    assert causes(hub) == []


def test_approving_what_was_refused_before_does_not_end_the_alert_of_what_waits(
    hub: Hub, sandbox: Sandbox
) -> None:
    first = stopped(hub)
    decided(hub.region, first.id, "refuse", "Ada", "no")
    stock(hub, *range(20, 26))
    with hub.region.begin() as connection:
        connection.execute(text("UPDATE channel SET policy = ''"))
    _policy_wants_only(hub, range(20, 26))
    second = plan(hub, wanted=False).stopped
    assert second is not None
    hub.tell()
    sent = len(sandbox.messages())
    decided(hub.region, first.id, "approve", "Ada", "after all")
    assert causes(hub) == ["guard channel facebook_page"]
    hub.tell()
    assert len(sandbox.messages()) == sent


def _policy_wants_only(hub: Hub, numbers: range) -> None:
    """So many more objects are live, that no plan was made for yet."""
    with hub.region.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO effect (channel, subject, offer_id, live_hash, state) SELECT 'facebook_page', key, id, '\\x01', "
                "'planned' FROM offer WHERE ref = ANY(:refs)"
            ),
            {"refs": [f"J-{n}" for n in numbers]},
        )


# Sending


def test_a_lost_answer_is_parked_told_in_the_status_and_sent_nowhere(hub: Hub, sandbox: Sandbox) -> None:
    address = SecretStr(f"{sandbox.base.replace('http:', 'json:')}/inbox?rto=1&cto=1")
    hub.settings = hub.settings.model_copy(update={"alert_urls": [address]})
    sandbox.fault("/inbox", "timeout_after")
    channel_state.pause(hub.region, PAGE, "the token expired")
    assert hub.tell().unknown == 1
    hub.settle("alerts")
    for _ in range(3):
        hub.tell()
        hub.settle("alerts")
    assert causes(hub) == ["paused facebook_page", "parked alerts"]
    assert channel_state.standings(hub.region)["alerts"].parked == 1
    assert sandbox.truth()["inbox"] == {"messages": 1, "duplicates": 0}
    with hub.region.begin() as connection:
        number = connection.execute(text("SELECT count(*) FROM effect WHERE channel = 'alerts'")).scalar_one()
    assert number == 1


def test_a_pause_of_the_alerts_themselves_is_sent_nowhere(hub: Hub, sandbox: Sandbox) -> None:
    channel_state.pause(hub.region, "alerts", "too many")
    channel_state.pause(hub.region, PAGE, "the token expired")
    hub.tell()
    assert sorted(causes(hub)) == ["paused alerts", "paused facebook_page"]
    assert sandbox.messages() == []
    channel_state.resume(hub.region, "alerts")
    hub.tell()
    assert titles(sandbox) == ["facebook_page is paused"]


def test_each_destination_is_told_and_one_that_fails_holds_up_no_other(hub: Hub, sandbox: Sandbox) -> None:
    base = f"{sandbox.base.replace('http:', 'json:')}/inbox?rto=3"
    urls = [SecretStr(f"{base}&-n={n}") for n in range(3)]
    hub.settings = hub.settings.model_copy(update={"alert_urls": [*urls, urls[0]]})
    sandbox.fault("/inbox", "error_500_before", skip=1)
    channel_state.pause(hub.region, PAGE, "the token expired")
    told = hub.tell()
    assert (told.created, told.unknown) == (2, 1)
    assert sandbox.truth()["inbox"] == {"messages": 2, "duplicates": 0}


def test_without_a_destination_alerts_are_kept_for_the_status(hub: Hub, sandbox: Sandbox) -> None:
    hub.settings = hub.settings.model_copy(update={"alert_urls": []})
    channel_state.pause(hub.region, PAGE, "the token expired")
    hub.tell()
    assert causes(hub) == ["paused facebook_page"]
    assert sandbox.messages() == []


def test_no_address_is_in_a_log(hub: Hub, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    for name in ("apprise", "urllib3", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(1)
    base = sandbox.base.replace("http://", "json://ada:s3cr3t@")
    urls = [f"{base}/inbox/s3cr3t?rto=1", f"{base}/inbox?rto=1&+X-Token=s3cr3t", "s3cr3t", "slack://s3cr3t"]
    hub.settings = hub.settings.model_copy(update={"alert_urls": [SecretStr(url) for url in urls]})
    sandbox.fault("/inbox", "error_500_before", times=9)
    channel_state.pause(hub.region, PAGE, "the token expired")
    told = hub.tell()
    hub.settle("alerts")
    assert (told.unknown, told.refused) == (2, 2)
    assert "s3cr3t" not in caplog.text
    assert "s3cr3t" not in repr(hub.settings)


def test_a_budget_of_time_is_no_trouble_to_tell(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1)
    channel_state.hold(hub.region, PAGE, 300)
    hub.put_out(PAGE)
    hub.tell()
    later(hub.region)
    assert (sandbox.messages(), policies(hub.settings.channels_file)[PAGE].enabled) == ([], True)


# Who holds a dialogue


def test_of_an_official_whom_a_letter_did_not_reach_a_person_is_told_until_they_know(
    hub: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay refused the invitation: the official never heard of a dialogue that everybody else was told of, and nobody knew."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    dialogues = Dialogues(hub.region)
    made = dialogues.announced()
    refused = (
        "UPDATE effect SET state = 'rejected', cause = :cause WHERE channel = 'mail' AND content ->> 'host' = :host "
        "RETURNING id"
    )
    assert sql(hub.region, refused, host="official", cause="content")
    assert sql(hub.region, refused, host="moderator", cause="moot")
    hub.tell()
    hub.tell()
    assert titles(sandbox) == [f"Élue 1 does not know of dialogue {made.ref}"]
    assert "Telephone the official" in sandbox.messages()[0]["message"]
    assert sql(hub.region, "UPDATE effect SET state = 'done' WHERE state = 'rejected' RETURNING id")
    hub.tell()
    assert causes(hub) == []
