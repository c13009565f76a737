"""On the air, under comments: against the stand-in, with every call in the name of the Page."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from connectors.facebook_live.broadcast import Broadcast
from connectors.facebook_live.comments import Comments
from connectors.graph import words
from connectors.graph.client import Graph
from connectors.http import Http
from schemas.errors import Permanent, Rejected, RetryLater, Unknown
from tests.hands import PageEditor
from tests.worlds import Sandbox, settings_of

pytestmark = pytest.mark.catalogue(1, 1)
PAGE = "100000000000001"
BATCH = r"/graph/v\d+\.\d+/$"


@pytest.fixture
def graph(sandbox: Sandbox) -> Iterator[Graph]:
    http = Http(f"{sandbox.base}/graph", hushed=words.STREAM, timeout=2.0)
    yield Graph(
        http,
        version="v26.0",
        token=SecretStr("sandbox-page-token"),
        secret=SecretStr("sandbox-app-secret"),
    )
    http.close()


@pytest.fixture
def editor(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> PageEditor:
    return PageEditor(settings_of(sandbox, tmp_path_factory.mktemp("home")))


@pytest.fixture
def live(editor: PageEditor) -> str:
    return editor.schedule("Les trains", "Bonjour", dt.datetime.now(dt.UTC) + dt.timedelta(days=1))


def test_it_goes_on_the_air_and_can_be_seen_again(graph: Graph, live: str) -> None:
    broadcast = Broadcast(graph, PAGE)
    before = broadcast.status(live)
    assert before is not None
    assert (before.broadcast, before.has_stream_key) == ("SCHEDULED_UNPUBLISHED", True)
    broadcast.go_live(live)
    on_air = broadcast.status(live)
    assert on_air is not None
    assert on_air.broadcast == "LIVE"
    broadcast.end(live)
    after = broadcast.status(live)
    assert after is not None
    assert (after.broadcast, after.has_stream_key) == ("VOD", False)
    assert after.url == f"https://www.facebook.com/{PAGE}/videos/{live}/"
    assert broadcast.status("600000000000999") is None


def test_what_cannot_go_on_the_air_says_so(graph: Graph, sandbox: Sandbox, live: str) -> None:
    broadcast = Broadcast(graph, PAGE)
    with pytest.raises(Rejected):
        broadcast.end(live)
    sandbox.tell("/settings", ineligible_pages=[PAGE])
    with pytest.raises(Permanent, match="60 days and 100 followers"):
        broadcast.go_live(live)


@pytest.mark.parametrize(
    ("fault", "status"),
    [("error_500_after", "LIVE"), ("error_500_before", "SCHEDULED_UNPUBLISHED"), ("cut_body", "LIVE")],
)
def test_when_nobody_knows_the_status_tells(
    graph: Graph, sandbox: Sandbox, live: str, fault: str, status: str
) -> None:
    sandbox.fault(BATCH, fault)
    broadcast = Broadcast(graph, PAGE)
    with pytest.raises(Unknown):
        broadcast.go_live(live)
    found = broadcast.status(live)
    assert found is not None
    assert found.broadcast == status


def test_a_token_of_this_page_may_broadcast_and_no_other(graph: Graph, sandbox: Sandbox) -> None:
    broadcast = Broadcast(graph, PAGE)
    assert broadcast.may_broadcast().ready
    sandbox.tell("/settings", own_page="42")
    told = broadcast.may_broadcast()
    assert not told.ready
    assert "BOOSTEZ_FACEBOOK_TOKEN is of '42'" in told.why
    sandbox.tell("/settings", own_page=PAGE)
    sandbox.fault(BATCH, "expire_token")
    told = broadcast.may_broadcast()
    assert not told.ready
    assert "Renew BOOSTEZ_FACEBOOK_TOKEN" in told.why
    sandbox.fault(BATCH, "error_500_before", times=9)
    with pytest.raises(RetryLater):
        broadcast.may_broadcast()


@pytest.mark.parametrize("fault", ["error_500_after", "item_error", "wrong_json", "echo"])
def test_the_key_of_the_stream_is_never_told(
    graph: Graph, sandbox: Sandbox, live: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Graph tells it with every creation, and an answer that proves nothing is shown in part."""
    caplog.set_level(logging.DEBUG)
    (secret,) = [each["stream_key"] for each in sandbox.lives()]
    broadcast = Broadcast(graph, PAGE)
    told = [repr(broadcast.status(live))]
    seen = words.call("GET", live, fields="stream_url,secure_stream_url,status")
    told.append(repr(graph.ask([seen], list)))
    starts = str(int(dt.datetime.now(dt.UTC).timestamp()) + 3600)
    item = words.call("POST", f"{PAGE}/live_videos", status="SCHEDULED_UNPUBLISHED", event_params=starts)
    told.append(repr(graph.write([item])))
    sandbox.fault(BATCH, fault, code=1)
    try:
        told.append(repr(graph.write([item])))
    except (Unknown, Permanent) as error:
        told.append(repr(error))
    keys = [each["stream_key"] for each in sandbox.lives()]
    assert len(keys) >= 2
    assert secret in keys
    whole = "\n".join([*told, caplog.text])
    assert "[secret]" in whole
    assert [key for key in keys if key in whole] == []


