"""A dialogue from its approval to its end: who is told what, once, and what can no longer be done."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from sqlalchemy.exc import IntegrityError

from connectors.region.database import Region
from connectors.region.dialogues import announcing, dialogue_life, dialogue_steps, dialogues, hosts
from connectors.region.dialogues.dialogue_life import IN_WRITING, ON_SCREEN
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.sessions import enrolments, rescheduling, sessions
from schemas.errors import Misconfigured, Refused
from tests.at_once import ROUNDS, at_once
from tests.dialogue_world import PUBLISHER, STARTS, Dialogues
from tests.hands import sql
from tests.programme import Programme
from tests.reminder_rules import RULES

pytestmark = pytest.mark.database
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def world(region: Region) -> Dialogues:
    return Dialogues(region)


def follow(world: Dialogues, dialogue: Dialogue) -> int:
    """Somebody follows it. Returns who."""
    programme = Programme(world.region)
    person = programme.person()
    assert dialogue.session_id is not None
    with world.region.begin() as connection:
        session = sessions.lock(connection, dialogue.session_id)
        enrolments.enrol(connection, RULES, session, person, world.now)
    return person


def told_residents(world: Dialogues) -> list[str]:
    rows = sql(
        world.region,
        "SELECT content ->> 'kind' AS kind FROM effect WHERE content ->> 'about' = 'programme' ORDER BY id",
    )
    return [row.kind for row in rows]


def moved(world: Dialogues, dialogue: Dialogue, **changes: Any) -> Dialogue:
    minutes = changes.pop("minutes", None)
    where = dialogue_life.Placement(
        official_id=dialogue.official_id or 0,
        moderator_id=dialogue.moderator_id or 0,
        venue_id=dialogue.venue_id,
        starts_wall=dialogue.starts_wall or STARTS,
    )
    return dialogue_life.move(
        world.region,
        world.hub,
        dialogue.ref,
        "Ada",
        "agenda",
        world.now,
        where=msgspec.structs.replace(where, **changes),
        minutes=minutes,
    )


# Without a moderator


def test_the_database_itself_holds_no_dialogue_without_somebody_who_moderates(world: Dialogues) -> None:
    """In 2017 nobody could say who would moderate."""
    made = world.announced()
    for state in ("approved", "announced", "on_air", "closed", "answered", "archived"):
        for lacking in ("official_id", "moderator_id", "starts_wall", "starts_at"):
            with pytest.raises(IntegrityError, match=r"dialogue_(moderated|start)_check"):
                sql(
                    world.region,
                    f"UPDATE dialogue SET state = :state, {lacking} = NULL WHERE ref = :ref RETURNING 1",
                    state=state,
                    ref=made.ref,
                )


def test_a_live_one_needs_a_venue_and_a_written_one_does_not(world: Dialogues) -> None:
    with pytest.raises(Refused, match="lacks a room or a studio"):
        world.approved(where=world.placement(venue_id=None))
    assert world.approved(form="written", where=world.placement(venue_id=None)).state == "approved"


def test_who_takes_part_no_more_holds_nothing(world: Dialogues) -> None:
    made = world.approved()
    moderator = next(m for m in hosts.listed(world.region, hosts.Moderator) if m.id == made.moderator_id)
    hosts.end(world.region, hosts.Moderator, moderator.email, world.now)
    with pytest.raises(Refused, match=r"moderator of dialogue .* takes part no more"):
        dialogue_life.announce(world.region, world.hub, made.ref, "Ada", world.now)
    assert world.read(made).state == "approved"
    assert world.wanted(made) == {}


# Clashes


@pytest.mark.parametrize("shared", ["official_id", "moderator_id", "venue_id"])
def test_nobody_and_no_venue_is_in_two_dialogues_at_once(world: Dialogues, shared: str) -> None:
    first = world.approved()
    mine = getattr(first, shared)
    for minutes in (-59, 0, 59):
        starts = STARTS + dt.timedelta(minutes=minutes)
        with pytest.raises(Refused, match=f"dialogue {first.ref} has"):
            world.approved(where=world.placement(**{shared: mine}, starts_wall=starts))
    for minutes in (-60, 60):
        world.approved(
            where=world.placement(**{shared: mine}, starts_wall=STARTS + dt.timedelta(minutes=minutes))
        )


def test_two_who_give_somebody_two_dialogues_at_once_do_not_both_succeed(world: Dialogues) -> None:
    for _ in range(ROUNDS // 4):
        where = world.placement()
        both = [world.draft(), world.draft()]

        def approve(made: Dialogue, where: dialogue_life.Placement = where) -> str:
            try:
                return dialogue_life.approve(world.region, made.ref, where, "Ada", world.now).state
            except Refused:
                return "refused"

        outcomes = at_once(lambda a=both[0]: approve(a), lambda b=both[1]: approve(b))  # type: ignore[misc]
        assert sorted(outcomes) == ["approved", "refused"]


def test_what_would_have_begun_is_refused(world: Dialogues) -> None:
    with pytest.raises(Refused, match="begun already"):
        world.approved(where=world.placement(starts_wall=dt.datetime.fromisoformat("2026-11-24T12:00")))


# Announcing


def test_an_announcement_is_wanted_everywhere_and_opens_a_session_to_follow(world: Dialogues) -> None:
    made = world.announced(summary="Venez poser vos questions.")

    wanted = world.wanted(made)
    assert set(wanted) == {
        "facebook_dialogues",
        "facebook_live",
        "caldav .dialogues",
        f"caldav .o{made.official_id}",
    }
    (said,) = {each for each in wanted.values() if each}
    assert (said.state, said.version, said.form, said.theme) == ("announced", 1, "live", "Emploi")
    assert said.official.endswith(", vice-présidente déléguée à l’emploi")
    assert said.starts == dt.datetime(2026, 12, 15, 17, 30, tzinfo=dt.UTC)
    assert world.letters() == [
        f"invited official {made.official_id}",
        f"invited moderator {made.moderator_id}",
    ]
    session = sessions.named(world.region, made.session_id or 0)
    assert session is not None
    assert (session.kind, session.title, session.place) == ("dialogue", made.title, ON_SCREEN)
    assert session.link == f"{PUBLISHER}/dialogues/{made.ref}"


def test_a_room_with_seats_is_where_people_are_invited_to(world: Dialogues) -> None:
    venue = world.venue(seats=40, address="1 place Bellecour, Lyon")
    made = world.announced(where=world.placement(venue_id=venue))
    session = sessions.named(world.region, made.session_id or 0)
    assert session is not None
    assert (session.place, session.address, session.capacity) == (made.venue, "1 place Bellecour, Lyon", 40)


def test_a_live_video_is_not_asked_for_before_its_horizon(world: Dialogues) -> None:
    """Graph schedules live videos seven days ahead at most."""
    made = world.announced()
    ((when,),) = sql(world.region, "SELECT not_before FROM effect WHERE channel = 'facebook_live'")
    assert when == made.starts_at - 7 * DAY  # type: ignore[operator]
    later = moved(world, made, starts_wall=STARTS + 3 * DAY)
    ((when,),) = sql(world.region, "SELECT not_before FROM effect WHERE channel = 'facebook_live'")
    assert when == later.starts_at - 7 * DAY  # type: ignore[operator]


def test_a_live_video_that_is_there_is_told_at_once_however_far_ahead_it_moves(world: Dialogues) -> None:
    """It kept showing the old time until seven days before the new one: people would have come in vain."""
    made = world.announced()
    world.shown()
    moved(world, made, starts_wall=STARTS + 30 * DAY)
    ((state, when),) = sql(
        world.region, "SELECT state, not_before FROM effect WHERE channel = 'facebook_live'"
    )
    assert (state, when) == ("planned", None)


def test_a_written_one_asks_for_no_live_video(world: Dialogues) -> None:
    made = world.announced(form="written", where=world.placement(venue_id=None))
    assert world.wanted(made).get("facebook_live") is None


def test_twice_is_once(world: Dialogues) -> None:
    made = world.announced()
    again = dialogue_life.announce(world.region, world.hub, made.ref, "Bo", world.now + HOUR)
    assert again == made
    assert len(world.letters()) == 2
    assert len(dialogue_steps.steps(world.region, made.ref)) == 2


def test_two_who_announce_at_once_announce_it_once(world: Dialogues) -> None:
    made = world.approved()
    at_once(
        *(
            lambda: dialogue_life.announce(world.region, world.hub, made.ref, "Ada", world.now)
            for _ in range(2)
        )
    )
    assert len(world.letters()) == 2
    assert sql(world.region, "SELECT count(*) AS n FROM session")[0].n == 1


def test_a_draft_is_not_announced(world: Dialogues) -> None:
    made = world.draft()
    with pytest.raises(Refused, match="is draft: what can follow is approved"):
        dialogue_life.announce(world.region, world.hub, made.ref, "Ada", world.now)
    with pytest.raises(Misconfigured, match="boostez dialogue list"):
        dialogue_life.announce(world.region, world.hub, "dnothing", "Ada", world.now)


# Moving


def test_another_time_is_told_once_to_everybody_who_was_told(world: Dialogues) -> None:
    made = world.announced()
    follow(world, made)
    world.shown()

    after = moved(world, made, starts_wall=STARTS + DAY)

    assert (after.version, after.was_at, after.session_id) == (2, made.starts_at, made.session_id)
    assert {each.version for each in world.wanted(made).values() if each} == {2}
    assert {each.was for each in world.wanted(made).values() if each} == {made.starts_at}
    assert world.letters()[2:] == [
        f"moved official {made.official_id}",
        f"moved moderator {made.moderator_id}",
    ]
    assert told_residents(world) == ["registered", "moved"]
    assert moved(world, after, starts_wall=STARTS + DAY) == after, "twice is once"
    assert len(world.letters()) == 4


def test_another_official_is_invited_and_the_first_let_go(world: Dialogues) -> None:
    made = world.announced()
    world.shown()
    other = world.official()
    after = moved(world, made, official_id=other)
    assert world.letters()[2:] == [
        f"replaced official {made.official_id}",
        f"invited official {other}",
        f"moved moderator {made.moderator_id}",
    ]
    wanted = world.wanted(after)
    assert wanted[f"caldav .o{made.official_id}"] is None, "it is in their calendar no more"
    assert wanted[f"caldav .o{other}"] == wanted["facebook_dialogues"]


def test_what_has_begun_or_is_over_does_not_move(world: Dialogues) -> None:
    made = world.announced()
    world.now = made.starts_at or world.now
    with pytest.raises(Refused, match="has not begun moves"):
        moved(world, made, starts_wall=STARTS + DAY)
    assert world.read(made) == made


def test_a_move_into_a_clash_changes_nothing(world: Dialogues) -> None:
    taken = world.approved(where=world.placement(starts_wall=STARTS + DAY))
    made = world.announced()
    follow(world, made)
    with pytest.raises(Refused, match=taken.ref):
        moved(world, made, starts_wall=STARTS + DAY, moderator_id=taken.moderator_id)
    assert world.read(made) == made
    assert told_residents(world) == ["registered"]


# Cancelling


def test_cancelling_tells_everybody_who_was_told_once(world: Dialogues) -> None:
    made = world.announced()
    follow(world, made)
    world.shown()
    for _ in range(2):
        after = dialogue_life.cancel(
            world.region, world.hub, made.ref, "Ada", "L’élue est souffrante.", world.now
        )
    assert (after.state, after.version, after.reason) == ("cancelled", 2, "L’élue est souffrante.")
    wanted = world.wanted(made)
    assert wanted["facebook_live"] is None, "no video is scheduled any more"
    assert {each.state for name, each in wanted.items() if each and name != "facebook_live"} == {"cancelled"}
    assert told_residents(world) == ["registered", "cancelled"]
    assert world.letters()[2:] == [
        f"cancelled official {made.official_id}",
        f"cancelled moderator {made.moderator_id}",
    ]


def test_what_nobody_was_shown_is_not_shown_to_say_that_it_is_cancelled(world: Dialogues) -> None:
    made = world.announced()
    dialogue_life.cancel(world.region, world.hub, made.ref, "Ada", "Salle fermée.", world.now)
    assert set(world.wanted(made).values()) == {None}


def test_nor_is_what_turns_out_never_to_have_arrived(world: Dialogues) -> None:
    """Nobody knew whether the announcement was there, so the Page was to say that it is cancelled; then it was not."""
    made = world.announced()
    sql(world.region, "UPDATE effect SET state = 'unknown' WHERE channel <> 'mail' RETURNING id")
    dialogue_life.cancel(world.region, world.hub, made.ref, "Ada", "La salle est fermée.", world.now)
    assert {each.state for each in world.wanted(made).values() if each} == {"cancelled"}
    assert announcing.forget_unseen(world.region, world.hub.rules.channels) == 0, "nobody knows yet"

    sql(world.region, "UPDATE effect SET state = 'planned' WHERE channel <> 'mail' RETURNING id")
    assert announcing.forget_unseen(world.region, world.hub.rules.channels) == 3
    assert set(world.wanted(made).values()) == {None}


def test_what_was_not_announced_is_cancelled_in_silence(world: Dialogues) -> None:
    made = world.approved()
    after = dialogue_life.cancel(world.region, world.hub, made.ref, "Ada", "Autre sujet.", world.now)
    assert (after.state, after.version) == ("cancelled", 1)
    assert (world.wanted(made), world.letters()) == ({}, [])


def test_a_time_that_was_freed_can_be_had_again(world: Dialogues) -> None:
    made = world.announced()
    dialogue_life.cancel(world.region, world.hub, made.ref, "Ada", "Autre sujet.", world.now)
    where = world.placement(
        official_id=made.official_id, moderator_id=made.moderator_id, venue_id=made.venue_id
    )
    assert world.approved(where=where).state == "approved"


# Falling back to writing


def test_falling_back_tells_who_follows_and_takes_the_video_away(world: Dialogues) -> None:
    made = world.announced()
    follow(world, made)
    world.shown()
    assert made.starts_at is not None
    world.now = made.starts_at - HOUR / 2
    for _ in range(2):
        after = dialogue_life.fall_back(
            world.region, world.hub, made.ref, "Ada", "Panne du studio.", world.now
        )
    assert (after.form, after.fallen_back_at, after.reason) == ("written", world.now, "Panne du studio.")
    assert world.wanted(made)["facebook_live"] is None
    assert world.wanted(made)["facebook_dialogues"].form == "written"  # type: ignore[union-attr]
    assert told_residents(world) == ["registered", "moved"]
    session = sessions.named(world.region, made.session_id or 0)
    assert session is not None
    assert (session.place, session.starts_at) == (IN_WRITING, made.starts_at)


def test_on_air_it_falls_back_on_its_page(world: Dialogues) -> None:
    made = world.announced()
    follow(world, made)
    assert made.starts_at is not None
    world.now = made.starts_at + HOUR / 6
    after = dialogue_life.fall_back(
        world.region, world.hub, made.ref, "Ada", "Le direct est coupé.", world.now
    )
    assert after.form == "written"
    assert told_residents(world) == ["registered"], "it has begun: nobody reads mail now"


def test_a_written_one_has_nothing_to_fall_back_to(world: Dialogues) -> None:
    made = world.announced(form="written", where=world.placement(venue_id=None))
    with pytest.raises(Refused, match="only a live one"):
        dialogue_life.fall_back(world.region, world.hub, made.ref, "Ada", "?", world.now)


def test_one_that_has_its_place_can_keep_it_and_let_it_go_again(world: Dialogues) -> None:
    made = world.approved()
    for locked in (True, True, False):
        after = dialogue_life.hold_fast(world.region, made.ref, "Ada", world.now, locked=locked)
        assert after.locked is locked
    told = [each.step for each in dialogue_steps.steps(world.region, made.ref)]
    assert told == ["approved", "locked", "unlocked"], "twice is once"
    with pytest.raises(Refused, match="only one that has its place"):
        dialogue_life.hold_fast(world.region, world.draft().ref, "Ada", world.now, locked=True)


def test_decisions_are_kept_with_who_took_them_and_why(world: Dialogues) -> None:
    made = world.announced()
    moved(world, made, starts_wall=STARTS + DAY)
    dialogue_life.cancel(world.region, world.hub, made.ref, "Bo", "Grève.", world.now)
    told = [(each.step, each.by, each.why) for each in dialogue_steps.steps(world.region, made.ref)]
    assert told == [
        ("approved", "Ada", None),
        ("announced", "Ada", None),
        ("moved", "Ada", "agenda"),
        ("cancelled", "Bo", "Grève."),
    ]


def test_moving_its_session_alone_is_nothing_that_staff_can_do_by_mistake(world: Dialogues) -> None:
    """`boostez session move` of a dialogue's session would leave channels and calendars at the old time."""
    made = world.announced()
    session = sessions.named(world.region, made.session_id or 0)
    assert session is not None
    with pytest.raises(Refused, match=f"dialogue {made.ref}"):
        rescheduling.change(
            world.region, RULES, session.ref, rescheduling.Change(starts_wall=STARTS + DAY), world.now
        )
    with pytest.raises(Refused, match=f"dialogue {made.ref}"):
        rescheduling.cancel(world.region, session.ref, "non", world.now)


def test_listing_finds_by_what_residents_look_for(world: Dialogues) -> None:
    here = world.announced()
    everywhere = world.announced(department=None, theme="health")
    elsewhere = world.announced(department="01")
    world.approved()

    def found(**filters: Any) -> set[str]:
        return {each.ref for each in dialogues.listed(world.region, **filters)}

    assert found() == {here.ref, everywhere.ref, elsewhere.ref}
    assert found(department="69") == {here.ref, everywhere.ref}
    assert found(theme="health") == {everywhere.ref}
    assert found(official=here.official_id) == {here.ref}
    assert found(after=here.starts_at) == found()
    assert found(before=here.starts_at) == set()
