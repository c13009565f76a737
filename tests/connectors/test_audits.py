"""Drift: whatever is done to a channel by hand is told by its kind and healed, and what is not ours is never touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from connectors.channel import Readable
from connectors.open_portal.channel import OpenPortal
from connectors.region.alerting import alerts
from connectors.region.board import board
from connectors.region.ledger import channel_state, ledger
from connectors.region.ledger.ledger import DUE, OPERATION
from connectors.region.offers import offers
from connectors.region.publishing import audits, planning
from connectors.region.publishing.audits import Audit
from connectors.registry import channel, policies
from core.effects import ALL, Found, marker_of
from schemas.errors import RetryLater
from schemas.offer import key_of
from tests.hands import Feed, PageEditor, sql
from tests.makers import incoming, job
from tests.worlds import Hub, Sandbox, stock

pytestmark = pytest.mark.database
CHANNELS = ("open_portal", "aggregator_feed", "facebook_page")
PAGE = "facebook_page"


def key(number: int) -> str:
    return key_of("contractor", f"J-{number}")


def remote(hub: Hub, number: int, name: str = PAGE) -> str:
    rows = sql(
        hub.region,
        "SELECT remote_id FROM effect WHERE channel = :name AND subject = :key",
        name=name,
        key=key(number),
    )
    return str(rows[0].remote_id)


def drift(found: Audit) -> dict[str, int]:
    return {kind: number for kind, number in found.counts.items() if number}


@pytest.fixture
def four(hub: Hub, request: pytest.FixtureRequest) -> Hub:
    """Four offers on the channel of the test, the fourth withdrawn again; what is not ours is there too."""
    name = request.getfixturevalue("name")
    stock(hub, 1, 2, 3, 4)
    hub.put_out(name)
    RETIRED[name](hub)
    stock(hub, 4, version=2, closed=True)
    hub.put_out(name)
    FOREIGN[name](hub)
    return hub


_kept: dict[str, str] = {}  # what an offer that was withdrawn said


def _keep_page(hub: Hub) -> None:
    _kept[PAGE] = PageEditor(hub.settings).message(remote(hub, 4))


def _keep_feed(hub: Hub) -> None:
    _kept["aggregator_feed"] = Feed(hub.settings).job(key(4))


RETIRED: dict[str, Callable[[Hub], None]] = {
    "open_portal": lambda _: None,
    "aggregator_feed": _keep_feed,
    PAGE: _keep_page,
}
CHEERS = "Bonne fête à toutes et à tous ! https://portail.example/offres"
ALIEN = "<job><title>Pas de chez nous</title><referencenumber>X-1</referencenumber><url>https://x.example</url></job>\n"
FOREIGN: dict[str, Callable[[Hub], object]] = {
    "open_portal": lambda hub: sql(
        hub.region,
        "INSERT INTO board (key, kind, marker, content) VALUES ('affiche', 'job', 'une affiche', '{\"title\": \"x\"}')",
    ),
    "aggregator_feed": lambda hub: Feed(hub.settings).add(ALIEN),
    PAGE: lambda hub: PageEditor(hub.settings).post(CHEERS),
}


def foreign_is_intact(hub: Hub, sandbox: Sandbox, name: str) -> bool:
    if name == "open_portal":
        return bool(
            sql(hub.region, "SELECT 1 FROM board WHERE key = 'affiche' AND content ->> 'title' = 'x'")
        )
    return CHEERS in [post["message"] for post in sandbox.posts()]


# What people do: to a post, a job of the file, a row of the board.
DEEDS: dict[tuple[str, str], tuple[Callable[[Hub], object], dict[str, int]]] = {
    ("open_portal", "deletes a row"): (
        lambda hub: sql(hub.region, "DELETE FROM board WHERE key = :k", k=key(1)),
        {"missing": 1},
    ),
    ("open_portal", "withdraws a row"): (
        lambda hub: sql(
            hub.region,
            "UPDATE board SET content = NULL, content_hash = NULL, withdrawn_at = now() WHERE key = :k",
            k=key(1),
        ),
        {"missing": 1},
    ),
    ("open_portal", "deletes every row"): (
        lambda hub: sql(hub.region, "DELETE FROM board WHERE key <> 'affiche'"),
        {"missing": 3},
    ),
    ("open_portal", "edits a title"): (
        lambda hub: sql(
            hub.region,
            "UPDATE board SET content = jsonb_set(content, '{title}', '\"Perceur\"') WHERE key = :k",
            k=key(1),
        ),
        {"edited": 1},
    ),
    ("open_portal", "makes a job a training"): (
        lambda hub: sql(hub.region, "UPDATE board SET kind = 'training' WHERE key = :k", k=key(1)),
        {"edited": 1},
    ),
    ("open_portal", "hides a row behind the newer ones"): (
        lambda hub: sql(
            hub.region,
            "UPDATE board SET published_at = published_at - interval '9 years' WHERE key = :k",
            k=key(1),
        ),
        {"edited": 1},
    ),
    ("open_portal", "takes a marker away"): (
        lambda hub: sql(hub.region, "UPDATE board SET marker = '' WHERE key = :k", k=key(1)),
        {"edited": 1},
    ),
    ("open_portal", "brings a withdrawn offer back"): (
        lambda hub: sql(
            hub.region,
            "UPDATE board SET (content, content_hash, withdrawn_at) = (SELECT content, content_hash, NULL::timestamptz "
            "FROM offer WHERE key = :k) WHERE key = :k",
            k=key(4),
        ),
        {"unexpected": 1},
    ),
    ("open_portal", "puts up an offer that nobody knows"): (
        lambda hub: sql(
            hub.region,
            "INSERT INTO board (key, kind, marker, content) "
            "SELECT 'zz', kind, 'zz-1', content FROM board WHERE key = :k",
            k=key(1),
        ),
        {"unexpected": 1},
    ),
    ("aggregator_feed", "deletes a job"): (
        lambda hub: Feed(hub.settings).replace(key(1), lambda _: ""),
        {"missing": 1},
    ),
    ("aggregator_feed", "deletes the file"): (
        lambda hub: Feed(hub.settings).path.unlink(),
        {"missing": 3},
    ),
    ("aggregator_feed", "cuts the file in a job"): (
        lambda hub: Feed(hub.settings).write(
            Feed(hub.settings).text.rpartition("<referencenumber><![CDATA[")[0]
        ),
        {"missing": 1},
    ),
    ("aggregator_feed", "cuts the file's last line"): (
        lambda hub: Feed(hub.settings).write(Feed(hub.settings).text.removesuffix("</source>\n")),
        {"edited": 1},
    ),
    ("aggregator_feed", "deletes the gzip"): (
        lambda hub: Feed(hub.settings).path.with_suffix(".xml.gz").unlink(),
        {"edited": 1},
    ),
    ("aggregator_feed", "cuts the gzip"): (
        lambda hub: (
            Feed(hub.settings)
            .path.with_suffix(".xml.gz")
            .write_bytes(Feed(hub.settings).path.with_suffix(".xml.gz").read_bytes()[:-9])
        ),
        {"edited": 1},
    ),
    ("aggregator_feed", "edits a title"): (
        lambda hub: Feed(hub.settings).replace(
            key(1), lambda said: said.replace("[CDATA[Boulanger 1]", "[CDATA[Perceur]")
        ),
        {"edited": 1},
    ),
    ("aggregator_feed", "takes a marker away"): (
        lambda hub: Feed(hub.settings).replace(key(1), lambda said: said.replace(f"?e={key(1)}-", "?f=")),
        {"edited": 1},
    ),
    ("aggregator_feed", "copies a job"): (
        lambda hub: Feed(hub.settings).add(Feed(hub.settings).job(key(1))),
        {"doubled": 1},
    ),
    ("aggregator_feed", "copies a job twice"): (
        lambda hub: Feed(hub.settings).add(Feed(hub.settings).job(key(1)) * 2),
        {"doubled": 2},
    ),
    ("aggregator_feed", "brings a withdrawn offer back"): (
        lambda hub: Feed(hub.settings).add(_kept["aggregator_feed"]),
        {"unexpected": 1},
    ),
    (PAGE, "deletes a post"): (
        lambda hub: PageEditor(hub.settings).delete(remote(hub, 1)),
        {"missing": 1},
    ),
    (PAGE, "edits a message"): (
        lambda hub: PageEditor(hub.settings).edit(
            remote(hub, 1), PageEditor(hub.settings).message(remote(hub, 1)).replace("Boulanger", "Perceur")
        ),
        {"edited": 1},
    ),
    (PAGE, "takes a marker away"): (
        lambda hub: PageEditor(hub.settings).edit(remote(hub, 1), "Plus de lien"),
        {"edited": 1},
    ),
    (PAGE, "ends a post with another's link"): (
        lambda hub: PageEditor(hub.settings).edit(
            remote(hub, 1), PageEditor(hub.settings).message(remote(hub, 2))
        ),
        {"edited": 1},
    ),
    (PAGE, "copies a post"): (
        lambda hub: PageEditor(hub.settings).post(PageEditor(hub.settings).message(remote(hub, 1))),
        {"doubled": 1},
    ),
    (PAGE, "copies a post in other words"): (
        lambda hub: PageEditor(hub.settings).post(
            "Vite ! " + PageEditor(hub.settings).message(remote(hub, 1))
        ),
        {"doubled": 1},
    ),
    (PAGE, "posts anew what they deleted"): (
        lambda hub: _move(hub, 1),
        {"edited": 1},
    ),
    (PAGE, "brings a withdrawn offer back"): (
        lambda hub: PageEditor(hub.settings).post(_kept[PAGE]),
        {"unexpected": 1},
    ),
}


def _move(hub: Hub, number: int) -> None:
    editor = PageEditor(hub.settings)
    said = editor.message(remote(hub, number))
    editor.delete(remote(hub, number))
    editor.post(said)


@pytest.mark.parametrize(("name", "deed"), DEEDS, ids=[" ".join(deed) for deed in DEEDS])
def test_what_is_done_by_hand_is_told_and_healed(four: Hub, sandbox: Sandbox, name: str, deed: str) -> None:
    """Told without touching anything, then healed to agreement, once; what is not ours stays as it was."""
    do, expected = DEEDS[name, deed]
    do(four)
    before, told_before = sandbox.truth()["graph"], sql(four.region, "SELECT * FROM effect ORDER BY id")

    told = four.audit(name)

    assert (drift(told), told.agrees) == (expected, False)
    assert told.foreign == (0 if deed in {"deletes the file", "cuts the file in a job"} else 1)
    assert sandbox.truth()["graph"] == before
    assert sql(four.region, "SELECT * FROM effect WHERE channel = :c ORDER BY id", c=name) == [
        row for row in told_before if row.channel == name
    ]

    four.audit(name, heal=True)

    healed = four.audit(name)
    assert healed.agrees, healed
    assert (healed.inventory, drift(healed)) == (3, {})
    if name != "aggregator_feed":  # a file is ours as a whole: a rewrite leaves out what others wrote into it
        assert healed.foreign == 1
        assert foreign_is_intact(four, sandbox, name)
    graph = sandbox.truth()["graph"]
    assert graph["duplicates"] == 0
    four.put_out(name)
    assert sandbox.truth()["graph"] == graph, "and nothing is left to do"


@pytest.mark.parametrize("name", CHANNELS)
def test_a_healthy_channel_has_no_drift_and_nothing_is_written(
    four: Hub, sandbox: Sandbox, name: str
) -> None:
    feed = Feed(four.settings)
    file = feed.path.read_bytes() if name == "aggregator_feed" else b""
    before = sandbox.truth()["graph"], sql(four.region, "SELECT * FROM effect"), four.region.rows_written

    for heal in (False, True):
        found = four.audit(name, heal=heal)
        assert found.agrees
        assert (found.wanted, found.live, found.inventory, found.foreign) == (3, 3, 3, 1)

    assert before == (
        sandbox.truth()["graph"],
        sql(four.region, "SELECT * FROM effect"),
        four.region.rows_written,
    )
    if name == "aggregator_feed":
        assert feed.path.read_bytes() == file
        assert ALIEN in feed.text


@pytest.mark.parametrize("name", ["aggregator_feed", PAGE])
def test_a_copy_is_healed_the_second_night_too(four: Hub, name: str) -> None:
    """The copy's effect of the first night was left in the ledger, and the second copy was passed over because of it."""
    do, expected = DEEDS[name, "copies a job" if name == "aggregator_feed" else "copies a post"]
    for night in range(2):
        if name == PAGE:
            PageEditor(four.settings).post(f"{CHEERS} {night}")  # Graph refuses the newest post's text
        do(four)
        assert drift(four.audit(name, heal=True)) == expected
        assert four.audit(name).agrees


