from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import PAGE, PROOF, TOKEN, Sandbox

FEED = f"{PAGE}/feed"


def test_a_post_is_made_read_changed_and_deleted(sandbox: Sandbox) -> None:
    post = sandbox.post("Offre à Lyon é & <b>", link="https://x.test/o/1?e=7")
    assert post == f"{PAGE}_1"
    read = sandbox.graph("GET", f"{post}/", fields="id,message,attachments{unshimmed_url}")
    assert read["message"] == "Offre à Lyon é & <b>"
    assert read["attachments"]["data"] == [{"unshimmed_url": "https://x.test/o/1?e=7"}]
    assert sandbox.graph("POST", post, message="Nouvelle") == {"success": True}
    assert sandbox.graph("GET", post)["message"] == "Nouvelle"
    assert sandbox.graph("DELETE", post) == {"success": True}
    gone = sandbox.graph("GET", post)["error"]
    assert (gone["code"], gone["error_subcode"]) == (100, 33)
    truth = sandbox.truth()["graph"]
    assert truth == {"posts": 0, "created": 1, "updated": 1, "deleted": 1, "by_page": {}, "duplicates": 0}


def test_a_consecutive_duplicate_is_506_and_a_later_one_is_counted(sandbox: Sandbox) -> None:
    sandbox.post("Une offre")
    assert sandbox.graph("POST", FEED, message="Une offre")["error"]["code"] == 506
    sandbox.post("Une autre")
    sandbox.post("Une offre")
    assert sandbox.truth()["graph"]["duplicates"] == 1


def test_the_feed_is_paged_newest_first_and_next_is_absent_at_the_end(sandbox: Sandbox) -> None:
    posts = [sandbox.post(f"Offre {number}") for number in range(5)]
    seen, after, sizes = [], "", []
    while True:
        page = sandbox.graph("GET", FEED, limit="2", fields="id", **({"after": after} if after else {}))
        seen += [post["id"] for post in page["data"]]
        sizes.append(len(page["data"]))
        if "next" not in page["paging"]:
            break
        after = page["paging"]["cursors"]["after"]
    assert (seen, sizes) == (posts[::-1], [2, 2, 1])
    following = sandbox.graph("GET", FEED, limit="2")["paging"]["next"]
    assert httpx.get(following).json()["data"][0]["id"] == posts[2]
    assert sandbox.graph("GET", f"{PAGE}/published_posts", limit="101")["error"]["code"] == 100
    assert sandbox.graph("GET", "42/posts") == {"data": []}


def test_a_scheduled_post_is_not_in_the_feed(sandbox: Sandbox) -> None:
    soon = str(int(sandbox.admin("clock", advance_seconds=0)["now"] > "") * 4_000_000_000)
    assert (
        sandbox.graph("POST", FEED, message="m", published="false", scheduled_publish_time=soon)["error"][
            "code"
        ]
        == 100
    )
    post = sandbox.post("Brouillon", published="false")
    assert sandbox.graph("GET", FEED)["data"] == []
    assert [p["id"] for p in sandbox.graph("GET", f"{PAGE}/scheduled_posts")["data"]] == [post]
    sandbox.graph("POST", post, is_published="true")
    assert len(sandbox.graph("GET", FEED)["data"]) == 1


@pytest.mark.parametrize(
    ("path", "parameters", "code"),
    [
        (FEED, {}, 100),
        (FEED, {"message": "m", "link": "ftp://x"}, 100),
        (FEED, {"message": "m" * 63_207}, 100),
        ("nowhere/feed", {"message": "m"}, 100),
        (f"{PAGE}_77", {"message": "m"}, 100),
    ],
)
def test_bad_calls_are_graph_errors(
    sandbox: Sandbox, path: str, parameters: dict[str, str], code: int
) -> None:
    form = {**parameters, "access_token": TOKEN, "appsecret_proof": PROOF}
    answer = sandbox.http.post(f"/graph/v26.0/{path}", data=form)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert sandbox.truth()["graph"]["created"] == 0


@pytest.mark.parametrize(("field", "code"), [("couleur", 100), ("link", 12)])
def test_unknown_and_withdrawn_fields_are_refused(sandbox: Sandbox, field: str, code: int) -> None:
    assert sandbox.graph("GET", sandbox.post("Bonjour"), fields=f"id,{field}")["error"]["code"] == code


