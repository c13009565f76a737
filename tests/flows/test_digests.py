"""Digests from the deployment that a schedule starts to the letter: the form, what it shows, and one more by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType
from pydantic import ValidationError

from connectors import clock
from connectors.region.alerting import alerts
from connectors.region.database import safe_region
from connectors.region.digests import approvals
from connectors.settings import settings
from flows import approve_digest as module
from flows.approve_digest import DigestDecision, DigestVerdict, approve_digest
from flows.digests import send_digest, send_digests
from flows.morning import morning
from schemas.errors import Refused
from tasks import digests as steps
from tests.dialogue_world import Dialogues
from tests.flows.stories import is_json
from tests.stakeholders import FILE, MONDAY
from tests.worlds import Hub, Sandbox, forget

pytestmark = [pytest.mark.database, pytest.mark.catalogue(2, 2), pytest.mark.slow]


@pytest.fixture
def world(flowing: Hub, monkeypatch: pytest.MonkeyPatch) -> Dialogues:
    monkeypatch.setenv("BOOSTEZ_DIGESTS_FILE", str(FILE))
    forget()
    made = Dialogues(flowing.region, MONDAY)
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


def answer(monkeypatch: pytest.MonkeyPatch, **said: Any) -> list[str]:
    """Whoever has the form before them says that; what the forms show."""
    shown: list[str] = []

    def suspended(*, wait_for_input: Any, timeout: float, key: str) -> DigestDecision:
        assert timeout > 24 * 3600
        assert key
        shown.append(str(vars(wait_for_input)))
        return DigestDecision.model_validate({"by": "Camille", **said})

    monkeypatch.setattr(module, "suspend_flow_run", suspended)
    return shown


def waiting(role: str) -> approvals.Approval:
    (found,) = [each for each in approvals.waiting(safe_region()) if each.role == role]
    return found


def alert() -> alerts.Alert:
    (found,) = alerts.unresolved(safe_region())
    return found


def mailed(sandbox: Sandbox) -> list[str]:
    return [str(mail["to"]) for mail in sandbox.mails()]


@pytest.mark.usefixtures("world")
def test_held_shown_approved_and_sent_once(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    told = send_digests()
    assert is_json(told)
    assert told["planned"]["direction"] == {"week": "2026-W49", "outcome": "held", "letters": 0}
    assert mailed(sandbox) == []
    assert alert().title == "Digests wait for somebody to read them: contractor, direction"
    assert "on 2026-12-03 07:00 (Paris)" in alert().message
    shown = answer(monkeypatch, verdict="approve")
    number = waiting("direction").id
    assert approve_digest(number)["state"] == "approved"
    (form,) = shown
    assert "Direction du partenariat" in form
    assert "Objectifs, dépense et qualité de service" in form
    assert "@digests.example" not in form
    assert mailed(sandbox) == ["direction@digests.example"]
    assert approve_digest(number)["state"] == "approved", "a form that is opened again decides nothing"
    assert send_digests()["planned"]["direction"]["outcome"] == "done"
    assert len(shown) == len(mailed(sandbox)) == 1
    assert alert().title == "Digests wait for somebody to read them: contractor"


def test_refused_it_does_not_leave_and_the_morning_page_has_what_waits_and_what_was_too_late(
    world: Dialogues, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_digests()
    answer(monkeypatch, verdict="refuse", reason="trop de chiffres")
    approve_digest(waiting("contractor").id)
    assert send_digests()["planned"]["contractor"]["outcome"] == "refused"
    assert alert().title == "Digests wait for somebody to read them: direction"
    world.now = MONDAY + dt.timedelta(days=3)
    send_digests()
    assert alert().title == "Digests wait for somebody to read them: press", "the others are too late"
    parts = {part["title"]: part["lines"] for part in morning()["parts"]}
    waits = [line["what"] for line in parts["What waits for a decision"]]
    assert "Digest of direction: nothing leaves before somebody has read it" in waits
    late = {line["what"] for line in parts["What is late"]}
    assert "Digest of contractor for 2026-W49: not sent, it was too late" in late
    assert mailed(sandbox) == []


@pytest.mark.usefixtures("world")
def test_a_form_decides_on_what_it_showed(monkeypatch: pytest.MonkeyPatch) -> None:
    send_digests()
    number = waiting("contractor").id
    answer(monkeypatch, verdict="approve")
    monkeypatch.setattr(module, "proof_of", lambda *_: approvals.Proof("other words", ()))
    assert approve_digest(number)["state"] == "waiting"


def test_one_more_by_hand_says_that_it_is_one(world: Dialogues, sandbox: Sandbox) -> None:
    region, chosen = world.region, settings()
    with pytest.raises(Refused, match="Nobody approved"):
        send_digest("direction", "Direction du partenariat", "Ada")
    proof = steps.proof_of(chosen, "direction")
    approvals.approve(region, "direction", proof, "Camille", world.now)
    assert send_digest("direction", "direction@digests.example", "Ada")["letter"]["again"] == 1
    assert send_digests()["planned"]["direction"]["outcome"] == "sent"
    told = send_digest("direction", "Direction du partenariat", "Ada", week="2026-W49")
    assert is_json(told)
    assert told["letter"]["had"] is True
    assert [mail["title"].partition(",")[0].replace("\u00a0", " ") for mail in sandbox.mails()] == [
        "Objectifs",
        "Objectifs",
        "Renvoi : Objectifs",
    ]


def test_there_is_one_form_each_and_one_that_was_decided_on_elsewhere_ends(world: Dialogues) -> None:
    registered: Any = approve_digest.to_deployment("approve-digest")
    registered.apply()
    assert set(send_digests()["asked"]) == {"contractor", "direction"}
    assert send_digests()["asked"] == []
    asked = waiting("direction")
    with get_client(sync_client=True) as client:
        run = UUID(asked.flow_run)
        assert client.read_flow_run(run).parameters == {"approval": asked.id}
        paused: State[None] = State(type=StateType.PAUSED)
        client.set_flow_run_state(run, paused, force=True)
        proof = steps.proof_of(settings(), "direction")
        approvals.approve(world.region, "direction", proof, "Camille", world.now)
        send_digests()
        ended = client.read_flow_run(run).state
    assert ended is not None
    assert (ended.type, ended.message) == (
        StateType.CANCELLED,
        "The digest of direction: approved elsewhere.",
    )


def test_a_refusal_says_why() -> None:
    with pytest.raises(ValidationError, match="say why"):
        DigestDecision(verdict=DigestVerdict.REFUSE, by="Camille")
