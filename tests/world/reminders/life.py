"""Life: what people do in a world, minute by minute, whatever the hub is up to.

Belongs here: sessions on both sides of both changes of clocks, who registers, leaves, comes back, what is moved, who came. Does not:
the hub's part (world.py), or what strikes it (weather.py).

All of it is drawn beforehand from one seed: what the hub does, or does not do, changes nothing of it. Session number 7 is called
« Séance 7 » and is held at « Lieu 7.1 », from its first change on at « Lieu 7.2 ».
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Final

import msgspec

from connectors.region.cohorts import coaches
from connectors.region.database import Region
from connectors.region.people import contacts
from connectors.region.publishing import replays
from connectors.region.publishing.replays import Choice
from connectors.region.sessions.enrolments import Enrolment
from connectors.region.sessions.sessions import Kind, Session
from core.quiet import next_allowed
from core.wall import instant
from schemas.errors import Refused
from schemas.firm import Consent
from tests.hands import sql
from tests.programme import EVERYTHING, Programme

PARIS: Final = "Europe/Paris"
CHANGES: Final = (dt.datetime.fromisoformat("2027-03-28"), dt.datetime.fromisoformat("2027-10-31"))
"""The Sundays on which clocks change."""
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
_CLOCKS: Final = ("08:15", "09:00", "10:30", "14:00", "18:30", "19:45", "20:30")
_KINDS: Final[tuple[Kind, ...]] = ("seminar", "seminar", "coaching", "dialogue")


class Act(msgspec.Struct, frozen=True):
    """Something that somebody does at an instant."""

    at: dt.datetime
    what: str
    do: Callable[[], object]


class Size(msgspec.Struct, frozen=True):
    """How large a world is: ``sessions`` around each change of clocks, with so many ``people`` each."""

    sessions: int
    people: int
    changes: int = 2


def season(seed: int, size: Size) -> Callable[[Programme], list[Act]]:
    """What people do around both changes of clocks."""
    return lambda programme: Life(programme, seed, size).acts


class _Plan(msgspec.Struct, frozen=True):
    """A session to be."""

    number: int
    kind: Kind
    starts: dt.datetime
    minutes: int
    capacity: int
    coach: int | None
    cohort: int | None
    opens: dt.datetime


class Life:
    """The people of a world, and all that they will do."""

    def __init__(self, programme: Programme, seed: int, size: Size) -> None:
        self.programme = programme
        self._random = Random(seed)
        self._size = size
        self._sessions: dict[int, Session] = {}
        self._versions: dict[int, int] = {}
        self._enrolled: dict[tuple[int, int], Enrolment] = {}
        self._people: dict[int, int] = {}
        self._acts: list[Act] = []
        self._coaches = [programme.coach() for _ in range(3)]
        self._cohorts = [programme.cohort(self._coaches[0]), programme.cohort(self._coaches[1])]
        for number, change in enumerate(CHANGES[: size.changes]):
            self._around(number, change)

    @property
    def acts(self) -> list[Act]:
        """All that they will do."""
        return self._acts

    def _will(self, at: dt.datetime, what: str, do: Callable[[], object]) -> None:
        self._acts.append(Act(at.replace(second=0, microsecond=0), what, do))

    def _maybe(self, chance: float) -> bool:
        return self._random.random() < chance

    def _between(self, first: dt.datetime, last: dt.datetime) -> dt.datetime:
        return first + (last - first) * self._random.random()

    # What will be

    def _around(self, number: int, change: dt.datetime) -> None:
        """Everything around one change of clocks."""
        size, random = self._size, self._random
        first = number * size.sessions
        plans = [self._plan(first + index, change) for index in range(size.sessions)]
        count = max(size.people, size.sessions * size.people // 2)
        people = range(number * count, (number + 1) * count)
        for person in people:
            self._will(min(plan.opens for plan in plans), f"person {person}", self._comes_known(person))
        for plan in plans:
            self._will(plan.opens, f"session {plan.number} opens", lambda plan=plan: self._open(plan))  # type: ignore[misc]
            for person in random.sample(people, min(size.people, count)):
                self._takes_part(plan, person)
            self._is_changed(plan)
            self._is_held(plan)
        for person in people:
            self._changes_their_mind(person, plans)
        middle = instant(change, PARIS)
        for days in (-6, 2, 15):
            at = middle + days * DAY + 9 * HOUR
            self._will(at, "staff have sent again what is parked", lambda: sent_again(self.programme.region))
        if number == 0:
            self._will(middle + 3 * DAY, "a coach ends", lambda: self._coach_ends(self._coaches[2]))

    def _plan(self, number: int, change: dt.datetime) -> _Plan:
        random = self._random
        kind = random.choice(_KINDS)
        clock = dt.time.fromisoformat(random.choice(_CLOCKS))
        starts = dt.datetime.combine(change + random.randint(-5, 9) * DAY, clock)
        begins = instant(starts, PARIS)
        cohort = random.choice(self._cohorts) if kind == "coaching" else None
        return _Plan(
            number,
            kind,
            starts,
            random.choice((60, 120, 180)),
            random.choice((self._size.people, max(2, self._size.people * 2 // 3))),
            None if self._maybe(0.25) else random.choice(self._coaches),
            cohort,
            self._between(begins - 21 * DAY, begins - 9 * DAY),
        )

    def _comes_known(self, person: int) -> Callable[[], object]:
        consents = tuple(each for each in EVERYTHING if self._maybe(0.85))
        phone = f"+336{person:08}" if self._maybe(0.75) else None

        def come() -> None:
            self._people[person] = self.programme.person(consents=consents, phone=phone)

        return come

    def _takes_part(self, plan: _Plan, person: int) -> None:
        """They register early or late; some leave, some of those come back."""
        begins = instant(plan.starts, PARIS)
        early = self._between(plan.opens, begins - 8 * DAY)
        late = begins - self._random.choice((150 * HOUR, 40 * HOUR, 20 * HOUR, 4 * HOUR, HOUR))
        registers = late if self._maybe(0.25) else max(early, plan.opens)
        key = (plan.number, person)
        self._will(registers, f"{person} registers for {plan.number}", lambda: self._enrol(*key))
        if self._maybe(0.15):
            leaves = self._between(registers, begins)
            self._will(leaves, f"{person} leaves {plan.number}", lambda: self._leave(*key))
            if self._maybe(0.6):
                back = self._between(leaves, min(begins, leaves + DAY))
                self._will(back, f"{person} comes back to {plan.number}", lambda: self._enrol(*key))

    def _is_changed(self, plan: _Plan) -> None:
        """Some sessions are moved, some twice, a few cancelled."""
        begins, random = instant(plan.starts, PARIS), self._random
        for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
            at = self._between(plan.opens, begins)
            by = random.choice((dt.timedelta(), HOUR, -HOUR, DAY, 2 * DAY, -DAY))
            self._will(at, f"{plan.number} is moved by {by}", lambda by=by: self._move(plan.number, by))  # type: ignore[misc]
        if self._maybe(0.1):
            at = self._between(plan.opens, begins)
            self._will(at, f"{plan.number} is cancelled", lambda: self._cancel(plan.number))
        if self._maybe(0.2):
            at = self._between(plan.opens, begins)
            self._will(at, f"{plan.number} has more room", lambda: self._more_room(plan.number))

    def _is_held(self, plan: _Plan) -> None:
        """Whoever is there says so by the link; the coach's sheet comes soon, late or never."""
        random = self._random
        ends = instant(plan.starts, PARIS) + 4 * HOUR
        there = {person for person in range(10_000) if random.random() < 0.6} if self._size.people else set()
        if self._maybe(0.4):
            self._will(
                ends - 3 * HOUR, f"some attend {plan.number}", lambda: self._attend(plan.number, there)
            )
        if self._maybe(0.85):
            handed_in = next_allowed(ends + random.choice((1, 1, 20, 50)) * HOUR) + 2 * DAY * self._maybe(0.3)
            self._will(handed_in, f"sheet of {plan.number}", lambda: self._sheet(plan.number, there))

    def _changes_their_mind(self, person: int, plans: list[_Plan]) -> None:
        """Some withdraw a consent, some addresses stop working, some want to be forgotten."""
        first, last = min(plan.opens for plan in plans), max(instant(plan.starts, PARIS) for plan in plans)
        at = self._between(first + DAY, last + 4 * DAY)
        if self._maybe(0.1):
            consent = self._random.choice(EVERYTHING)
            self._will(at, f"{person} withdraws {consent}", lambda: self._withdraw(person, consent))
        elif self._maybe(0.06):
            self._will(at, f"mail to {person} bounces", lambda: self._bounce(person))
        elif self._maybe(0.05):
            self._will(at, f"{person} is erased", lambda: self._erase(person))

    # What is

    def _open(self, plan: _Plan) -> None:
        self._versions[plan.number] = 1
        self._sessions[plan.number] = self.programme.session(
            kind=plan.kind,
            title=f"Séance {plan.number}",
            place=f"Lieu {plan.number}.1",
            starts_wall=plan.starts,
            minutes=plan.minutes,
            capacity=plan.capacity,
            coach_id=plan.coach,
            cohort_id=plan.cohort,
        )

    def _enrol(self, number: int, person: int) -> None:
        self._enrolled[number, person] = self.programme.enrol(self._sessions[number], self._people[person])

    def _leave(self, number: int, person: int) -> None:
        if enrolment := self._enrolled.get((number, person)):  # else the session took nobody any more
            self.programme.leave(enrolment)

    def _move(self, number: int, by: dt.timedelta) -> None:
        now = self.programme.read(self._sessions[number])
        version = self._versions[number] + 1
        place = f"Lieu {number}.{version}"
        self.programme.change(now, starts_wall=now.starts_wall + by, place=place)
        self._versions[number] = version

    def _cancel(self, number: int) -> None:
        self.programme.cancel(self._sessions[number])

    def _more_room(self, number: int) -> None:
        now = self.programme.read(self._sessions[number])
        self.programme.change(now, capacity=now.capacity + 2)

    def _attend(self, number: int, there: set[int]) -> None:
        for (session, person), enrolment in sorted(self._enrolled.items()):
            if session == number and person in there and person % 2:
                _as_may_be(lambda enrolment=enrolment: self.programme.attend(enrolment))  # type: ignore[misc]

    def _sheet(self, number: int, there: set[int]) -> None:
        present = [
            each
            for (session, person), each in self._enrolled.items()
            if session == number and person in there
        ]
        self.programme.sheet(self._sessions[number], *present)

    def _withdraw(self, person: int, consent: Consent) -> None:
        programme = self.programme
        contacts.withdraw(
            programme.region,
            self._people[person],
            "one-click",
            programme.now,
            purpose=consent.purpose,
            transport=consent.transport,
        )

    def _bounce(self, person: int) -> None:
        with self.programme.region.begin() as connection:
            contacts.stop(connection, self._people[person], "mail", "it bounced")

    def _erase(self, person: int) -> None:
        for (_, who), enrolment in sorted(self._enrolled.items()):
            if who == person:
                _as_may_be(lambda enrolment=enrolment: self.programme.leave(enrolment))  # type: ignore[misc]
        self.programme.erase(self._people[person])

    def _coach_ends(self, coach: int) -> None:
        ((email,),) = sql(self.programme.region, "SELECT email FROM coach WHERE id = :id", id=coach)
        coaches.end(self.programme.region, email, self.programme.now)


def sent_again(region: Region, channel: str | None = None) -> int:
    """Staff have sent again what failed, and what is parked, of which they know that it may arrive twice. Returns how much it is."""
    sql(
        region,
        "INSERT INTO world.replayed SELECT channel, subject FROM effect WHERE state IN ('parked', 'rejected') "
        "AND (cast(:channel AS text) IS NULL OR channel = :channel) RETURNING subject",
        channel=channel,
    )
    return replays.failed(region, Choice(channel=channel, parked=True), dry=False).number


def _as_may_be(do: Callable[[], object]) -> None:
    """Do it, unless the programme has a reason against it."""
    with suppress(Refused):
        do()


def happen(act: Act) -> None:
    """Let it happen, as far as the programme lets it."""
    _as_may_be(act.do)
