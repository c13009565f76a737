"""Live videos as Meta's pages tell of them: scheduled, on the air, seen again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.clock import DAY, HOUR, MINUTE, SECOND, milliseconds
from tests.sandbox.conftest import PAGE, Sandbox

EDGE = f"{PAGE}/live_videos"
SCHEDULED = "SCHEDULED_UNPUBLISHED"


def now(sandbox: Sandbox) -> int:
    return milliseconds(sandbox.truth()["now"])


def in_(sandbox: Sandbox, wait: int) -> str:
    return str((now(sandbox) + wait) // SECOND)


def scheduled(sandbox: Sandbox, title: str = "Les trains", wait: int = DAY, **more: str) -> str:
    made = sandbox.graph(
        "POST",
        EDGE,
        status=SCHEDULED,
        title=title,
        description="Bonjour",
        event_params=in_(sandbox, wait),
        **more,
    )
    return str(made["id"])


def read(sandbox: Sandbox, live: str) -> Any:
    return sandbox.graph(
        "GET", live, fields="status,title,description,planned_start_time,permalink_url,stream_url"
    )


def listed(sandbox: Sandbox, *statuses: str) -> list[str]:
    page = sandbox.graph("GET", EDGE, broadcast_status=json.dumps(statuses), fields="id")
    return [live["id"] for live in page["data"]]


@pytest.mark.parametrize("form", ["{}", '{{"start_time": {}, "cover": "https://x.test/a.jpg"}}'])
def test_it_is_scheduled_in_either_form_of_event_params(sandbox: Sandbox, form: str) -> None:
    seconds = in_(sandbox, DAY)
    made = sandbox.graph(
        "POST", EDGE, status=SCHEDULED, title="Les trains", event_params=form.format(seconds)
    )
    assert made["stream_url"].startswith("rtmp://")
    assert made["secure_stream_url"].startswith("rtmps://")
    told = read(sandbox, made["id"])
    assert told["status"] == SCHEDULED
    assert milliseconds(told["planned_start_time"]) == int(seconds) * SECOND
    (truth,) = sandbox.http.get("/_sandbox/truth/lives").json()["items"]
    assert truth["stream_key"] in made["secure_stream_url"]


@pytest.mark.parametrize("wait", [-MINUTE, 7 * DAY + MINUTE])
def test_the_past_and_what_is_more_than_seven_days_ahead_are_refused(sandbox: Sandbox, wait: int) -> None:
    said = {"status": SCHEDULED, "title": "Trop tôt", "event_params": in_(sandbox, wait)}
    assert sandbox.graph("POST", EDGE, **said)["error"]["code"] == 100
    assert sandbox.truth()["lives"]["created"] == 0


@pytest.mark.parametrize(
    "event_params", ["", "demain", "{", "{}", '{"start_time": null}', '{"start_time": "x"}', "1" * 20]
)
def test_a_time_that_is_none_is_refused(sandbox: Sandbox, event_params: str) -> None:
    answer = sandbox.graph("POST", EDGE, status=SCHEDULED, event_params=event_params)
    assert answer["error"]["code"] == 100


def test_it_is_changed_and_moved_and_deleted(sandbox: Sandbox) -> None:
    live = scheduled(sandbox)
    moved = in_(sandbox, 2 * DAY)
    assert sandbox.graph("POST", live, title="Les cars", event_params=moved) == {"id": live}
    told = read(sandbox, live)
    assert (told["title"], told["description"]) == ("Les cars", "Bonjour")
    assert milliseconds(told["planned_start_time"]) == int(moved) * SECOND
    assert sandbox.graph("DELETE", live) == {"success": True}
    assert sandbox.graph("GET", live)["error"]["error_subcode"] == 33
    assert sandbox.truth()["lives"] == {"lives": 0, "created": 1, "updated": 1, "deleted": 1, "duplicates": 0}


def test_it_goes_on_the_air_and_is_seen_again(sandbox: Sandbox) -> None:
    live = scheduled(sandbox)
    assert sandbox.graph("POST", live, end_live_video="true")["error"]["code"] == 100
    assert sandbox.graph("POST", live, status="LIVE_NOW") == {"id": live}
    assert read(sandbox, live)["status"] == "LIVE"
    (post,) = sandbox.graph("GET", f"{PAGE}/feed")["data"]
    assert post["message"] == "Bonjour", "a broadcast is a post, too"
    assert sandbox.graph("POST", live, event_params=in_(sandbox, DAY))["error"]["code"] == 100
    assert sandbox.graph("POST", live, end_live_video="true") == {"id": live}
    told = read(sandbox, live)
    assert (told["status"], told["permalink_url"]) == ("VOD", f"/{PAGE}/videos/{live}/")
    assert "stream_url" not in told
    assert sandbox.graph("POST", live, status="LIVE_NOW")["error"]["code"] == 100
    sandbox.graph("DELETE", live)
    assert sandbox.graph("GET", f"{PAGE}/feed")["data"] == []


def test_it_is_cancelled_or_expires(sandbox: Sandbox) -> None:
    cancelled, late = scheduled(sandbox, wait=DAY), scheduled(sandbox, "Les cars", wait=HOUR)
    sandbox.graph("POST", cancelled, status="SCHEDULED_CANCELED")
    assert listed(sandbox, "SCHEDULED_CANCELED") == [cancelled]
    assert listed(sandbox, SCHEDULED) == [late]
    sandbox.admin("clock", advance_seconds=3 * 3600)
    assert (listed(sandbox, SCHEDULED), listed(sandbox, "SCHEDULED_EXPIRED")) == ([], [late])


def test_the_list_is_of_an_array_of_statuses_newest_first_in_pages(sandbox: Sandbox) -> None:
    lives = [scheduled(sandbox, f"n° {n}") for n in range(3)]
    for wrong in (SCHEDULED, '["SOON"]', "{}"):
        assert sandbox.graph("GET", EDGE, broadcast_status=wrong)["error"]["code"] == 100
    page = sandbox.graph("GET", EDGE, fields="id", limit="2")
    after = page["paging"]["cursors"]["after"]
    rest = sandbox.graph("GET", EDGE, fields="id", limit="2", after=after)
    assert [live["id"] for live in page["data"] + rest["data"]] == lives[::-1]
    assert "next" in page["paging"]
    assert "next" not in rest["paging"]


def test_a_page_that_may_not_broadcast_is_told_so(sandbox: Sandbox) -> None:
    live = scheduled(sandbox)
    sandbox.admin("settings", ineligible_pages=[PAGE])
    for path, said in ((EDGE, {"status": "LIVE_NOW"}), (live, {"status": "LIVE_NOW"})):
        error = sandbox.graph("POST", path, **said)["error"]
        assert (error["code"], error["error_subcode"]) == (200, 1363120)
    assert read(sandbox, live)["status"] == SCHEDULED


def test_an_unknown_field_or_status_is_refused(sandbox: Sandbox) -> None:
    live = scheduled(sandbox)
    assert sandbox.graph("GET", live, fields="couleur")["error"]["code"] == 100
    assert sandbox.graph("POST", EDGE, status="VOD")["error"]["code"] == 100
    sandbox.admin("settings", forbidden_pages=[PAGE])
    assert sandbox.graph("DELETE", live)["error"]["code"] == 200


@pytest.mark.parametrize(
    ("fault", "made"),
    [("error_500_after", 1), ("error_500_before", 0), ("null_item_after", 1), ("null_item", 0)],
)
def test_a_batch_that_fails_may_have_scheduled_it(sandbox: Sandbox, fault: str, made: int) -> None:
    sandbox.admin("faults", path="/graph", fault=fault)
    answer = sandbox.batch(("POST", EDGE, {"status": SCHEDULED, "event_params": in_(sandbox, DAY)}))
    assert answer.status_code == 500 or answer.json() == [None]
    assert sandbox.truth()["lives"]["lives"] == made


def test_me_is_the_page_of_the_token(sandbox: Sandbox) -> None:
    assert sandbox.graph("GET", "me", fields="id") == {"id": PAGE}
    sandbox.admin("settings", own_page="42")
    assert sandbox.graph("GET", "me", fields="id") == {"id": "42"}
