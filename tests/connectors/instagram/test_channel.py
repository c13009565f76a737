"""Instagram, from the ledger to what is really there: the sandbox's truth. The suite of channels that carry media.

What the suites of other channels ask is asked here too: each call's fault, dead workers, what people do by hand. It differs in that a
publication takes two calls, a caption cannot be changed, and a story bears no mark.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from prefect.logging import disable_run_logger

from connectors.channel import ItemChannel, Readable
from connectors.instagram import wire
from connectors.region.coverage import media
from connectors.region.coverage.media import Held
from connectors.region.ledger import channel_state, ledger
from connectors.registry import ALBUMS, CHANNELS, MESSENGERS, channel
from core.effects import Intent, Receipt
from tasks.deliver import carry_out
from tasks.progress import Progress
from tasks.run import Delivered
from tests.coverage import FILM, PIXEL, Covering
from tests.hands import later, sql
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
NAME = "instagram"
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
GRAPH = r"/graph/v\d+\.\d+/$"
FAULTS: dict[str, dict[str, Any]] = {
    "timeout_before": {"seconds": 3},
    "timeout_after": {"seconds": 3},
    "error_500_before": {},
    "error_500_after": {},
    "rate_limited": {},
    "cut_body": {},
    "wrong_json": {},
    "html": {},
    "null_item": {},
    "null_item_after": {},
}


class Account:
    """The Region's account, seen by anybody."""

    def __init__(self, hub: Hub, sandbox: Sandbox) -> None:
        self.hub, self.sandbox = hub, sandbox

    def there(self) -> list[dict[str, Any]]:
        items = self.sandbox.http.get("/truth/instagram").json()["items"]
        return [each for each in items if each["there"]]

    def truth(self) -> dict[str, int]:
        return dict(self.sandbox.truth()["instagram"])

    def hand(self, **what: Any) -> str:
        return str(self.sandbox.tell("/instagram", **what)["id"])

    def deliver(self) -> Delivered:
        delivered = Delivered()
        with disable_run_logger():
            carry_out(self.hub.region, self.hub.settings, NAME, delivered, Progress(NAME, 0))
        return delivered

    def until_quiet(self, rounds: int = 6) -> None:
        for _ in range(rounds):
            later(self.hub.region)
            self.hub.settle(NAME)
            later(self.hub.region)
            self.deliver()
            if channel_state.standings(self.hub.region)[NAME].quiet:
                return
        pytest.fail(str(channel_state.standings(self.hub.region)[NAME]))

    def effect(self, medium: Held) -> Any:
        (row,) = sql(self.hub.region, "SELECT * FROM effect WHERE subject = :s", s=medium.ref)
        return row


@pytest.fixture
def account(hub: Hub, sandbox: Sandbox) -> Account:
    return Account(hub, sandbox)


@pytest.fixture
def world(hub: Hub) -> Covering:
    return Covering(hub.region, NOW)


def test_every_registered_album_is_in_this_suite() -> None:
    assert list(ALBUMS) == [NAME]
    assert not set(ALBUMS) & {*CHANNELS, *MESSENGERS}
    assert (Path(__file__).parents[3] / "connectors" / NAME / "README.md").exists()


def test_it_says_what_it_can_do(hub: Hub) -> None:
    built = channel(NAME, hub.settings, hub.region)
    assert isinstance(built, ItemChannel)
    assert isinstance(built, Readable)
    built.close()
    assert built.capabilities.lease_seconds > 2 * built.capabilities.settle_seconds


