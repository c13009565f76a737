"""A world of dialogues: what staff press, what schedules do, and what strikes the hub meanwhile, until all is quiet.

Belongs here: the order of things, hubs that die and are replaced, what was decided. Does not: which stories there are (stories.py) or
the verdict (truth.py).

Time is the machine's: an hour passes for leases, holds and look-ups, and outside (tests/world/stage.py). A dialogue is three days off,
so no reminder is due meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from connectors import clock
from connectors.region.dialogues import dialogues
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.ledger import channel_state
from connectors.region.ledger.letters import MAIL
from connectors.registry import ANNOUNCERS, MESSENGERS
from flows.watch_dialogues import watch_dialogues
from schemas.errors import Refused
from tasks.letters import send_letters
from tasks.settle import settle
from tests.dialogue_world import Dialogues
from tests.hands import sql
from tests.programme import Programme
from tests.world import seams
from tests.world.dialogues import truth
from tests.world.dialogues.outside import Outside
from tests.world.dialogues.stage import Place
from tests.world.hubs import Crash, Hubs
from tests.world.points import Planned, Point, Points, Struck
from tests.world.scenario import LOOKS, ROUNDS

PRESSED: Final = 3  # times that staff press a button whose run failed
_OPEN: Final = """
    SELECT (SELECT count(*) FROM channel WHERE paused) + (SELECT count(*) FROM effect WHERE state IN ('intent', 'unknown')
        OR (state = 'planned' AND coalesce(not_before, now()) < now() + interval '1 day'))
"""
Step = Callable[["World"], object]


class Tale(msgspec.Struct, frozen=True):
    """What staff press, one after the other, of a dialogue that is held so many ``days`` from now.

    In a ``slow`` one an hour passes after each, and schedules run.
    """

    name: str
    steps: tuple[Step, ...]
    days: int = 3
    slow: bool = False

    def __str__(self) -> str:
        """As a failure names it."""
        return f"{self.name}{', slowly' if self.slow else ''}"


class Story(msgspec.Struct, frozen=True):
    """How a world went. ``differences`` is empty when nobody was told twice and nobody forgotten; ``end`` is how the dialogue is then."""

    tale: Tale
    points: list[Point]
    struck: list[Struck]
    end: truth.Decided | None
    differences: list[str]

    def __str__(self) -> str:
        """The failure as a person reads it."""
        struck = ", ".join(map(str, self.struck)) or "nothing"
        return "\n".join((f"{self.tale}, struck by {struck}:", *(f"  {each}" for each in self.differences)))


class World:
    """One world on its place, from nothing: an approved dialogue, and two people who will follow it."""

    def __init__(
        self,
        place: Place,
        tale: Tale,
        planned: Mapping[int, Planned] | Points | None = None,
        *,
        curious: bool = False,
    ) -> None:
        """``planned``: which fault strikes at which point. ``curious`` asks of each commit whether it is idle."""
        self.place, self.tale, self.stage = place, tale, place.stage
        place.reset()
        self.points = planned if isinstance(planned, Points) else Points(planned, curious=curious)
        self.dialogues = Dialogues(self.stage.direct, clock.now())
        self.programme = Programme(self.stage.direct, now=clock.now())
        self.followers = [self.programme.person(), self.programme.person()]
        self.other = self.dialogues.official()
        where = self.dialogues.placement(starts_wall=truth.evening(tale.days))
        self.first = where.official_id
        self.ref = self.dialogues.approved(where=where, summary="Posez vos questions.").ref
        self.seen: set[str] = set()
        self.decided: list[truth.Decided] = []
        self._left = deque(tale.steps)
        self._hubs = Hubs(self.stage, self.points, self._stands_still)
        self._found: list[str] = []

    @property
    def dialogue(self) -> Dialogue:
        """It, as the Region has it now."""
        found = dialogues.named(self.stage.direct, self.ref)
        assert found is not None
        return found

    def email(self, official: int) -> str:
        """An official's address."""
        ((found,),) = sql(self.stage.direct, "SELECT email FROM official WHERE id = :id", id=official)
        return str(found)

    def play(self) -> Story:
        """All of it, and the verdict."""
        try:
            while self._left:
                self._press(self._left.popleft())
                if self.tale.slow:
                    self._hour_passes()
                    self._attempt(self.minute)
            self._until_quiet()
        except Crash as crash:
            self._found.append(str(crash))
        finally:
            self._hubs.bury()
        case = truth.Case(self.stage, Outside(self.place), self.decided, self.seen)
        end = self.decided[-1] if self.decided else None
        return Story(
            self.tale, self.points.passed, self.points.struck, end, [*self._found, *truth.differences(case)]
        )

    def _press(self, step: Step) -> None:
        """Somebody presses a button, and again when the run failed."""
        for _ in range(PRESSED):
            if self._attempt(lambda: step(self)):
                return
        self._found.append(f"pressed {PRESSED} times in vain")

    def minute(self) -> None:
        """What schedules do: look up what is unknown, watch dialogues and show what is due, send letters."""
        region, settings = self.stage.region, self.stage.settings
        for name in (*ANNOUNCERS, *MESSENGERS):
            settle.fn(region, settings, name)
        send_letters.fn(region, settings, MAIL)
        watch_dialogues.fn()

    def _until_quiet(self) -> None:
        for _ in range(ROUNDS):
            self._hour_passes()
            self._hubs.resume()
            if self._attempt(self.minute) and self._nothing_open():
                return
        standings = channel_state.standings(self.stage.direct)
        self._found.append(f"not quiet after {ROUNDS} rounds: {standings}")

    def _hour_passes(self) -> None:
        self.stage.an_hour_passes()

    def _nothing_open(self) -> bool:
        ((number,),) = sql(self.stage.direct, _OPEN)
        return bool(number == 0)

    # Hubs

    def _attempt(self, step: Callable[[], object]) -> bool:
        """Whether a run came to an end; a refusal is one."""
        return self._hubs.run(lambda: self._decide(step)) is not None

    def _decide(self, step: Callable[[], object]) -> bool:
        """A run, with what was decided by it."""
        self._note()
        try:
            step()
        except Refused:
            pass
        finally:
            self._note()
        return True

    def _note(self) -> None:
        self.seen |= self.place.calendars_with_events()
        now = truth.decided(self.stage.direct, self.ref, self.dialogues.hub.rules)
        if now is not None and now not in self.decided[-1:]:
            self.decided.append(now)

    def _stands_still(self) -> None:
        """The hub stands still. Another one goes on: with what staff press next, at once; in a slow tale after hours."""
        with self._hubs.another() as other, seams.alive(other):
            for _ in range(LOOKS if self.tale.slow else 0):
                self._hour_passes()
                self.minute()
            if self._left and self._is_possible(self._left[0]):
                self._left.popleft()

    def _is_possible(self, step: Step) -> bool:
        """Whether the next step can be taken before the last one came to its end; then it is."""
        self._note()
        try:
            step(self)
        except Refused:
            return False
        finally:
            self._note()
        return True
