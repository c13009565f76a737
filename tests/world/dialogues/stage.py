"""The stage of the dialogues' worlds: that of all worlds, with a calendar server and a relay.

Belongs here: putting it up, and making all of it new. Does not: what is played on it (world.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prefect import Task
from pydantic import SecretStr

from flows import dialogues, watch_dialogues
from tests.calendars import PASSWORD, USER, Radicale
from tests.relays import Letters, relaying
from tests.world import smtp
from tests.world.stage import Stage, set_up


class Place:
    """Where dialogues' worlds are played, one after the other."""

    def __init__(self, stage: Stage, radicale: Radicale, letters: Letters) -> None:
        self.stage, self.radicale, self.letters = stage, radicale, letters
        self._collections = radicale.folder / "storage" / "collection-root"

    def reset(self) -> None:
        """Nothing ever happened."""
        self.stage.reset()
        shutil.rmtree(self._collections, ignore_errors=True)
        for each in (self.letters.taken, self.letters.raw, self.letters.senders, self.letters.peers):
            each.clear()

    def calendars(self) -> list[Path]:
        """Where the calendar server keeps each calendar."""
        return sorted((self._collections / USER).glob("[!.]*"))

    def calendars_with_events(self) -> set[str]:
        """The calendars in which something is."""
        return {each.name for each in self.calendars() if any(each.glob("*.ics"))}


@contextmanager
def set_up_place(database_url: str, home: Path) -> Iterator[Place]:
    """A place in this process, its relay included. ``database_url`` is a migrated database, of the place alone."""
    radicale, letters = Radicale(), Letters()
    try:
        with (
            set_up(database_url, home) as stage,
            relaying(letters) as relay,
            furnished(stage, radicale, relay),
        ):
            yield Place(stage, radicale, letters)
    finally:
        radicale.close()


@contextmanager
def furnished(stage: Stage, radicale: Radicale, relay: str) -> Iterator[None]:
    """A stage whose hubs know a calendar server and a relay that is struck, and whose flows of dialogues run as they are written."""
    stage.settings = stage.settings.model_copy(
        update={
            "smtp_url": SecretStr(relay),
            "caldav_url": radicale.base,
            "caldav_user": USER,
            "caldav_password": SecretStr(PASSWORD),
        }
    )
    with smtp.installed(), pytest.MonkeyPatch.context() as patch:
        for module in (dialogues, watch_dialogues):
            for name, task in vars(module).copy().items():
                if type(task) is Task:
                    patch.setattr(module, name, task.fn)
            patch.setattr(module, "settings", lambda: stage.settings)
            patch.setattr(module, "safe_region", lambda: stage.region)
        yield
