"""Media are shown where everybody whom they show agrees to it, and nowhere else, whoever presses what when."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.region.alerting import alerts
from connectors.region.coverage import events, media, media_consents
from connectors.region.coverage.media import Held
from connectors.region.coverage.students import Student
from connectors.region.database import Region
from core.jpeg import bare
from schemas.errors import Misconfigured, Refused
from tests.coverage import ALL_KINDS, FILM, PIXEL, PUBLISHER, Covering
from tests.hands import sql

pytestmark = pytest.mark.database
YEAR = dt.timedelta(days=365)


@pytest.fixture
def world(region: Region) -> Covering:
    return Covering(region)


# Publishing


def test_a_medium_is_published_with_everybody_s_consent_and_the_roll_says_by_whom(world: Covering) -> None:
    child, adult = world.agreed(16), world.agreed(19)
    medium = world.published(child, adult, author=child)
    assert (medium.state, medium.scopes, medium.turn) == ("published", ("portal", "instagram"), 1)
    assert world.wanted() == {medium.ref: True}
    assert media.wall(world.region, world.event.id, world.now) == [(medium, child.name)]
    (line,) = media.roll(world.region, world.event.id)
    assert (line.step, line.by, line.scopes) == ("published", "Ada", ("portal", "instagram"))
    assert world.publish(medium) == medium, "twice is once"
    assert len(media.roll(world.region, world.event.id)) == 1


@pytest.mark.parametrize(
    ("givers", "more", "why"),
    [
        ((), {}, "Élève 1: has not agreed"),
        (("student",), {}, "the legal guardian of Élève 1: has not agreed"),
        (("guardian",), {}, "Élève 1: has not agreed"),
        (("student", "guardian"), {"scopes": ["portal"]}, "other channels only"),
        (("student", "guardian"), {"kinds": ["voice"]}, "has not agreed"),
    ],
)
def test_without_one_valid_consent_nothing_is_published_and_the_refusal_says_whose(
    world: Covering, givers: tuple[str, ...], more: dict[str, list[str]], why: str
) -> None:
    child = world.student()
    if givers:
        world.agree(child, *givers, **more)  # type: ignore[arg-type]
    medium = world.medium(world.agreed(19), child)
    with pytest.raises(Refused, match=why):
        world.publish(medium)
    assert world.read(medium).state == "draft"
    assert world.wanted() == {}
    assert media.roll(world.region, world.event.id) == []


def test_a_video_needs_the_voice_too(world: Covering) -> None:
    child = world.student()
    world.agree(child, kinds=["image"])
    assert world.published(child).state == "published"
    with pytest.raises(Refused, match=r"has not agreed \(voice, portal\)"):
        world.published(child, content=FILM)


def test_a_slot_goes_live_only_with_the_consent_of_all_whom_it_shows(world: Covering) -> None:
    child = world.student()
    slot = world.slot("live", world.agreed(17), child)
    with pytest.raises(Refused, match="cannot go live: Élève 1: has not agreed"):
        events.step(world.region, slot.id, "live", "Ada", world.now)
    world.agree(child)
    assert events.step(world.region, slot.id, "live", "Ada", world.now).state == "live"
    assert events.step(world.region, slot.id, "done", "Ada", world.now).state == "done"
    with pytest.raises(Refused, match="what can follow is nothing"):
        events.step(world.region, slot.id, "live", "Ada", world.now)


def test_a_closed_event_publishes_nothing_more(world: Covering) -> None:
    medium = world.medium()
    events.close(world.region, world.event.ref)
    with pytest.raises(Refused, match="is closed"):
        world.publish(medium)


def test_who_made_it_is_named_only_when_they_agreed_to_that(world: Covering) -> None:
    author = world.student()
    world.agree(author, kinds=["image"])
    medium = world.published(author=author)
    assert media.wall(world.region, world.event.id, world.now) == [(medium, None)]


def test_what_is_no_picture_is_refused_and_of_a_picture_only_the_picture_is_kept(world: Covering) -> None:
    for content in (b"", b"GIF89a", b"\xff\xd8\xff", b"\x00" * 100):
        with pytest.raises(Refused):
            world.medium(content=content)
    medium = world.published(content=PIXEL + b"a film")
    served = media.served(world.region, medium.ref, world.now)
    assert served is not None
    assert served[1] == bare(PIXEL) == PIXEL


def test_what_is_not_known_is_named(world: Covering) -> None:
    with pytest.raises(Misconfigured, match="No medium m1"):
        media.publish(world.region, PUBLISHER, "m1", ["portal"], "Ada", world.now)
    with pytest.raises(Misconfigured, match="No slot 9"):
        media.add(
            world.region,
            media.Draft(slot=9, caption="", alt="Une scène", author=None, people=()),
            PIXEL,
            world.now,
        )


def test_who_has_no_instagram_account_is_never_told_of_one(world: Covering) -> None:
    """A medium for the portal alone made a channel of it, which audits then read in vain."""
    medium = world.publish(world.medium(), "portal")
    media.withdraw(world.region, medium.ref, "Ada", "Floue.", world.now)
    assert sql(world.region, "SELECT name FROM channel") == []
    again = world.publish(world.read(medium))
    world.publish(again, "portal")
    assert world.wanted() == {medium.ref: False}


# Withdrawing


@pytest.mark.parametrize("giver", ["student", "guardian", None])
def test_whoever_withdraws_everything_that_shows_the_child_goes_in_the_same_commit(
    world: Covering, giver: str | None
) -> None:
    child, other = world.agreed(16), world.agreed(17)
    shown = [world.published(child), world.published(child, other), world.published(child, kind="story")]
    kept = world.published(other)
    done = world.withdraw(child, giver)  # type: ignore[arg-type]
    assert set(done.media) == {medium.ref for medium in shown}
    assert world.wall() == [kept.ref]
    assert world.wanted() == {kept.ref: True} | {medium.ref: False for medium in shown}
    for medium in shown:
        assert world.read(medium).state == "withdrawn"
        assert media.served(world.region, medium.ref, world.now) is None
        assert media.judge(world.region, medium.ref, world.now) == "it is withdrawn"
        with pytest.raises(Refused, match="has withdrawn the consent"):
            world.publish(medium)
    assert {alert.cause for alert in alerts.unresolved(world.region)} == {
        f"coverage {medium.ref}" for medium in shown
    }
    assert all(child.name not in alert.message for alert in alerts.unresolved(world.region))


def test_the_alert_ends_when_instagram_shows_it_no_more(world: Covering) -> None:
    child = world.agreed()
    medium = world.published(child)
    sql(world.region, "UPDATE effect SET state = 'done', live_hash = wanted_hash, remote_id = '17900'")
    world.withdraw(child)
    assert media_consents.settled(world.region, world.now) == 0
    sql(world.region, "UPDATE effect SET state = 'done', live_hash = NULL WHERE subject = :s", s=medium.ref)
    assert media_consents.settled(world.region, world.now) == 1
    assert alerts.unresolved(world.region) == []


def test_of_one_who_is_of_age_a_guardian_s_word_counts_no_more(world: Covering) -> None:
    child = world.agreed(17)
    medium = world.published(child)
    world.now += dt.timedelta(days=400)
    media_consents.give(world.region, child.id, "student", ALL_KINDS, ["portal"], None, "a test", world.now)
    world.publish(world.read(medium), "portal")
    assert world.withdraw(child, "guardian").media == ()
    assert world.wall() == [medium.ref]
    with pytest.raises(Refused, match="is of age"):
        world.agree(child, "guardian")


def test_who_agrees_to_less_is_shown_less(world: Covering) -> None:
    child = world.agreed()
    medium = world.published(child)
    world.agree(child, "guardian", scopes=["portal"])
    assert world.read(medium).scopes == ("portal",)
    assert world.wanted() == {medium.ref: False}
    assert world.wall() == [medium.ref]
    world.agree(child, "guardian", scopes=[])
    assert world.wall() == []


def test_what_is_agreed_to_again_is_published_anew_and_is_something_new_to_say(world: Covering) -> None:
    """Instagram's ledger took the same words for done: nothing was published the second time."""
    child = world.agreed()
    medium = world.published(child)
    world.withdraw(child)
    world.agree(child)
    assert world.wall() == [], "nothing comes back by itself"
    assert world.publish(world.read(medium)).turn == 2
    assert world.wanted() == {medium.ref: True}
    assert [line.step for line in media.roll(world.region, world.event.id)] == [
        "published",
        "withdrawn",
        "published",
    ]


