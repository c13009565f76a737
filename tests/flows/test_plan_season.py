"""A season, from the deployment that staff start to everybody told: the form, what changes while it waits, and what cannot be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from pydantic import ValidationError

from connectors import clock
from connectors.region.dialogues import dialogue_life, dialogues, hosts, seasons
from connectors.region.dialogues.dialogues import Dialogue
from flows import plan_season as module
from flows.plan_season import SeasonDecision, SeasonVerdict, announce_season, plan_season
from schemas.errors import Refused
from tasks.seasons import propose
from tests.dialogue_world import Dialogues
from tests.flows.stories import is_json
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]
APPROVE, REFUSE = {"verdict": "approve"}, {"verdict": "refuse", "reason": "trop tôt"}
Answer = dict[str, Any] | Callable[[], dict[str, Any]]


class Desk:
    """Whoever has the form before them: one answer a form, and what was shown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: Iterator[Answer] = iter(())
        self.shown: dict[str, str] = {}
        monkeypatch.setattr(module, "suspend_flow_run", self._suspended)

    def _suspended(self, *, wait_for_input: Any, timeout: float, key: str) -> SeasonDecision:
        assert timeout > 24 * 3600
        assert key not in self.shown, "Prefect would answer a form of the same key with the same answer"
        self.shown[key] = str(vars(wait_for_input))
        answer = next(self.answers)
        return SeasonDecision.model_validate({"by": "Camille", **(answer() if callable(answer) else answer)})


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


@pytest.fixture
def world(flowing: Hub, monkeypatch: pytest.MonkeyPatch) -> Dialogues:
    made = Dialogues(flowing.region)
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


def season(world: Dialogues) -> list[Dialogue]:
    """Two drafts, and whoever it takes."""
    found = seasons.create(world.region, "Hiver", dt.date(2026, 12, 8), dt.date(2027, 2, 12), world.now)
    world.official(themes=["jobs"])
    world.moderator()
    world.venue()
    return [world.draft(season_id=found.id) for _ in range(2)]


def test_it_is_proposed_approved_and_announced(world: Dialogues, desk: Desk) -> None:
    drafts = season(world)
    desk.answers = iter([APPROVE])
    assert is_json(plan_season("Hiver"))
    assert [world.read(each).state for each in drafts] == ["approved", "approved"]
    (form,) = desk.shown.values()
    assert all(each.ref in form for each in drafts), "it shows the season as a table"
    assert world.letters() == []
    with get_client(sync_client=True) as client:
        assert "season" in {artifact.key for artifact in client.read_artifacts()}

    told = announce_season("Hiver", "Ada")
    assert (told["announced"], told["refused"]) == (2, {})
    assert len(world.letters()) == 4


def test_refused_it_changes_nothing(world: Dialogues, desk: Desk) -> None:
    drafts = season(world)
    desk.answers = iter([REFUSE])
    plan_season("Hiver")
    assert [world.read(each).state for each in drafts] == ["draft", "draft"]


def test_what_changes_while_the_form_waits_is_planned_anew(world: Dialogues, desk: Desk) -> None:
    """A form of the same key would have come back with the same answer, again and again."""
    one, two = season(world)

    def somebody_places_one() -> dict[str, Any]:
        dialogue_life.approve(world.region, one.ref, world.placement(), "Bo", world.now)
        world.now += dt.timedelta(minutes=5)
        return APPROVE

    desk.answers = iter([somebody_places_one, APPROVE])
    plan_season("Hiver")
    assert len(desk.shown) == 2
    assert [world.read(each).state for each in (one, two)] == ["approved", "approved"]
    assert world.read(one).moderator == "Modératrice 5", "as few move as can"


def test_a_form_decides_on_what_it_showed_and_on_no_other_proposal(world: Dialogues, desk: Desk) -> None:
    drafts = season(world)

    def somebody_proposes_too() -> dict[str, Any]:
        propose(seasons.named(world.region, "Hiver"), "Bo", 1.0)
        return APPROVE

    desk.answers = iter([somebody_proposes_too])
    told = plan_season("Hiver")
    assert told["season"]["proposed_by"] == "Bo"
    assert [world.read(each).state for each in drafts] == ["proposed", "proposed"]
    assert len(desk.shown) == 1


def test_what_cannot_be_is_told_and_nothing_waits(world: Dialogues, desk: Desk) -> None:
    season(world)
    for moderator in hosts.listed(world.region, hosts.Moderator):
        hosts.end(world.region, hosts.Moderator, moderator.email, world.now)
    with pytest.raises(Refused, match="No calendar of season « Hiver » keeps the rules"):
        plan_season("Hiver")
    assert desk.shown == {}
    assert seasons.named(world.region, "Hiver").proposed_at is None


def test_a_dialogue_whose_moderator_has_ended_is_left_out_and_told(world: Dialogues, desk: Desk) -> None:
    season(world)
    desk.answers = iter([APPROVE])
    plan_season("Hiver")
    (moderator,) = hosts.listed(world.region, hosts.Moderator)
    hosts.end(world.region, hosts.Moderator, moderator.email, world.now)
    told = announce_season("Hiver", "Ada")
    assert (told["announced"], len(told["refused"])) == (0, 2)
    assert {each.state for each in dialogues.listed(world.region, states={"approved"})} == {"approved"}


def test_a_refusal_says_why() -> None:
    with pytest.raises(ValidationError, match="say why"):
        SeasonDecision(verdict=SeasonVerdict.REFUSE, by="Camille")
