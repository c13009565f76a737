"""A sheet through the real flow: shown first, without a person's name, then taken in, once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from connectors import clock
from connectors.region.sessions import sessions
from connectors.reminder_rules import reminder_rules
from flows.import_registrations import import_registrations
from schemas.errors import Refused
from tests.flows.stories import is_json
from tests.hands import sql
from tests.makers import NOON
from tests.programme import Programme
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]
SHEET = (
    "SIRET;Raison sociale;Nom;Prénom;E-mail;Consentement séances\n"
    "73282932000074;Fournil des Pentes;Roux;Ada;ada@roux.example;oui\n"
    "123;Sans SIRET;Noir;Bob;bob@noir.example;oui\n"
)


@pytest.fixture
def programme(flowing: Hub, monkeypatch: pytest.MonkeyPatch) -> Programme:
    made = Programme(flowing.region, reminder_rules(flowing.settings.reminders_file), now=NOON)
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


def test_a_sheet_is_shown_and_then_taken_in_once(programme: Programme, tmp_path: Path) -> None:
    file = tmp_path / "lyon.csv"
    file.write_text(SHEET, "utf-8")
    session = programme.session()

    shown = import_registrations(str(file), "Camille", session=session.ref)

    assert is_json(shown)
    assert (shown["counts"]["new firm"], shown["counts"]["lines in error"], shown["figures"]) == (1, 1, None)
    assert sql(programme.region, "SELECT FROM firm") == []
    told = import_registrations(str(file), "Camille", session=session.ref, dry_run=False)
    assert is_json(told)
    assert (told["figures"]["kinds"]["new firm"], told["figures"]["places"]) == (1, {"registered": 1})
    assert programme.read(session).taken == 1
    programme.now += dt.timedelta(days=1)
    with pytest.raises(Refused, match="2026-11-24 at 12:00 UTC by Camille"):
        import_registrations(str(file), "Camille", session=session.ref, dry_run=False)
    with get_client(sync_client=True) as client:
        kept = [str(artifact.data) for artifact in client.read_artifacts()]
    assert any("Fournil" in each for each in kept)
    assert not any("Ada" in each or "@" in each for each in kept), "no erasure reaches an artifact"
    assert sessions.named(programme.region, session.ref) is not None