def test_a_copy_in_other_words_leaves_the_original_to_the_ledger(hub: Hub, sandbox: Sandbox) -> None:
    """The copy was taken for the edited original: its number went into the ledger, and the next update had no post."""
    stock(hub, 1)
    hub.put_out(PAGE)
    original = remote(hub, 1)
    editor = PageEditor(hub.settings)
    editor.post("Vite ! " + editor.message(original))

    hub.audit(PAGE, heal=True)
    stock(hub, 1, title="Chef boulanger", version=2)
    hub.put_out(PAGE)
    hub.put_out(PAGE)

    assert [post["id"] for post in sandbox.posts()] == [original]
    assert "Chef boulanger 1" in editor.message(original)


def test_an_editor_who_recommends_an_offer_keeps_the_post(hub: Hub, sandbox: Sandbox) -> None:
    """The address they had been led to by our post has its marker: their own post was called a copy, and deleted."""
    stock(hub, 1)
    hub.put_out(PAGE)
    editor = PageEditor(hub.settings)
    address = editor.message(remote(hub, 1)).rpartition(" ")[2]
    own = editor.post(f"Notre coup de cœur de la semaine !\n{address}")

    found = hub.audit(PAGE, heal=True)

    assert (found.agrees, found.foreign) == (True, 1)
    assert own in [post["id"] for post in sandbox.posts()]


