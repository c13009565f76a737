"""The commands that staff press when something went wrong: what they say, on which stream, and how they end.

Each runs in this process on a stack that is lent to it; what it prints is what a person sees.
"""

from __future__ import annotations

import datetime as dt
import json

import pytest
from typer.testing import CliRunner

from connectors import clock
from connectors.region.ledger import channel_state
from connectors.region.offers import offers, postings, quarantine
from connectors.region.publishing import plans
from connectors.registry import policies
from deployments.cli import app
from schemas.offer import key_of
from tests.hands import PageEditor, sql
from tests.makers import incoming, job, portal_draft
from tests.terminals import Terminal
from tests.worlds import Hub, Sandbox, everywhere, stock

pytestmark = pytest.mark.database
PAGE = "facebook_page"
BATCH = r"/graph/v\d+\.\d+/$"
KEY = key_of("contractor", "J-1")


@pytest.mark.parametrize(
    "words", [("quarantine", "recheck"), ("plan", "open_portal"), ("replay",)], ids=" ".join
)
def test_what_was_moved_is_bad_usage(words: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, list(words)).exit_code == 2


# --- plan


@pytest.fixture
def stopped(hub: Hub) -> int:
    """A guard stopped the withdrawal of forty posts; the plan's number."""
    stock(hub, *range(40))
    hub.put_out(PAGE)
    file = hub.settings.channels_file
    head, _, page = file.read_text().rpartition("[facebook_page]")
    trainings = page.replace('"job", ', "")
    file.write_text(f"{head}[facebook_page]{trainings}")
    policies.cache_clear()
    hub.put_out(PAGE)
    return plans.waiting(hub.region)[0].id


def test_a_plan_is_shown_before_anything_is_done(terminal: Terminal, hub: Hub, sandbox: Sandbox) -> None:
    stock(hub, 1, 2)

    told = terminal.ask("plan", "show", PAGE)

    assert (told["create"], told["update"], told["withdraw"]) == (2, 0, 0)
    assert "2 to create" in terminal.type("plan", "show", PAGE).stdout
    assert sandbox.truth()["graph"]["created"] == 0
    assert sql(hub.region, "SELECT 1 FROM effect") == []
    assert "No channel 'page': there are open_portal" in terminal.told("plan", "show", "page", code=2)
    assert terminal.ask("plan", "list") == []
    assert terminal.type("plan", "list").stdout == "No plan waits for a decision.\n"
    assert set(terminal.lent) == {(False, False)}


def test_a_stopped_plan_is_listed_shown_refused_and_approved(
    terminal: Terminal, hub: Hub, sandbox: Sandbox, stopped: int
) -> None:
    number = str(stopped)
    [listed] = terminal.ask("plan", "list")
    assert (listed["id"], listed["place"], listed["state"]) == (stopped, PAGE, "waiting")
    assert f"{number}  " in terminal.type("plan", "list").stdout
    assert terminal.ask("plan", "show", number)["numbers"]["now"] == 40
    assert "40 of 40 would be withdrawn" in terminal.type("plan", "show", number).stdout

    assert CliRunner().invoke(app, ["plan", "refuse", number]).exit_code == 2, "a reason is asked for"
    refused = terminal.type("plan", "refuse", number, "--reason", "an accident", "--by", "Camille")
    assert refused.stdout == f"Plan {number} for {PAGE} is refused: everything stays as it is.\n"
    assert terminal.ask("plan", "list") == []
    assert terminal.ask("plan", "list", "--all")[0]["decided_by"] == "Camille"
    assert f"Plan {number} was refused by Camille" in terminal.told(
        "plan", "refuse", number, "--reason", "again", code=3
    )
    approved = terminal.ask("plan", "approve", number, "--reason", "it was meant", "--by", "Camille")
    assert approved["state"] == "approved"
    assert "was approved by Camille already" in terminal.told(
        "plan", "approve", number, "--reason", "again", code=3
    )
    hub.put_out(PAGE)
    assert sandbox.truth()["graph"]["posts"] == 0


def test_a_plan_that_is_none_is_said(terminal: Terminal) -> None:
    assert terminal.told("plan", "approve", "99", "--reason", "why not", code=2) == (
        "No stopped plan 99: `boostez plan list` shows which there are."
    )
    assert "No stopped plan 99" in terminal.told("plan", "show", "99", code=2)


# --- audit


