"""`boostez alert`: what staff press when something is wrong, and what it says."""

from __future__ import annotations

import pytest

from connectors.region.alerting import alerts
from tests.makers import NOON
from tests.terminals import Terminal
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]
CAUSE = "source contractor"


def test_what_stands_is_listed_shown_and_acknowledged_by_one(terminal: Terminal, hub: Hub) -> None:
    assert terminal.type("alert", "list").stdout == "No alert stands.\n"
    alerts.sound(hub.region, CAUSE, "contractor is away", "No answer.", NOON)
    (alert,) = terminal.ask("alert", "list")["alerts"]
    assert (alert["cause"], alert["acknowledged_by"]) == (CAUSE, None)
    number = str(alert["id"])
    listed = terminal.type("alert", "list").stdout
    assert "contractor is away (source contractor); nobody told yet" in listed
    assert "No answer." in terminal.type("alert", "show", number).stdout
    terminal.type("alert", "ack", number, "--by", "Ada")
    assert "acknowledged by Ada" in terminal.type("alert", "list").stdout
    assert "was acknowledged by Ada" in terminal.told("alert", "ack", number, "--by", "Bob", code=3)
    alerts.resolve(hub.region, NOON, CAUSE)
    assert "is over since" in terminal.told("alert", "ack", number, "--by", "Bob", code=3)
    assert "boostez alert list" in terminal.told("alert", "show", "999", code=2)


def test_a_cause_is_muted_for_a_while_for_a_reason_and_unmuted(terminal: Terminal) -> None:
    said = terminal.type("alert", "mute", "source *", "--why", "they move house", "--by", "Ada").stdout
    assert "source * until" in said
    (mute,) = terminal.ask("alert", "list")["mutes"]
    assert "by Ada: they move house" in terminal.type("alert", "list").stdout
    terminal.type("alert", "unmute", str(mute["id"]), "--by", "Bob")
    assert terminal.ask("alert", "list")["mutes"] == []
    assert "No mute" in terminal.told("alert", "unmute", str(mute["id"]), code=3)
    assert "Everything cannot be muted" in terminal.told("alert", "mute", "*", "--why", "tired", code=2)