def test_a_post_that_moved_is_not_created_twice(hub: Hub, sandbox: Sandbox) -> None:
    """The ledger kept the number of a post that was gone, the audit agreed, and the next update made a second post."""
    stock(hub, 1)
    hub.put_out(PAGE)
    _move(hub, 1)
    created = sandbox.truth()["graph"]["created"]

    hub.audit(PAGE, heal=True)
    stock(hub, 1, title="Chef boulanger", version=2)
    hub.put_out(PAGE)
    hub.put_out(PAGE)

    truth = sandbox.truth()["graph"]
    assert (truth["posts"], truth["created"]) == (1, created)


def test_many_copies_are_no_reason_for_a_guard(hub: Hub, sandbox: Sandbox) -> None:
    """A second object of an offer that stays is no withdrawal of it: nobody needs to be asked about thirty of them."""
    stock(hub, *range(30))
    hub.put_out(PAGE)
    editor = PageEditor(hub.settings)
    for said in [post["message"] for post in sandbox.posts()]:
        editor.post(said)
    sql(hub.region, "UPDATE channel SET paused = true, paused_reason = 'test'")
    hub.audit(PAGE, heal=True)
    sql(hub.region, "UPDATE channel SET paused = false")

    wanted, _ = hub.put_out(PAGE)

    assert (wanted.withdraw, wanted.held) == (30, 0)
    assert hub.audit(PAGE).agrees


