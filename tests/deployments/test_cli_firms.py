"""``boostez firm``: a sheet is shown, sent back, taken in; firms are found to be one, merged, and two again."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.hands import sql
from tests.terminals import Terminal
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
HEAD = "SIRET;Raison sociale;Nom;Prénom;E-mail;Code postal\n"
RIGHT = "73282932000074;Fournil des Pentes;Roux;Ada;ada@roux.example;69001\n"
NEAR = "55208131766522;Le Fournil;Roux;Ada;ada@roux.example;69001\n"
WRONG = "123;=Sans SIRET;Noir;Bob;bob@noir.example;69001\n"


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return tmp_path / "lyon.csv"


def test_a_sheet_is_shown_sent_back_and_taken_in(terminal: Terminal, hub: Hub, sheet: Path) -> None:
    sheet.write_text(HEAD + RIGHT + WRONG, "utf-8")
    shown = terminal.type("firm", "import", str(sheet), code=3).stdout
    assert "line 2: new firm: Fournil des Pentes (73282932000074), Ada Roux" in shown
    assert "line 3: error: SIRET: 123:" in shown
    assert shown.endswith("Nothing is taken in yet: `--yes` does it.\n")
    assert sql(hub.region, "SELECT FROM firm") == []
    back = terminal.type("firm", "import", str(sheet), "--csv", code=3).stdout_bytes
    rows = list(csv.reader(io.StringIO(back.decode("utf-8-sig"))))
    assert rows[0] == ["ligne", "colonne", "valeur", "à corriger"]
    assert rows[1][:3] == ["3", "SIRET", "123"]
    told = terminal.ask("firm", "import", str(sheet), "--yes", "--by", "Camille", code=3)
    assert told["figures"]["kinds"]["new firm"] == 1
    assert "by Camille, as lyon.csv" in terminal.told("firm", "import", str(sheet), "--yes", code=3)
    assert "cannot be read" in terminal.told("firm", "import", str(sheet.parent / "none.csv"), code=2)


def test_duplicates_are_merged_and_two_again(terminal: Terminal, hub: Hub, sheet: Path) -> None:
    assert terminal.type("firm", "duplicates").stdout == "No two firms look like one.\n"
    sheet.write_text(HEAD + RIGHT + NEAR, "utf-8")
    terminal.type("firm", "import", str(sheet), "--yes")
    ((keep,), (drop,)) = sql(hub.region, "SELECT id FROM firm ORDER BY siret DESC")
    assert "Fournil des Pentes" in terminal.type("firm", "duplicates").stdout
    made = terminal.ask("firm", "merge", str(keep), str(drop), "--reason", "déménagement", "--by", "Camille")
    assert (made["kept"], made["joined"]) == (keep, 1)
    assert terminal.ask("firm", "duplicates") == []
    assert "Camille: déménagement" in terminal.type("firm", "merges").stdout
    assert "undone" in terminal.type("firm", "unmerge", str(made["id"])).stdout
    assert "was undone on" in terminal.told("firm", "unmerge", str(made["id"]), code=3)
    assert len(terminal.ask("firm", "duplicates")) == 1
