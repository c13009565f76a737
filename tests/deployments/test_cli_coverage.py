"""`boostez event`, `student` and `media`: from an event to what is published of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.coverage import PIXEL
from tests.terminals import Terminal
from tests.worlds import Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
TODAY = dt.datetime.now(dt.UTC).date()
BORN = str(TODAY.replace(year=TODAY.year - 15, day=1))


@pytest.mark.usefixtures("prefect_server")
def test_from_an_event_to_a_medium_on_instagram_and_back(
    terminal: Terminal, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    picture = tmp_path / "scene.jpg"
    picture.write_bytes(PIXEL)
    assert "No event" in terminal.type("event", "list").stdout
    days = ["--department", "73", "--first", str(TODAY), "--last", str(TODAY)]
    event = terminal.ask("event", "add", "Musilac", "Aix-les-Bains", *days)["ref"]
    child = "lou@lycee.example"
    told = terminal.told("student", "add", "Lou", child, "--born", BORN, code=3)
    assert "is a minor" in told
    guardian = ["--guardian", "Dominique", "--guardian-email", "dom@exemple.example"]
    said = terminal.type("student", "add", "Lou", child, "--born", BORN, *guardian).stdout
    assert "minor  guardian Dominique" in said
    terminal.type("event", "crew", event, child, "cadreuse")
    asked = terminal.type("student", "ask", child, "--event", event).stdout
    assert asked.startswith("Asked: student and guardian.")

    when = ["--kind", "wall", "--starts", f"{TODAY}T20:00", "--shows", child]
    slot = str(terminal.ask("event", "slot", event, *when)["id"])
    assert "cannot go live" in terminal.told("event", "go-live", slot, code=3)
    shows = ["--slot", slot, "--alt", "La scène", "--shows", child, "--author", child]
    medium = terminal.ask("media", "add", str(picture), *shows)["ref"]
    assert "has not agreed" in terminal.told("media", "publish", medium, code=3)

    for giver in ("student", "guardian"):
        agreed = ["--proof", "classeur 3", "--giver", giver, "--kind", "image", "--event", event]
        terminal.type("student", "consent", child, *agreed, "--scope", "portal", "--scope", "instagram")
    assert "  live  " in terminal.type("event", "go-live", slot).stdout
    assert "published" in terminal.type("media", "publish", medium, "--by", "Ada").stdout
    assert sandbox.truth()["instagram"]["media"] == 1
    shown = terminal.type("event", "show", event).stdout
    assert f"published {medium} by Ada" in shown
    exported: Any = terminal.type("student", "export", child).stdout
    assert "classeur 3" in exported

    gone = terminal.ask("student", "withdraw", child, "--giver", "guardian")
    assert gone["withdrawn"]["media"] == [medium]
    assert sandbox.truth()["instagram"]["media"] == 0
    assert "withdrawn" in terminal.type("media", "list", "--event", event).stdout
    assert "1 media are deleted" in terminal.type("student", "erase", child, "--yes").stdout
    assert "No student" in terminal.type("student", "list").stdout
    assert "  closed  " in terminal.type("event", "close", event).stdout
    done = [f"{act['by']} {act['did']} {act['what']}" for act in terminal.ask("access", "log")[::-1]]
    assert done == [
        *("ada kept event", "ada kept student", "ada asked consent", "ada kept consent", "ada kept consent"),
        *("ada changed slot", "Ada published medium", "ada exported student", "ada withdrew consent"),
        *("ada erased student", "ada changed event"),
    ]
