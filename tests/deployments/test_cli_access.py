"""`boostez access`: the log as admins read it, whether it holds, and who is signed in."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

from connectors import clock
from connectors.region.access import acts, officer_sessions
from connectors.region.alerting import alerts
from connectors.settings import ROOT
from core.days import PARIS
from tests.makers import NOON
from tests.officers import ACCESS, token_of
from tests.terminals import Terminal
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]


def test_what_is_pressed_here_is_in_the_log(terminal: Terminal, hub: Hub) -> None:
    assert terminal.type("access", "log").stdout == "Nobody has done anything.\n"
    alerts.sound(hub.region, "source contractor", "contractor is away", "No answer.", NOON)
    (alert,) = terminal.ask("alert", "list")["alerts"]
    terminal.type("alert", "ack", str(alert["id"]), "--by", "Ada")
    terminal.told("alert", "ack", str(alert["id"]), "--by", "Bob", code=3)
    terminal.type("alert", "mute", "source *", "--why", "they move", "--by", "Bob")
    said = terminal.type("access", "log").stdout.splitlines()
    assert [line.split("  ")[2] for line in said] == ["Bob", "Ada"]
    assert said[1].endswith(f"Ada  acknowledged alert {alert['id']}  command line")
    assert "muted mute 1 (source * until" in said[0]
    (act,) = terminal.ask("access", "log", "--by", "ada")
    assert (act["did"], act["via"], act["outcome"]) == ("acknowledged", "command line", "done")
    tomorrow = (clock.now().astimezone(PARIS) + dt.timedelta(days=1)).strftime("%Y-%m-%d")
    assert terminal.ask("access", "log", "--since", tomorrow) == []
    assert terminal.ask("access", "log", "--on", f"alert {alert['id']}") == [act]


def test_a_log_that_was_edited_is_told_by_its_chain_or_by_a_head_that_was_noted(
    terminal: Terminal, hub: Hub
) -> None:
    with hub.region.begin() as connection:
        acts.note(connection, "approved", "posting", [1, 2, 3], "Ada", NOON)
    told = terminal.type("access", "verify").stdout
    assert told.startswith("3 acts, from 1. Head: 3:")
    head = told.split()[-1]
    assert terminal.ask("access", "verify", "--head", head)["verdict"]["faults"] == []
    with hub.region.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM act WHERE id = 3"))
    assert terminal.ask("access", "verify")["verdict"]["faults"] == [], (
        "the newest row, alone, is missed by nobody"
    )
    cut = terminal.type("access", "verify", "--head", head, code=3)
    assert "Row 3 was" in cut.stdout
    assert "docs/runbook/access.md" in cut.stderr
    assert "NUMBER:HASH" in terminal.told("access", "verify", "--head", "3", code=2)
    with hub.region.begin() as connection:
        acts.note(connection, "approved", "posting", [4], "Ada", NOON.replace(year=2019))
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE act SET at = '2019-01-01'"))
        connection.execute(text("SET LOCAL session_replication_role = origin"))
        assert acts.expire(connection, NOON) == 2
    told = terminal.type("access", "verify", "--head", f"1:{'0' * 64}", code=3).stdout
    assert "Row 1 was dropped since its term was over: right only if it is older than 5 years." in told
    assert (ROOT / "docs" / "runbook" / "access.md").is_file()


def test_who_is_signed_in_is_listed_and_sent_away(terminal: Terminal, hub: Hub) -> None:
    assert terminal.type("access", "sessions").stdout == "Nobody is signed in.\n"
    token = token_of(hub.region, "Ada", ["postings", "auditor"])
    token_of(hub.region, "Bo", [])
    bo, ada = terminal.type("access", "sessions").stdout.splitlines()
    assert "1  Ada (sub-Ada)  auditor, postings  since" in ada
    assert "no role" in bo
    assert token not in ada + str(terminal.ask("access", "sessions"))
    terminal.type("access", "end", "1", "--by", "Zoë")
    assert officer_sessions.opened(hub.region, token, ACCESS, clock.now()) is None
    assert [each["name"] for each in terminal.ask("access", "sessions")] == ["Bo"]
    assert "boostez access sessions" in terminal.told("access", "end", "1", code=2)
    assert [(act.did, act.by) for act in acts.listed(hub.region, on="session 1")] == [
        ("ended", "Zoë"),
        ("signed_in", "Ada"),
    ]