def test_a_live_video_that_shows_them_is_told_to_staff_who_end_it(world: Covering) -> None:
    child = world.agreed()
    slot = world.slot("live", child)
    events.step(world.region, slot.id, "live", "Ada", world.now)
    assert world.withdraw(child).lives == (slot.id,)
    assert [alert.cause for alert in alerts.unresolved(world.region)] == [f"coverage slot {slot.id}"]
    assert media_consents.settled(world.region, world.now) == 0
    events.step(world.region, slot.id, "done", "Ada", world.now)
    assert media_consents.settled(world.region, world.now) == 1


def test_staff_withdraw_one_medium(world: Covering) -> None:
    medium = world.published()
    assert media.withdraw(world.region, medium.ref, "Ada", "Floue.", world.now).state == "withdrawn"
    assert media.withdraw(world.region, medium.ref, "Ada", "Floue.", world.now).state == "withdrawn"
    assert [line.why for line in media.roll(world.region, world.event.id)] == ["Floue.", None]
    assert world.wanted() == {medium.ref: False}


# Time


def test_when_a_consent_expires_the_portal_shows_it_no_more_at_once_and_the_flow_takes_it_away(
    world: Covering,
) -> None:
    child = world.agreed()
    medium = world.published(child)
    expiry = dt.datetime.combine(world.event.last_day, dt.time(), dt.UTC) + YEAR
    world.now = expiry - dt.timedelta(seconds=1)
    assert world.wall() == [medium.ref]
    assert media_consents.expire(world.region, world.now).media == ()
    world.now = expiry
    assert world.wall() == []
    assert media.served(world.region, medium.ref, world.now) is None
    assert "has expired" in str(media.judge(world.region, medium.ref, world.now))
    assert media_consents.expire(world.region, world.now).media == (medium.ref,)
    assert world.wanted() == {medium.ref: False}
    assert media_consents.expire(world.region, world.now).media == ()