def test_comments_are_read_on_from_where_one_was(graph: Graph, sandbox: Sandbox, live: str) -> None:
    comments = Comments(graph, PAGE)
    assert comments.comments(live) == ([], None)
    ids = sandbox.tell("/comments", object=live, count=120)["ids"]
    first, cursor = comments.comments(live)
    rest, cursor = comments.comments(live, cursor)
    assert [each.id for each in first + rest] == ids
    assert len(first) == 100
    assert comments.comments(live, cursor) == ([], cursor)
    (late,) = sandbox.tell("/comments", object=live, message="Et les cars ?", name=None)["ids"]
    (found,), after = comments.comments(live, cursor)
    assert (found.id, found.message, found.author, found.parent, found.from_page) == (
        late,
        "Et les cars ?",
        None,
        None,
        False,
    )
    assert found.created_time.tzinfo is not None
    assert after != cursor


def test_what_the_page_itself_says_is_marked(
    graph: Graph, sandbox: Sandbox, live: str, editor: PageEditor
) -> None:
    (asked,) = sandbox.tell("/comments", object=live, message="Quand ?", name="Driss")["ids"]
    editor.comment(asked, "Demain.")
    (question, answer), _ = Comments(graph, PAGE).comments(live)
    assert (question.author, question.from_page) == ("Driss", False)
    assert (answer.message, answer.parent, answer.from_page) == ("Demain.", asked, True)


def test_a_cursor_that_graph_forgot_begins_anew(
    graph: Graph, sandbox: Sandbox, live: str, editor: PageEditor
) -> None:
    """Cursors name a comment: the one that it named was deleted, and no comment was ever read again."""
    comments = Comments(graph, PAGE)
    first, last = sandbox.tell("/comments", object=live, count=2)["ids"]
    _, cursor = comments.comments(live)
    editor.delete(last)
    found, _ = comments.comments(live, cursor)
    assert [each.id for each in found] == [first]
    editor.delete(live)
    with pytest.raises(Rejected, match="any more"):
        comments.comments(live, cursor)


def test_a_comment_is_hidden_and_shown(graph: Graph, sandbox: Sandbox, live: str) -> None:
    comments = Comments(graph, PAGE)
    (said,) = sandbox.tell("/comments", object=live, message="Grossier")["ids"]

    def hidden() -> list[int]:
        return [each["hidden"] for each in sandbox.http.get("/truth/comments").json()["items"]]

    comments.hide(said, hidden=True)
    assert hidden() == [1]
    comments.hide(said, hidden=True)
    comments.hide(said, hidden=False)
    assert hidden() == [0]
    with pytest.raises(Rejected):
        comments.hide("1_2", hidden=True)


def test_what_is_no_page_of_comments_is_no_comment(graph: Graph, sandbox: Sandbox, live: str) -> None:
    sandbox.fault(BATCH, "wrong_json", times=9)
    with pytest.raises(RetryLater):
        Comments(graph, PAGE).comments(live)
