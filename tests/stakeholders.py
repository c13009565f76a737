"""Stakeholders for tests: an official, a coach and the people of a reviewed file, with a week behind them, and their letter boxes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from prefect.logging import disable_run_logger

from connectors.digest_rules import digest_rules
from connectors.region.cohorts import coaches
from connectors.region.database import Region
from connectors.region.digests import approvals, editions
from connectors.region.offers import offers, quarantine
from connectors.region.offers.quarantine import Detained
from connectors.settings import ROOT, Settings
from core.digests.rules import Reader
from core.digests.weeks import latest
from core.effects import Receipt
from schemas.documents import Reason
from schemas.letters import ROLES, DigestLetter, Role
from tasks.digests import Planned, plan_digests, proof_of
from tests.dialogue_world import Dialogues
from tests.hands import sql
from tests.mailrooms import Mailroom, mailroom
from tests.makers import NOON, incoming, job, training

MONDAY: Final = dt.datetime(2026, 11, 30, 6, 2, tzinfo=dt.UTC)
"""Two minutes after digests are due, in the week after ``NOON``'s."""
EIGHT: Final = dt.datetime(2026, 11, 30, 7, 2, tzinfo=dt.UTC)
"""When those of the press office are due, too."""
FILE: Final = ROOT / "deployments" / "digests.sandbox.toml"
WEEK: Final = dt.timedelta(days=7)
HOSTILE: Final = "<script>alert(1)</script>\nSubject: evil & \u202e{{ 7 }}"


class Stakeholders:
    """Whoever has a digest; it is ``room.programme.now``."""

    def __init__(self, room: Mailroom) -> None:
        self.room, self.region, self.settings = room, room.programme.region, room.settings
        self.dialogues = Dialogues(self.region)

    @property
    def now(self) -> dt.datetime:
        return self.room.programme.now

    @now.setter
    def now(self, now: dt.datetime) -> None:
        self.room.programme.now = self.dialogues.now = now

    def official(self, **changes: Any) -> int:
        return self.dialogues.official(**changes)

    def coach(self, name: str = "Inès Faure", email: str = "ines@coach.example") -> int:
        return coaches.keep(self.region, name, email).id

    def offers(self) -> None:
        """Two offers of two departments, new in the week before ``MONDAY``."""
        offers.merge(self.region, None, "contractor", [incoming(job()), incoming(training())])
        sql(self.region, "UPDATE offer_change SET at = :at", at=NOON)

    def refuse(self, ref: str, *reasons: Reason, since: dt.datetime = NOON) -> None:
        """An offer of the contractor's is refused."""
        given = reasons or (Reason("/job/salary/minimum", "type", "-5", "It must be a string."),)
        detained = Detained("contractor", ref, ref, ref.encode().ljust(32, b"."), b"{}", given)
        quarantine.put(self.region, None, [detained])
        sql(self.region, "UPDATE quarantine SET first_seen_at = :at WHERE ref = :ref", at=since, ref=ref)

    def approve(self, *roles: Role) -> None:
        """Somebody approves of digests as they are."""
        for role in roles or ROLES:
            approvals.approve(self.region, role, self.proof(role), "Camille", self.now)

    def proof(self, role: Role) -> approvals.Proof:
        return proof_of(self.settings, role)

    def plan(self) -> dict[Role, Planned]:
        with disable_run_logger():
            return plan_digests.fn(self.region, self.settings, self.now)

    def run(self) -> list[Receipt]:
        """What the deployment does."""
        self.plan()
        return self.room.send()

    def again(self, role: Role, reader: Reader) -> DigestLetter:
        """Somebody has the newest sent by hand."""
        week = latest(digest_rules(self.settings.digests_file)[role].slot, self.now)
        return editions.again(self.region, role, reader, week, self.proof(role))

    def planned(self) -> list[str]:
        """The subjects of all letters of digests, the oldest first."""
        rows = sql(self.region, "SELECT subject FROM effect WHERE subject LIKE 'digest.%' ORDER BY id")
        return [row.subject for row in rows]

    def stops(self) -> list[str]:
        """The roles whose digest somebody wants no more."""
        return [row.role for row in sql(self.region, "SELECT role FROM digest_stop ORDER BY role")]

    def to(self, address: str) -> list[Any]:
        """What arrived there, since it was last asked of anybody."""
        return [letter for letter in self.room.take() if letter.to == address]


@contextmanager
def stakeholders(region: Region, now: dt.datetime = MONDAY, **changes: Any) -> Iterator[Stakeholders]:
    """They, and a relay of their own; the reviewed file is the sandbox's."""
    with mailroom(region, now, **{"digests_file": FILE, **changes}) as room:
        made = Stakeholders(room)
        made.now = now
        yield made


def reviewed(tmp_path: Path, change: Callable[[str], str]) -> Path:
    """Another reviewed file."""
    file = tmp_path / f"digests-{len(list(tmp_path.iterdir()))}.toml"
    file.write_text(change(FILE.read_text("utf-8")), "utf-8")
    return file


def at(settings: Settings, file: Path) -> Settings:
    """The settings with that file."""
    return settings.model_copy(update={"digests_file": file})
