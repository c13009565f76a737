"""`boostez session`, `coach` and `reminders`: what staff press about the programme's calendar, and what it says."""

from __future__ import annotations

import datetime as dt

import pytest

from connectors import clock
from connectors.region.sessions import enrolments
from connectors.region.sessions.sessions import Session
from tests.programme import Programme
from tests.terminals import Terminal
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
NOW = clock.now()  # commands take the machine's clock


@pytest.fixture
def programme(terminal: Terminal, hub: Hub) -> Programme:
    assert terminal.lent == []
    return Programme(hub.region, now=NOW)


def soon(programme: Programme, title: str, capacity: int = 10) -> Session:
    starts = (NOW + dt.timedelta(days=21)).replace(tzinfo=None, second=0, microsecond=0)
    return programme.session(title=title, starts_wall=starts, capacity=capacity)


def test_a_person_is_moved_to_another_session_and_their_place_is_given_back(
    terminal: Terminal, programme: Programme
) -> None:
    here, there = soon(programme, "Ici", capacity=1), soon(programme, "Là-bas")
    mover = programme.enrol(here, programme.person(name="Ada Roux"))
    waiting = programme.enrol(here, programme.person(name="Bo Petit"))
    assert waiting.state == "waiting"

    said = terminal.type("session", "transfer", str(mover.id), there.ref).stdout

    assert said.endswith(f"registered in {there.ref}\n")
    assert "Ada Roux" in terminal.type("session", "people", there.ref).stdout
    assert [
        each["name"] for each in terminal.ask("session", "people", here.ref) if each["state"] == "registered"
    ] == ["Bo Petit"]
    back = enrolments.get(programme.region, mover.id)
    assert back is not None
    assert back.state == "left"
    (act,) = terminal.ask("access", "log", "--on", "enrolment")
    assert (act["did"], act["ref"], act["note"]) == ("moved", str(mover.id), f"to {there.ref}")
    assert "cannot be moved" in terminal.told("session", "transfer", str(mover.id), there.ref, code=3)
    assert "no-such" in terminal.told("session", "transfer", str(waiting.id), "no-such", code=2)


def test_what_is_to_come_is_listed_and_nothing_is_said_in_words(
    terminal: Terminal, programme: Programme
) -> None:
    assert "No session is to come" in terminal.type("session", "list").stdout
    session = soon(programme, "Boostez votre\x1b[31m vitrine")
    assert terminal.type("session", "people", session.ref).stdout == "Nobody has registered.\n"
    said = terminal.type("session", "list").stdout
    assert session.ref in said
    assert "0/10 (+0 waiting)" in said
    assert "\x1b" not in said
    assert [each["ref"] for each in terminal.ask("session", "list")] == [session.ref]


def test_what_has_no_undo_is_asked_first_and_without_anybody_to_ask_nothing_is_done(
    terminal: Terminal, programme: Programme
) -> None:
    """`dialogue cancel` and `student erase` asked and ended with code 1, which means nothing; `session cancel` did not ask."""
    session = soon(programme, "Vendre en ligne")
    cancel = ("session", "cancel", session.ref, "--reason", "Trop tard.")
    assert terminal.told(*cancel, code=2).startswith("Nothing was done")
    assert [each["state"] for each in terminal.ask("session", "list")] == ["open"]


def test_coaches_are_kept_changed_and_ended(
    terminal: Terminal, programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "bo")
    assert programme.now == NOW
    assert "There is no coach" in terminal.type("coach", "list").stdout
    terminal.type("coach", "add", "Camille", "camille@region.example", "--departments", "69, 01")
    terminal.type("coach", "add", "Camille D.", "camille@region.example", "--departments", "69")
    assert [(each["name"], each["departments"]) for each in terminal.ask("coach", "list")] == [
        ("Camille D.", ["69"])
    ]
    assert "is told nothing any more" in terminal.type("coach", "end", "camille@region.example").stdout
    assert "There is no coach" in terminal.type("coach", "list").stdout
    done = [(act["by"], act["did"]) for act in terminal.ask("access", "log", "--on", "coach")]
    assert done == [("bo", "changed"), ("bo", "kept"), ("bo", "kept")]


def test_reminders_of_a_session_say_who_is_to_be_told(terminal: Terminal, programme: Programme) -> None:
    session = soon(programme, "Vendre en ligne")
    assert terminal.type("reminders", "list").stdout == "No reminder is so.\n"
    programme.enrol(session, programme.person(name="Ada Roux"))
    waiting = terminal.ask("reminders", "list", "--session", session.ref, "--state", "waiting")
    assert {each["name"] for each in waiting} == {"Ada Roux"}
    assert waiting
    assert len(terminal.type("reminders", "list").stdout.splitlines()) == len(waiting)