@pytest.mark.parametrize("number", [1, 3])
def test_a_post_that_the_list_lacks_but_that_is_there_is_not_missing(
    hub: Hub, sandbox: Sandbox, number: int
) -> None:
    """Graph lists some hundred posts of a Page that has thousands."""
    stock(hub, 1, 2, 3, 4, 5)
    hub.put_out(PAGE)
    sandbox.tell("/settings", listed_posts=number)

    found = hub.audit(PAGE)

    assert found.agrees
    assert (drift(found), found.inventory) == ({}, 5)


def test_an_unlisted_post_is_judged_all_the_same(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2, 3, 4)
    hub.put_out(PAGE)
    sandbox.tell("/settings", listed_posts=1)
    editor = PageEditor(hub.settings)
    editor.delete(remote(hub, 1))
    editor.edit(remote(hub, 2), "Plus de lien")

    assert drift(hub.audit(PAGE, heal=True)) == {"missing": 1, "edited": 1}

    assert hub.audit(PAGE).agrees
    assert sandbox.truth()["graph"]["posts"] == 4


@pytest.mark.parametrize("fault", ["timeout_after", "error_500_after"])
def test_what_is_under_way_is_not_judged(impatient: Hub, sandbox: Sandbox, fault: str) -> None:
    """Unknown creations are on the Page and not live in the ledger: not for the audit to adopt, nor to take away."""
    hub = impatient
    sandbox.fault(r"/graph/v\d+\.\d+/$", fault, method="POST", seconds=3)
    stock(hub, 1, 2)
    hub.put_out(PAGE)
    rows = sql(hub.region, "SELECT * FROM effect")
    assert {row.state for row in rows} == {"unknown"}

    assert drift(hub.audit(PAGE, heal=True)) == {}

    assert sql(hub.region, "SELECT * FROM effect") == rows
    assert sandbox.truth()["graph"]["posts"] == 2


