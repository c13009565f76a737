from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import PAGE, Sandbox

FEED = f"{PAGE}/feed"


def _created(sandbox: Sandbox) -> int:
    return int(sandbox.truth()["graph"]["created"])


def _fault(sandbox: Sandbox, fault: str, path: str = "/graph", **more: Any) -> None:
    sandbox.admin("faults", path=path, fault=fault, **more)


@pytest.mark.parametrize(("fault", "created"), [("timeout_before", 0), ("timeout_after", 1)])
def test_an_answer_that_never_comes_ends_in_a_dropped_connection(
    sandbox: Sandbox, fault: str, created: int
) -> None:
    _fault(sandbox, fault, seconds=0.05)
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.post("Bonjour")
    assert _created(sandbox) == created


def test_an_answer_that_never_comes_outlasts_the_client(sandbox: Sandbox) -> None:
    _fault(sandbox, "timeout_after")
    with pytest.raises(httpx.ReadTimeout):
        sandbox.http.request("POST", f"/graph/{FEED}", timeout=0.1)
    assert sandbox.offers(limit=1).status_code == 200


@pytest.mark.parametrize(("fault", "created"), [("error_500_before", 0), ("error_500_after", 1)])
def test_a_500_comes_before_or_after_the_effect(sandbox: Sandbox, fault: str, created: int) -> None:
    _fault(sandbox, fault, method="POST")
    assert sandbox.graph("POST", FEED, message="Bonjour")["error"]["code"] == 2
    assert _created(sandbox) == created
    _fault(sandbox, fault, "/v1/offers$")
    answer = sandbox.offers()
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")


@pytest.mark.parametrize(("fault", "status"), [("rate_limited", 429), ("unavailable", 503)])
def test_the_contractor_says_when_to_come_back(sandbox: Sandbox, fault: str, status: int) -> None:
    _fault(sandbox, fault, "/v1/offers", seconds=7)
    answer = sandbox.offers()
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "7")
    assert sandbox.offers().status_code == 200


def test_the_contractor_may_say_it_as_a_date(sandbox: Sandbox) -> None:
    _fault(sandbox, "unavailable", "/v1/offers", http_date=True)
    assert sandbox.offers().headers["retry-after"].endswith("GMT")


def test_graph_says_its_limit_in_an_error_and_headers(sandbox: Sandbox) -> None:
    _fault(sandbox, "rate_limited", code=32)
    answer = sandbox.batch(("POST", FEED, {"message": "Bonjour"}))
    assert answer.json()["error"]["code"] == 32
    assert '"call_count":100' in answer.headers["x-app-usage"]
    assert '"estimated_time_to_regain_access":5' in answer.headers["x-business-use-case-usage"]
    assert _created(sandbox) == 0


def test_a_body_is_cut(sandbox: Sandbox) -> None:
    _fault(sandbox, "cut_body", "/v1/offers")
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"):
        sandbox.offers()
    assert sandbox.offers().status_code == 200


def test_answers_that_are_not_what_was_agreed(sandbox: Sandbox) -> None:
    _fault(sandbox, "wrong_json", "/v1/offers")
    assert sandbox.offers().json() == {"ok": True}
    _fault(sandbox, "html", "/v1/offers")
    answer = sandbox.offers()
    assert answer.status_code == 200
    assert "<h1>" in answer.text


def test_a_slow_answer_comes(sandbox: Sandbox) -> None:
    _fault(sandbox, "slow", "/v1/offers", seconds=0.05)
    answer = sandbox.offers(limit=1)
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.05


@pytest.mark.parametrize(("fault", "created"), [("null_item", 2), ("null_item_after", 3)])
def test_an_item_of_a_batch_has_no_answer(sandbox: Sandbox, fault: str, created: int) -> None:
    _fault(sandbox, fault, item=1)
    answers = sandbox.batch(*[("POST", FEED, {"message": f"Offre {n}"}) for n in range(3)]).json()
    assert [answer is None for answer in answers] == [False, True, False]
    assert _created(sandbox) == created


def test_an_item_of_a_batch_fails(sandbox: Sandbox) -> None:
    _fault(sandbox, "item_error", item=0, code=200, subcode=99)
    answers = sandbox.batch(*[("POST", FEED, {"message": f"Offre {n}"}) for n in range(2)]).json()
    assert [answer["code"] for answer in answers] == [403, 200]
    assert '"error_subcode":99' in answers[0]["body"]


def test_a_token_expires_on_command(sandbox: Sandbox) -> None:
    _fault(sandbox, "expire_token", "/v1/offers")
    assert sandbox.offers().status_code == 401
    assert sandbox.offers().status_code == 401
    sandbox.renew()
    assert sandbox.offers().status_code == 200
    _fault(sandbox, "expire_token")
    assert sandbox.graph("GET", FEED)["error"]["error_subcode"] == 463


def test_a_snapshot_is_voided_and_a_cursor_expires_in_mid_walk(sandbox: Sandbox) -> None:
    first = sandbox.offers(limit=100).json()
    _fault(sandbox, "expire_cursor", "/v1/offers")
    assert sandbox.offers(cursor=first["next_cursor"]).status_code == 410
    assert sandbox.offers(cursor=first["next_cursor"]).json()["snapshot_id"] == first["snapshot_id"]
    _fault(sandbox, "void_snapshot", "/v1/offers")
    assert sandbox.offers(cursor=first["next_cursor"]).json()["snapshot_id"] != first["snapshot_id"]


def test_orders_skip_repeat_count_and_are_cleared(sandbox: Sandbox) -> None:
    _fault(sandbox, "unavailable", "/v1/offers", skip=1, times=2)
    assert [sandbox.offers(limit=1).status_code for _ in range(4)] == [200, 503, 503, 200]
    assert sandbox.http.get("/_sandbox/faults").json()["faults"][0]["hits"] == 2
    _fault(sandbox, "unavailable", "/v1/offers")
    sandbox.http.delete("/_sandbox/faults")
    assert sandbox.offers(limit=1).status_code == 200
