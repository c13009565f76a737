"""After a restore from an older backup: an audit adopts what is ours on the Page, and nothing is created twice.

The backup is of the Region's database; the Page, of course, is not restored with it.
"""

from __future__ import annotations

from typing import Any

import pytest

from connectors.region.ledger import channel_state
from connectors.region.offers import offers
from connectors.region.upkeep import rewinding
from connectors.registry import policies
from schemas.offer import key_of
from tests.hands import PageEditor, sql
from tests.makers import NOON, incoming, job
from tests.worlds import Hub, Sandbox, stock

pytestmark = pytest.mark.database
PAGE = "facebook_page"
CARRIED = ("held_plan", "channel", "effect", "pick", "board")
EVERYTHING = ("source", "offer", "offer_change", "correction", *CARRIED)


class Backup:
    """An older state of some tables, and of the sequences when it is of all."""

    def __init__(self, hub: Hub, tables: tuple[str, ...]) -> None:
        self.hub, self.tables = hub, tables
        for table in tables:
            sql(hub.region, f"CREATE TABLE saved_{table} AS TABLE {table}")
        self.sequences = {
            name: sql(hub.region, f"SELECT last_value FROM {name}")[0].last_value
            for name in ("effect_lease_seq", "offer_revision_seq")
        }

    def restore(self) -> None:
        region = self.hub.region
        sql(region, f"TRUNCATE {', '.join(self.tables)} CASCADE")
        for table in self.tables:
            columns = ", ".join(
                row.column_name
                for row in sql(
                    region,
                    "SELECT column_name FROM information_schema.columns WHERE table_name = :t AND is_generated = 'NEVER'",
                    t=table,
                )
            )
            sql(
                region,
                f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM saved_{table}",
            )
        if "offer" in self.tables:
            for name, value in self.sequences.items():
                sql(region, f"SELECT setval('{name}', {value})")


def remote(hub: Hub, number: int) -> str:
    rows = sql(
        hub.region,
        "SELECT remote_id FROM effect WHERE channel = :c AND subject = :k",
        c=PAGE,
        k=key_of("contractor", f"J-{number}"),
    )
    return str(rows[0].remote_id)


def agrees(hub: Hub) -> None:
    for name in policies(hub.settings.channels_file):
        found = hub.audit(name)
        assert found.agrees, found


def editorial(hub: Hub, budget: int) -> None:
    """The Page chooses; read anew from its file."""
    file = hub.settings.channels_file
    file.write_text(file.read_text().rpartition("budget")[0] + f"budget = {budget}\n")
    policies.cache_clear()


@pytest.fixture
def life(hub: Hub) -> Hub:
    """A channel's life after a backup: an update, a withdrawal, two creations, a post that had to be made again."""
    stock(hub, 1, 2, 3, 4)
    hub.put_out(PAGE)
    return hub


def goes_on(hub: Hub) -> None:
    stock(hub, 1, title="Chef boulanger", version=2)
    stock(hub, 2, version=2, closed=True)
    stock(hub, 5, 6)
    hub.put_out(PAGE)
    PageEditor(hub.settings).delete(remote(hub, 3))
    hub.audit(PAGE, heal=True)


@pytest.mark.parametrize("listed", [None, 2], ids=["the Page lists all", "the Page lists the newest two"])
def test_after_a_restore_an_audit_and_a_sync_agree_and_nothing_is_created_twice(
    life: Hub, sandbox: Sandbox, listed: int | None
) -> None:
    backup = Backup(life, CARRIED)
    stock(life, 1, title="Chef boulanger", version=2)
    stock(life, 2, version=2, closed=True)
    stock(life, 5, 6)
    life.put_out(PAGE)
    before = sandbox.truth()["graph"]
    assert (before["created"], before["posts"]) == (6, 5)

    backup.restore()
    if listed:
        sandbox.tell("/settings", listed_posts=listed)
    life.audit(PAGE, heal=True)
    life.put_out(PAGE)
    life.put_out(PAGE)

    after = sandbox.truth()["graph"]
    assert (after["created"], after["posts"], after["duplicates"]) == (6, 5, 0)
    assert life.audit(PAGE).agrees
    assert "Chef boulanger 1" in PageEditor(life.settings).message(remote(life, 1))


def test_a_post_that_was_made_again_since_the_backup_is_found_under_its_new_number(
    life: Hub, sandbox: Sandbox
) -> None:
    """The restored ledger knew the number of a post that is gone: the next update went there, and a second one was made."""
    backup = Backup(life, CARRIED)
    goes_on(life)
    created = sandbox.truth()["graph"]["created"]
    assert created == 7

    backup.restore()
    life.audit(PAGE, heal=True)
    life.put_out(PAGE)
    stock(life, 3, title="Maître boulanger", version=2)
    life.put_out(PAGE)
    life.put_out(PAGE)

    truth = sandbox.truth()["graph"]
    assert (truth["created"], truth["duplicates"]) == (created, 0)
    assert life.audit(PAGE).agrees