def test_a_refused_withdrawal_that_somebody_did_by_hand_is_over(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1)
    hub.put_out(PAGE)
    sandbox.fault(r"/graph/v\d+\.\d+/$", "item_error", item=0, code=100)
    stock(hub, 1, version=2, closed=True)
    hub.put_out(PAGE)
    assert channel_state.standings(hub.region)[PAGE].parked == 1
    PageEditor(hub.settings).delete(remote(hub, 1))

    assert drift(hub.audit(PAGE, heal=True)) == {"missing": 1}

    assert channel_state.standings(hub.region)[PAGE].parked == 0
    assert hub.audit(PAGE).agrees


@pytest.mark.parametrize("name", CHANNELS)
def test_an_intent_that_a_worker_holds_is_not_judged(hub: Hub, name: str) -> None:
    stock(hub, 1, 2)
    hub.put_out(name)
    stock(hub, 1, title="Chef boulanger", version=2)
    stock(hub, 2, version=2, closed=True)
    form = _form(hub, name)
    planning.plan(hub.region, policies(hub.settings.channels_file)[name], form, planning_day())
    ledger.claim_all(hub.region, name, form, 600)
    rows = sql(hub.region, "SELECT * FROM effect")
    assert {row.state for row in rows} == {"intent"}

    assert drift(hub.audit(name, heal=True)) == {}

    assert sql(hub.region, "SELECT * FROM effect") == rows


def planning_day() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _form(hub: Hub, name: str) -> str:
    built = channel(name, hub.settings, hub.region)
    built.close()
    return built.capabilities.form


class Meanwhile:
    """A channel whose inventory is read just before something happens."""

    def __init__(self, readable: Readable, event: Callable[[], object]) -> None:
        self._readable, self._event = readable, event
        self.name, self.capabilities = readable.name, readable.capabilities
        self.find, self.digest = readable.find, readable.digest

    def inventory(self) -> Iterator[Found]:
        seen = list(self._readable.inventory())
        self._event()
        return iter(seen)


@pytest.mark.parametrize("name", CHANNELS)
def test_an_edit_that_races_with_a_delivery_is_not_healed_backwards(
    hub: Hub, sandbox: Sandbox, name: str
) -> None:
    """While the inventory is read, a delivery updates one offer, creates one and withdraws one: none of it is drift."""
    stock(hub, 1, 2)
    hub.put_out(name)

    def deliver() -> None:
        stock(hub, 1, title="Chef boulanger", version=2)
        stock(hub, 2, version=2, closed=True)
        stock(hub, 3)
        hub.put_out(name)

    built = channel(name, hub.settings, hub.region)
    assert isinstance(built, Readable)
    raced: Any = Meanwhile(built, deliver)
    found = audits.audit(hub.region, raced)
    built.close()
    created = sandbox.truth()["graph"]["created"]

    assert drift(found) == {}
    assert audits.heal(hub.region, found) == 0
    hub.put_out(name)
    assert hub.audit(name).agrees
    assert sandbox.truth()["graph"]["created"] == created


def test_what_changed_between_audit_and_healing_is_left_alone(hub: Hub, sandbox: Sandbox) -> None:
    """The audit saw a post that was missing and one that was edited; then a sync had a reason to write both."""
    stock(hub, 1, 2)
    hub.put_out(PAGE)
    editor = PageEditor(hub.settings)
    editor.delete(remote(hub, 1))
    editor.edit(remote(hub, 2), "Plus de lien")
    built = channel(PAGE, hub.settings, hub.region)
    assert isinstance(built, Readable)
    found = audits.audit(hub.region, built)
    built.close()
    stock(hub, 1, 2, title="Chef boulanger", version=2)
    hub.put_out(PAGE)
    hub.put_out(PAGE)

    assert drift(found) == {"missing": 1, "edited": 1}
    assert audits.heal(hub.region, found) == 0
    hub.put_out(PAGE)
    assert hub.audit(PAGE).agrees
    assert sandbox.truth()["graph"]["posts"] == 2


def test_a_placement_that_commits_while_the_board_is_read_is_no_drift(hub: Hub) -> None:
    """The board's transaction began before the audit and committed after the board was read: its receipt looked old."""
    stock(hub, 1)
    portal = OpenPortal(hub.region)
    form = portal.capabilities.form
    planning.plan(hub.region, policies(hub.settings.channels_file)["open_portal"], form, planning_day())
    with hub.region.engine.connect() as slow:
        transaction = slow.begin()
        values = {"channel": "open_portal", "form": form.encode(), "n": 9, "lease": 77, **ALL.values()}
        slow.execute(text(board._PLACE.format(due=DUE, operation=OPERATION)), values)  # noqa: SLF001
        raced: Any = Meanwhile(portal, transaction.commit)
        found = audits.audit(hub.region, raced)

    assert (found.inventory, found.live) == (0, 1)
    assert drift(found) == {}
    assert hub.audit("open_portal").agrees


