"""Letters to students and guardians as they receive them: a real ledger, a real SMTP server."""

from __future__ import annotations

import pytest

from connectors.region.coverage import media_consents, students
from tests.coverage import Covering
from tests.mailrooms import Mailroom

pytestmark = pytest.mark.database


@pytest.fixture
def world(room: Mailroom) -> Covering:
    return Covering(room.programme.region, room.programme.now)


def test_a_minor_and_their_guardian_are_each_asked_by_a_link_of_their_own_once_a_day(
    room: Mailroom, world: Covering
) -> None:
    child = world.student()
    for _ in range(2):
        assert media_consents.ask(world.region, child.id, world.event.id, world.now) == [
            "student",
            "guardian",
        ]
    room.send()
    letters = {letter.to: letter for letter in room.take()}
    assert set(letters) == {child.email, child.guardian_email}
    mine, theirs = letters[child.email], letters[str(child.guardian_email)]
    assert mine.subject == "Votre accord pour apparaître en images, Musilac"
    assert theirs.subject == f"Votre accord pour montrer {child.name}, Musilac"
    assert "l’accord de votre responsable légal est demandé aussi" in mine.text
    assert "votre accord et le sien sont nécessaires tous les deux" in theirs.text
    assert room.opened(mine, "media") == child.word("student", world.event.id)
    opened = media_consents.opened(world.region, room.opened(theirs, "media"))
    assert opened == (child, "guardian", world.event.id)


def test_an_adult_is_asked_alone(room: Mailroom, world: Covering) -> None:
    adult = world.student(19)
    assert media_consents.ask(world.region, adult.id, world.event.id, world.now) == ["student"]
    room.send()
    assert "responsable légal" not in room.only().text


def test_whoever_withdrew_both_are_told_and_no_letter_holds_a_link_that_gives(
    room: Mailroom, world: Covering
) -> None:
    child = world.agreed()
    world.published(child)
    world.withdraw(child, "guardian")
    assert world.withdraw(child, "guardian").consents == 0
    room.send()
    letters = {letter.to: letter for letter in room.take()}
    assert set(letters) == {child.email, child.guardian_email}
    assert letters[child.email].subject == "Accord retiré : ce qui vous montre n’est plus publié"
    assert f"ce qui montre {child.name}" in letters[str(child.guardian_email)].subject
    assert letters[child.email].links == []


def test_who_came_of_age_or_was_erased_meanwhile_is_not_asked(room: Mailroom, world: Covering) -> None:
    child, other = world.student(17), world.student(17)
    for each in (child, other):
        media_consents.ask(world.region, each.id, world.event.id, world.now)
    room.programme.now = world.now = world.now.replace(year=world.now.year + 1)
    students.keep(world.region, other.name, other.email, other.born, None, world.now)
    outcomes = [receipt.outcome for receipt in room.send()]
    assert sorted(outcomes) == ["done", "done", "rejected", "rejected"]
    assert {letter.to for letter in room.take()} == {child.email, other.email}
