"""The conformance suite: what every channel must do, and how it must behave when its place misbehaves."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connectors.channel import ItemChannel, Readable
from connectors.region.ledger import channel_state, ledger
from connectors.region.offers import offers
from connectors.region.publishing import audits, planning
from connectors.registry import CHANNELS, channel
from connectors.settings import Settings
from core.effects import Intent
from tests.hands import later
from tests.makers import NOON, incoming, job
from tests.worlds import Hub, Sandbox

pytestmark = pytest.mark.database
CONFORMING = ("open_portal", "aggregator_feed", "facebook_page", "contractor")


def stock(
    hub: Hub, *numbers: int, title: str = "Boulanger", version: int = 1, closed: str | None = None
) -> None:
    """Offers of the source that every channel carries."""
    rows = [incoming(job(f"J-{n}", source="portal", title=f"{title} {n}"), version, closed) for n in numbers]
    offers.merge(hub.region, 1, "portal", rows)


def audited(hub: Hub, name: str) -> audits.Audit:
    built = channel(name, hub.settings, hub.region)
    try:
        assert isinstance(built, Readable)
        return audits.audit(hub.region, built)
    finally:
        built.close()


def until_quiet(hub: Hub, name: str, rounds: int = 6) -> None:
    for _ in range(rounds):
        later(hub.region)
        hub.settle(name)
        later(hub.region)
        hub.put_out(name)
    standing = channel_state.standings(hub.region)[name]
    assert (standing.planned, standing.intent, standing.unknown) == (0, 0, 0), standing


def test_every_registered_channel_is_in_the_suite() -> None:
    assert set(CHANNELS) == set(CONFORMING)


def test_every_channel_has_a_page_on_its_limits() -> None:
    root = Path(__file__).parents[2] / "connectors"
    assert [name for name in CHANNELS if not (root / name / "README.md").exists()] == []


@pytest.mark.parametrize("name", CONFORMING)
class TestConformance:
    def test_it_creates_updates_and_withdraws(self, hub: Hub, name: str) -> None:
        stock(hub, 1, 2, 3)
        assert hub.put_out(name)[1].channels[name].created == 3
        stock(hub, 1, title="Chef boulanger", version=2)
        stock(hub, 2, version=2, closed="closed")
        done = hub.put_out(name)[1].channels[name]
        assert (done.created, done.updated, done.withdrawn) == (0, 1, 1)
        audit = audited(hub, name)
        assert audit.agrees
        assert audit.inventory == 2

    def test_with_nothing_to_do_it_calls_nobody(self, hub: Hub, sandbox: Sandbox, name: str) -> None:
        stock(hub, 1, 2)
        hub.put_out(name)
        before, written = _outside(sandbox), hub.region.rows_written
        wanted, figures = hub.put_out(name)
        assert wanted.changes == figures.writing_calls == 0
        assert _outside(sandbox) == before
        assert hub.region.rows_written == written

    def test_it_finds_what_it_carries_and_only_that(self, hub: Hub, name: str) -> None:
        stock(hub, 1, 2)
        hub.put_out(name)
        with hub.region.begin() as connection:
            rows = connection.execute(
                text("SELECT id, subject, marker, remote_id FROM effect ORDER BY id")
            ).all()
        there, never = rows
        now = dt.datetime.now(dt.UTC)
        intents = [
            Intent(there.id, there.subject, "create", there.marker, None, None, now),
            Intent(never.id, "00000000zzzz", "create", "00000000zzzz-1", None, None, now),
        ]
        built = channel(name, hub.settings, hub.region)
        assert isinstance(built, Readable)
        found = built.find(intents)
        built.close()
        assert set(found) == {there.id}
        assert found[there.id].marker == there.marker

    def test_it_says_what_it_can_do(self, hub: Hub, name: str) -> None:
        built = channel(name, hub.settings, hub.region)
        able = built.capabilities
        built.close()
        assert built.name == name
        assert able.form
        assert able.batch > 0
        assert able.lease_seconds > 2 * able.settle_seconds

    def test_hostile_texts_do_no_harm(self, hub: Hub, name: str) -> None:
        titles = (
            "]]></title><job>",
            "<script>alert(1)</script>",
            "a&b=c?e=zzz-1",
            "Été — « œuvre » 🥖",
            "x\u0085y",
        )
        rows = [incoming(job(f"H-{n}", source="portal", title=title)) for n, title in enumerate(titles)]
        offers.merge(hub.region, 1, "portal", rows)
        hub.put_out(name)
        audit = audited(hub, name)
        assert audit.agrees
        assert audit.inventory == len(titles)

    def test_a_worker_that_died_after_its_intents_is_made_good(self, hub: Hub, name: str) -> None:
        stock(hub, 1, 2)
        built = channel(name, hub.settings, hub.region)
        hub.put_out(name)
        stock(hub, 3, 4)
        with hub.run() as run:
            planning.plan(hub.region, _policy(hub, name), built.capabilities.form, NOON.date(), run.number)
        ledger.claim_all(hub.region, name, built.capabilities.form, 600)  # and the worker dies
        built.close()
        until_quiet(hub, name)
        audit = audited(hub, name)
        assert audit.agrees
        assert audit.inventory == 4


def _outside(sandbox: Sandbox) -> tuple[Any, Any]:
    truth = sandbox.truth()
    return truth["graph"], truth["contractor"]


def _policy(hub: Hub, name: str) -> Any:
    from connectors.registry import policies

    return policies(hub.settings.channels_file)[name]


HOSTILE: dict[str, dict[str, Any]] = {
    "timeout_before": {"seconds": 3},
    "timeout_after": {"seconds": 3},
    "error_500_before": {},
    "error_500_after": {},
    "rate_limited": {},
    "cut_body": {},
    "wrong_json": {},
    "html": {},
    "null_item": {"item": 1},
    "null_item_after": {"item": 1},
}


CALLED = {"facebook_page": r"/graph/v\d+\.\d+/$", "contractor": "/v1/offers:batch$"}


def _page(truth: Any) -> tuple[int, int, int]:
    """How many are there, how many were created, how many twice."""
    return truth["graph"]["posts"], truth["graph"]["created"], truth["graph"]["duplicates"]


def _contractor(truth: Any) -> tuple[int, int, int]:
    received = truth["contractor"]["received"]
    return truth["contractor"]["region_open"], received["created"], received.get("unchanged", 0)


TRUTH: dict[str, Callable[[Any], tuple[int, int, int]]] = {
    "facebook_page": _page,
    "contractor": _contractor,
}


@pytest.mark.parametrize("fault", HOSTILE)
@pytest.mark.parametrize("operation", ["create", "update", "withdraw"])
@pytest.mark.parametrize("name", CALLED)
def test_whatever_the_channel_answers_nothing_is_lost_and_nothing_twice(
    impatient: Hub, sandbox: Sandbox, name: str, operation: str, fault: str
) -> None:
    hub = impatient
    if operation != "create":
        stock(hub, 1, 2, 3)
        hub.put_out(name)
    stock(
        hub, 1, 2, 3, title="Chef boulanger", version=2, closed="closed" if operation == "withdraw" else None
    )
    sandbox.fault(CALLED[name], fault, method="POST", **HOSTILE[fault])

    hub.put_out(name)
    until_quiet(hub, name)

    assert sandbox.hits() == 1
    assert TRUTH[name](sandbox.truth()) == (0 if operation == "withdraw" else 3, 3, 0)
    assert audited(hub, name).agrees


@pytest.mark.parametrize(
    ("code", "paused"), [(190, True), (200, True), (368, True), (100, False), (506, False)]
)
def test_what_graph_says_of_an_item_decides(hub: Hub, sandbox: Sandbox, code: int, *, paused: bool) -> None:
    stock(hub, 1, 2)
    sandbox.fault(r"/graph/v\d+\.\d+/$", "item_error", item=0, code=code)

    _, figures = hub.put_out("facebook_page")

    standing = channel_state.standings(hub.region)["facebook_page"]
    assert standing.paused is paused
    assert standing.refused == (1 if code == 100 else 0)
    assert standing.unknown == (1 if code == 506 else 0)
    assert standing.live == 1
    assert (figures.channels["facebook_page"].error is not None) is paused


def test_a_post_that_is_not_ours_is_left_alone(hub: Hub) -> None:
    stock(hub, 1)
    hub.put_out("facebook_page")
    built = channel("facebook_page", hub.settings, hub.region)
    assert isinstance(built, ItemChannel)
    _post_by_hand(hub.settings, "Bonne fête à toutes et à tous !")
    stock(hub, 1, version=2, closed="closed")
    hub.put_out("facebook_page")
    built.close()
    audit = audited(hub, "facebook_page")
    assert (audit.inventory, audit.foreign) == (0, 1)


def _post_by_hand(settings: Settings, message: str) -> None:
    import httpx

    from connectors.graph.words import proof

    token = settings.facebook_token.get_secret_value()
    assert settings.facebook_app_secret
    answer = httpx.post(
        f"{settings.graph}/v26.0/{settings.facebook_page_id}/feed",
        data={
            "message": message,
            "access_token": token,
            "appsecret_proof": proof(token, settings.facebook_app_secret.get_secret_value()),
        },
        trust_env=False,
    )
    answer.raise_for_status()


def test_a_post_deleted_by_hand_is_created_again_when_its_offer_changes(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1)
    hub.put_out("facebook_page")
    with hub.region.begin() as connection:
        connection.execute(text("UPDATE effect SET remote_id = '100000000000001_999999'"))
    stock(hub, 1, title="Chef boulanger", version=2)

    hub.put_out("facebook_page")
    hub.put_out("facebook_page")

    assert sandbox.truth()["graph"]["created"] == 2
    assert channel_state.standings(hub.region)["facebook_page"].live == 1


@pytest.fixture
def feed(hub: Hub) -> Callable[[], bytes]:
    def read() -> bytes:
        return (hub.settings.home / "feeds" / "aggregator.xml").read_bytes()

    return read


def test_the_feed_is_the_same_bytes_when_nothing_changed(hub: Hub, feed: Callable[[], bytes]) -> None:
    stock(hub, 1, 2)
    hub.put_out("aggregator_feed")
    first, packed = feed(), hub.settings.home / "feeds" / "aggregator.xml.gz"
    zipped = packed.read_bytes()
    written = (hub.settings.home / "feeds" / "aggregator.xml").stat().st_mtime_ns
    hub.put_out("aggregator_feed")
    assert (hub.settings.home / "feeds" / "aggregator.xml").stat().st_mtime_ns == written
    (hub.settings.home / "feeds" / "aggregator.xml").unlink()
    hub.put_out("aggregator_feed")
    assert feed() == first
    assert packed.read_bytes() == zipped
    assert gzip.decompress(zipped) == first


def test_the_feed_is_well_formed_and_holds_every_job(hub: Hub, feed: Callable[[], bytes]) -> None:
    from lxml import etree

    hub.take_in()
    hub.put_out("aggregator_feed")
    root = etree.fromstring(feed())
    jobs = root.findall("job")
    assert len(jobs) == offers.counts(hub.region)["job"]["open"] > 250
    required = (
        "title",
        "date",
        "referencenumber",
        "requisitionid",
        "url",
        "company",
        "country",
        "description",
    )
    assert not [j for j in jobs if any(not (j.findtext(name) or "") for name in required)]
    assert len({j.findtext("referencenumber") for j in jobs}) == len(jobs)
    assert all((j.findtext("url") or "").startswith("https://portail.example/offres/") for j in jobs)


def test_a_feed_folder_that_cannot_be_written_is_said_and_leaves_the_old_feed(
    hub: Hub, feed: Callable[[], bytes]
) -> None:
    stock(hub, 1)
    hub.put_out("aggregator_feed")
    before = feed()
    packed = hub.settings.home / "feeds" / "aggregator.xml.gz"
    packed.unlink()
    packed.mkdir()
    stock(hub, 2)

    _, figures = hub.put_out("aggregator_feed")

    assert "BOOSTEZ_FEEDS_URL" in (figures.channels["aggregator_feed"].error or "")
    assert figures.channels["aggregator_feed"].unreachable
    assert feed() == before
    packed.rmdir()
    until_quiet(hub, "aggregator_feed")
    assert audited(hub, "aggregator_feed").agrees


def test_no_channel_tells_who_wants_to_stay_anonymous(
    hub: Hub, sandbox: Sandbox, feed: Callable[[], bytes]
) -> None:
    hub.take_in()
    for name in CONFORMING:
        hub.put_out(name)
    assert sandbox.truth()["contractor"]["region"] == 0
    with hub.region.begin() as connection:
        names = {
            row.key: row.name.lower()
            for row in connection.execute(
                text("SELECT key, withheld ->> 'name' AS name FROM offer WHERE withheld IS NOT NULL")
            )
        }
        board = {
            row.key: row.content
            for row in connection.execute(text("SELECT key, content::text AS content FROM board"))
        }
    jobs = {job.partition("/offres/")[2][:12]: job for job in feed().decode().split("<job>")[1:]}
    posts = {post["link"].partition("/offres/")[2][:12]: post["message"] for post in sandbox.posts()}

    assert len(names) > 5
    assert set(names) <= set(board)
    assert set(names) <= set(posts)
    for carried in (board, jobs, posts):
        assert [(key, name) for key, name in names.items() if name in carried.get(key, "").lower()] == []