def test_the_token_comes_in_query_form_or_header_and_its_proof_is_checked(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/graph/{PAGE}"
    bearer = {"Authorization": f"Bearer {TOKEN}"}

    def code(**how: Any) -> int:
        answer: dict[str, Any] = httpx.get(url, **how).json()
        return int(answer.get("error", {}).get("code", 0))

    assert code(headers=bearer, params={"appsecret_proof": PROOF}) == 0
    assert code(params={"access_token": TOKEN, "appsecret_proof": PROOF}) == 0
    assert code(headers=bearer, params={"appsecret_proof": "0" * 64}) == 100
    assert code(headers=bearer) == 100
    assert code(params={"access_token": "x"}) == 190
    assert code() == 104
    sandbox.admin("settings", require_proof=False)
    assert code(headers=bearer) == 0


def test_a_list_of_posts_may_lack_old_ones_that_are_there(sandbox: Sandbox) -> None:
    old, *newer = [sandbox.post(f"Message {n}") for n in range(3)]
    sandbox.admin("settings", listed_posts=2)
    listed = sandbox.graph("GET", FEED, limit="1")
    assert [post["id"] for post in listed["data"]] == newer[:0:-1]
    page = sandbox.graph("GET", FEED, limit="1", after=listed["paging"]["cursors"]["after"])
    assert [post["id"] for post in page["data"]] == newer[:1]
    assert "next" not in page["paging"]
    assert sandbox.graph("GET", old, fields="id")["id"] == old


def test_a_forbidden_page_is_a_matter_of_permission(sandbox: Sandbox) -> None:
    sandbox.admin("settings", forbidden_pages=["42"])
    assert sandbox.graph("POST", "42/feed", message="m")["error"]["code"] == 200


def test_the_budget_of_calls_runs_out_and_comes_back(sandbox: Sandbox) -> None:
    sandbox.admin("settings", calls_per_hour=3)
    sandbox.batch(("GET", PAGE, {}), ("GET", PAGE, {}), ("GET", PAGE, {}))
    assert sandbox.graph("GET", PAGE)["error"]["code"] == 32
    sandbox.admin("clock", advance_seconds=3_601)
    assert sandbox.graph("GET", PAGE, fields="id,name")["id"] == PAGE


def test_a_batch_answers_in_order_and_fails_item_by_item(sandbox: Sandbox) -> None:
    answers = sandbox.batch(
        ("POST", FEED, {"message": "é & ="}),
        ("POST", f"v26.0/{PAGE}_1/", {"message": "deux"}),
        ("GET", f"{PAGE}_1?fields=message", {}),
        ("DELETE", f"{PAGE}_9", {}),
        ("DELETE", f"/{PAGE}_1", {}),
    ).json()
    assert [answer["code"] for answer in answers] == [200, 200, 200, 400, 200]
    assert json.loads(answers[2]["body"]) == {"message": "deux", "id": f"{PAGE}_1"}
    assert answers[0]["headers"][0]["name"] == "Content-Type"
    bare = sandbox.batch(("GET", PAGE, {}), include_headers="false").json()
    assert bare[0].keys() == {"code", "body"}


def test_a_batch_has_between_one_and_fifty_items(sandbox: Sandbox) -> None:
    item = ("POST", FEED, {"message": "m"})
    for items in ([], [item] * 51):
        assert sandbox.batch(*items).json()["error"]["code"] == 100
    assert sandbox.batch(item, batch="no json").json()["error"]["code"] == 100
    assert sandbox.truth()["graph"]["created"] == 0


def test_the_truth_lists_every_post(sandbox: Sandbox) -> None:
    posts = [sandbox.post(f"Offre {number}", link=f"https://x.test/{number}") for number in range(3)]
    page = sandbox.http.get("/_sandbox/truth/posts", params={"limit": 2}).json()
    rest = sandbox.http.get("/_sandbox/truth/posts", params={"limit": 2, "after": page["after"]}).json()
    assert [p["id"] for p in page["items"] + rest["items"]] == posts
    assert page["items"][1]["link"] == "https://x.test/1"
    assert rest["after"] is None
