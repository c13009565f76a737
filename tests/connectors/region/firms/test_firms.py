"""Firms: one record a SIRET, which what is told later fills and never overwrites."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from connectors.region.database import Region
from connectors.region.firms import firms
from schemas.firm import FirmDraft, Level
from tests.at_once import ROUNDS, at_once
from tests.hands import sql
from tests.makers import NOON
from tests.programme import DAY

pytestmark = pytest.mark.database
BARE = FirmDraft(siret="73282932000074", name="Fournil des Pentes")
FULL = FirmDraft(
    siret="73282932000074",
    name="FOURNIL",
    naf="10.71C",
    headcount="3-5",
    commune="69381",
    postal_code="69001",
    city="Lyon 1er Arrondissement",
)


def keep(
    region: Region, draft: FirmDraft, level: Level | None = None, origin: str = "portal", days: int = 0
) -> int:
    with region.begin() as connection:
        return firms.keep(connection, draft, level, origin, NOON + days * DAY)


def rows(region: Region) -> list[Any]:
    return sql(region, "SELECT * FROM firm ORDER BY id")


def test_a_firm_is_one_record_that_is_filled_and_not_overwritten(region: Region) -> None:
    number = keep(region, BARE)
    assert keep(region, FULL, "beginner", "seminar.csv", days=1) == number
    (row,) = rows(region)
    assert (row.name, row.naf, row.headcount, row.commune, row.postal_code, row.city) == (
        "Fournil des Pentes",
        "10.71C",
        "3-5",
        "69381",
        "69001",
        "Lyon 1er Arrondissement",
    )
    assert (row.level, row.department, row.origin) == ("beginner", "69", "portal")
    assert (row.created_at, row.changed_at) == (NOON, NOON + DAY)
    keep(region, BARE, "advanced", days=2)
    assert rows(region)[0].level == "beginner"


def test_another_establishment_is_another_firm(region: Region) -> None:
    other = FirmDraft(siret="73282932000082", name="Fournil des Pentes")
    assert keep(region, BARE) != keep(region, other)


def test_two_who_tell_of_a_firm_at_once_make_one(region: Region) -> None:
    for number in range(ROUNDS // 2):
        draft = FirmDraft(siret=f"{number:014}", name="Fournil")
        one, other = at_once(*[partial(keep, region, draft)] * 2)
        assert one == other


@pytest.mark.parametrize(
    ("draft", "department"),
    [
        (BARE, None),
        (FULL, "69"),
        (FirmDraft(siret="1", name="x", postal_code="01000"), "01"),
        (FirmDraft(siret="1", name="x", commune="26362", postal_code="07500"), "26"),
    ],
)
def test_a_firm_s_department_is_its_commune_s_else_its_postal_code_s(
    draft: FirmDraft, department: str | None
) -> None:
    assert firms.department_of(draft) == department
