from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.graph import words
from core.budgets import Usage
from core.effects import Intent, Outcome, marker_of
from core.plan import Operation
from schemas.errors import BoostezError, Permanent, RetryLater
from tests.makers import NOON

SUBJECT, LEASE = "0123456789ab", 47
OPERATIONS: tuple[Operation, ...] = ("create", "update", "withdraw")
DAY = 86_400.0


def intent(operation: Operation) -> Intent:
    remote_id = None if operation == "create" else "1_2"
    content = None if operation == "withdraw" else b"{}"
    return Intent(7, SUBJECT, operation, marker_of(SUBJECT, LEASE), remote_id, content, NOON)


def test_the_proof_is_the_one_of_the_official_sdk() -> None:
    proof = words.proof("TOKEN", "secret")
    assert proof == "2356b17ae2860016a34575ada27f94b543ed2cbe59a85ba2e0c62dc4aba7a5c6"


# Receipts


def body(value: Any, code: int = 200) -> dict[str, Any]:
    return {"code": code, "body": json.dumps(value)}


def error(code: int, subcode: int | None = None, status: int = 400) -> dict[str, Any]:
    told: dict[str, Any] = {"message": "told", "code": code, "fbtrace_id": "t"}
    return body({"error": told if subcode is None else {**told, "error_subcode": subcode}}, status)


Outcomes = tuple[Outcome, Outcome, Outcome]  # of a creation, an update, a withdrawal
UNKNOWN: Outcomes = ("unknown", "unknown", "unknown")
RETRY: Outcomes = ("retry", "retry", "retry")
REJECTED: Outcomes = ("rejected", "rejected", "rejected")
ANSWERS: dict[str, tuple[Any, Outcomes]] = {
    "null": (None, UNKNOWN),
    "a number": (7, UNKNOWN),
    "a text": ("ok", UNKNOWN),
    "a list": ([body({"id": "1_2"})], UNKNOWN),
    "no body": ({"code": 200}, UNKNOWN),
    "a body that is an object": ({"code": 200, "body": {"id": "1_2"}}, UNKNOWN),
    "a body that is null": ({"code": 200, "body": None}, UNKNOWN),
    "a body that is empty": ({"code": 200, "body": ""}, UNKNOWN),
    "a body that is not JSON": ({"code": 200, "body": "<html>"}, UNKNOWN),
    "a body that is cut": ({"code": 200, "body": '{"id":"1_'}, UNKNOWN),
    "200 with an id": (body({"id": "1_2"}), ("done", "done", "done")),
    "200 with an empty id": (body({"id": ""}), UNKNOWN),
    "200 with an id that is a number": (body({"id": 12}), ("unknown", "done", "done")),
    "200 with nothing": (body({}), UNKNOWN),
    "200 with null": (body(None), UNKNOWN),
    "200 with true": (body(True), ("unknown", "done", "done")),  # noqa: FBT003 - what Graph says
    "200 with success": (body({"success": True}), ("unknown", "done", "done")),
    "200 without success": (body({"success": False}), UNKNOWN),
    "200 without success and with an id": (body({"success": False, "id": "1_2"}), UNKNOWN),
    "200 with success in words": (body({"success": "true"}), UNKNOWN),
    "201 with an id": (body({"id": "1_2"}, 201), UNKNOWN),
    "500 with an id": (body({"id": "1_2"}, 500), UNKNOWN),
    "500 without an error": (body({}, 500), UNKNOWN),
    "500 with success": (body({"success": True}, 500), UNKNOWN),
    "no code with an id": ({"body": '{"id":"1_2"}'}, UNKNOWN),
    "500 with 1": (error(1, status=500), UNKNOWN),
    "500 with 2": (error(2, status=500), UNKNOWN),
    "500 with 100": (error(100, status=500), UNKNOWN),
    "503 with an unknown code": (error(987654, status=503), UNKNOWN),
    "1": (error(1), UNKNOWN),
    "2": (error(2), UNKNOWN),
    "4": (error(4), RETRY),
    "10": (error(10), RETRY),
    "17": (error(17), RETRY),
    "32": (error(32), RETRY),
    "100": (error(100), REJECTED),
    "100/33": (error(100, 33), ("rejected", "missing", "done")),
    "102": (error(102), RETRY),
    "190": (error(190), RETRY),
    "200": (error(200), RETRY),
    "341": (error(341), RETRY),
    "368": (error(368), RETRY),
    "506": (error(506), UNKNOWN),
    "613": (error(613), RETRY),
    "80001": (error(80001), RETRY),
    "an error that is null": (body({"error": None}, 400), UNKNOWN),
    "an error in words": (body({"error": "no"}, 400), UNKNOWN),
    "an error without a code": (body({"error": {"message": "no"}}, 400), UNKNOWN),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_an_answer_says_of_an_operation(operation: Operation, name: str) -> None:
    answer, outcomes = ANSWERS[name]
    receipt = words.receipt(intent(operation), answer)
    assert receipt.outcome == outcomes[OPERATIONS.index(operation)]
    assert receipt.effect == 7
    if receipt.outcome == "done":
        assert receipt.remote_id in ({"1_2", None} if operation == "withdraw" else {"1_2"})
    else:
        assert receipt.error
    # what pauses the Page waits for a person, not for a clock
    assert (receipt.after > 0) is (receipt.cause == "limit")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("code", [5, 104, 1609005, 987654, -1])
def test_a_code_that_nobody_described_is_never_done(operation: Operation, code: int) -> None:
    assert words.receipt(intent(operation), error(code)).outcome in {"rejected", "unknown"}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("code", [100, 987654, 1609005])
def test_a_transient_error_is_no_rejection(operation: Operation, code: int) -> None:
    told = {"error": {"message": "m", "code": code, "is_transient": True}}
    assert words.receipt(intent(operation), body(told, 400)).outcome in {"unknown", "retry"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "code", "error_subcode", "id", "success", "message", "body", "fbtrace_id"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=10,
)
answers = json_values | st.builds(
    lambda code, value: {"code": code, "body": value},
    st.sampled_from([200, 400, 403, 500, None, "200"]),
    st.text() | json_values.map(json.dumps),
)


@given(st.sampled_from(OPERATIONS), answers)
@example("create", {"code": 200, "body": "[" * 20_000})
@example("update", {"code": 400, "body": '{"error":{"code":1e400}}'})
def test_no_answer_makes_a_receipt_fail(operation: Operation, answer: Any) -> None:
    receipt = words.receipt(intent(operation), answer)
    assert receipt.effect == 7
    if operation == "create" and receipt.outcome == "done":
        assert receipt.remote_id
    if receipt.outcome == "done" and answer["code"] != 200:
        assert operation == "withdraw"
        assert receipt.error


@given(st.lists(answers, max_size=4))
def test_no_answer_makes_the_search_for_a_halt_fail(items: list[Any]) -> None:
    told = words.halt(items)
    assert told is None or "Graph" in str(told)


@pytest.mark.parametrize("code", [3, 10, 102, 190, 200, 299, 368])
def test_a_token_or_permission_error_of_an_item_halts_the_channel(code: int) -> None:
    assert str(code) in str(words.halt([body({"id": "1_2"}), None, error(code)]))


@pytest.mark.parametrize("code", [1, 2, 4, 32, 100, 506, 613])
def test_no_other_error_of_an_item_halts_the_channel(code: int) -> None:
    assert words.halt([error(code), None, 7, {}]) is None


# Errors of a whole call


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (4, RetryLater),
        (17, RetryLater),
        (32, RetryLater),
        (341, RetryLater),
        (613, RetryLater),
        (80001, RetryLater),
        (102, Permanent),
        (190, Permanent),
        (10, Permanent),
        (200, Permanent),
        (368, Permanent),
        (100, Permanent),
    ],
)
def test_an_error_of_a_whole_call_says_what_to_do(code: int, kind: type[BoostezError]) -> None:
    with pytest.raises(kind, match=str(code)):
        words.raise_for(words.Error("told", code), 400)