def test_an_audit_agrees_or_differs_and_heals(terminal: Terminal, flowing: Hub, sandbox: Sandbox) -> None:
    stock(flowing, 1, 2)
    everywhere(flowing)
    told = terminal.ask("audit")
    assert [told[name]["agrees"] for name in ("open_portal", "aggregator_feed", PAGE)] == [True] * 3
    assert terminal.type("audit", PAGE).stdout.count(": agree (") == 1
    PageEditor(flowing.settings).delete(sandbox.posts()[0]["id"])

    assert terminal.ask("audit", PAGE, code=3)[PAGE]["missing"] == 1
    assert "DIFFER (missing 1, edited 0" in terminal.type("audit", code=3).stdout
    assert sandbox.truth()["graph"]["posts"] == 1
    healed = terminal.ask("audit", PAGE, "--heal")

    assert (healed[PAGE]["agrees"], healed[PAGE]["missing"]) == (True, 0)
    assert sandbox.truth()["graph"]["posts"] == 2
    terminal.type("audit", "--heal")
    assert "nothing of 'page': there are" in terminal.told("audit", "page", code=2)


def test_an_audit_tells_of_the_others_when_one_cannot_be_read(
    terminal: Terminal, hub: Hub, sandbox: Sandbox
) -> None:
    """The Page was away, and of the board and the feed nothing was said."""
    stock(hub, 1)
    everywhere(hub)
    sandbox.fault("/graph/", "html", times=99)

    result = terminal.type("audit", "--json", code=4)

    assert set(json.loads(result.stdout)) == {"open_portal", "aggregator_feed", "contractor"}
    assert "BOOSTEZ_FACEBOOK_GRAPH_URL" in result.stderr
    sandbox.http.delete("/faults").raise_for_status()
    sandbox.fault("/graph/", "expire_token", times=99)
    assert "Renew BOOSTEZ_FACEBOOK_TOKEN" in terminal.type("audit", code=2).stderr


def test_healing_one_channel_heals_no_other(terminal: Terminal, flowing: Hub, sandbox: Sandbox) -> None:
    stock(flowing, 1)
    everywhere(flowing)
    PageEditor(flowing.settings).delete(sandbox.posts()[0]["id"])
    sql(flowing.region, "DELETE FROM board")

    terminal.type("audit", "open_portal", "--heal")

    assert flowing.audit("open_portal").agrees
    assert sandbox.truth()["graph"]["posts"] == 0


# --- replay


def test_failed_effects_are_replayed_when_somebody_says_yes(
    terminal: Terminal, flowing: Hub, sandbox: Sandbox
) -> None:
    stock(flowing, 1, 2)
    sandbox.fault(BATCH, "expire_token", method="POST")
    flowing.put_out(PAGE)

    dry = terminal.type("replay", "effects", "--cause", "token").stdout
    assert dry.startswith("2 effects would be replayed, by cause: token 2.\n")
    assert dry.endswith("Nothing was done: add --yes to do it.\n")
    assert terminal.ask("replay", "effects", "--cause", "token")["replayed"]["dry"] is True
    assert sandbox.truth()["graph"]["created"] == 0
    paused = terminal.type("replay", "effects", "--cause", "token", "--yes", code=3)
    assert f"`boostez channel resume {PAGE}`" in paused.stdout

    assert terminal.type("channel", "resume", PAGE).stdout.startswith(f"{PAGE} is resumed")
    assert "The same replay began" in terminal.told("replay", "effects", "--cause", "token", "--yes", code=3)
    done = terminal.ask("replay", "effects", "--channel", PAGE, "--yes")
    assert done["channels"][PAGE]["created"] == 2
    assert sandbox.truth()["graph"]["created"] == 2
    nothing = terminal.type("replay", "effects", "--ref", "J-1", "--since", "2026-01-01", "--yes").stdout
    assert nothing == "0 effects were replayed, by cause: none.\n"


def test_what_is_refused_again_is_said(terminal: Terminal, flowing: Hub, sandbox: Sandbox) -> None:
    stock(flowing, 1)
    sandbox.fault(BATCH, "item_error", item=0, code=100, times=2)
    flowing.put_out(PAGE)

    told = terminal.type("replay", "effects", "--cause", "content", "--yes", code=3).stdout

    assert "1 refused" in told
    assert channel_state.standings(flowing.region)[PAGE].refused == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("effects", "--cause", "tokens"), "There is no 'tokens': there are token, permission, limit"),
        (("effects", "--channel", "page"), "There is no 'page': there are open_portal"),
        (("channel", "page", "--yes"), "There is no 'page': there are open_portal"),
        (("channel", "alerts", "--yes"), "There is no 'alerts': there are open_portal"),
        (("quarantine", "--source", "nobody"), "No source 'nobody': there are contractor"),
    ],
)
@pytest.mark.usefixtures("flowing")
def test_what_a_replay_does_not_know_is_bad_usage(
    terminal: Terminal, words: tuple[str, ...], sentence: str
) -> None:
    assert sentence in terminal.told("replay", *words, code=2)


