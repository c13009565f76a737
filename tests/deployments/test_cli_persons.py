"""`boostez person` and `boostez firm`: what staff press when somebody asks for their data, and what it says."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from connectors import clock
from connectors.region.access import acts
from connectors.region.people import contacts
from schemas import documents
from tests.programme import Programme
from tests.terminals import Terminal
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]


@pytest.fixture
def programme(terminal: Terminal, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Programme:
    """Its sessions are to come, whatever day it is."""
    assert terminal.lent == []
    made = Programme(hub.region)
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


@pytest.fixture
def ada(programme: Programme) -> int:
    firm = programme.firm(siret="73282932000074", name="Fournil des Pentes")
    contact = programme.person(firm=firm, name="Ada \x1b[31mRoux", email="ada@fournil.example")
    programme.enrol(programme.session(), contact)
    return contact


def test_a_person_is_found_and_their_name_cannot_steer_the_terminal(terminal: Terminal, ada: int) -> None:
    said = terminal.type("person", "find", "ada@fournil.example").stdout
    assert said.startswith(f"{ada}  ")
    assert "Fournil des Pentes  73282932000074" in said
    assert "\x1b" not in said
    assert terminal.ask("person", "find", "roux")[0]["contact"] == ada
    assert terminal.type("person", "find", "personne d’autre").stdout == "Nobody is known by that.\n"
    assert "3 characters" in terminal.told("person", "find", "ad", code=2)


def test_what_is_kept_is_shown_and_handed_out_as_a_file_that_nobody_else_reads(
    terminal: Terminal, programme: Programme, ada: int, tmp_path: Path
) -> None:
    shown = json.loads(terminal.type("person", "show", str(ada), "--by", "Bo").stdout)
    assert documents.report("person-export.v1", shown) == []
    file = tmp_path / "ada.json"
    file.write_text("longer than what comes" * 10_000)
    said = terminal.type("person", "export", str(ada), str(file), "--by", "Bo").stdout
    assert "Hand it to nobody else" in said
    told = json.loads(file.read_text("utf-8"))
    assert told["contacts"][0]["email"] == "ada@fournil.example"
    assert json.loads(terminal.type("person", "export", str(ada)).stdout)["contacts"][0]["number"] == ada
    noted = [(act.did, act.by) for act in acts.listed(programme.region, on="contact")]
    assert noted[1:] == [("exported", "Bo"), ("shown", "Bo")]
    assert "No contact 99" in terminal.told("person", "export", "99", code=2)


def test_a_new_file_of_somebody_s_data_is_its_owner_s_alone(
    terminal: Terminal, ada: int, tmp_path: Path
) -> None:
    file = tmp_path / "ada.json"
    terminal.type("person", "export", str(ada), str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_erasure_is_told_first_and_done_when_asked(
    terminal: Terminal, programme: Programme, ada: int
) -> None:
    told = terminal.type("person", "erase", str(ada)).stdout
    assert f"Would be erased: contacts {ada}" in told
    assert "1 places to come given back" in told
    assert "There is no undo" in told
    found = contacts.get(programme.region, ada)
    assert found is not None
    assert found.erased_at is None
    assert terminal.ask("person", "erase", str(ada))["dry_run"] is True

    done = terminal.type("person", "erase", str(ada), "--yes", "--by", "Bo").stdout

    assert f"Erased: contacts {ada}" in done
    found = contacts.get(programme.region, ada)
    assert found is not None
    assert found.erased_at is not None
    assert "was erased before" in terminal.type("person", "erase", str(ada), "--yes").stdout
    assert "was erased" in terminal.told("person", "show", str(ada), code=2)
    assert f"Bo  erased contact {ada}  command line" in terminal.type("access", "log").stdout


def test_the_log_names_nobody(terminal: Terminal, ada: int) -> None:
    assert terminal.type("access", "log", "--on", "contact").stdout == "Nobody has done anything.\n"
    terminal.type("person", "find", "roux", "--by", "Bo")
    terminal.type("person", "find", "inconnue", "--by", "Bo")
    said = terminal.type("access", "log", "--on", "contact").stdout
    assert [line.split("  ")[2:] for line in said.splitlines()] == [
        ["Bo", "found contact -", "command line"],
        ["Bo", f"found contact {ada}", "command line"],
    ]
    assert "roux" not in said.lower()
    assert terminal.ask("access", "log")[0]["ref"] is None


def test_a_firm_s_journey_is_told_in_french(terminal: Terminal, ada: int) -> None:
    assert ada
    said = terminal.type("firm", "journey", "732 829 320 00074").stdout
    first, *events = said.splitlines()
    assert first.startswith("Fournil des Pentes")
    assert "Fiche de l’entreprise créée (portail)" in events[0]
    assert "Place demandée par Ada" in events[-1]
    assert "\x1b" not in said
    assert terminal.ask("firm", "journey", "73282932000074")["events"][0]["what"] == "known"
    assert "is no SIRET" in terminal.told("firm", "journey", "73282932000075", code=2)
    assert "No firm" in terminal.told("firm", "journey", "35600000000048", code=2)