@pytest.mark.parametrize("code", [0, 1, 2, 506, 987654])
def test_an_error_of_a_whole_call_that_proves_nothing_raises_nothing(code: int) -> None:
    words.raise_for(words.Error("told", code), 400)


@given(json_values)
def test_an_error_is_read_from_anything(value: Any) -> None:
    found = words.error_of(value)
    assert (found is None) is (not isinstance(value, dict) or "error" not in value)


def test_what_graph_says_is_one_short_line_that_shows_all_it_holds() -> None:
    error = words.error_of(
        {"error": {"message": f"a\n\x1b[31m\u202e{'b' * 5000}", "code": 190, "fbtrace_id": "A\x07"}}
    )
    assert error is not None
    said = str(error)
    assert said.startswith("Graph 190: a \\u001b[31m\\u202ebbb")
    assert said.isprintable()
    assert len(said) < 700


# Usage headers


@pytest.mark.parametrize(
    ("headers", "usage"),
    [
        ({}, None),
        ({"X-App-Usage": '{"call_count":28,"total_time":25,"total_cputime":25}'}, Usage(28)),
        ({"X-App-Usage": '{"call_count":100}'}, Usage(100)),
        ({"X-Page-Usage": '{"call_count":12,"total_cputime":96}'}, Usage(96)),
        (
            {
                "X-Business-Use-Case-Usage": '{"1":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":7}]}'
            },
            Usage(100, 420),
        ),
        (
            {"X-Business-Use-Case-Usage": '{"1":[{"call_count":5,"estimated_time_to_regain_access":0}]}'},
            Usage(5),
        ),
        ({"X-App-Usage": "not JSON"}, None),
        ({"X-App-Usage": ""}, None),
        ({"X-App-Usage": "[1]"}, None),
        ({"X-App-Usage": "{}"}, None),
        ({"X-App-Usage": '{"call_count":"100"}'}, None),
        ({"X-Business-Use-Case-Usage": '{"1":{"call_count":100}}'}, None),
        ({"X-Business-Use-Case-Usage": '{"1":[null,7,"x"]}'}, None),
    ],
)
def test_usage_headers_tell_how_full_the_budget_is(headers: dict[str, str], usage: Usage | None) -> None:
    assert words.usage(headers) == usage


@given(
    st.dictionaries(
        st.sampled_from(["X-App-Usage", "X-Page-Usage", "X-Business-Use-Case-Usage"]),
        st.text() | json_values.map(json.dumps),
    )
)
@example({"X-App-Usage": '{"call_count":' + "9" * 400 + "}"})
@example({"X-App-Usage": '{"call_count":NaN}'})
@example({"X-App-Usage": "[" * 20_000})
@example({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":NaN}]}'})
@example({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":-5}]}'})
@example({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":1e999}]}'})
@example({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":1e308}]}'})
@example({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":true}]}'})
def test_odd_usage_headers_ask_for_a_sane_time(headers: dict[str, str]) -> None:
    usage = words.usage(headers) or Usage(0)
    assert 0 <= usage.wait <= DAY
    assert 0 <= usage.percent < float("inf")
