"""Dialogues from the ledger into a calendar, over a bad line."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from prefect.logging import disable_run_logger
from pydantic import SecretStr
from sqlalchemy import text

from connectors.caldav.channel import NAME
from connectors.region.database import Region
from connectors.region.ledger import wants
from connectors.settings import Settings
from schemas.dialogue import Announcement, encode
from tasks.deliver import carry_out
from tasks.progress import Progress
from tasks.run import Delivered
from tests.calendars import PASSWORD, PUBLISHER, USER, Line, Radicale, Trouble
from tests.dialogues import announcement
from tests.worlds import Hub

pytestmark = pytest.mark.database
SUBJECT = "d1.ledger1"


def want(hub: Hub, said: Announcement | None) -> None:
    with hub.region.begin() as connection:
        wants.want(connection, NAME, SUBJECT, None if said is None else encode(said))


def until_quiet(hub: Hub) -> Any:
    """Deliveries and look-ups, an hour apart, until the effect rests."""
    for _ in range(6):
        with hub.region.begin() as connection:
            connection.execute(
                text(
                    "UPDATE effect SET lease_until = lease_until - interval '1 hour', not_before = NULL, "
                    "looked_up_at = looked_up_at - interval '1 hour'"
                )
            )
        with disable_run_logger():
            carry_out(hub.region, hub.settings, NAME, Delivered(), Progress("deliver", 1))
        hub.settle(NAME)
        with hub.region.begin() as connection:
            row = connection.execute(text("SELECT state, live_hash, remote_id, error FROM effect")).one()
        if row.state not in {"planned", "intent", "unknown"}:
            return row
    raise AssertionError(row)


def test_whatever_the_line_does_a_dialogue_is_there_once_as_it_was_last_said(
    region: Region, radicale: Radicale, line: Line
) -> None:
    chosen = Settings(
        caldav_url=line.base, caldav_user=USER, caldav_password=SecretStr(PASSWORD), portal_url=PUBLISHER
    )
    hub = Hub(region, chosen)
    troubles: list[Trouble] = ["lost before", "lost after", "500 after"]
    for version, trouble in enumerate(troubles, 1):
        line.trouble = trouble
        want(hub, announcement(version=version, title=f"Titre {version}"))
        assert until_quiet(hub).state == "done"
        (event,) = radicale.witness("ledger1").events()
        assert event.icalendar_component["SUMMARY"] == f"Titre {version}"
    writes = Counter(method for method in line.asked if method in {"PUT", "DELETE"})
    assert writes["PUT"] == 5, "one for the calendar that was not there, and one for the write that was lost"
    line.trouble = "lost after"
    want(hub, None)
    assert until_quiet(hub).live_hash is None
    assert radicale.witness("ledger1").events() == []
