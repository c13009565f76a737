"""Meta's own client, which nobody here wrote, against the stand-in."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from facebook_business.adobjects.comment import Comment
from facebook_business.adobjects.livevideo import LiveVideo
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from tests.sandbox.conftest import PAGE, TOKEN, Sandbox


@pytest.fixture
def api(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(FacebookSession, "GRAPH", f"{sandbox.url}/graph")
    yield FacebookAdsApi.init("1", "sandbox-app-secret", TOKEN, crash_log=False)
    FacebookAdsApi.set_default_api(None)


def test_it_posts_updates_reads_back_through_paging_and_deletes(api: Any, sandbox: Sandbox) -> None:
    page = Page(PAGE, api=api)
    made = [
        page.create_feed(params={"message": f"Offre n° {n}", "link": f"https://x.test/{n}"}) for n in range(7)
    ]
    PagePost(made[0]["id"], api=api).api_update(params={"message": "Changée"})
    read = list(page.get_feed(fields=["id", "message", "created_time"], params={"limit": 3}))
    assert [post["id"] for post in read] == [post["id"] for post in reversed(made)]
    assert read[-1]["message"] == "Changée"
    for post in read:
        post.api_delete()
    assert sandbox.truth()["graph"] | {"by_page": {}} == {
        "posts": 0, "created": 7, "updated": 1, "deleted": 7, "by_page": {}, "duplicates": 0,
    }  # fmt: skip


def test_it_batches_creations_updates_deletions_and_reads(api: Any, sandbox: Sandbox) -> None:
    page = Page(PAGE, api=api)
    ids = [page.create_feed(params={"message": f"Offre {n}"})["id"] for n in range(3)]
    codes: list[int] = []

    def done(response: Any) -> None:
        codes.append(response.status())

    batch = api.new_batch()
    for number in range(20):
        page.create_feed(params={"message": f"En lot {number}"}, batch=batch, success=done, failure=done)
    PagePost(ids[0], api=api).api_update(params={"message": "é"}, batch=batch, success=done, failure=done)
    PagePost(ids[1], api=api).api_delete(batch=batch, success=done, failure=done)
    PagePost(ids[2], api=api).api_get(fields=["id", "message"], batch=batch, success=done, failure=done)
    PagePost(f"{PAGE}_999", api=api).api_get(batch=batch, success=done, failure=done)
    assert batch.execute() is None
    assert codes == [200] * 23 + [400]
    truth = sandbox.truth()["graph"]
    assert (truth["created"], truth["updated"], truth["deleted"]) == (23, 1, 1)


def test_it_is_given_a_null_item_back_to_try_again(api: Any, sandbox: Sandbox) -> None:
    sandbox.admin("faults", path="/graph", fault="null_item", item=0)
    batch = api.new_batch()
    Page(PAGE, api=api).create_feed(params={"message": "Offre"}, batch=batch)
    again = batch.execute()
    assert sandbox.truth()["graph"]["created"] == 0
    again.execute()
    assert sandbox.truth()["graph"]["created"] == 1


def test_it_understands_the_errors(api: Any, sandbox: Sandbox) -> None:
    sandbox.post("Bonjour")
    with pytest.raises(FacebookRequestError) as caught:
        Page(PAGE, api=api).create_feed(params={"message": "Bonjour"})
    assert caught.value.api_error_code() == 506


@pytest.mark.parametrize("form", [lambda at: {"start_time": at}, str])
def test_it_schedules_a_live_video_puts_it_on_the_air_and_ends_it(
    api: Any, sandbox: Sandbox, form: Any
) -> None:
    page = Page(PAGE, api=api)
    at = int(time.time()) + 86_400
    said = {"status": "SCHEDULED_UNPUBLISHED", "title": "Les trains", "event_params": form(at)}
    made = page.create_live_video(params=said)
    assert made["secure_stream_url"].startswith("rtmps://")
    LiveVideo(made["id"], api=api).api_update(
        params={"description": "Bonjour", "event_params": form(at + 3600)}
    )
    wanted = {"broadcast_status": ["SCHEDULED_UNPUBLISHED"], "limit": 1}
    (found,) = page.get_live_videos(fields=["id", "description"], params=wanted)
    assert (found["id"], found["description"]) == (made["id"], "Bonjour")
    live = LiveVideo(made["id"], api=api)
    live.api_update(params={"status": "LIVE_NOW"})
    live.api_update(params={"end_live_video": True})
    assert live.api_get(fields=["status"])["status"] == "VOD"
    live.api_delete()
    assert sandbox.truth()["lives"] == {"lives": 0, "created": 1, "updated": 3, "deleted": 1, "duplicates": 0}


def test_it_reads_comments_through_paging_answers_and_hides_them(api: Any, sandbox: Sandbox) -> None:
    post = sandbox.post("Posez vos questions")
    ids = sandbox.admin("comments", object=post, count=5)["ids"]
    params = {"order": "chronological", "filter": "stream", "limit": 2}
    read = list(PagePost(post, api=api).get_comments(fields=["id", "message", "from"], params=params))
    assert [said["id"] for said in read] == ids
    assert read[0]["from"]["name"]
    Comment(ids[0], api=api).api_update(params={"is_hidden": True})
    assert Comment(ids[0], api=api).api_get(fields=["is_hidden"])["is_hidden"] is True
    PagePost(post, api=api).create_comment(params={"message": "Merci"})
    assert (
        json.dumps(sandbox.http.get("/_sandbox/truth/comments").json()["items"][-1]["message"]) == '"Merci"'
    )
