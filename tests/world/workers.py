"""Workers: several hubs at once on one stage, each in a thread, that can be made to stand still.

Belongs here: a worker, the gate it stops at, offers to deliver. Does not: what should come of it (test_zombies.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event, Thread, current_thread
from typing import Any, Final

from connectors.region.database import Region
from connectors.region.offers import offers, walks
from connectors.registry import policies, source
from connectors.spool import Spool
from flows.reminders import send_reminders
from tasks import tell as telling
from tasks.deliver import deliver
from tasks.plan import plan
from tasks.run import Delivered, Run
from tasks.settle import settle
from tests.makers import incoming, job
from tests.world.faults import HELD
from tests.world.points import Point, Points
from tests.world.seams import Life, alive
from tests.world.stage import Stage

PATIENCE: Final = 30.0  # seconds


class Gate(Points):
    """What happens to a worker, once: at its ``nth`` point whose label begins with ``label``; nothing without one.

    ``fault``: it stands still before that point ("held") or after it ("overtaken"), or any other.
    """

    def __init__(self, label: str | None = None, fault: str = HELD, nth: int = 1) -> None:
        super().__init__()
        self._label, self._strikes, self._left = label, fault, nth
        self.reached, self.opened = Event(), Event()

    def _fault(self, point: Point) -> str | None:
        if self._label is None or not point.label.startswith(self._label):
            return None
        self._left -= 1
        return self._strikes if self._left == 0 else None

    def stand_still(self) -> None:
        """Until somebody opens the gate."""
        self.reached.set()
        assert self.opened.wait(PATIENCE), "nobody opened the gate"


class Worker(Thread):
    """A hub of its own: ``number`` tells its calls from those of others."""

    def __init__(self, stage: Stage, number: int, gate: Gate | None = None, feeds: str | None = None) -> None:
        """``feeds`` is where this worker's feeds are, when not where the stage's are."""
        super().__init__(name=f"worker-{number}", daemon=True)
        version = f"v{26 + number}.0"
        self.settings = stage.settings.model_copy(
            update={"facebook_graph_version": version, "feeds_url": feeds or stage.settings.feeds_url}
        )
        self.gate = gate or Gate()
        self.region = Region(stage.database_url)
        self.done: dict[str, Delivered] = {}
        self.error: BaseException | None = None
        self._stage = stage
        self._task: Callable[[], Any] = self.put_out_everything
        self._begun = False
        prefix = f"/graph/{version}/"
        self._life = Life(
            self.gate,
            self.region,
            stall=self.gate.stand_still,
            owns=lambda path: path.startswith(prefix) if path else current_thread() is self,
        )

    def begin(self, task: Callable[..., Any] | None = None, *arguments: str) -> Worker:
        """Do one of the worker's own tasks (everything, when none is named) in its thread."""
        if task:
            self._task = partial(task, self, *arguments)
        self._begun = True
        self.start()
        return self

    def run(self) -> None:
        """See Thread."""
        try:
            self._task()
        except BaseException as error:  # noqa: BLE001 - whoever waits is told
            self.error = error

    def stands_still(self) -> None:
        """Wait until the worker stands at its gate."""
        assert self.gate.reached.wait(PATIENCE), self.error

    def wakes_up(self) -> int:
        """Open the gate and wait for the worker's end; how many points it had passed before."""
        before = len(self.gate.passed)
        self.gate.opened.set()
        self.ends()
        return before

    def ends(self) -> None:
        """Wait for the worker's end, and let go of what it held.

        Raises:
            whatever the worker's task raised.

        """
        if self._begun:
            self.join(PATIENCE)
            assert not self.is_alive()
        self._life.end()
        for connection in self._life.lent:
            connection.close()
        if self.error:
            raise self.error

    def put_out_everything(self) -> None:
        """Plan and deliver every channel."""
        for name in policies(self.settings.channels_file):
            self.put_out(name)

    def put_out(self, name: str) -> Delivered:
        """Plan and deliver one channel."""
        with alive(self._life):
            number = walks.start_run(self.region, "test", "lheo", "full")
            with Spool(self._stage.home / "spool", number) as spool:
                run = Run(number, source("lheo"), "full", self.region, self.settings, spool)
                self.done[name] = deliver.fn(run, plan.fn(run, policies(self.settings.channels_file)[name]))
        return self.done[name]

    def settle(self, name: str = "facebook_page") -> None:
        """Look up what is unknown."""
        with alive(self._life):
            settle.fn(self.region, self.settings, name)

    def tell(self) -> Delivered:
        """Raise what must be told, and send what waits."""
        with alive(self._life):
            done: Delivered = telling.tell(self.region, self.settings)
        return done

    def remind(self) -> None:
        """What the reminders' deployment does each minute."""
        with alive(self._life):
            send_reminders.fn()

    def settle_and_put_out(self, name: str = "facebook_page") -> None:
        """Both, one after the other."""
        self.settle(name)
        self.put_out(name)

    def calls(self, since: int = 0) -> list[str]:
        """The writing calls of this worker after so many points."""
        return [
            p.label
            for p in self.gate.passed[since:]
            if p.label.startswith("POST /graph") and "GET" not in p.label
        ]


def stock(stage: Stage, count: int, title: str = "Boulanger", version: int = 1) -> None:
    """So many jobs in the Region's database, under this title, of the source that every channel carries."""
    rows = [incoming(job(f"J-{n}", source="portal", title=f"{title} {n}"), version) for n in range(count)]
    offers.merge(stage.direct, 1, "portal", rows)