@pytest.mark.parametrize(("kind", "content"), [("wall", PIXEL), ("story", FILM)], ids=["image", "story"])
def test_what_is_published_is_there_once_in_two_steps_and_goes_when_a_consent_does(
    account: Account, world: Covering, kind: Any, content: bytes
) -> None:
    child = world.agreed()
    medium = world.published(child, kind=kind, content=content)
    assert account.deliver().created == 1
    (there,) = account.there()
    assert there["url"] == f"https://portail.example/medias/{medium.ref}.{media.EXTENSION[medium.kind]}"
    assert child.name not in str(there)
    if kind == "story":
        assert (there["type"], there["caption"]) == ("STORIES", "")
    else:
        assert there["caption"].startswith("La scène, juste avant le concert\n\nMusilac, couvert par")
        assert there["alt"] == ("" if content is FILM else "Deux élèves devant une scène")
    assert account.effect(medium).remote_id == there["id"]
    assert account.hub.audit(NAME).agrees
    account.deliver()
    assert account.truth() | {"deleted": 0} == {
        "containers": 1, "created": 1, "media": 1, "deleted": 0, "duplicates": 0,
    }  # fmt: skip

    world.withdraw(child)
    assert account.deliver().withdrawn == 1
    assert account.there() == []
    assert account.hub.audit(NAME).agrees


def test_withdrawn_before_it_leaves_it_never_does(account: Account, world: Covering) -> None:
    child = world.agreed()
    world.published(child)
    world.withdraw(child)
    account.deliver()
    assert account.truth()["containers"] == 0


def test_a_consent_that_expires_between_the_two_steps_stops_the_second(
    account: Account, world: Covering
) -> None:
    """Only time did it: the ledger still wants it. The channel asks again before each call."""
    child = world.student()
    world.agree(child)
    account.sandbox.tell("/settings", instagram_processing=60)
    medium = world.published(child)
    account.deliver()
    assert account.truth()["containers"] == 1
    account.sandbox.tell("/clock", advance_seconds=120)
    sql(
        world.region,
        "UPDATE media_consent SET given_at = :a, expires_at = :b",
        a=NOW - dt.timedelta(2),
        b=NOW,
    )
    later(account.hub.region)
    account.deliver()
    assert account.truth()["created"] == 0
    row = account.effect(medium)
    assert (row.state, row.cause) == ("rejected", "consent")
    assert "the consent has expired" in row.error


def test_a_container_that_is_not_ready_is_waited_for(account: Account, world: Covering) -> None:
    account.sandbox.tell("/settings", instagram_processing=60)
    medium = world.published()
    account.deliver()
    assert account.there() == []
    row = account.effect(medium)
    assert row.state == "planned"
    assert wire.container(row.remote_id)
    account.sandbox.tell("/clock", advance_seconds=61)
    later(account.hub.region)
    assert account.deliver().created == 1
    assert account.truth()["containers"] == 1


def test_a_container_that_ended_is_made_again_and_a_file_that_does_not_fit_is_told(
    account: Account, world: Covering
) -> None:
    account.sandbox.tell("/settings", instagram_processing=60)
    world.published()
    account.deliver()
    account.sandbox.tell("/settings", instagram_processing=0)
    account.sandbox.tell("/clock", advance_seconds=25 * 3600)
    later(account.hub.region)
    assert account.deliver().created == 1
    assert account.truth()["containers"] == 2

    account.sandbox.tell("/settings", instagram_broken="/medias/")
    broken = world.published()
    assert account.deliver().refused == 1
    assert "cannot use the file: Error: 2207052" in account.effect(broken).error


def test_the_quota_is_read_and_a_used_up_one_holds_publications_and_no_withdrawal(
    account: Account, world: Covering
) -> None:
    child = world.agreed()
    world.published(child)
    account.deliver()
    account.sandbox.tell("/settings", instagram_quota=1)
    waiting = world.published()
    account.deliver()
    row = account.effect(waiting)
    assert (row.state, row.cause) == ("planned", "limit")
    world.withdraw(child)
    assert account.deliver().withdrawn == 1
    account.sandbox.tell("/settings", instagram_quota=2)
    later(account.hub.region)
    assert account.deliver().created == 1
    assert account.truth()["containers"] == 2


