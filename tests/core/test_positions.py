"""Where communes lie."""

from __future__ import annotations

import math

import pytest

from core.positions import position
from schemas.reference_tables import communes


def test_a_commune_with_coordinates_has_its_own() -> None:
    clermont = communes()["63113"]
    assert position("63113") == (clermont.latitude, clermont.longitude)


@pytest.mark.parametrize("code", ["99999", "75056", ""])
def test_what_is_no_commune_of_the_region_is_nowhere(code: str) -> None:
    assert position(code) is None


def test_nine_in_ten_of_those_without_coordinates_have_those_of_their_postal_code() -> None:
    without = [each.code for each in communes().values() if each.latitude is None]
    found = [code for code in without if position(code) is not None]
    assert 0.85 < len(found) / len(without) < 1


def test_a_place_by_postal_code_lies_in_the_department() -> None:
    """Not by a postal code that serves two departments, as some at the borders do: within 60 km of the department's middle communes."""
    for commune in communes().values():
        at = position(commune.code)
        if commune.latitude is None and at is not None:
            near = [
                each
                for each in communes().values()
                if each.department == commune.department and each.latitude is not None
            ]
            assert min(_kilometres(at, (each.latitude or 0, each.longitude or 0)) for each in near) < 25


def _kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    return math.hypot((one[0] - other[0]) * 111.2, (one[1] - other[1]) * 78)
