"""Seasons: what planning is asked, and that a proposal changes nothing before a person approves exactly it."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.dialogues import calendars, dialogue_life, dialogues, season_problem, seasons
from connectors.region.dialogues.calendars import Interval
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.dialogues.seasons import Season
from core import seasons as planning
from core.seasons import Proposal, Score
from core.wall import instant
from schemas.errors import Misconfigured, Refused
from tests.dialogue_world import STARTS, Dialogues
from tests.hands import sql

pytestmark = pytest.mark.database
DAY = dt.timedelta(days=1)
FIRST, LAST = dt.date(2026, 12, 8), dt.date(2027, 2, 12)
NONE = Score(moved=0, rescheduled=0, departments=0, officials=0, weeks=0, off_hours=0)


@pytest.fixture
def world(region: Region) -> Dialogues:
    return Dialogues(region)


def season(world: Dialogues, name: str = "Hiver") -> Season:
    return seasons.create(world.region, name, FIRST, LAST, world.now)


def proposal(*placed: tuple[Dialogue, dialogue_life.Placement, bool]) -> Proposal:
    return Proposal(
        placed=tuple(
            planning.Placed(
                made.ref,
                planning.Placement(
                    starts=instant(where.starts_wall, "Europe/Paris"),
                    official=where.official_id,
                    moderator=where.moderator_id,
                    venue=where.venue_id,
                ),
                moved,
            )
            for made, where, moved in placed
        ),
        score=NONE,
        fewest=True,
        best=True,
    )


def where(made: Dialogue) -> dialogue_life.Placement:
    """Where it is."""
    return dialogue_life.Placement(
        official_id=made.official_id or 0,
        moderator_id=made.moderator_id or 0,
        venue_id=made.venue_id,
        starts_wall=made.starts_wall or STARTS,
    )


def approve(world: Dialogues, name: str = "Hiver") -> list[Dialogue]:
    return seasons.approve(world.region, world.hub, name, "Ada", world.now)


def propose(
    world: Dialogues, found: Season, *placed: tuple[Dialogue, dialogue_life.Placement, bool]
) -> Season:
    return seasons.propose(world.region, found, proposal(*placed), "| a table |", "run", world.now)


def test_a_proposal_places_nobody_and_its_approval_everybody(world: Dialogues) -> None:
    found = season(world)
    one, two = world.draft(season_id=found.id), world.draft(season_id=found.id, form="written")
    at, later = world.placement(), world.placement(venue_id=None, starts_wall=STARTS + DAY)
    kept = propose(world, found, (one, at, False), (two, later, False))
    assert (kept.explanation, kept.proposed_by, len(kept.placed)) == ("| a table |", "run", 2)
    assert [world.read(each).state for each in (one, two)] == ["proposed", "proposed"]
    assert world.read(one).official_id is None

    changed = approve(world)
    assert [(each.state, where(each)) for each in changed] == [("approved", at), ("approved", later)]
    assert world.letters() == [], "nobody is told before it is announced"
    after = seasons.named(world.region, "Hiver")
    assert (after.placed, after.proposed_at, after.decided_by) == ((), None, "Ada")
    with pytest.raises(Refused, match="no proposal that waits"):
        approve(world)


def test_a_refused_proposal_leaves_everything_as_it_was(world: Dialogues) -> None:
    found = season(world)
    draft, told = world.draft(season_id=found.id), world.announced(season_id=found.id)
    moved = msgspec.structs.replace(where(told), starts_wall=STARTS + DAY)
    propose(world, found, (draft, world.placement(starts_wall=STARTS - DAY), False), (told, moved, True))
    seasons.refuse(world.region, "Hiver", "Ada", "trop tôt", world.now)
    assert world.read(draft).state == "draft"
    assert world.read(told).starts_wall == STARTS
    assert len(world.letters()) == 2
    assert seasons.named(world.region, "Hiver").explanation is None
    assert [(act.did, act.by) for act in acts.listed(world.region, on="season")] == [("refused", "Ada")]


def test_what_was_announced_and_moves_is_told_anew_and_the_rest_is_not(world: Dialogues) -> None:
    found = season(world)
    moves, stays = world.announced(season_id=found.id), world.announced(season_id=found.id)
    world.shown()
    to = msgspec.structs.replace(where(moves), starts_wall=STARTS + DAY)
    propose(world, found, (moves, to, True), (stays, where(stays), False))
    assert [each.ref for each in approve(world)] == [moves.ref]
    assert world.letters()[4:] == [
        f"moved official {moves.official_id}",
        f"moved moderator {moves.moderator_id}",
    ]
    assert (world.read(moves).version, world.read(stays).version) == (2, 1)


def test_two_that_change_places_do_not_stand_in_each_other_s_way(world: Dialogues) -> None:
    found = season(world)
    shared = world.placement()
    one = world.approved(season_id=found.id, where=shared)
    two = world.approved(season_id=found.id, where=msgspec.structs.replace(shared, starts_wall=STARTS + DAY))
    propose(world, found, (one, where(two), True), (two, where(one), True))
    approve(world)
    assert [world.read(each).starts_wall for each in (one, two)] == [STARTS + DAY, STARTS]


def test_what_changed_since_is_refused_whole(world: Dialogues) -> None:
    found = season(world)
    one, two = world.draft(season_id=found.id), world.draft(season_id=found.id)
    propose(world, found, (one, world.placement(), False), (two, world.placement(), False))
    dialogue_life.approve(world.region, two.ref, world.placement(), "Bo", world.now)
    with pytest.raises(Refused, match="has changed since it was proposed"):
        approve(world)
    assert world.read(one).state == "proposed"
    assert seasons.named(world.region, "Hiver").proposed_at is not None, "it waits for somebody to refuse it"


def test_who_was_taken_meanwhile_by_a_dialogue_of_no_season_is_not_taken_twice(world: Dialogues) -> None:
    found = season(world)
    made, at = world.draft(season_id=found.id), world.placement()
    propose(world, found, (made, at, False))
    other = world.approved(where=msgspec.structs.replace(at, venue_id=world.venue()))
    with pytest.raises(Refused, match=f"dialogue {other.ref} has"):
        approve(world)
    assert world.read(made).state == "proposed"


def test_a_season_that_is_not_whole_is_told_what_it_lacks(world: Dialogues) -> None:
    found = season(world)
    with pytest.raises(Refused, match="boostez season assign"):
        propose(world, found)
    made = world.draft()
    assert seasons.assign(world.region, found, [made.ref, "dnothing"]) == 1
    with pytest.raises(Refused, match="changed while it was planned"):
        propose(world, found)
    with pytest.raises(Misconfigured, match="boostez season list"):
        seasons.named(world.region, "Été")
    with pytest.raises(Refused, match="end before it begins"):
        seasons.create(world.region, "Hiver", LAST, FIRST, world.now)


def test_planning_is_asked_with_what_cannot_be_had(world: Dialogues) -> None:
    found = season(world)
    official = world.official(themes=["jobs"], departments=["69"])
    fixed = world.official()
    told = world.announced(season_id=found.id)
    draft = world.draft(season_id=found.id, official_id=fixed)
    locked = world.approved(season_id=found.id, where=world.placement(starts_wall=STARTS + DAY))
    dialogue_life.hold_fast(world.region, locked.ref, "Ada", world.now, locked=True)
    other = world.announced(where=world.placement(starts_wall=STARTS + 2 * DAY))
    assert other.starts_at is not None
    away = Interval(other.starts_at, other.starts_at + DAY)
    calendars.away(world.region, "official", "elue1@region.example", away)

    asked = season_problem.problem(world.region, found, world.hub.rules.season, world.now)
    wanted = {each.key: each for each in asked.wanted}
    assert set(wanted) == {told.ref, draft.ref, locked.ref}
    assert (wanted[draft.ref].official, wanted[draft.ref].previous, wanted[draft.ref].locked) == (
        fixed,
        None,
        None,
    )
    assert wanted[told.ref].previous is not None
    assert wanted[told.ref].locked is None
    assert wanted[locked.ref].locked is not None
    busy = {each.id: each.busy for each in asked.officials}
    assert [(each.starts, each.ends) for each in busy[official]] == [(away.starts_at, away.ends_at)]
    assert fixed in busy, "asked for by name, whatever their themes"
    moderators = {each.id: each.busy for each in asked.moderators}
    assert other.moderator_id is not None
    assert moderators[other.moderator_id][0].starts == other.starts_at
    assert dt.date(2026, 12, 25) in asked.rules.public_holidays
    assert dt.date(2026, 12, 21) in asked.rules.school_holidays
    assert dt.date(2027, 1, 4) not in asked.rules.school_holidays


def test_a_small_season_is_planned_approved_and_planned_again_without_a_move(world: Dialogues) -> None:
    found = season(world)
    for theme, department in (("jobs", "69"), ("health", "01"), ("jobs", "38")):
        world.draft(season_id=found.id, theme=theme, department=department)
    for theme in ("jobs", "health"):
        world.official(themes=[theme])
    world.moderator()
    for department in ("69", "01", "38"):
        world.venue() if department == "69" else sql(
            world.region,
            "INSERT INTO venue (name, department, kind) VALUES (:d, :d, 'room') RETURNING 1",
            d=department,
        )
    for turn in range(2):
        asked = season_problem.problem(world.region, found, world.hub.rules.season, world.now)
        made = planning.propose(asked)
        assert isinstance(made, Proposal), made
        seasons.propose(world.region, found, made, planning.markdown(asked, made), "run", world.now)
        assert len(approve(world)) == (3 if turn == 0 else 0)
    placed = dialogues.listed(world.region, states={"approved"})
    assert len({each.starts_at for each in placed}) == 3, "one moderator"
