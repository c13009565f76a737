from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from connectors.region.sessions.sessions import Session
from portal.jsonld_sessions import described
from tests.makers import NOON
from tests.portal.test_jsonld import check_vocabulary

SITE = "https://offres.region.example"


def told(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": 1,
        "ref": "S-1",
        "kind": "seminar",
        "title": "Vendre en ligne",
        "summary": "Créer sa page.",
        "level": None,
        "cohort_id": None,
        "coach_id": None,
        "starts_wall": dt.datetime.fromisoformat("2027-04-13T18:30"),
        "zone": "Europe/Paris",
        "minutes": 120,
        "starts_at": dt.datetime.fromisoformat("2027-04-13T16:30:00+00:00"),
        "ends_at": dt.datetime.fromisoformat("2027-04-13T18:30:00+00:00"),
        "place": "CCI de Lyon",
        "address": "Place de la Bourse, 69002 Lyon",
        "department": "69",
        "link": None,
        "capacity": 20,
        "version": 1,
        "state": "open",
        "reason": None,
        "changed_at": NOON,
        **changes,
    }
    return described(Session(**values), f"{SITE}/seances/S-1", SITE)


def test_hours_are_those_of_the_clocks_there() -> None:
    assert (told()["startDate"], told()["endDate"]) == ("2027-04-13T18:30+02:00", "2027-04-13T20:30+02:00")


@pytest.mark.parametrize(
    ("changes", "mode", "places"),
    [
        ({}, "Offline", ["Place"]),
        ({"link": "https://v.example/1"}, "Mixed", ["Place", "VirtualLocation"]),
        ({"link": "https://v.example/1", "place": None}, "Online", ["VirtualLocation"]),
    ],
)
def test_it_says_how_one_attends_and_tells_no_link(
    changes: dict[str, Any], mode: str, places: list[str]
) -> None:
    document = told(**changes)
    assert document["eventAttendanceMode"] == f"https://schema.org/{mode}EventAttendanceMode"
    assert [each["@type"] for each in document["location"]] == places
    assert "v.example" not in str(document)


@pytest.mark.parametrize(
    ("changes", "availability"),
    [({}, "InStock"), ({"taken": 20}, "SoldOut"), ({"taken": 5, "waiting": 1}, "SoldOut")],
)
def test_it_says_whether_there_is_room(changes: dict[str, Any], availability: str) -> None:
    assert told(**changes)["offers"]["availability"] == f"https://schema.org/{availability}"


def test_nothing_is_offered_of_what_nobody_registers_for() -> None:
    assert "offers" not in told(kind="dialogue")
    assert "offers" not in told(state="cancelled")
    assert told(state="cancelled")["eventStatus"] == "https://schema.org/EventCancelled"


@pytest.mark.shared
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kind": "dialogue"},
        {"link": "https://v.example/1"},
        {"state": "cancelled", "address": None, "summary": ""},
    ],
)
def test_every_property_is_known_for_its_type_and_holds_what_it_may(
    shared: Path, changes: dict[str, Any]
) -> None:
    check_vocabulary(shared, told(**changes))
