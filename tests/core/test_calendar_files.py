"""What every calendar file of ours is wrapped in."""

from __future__ import annotations

from typing import Any

import pytest
from icalendar import Calendar, Event, Todo

from core.calendar_files import calendar_file


@pytest.mark.parametrize("method", ["PUBLISH", "REQUEST", "CANCEL"])
def test_a_file_says_who_made_it_and_what_to_do_with_it(method: Any) -> None:
    calendar = Calendar.from_ical(calendar_file(method, Event(), Todo()))
    assert (calendar["method"], calendar["version"]) == (method, "2.0")
    assert "Boostez votre Région" in str(calendar["prodid"])
    assert [each.name for each in calendar.subcomponents] == ["VEVENT", "VTODO"]
