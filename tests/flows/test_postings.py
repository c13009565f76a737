"""A firm posts an offer, from the form to the last channel and back: real mails, real flows, an officer's form."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Suspended
from pydantic import SecretStr, ValidationError
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors.region.alerting import alerts
from connectors.region.offers import offers, postings
from connectors.registry import policies
from flows import decide_posting
from flows.decide_posting import Decision, Verdict
from flows.postings import serve_postings
from portal.app import create_app
from tests.flows.stories import is_json
from tests.makers import incoming, job, portal_draft
from tests.portal.test_posting import GOOD, seal_of
from tests.relays import Letters, relaying
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]
LINK = re.compile(r"^https://portail\.example(/\S+)$", re.MULTILINE)


@pytest.fixture
def relay() -> Iterator[tuple[Letters, str]]:
    letters = Letters()
    with relaying(letters) as address:
        yield letters, address


@pytest.fixture(autouse=True)
def _no_form_of_others() -> None:
    """The server is shared: another test's posting 1 has had its form, and forms are shown once."""
    form = FlowFilter(name=FlowFilterName(any_=["decide-posting"]))
    with get_client(sync_client=True) as client:
        for flow in client.read_flows(flow_filter=form):
            client.delete_flow(flow.id)


def links(letters: Letters, number: int) -> list[str]:
    return LINK.findall(letters.text(number))


@pytest.fixture
def hub(hub: Hub, relay: tuple[Letters, str]) -> Hub:
    """A hub whose letters go to the relay."""
    hub.settings = hub.settings.model_copy(update={"smtp_url": SecretStr(relay[1])})
    return hub


@pytest.fixture
def letters(relay: tuple[Letters, str]) -> Letters:
    return relay[0]


@pytest.fixture
def firm(flowing: Hub) -> Iterator[TestClient]:
    app = create_app(flowing.region, flowing.settings)
    with TestClient(app, base_url="https://portail.example") as browser:
        yield browser


Decide = Callable[..., dict[str, Any]]


