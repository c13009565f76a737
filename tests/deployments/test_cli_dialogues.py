"""``boostez dialogue`` and who holds dialogues, from the first official to everybody told, as an admin types it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from connectors.region.dialogues import dialogue_holding
from connectors.region.dialogues.dialogues import named
from connectors.registry import dialogue_hub
from connectors.settings import settings
from tests.hands import sql
from tests.terminals import Terminal
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]
SOON = dt.datetime.now(dt.UTC) + dt.timedelta(days=4)
STARTS = f"{SOON:%Y-%m-%d} 18:30"


@pytest.mark.usefixtures("prefect_server")
def test_a_dialogue_from_nobody_to_its_minutes(
    terminal: Terminal,
    hub: Hub,
    tmp_path: Path,
) -> None:
    for word in ("official", "moderator", "venue"):
        assert f"boostez {word} add" in terminal.type(word, "list").stdout
    assert "boostez dialogue add" in terminal.type("dialogue", "list").stdout
    terminal.type(
        "official",
        "add",
        "Ada Martin",
        "vice-présidente déléguée à l’emploi",
        "ada@region.example",
        "--theme",
        "jobs",
    )
    assert (
        "No theme cats"
        in terminal.type(
            "official", "add", "Bo", "élu", "bo@region.example", "--theme", "cats", code=2
        ).stderr
    )
    terminal.type("moderator", "add", "Noé Garnier", "noe@region.example")
    terminal.type("venue", "add", "Studio de la Confluence", "--department", "69", "--kind", "studio")
    assert "Ada Martin" in terminal.type("official", "list").stdout
    number = terminal.type("official", "away", "ada@region.example", "2027-01-04", "2027-01-05").stdout.split(
        ":"
    )[0]
    assert "Undone." in terminal.type("official", "back", number).stdout

    ref = terminal.ask("dialogue", "add", "L’emploi des jeunes", "--theme", "jobs", "--department", "69")[
        "ref"
    ]
    lacking = terminal.type("dialogue", "approve", ref, "--starts", STARTS, "--by", "Ada", code=3).stderr
    assert "needs an official, a moderator and a time" in lacking
    where = (
        "--official",
        "ada@region.example",
        "--moderator",
        "noe@region.example",
        "--venue",
        "Studio de la Confluence",
    )
    terminal.type("dialogue", "approve", ref, "--starts", STARTS, *where, "--by", "Ada")
    told = terminal.ask("dialogue", "announce", ref, "--by", "Ada")
    assert told["shown"]["facebook_dialogues"]["created"] == 1
    assert "caldav" not in told["shown"], "there is no calendar server"
    moved = terminal.type("dialogue", "move", ref, "--starts", f"{SOON:%Y-%m-%d} 20:00", "--by", "Ada").stdout
    assert "version 2" in moved
    assert "moved by Ada" in terminal.type("dialogue", "show", ref).stdout
    assert "Nobody has moved" in terminal.type("dialogue", "moves").stdout
    terminal.type("dialogue", "fall-back", ref, "--reason", "Panne du studio.", "--by", "Ada")

    found = named(hub.region, ref)
    assert found is not None
    assert found.ends_at is not None
    dialogue_holding.settle(hub.region, dialogue_hub(settings()), found.ends_at)
    minutes = tmp_path / "minutes.txt"
    minutes.write_text("Compte rendu.", "utf-8")
    terminal.type("dialogue", "record", ref, str(minutes), "--by", "Ada")
    ((state, record),) = sql(hub.region, "SELECT state, record FROM dialogue")
    assert (state, record) == ("closed", "Compte rendu.")
    done = terminal.ask("access", "log", "--on", f"dialogue {ref}")
    assert {act["by"] for act in done} == {"Ada"}
    assert [act["did"] for act in done] == ["published", "changed", "moved", "announced", "approved"]
    assert len(terminal.ask("access", "log", "--on", "official")) == 1
    assert (
        "is closed"
        in terminal.type("dialogue", "cancel", ref, "--reason", "Trop tard.", "--yes", code=3).stderr
    )
    assert "No dialogue dnothing" in terminal.type("dialogue", "show", "dnothing", code=2).stderr