def test_a_story_is_expected_for_a_day(world: Covering) -> None:
    story, post = world.published(kind="story"), world.published()
    for hours, there in ((23, True), (25, False)):
        with world.region.begin() as connection:
            media.end_stories(connection, "the clock", world.now + dt.timedelta(hours=hours))
        assert world.wanted() == {story.ref: there, post.ref: True}
    assert world.read(story).scopes == ("portal",)


# At once


@pytest.mark.parametrize("order", list(permutations(["publish", "withdraw"])))
def test_however_publishing_and_withdrawing_meet_nothing_stays_shown(
    world: Covering, order: tuple[str, ...]
) -> None:
    child = world.agreed()
    medium = world.medium(child)
    barrier = threading.Barrier(2)
    refused: list[Refused] = []

    def publish() -> None:
        barrier.wait()
        try:
            world.publish(medium)
        except Refused as error:
            refused.append(error)

    def withdraw() -> None:
        barrier.wait()
        world.withdraw(child)

    deeds = {"publish": publish, "withdraw": withdraw}
    threads = [threading.Thread(target=deeds[name]) for name in order]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.read(medium).scopes == ()
    assert not any(world.wanted().values())
    assert len(refused) == (world.read(medium).state == "draft")


DEEDS: dict[str, Callable[[Covering, Student, Any, Held], object]] = {
    "agree": lambda world, person, giver, _: world.agree(person, giver),
    "less": lambda world, person, giver, _: world.agree(person, giver, scopes=["portal"]),
    "withdraw": lambda world, person, giver, _: world.withdraw(person, giver),
    "publish": lambda world, _person, _giver, medium: world.publish(medium),
    "portal": lambda world, _person, _giver, medium: world.publish(medium, "portal"),
    "expire": lambda world, *_: media_consents.expire(world.region, world.now),
    "later": lambda world, *_: setattr(world, "now", world.now + dt.timedelta(days=150)),
}
deeds = st.lists(
    st.tuples(st.sampled_from([*DEEDS]), st.integers(0, 2), st.sampled_from(["student", "guardian"])),
    max_size=10,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds)
def test_whatever_is_done_in_any_order_nothing_is_shown_that_may_not_be(
    region: Region, steps: list[tuple[str, int, str]]
) -> None:
    world = Covering(region)
    people = [world.student(age) for age in (15, 17, 20)]
    shown = [world.medium(people[0]), world.medium(people[1], people[2])]
    for deed, which, giver in steps:
        with contextlib.suppress(Refused):
            DEEDS[deed](world, people[which], giver, shown[which % 2])
        for medium in shown:
            check(world, world.read(medium), expired=deed != "expire")


def check(world: Covering, medium: Held, *, expired: bool) -> None:
    """The portal shows and serves what may be shown now, and nothing else; unless time did it, what may not be is wanted nowhere."""
    with world.region.begin() as connection:
        fit = {scope: not media.why_not(connection, medium, scope, world.now) for scope in media.SCOPES}
    assert world.wanted().get(medium.ref, False) == ("instagram" in medium.scopes)
    assert (media.served(world.region, medium.ref, world.now) is not None) == any(
        fit[scope] for scope in medium.scopes
    )
    assert (medium.ref in world.wall()) == ("portal" in medium.scopes and fit["portal"])
    assert expired or all(fit[scope] for scope in medium.scopes)
    ended = sql(
        world.region,
        "SELECT 1 FROM media_consent WHERE withdrawn_at IS NULL AND expires_at <= :now",
        now=world.now,
    )
    assert ended or all(fit[scope] for scope in medium.scopes)