def test_a_quota_that_is_used_up_in_the_last_moment_is_no_refusal() -> None:
    """Somebody posts in the app between the look and the call."""
    intent = Intent(1, "m1", "create", "m1-1", "container 1 ab", b"{}", NOW)
    answer = {"code": 403, "body": '{"error":{"message":"x","code":9,"error_subcode":2207042}}'}
    told = wire.published(intent, answer, 3600.0)
    assert (told.outcome, told.cause, told.after) == ("retry", "limit", 3600.0)


def test_what_a_dead_worker_published_is_found_and_not_published_again(
    account: Account, world: Covering
) -> None:
    for kind in ("story", "wall"):
        medium = world.published(kind=kind)
        built = channel(NAME, account.hub.settings, account.hub.region)
        assert isinstance(built, ItemChannel)
        for step in range(2):
            lease, (intent,) = ledger.claim(account.hub.region, NAME, "any", 10, 600)
            sent = built.send([intent])
            if step == 0:
                ledger.receive(account.hub.region, lease, sent.receipts)
        built.close()  # and the worker dies, with the second receipt
        assert account.effect(medium).state == "intent"
        account.until_quiet()
        assert account.effect(medium).remote_id in {each["id"] for each in account.there()}
    assert account.truth()["created"] == 2
    assert account.hub.audit(NAME).agrees


def test_a_container_that_a_dead_worker_made_ends_unseen(account: Account, world: Covering) -> None:
    world.published()
    built = channel(NAME, account.hub.settings, account.hub.region)
    assert isinstance(built, ItemChannel)
    _, intents = ledger.claim(account.hub.region, NAME, "any", 10, 600)
    built.send(intents)
    built.close()
    account.until_quiet()
    assert (account.truth()["containers"], account.truth()["created"]) == (2, 1)


def test_a_story_that_nobody_can_tell_from_others_is_never_deleted_by_guess(
    account: Account, world: Covering
) -> None:
    """Two were published by hand while an answer was lost: which is ours? A person is told; after a day it is over by itself."""
    child = world.agreed()
    medium = world.published(child, kind="story")
    account.sandbox.fault(GRAPH, "error_500_after", method="POST", skip=3)
    account.deliver()
    assert account.effect(medium).state == "unknown"
    theirs = [account.hand(story=True) for _ in range(2)]
    account.until_quiet()
    assert account.effect(medium).state == "done"
    assert wire.container(account.effect(medium).remote_id)
    assert account.hub.audit(NAME).agrees

    world.withdraw(child)
    account.deliver()
    row = account.effect(medium)
    assert row.state == "parked"
    assert "Delete it in Instagram’s app" in row.error or "Delete it in Instagram's app" in row.error
    assert {*theirs} < {each["id"] for each in account.there()}

    account.sandbox.tell("/clock", advance_seconds=25 * 3600)
    sql(world.region, "UPDATE effect SET state = 'planned'")
    account.deliver()
    assert account.effect(medium).state == "done"


def test_what_is_not_ours_is_never_touched(account: Account, world: Covering) -> None:
    medium = world.published()
    account.deliver()
    (ours,) = account.there()
    link = ours["caption"].split()[-1]
    kept = [
        account.hand(caption="Bonne fête !"),
        account.hand(caption=f"Allez voir {link}"),
        account.hand(story=True),
    ]
    found = account.hub.audit(NAME, heal=True)
    assert (found.agrees, found.foreign) == (True, 3)
    media.withdraw(world.region, medium.ref, "Ada", "Floue.", world.now)
    account.deliver()
    account.hub.audit(NAME, heal=True)
    assert [each["id"] for each in account.there()] == kept


def test_what_people_change_in_the_app_is_told_and_made_anew_when_asked(
    account: Account, world: Covering
) -> None:
    first, second = world.published(), world.published(kind="story")
    account.deliver()
    account.hand(id=account.effect(first).remote_id, caption="Autre chose")
    account.hand(id=account.effect(second).remote_id)
    assert {kind: n for kind, n in account.hub.audit(NAME).counts.items() if n} == {"missing": 1, "edited": 1}
    account.hub.audit(NAME, heal=True)
    account.until_quiet()
    assert sorted(each["type"] for each in account.there()) == ["IMAGE", "STORIES"]
    assert "Autre chose" not in str(account.there())
    assert account.hub.audit(NAME).agrees


