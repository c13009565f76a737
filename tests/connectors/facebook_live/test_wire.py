from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from hypothesis import given

from connectors.facebook_live import wire
from connectors.facebook_live.wire import EventParams
from connectors.graph import dialogues
from core.effects import Intent, marker_of
from core.plan import Operation
from schemas.dialogue import Announcement, encode
from tests.dialogues import EVENING, announcement, announcements

PAGE, MARKER = "100000000000001", marker_of("d1", 47)
LINK = dialogues.link("https://portail.example", MARKER)
DAY = dt.timedelta(days=1)
SECONDS = int(EVENING.timestamp())


def intent(operation: Operation, at: dt.datetime = EVENING - DAY, told: Announcement | None = None) -> Intent:
    content = None if operation == "withdraw" else encode(told or announcement())
    return Intent(7, "d1", operation, MARKER, None if operation == "create" else "600", content, at)


def request(
    operation: Operation, form: EventParams = "scalar", **more: Any
) -> tuple[str, str, dict[str, str]]:
    item = wire.request(intent(operation, **more), PAGE, LINK, form)
    return (
        item["method"],
        item["relative_url"],
        dict(parse_qsl(item.get("body", ""), strict_parsing=bool(item.get("body")))),
    )


@pytest.mark.parametrize(
    ("form", "params"), [("scalar", str(SECONDS)), ("object", json.dumps({"start_time": SECONDS}))]
)
def test_it_is_scheduled_for_its_time_in_either_form(form: EventParams, params: str) -> None:
    assert request("create", form) == (
        "POST",
        f"{PAGE}/live_videos",
        {
            "title": "L’apprentissage près de chez vous",
            "description": wire.description(announcement(), LINK),
            "status": "SCHEDULED_UNPUBLISHED",
            "event_params": params,
        },
    )
    assert request("update", form)[2]["event_params"] == params


def test_an_update_says_everything_again_but_a_broadcast_that_began_keeps_its_time() -> None:
    method, path, said = request("update")
    assert (method, path) == ("POST", "600")
    assert set(said) == {"title", "description", "event_params"}
    assert set(request("update", at=EVENING)[2]) == {"title", "description"}


@pytest.mark.parametrize(
    ("ahead", "method", "outcome"),
    [
        (7 * DAY + dt.timedelta(seconds=1), "DELETE", "missing"),
        (7 * DAY, "POST", "done"),
        (-7 * DAY, "POST", "done"),
    ],
)
def test_one_that_moves_too_far_ahead_goes_until_it_can_be_made_anew(
    ahead: dt.timedelta, method: str, outcome: str
) -> None:
    """It showed the old time until seven days before the new one, which Graph would not have taken."""
    assert request("update", at=EVENING - ahead)[0] == method
    answer = {"code": 200, "body": json.dumps({"success": True})}
    assert wire.receipt(intent("update", EVENING - ahead), answer).outcome == outcome


def test_a_withdrawal_deletes_it() -> None:
    assert request("withdraw") == ("DELETE", "600", {})


def refusal(code: int) -> dict[str, Any]:
    return {"code": 400, "body": json.dumps({"error": {"message": "no", "code": code}})}


@pytest.mark.parametrize(
    ("ahead", "after"), [(8 * DAY, DAY), (7 * DAY, dt.timedelta(hours=1)), (37 * DAY, 30 * DAY)]
)
def test_what_is_refused_for_being_too_far_ahead_is_asked_for_again_in_time(
    ahead: dt.timedelta, after: dt.timedelta
) -> None:
    receipt = wire.receipt(intent("create", EVENING - ahead), refusal(100))
    assert (receipt.outcome, receipt.after) == ("retry", after.total_seconds())
    assert "too far ahead" in str(receipt.error)


@pytest.mark.parametrize("ahead", [6 * DAY, -DAY])
def test_what_is_refused_within_seven_days_is_refused(ahead: dt.timedelta) -> None:
    assert wire.receipt(intent("create", EVENING - ahead), refusal(100)).outcome == "rejected"
    assert wire.receipt(intent("create", EVENING - 8 * DAY), refusal(190)).cause == "token"


def video(**changes: Any) -> dict[str, Any]:
    told = announcement()
    return {
        "id": "600",
        "title": dialogues.title(told),
        "description": wire.description(told, LINK),
        "status": "SCHEDULED_UNPUBLISHED",
        "planned_start_time": "2026-12-08T17:30:00+0000",
        **changes,
    }


def digest_of(**changes: Any) -> str:
    found = wire._found(video(**changes))  # noqa: SLF001
    assert found is not None
    return found.digest


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"planned_start_time": "2026-12-08T18:30:00+0100"},
        {"planned_start_time": None},
        {"planned_start_time": "bientôt"},
        {"status": "VOD", "planned_start_time": "2026-12-09T17:30:00+0000"},
        {"status": "LIVE"},
    ],
)
def test_one_that_says_what_it_should_is_as_it_should_be(changes: dict[str, Any]) -> None:
    assert digest_of(**changes) == wire.digest(announcement(), LINK)


@pytest.mark.parametrize(
    "changes",
    [
        {"planned_start_time": "2026-12-08T17:45:00+0000"},
        {"title": "Autre"},
        {"description": "Annulé"},
        {"status": "SCHEDULED_EXPIRED", "planned_start_time": "2026-12-07T17:30:00+0000"},
    ],
)
def test_one_that_was_moved_or_rewritten_by_hand_is_told(changes: dict[str, Any]) -> None:
    assert digest_of(**changes) != wire.digest(announcement(), LINK)


def test_one_that_is_cancelled_by_hand_counts_as_gone() -> None:
    assert wire._found(video(status="SCHEDULED_CANCELED")) is None  # noqa: SLF001


@given(announcements)
def test_whatever_is_said_the_description_ends_with_our_link_and_tells_when(told: Announcement) -> None:
    text = wire.description(told, LINK)
    assert text.endswith(f"sans compte Facebook\u00a0: {LINK}")
    found = wire.MARKER.search(text)
    assert found is not None
    assert found.group(2) == MARKER
    planned = told.starts.strftime("%Y-%m-%dT%H:%M:%S+0000")
    scheduled = wire._found(video(title=dialogues.title(told), description=text, planned_start_time=planned))  # noqa: SLF001
    assert scheduled is not None
    assert scheduled.digest == wire.digest(told, LINK)


def test_its_words_are_another_when_it_is_over() -> None:
    over = wire.description(msgspec.structs.replace(announcement(), state="over"), LINK)
    assert over.startswith("En direct le mardi 8\u00a0décembre 2026 à 18\u00a0h\u00a030, avec Ada Martin")
