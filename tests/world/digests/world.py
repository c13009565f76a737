"""A world of digests: what is due, what people do, and what strikes the hub meanwhile, until all is quiet.

Belongs here: the place, the order of things, hubs that die and are replaced, the verdict. Does not: which worlds are played
(test_one_fault.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import pytest
from prefect import Task
from pydantic import SecretStr

from connectors import clock
from connectors.region.digests import approvals, readers
from connectors.region.ledger import channel_state
from connectors.registry import MESSENGERS
from flows import digests as flows
from schemas.letters import ROLES
from tasks.digests import proof_of
from tasks.settle import settle
from tests.dialogue_world import Dialogues
from tests.hands import sql
from tests.relays import Letters, relaying
from tests.stakeholders import FILE, MONDAY
from tests.world import seams, smtp
from tests.world.hubs import Crash, Hubs
from tests.world.points import Planned, Point, Points, Struck
from tests.world.scenario import LOOKS, ROUNDS
from tests.world.stage import Stage, set_up

WANTS, WANTS_NONE = "elue1@region.example", "elue2@region.example"
DIRECTION, CONTRACTOR = "direction@digests.example", "contractor@digests.example"
TO: Final = frozenset({WANTS, DIRECTION, CONTRACTOR})
AGAIN: Final = "by hand"
_OPEN: Final = """
    SELECT (SELECT count(*) FROM channel WHERE paused) + (SELECT count(*) FROM effect WHERE state IN ('intent', 'unknown')
        OR (state = 'planned' AND coalesce(not_before, now()) < now() + interval '1 day'))
        + (SELECT count(*) FROM digest_edition WHERE state = 'waiting')
"""


class Place:
    """Where worlds are played, one after the other."""

    def __init__(self, stage: Stage, letters: Letters) -> None:
        self.stage, self.letters = stage, letters

    def reset(self) -> None:
        """Nothing ever happened."""
        self.stage.reset()
        for each in (self.letters.taken, self.letters.raw, self.letters.senders, self.letters.peers):
            each.clear()


@contextmanager
def set_up_place(database_url: str, home: Path) -> Iterator[Place]:
    """A place in this process, its relay included: it is Monday, and forms are asked for by nobody."""
    letters = Letters()
    with (
        set_up(database_url, home) as stage,
        relaying(letters) as relay,
        smtp.installed(),
        pytest.MonkeyPatch.context() as patch,
    ):
        stage.settings = stage.settings.model_copy(
            update={"smtp_url": SecretStr(relay), "digests_file": FILE}
        )
        for name, task in vars(flows).copy().items():
            if type(task) is Task:
                patch.setattr(flows, name, task.fn)
        patch.setattr(flows, "ask_for_digests", lambda _: [])
        patch.setattr(flows, "settings", lambda: stage.settings)
        patch.setattr(flows, "safe_region", lambda: stage.region)
        patch.setattr(clock, "now", lambda: MONDAY)
        yield Place(stage, letters)


class Story(msgspec.Struct, frozen=True):
    """How a world went; ``differences`` is empty when everybody has one digest who is to have it."""

    tale: str
    points: list[Point]
    struck: list[Struck]
    differences: list[str]

    def __str__(self) -> str:
        """The failure as a person reads it."""
        struck = ", ".join(map(str, self.struck)) or "nothing"
        return "\n".join((f"{self.tale}, struck by {struck}:", *(f"  {each}" for each in self.differences)))


class World:
    """One world on its place, from nothing."""

    def __init__(
        self, place: Place, tale: str, planned: Mapping[int, Planned] | None = None, *, curious: bool = False
    ) -> None:
        """``planned``: which fault strikes at which point. ``curious`` asks of each commit whether it is idle."""
        self.place, self.tale, self.stage = place, tale, place.stage
        place.reset()
        self.points = Points(planned, curious=curious)
        people = Dialogues(self.stage.direct, MONDAY)
        people.official()
        none = people.official()
        sql(
            self.stage.direct,
            "INSERT INTO offer (key, source, ref, kind, status, version, raw_hash, content, content_hash, updated_at, revision) "
            "VALUES ('k', 'lheo', 'L-1', 'job', 'open', 1, '', '{}', '', now(), nextval('offer_revision_seq'))",
        )
        sql(
            self.stage.direct,
            "INSERT INTO offer_change (offer_id, at, change) SELECT id, :at - interval '2 days', 'created' FROM offer",
            at=MONDAY,
        )
        readers.stop(self.stage.direct, "officials", str(none), MONDAY)
        for role in ROLES:
            approvals.approve(self.stage.direct, role, proof_of(self.stage.settings, role), "Ada", MONDAY)
        self._hubs = Hubs(self.stage, self.points, self._stands_still)
        self._found: list[str] = []

    def play(self) -> Story:
        """All of it, and the verdict."""
        try:
            self._attempt(flows.send_digests.fn)
            if self.tale == AGAIN:
                self._attempt(lambda: flows.send_digest.fn("direction", DIRECTION, "Ada"))
            self._until_quiet()
        except Crash as crash:
            self._found.append(str(crash))
        finally:
            self._hubs.bury()
        return Story(self.tale, self.points.passed, self.points.struck, [*self._found, *self._differences()])

    def _differences(self) -> Iterator[str]:
        """What is not as it should be: of each effect at most one letter, and none less unless a person is told."""
        arrived = Counter(
            str(message["Message-ID"]).rpartition("-")[0] for _, message in self.place.letters.taken
        )
        yield from (f"{subject} arrived {n} times" for subject, n in arrived.items() if n > 1)
        yield from (f"{to} was written to" for (to,), _ in self.place.letters.taken if to not in TO)
        rows = sql(
            self.stage.direct,
            "SELECT subject, state, cause FROM effect WHERE subject LIKE 'digest.%' ORDER BY id",
        )
        expected = len(TO) + (self.tale == AGAIN)
        if len(rows) not in {expected, len(TO)}:
            yield f"{len(rows)} letters were planned: {rows}"
        for row in rows:
            there = arrived[f"<{row.subject}"]
            if row.state == "done" and not there:
                yield f"{row.subject} is done and did not arrive"
            if row.state not in {"done", "parked"} and row.cause != "content":
                yield f"{row.subject} ends {row.state}"
        parked = any(row.state == "parked" for row in rows)
        told = sql(self.stage.direct, "SELECT FROM alert WHERE cause = 'parked mail' AND resolved_at IS NULL")
        if parked != bool(told):
            yield f"parked: {parked}, alert: {bool(told)}"

    def minute(self) -> None:
        """What schedules do: look up what is unknown, plan and send what is due."""
        for name in MESSENGERS:
            settle.fn(self.stage.region, self.stage.settings, name)
        flows.send_digests.fn()

    def _until_quiet(self) -> None:
        for _ in range(ROUNDS):
            self.stage.an_hour_passes()
            self._hubs.resume()
            if self._attempt(self.minute) and not self._open():
                return
        self._found.append(f"not quiet after {ROUNDS} rounds: {channel_state.standings(self.stage.direct)}")

    def _open(self) -> int:
        ((number,),) = sql(self.stage.direct, _OPEN)
        return int(number)

    def _attempt(self, step: Callable[[], object]) -> bool:
        """Whether a run came to an end."""
        return self._hubs.run(lambda: (step(),)) is not None

    def _stands_still(self) -> None:
        """The hub stands still for hours. Another one goes on meanwhile."""
        with self._hubs.another() as other, seams.alive(other):
            for _ in range(LOOKS):
                self.stage.an_hour_passes()
                self.minute()