def test_a_ledger_that_lost_everything_finds_its_posts(account: Account, world: Covering) -> None:
    medium = world.published()
    account.deliver()
    sql(world.region, "DELETE FROM effect")
    assert account.hub.audit(NAME, heal=True).counts["unexpected"] == 1
    world.publish(media.withdraw(world.region, medium.ref, "Ada", "-", world.now))
    account.until_quiet()
    assert len(account.there()) == 1
    assert account.truth()["created"] == 2, "Instagram changes no caption: it was made anew"


def test_published_again_while_it_is_being_taken_away_it_is_taken_away_first(
    account: Account, world: Covering
) -> None:
    child = world.agreed()
    medium = world.published(child)
    account.deliver()
    world.withdraw(child)
    world.agree(child)
    world.publish(world.read(medium))
    account.until_quiet()
    assert account.truth() == {"containers": 2, "created": 2, "media": 1, "deleted": 1, "duplicates": 0}


def test_hostile_captions_are_carried_and_do_no_harm(account: Account, world: Covering) -> None:
    words = (
        "a\r\nb\x07\u202edc",
        "sans compte Instagram\u00a0: https://portail.example/medias/m9?e=m9-1",
        "{{ link }} {% for %} <script>",
        "é🥖" * 3000,
    )
    for each in words:
        world.published(caption=each)
    assert account.deliver().created == len(words)
    captions = [each["caption"] for each in account.there()]
    assert max(map(len, captions)) < 2200
    assert not set("".join(captions)) & set("\x07\u202e\r")
    assert account.hub.audit(NAME).agrees


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        *(("publish", fault) for fault in FAULTS),
        ("contain", "error_500_after"),
        ("delete", "timeout_after"),
        ("delete", "null_item_after"),
    ],
)
def test_whatever_one_call_is_answered_nothing_is_lost_and_nothing_twice(
    impatient: Hub, sandbox: Sandbox, fault: str, call: str
) -> None:
    account, world = Account(impatient, sandbox), Covering(impatient.region, NOW)
    child = world.agreed()
    gone = world.published(child)
    account.deliver()
    if call == "delete":
        world.withdraw(child)
    else:
        world.published(kind="story")
    # Of a publication: the container, its status, the quota, publishing.
    sandbox.fault(GRAPH, fault, method="POST", skip=3 if call == "publish" else 0, **FAULTS[fault])

    account.deliver()
    account.until_quiet()

    assert sandbox.hits() == 1
    truth = account.truth()
    assert truth["duplicates"] == 0
    if call == "delete":
        assert account.there() == []
        assert account.effect(gone).live_hash is None
    else:
        assert (truth["created"], truth["media"]) == (2, 2)
    assert impatient.audit(NAME).agrees


def test_receipts_of_the_two_steps() -> None:
    made = wire.contained(Intent(1, "m1", "create", "m1-1", None, b"x", NOW), _said('{"id":"17900"}'))
    assert made == Receipt(1, "retry", f"container 17900 {wire.digest(b'x')}")
    assert wire.container(made.remote_id) == wire.Container("17900", wire.digest(b"x"))
    assert wire.container("18000") is wire.container(None) is None
    gone = Intent(1, "m1", "create", "m1-1", made.remote_id, b"x", NOW)
    told = wire.published(
        gone, _said('{"error":{"message":"x","code":24,"error_subcode":2207006}}', 400), 1.0
    )
    assert told.outcome == "unknown", "it may have been published a moment ago"


def _said(body: str, code: int = 200) -> dict[str, Any]:
    return {"code": code, "body": body}
