from __future__ import annotations

import datetime as dt

import pytest

from connectors.region.database import Region
from connectors.region.people import places
from tests.programme import DAY, HOUR, Programme

pytestmark = pytest.mark.database


def test_a_place_says_how_many_wait_longer(programme: Programme, region: Region) -> None:
    made = programme.session(capacity=1)
    held = programme.enrol(made)
    assert places.of(region, held.id).ahead == 0  # type: ignore[union-attr]
    waiting = []
    for _ in range(3):
        programme.now += HOUR
        waiting.append(programme.enrol(made))
    assert [places.of(region, each.id).ahead for each in waiting] == [0, 1, 2]  # type: ignore[union-attr]
    programme.leave(waiting[0])
    assert [places.of(region, each.id).ahead for each in waiting[1:]] == [0, 1]  # type: ignore[union-attr]


def test_of_nobody_and_of_somebody_erased_there_is_no_place(programme: Programme, region: Region) -> None:
    held = programme.enrol(programme.session())
    assert places.of(region, held.id + 1) is None
    programme.erase(held.contact_id)
    assert places.of(region, held.id) is None


def test_what_is_to_come_is_what_one_has_or_waits_for_soonest_first(
    programme: Programme, region: Region
) -> None:
    somebody = programme.person()
    full, later, left, off = (programme.session(capacity=1) for _ in range(4))
    programme.change(later, starts_wall=later.starts_wall + 2 * DAY)
    programme.enrol(full)
    mine = {each.id: programme.enrol(each, somebody) for each in (full, later, left, off)}
    programme.leave(mine[left.id])
    programme.cancel(off)
    found = places.coming(region, somebody, programme.now)
    assert [(each.session.id, each.enrolment.state) for each in found] == [
        (full.id, "waiting"),
        (later.id, "registered"),
    ]
    assert places.coming(region, somebody, later.ends_at + dt.timedelta(days=9)) == []


def test_an_address_finds_all_who_gave_it_and_did_not_leave(programme: Programme, region: Region) -> None:
    made, other = programme.session(), programme.session()
    pair = [programme.enrol(made, programme.person(email="Contact@firme.example")) for _ in range(2)]
    left = programme.enrol(made, programme.person(email="contact@firme.example"))
    programme.leave(left)
    programme.enrol(other, programme.person(email="contact@firme.example"))
    assert places.with_email(region, made.ref, "CONTACT@firme.example") == [each.id for each in pair]
    assert places.with_email(region, made.ref, "c_ntact@firme.example") == []


def test_a_person_is_held_in_a_session_or_not(programme: Programme, region: Region) -> None:
    made, somebody = programme.session(), programme.person()
    assert places.held(region, made.id, somebody) is None
    held = programme.enrol(made, somebody)
    assert places.held(region, made.id, somebody) == held
