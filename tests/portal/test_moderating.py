"""A moderator says that they are there."""

from __future__ import annotations

import datetime as dt

import pytest
from starlette.testclient import TestClient

from connectors import clock
from connectors.region.database import Region
from connectors.region.dialogues import dialogue_life, dialogue_prompts
from connectors.seals import Seals
from connectors.settings import Settings
from tests.dialogue_world import Dialogues
from tests.makers import NOON
from tests.portal.programme import press
from tests.portal.test_openness import read
from tests.portal.test_posting import seal_of

pytestmark = pytest.mark.database
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def world(region: Region, monkeypatch: pytest.MonkeyPatch) -> Dialogues:
    made = Dialogues(region)
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


def at(settings: Settings, ref: str, moderator: int | None) -> str:
    link = Seals(settings).link("moderator", f"{ref}.{moderator}", NOON)
    return link.removeprefix(settings.public_url)


def test_opening_the_link_says_nothing_and_its_button_does(
    visitor: TestClient, world: Dialogues, relayed: Settings
) -> None:
    made = world.announced()
    assert made.starts_at is not None
    path = at(relayed, made.ref, made.moderator_id)
    world.now = made.starts_at - HOUR
    assert "Je suis là</button>" in visitor.get(path).text
    assert not dialogue_prompts.is_present(world.region, made)
    for _ in range(2):
        answer = press(visitor, path) if "</button>" in visitor.get(path).text else None
        assert answer is None or (answer.status_code, answer.headers["location"]) == (303, path)
    assert "Votre présence est notée" in visitor.get(path).text
    assert dialogue_prompts.is_present(world.region, made)


def test_it_says_why_nobody_can_say_so(visitor: TestClient, world: Dialogues, relayed: Settings) -> None:
    made = world.announced()
    mine, other = (at(relayed, made.ref, number) for number in (made.moderator_id, 999))
    assert "C’est trop tôt" in read(visitor.get(mine).text)
    assert "Une autre personne modère" in read(visitor.get(other).text)
    answer = visitor.post(mine, data={"sceau": seal_of(visitor.get("/inscription").text)})
    assert answer.status_code == 409
    assert visitor.post(mine, data={"sceau": "x"}).status_code == 403
    dialogue_life.cancel(world.region, world.hub, made.ref, "Ada", "Grève.", world.now)
    assert "Ce dialogue est annulé" in read(visitor.get(mine).text)
    assert visitor.get("/dialogues/moderation/rubbish").status_code == 410
    assert not dialogue_prompts.is_present(world.region, made)
