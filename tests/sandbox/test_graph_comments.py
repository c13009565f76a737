from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import PAGE, Sandbox


@pytest.fixture
def post(sandbox: Sandbox) -> str:
    return sandbox.post("Posez vos questions")


def say(sandbox: Sandbox, place: str, message: str, **more: Any) -> str:
    (made,) = sandbox.admin("comments", object=place, message=message, **more)["ids"]
    return str(made)


def read(sandbox: Sandbox, place: str, **params: str) -> Any:
    return sandbox.graph(
        "GET", f"{place}/comments", **{"fields": "id,message,from,parent", "order": "chronological"} | params
    )


def words(page: Any) -> list[str]:
    return [said["message"] for said in page["data"]]


def test_residents_ask_and_the_page_answers(sandbox: Sandbox, post: str) -> None:
    first = say(sandbox, post, "Et les trains ?", name="Driss", author="7")
    say(sandbox, post, "Qui parle ?", name=None)
    answer = sandbox.graph("POST", f"{first}/comments", message="Ils viennent.")["id"]
    stream = read(sandbox, post, filter="stream")["data"]
    assert [said["message"] for said in stream] == ["Et les trains ?", "Qui parle ?", "Ils viennent."]
    assert stream[0]["from"] == {"id": "7", "name": "Driss"}
    assert "from" not in stream[1]
    assert stream[2] == {
        "id": answer,
        "message": "Ils viennent.",
        "from": stream[2]["from"],
        "parent": {"id": first},
    }
    assert stream[2]["from"]["id"] == PAGE
    assert words(read(sandbox, post)) == ["Et les trains ?", "Qui parle ?"], "of the top level only"
    assert words(read(sandbox, first)) == ["Ils viennent."]


def test_they_are_read_by_cursor_in_both_directions(sandbox: Sandbox, post: str) -> None:
    sandbox.admin("comments", object=post, count=5)
    ids = [said["id"] for said in read(sandbox, post)["data"]]
    assert len(ids) == 5
    first = read(sandbox, post, limit="2")
    second = read(sandbox, post, limit="2", after=first["paging"]["cursors"]["after"])
    last = read(sandbox, post, limit="2", after=second["paging"]["cursors"]["after"])
    assert [said["id"] for page in (first, second, last) for said in page["data"]] == ids
    assert ("next" in second["paging"], "next" in last["paging"]) == (True, False)
    back = read(sandbox, post, limit="2", before=last["paging"]["cursors"]["before"])
    assert [said["id"] for said in back["data"]] == ids[2:4]
    assert "previous" in back["paging"]
    newest = read(sandbox, post, order="reverse_chronological", limit="2")
    assert [said["id"] for said in newest["data"]] == ids[:2:-1]
    assert read(sandbox, post, after=last["paging"]["cursors"]["after"]) == {"data": []}


def test_a_cursor_at_a_comment_that_went_is_none_any_more(sandbox: Sandbox, post: str) -> None:
    say(sandbox, post, "Un")
    cursor = read(sandbox, post)["paging"]["cursors"]["after"]
    (said,) = read(sandbox, post)["data"]
    assert sandbox.graph("DELETE", said["id"]) == {"success": True}
    assert "cursors" in read(sandbox, post, after=cursor)["error"]["message"]


def test_one_is_hidden_and_shown_again(sandbox: Sandbox, post: str) -> None:
    said = say(sandbox, post, "Grossier")
    assert sandbox.graph("POST", said, is_hidden="true") == {"success": True}
    assert sandbox.graph("GET", said, fields="is_hidden,message") == {
        "is_hidden": True, "message": "Grossier", "id": said,
    }  # fmt: skip
    sandbox.graph("POST", said, is_hidden="false")
    assert sandbox.http.get("/_sandbox/truth/comments").json()["items"][0]["hidden"] == 0
    assert sandbox.graph("POST", said, message="Poli")["error"]["code"] == 200


def test_what_is_not_there_has_no_comments(sandbox: Sandbox, post: str) -> None:
    assert read(sandbox, f"{PAGE}_77")["error"]["error_subcode"] == 33
    say(sandbox, post, "Un")
    sandbox.graph("DELETE", post)
    assert read(sandbox, post)["error"]["code"] == 100
    assert sandbox.http.post("/_sandbox/comments", json={"object": post}).status_code == 400