def test_a_channel_is_written_again(terminal: Terminal, flowing: Hub, sandbox: Sandbox) -> None:
    stock(flowing, 1, 2)
    everywhere(flowing)

    assert terminal.ask("replay", "channel", PAGE)["replayed"]["number"] == 2
    assert sandbox.truth()["graph"]["updated"] == 0
    done = terminal.type("replay", "channel", PAGE, "--ref", "J-1", "--ref", KEY, "--yes").stdout

    assert f"{PAGE}: 0 created, 1 updated, 0 withdrawn, 0 unknown, 0 refused." in done
    assert sandbox.truth()["graph"]["updated"] == 1


@pytest.mark.catalogue(6, 6)
def test_quarantine_is_listed_shown_and_replayed(terminal: Terminal, flowing: Hub, sandbox: Sandbox) -> None:
    refs = [
        item["ref"]
        for item in sandbox.http.get("/truth/offers", params={"malformed": "false"}).json()["items"][:1]
    ]
    sandbox.tell("/contractor/malform", refs=refs, how="title_long")
    flowing.take_in()
    [kept, *_] = terminal.ask("quarantine", "list")
    before = sum(quarantine.counts(flowing.region).values())
    assert terminal.ask("quarantine", "show", refs[0])[0]["reasons"]
    assert refs[0] in terminal.type("quarantine", "show", refs[0]).stdout
    assert "Nothing is in quarantine under nobody" in terminal.told("quarantine", "show", "nobody", code=2)

    told = terminal.type("replay", "quarantine").stdout
    assert told == f"0 would be let in, {before} stay.\n"
    assert terminal.ask("replay", "quarantine", "--ref", refs[0], "--yes")["kept"] == 1
    assert sum(quarantine.counts(flowing.region).values()) == before
    assert kept["payload"]


# --- withdraw


def test_an_offer_is_withdrawn_everywhere_and_opened_again(
    terminal: Terminal, flowing: Hub, sandbox: Sandbox
) -> None:
    stock(flowing, 1, 2)
    everywhere(flowing)

    told = terminal.type("withdraw", "J-1", "--everywhere", "--reason", "the employer closed").stdout

    lines = told.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "open_portal: gone",
        "aggregator_feed: gone",
        "facebook_page: gone",
    ]
    assert sandbox.truth()["graph"]["posts"] == 1
    again = terminal.ask("withdraw", KEY, "--everywhere", "--reason", "once more", "--by", "Camille")
    assert all(proof["gone"] for proof in again["proofs"])
    undone = terminal.type("withdraw", "J-1", "--undo", "--reason", "a mistake").stdout
    assert undone == "J-1 is open again: the next sync publishes it.\n"
    everywhere(flowing)
    assert sandbox.truth()["graph"]["posts"] == 2
    twice = terminal.type("withdraw", "J-1", "--undo", "--reason", "a mistake").stdout
    assert twice == "J-1 was not withdrawn by us: it is open.\n"
    shown = terminal.ask("withdraw", "J-1", "--undo", "--reason", "a mistake")
    assert shown == {"offer": "J-1", "undone": False}, "it said so in words only"


def test_what_is_not_proven_gone_is_told(terminal: Terminal, flowing: Hub) -> None:
    stock(flowing, 1)
    everywhere(flowing)
    assert "accumulates" not in terminal.type("channel", "pause", PAGE, "--reason", "moving").stdout

    told = terminal.told("withdraw", "J-1", "--everywhere", "--reason", "the employer closed", code=3)

    assert told.startswith("J-1 is closed, but not proven gone: facebook_page STILL THERE")
    assert "open_portal" not in told
    assert "run this again to read back" in told


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("J-1", "--reason", "why not"), 2, "Say --everywhere to withdraw the offer"),
        (
            ("J-1", "--reason", "why not", "--everywhere", "--undo"),
            2,
            "Say --everywhere to withdraw the offer",
        ),
        (("J-9", "--reason", "why not", "--everywhere"), 3, "No offer is named J-9"),
        (("J-9", "--reason", "why not", "--undo"), 3, "No offer is named J-9"),
        (("J-1", "--reason", "why not", "--everywhere"), 3, "J-1 is an offer of contractor, lheo: say which"),
        (("J-1", "--reason", "x", "--everywhere", "--source", "lheo"), 2, "reason"),
        (("J-1", "--reason", "why not", "--everywhere", "--by", "x"), 2, "by"),
    ],
    ids=str,
)
def test_a_withdrawal_that_cannot_be_meant_does_nothing(
    terminal: Terminal, flowing: Hub, words: tuple[str, ...], code: int, sentence: str
) -> None:
    stock(flowing, 1)
    offers.merge(flowing.region, 1, "lheo", [incoming(job("J-1", source="lheo"))])

    result = terminal.type("withdraw", *words, code=code)

    assert result.stdout == ""
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert sql(flowing.region, "SELECT 1 FROM offer WHERE status = 'closed'") == []


