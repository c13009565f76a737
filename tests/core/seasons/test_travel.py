from __future__ import annotations

import itertools

import pytest

from core.seasons.travel import PREFECTURES, driving
from schemas.reference_tables import communes, departments


def test_every_department_has_its_prefecture() -> None:
    assert set(PREFECTURES) == set(departments())
    assert all(communes()[code].department == department for department, code in PREFECTURES.items())


def test_the_way_back_is_as_long_and_to_stay_takes_no_time() -> None:
    table = driving()
    for one, other in itertools.product(table, repeat=2):
        assert table[one][other] == table[other][one]
        assert (table[one][other] == 0) == (one == other)
        assert table[one][other] % 5 == 0


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [("38", "73", 40, 60), ("69", "42", 45, 70), ("69", "63", 120, 165), ("15", "74", 300, 420)],
)
def test_it_is_what_drivers_would_say(one: str, other: str, least: int, most: int) -> None:
    assert least <= driving()[one][other] <= most
