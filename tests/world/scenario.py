"""The scenario: the one story that every world plays, with whatever strikes on the way.

Belongs here: the order of syncs and changes, hubs that die and are replaced, the rounds until it is quiet. Does not: the
stage (stage.py) or the verdict's clauses (truth.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from connectors.region.ledger import channel_state
from flows import offers
from flows import settle as settling
from tasks import run
from tasks.deliver import deliver
from tasks.plan import channels, plan
from tasks.settle import settle as settle_one
from tests.world import seams, truth
from tests.world.hubs import Crash, Hubs
from tests.world.outside import Outside
from tests.world.points import Listener, Planned, Point, Points, Struck
from tests.world.stage import Stage

SHOWN: Final = 8  # differences of one world
LOOKS: Final = 2  # look-ups until an absence is believed
ROUNDS: Final = 8  # an effect needs four at most: two look-ups, one more try, one in which nothing happens


class Tale(msgspec.Struct, frozen=True):
    """What makes one world differ from another, but for its faults.

    ``seed`` draws what changes outside. ``slow``: an hour passes and the hub settles before each later sync, so that
    look-ups and changes mix. ``eager``: a pool's calls are all made before the first receipt, instead of one by one.
    """

    seed: int = 1
    slow: bool = False
    eager: bool = False

    def options(self) -> str:
        """As the command line takes it."""
        told = (
            f"--seed {self.seed}" if self.seed != 1 else "",
            *(f"--{n}" for n in _PACES if getattr(self, n)),
        )
        return " ".join(filter(None, told))


_PACES: Final = ("slow", "eager")


class Story(msgspec.Struct, frozen=True):
    """How a world went. ``differences`` is empty when nothing was lost and nothing happened twice."""

    tale: Tale
    points: list[Point]
    struck: list[Struck]
    rounds: int
    differences: list[str]

    def command(self) -> str:
        """What plays this world again."""
        faults = " ".join(f"{struck.point.number}:{struck.fault}" for struck in self.struck)
        return " ".join(filter(None, (".venv/bin/python -m tests.world", self.tale.options(), faults)))

    def __str__(self) -> str:
        """The failure as a person reads it."""
        hidden = len(self.differences) - SHOWN
        lines = [
            f"seed {self.tale.seed}, struck by",
            *(f"  {struck}" for struck in self.struck),
            "differs:",
            *(f"  {difference}" for difference in self.differences[:SHOWN]),
            *([f"  and {hidden} more"] if hidden > 0 else []),
            f"replay: {self.command()}",
        ]
        return "\n".join(lines)


class World:
    """One world on its stage, from nothing."""

    def __init__(
        self,
        stage: Stage,
        planned: Mapping[int, Planned] | None = None,
        tale: Tale = Tale(),  # noqa: B008 - a frozen value
        *,
        tell: Callable[[str], None] | None = None,
        curious: bool = False,
    ) -> None:
        """``tell`` is told every step; ``curious`` asks of each commit whether it is idle."""
        self.stage, self.tale = stage, tale
        self._tell = tell or (lambda _: None)
        self.points = Points(planned, self._listener() if tell else None, curious=curious)
        self._hubs = Hubs(stage, self.points, self._overtake, eager=tale.eager, tell=self._notes)
        stage.reset()
        self.outside = Outside(stage.sandbox, tale.seed)

    def _listener(self) -> Listener:
        return lambda point, fault: self._tell(f"{point}{f'   <== {fault}' if fault else ''}")

    def play(self) -> Story:
        """The whole story and its verdict."""
        rounds, found = 0, []
        try:
            self.syncs()
            rounds = self.until_quiet()
        except Crash as crash:
            found.append(str(crash))
        finally:
            self._hubs.bury()
        if rounds > ROUNDS:
            found.append(f"not quiet after {ROUNDS} rounds: {channel_state.standings(self.stage.direct)}")
        found += truth.differences(self.stage, self.outside)
        return Story(self.tale, self.points.passed, self.points.struck, rounds, found)

    def syncs(self) -> None:
        """Four syncs, of which one finds nobody, with changes outside between them, whatever becomes of the hub."""
        self.attempt("full sync", sync, full=True)
        self._notes("the outside changes")
        self.outside.change_a_first_time()
        self._time_passes()
        self.attempt("incremental sync", sync, full=False)
        with self.outside.away():
            self._notes("the contractor is away")
            self.attempt("incremental sync", sync, full=False)
        self._notes("the outside changes again")
        self.outside.change_a_second_time()
        self._time_passes()
        self.attempt("full sync", sync, full=True)

    def _time_passes(self) -> None:
        if self.tale.slow:
            self._notes("an hour passes")
            self.stage.an_hour_passes()
            self.attempt("settle", settle)

    def until_quiet(self) -> int:
        """Rounds of an hour each until nothing is left to do; how many, more than ROUNDS when that never came."""
        for number in range(1, ROUNDS + 1):
            self._notes(f"an hour passes ({number})")
            self.stage.an_hour_passes()
            self._hubs.resume()
            self.attempt("settle", settle)
            figures = self.attempt("full sync", sync, full=True)
            if figures is not None and _nothing_done(figures) and self._nothing_open():
                return number
        return ROUNDS + 1

    def attempt(self, what: str, step: Callable[..., Any], **how: Any) -> Any:
        """One step of the living hub, or of a new one; None when it did not come to its end."""
        self._notes(what)
        try:
            return self._hubs.run(partial(step, **how))
        except Crash as crash:
            raise Crash(f"{what} {crash}") from crash

    def _notes(self, what: str) -> None:
        self._tell(f"      {what}")

    def _overtake(self) -> None:
        """The hub stands still while hours pass and another one does what there is to do but what only one may."""
        self._notes("the hub stands still, another one goes on")
        with self._hubs.another() as other, seams.alive(other):
            for _ in range(LOOKS):
                self.stage.an_hour_passes()
                settle()
            put_out(but=self.stage.written_now())
        self._notes("the hub wakes up")

    def _nothing_open(self) -> bool:
        standings = channel_state.standings(self.stage.direct).values()
        return not any(s.planned or s.intent or s.unknown or s.paused for s in standings)


def sync(*, full: bool) -> dict[str, Any]:
    """A sync, as the flow does it: its figures."""
    return dict(offers.sync_offers.fn("contractor", full=full))


def put_out(but: Collection[str] = ()) -> None:
    """Plan, deliver and settle every channel, as a sync of another source does after its intake."""
    with run.opened("lheo", "incremental") as other:
        for policy in channels(other):
            if policy.channel not in but:
                deliver.fn(other, plan.fn(other, policy))
                settle_one.fn(other.region, other.settings, policy.channel)


def settle() -> dict[str, Any]:
    """What the settling deployment does."""
    return dict(settling.settle_effects.fn())


def _nothing_done(figures: Mapping[str, Any]) -> bool:
    return (
        not figures["rows_written"]
        and not figures["writing_calls"]
        and not any(channel["error"] for channel in figures["channels"].values())
    )
