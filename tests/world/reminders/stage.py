"""The stage of the reminders' worlds: that of all worlds, with clocks that tests move, a relay, and a witness.

Belongs here: putting it up, and making all of it new. Does not: what is played on it (world.py).
"""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from connectors import clock as present
from connectors.region.sessions import reminders
from connectors.region.sessions.reminders import Rules
from connectors.reminder_rules import reminder_rules
from tests.relays import Letters, relaying
from tests.world import smtp
from tests.world.reminders import clock as clocks
from tests.world.reminders import witness as witnesses
from tests.world.reminders.clock import Clock
from tests.world.reminders.post import Mailboxes, Post, Relayed
from tests.world.reminders.witness import Witness, standing_by
from tests.world.stage import Stage, set_up

A_LETTER: Final = dt.timedelta(seconds=1)


class Place:
    """Where reminders' worlds are played, one after the other."""

    def __init__(self, stage: Stage, mailboxes: Mailboxes) -> None:
        self.stage = stage
        self.rules: Rules = reminders.named(reminder_rules(stage.settings.reminders_file))
        self.clock = Clock(stage.connection)
        self.witness = Witness(self.clock, self.rules)
        self.post = Post(stage.connection, mailboxes, stage.sandbox)

    def reset(self) -> None:
        """Nothing ever happened."""
        self.stage.reset()
        for table in witnesses.NOTES:
            self.stage.connection.execute(f"DELETE FROM world.{table}".encode())
        self.post.empty()
        self.witness.tick = 0

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Somebody at the database's prompt, whom no fault strikes."""
        return self.witness.rows(statement, *values)


class _Slow(Letters):
    """A relay by whose letters time passes."""

    clock: Clock | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        if self.clock:
            self.clock.passes(A_LETTER)
        return await super().handle_DATA(server, session, envelope)


@contextmanager
def set_up_place(database_url: str, home: Path) -> Iterator[Place]:
    """A place in this process, its relay included. ``database_url`` is a migrated database, of the place alone."""
    letters = _Slow()
    with (
        set_up(database_url, home, options=clocks.SEARCH_PATH) as stage,
        relaying(letters) as relay,
        furnished(stage, Relayed(letters)) as place,
    ):
        letters.clock = place.clock
        stage.settings = stage.settings.model_copy(update={"smtp_url": SecretStr(relay)})
        yield place


@contextmanager
def furnished(stage: Stage, mailboxes: Mailboxes) -> Iterator[Place]:
    """A stage with what reminders' worlds have beside: clocks that are moved, a witness, a relay that is struck."""
    clocks.install(stage.connection)
    stage.connection.execute(witnesses.INSTALL)
    place = Place(stage, mailboxes)
    gc.freeze()  # what was imported stays: looking at it again and again takes a tenth of a world's time
    with smtp.installed(), standing_by(place.witness), pytest.MonkeyPatch.context() as patch:
        patch.setattr(present, "now", place.clock.now)
        yield place
