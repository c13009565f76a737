"""Comments that ask become questions: once, without who wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from prefect.logging import disable_run_logger

from connectors.region.questions import comments, questions
from connectors.region.questions.comments import Discussed
from schemas.errors import RetryLater
from tasks.read_comments import read_comments
from tests.hands import sql
from tests.programme import DAY, HOUR
from tests.questions import Forum

pytestmark = pytest.mark.database
CHANNELS = ("facebook_live", "facebook_dialogues")
ASKS = "C’est pour quand, les trains du matin ?"


class Said(msgspec.Struct, frozen=True):
    """A comment as a channel tells it."""

    id: str
    message: str = ASKS
    from_page: bool = False


class Page:
    """What is said under objects, told two comments a page; ``away`` are those that do not answer."""

    def __init__(self, **said: list[Said]) -> None:
        self.said, self.away, self.asked = said, set[str](), list[tuple[str, str | None]]()

    def __call__(self, remote_id: str, after: str | None) -> tuple[Sequence[Said], str | None]:
        self.asked.append((remote_id, after))
        if remote_id in self.away:
            raise RetryLater("Graph is away")
        begin = int(after or 0)
        found = self.said.get(remote_id, [])[begin : begin + 2]
        return found, str(begin + len(found))


def on_air(forum: Forum, state: str = "on_air") -> str:
    """The reference of a dialogue with a video and a post."""
    dialogue, _ = forum.dialogue(state)
    for channel, name in zip(CHANNELS, ("video", "post"), strict=True):
        sql(forum.region, "INSERT INTO channel (name) VALUES (:name) ON CONFLICT DO NOTHING", name=channel)
        sql(
            forum.region,
            "INSERT INTO effect (channel, subject, wanted_hash, live_hash, remote_id, state) VALUES (:c, :s, 'x', 'x', :r, 'done')",
            c=channel,
            s=dialogue.ref,
            r=f"{name}{dialogue.id}",
        )
    return dialogue.ref


def read(forum: Forum, page: Page) -> dict[str, int]:
    discussed = comments.discussed(forum.region, CHANNELS, forum.now)
    with disable_run_logger():
        return read_comments.fn(forum.region, discussed, page, forum.now)


def asked(forum: Forum) -> list[tuple[Any, ...]]:
    return [
        tuple(row)
        for row in sql(
            forum.region,
            "SELECT remote_id, body, state, origin, author, contact_id FROM question ORDER BY id",
        )
    ]


def test_what_asks_waits_for_a_moderator_without_who_wrote_it(forum: Forum) -> None:
    ref = on_air(forum)
    page = Page(
        video1=[Said("1"), Said("2", "Bravo à tous !"), Said("3", f" {ASKS}\u202e ")], post1=[Said("4")]
    )
    assert read(forum, page) == {ref: 3}
    assert asked(forum) == [(number, ASKS, "waiting", "facebook", None, None) for number in ("4", "1", "3")]
    (first, *_) = questions.listed(forum.region, states=["waiting"])
    assert (first.dialogue, first.theme) == (ref, "transport")


def test_our_own_words_come_back_as_nothing(forum: Forum) -> None:
    ref = on_air(forum)
    assert read(forum, Page(video1=[Said("1", "Des questions ? Posez-les ici !", from_page=True)])) == {
        ref: 0
    }
    assert asked(forum) == []


def test_reading_goes_on_where_it_was_and_what_comes_twice_is_one(forum: Forum) -> None:
    ref = on_air(forum)
    page = Page(video1=[Said(str(number)) for number in range(5)])
    assert read(forum, page) == {ref: 5}
    page.asked.clear()
    page.said["video1"] += [Said("4"), Said("5")]  # Graph told one again
    forum.programme.now += HOUR
    assert read(forum, page) == {ref: 1}
    assert ("video1", "5") in page.asked
    assert ("video1", None) not in page.asked
    assert len(asked(forum)) == 6


def test_trouble_with_one_leaves_the_others_alone_and_loses_nothing(forum: Forum) -> None:
    one, other = on_air(forum), on_air(forum)
    page = Page(video1=[Said("1")], video2=[Said("2")], post1=[Said("3")])
    page.away = {"video1", "post2"}
    assert read(forum, page) == {one: 1, other: 1}
    page.away.clear()
    assert read(forum, page) == {one: 1, other: 0}


def test_only_what_is_on_the_air_or_was_until_yesterday_is_read(forum: Forum) -> None:
    on_air(forum)
    closed = on_air(forum, "closed")
    on_air(forum, "announced")
    found = comments.discussed(forum.region, CHANNELS, forum.now + HOUR)
    assert [each.remote_id for each in found] == ["post1", "video1", "post2", "video2"]
    sql(forum.region, "UPDATE effect SET live_hash = NULL WHERE remote_id = 'post1'")
    found = comments.discussed(forum.region, ["facebook_dialogues"], forum.now + HOUR)
    assert [each.ref for each in found] == [closed]
    assert len(comments.discussed(forum.region, CHANNELS, forum.now + DAY)) == 1


def test_a_cursor_that_nobody_tells_is_the_one_before(forum: Forum) -> None:
    on_air(forum)
    first, *_ = comments.discussed(forum.region, CHANNELS, forum.now)
    comments.take(forum.region, first, [], "7", forum.now)
    comments.take(forum.region, first, [Said("1", ASKS * 40)], None, forum.now)
    again: Discussed = comments.discussed(forum.region, CHANNELS, forum.now)[0]
    assert again.cursor == "7"
    ((body,),) = sql(forum.region, "SELECT body FROM question")
    assert len(body) <= 1000
