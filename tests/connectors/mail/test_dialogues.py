"""Letters to officials and moderators as they receive them: a real ledger, a real SMTP server, read back by email and icalendar."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from connectors.mail.dialogues import moot
from connectors.region.dialogues import announcing, dialogue_holding, dialogue_life, hosts
from connectors.region.dialogues.dialogue_life import Placement
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.dialogues.host_letters import Told
from schemas.letters import DialogueLetter
from tests.dialogue_world import STARTS, Dialogues
from tests.hands import sql
from tests.mailrooms import Mailroom, Received

pytestmark = pytest.mark.database
DAY = dt.timedelta(days=1)


@pytest.fixture
def world(room: Mailroom) -> Dialogues:
    return Dialogues(room.programme.region)


def where(dialogue: Dialogue, **changes: object) -> Placement:
    assert dialogue.official_id is not None
    assert dialogue.moderator_id is not None
    plain = Placement(
        official_id=dialogue.official_id,
        moderator_id=dialogue.moderator_id,
        venue_id=dialogue.venue_id,
        starts_wall=STARTS,
    )
    return msgspec.structs.replace(plain, **changes)


def move(world: Dialogues, dialogue: Dialogue, **changes: object) -> Dialogue:
    placed = where(dialogue, **changes)
    return dialogue_life.move(world.region, world.hub, dialogue.ref, "Ada", None, world.now, where=placed)


def by_reader(letters: list[Received]) -> dict[str, Received]:
    return {letter.to: letter for letter in letters}


def test_from_invitation_to_cancelling_it_is_one_event_and_one_conversation(
    room: Mailroom, world: Dialogues
) -> None:
    made = world.announced(where=world.placement(venue_id=world.venue(address="1 place Bellecour, Lyon")))
    room.send()
    invited = room.take()
    assert len(invited) == 2
    official, moderator = invited
    assert official.subject.startswith(
        "Votre dialogue : « L’emploi des jeunes », mardi 15 décembre 2026 à 18 h 30"
    )
    assert moderator.subject.startswith("Vous modérez : ")
    assert "1 place Bellecour, Lyon" in official.text
    assert official.event["dtstart"].dt.isoformat() == "2026-12-15T18:30:00+01:00"
    assert official.calendar["method"] == "REQUEST"

    move(world, made, starts_wall=STARTS + DAY)
    room.send()
    moved = by_reader(room.take())[official.to]
    assert "était prévu le mardi 15 décembre 2026 à 18 h 30" in moved.text

    dialogue_life.cancel(world.region, world.hub, made.ref, "Ada", "L’élue est souffrante.", world.now)
    room.send()
    cancelled = by_reader(room.take())[official.to]
    assert "n’aura pas lieu. L’élue est souffrante." in cancelled.text
    assert (cancelled.calendar["method"], str(cancelled.event["status"])) == ("CANCEL", "CANCELLED")

    events = [letter.event for letter in (official, moved, cancelled)]
    assert {str(event["uid"]) for event in events} == {f"{made.ref}@portail.example"}
    assert [int(event["sequence"]) for event in events] == [1, 2, 3]
    assert moved.message["References"] == cancelled.message["References"]


def test_who_is_replaced_is_let_go_and_who_replaces_them_invited(room: Mailroom, world: Dialogues) -> None:
    made = world.announced()
    room.send()
    room.take()
    other = world.moderator()
    move(world, made, moderator_id=other)
    room.send()
    told = {letter.subject.partition(" « ")[0]: letter for letter in room.take()}
    assert set(told) == {"Vous ne modérez plus", "Vous modérez :", "Changement :"}
    assert told["Vous ne modérez plus"].calendar["method"] == "CANCEL"
    assert told["Vous modérez :"].calendar["method"] == "REQUEST"


def test_a_letter_that_waits_while_it_changes_is_moot_and_the_newer_one_tells_all(
    room: Mailroom, world: Dialogues
) -> None:
    made = world.announced()
    move(world, made, starts_wall=STARTS + DAY)
    outcomes = sorted(receipt.outcome for receipt in room.send())
    assert outcomes == ["done", "done", "rejected", "rejected"]
    assert all("16 décembre" in letter.subject for letter in room.take())


def test_who_has_ended_is_written_to_no_more(room: Mailroom, world: Dialogues) -> None:
    made = world.announced()
    official = next(o for o in hosts.listed(world.region, hosts.Official) if o.id == made.official_id)
    hosts.end(world.region, hosts.Official, official.email, world.now)
    room.send()
    assert [letter.to for letter in room.take()] != [official.email]


def test_a_moderator_has_a_link_that_says_they_are_there(room: Mailroom, world: Dialogues) -> None:
    made = world.announced()
    room.send()
    room.take()
    with world.region.begin() as connection:
        announcing.write(connection, made, "before", ("moderator", made.moderator_id or 0))
    room.send()
    letter = room.only()
    assert letter.subject.startswith("Dites que vous êtes là")
    assert room.opened(letter, "moderator") == f"{made.ref}.{made.moderator_id}"


def test_what_is_waited_for_is_counted_and_when_all_is_there_nobody_is_reminded(
    room: Mailroom, world: Dialogues
) -> None:
    made = world.announced()
    room.send()
    room.take()
    assert made.ends_at is not None
    world.now = room.programme.now = made.ends_at + 3 * DAY
    dialogue_holding.settle(world.region, world.hub, world.now)
    sql(
        world.region,
        "INSERT INTO question (ref, dialogue_id, theme, body, origin, state, asked_at, published_at, due_at, changed_at) VALUES "
        "('q1', :id, 'jobs', 'Quand ?', 'portal', 'published', :now, :now, :now, :now) RETURNING 1",
        id=made.id,
        now=world.now,
    )
    content = DialogueLetter("due", made.id, made.version, "official", made.official_id or 0, 3)
    told = Told(world.read(made), "Ada", "ada@region.example", holds=True, waiting=1)
    assert moot(content, told, world.now) is None
    published = dialogue_holding.publish_record(
        world.region, world.hub, made.ref, "Compte rendu", "Ada", world.now
    )
    assert moot(content, msgspec.structs.replace(told, dialogue=published), world.now) is None
    assert moot(content, msgspec.structs.replace(told, dialogue=published, waiting=0), world.now)
