"""A dialogue from its announcement to its archive through the real flows: Graph's stand-in, a real calendar server, a real relay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import clock, registry
from connectors.facebook_dialogues import wire as facebook_dialogues
from connectors.region.alerting import alerts
from connectors.region.dialogues import dialogue_prompts, hosts
from connectors.region.dialogues.dialogues import Dialogue
from flows.dialogues import (
    announce_dialogue,
    cancel_dialogue,
    fall_back_dialogue,
    move_dialogue,
    publish_record,
)
from flows.watch_dialogues import watch_dialogues
from schemas.errors import Misconfigured, Refused
from tests.calendars import PASSWORD, Radicale, radicale
from tests.dialogue_world import Dialogues
from tests.flows.stories import is_json
from tests.hands import PageEditor, sql
from tests.relays import Letters, relaying
from tests.worlds import Hub, Sandbox

__all__ = ["radicale"]
pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]
HOUR, DAY, MINUTE = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(minutes=1)
TODAY = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
STARTS = (TODAY + 3 * DAY).replace(tzinfo=None)  # by the clocks of Paris


class Live(PageEditor):
    """Whoever films, at Facebook's own desk."""

    def set(self, video: str, **words: str) -> None:
        self._call("POST", video, **words)


@pytest.fixture
def hub(hub: Hub, letters: Letters, radicale: Radicale) -> Iterator[Hub]:
    radicale.forget()  # what other tests left: numbers of officials begin anew in each
    with relaying(letters) as address:
        hub.settings = hub.settings.model_copy(
            update={
                "smtp_url": SecretStr(address),
                "caldav_url": radicale.base,
                "caldav_password": SecretStr(PASSWORD),
            }
        )
        yield hub