@pytest.fixture
def decide(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Decide:
    """An officer answers the form of a posting's text; what the form showed is in ``shown``."""

    request.getfixturevalue("flowing")

    def decided(posting: int, revision: int, *answers: dict[str, Any], shown: list[str] | None = None) -> Any:
        left = list(answers)

        def suspended(*, wait_for_input: Any, timeout: float, key: str) -> Decision:
            assert timeout > 24 * 3600
            assert key == f"posting-{posting}-{revision}"
            if shown is not None:
                shown.append(str(wait_for_input._description))  # noqa: SLF001 - Prefect keeps it nowhere else
            return Decision.model_validate({"by": "Ada", **left.pop(0)})

        monkeypatch.setattr(decide_posting, "suspend_flow_run", suspended)
        told = decide_posting.decide_posting(posting, revision)
        assert left == []
        assert is_json(told)
        return told

    return decided


def press(firm: TestClient, path: str, **form: str) -> str:
    """Open a page, press its button, and follow."""
    answer = firm.post(path, data={"sceau": seal_of(firm.get(path).text), **form})
    assert answer.status_code == 200, answer.text
    return str(answer.url)


def feed(hub: Hub) -> str:
    return (hub.settings.home / "feeds" / "aggregator.xml").read_text("utf-8")


def test_from_the_form_to_every_channel_and_back(
    firm: TestClient, flowing: Hub, letters: Letters, decide: Decide
) -> None:
    offers.merge(flowing.region, None, "contractor", [incoming(job("J-1"))])
    press(firm, "/deposer", **GOOD, action="envoyer")
    assert letters.taken == []
    for _ in range(2):
        assert is_json(serve_postings())
    ((to, message),) = letters.taken
    assert to == ["contact@fournil.example"]
    assert re.fullmatch(r"<confirm\.1\.1-[0-9a-f]+@portail\.example>", message["Message-ID"])

    (confirm,) = links(letters, 0)
    manage = press(firm, confirm).removeprefix("https://portail.example")
    assert manage.startswith("/deposer/suivi/")
    serve_postings()
    (posting,) = postings.listed(flowing.region)
    assert [alert.cause for alert in alerts.unresolved(flowing.region)] == []

    shown: list[str] = []
    told = decide(posting.id, 1, {"verdict": "approve"}, shown=shown)
    assert (told["state"], told["by"]) == ("approved", "Ada")
    assert "Du mardi au samedi" in shown[0]
    assert "known here as Fournil des Pentes" in shown[0]
    page = firm.get(f"/offres/{posting.key}")
    assert page.status_code == 200
    assert "moins de 3 &lt; 4 &amp; dès 5 h." in page.text
    assert "Boulanger" in firm.get("/offres?q=boulangère").text
    assert posting.key in feed(flowing)
    assert any("Boulanger" in post["message"] for post in flowing_posts(flowing))
    assert letters.subjects[1] == "Votre offre « Boulanger, boulangère » est en ligne"
    online, manage_again = links(letters, 1)
    assert online == f"/offres/{posting.key}"
    assert firm.get(manage_again).status_code == 200

    edit = {**GOOD, "titre": "Pâtissier, pâtissière", "texte": "1"}
    press(firm, f"{manage}/modifier", **edit, action="envoyer")
    serve_postings()
    assert "Boulanger" in firm.get(f"/offres/{posting.key}").text
    told = decide(posting.id, 2, {"verdict": "refuse", "reason": "Ce n’est plus le même poste."})
    assert told["state"] == "refused"
    assert "Boulanger" in firm.get(f"/offres/{posting.key}").text
    body = letters.text(2)
    assert "Ce n’est plus le même poste." in body
    press(firm, f"{manage}/modifier", **{**edit, "texte": "2"}, action="envoyer")
    decide(posting.id, 3, {"verdict": "approve"})
    assert "Pâtissier" in firm.get(f"/offres/{posting.key}").text

    press(firm, f"{manage}/fermer")
    serve_postings()
    assert firm.get(f"/offres/{posting.key}").status_code == 410
    assert posting.key not in feed(flowing)
    assert "Pâtissier" not in firm.get("/offres").text
    assert not [post for post in flowing_posts(flowing) if "âtissi" in post["message"]]
    assert len(letters.taken) == 4
    with flowing.region.begin() as connection:
        assert connection.scalar(text("SELECT closed_reason FROM offer WHERE source = 'portal'")) == "closed"
        assert (
            connection.scalar(text("SELECT count(*) FROM effect WHERE channel = 'mail' AND state <> 'done'"))
            == 0
        )


def flowing_posts(hub: Hub) -> list[Any]:
    answer = httpx.get(f"{hub.settings.contractor}/_sandbox/truth/posts", trust_env=False)
    items: list[Any] = answer.json()["items"]
    return items


def confirmed(hub: Hub, contact: str = "contact@fournil.example") -> postings.Posting:
    now = dt.datetime.now(dt.UTC)
    draft = portal_draft(expires_at=now + dt.timedelta(days=30))
    added = postings.add(hub.region, draft, contact, b"origin", now)
    found = postings.confirm(hub.region, added.ref, now)
    assert found is not None
    return found


def test_each_text_has_one_form_and_its_officers_are_told_once(flowing: Hub) -> None:
    registered: Any = decide_posting.decide_posting.to_deployment("posting")
    registered.apply()
    others = runs()
    posting = confirmed(flowing)
    assert [serve_postings()["asked"] for _ in range(3)] == [[posting.id], [], []]
    postings.shown_by(flowing.region, posting.id, 1, "")
    with flowing.region.begin() as connection:  # the run that asked died before it could note it
        connection.execute(text("UPDATE posting SET flow_run = NULL"))
    serve_postings()
    assert len(runs(others)) == 1
    (alert,) = alerts.unresolved(flowing.region)
    assert alert.title == "An offer waits for an officer: Boulanger, boulangère"
    assert f"boostez posting approve {posting.id}" in alert.message
    assert "@" not in alert.message
    assert "/deposer/" not in alert.message, "alerts go to many places: no link that opens anything"
    now = dt.datetime.now(dt.UTC)
    postings.amend(flowing.region, posting.ref, 1, portal_draft(title="Pâtissier, pâtissière"), now)
    serve_postings()
    assert sorted(run.parameters["revision"] for run in runs(others)) == [1, 2]
    (alert,) = alerts.unresolved(flowing.region)
    assert "Pâtissier" in alert.title
    postings.refuse(flowing.region, posting.id, 2, "Ada", "non", now)
    assert alerts.unresolved(flowing.region) == []


@pytest.mark.parametrize("way", ["approved", "refused", "amended", "closed", "deleted"])
def test_a_suspended_form_whose_text_was_decided_on_elsewhere_ends_by_itself(flowing: Hub, way: str) -> None:
    """Decided on the portal or on the command line, its form stood in the Prefect UI for a month, and then failed."""
    registered: Any = decide_posting.decide_posting.to_deployment("posting")
    registered.apply()
    others = runs()
    with (
        flowing.region.begin() as connection
    ):  # the server is shared: no other test's posting has this number
        start = 1_000 + secrets.randbelow(10**8)
        connection.execute(text(f"ALTER TABLE posting ALTER COLUMN id RESTART WITH {start}"))
    first, second = confirmed(flowing), confirmed(flowing, "other@fournil.example")
    serve_postings()
    with get_client(sync_client=True) as client:
        for run in runs(others):
            client.set_flow_run_state(run.id, Suspended(timeout_seconds=9999), force=True)
    assert serve_postings()["ended"] == []
    now = dt.datetime.now(dt.UTC)
    if way == "approved":
        postings.approve(flowing.region, first.id, 1, "Ada", now)
    elif way == "refused":
        postings.refuse(flowing.region, first.id, 1, "Ada", "non", now)
    elif way == "amended":
        postings.amend(flowing.region, first.ref, 1, portal_draft(), now)
    elif way == "closed":
        postings.close(flowing.region, first.ref, now)
    else:
        with flowing.region.begin() as connection:
            connection.execute(text("DELETE FROM posting WHERE id = :id"), {"id": first.id})
    assert [serve_postings()["ended"] for _ in range(2)] == [[first.id], []]
    states = {(r.parameters["posting"], r.parameters["revision"]): r.state for r in runs(others)}
    ended, waits = states[first.id, 1], states[second.id, 1]
    assert (ended.type, waits.type) == (StateType.CANCELLED, StateType.PAUSED)
    assert {"approved": "approved by Ada", "refused": "refused by Ada"}.get(way, "") in ended.message
    postings.close(flowing.region, second.ref, now)
    assert serve_postings()["ended"] == [second.id]


def runs(without: Sequence[Any] = ()) -> list[Any]:
    """The runs that ask an officer; the server is shared with other tests."""
    known = {run.id for run in without}
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(sort=FlowRunSort.ID_DESC, limit=200)
    return [run for run in found if run.id not in known and "posting" in (run.parameters or {})]


def test_a_form_whose_text_was_replaced_or_decided_on_elsewhere_ends(flowing: Hub, decide: Decide) -> None:
    posting = confirmed(flowing)
    now = dt.datetime.now(dt.UTC)
    postings.amend(flowing.region, posting.ref, 1, portal_draft(), now)
    assert decide(posting.id, 1)["state"] == "replaced"
    postings.refuse(flowing.region, posting.id, 2, "Bob", "on the command line", now)
    assert decide(posting.id, 2) == {"posting": posting.id, "revision": 2, "state": "refused", "by": "Bob"}


def test_a_verdict_on_a_text_that_is_replaced_while_the_form_is_seen_does_nothing(
    flowing: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    posting = confirmed(flowing)

    def meanwhile(**_: Any) -> Decision:
        postings.amend(flowing.region, posting.ref, 1, portal_draft(), dt.datetime.now(dt.UTC))
        return Decision(verdict=Verdict.APPROVE, reason="", by="Ada")

    monkeypatch.setattr(decide_posting, "suspend_flow_run", meanwhile)
    told: dict[str, Any] = decide_posting.decide_posting(posting.id, 1)
    assert told["state"] == "replaced"
    assert postings.get(flowing.region, posting.id).state == "waiting"
    assert postings.get(flowing.region, posting.id).approved_revision is None


def test_a_dead_channel_leaves_the_others_alone_and_gets_it_later(
    flowing: Hub, decide: Decide, monkeypatch: pytest.MonkeyPatch
) -> None:
    posting = confirmed(flowing)
    monkeypatch.setenv("BOOSTEZ_FACEBOOK_GRAPH_URL", "http://127.0.0.1:9")
    decide(posting.id, 1, {"verdict": "approve"})
    assert posting.key in feed(flowing)
    assert list(policies(flowing.settings.channels_file)) == [
        "open_portal",
        "aggregator_feed",
        "contractor",
        "facebook_page",
    ]


def test_without_postings_a_minute_changes_nothing(flowing: Hub) -> None:
    before = flowing.region.rows_written
    told = serve_postings()
    assert (told["keys"], told["asked"], told["tidied"]) == ([], [], {"deleted": 0, "ended": 0, "erased": 0})
    assert flowing.region.rows_written == before


@pytest.mark.parametrize(
    "answer",
    [
        {"verdict": "maybe", "by": "Ada"},
        {"verdict": "approve", "by": ""},
        {"verdict": "refuse", "by": "Ada"},
        {"verdict": "refuse", "reason": "  ", "by": "Ada"},
    ],
)
def test_a_form_is_not_sent_without_a_name_and_no_refusal_without_a_reason(answer: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Decision.model_validate(answer)
