"""The nightly retention and the button of a firm's journey, and what they leave in the Prefect UI."""

from __future__ import annotations

import datetime as dt
import html
from typing import Any

import pytest
from prefect.artifacts import Artifact

from connectors import clock
from connectors.region.people import contacts
from core.terms import TERMS
from flows import retention
from flows.journey import firm_journey
from flows.retention import retain
from schemas.errors import Misconfigured
from tests.flows.stories import is_json
from tests.makers import NOON
from tests.programme import Programme
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]


@pytest.fixture
def programme(flowing: Hub, monkeypatch: pytest.MonkeyPatch) -> Programme:
    made = Programme(flowing.region)
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


def artifact(key: str) -> str:
    found: Any = Artifact.get(key)
    assert found
    return str(found.data)


def test_it_tells_the_numbers_first_and_erases_when_told(programme: Programme) -> None:
    contact = programme.person()
    programme.now = NOON.replace(year=2029)

    dry = retain()

    assert is_json(dry)
    assert dry["contact"] == 1
    table = artifact("retention")
    assert "dry run: nothing was touched" in table
    assert "| a person's last sign of life | 3 years | 1 | CNIL" in table
    assert all(term.since in table for term in TERMS.values())
    assert _known(programme, contact)
    assert retain(dry_run=False) == dry
    assert not _known(programme, contact)
    assert "dry run" not in artifact("retention")
    assert retain(dry_run=False)["contact"] == 0


def test_the_nightly_run_erases_though_its_schedule_forgot_its_parameters(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prefect 3.8 forgets them when somebody pauses and resumes a schedule: every night would only have told the numbers."""
    contact = programme.person()
    programme.now = NOON.replace(year=2029)
    monkeypatch.setattr(retention, "is_scheduled", lambda: True)
    assert retain()["contact"] == 1
    assert not _known(programme, contact)


def _known(programme: Programme, contact: int) -> bool:
    found = contacts.get(programme.region, contact)
    assert found is not None
    return found.erased_at is None


def test_a_journey_is_a_table_without_names(programme: Programme) -> None:
    firm = programme.firm(siret="73282932000074", name="Fournil | <b>des</b> Pentes")
    place = programme.enrol(programme.session(), programme.person(firm=firm, name="Ada Roux"))
    told = firm_journey(siret="732 829 320 00074")
    assert is_json(told)
    assert told == {"siret": "73282932000074", "events": 3}
    table = artifact("journey-73282932000074")
    assert f"par la personne n° {place.contact_id}" in html.unescape(table)
    assert "Ada" not in table
    assert "<b>" not in table
    assert len([line for line in table.splitlines() if line.startswith("| ")]) == 1 + 3
    assert dt.datetime.strftime(NOON + dt.timedelta(hours=1), "%d/%m/%Y %H:%M") in table


@pytest.mark.usefixtures("programme")
@pytest.mark.parametrize("siret", ["73282932000075", "rien", "73282932000074"])
def test_whoever_is_no_firm_of_the_programme_has_no_journey(siret: str) -> None:
    with pytest.raises(Misconfigured, match=r"14 digits|No firm"):
        firm_journey(siret=siret)