class Story(Dialogues):
    """Dialogues through the flows, on a clock that a test sets."""

    def __init__(self, hub: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(hub.region, TODAY)
        self.settings, self.sandbox = hub.settings, sandbox
        self.portal = True
        monkeypatch.setattr(clock, "now", lambda: self.now)
        monkeypatch.setattr(registry, "portal_answers", lambda _: lambda _page: self.portal)
        monkeypatch.setattr("flows.watch_dialogues.portal_answers", lambda _: lambda _page: self.portal)

    def planned(self, **changes: Any) -> Dialogue:
        """Approved, three days from now."""
        return self.approved(where=self.placement(starts_wall=STARTS), **changes)

    def post(self) -> str:
        """What the Page says."""
        (there,) = [
            post for post in self.sandbox.posts() if facebook_dialogues.MARKER.search(post["message"])
        ]
        return str(there["message"]).replace("\u00a0", " ").replace("\u202f", " ")

    def videos(self) -> list[Any]:
        told: list[Any] = self.sandbox.http.get("/truth/lives").json()["items"]
        return told

    def events(self, calendar: str) -> list[str]:
        """The events of a calendar, as plain HTTP has them."""
        answer = httpx.get(
            f"{self.settings.caldav_url}/{calendar}/", auth=("boostez", PASSWORD), trust_env=False
        )
        return [
            f"BEGIN:VEVENT{event}" for event in answer.text.replace("\r\n ", "").split("BEGIN:VEVENT")[1:]
        ]

    def step(self, dialogue: Dialogue) -> str:
        return self.read(dialogue).state


@pytest.fixture
def story(flowing: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Story:
    return Story(flowing, sandbox, monkeypatch)


def test_a_whole_dialogue(story: Story, letters: Letters) -> None:
    made = story.planned(summary="Posez vos questions.")
    told = announce_dialogue(made.ref, "Ada")
    assert is_json(told)
    assert {name: shown["created"] for name, shown in told["shown"].items()} == {
        "facebook_dialogues": 1,
        "facebook_live": 1,
        "caldav": 2,
    }
    assert "L’emploi des jeunes" in story.post()
    assert [each["status"] for each in story.videos()] == ["SCHEDULED_UNPUBLISHED"]
    assert len(story.events("dialogues")) == len(story.events(f"o{made.official_id}")) == 1
    assert len(letters.taken) == 2

    moved = move_dialogue(made.ref, "Ada", starts=STARTS + DAY, why="agenda")
    assert {name: shown["updated"] for name, shown in moved["shown"].items()} == {
        "facebook_dialogues": 1,
        "facebook_live": 1,
        "caldav": 2,
    }
    (event,) = story.events(f"o{made.official_id}")
    assert f"UID:{made.ref}@" in event
    assert "SEQUENCE:2" in event
    assert f"DTSTART;TZID=Europe/Paris:{STARTS + DAY:%Y%m%dT%H%M%S}" in event
    assert len(letters.taken) == 4

    now = story.read(made)
    assert now.starts_at is not None
    story.now = now.starts_at - 25 * MINUTE
    dialogue_prompts.present(story.region, made.ref, made.moderator_id or 0, story.now)
    assert watch_dialogues()["checked"] == {made.ref: []}
    (video,) = story.videos()
    Live(story.settings).set(video["id"], status="LIVE_NOW")
    story.now = now.starts_at
    assert watch_dialogues()["followed"] == [made.ref]
    assert story.step(made) == "on_air"

    Live(story.settings).set(video["id"], end_live_video="true")
    story.now = now.starts_at + HOUR
    watch_dialogues()
    assert story.step(made) == "closed"
    assert (story.read(made).replay or "").startswith("https://www.facebook.com/")
    story.now += 3 * DAY
    assert watch_dialogues()["prompted"] == 2, "minutes are waited for"
    assert watch_dialogues()["prompted"] == 0
    publish_record(made.ref, "Ada", "Compte rendu.")
    assert watch_dialogues()["settled"] == [made.ref]
    assert story.step(made) == "answered"
    assert str(story.read(made).replay) in story.post()
    story.now += 91 * DAY
    watch_dialogues()
    assert story.step(made) == "archived"


def test_a_cancelled_one_is_told_everywhere_it_was(story: Story, letters: Letters) -> None:
    made = story.planned()
    announce_dialogue(made.ref, "Ada")
    cancel_dialogue(made.ref, "Ada", "L’élue est souffrante.")
    assert "L’élue est souffrante." in story.post()
    assert [each["status"] for each in story.videos() if not each.get("deleted")] in (
        [],
        ["SCHEDULED_CANCELED"],
    )
    for calendar in ("dialogues", f"o{made.official_id}"):
        assert "STATUS:CANCELLED" in story.events(calendar)[0]
    assert len(letters.taken) == 4
    cancel_dialogue(made.ref, "Ada", "L’élue est souffrante.")
    assert len(letters.taken) == 4
    with pytest.raises(Refused, match="is cancelled"):
        announce_dialogue(made.ref, "Ada")


def test_trouble_before_a_live_is_told_with_the_way_out_and_its_end_too(story: Story) -> None:
    made = story.planned()
    announce_dialogue(made.ref, "Ada")
    assert made.starts_at is not None
    story.now = made.starts_at - 29 * MINUTE
    story.portal = False
    (video,) = story.videos()
    Live(story.settings).delete(video["id"])
    for _ in range(2):
        (found,) = watch_dialogues()["checked"].values()
        assert [each.partition(":")[0] for each in found] == [
            f"{made.moderator} has not said that they are there",
            "its page does not answer, so there is no fallback to writing",
            "its live video is gone",
        ]
    (alert,) = alerts.unresolved(story.region)
    assert f"boostez dialogue fall-back {made.ref}" in alert.message
    story.portal = True
    dialogue_prompts.present(story.region, made.ref, made.moderator_id or 0, story.now)
    assert watch_dialogues()["checked"] == {made.ref: ["its live video is gone"]}
    fall_back_dialogue(made.ref, "Ada", "Le direct a été supprimé.")
    assert watch_dialogues()["checked"] == {}, "a written one needs no studio"
    assert alerts.unresolved(story.region) == []
    told = sql(story.region, "SELECT step FROM dialogue_step ORDER BY id")
    assert [row.step for row in told][2:] == ["check_failed", "present", "check_failed", "fallen_back"]


def test_falling_back_takes_one_press(story: Story, letters: Letters) -> None:
    made = story.planned()
    announce_dialogue(made.ref, "Ada")
    assert made.starts_at is not None
    story.now = made.starts_at - 20 * MINUTE
    fall_back_dialogue(made.ref, "Ada", "Panne du studio.")
    assert "par écrit" in story.post()
    assert [
        each
        for each in story.videos()
        if each["status"] == "SCHEDULED_UNPUBLISHED" and not each.get("deleted")
    ] == []
    assert len(letters.taken) == 4
    story.now = made.starts_at
    watch_dialogues()
    assert story.step(made) == "on_air"
    story.now = made.starts_at + HOUR
    watch_dialogues()
    assert story.step(made) == "closed"


def test_a_step_names_whom_it_does_not_know(story: Story) -> None:
    made = story.planned()
    announce_dialogue(made.ref, "Ada")
    with pytest.raises(Misconfigured, match="boostez moderator list"):
        move_dialogue(made.ref, "Ada", moderator="nobody@region.example")
    with pytest.raises(Misconfigured, match="boostez dialogue list"):
        cancel_dialogue("dnothing", "Ada", "Personne.")
    other = hosts.keep_moderator(story.region, "Noé", "noe@region.example")
    moved = move_dialogue(made.ref, "Ada", moderator="noe@region.example")
    assert moved["dialogue"]["moderator_id"] == other.id