def test_a_withdrawal_without_a_reason_is_bad_usage(terminal: Terminal) -> None:
    assert "--reason" in terminal.type("withdraw", "J-1", "--everywhere", code=2).stderr


# --- channel


def test_a_channel_is_paused_and_resumed_by_its_name(terminal: Terminal, hub: Hub) -> None:
    told = terminal.type("channel", "pause", PAGE, "--reason", "the press office asked").stdout
    assert told == f"{PAGE} is paused. `boostez channel resume {PAGE}` ends that.\n"
    standing = terminal.ask("status")["channels"][PAGE]
    assert (standing["paused"], standing["paused_reason"]) == (True, "the press office asked")
    assert "paused: the press office asked" in terminal.type("status").stdout
    assert channel_state.standings(hub.region)[PAGE].paused
    for _ in range(2):  # what changes nothing is no act
        terminal.type("channel", "resume", PAGE, "--by", "Ada")
    assert not channel_state.standings(hub.region)[PAGE].paused
    (resumed, paused) = terminal.ask("access", "log", "--on", f"channel {PAGE}")
    assert (resumed["did"], resumed["by"], paused["did"]) == ("resumed", "Ada", "paused")
    for verb, *more in (("pause", "--reason", "x"), ("resume",)):
        assert "No channel 'page': there are" in terminal.told("channel", verb, "page", *more, code=2)
    assert "--reason" in terminal.type("channel", "pause", PAGE, code=2).stderr


def test_who_types_is_the_environments_before_the_machines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the container all were "boostez", and commands without --by let nobody say who they are."""
    monkeypatch.setenv("BOOSTEZ_BY", "Camille")
    terminal.type("coach", "add", "Ada", "ada@region.example")
    terminal.type("channel", "pause", PAGE, "--reason", "moving")
    assert [act["by"] for act in terminal.ask("access", "log")] == ["Camille", "Camille"]


def test_where_nobody_is_known_who_decides_has_to_say_who_they_are_and_who_looks_has_not(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some forms refused "?" as too short a name, others took it."""

    def nobody() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.delenv("BOOSTEZ_BY", raising=False)
    monkeypatch.setattr("getpass.getuser", nobody)
    pause = ("channel", "pause", PAGE, "--reason", "moving")
    assert "BOOSTEZ_BY" in terminal.type(*pause, code=2).stderr
    terminal.type("status")
    terminal.type(*pause, "--by", "Ada")


# --- posting


def posted(hub: Hub, contact: str = "contact@fournil.example") -> str:
    """A confirmed posting's number."""
    now = clock.now()
    draft = portal_draft(expires_at=now + dt.timedelta(days=30))
    found = postings.confirm(hub.region, postings.add(hub.region, draft, contact, b"x", now).ref, now)
    assert found is not None
    return str(found.id)


def test_an_officer_reads_and_approves_a_posting(terminal: Terminal, hub: Hub) -> None:
    assert terminal.type("posting", "list").stdout == "No posting waits for an officer.\n"
    number = posted(hub)
    shown = terminal.type("posting", "show", number).stdout
    assert "Vous façonnez et cuisez le pain." in shown
    assert "contact@fournil.example" not in shown + terminal.type("posting", "list").stdout
    assert "contact@fournil.example" not in json.dumps(terminal.ask("posting", "show", number))
    assert "has a newer text (1)" in terminal.told("posting", "approve", number, "--text", "2", code=3)
    approved = terminal.ask("posting", "approve", number, "--by", "Camille")
    assert (approved["state"], approved["decided_by"]) == ("approved", "Camille")
    assert "is approved by Camille" in terminal.told("posting", "approve", number, code=3)
    assert terminal.ask("posting", "list") == []
    assert len(terminal.ask("posting", "list", "--all")) == 1
    assert "boostez posting list" in terminal.told("posting", "show", "99", code=2)


def test_a_refusal_needs_a_reason_that_the_firm_can_read(terminal: Terminal, hub: Hub) -> None:
    number = posted(hub)
    assert CliRunner().invoke(app, ["posting", "refuse", number]).exit_code == 2
    assert "--reason" in terminal.told("posting", "refuse", number, "--reason", " ", code=2)
    refused = terminal.ask("posting", "refuse", number, "--reason", "Pas de numéro.", "--by", "Camille")
    assert (refused["state"], refused["reason"]) == ("refused", "Pas de numéro.")
