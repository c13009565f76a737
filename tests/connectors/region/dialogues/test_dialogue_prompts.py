"""What who holds a dialogue is prompted for: once, in time, and not for what is over."""

from __future__ import annotations

import datetime as dt

import pytest

from connectors.region.database import Region
from connectors.region.dialogues import dialogue_holding, dialogue_life, dialogue_prompts, dialogue_steps
from schemas.errors import Refused
from tests.dialogue_world import STARTS, Dialogues
from tests.hands import sql

pytestmark = pytest.mark.database
HOUR, DAY, MINUTE = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(minutes=1)


@pytest.fixture
def world(region: Region) -> Dialogues:
    return Dialogues(region)


def prompt(world: Dialogues) -> int:
    return dialogue_prompts.prompt(world.region, world.hub, world.now)


def test_moderators_are_asked_two_hours_before_once(world: Dialogues) -> None:
    made = world.announced()
    assert made.starts_at is not None
    world.now = made.starts_at - 121 * MINUTE
    assert prompt(world) == 0
    world.now = made.starts_at - 119 * MINUTE
    assert [prompt(world), prompt(world)] == [1, 0]
    assert world.letters()[-1] == f"before moderator {made.moderator_id}"


def test_another_time_is_another_presence(world: Dialogues) -> None:
    made = world.announced()
    assert made.starts_at is not None
    moderator = made.moderator_id or 0
    with pytest.raises(Refused, match="say so when you are there"):
        dialogue_prompts.present(world.region, made.ref, moderator, world.now)
    with pytest.raises(Refused, match="Somebody else"):
        dialogue_prompts.present(world.region, made.ref, moderator + 1, made.starts_at)
    world.now = made.starts_at - HOUR
    for _ in range(2):
        dialogue_prompts.present(world.region, made.ref, moderator, world.now)
    assert dialogue_prompts.is_present(world.region, world.read(made))
    where = dialogue_life.Placement(
        official_id=made.official_id or 0,
        moderator_id=moderator,
        venue_id=made.venue_id,
        starts_wall=STARTS + DAY,
    )
    moved = dialogue_life.move(world.region, world.hub, made.ref, "Ada", None, world.now, where=where)
    assert not dialogue_prompts.is_present(world.region, moved)
    assert [each.step for each in dialogue_steps.steps(world.region, made.ref)].count("present") == 1


def test_only_live_ones_that_are_about_to_begin_are_checked(world: Dialogues) -> None:
    made = world.announced()
    world.announced(form="written", where=world.placement(venue_id=None))
    assert made.starts_at is not None
    for before, found in ((30, []), (29, [made.ref]), (0, [made.ref]), (-1, [])):
        now = made.starts_at - before * MINUTE
        checked = [each.ref for each in dialogue_prompts.to_check(world.region, world.hub, now)]
        assert checked == found, before


def test_a_check_is_kept_when_it_finds_something_else(world: Dialogues) -> None:
    made = world.announced()
    found = [["no key"], ["no key"], [], [], ["no key"]]
    kept = [dialogue_prompts.keep_check(world.region, made, troubles, world.now) for troubles in found]
    assert kept == [True, False, True, False, True]


def test_the_office_is_reminded_until_all_is_published(world: Dialogues) -> None:
    made = world.announced()
    assert made.ends_at is not None
    for days, letters in ((0, 0), (3, 2), (4, 0), (7, 2), (8, 0)):
        world.now = made.ends_at + days * DAY
        dialogue_holding.settle(world.region, world.hub, world.now)
        assert prompt(world) == letters, days
    dialogue_holding.publish_record(world.region, world.hub, made.ref, "Compte rendu.", "Ada", world.now)
    assert [each.state for each in dialogue_holding.settle(world.region, world.hub, world.now)] == [
        "answered"
    ]


def test_an_outage_of_ten_days_makes_one_letter_to_each_not_two(world: Dialogues) -> None:
    made = world.announced()
    assert made.ends_at is not None
    world.now = made.ends_at + 10 * DAY
    dialogue_holding.settle(world.region, world.hub, world.now)
    assert [prompt(world), prompt(world)] == [2, 0]
    due = sql(world.region, "SELECT content ->> 'days' AS days FROM effect WHERE content ->> 'kind' = 'due'")
    assert [row.days for row in due] == ["7", "7"]


def test_a_question_without_an_answer_keeps_a_dialogue_from_being_answered(world: Dialogues) -> None:
    made = world.announced()
    assert made.ends_at is not None
    world.now = made.ends_at
    sql(
        world.region,
        "INSERT INTO question (ref, dialogue_id, theme, body, origin, state, asked_at, changed_at) VALUES "
        "('q1', :id, 'jobs', 'Quand ?', 'portal', 'waiting', :now, :now) RETURNING 1",
        id=made.id,
        now=world.now,
    )
    dialogue_holding.settle(world.region, world.hub, world.now)
    dialogue_holding.publish_record(world.region, world.hub, made.ref, "Compte rendu.", "Ada", world.now)
    assert dialogue_holding.settle(world.region, world.hub, world.now) == []
    sql(
        world.region,
        "UPDATE question SET state = 'refused', reason = 'off_topic', ended_at = :now RETURNING 1",
        now=world.now,
    )
    assert [each.state for each in dialogue_holding.settle(world.region, world.hub, world.now)] == [
        "answered"
    ]
    world.now += 91 * DAY
    assert [each.state for each in dialogue_holding.settle(world.region, world.hub, world.now)] == [
        "archived"
    ]