def test_what_an_editorial_channel_had_chosen_since_the_backup_stays_chosen(
    hub: Hub, sandbox: Sandbox
) -> None:
    """The picks were lost with the backup: their posts looked unwanted, were deleted, and others took their places."""
    editorial(hub, 5)
    stock(hub, *range(3))
    hub.put_out(PAGE)
    backup = Backup(hub, CARRIED)
    stock(hub, 3, 4)
    hub.put_out(PAGE)
    before = {post["id"] for post in sandbox.posts()}
    assert len(before) == 5
    newer = [incoming(job(f"N-{n}", published_at=NOON)) for n in range(9)]
    offers.merge(hub.region, 1, "contractor", newer)

    backup.restore()
    hub.audit(PAGE, heal=True)
    hub.put_out(PAGE)
    hub.put_out(PAGE)

    assert {post["id"] for post in sandbox.posts()} == before
    assert sandbox.truth()["graph"]["created"] == 5
    assert hub.audit(PAGE).agrees


@pytest.mark.parametrize("budget", ["all", 60], ids=["mirror", "editorial"])
@pytest.mark.catalogue(30, 30)
def test_a_whole_restore_forgets_offers_too_and_their_posts_wait_for_the_next_sync(
    hub: Hub, sandbox: Sandbox, budget: Any
) -> None:
    """Posts of offers that the restored database had never heard of were deleted at once, and created anew by the sync."""
    if budget != "all":
        editorial(hub, budget)
    hub.take_in()
    for name in policies(hub.settings.channels_file):
        hub.put_out(name)
    backup = Backup(hub, EVERYTHING)
    sandbox.tell("/contractor/change", count=8, close=4, appear=6)
    hub.take_in("incremental")
    for name in policies(hub.settings.channels_file):
        hub.put_out(name)
    before = sandbox.truth()["graph"]
    posts = {post["id"] for post in sandbox.posts()}

    backup.restore()
    found = hub.audit(PAGE, heal=True)
    assert found.counts["unexpected"] >= 1
    assert posts <= {post["id"] for post in sandbox.posts()}, "nothing that is wanted was deleted"
    hub.take_in()
    for name in policies(hub.settings.channels_file):
        hub.put_out(name)
        hub.put_out(name)

    after = sandbox.truth()["graph"]
    assert {post["id"] for post in sandbox.posts()} == posts
    assert after["duplicates"] == 0
    assert after["created"] == before["created"], "nor was anything made again that had been withdrawn"
    agrees(hub)


@pytest.mark.parametrize("budget", ["all", 60], ids=["mirror", "editorial"])
@pytest.mark.catalogue(30, 30)
def test_the_way_of_the_runbook_creates_nothing_twice(hub: Hub, sandbox: Sandbox, budget: Any) -> None:
    """docs/runbook/restore.md: every channel is paused, an audit heals, the channels are resumed, a whole sync follows."""
    if budget != "all":
        editorial(hub, budget)
    channels = list(policies(hub.settings.channels_file))
    hub.take_in()
    for name in channels:
        hub.put_out(name)
    backup = Backup(hub, EVERYTHING)
    sandbox.tell("/contractor/change", count=8, close=4, appear=6)
    hub.take_in("incremental")
    for name in channels:
        hub.put_out(name)
    before = sandbox.truth()["graph"]
    newest = rewinding.drawn(hub.region)

    backup.restore()
    rewinding.rewind(hub.region, channels, "restored from a backup", newest=newest)
    for name in channels:
        hub.audit(name, heal=True)
    assert sandbox.truth()["graph"] == before, "nothing is delivered before a person resumes"
    for name in channels:
        channel_state.resume(hub.region, name)
    hub.take_in()
    for name in channels:
        hub.put_out(name)
        hub.put_out(name)

    after = sandbox.truth()["graph"]
    assert (after["created"], after["posts"], after["duplicates"]) == (before["created"], before["posts"], 0)
    agrees(hub)


def test_a_post_whose_offer_nobody_brings_is_withdrawn_after_a_day(life: Hub, sandbox: Sandbox) -> None:
    backup = Backup(life, EVERYTHING)
    stock(life, 5)
    life.put_out(PAGE)
    backup.restore()

    life.audit(PAGE, heal=True)
    life.put_out(PAGE)
    assert sandbox.truth()["graph"]["posts"] == 5
    sql(life.region, "UPDATE effect SET not_before = not_before - interval '23 hours'")
    life.put_out(PAGE)
    assert sandbox.truth()["graph"]["posts"] == 5
    sql(life.region, "UPDATE effect SET not_before = not_before - interval '1 hour'")
    life.put_out(PAGE)

    assert sandbox.truth()["graph"]["posts"] == 4
    assert life.audit(PAGE).agrees


def test_what_is_adopted_can_be_withdrawn_everywhere_before_any_sync(life: Hub, sandbox: Sandbox) -> None:
    """An adopted post was never sent by this ledger: the withdrawal said that it never was there."""
    backup = Backup(life, CARRIED)
    stock(life, 5)
    life.put_out(PAGE)
    backup.restore()
    channel_state.pause(life.region, PAGE, "restored from a backup")
    life.audit(PAGE, heal=True)

    proofs = life.withdraw("J-5")
    assert not proofs[PAGE].gone
    assert "STILL THERE" in proofs[PAGE].told
    channel_state.resume(life.region, PAGE)
    assert life.withdraw("J-5")[PAGE].gone

    assert sandbox.truth()["graph"]["posts"] == 4