def test_a_dead_channel_cannot_be_audited_and_nothing_is_concluded(hub: Hub, sandbox: Sandbox) -> None:
    """A list that breaks off after its first page is no proof that the rest is missing."""
    stock(hub, *range(150))
    hub.put_out(PAGE)
    sandbox.fault(r"/graph/v\d+\.\d+/$", "error_500_before", method="POST", skip=1, times=50)
    rows = sql(hub.region, "SELECT * FROM effect")

    with pytest.raises(RetryLater):
        hub.audit(PAGE, heal=True)

    assert sql(hub.region, "SELECT * FROM effect") == rows


@pytest.mark.parametrize("name", CHANNELS)
def test_healing_tells_nothing_of_who_wants_to_stay_anonymous(hub: Hub, sandbox: Sandbox, name: str) -> None:
    secret = incoming(
        job("A-1", title="Boulanger", employer=msgspec.structs.replace(job().employer, name=None))
    )
    rows = [msgspec.structs.replace(secret, withheld=b'{"name": "Fournil Discret"}'), incoming(job("J-2"))]
    offers.merge(hub.region, 1, "contractor", rows)
    hub.put_out(name)
    anonymous = key_of("contractor", "A-1")
    match name:
        case "open_portal":
            sql(hub.region, "UPDATE board SET content = jsonb_set(content, '{title}', '\"x\"')")
        case "aggregator_feed":
            feed = Feed(hub.settings)
            feed.replace(anonymous, lambda said: said.replace("Employeur anonyme", "Fournil Discret"))
        case _:
            post = sql(hub.region, "SELECT remote_id FROM effect WHERE subject = :k", k=anonymous)[
                0
            ].remote_id
            PageEditor(hub.settings).edit(post, "Le Fournil Discret recrute")

    assert hub.audit(name, heal=True).counts["edited"] == (2 if name == "open_portal" else 1)

    shown = {
        "open_portal": lambda: " ".join(
            row.said for row in sql(hub.region, "SELECT content::text AS said FROM board")
        ),
        "aggregator_feed": lambda: Feed(hub.settings).text,
        PAGE: lambda: str(sandbox.posts()),
    }[name]()
    assert "Boulanger" in shown
    assert "Discret" not in shown
    assert hub.audit(name).agrees


def test_a_paused_channel_is_audited_and_healed_only_when_it_is_resumed(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2)
    hub.put_out(PAGE)
    PageEditor(hub.settings).delete(remote(hub, 1))
    channel_state.pause(hub.region, PAGE, "on holiday")

    assert drift(hub.audit(PAGE, heal=True)) == {"missing": 1}
    assert sandbox.truth()["graph"]["posts"] == 1

    channel_state.resume(hub.region, PAGE)
    hub.put_out(PAGE)
    assert sandbox.truth()["graph"]["posts"] == 2
    assert hub.audit(PAGE).agrees


def test_a_drift_is_told_to_a_person_once_and_over_when_it_is_healed(hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2)
    hub.put_out(PAGE)
    PageEditor(hub.settings).delete(remote(hub, 1))
    for _ in range(2):
        hub.audit(PAGE)
        hub.tell()

    [message] = sandbox.messages()
    assert "missing 1" in message["message"]
    assert "boostez audit facebook_page --heal" in message["message"]
    assert [alert.cause for alert in alerts.unresolved(hub.region)] == ["drift facebook_page"]
    hub.audit(PAGE, heal=True)
    assert alerts.unresolved(hub.region) == []


def test_no_marker_on_the_channel_has_a_lease_that_will_be_given_again(hub: Hub) -> None:
    """A restored sequence gives leases anew: a look-up would take a post of before the restore for the newest intent."""
    stock(hub, 1, 2)
    hub.put_out(PAGE)
    newest = ledger.new_lease(hub.region)
    editor = PageEditor(hub.settings)
    said = editor.message(remote(hub, 1))
    old = said.rpartition("?e=")[2].strip()
    editor.edit(remote(hub, 1), said.replace(old, marker_of(key(1), newest + 5_000)).replace("Boul", "P"))
    editor.edit(remote(hub, 2), editor.message(remote(hub, 2)).rpartition("-")[0] + "-" + "f" * 16)

    hub.audit(PAGE, heal=True)

    assert newest + 5_000 < ledger.new_lease(hub.region) < newest + 10_000
