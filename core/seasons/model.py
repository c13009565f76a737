"""A season as CP-SAT sees it: what may be chosen, and the rules that no wish outweighs.

Belongs here: variables and hard rules. Does not: wishes (wishes.py), the order of solving (planning.py), what may be chosen at all
(choices.py).

A dialogue is here or not; if it is, it has one start, one official, one moderator and, live, one venue. People and places are as many
rows of optional intervals, in which no two overlap.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final, TypeAlias

import msgspec
from ortools.sat.python import cp_model

from core.seasons.choices import Choice, choices, goes_to
from core.seasons.problem import MOST_A_PERSON_A_DAY, Moderator, Official, Placement, Problem, Venue
from core.seasons.starts import day_of, is_free, week_of

Literal: TypeAlias = cp_model.BoolVarT
Chosen: TypeAlias = dict[int, Literal]
Value: TypeAlias = tuple[Literal, bool]
_MINUTE: Final = dt.timedelta(minutes=1)


class Dialogue(msgspec.Struct, frozen=True, kw_only=True):
    """The variables of one dialogue.

    ``starts`` and the numbers of people and places have a literal each; ``at``, ``day`` and ``week`` are numbers that follow from the
    start. ``places``: whether it is in a department, of those that it may be in.
    """

    choice: Choice
    here: Literal
    starts: dict[dt.datetime, Literal]
    at: cp_model.IntVar
    day: cp_model.IntVar
    week: cp_model.IntVar
    officials: Chosen
    moderators: Chosen
    venues: Chosen
    places: dict[str, Literal]

    @property
    def is_live(self) -> bool:
        """Whether it has a venue, to which people travel."""
        return self.choice.wanted.form == "live"

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return self.choice.wanted.minutes

    def placement(self, solver: cp_model.CpSolver) -> Placement:
        """What the solver chose."""
        [start] = (start for start, lit in self.starts.items() if solver.boolean_value(lit))
        official, moderator, *venue = (
            next(number for number, lit in chosen.items() if solver.boolean_value(lit))
            for chosen in (self.officials, self.moderators, self.venues)
            if chosen
        )
        return Placement(
            starts=start, official=official, moderator=moderator, venue=venue[0] if venue else None
        )

    def when(self, placement: Placement) -> Iterator[Value]:
        """What the literals of its starts are when the dialogue is so."""
        return ((lit, start == placement.starts) for start, lit in self.starts.items())

    def who(self, placement: Placement) -> Iterator[Value]:
        """What the literals of people and places are."""
        numbers = placement.official, placement.moderator, placement.venue
        for chosen, number in zip((self.officials, self.moderators, self.venues), numbers, strict=True):
            if len(chosen) > 1:
                yield from ((lit, each == number) for each, lit in chosen.items())


class Model:
    """The variables and rules of a problem. ``cp`` has no objective, and does not say which dialogues are here."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.rules = problem, problem.rules
        self.cp = cp_model.CpModel()
        several = choices(problem)
        starts = sorted({start for choice in several.values() for start in choice.starts})
        self._begin = starts[0] if starts else dt.datetime.min.replace(tzinfo=dt.UTC)
        self.days = {start: day_of(start, self.rules) for start in starts}
        self.weeks = {start: week_of(start, self.rules) for start in starts}
        self._week_numbers = {week: number for number, week in enumerate(sorted(set(self.weeks.values())))}
        longest = _MINUTE * (
            max((each.minutes for each in problem.wanted), default=0)
            + self.rules.margin
            + max(minutes for each in self.rules.travel.values() for minutes in each.values())
        )
        self._near = [(one, other) for one, other in combinations(starts, 2) if other - one < longest]
        self.dialogues = {key: self._dialogue(choice) for key, choice in several.items()}
        self._venues()
        self._people()
        self._travel()
        self._most_a_day()
        self._gaps()

    def calendar(self, solver: cp_model.CpSolver) -> dict[str, Placement]:
        """What the solver chose for each dialogue that is here."""
        return {
            key: dialogue.placement(solver)
            for key, dialogue in self.dialogues.items()
            if solver.boolean_value(dialogue.here)
        }

    # One dialogue

    def _dialogue(self, choice: Choice) -> Dialogue:
        here = self._new()
        starts = {start: self._new() for start in choice.starts}
        self._exactly_one(starts.values(), here)
        officials = self._chosen(choice, choice.officials, here, starts)
        moderators = self._chosen(choice, choice.moderators, here, starts)
        venues: Chosen = {}
        if choice.wanted.form == "live":
            venues = self._chosen(choice, choice.venues, here, starts)
        places = self._places(choice, here, venues)
        if choice.wanted.form == "live" and choice.wanted.locked is None:
            self._territories(choice.officials, officials, places)
            self._territories(choice.moderators, moderators, places)
        return Dialogue(
            choice=choice,
            here=here,
            starts=starts,
            at=self._follows(starts, lambda start: (start - self._begin) // _MINUTE),
            day=self._follows(
                starts, lambda start: self.days[start].toordinal() - self._begin.date().toordinal()
            ),
            week=self._follows(starts, lambda start: self._week_numbers[self.weeks[start]]),
            officials=officials,
            moderators=moderators,
            venues=venues,
            places=places,
        )

    def _chosen(
        self,
        choice: Choice,
        several: Sequence[Official] | Sequence[Moderator] | Sequence[Venue],
        here: Literal,
        starts: Mapping[dt.datetime, Literal],
    ) -> Chosen:
        """One of several, and none at a start when they are busy."""
        chosen: Chosen = {each.id: here if len(several) == 1 else self._new() for each in several}
        self._exactly_one(chosen.values(), here)
        for each in several:
            busy = [
                lit.negated()
                for start, lit in starts.items()
                if not is_free(each.busy, start, choice.wanted.minutes)
            ]
            if busy:
                self.cp.add_bool_and(busy).only_enforce_if(chosen[each.id])
        return chosen

    def _places(self, choice: Choice, here: Literal, venues: Chosen) -> dict[str, Literal]:
        if len(choice.departments) <= 1:
            return dict.fromkeys(choice.departments, here)
        places = {}
        for department in choice.departments:
            places[department] = self._new()
            rooms = [venues[each.id] for each in choice.venues if each.department == department]
            self._exactly_one(rooms, places[department])
        return places

    def _territories(
        self,
        several: Sequence[Official] | Sequence[Moderator],
        chosen: Chosen,
        places: Mapping[str, Literal],
    ) -> None:
        """Where the venue decides the department, it decides who can be there."""
        for who in several:
            for department, lit in places.items():
                if not goes_to(who.departments, department):
                    self.cp.add_implication(chosen[who.id], lit.negated())

    def _follows(
        self, starts: Mapping[dt.datetime, Literal], number: Callable[[dt.datetime], int]
    ) -> cp_model.IntVar:
        """A number that follows from the start."""
        numbers = {start: number(start) for start in starts}
        least, most = min(numbers.values(), default=0), max(numbers.values(), default=0)
        follows = self.cp.new_int_var(min(least, 0), most, "")
        self.cp.add(
            follows == cp_model.LinearExpr.weighted_sum(list(starts.values()), list(numbers.values()))
        )
        return follows

    # People and places

    def _venues(self) -> None:
        for held in self._held(lambda each: each.venues).values():
            self._no_overlap(held)

    def _people(self) -> None:
        held = self._held(lambda each: each.officials)
        for official in self.problem.officials:
            self._limits(official, held.get(official.id, ()))
        for mine in (*held.values(), *self._held(lambda each: each.moderators).values()):
            self._no_overlap(mine)
            self._drive(mine)
            self._rest(mine)

    def _drive(self, mine: Sequence[tuple[Dialogue, Literal]]) -> None:
        """After a live dialogue nobody is at another before the shortest drive; longer ones are in _travel."""
        self.cp.add_no_overlap(
            self._span(each.at, each.minutes + self._least(each), lit) for each, lit in mine if each.is_live
        )

    def _rest(self, mine: Sequence[tuple[Dialogue, Literal]]) -> None:
        """Nobody has too many on a day, where a day has so many starts at all."""
        if max(Counter(self.days.values()).values(), default=0) > MOST_A_PERSON_A_DAY:
            self._at_most(MOST_A_PERSON_A_DAY, [(each.day, lit) for each, lit in mine])

    def _held(self, of: Callable[[Dialogue], Chosen]) -> dict[int, list[tuple[Dialogue, Literal]]]:
        """The dialogues that each of them may have, by number."""
        held: dict[int, list[tuple[Dialogue, Literal]]] = defaultdict(list)
        for dialogue in self.dialogues.values():
            for number, lit in of(dialogue).items():
                held[number].append((dialogue, lit))
        return held

    def _no_overlap(self, held: Sequence[tuple[Dialogue, Literal]]) -> None:
        self.cp.add_no_overlap(self._span(each.at, each.minutes, lit) for each, lit in held)
        # The same again where nobody chooses: many dialogues of one official are found too many without trying all their orders.
        certain = [each for each, lit in held if lit is each.here]
        by_start: dict[dt.datetime, list[Literal]] = defaultdict(list)
        for each in certain:
            for start, lit in each.starts.items():
                by_start[start].append(lit)
        for lits in by_start.values():
            if len(lits) > 1:
                self.cp.add_at_most_one(lits)

    def _limits(self, official: Official, held: Sequence[tuple[Dialogue, Literal]]) -> None:
        if official.most_a_season is not None:
            self.cp.add(cp_model.LinearExpr.sum([lit for _, lit in held]) <= official.most_a_season)
        if official.most_a_week is not None:
            self._at_most(official.most_a_week, [(each.week, lit) for each, lit in held])

    def _at_most(self, most: int, held: Sequence[tuple[cp_model.IntVar, Literal]]) -> None:
        """At most so many of one number, be it a day or a week."""
        if len(held) > most:
            spans = [self._span(number, 1, lit) for number, lit in held]
            self.cp.add_cumulative(spans, [1] * len(spans), most)

    def _span(self, start: cp_model.IntVar, size: int, lit: Literal) -> cp_model.IntervalVar:
        return self.cp.new_optional_fixed_size_interval_var(start, size, lit, "")

    # Between two dialogues

    def _least(self, one: Dialogue) -> int:
        """The minutes that anybody needs from a live dialogue to the next, wherever that is.

        With a gap of two days it is in another department.
        """
        return self.rules.margin + min(
            (
                minutes
                for here in one.places
                for there, minutes in self.rules.travel[here].items()
                if self.rules.gap_days < 2 or there != here
            ),
            default=0,
        )

    def _travel(self) -> None:
        """Of two live dialogues of one person, the later begins when they can be there."""
        live = [each for each in self.dialogues.values() if each.is_live]
        for one, other in combinations(live, 2):
            clashes = [*self._clashes(one, other), *self._clashes(other, one)]
            if clashes and (shared := self._shared(one, other)) is not None:
                for clash in clashes:
                    self.cp.add_bool_or(shared.negated(), *(lit.negated() for lit in clash))

    def _clashes(self, one: Dialogue, other: Dialogue) -> Iterator[list[Literal]]:
        """What cannot be together if somebody has both: ``other`` begins before they have driven there from ``one``."""
        least = one.minutes + self._least(one)
        near = [
            (start, later, (later - start) // _MINUTE)
            for start, later in self._near
            if start in one.starts and later in other.starts
        ]
        for here, is_here in one.places.items():
            for there, is_there in other.places.items():
                needed = one.minutes + self.rules.margin + self.rules.travel[here][there]
                for start, later, minutes in near:
                    if least <= minutes < needed:
                        yield [one.starts[start], other.starts[later], is_here, is_there]

    def _shared(self, one: Dialogue, other: Dialogue) -> Literal | None:
        """Whether somebody has both; None when nobody can."""
        both = [
            (mine[number], theirs[number])
            for mine, theirs in ((one.officials, other.officials), (one.moderators, other.moderators))
            for number in mine
            if number in theirs
        ]
        if not both:
            return None
        shared = self._new()
        for mine, theirs in both:
            self.cp.add_bool_or(mine.negated(), theirs.negated(), shared)
        return shared

    # The whole Region

    def _most_a_day(self) -> None:
        by_day: dict[dt.date, list[Literal]] = defaultdict(list)
        for dialogue in self.dialogues.values():
            for start, lit in dialogue.starts.items():
                by_day[self.days[start]].append(lit)
        for lits in by_day.values():
            self.cp.add(cp_model.LinearExpr.sum(lits) <= self.rules.most_a_day)

    def _gaps(self) -> None:
        """A dialogue takes its department for as many days as the gap has."""
        if self.rules.gap_days <= 0:
            return
        taken: dict[str, list[cp_model.IntervalVar]] = defaultdict(list)
        for dialogue in self.dialogues.values():
            for department, lit in dialogue.places.items():
                taken[department].append(self._span(dialogue.day, self.rules.gap_days, lit))
        for spans in taken.values():
            self.cp.add_no_overlap(spans)

    def _exactly_one(self, lits: Iterable[Literal], when: Literal) -> None:
        """One when ``when``, else none."""
        several = list(lits)
        if len(several) != 1 or several[0] is not when:
            self.cp.add_exactly_one([*several, when.negated()])

    def _new(self) -> Literal:
        return self.cp.new_bool_var("")
