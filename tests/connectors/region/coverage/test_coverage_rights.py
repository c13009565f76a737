"""What students may ask for, and until when anything of them is kept."""

from __future__ import annotations

import datetime as dt
import json

import msgspec
import pytest

from connectors.region.access import acts
from connectors.region.coverage import coverage_rights, events, media, media_consents, students
from connectors.region.coverage.coverage_rights import Tidied
from connectors.region.database import Region
from schemas.errors import Misconfigured, Refused
from tests.coverage import PIXEL, Covering
from tests.hands import sql

pytestmark = pytest.mark.database
YEAR = dt.timedelta(days=365)


@pytest.fixture
def world(region: Region) -> Covering:
    return Covering(region)


def everything(region: Region) -> str:
    """Every row of every table of covered events, and of the ledger, as text."""
    tables = (
        "student",
        "media_consent",
        "crew_member",
        "medium",
        "medium_file",
        "medium_step",
        "effect",
        "alert",
        "act",
    )
    return json.dumps([[str(row) for row in sql(region, f"SELECT * FROM {table}")] for table in tables])


def test_an_export_tells_everything_of_one_and_nothing_of_others(world: Covering) -> None:
    child, other = world.agreed(), world.agreed()
    events.join(world.region, world.event.ref, child.id, "cadreuse")
    shown, made, foreign = world.published(child), world.published(other, author=child), world.medium(other)
    told = coverage_rights.export(world.region, child.email, "Ada", world.now)
    assert told.student == child
    assert {consent.by for consent in told.consents} == {"student", "guardian"}
    assert [crew["role"] for crew in told.crews] == ["cadreuse"]
    assert {(each["ref"], each["made"]) for each in told.media} == {(shown.ref, False), (made.ref, True)}
    written = msgspec.json.encode(told).decode()
    assert foreign.ref not in written
    assert other.name not in written
    coverage_rights.erase(world.region, child.email, "Bo", world.now)
    noted = [(act.did, act.ref, act.by) for act in acts.listed(world.region, on=f"student {child.id}")]
    assert noted[:2] == [("erased", str(child.id), "Bo"), ("exported", str(child.id), "Ada")]


def test_who_is_erased_is_nowhere_any_more_and_neither_is_what_shows_them(world: Covering) -> None:
    child, other = world.agreed(), world.agreed()
    events.join(world.region, world.event.ref, child.id, "cadreuse")
    shown, kept = world.published(child, other), world.published(other, author=child)
    assert coverage_rights.erase(world.region, child.email.upper(), "Ada", world.now) == 1
    left = everything(world.region)
    for word in (child.name, child.email, child.guardian_name, child.guardian_email):
        assert str(word) not in left
    assert media.find(world.region, shown.ref) is None
    assert media.wall(world.region, world.event.id, world.now) == [(world.read(kept), None)]
    assert world.wanted() == {shown.ref: False, kept.ref: True}
    with pytest.raises(Misconfigured, match="No student"):
        students.named(world.region, child.email)
    again = students.keep(
        world.region, child.name, child.email, child.born, ("Parent", "autre@exemple.example"), world.now
    )
    assert again.id != child.id, "whoever comes back is somebody new"


def test_a_year_after_the_event_nothing_personal_is_left(world: Covering) -> None:
    child, adult = world.agreed(16), world.agreed(19)
    events.join(world.region, world.event.ref, child.id, "cadreuse")
    for medium in (world.published(child), world.medium(adult), world.published(adult)):
        assert medium.ref
    scenery = world.published()
    end = dt.datetime.combine(world.event.last_day, dt.time(), dt.UTC)
    world.now = end + YEAR - dt.timedelta(hours=1)
    media_consents.expire(world.region, world.now)
    assert coverage_rights.tidy(world.region, world.now) == Tidied()
    world.now = end + YEAR + dt.timedelta(days=2)
    media_consents.expire(world.region, world.now)
    assert coverage_rights.tidy(world.region, world.now) == Tidied(media=3, students=2)
    left = everything(world.region)
    for who in (child, adult):
        assert who.name not in left
        assert who.email not in left
    assert world.wall() == [scenery.ref], "what shows nobody stays"
    assert coverage_rights.tidy(world.region, world.now) == Tidied()


def test_what_somebody_agreed_to_for_longer_stays_for_longer(world: Covering) -> None:
    adult = world.student(20)
    world.agree(adult, until=world.now + 2 * YEAR)
    medium = world.published(adult)
    world.now += YEAR + dt.timedelta(days=30)
    media_consents.expire(world.region, world.now)
    assert coverage_rights.tidy(world.region, world.now) == Tidied()
    assert world.wall() == [medium.ref]
    world.now += YEAR
    media_consents.expire(world.region, world.now)
    assert coverage_rights.tidy(world.region, world.now) == Tidied(1, 1)


def test_a_minor_needs_a_guardian_with_an_address_of_their_own(world: Covering) -> None:
    born = world.now.date() - 16 * YEAR
    with pytest.raises(Refused, match="give the legal guardian"):
        students.keep(world.region, "Lou", "lou@x.example", born, None, world.now)
    with pytest.raises(Refused, match="an address of their own"):
        students.keep(world.region, "Lou", "lou@x.example", born, ("Dom", "LOU@x.example"), world.now)


def test_a_consent_ends_and_not_too_late(world: Covering) -> None:
    adult = world.student(20)
    for until in (world.now, world.now + 4 * YEAR):
        with pytest.raises(Refused, match="three years ahead at most"):
            world.agree(adult, until=until)


def test_the_file_is_gone_with_the_medium(world: Covering) -> None:
    world.published(world.agreed(19), content=PIXEL)
    email = students.listed(world.region)[0].email
    coverage_rights.erase(world.region, email, "Ada", world.now)
    assert sql(world.region, "SELECT * FROM medium_file") == []
