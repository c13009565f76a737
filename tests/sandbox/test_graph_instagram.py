"""Instagram as Meta's pages tell of it, and with Meta's own client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from facebook_business.adobjects.iguser import IGUser
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from tests.sandbox.conftest import TOKEN, Sandbox

USER = "17841400000000001"
HOUR = 3600


def contained(sandbox: Sandbox, **more: str) -> str:
    said = {"image_url": "https://x.test/a.jpg", **more}
    return str(sandbox.graph("POST", f"{USER}/media", **said)["id"])


def published(sandbox: Sandbox, **more: str) -> str:
    made = sandbox.graph("POST", f"{USER}/media_publish", creation_id=contained(sandbox, **more))
    return str(made["id"])


def status(sandbox: Sandbox, container: str) -> str:
    return str(sandbox.graph("GET", container, fields="status_code,status")["status_code"])


def error(answer: Any) -> tuple[int, int]:
    return answer["error"]["code"], answer["error"].get("error_subcode", 0)


def ids(sandbox: Sandbox, edge: str) -> list[str]:
    return [each["id"] for each in sandbox.graph("GET", f"{USER}/{edge}", fields="id")["data"]]


def test_a_container_becomes_a_medium_once_and_nothing_of_it_tells_which(sandbox: Sandbox) -> None:
    container = contained(sandbox, caption="Bonjour", alt_text="Une scène")
    assert status(sandbox, container) == "FINISHED"
    assert ids(sandbox, "media") == []
    medium = sandbox.graph("POST", f"{USER}/media_publish", creation_id=container)["id"]
    assert medium != container
    assert status(sandbox, container) == "PUBLISHED"
    told = sandbox.graph("GET", medium, fields="id,caption,alt_text,media_product_type,timestamp")
    assert (told["caption"], told["alt_text"], told["media_product_type"]) == ("Bonjour", "Une scène", "FEED")
    again = sandbox.graph("POST", f"{USER}/media_publish", creation_id=container)
    assert error(again) == (24, 2207006)
    assert sandbox.graph("DELETE", medium) == {"success": True}
    assert error(sandbox.graph("GET", medium, fields="id")) == (100, 33)
    assert error(sandbox.graph("DELETE", medium)) == (100, 33)


def test_a_container_takes_its_time_ends_after_a_day_and_may_not_fit(sandbox: Sandbox) -> None:
    sandbox.admin("settings", instagram_processing=60)
    container = contained(sandbox)
    assert status(sandbox, container) == "IN_PROGRESS"
    early = sandbox.graph("POST", f"{USER}/media_publish", creation_id=container)
    assert error(early) == (9007, 2207027)
    sandbox.admin("clock", advance_seconds=61)
    assert status(sandbox, container) == "FINISHED"
    sandbox.admin("clock", advance_seconds=25 * HOUR)
    assert status(sandbox, container) == "EXPIRED"
    sandbox.admin("settings", instagram_broken="a.jpg")
    assert status(sandbox, contained(sandbox)) == "ERROR"


def test_a_story_has_no_caption_and_lasts_a_day(sandbox: Sandbox) -> None:
    story = published(sandbox, media_type="STORIES", caption="Bonjour")
    assert (ids(sandbox, "stories"), ids(sandbox, "media")) == ([story], [])
    assert "caption" not in sandbox.graph("GET", story, fields="id,caption")
    sandbox.admin("clock", advance_seconds=24 * HOUR)
    assert ids(sandbox, "stories") == []
    assert error(sandbox.graph("GET", story, fields="id")) == (100, 33)


def test_the_quota_is_of_a_rolling_day_whatever_became_of_the_media(sandbox: Sandbox) -> None:
    sandbox.admin("settings", instagram_quota=1)
    sandbox.graph("DELETE", published(sandbox))
    (told,) = sandbox.graph("GET", f"{USER}/content_publishing_limit", fields="config,quota_usage")["data"]
    assert told == {"config": {"quota_total": 1, "quota_duration": 86_400}, "quota_usage": 1}
    refused = sandbox.graph("POST", f"{USER}/media_publish", creation_id=contained(sandbox))
    assert error(refused) == (9, 2207042)
    sandbox.admin("clock", advance_seconds=24 * HOUR)
    assert published(sandbox)


@pytest.mark.parametrize(
    "wrong", [{"image_url": "ftp://x.test/a.jpg"}, {"media_type": "POSTER"}, {"caption": "x" * 2201}]
)
def test_what_instagram_does_not_take_is_refused(sandbox: Sandbox, wrong: dict[str, str]) -> None:
    answer = sandbox.graph("POST", f"{USER}/media", **{"image_url": "https://x.test/a.jpg", **wrong})
    assert "error" in answer


@pytest.fixture
def account(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(FacebookSession, "GRAPH", f"{sandbox.url}/graph")
    api = FacebookAdsApi.init("1", "sandbox-app-secret", TOKEN, crash_log=False)
    yield IGUser(USER, api=api)
    FacebookAdsApi.set_default_api(None)


def test_meta_s_own_client_publishes_and_reads_back_through_paging(account: Any, sandbox: Sandbox) -> None:
    for number in range(5):
        container = account.create_media(
            params={"image_url": f"https://x.test/{number}.jpg", "caption": f"N° {number}"}
        )
        account.create_media_publish(params={"creation_id": container["id"]})
    read = list(account.get_media(fields=["id", "caption"], params={"limit": 2}))
    assert [each["caption"] for each in read] == [f"N° {number}" for number in (4, 3, 2, 1, 0)]
    (limit,) = account.get_content_publishing_limit(fields=["config", "quota_usage"])
    assert limit["quota_usage"] == 5
    with pytest.raises(FacebookRequestError):
        account.create_media_publish(params={"creation_id": "1"})
    assert sandbox.truth()["instagram"]["created"] == 5
