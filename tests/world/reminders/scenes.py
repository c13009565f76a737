"""Scenes: short worlds, each with the one thing in it that a mistake of its own kind would get wrong.

Belongs here: what happens in each. Does not: a whole season (life.py), or which mistake each one notices (mutants.py).

Clocks change in the night to Sunday 28 March 2027. Times are what clocks in Paris show, in March unless said otherwise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from connectors.region.cohorts import coaches
from connectors.region.people import contacts
from connectors.region.sessions.enrolments import Enrolment
from connectors.region.sessions.sessions import Session
from core.wall import instant
from schemas.firm import Consent
from tests.hands import sql
from tests.programme import EVERYTHING, Programme
from tests.world.reminders.life import PARIS, Act, sent_again
from tests.world.reminders.stage import Place
from tests.world.reminders.weather import Away, Strike, Weather, What, Wrong
from tests.world.reminders.world import Story, World

ONLY_MAIL: Final = tuple(each for each in EVERYTHING if each.transport == "mail")


def at(shown: str) -> dt.datetime:
    """The instant at which clocks show ``22 14:00``, in March, or ``04-02 14:00``."""
    day, _, clock = shown.partition(" ")
    return instant(dt.datetime.fromisoformat(f"2027-{day if '-' in day else f'03-{day}'}T{clock}"), PARIS)


class Cast:
    """Who plays in a scene, by name, and what they will do."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.acts: list[Act] = []
        self.people: dict[str, int] = {}
        self._sessions: dict[str, Session] = {}
        self._versions: dict[str, int] = {}
        self._enrolled: dict[tuple[str, str], Enrolment] = {}
        self.coach = programme.coach()

    def will(self, when: str, do: Callable[[], object]) -> None:
        """Something happens."""
        self.acts.append(Act(at(when), when, do))

    def person(self, name: str, consents: Iterable[Consent] = EVERYTHING, *, phone: bool = True) -> None:
        """Somebody, known from the beginning."""
        number = f"+3361234{len(self.people):04}" if phone else None
        self.people[name] = self.programme.person(consents=tuple(consents), phone=number)

    def opens(self, name: str, when: str, starts: str, *, coached: bool = True, **more: Any) -> None:
        """A seminar of two hours."""

        def do() -> None:
            wall = at(starts).astimezone(dt.UTC)
            number = len(self._sessions) + 1
            self._versions[name] = 1
            self._sessions[name] = self.programme.session(
                title=f"Séance {number}",
                place=f"Lieu {number}.1",
                starts_wall=_wall(wall),
                coach_id=self.coach if coached else None,
                **more,
            )

        self.will(when, do)

    def registers(self, who: str, session: str, when: str) -> None:
        """Somebody takes a place, or waits for one."""
        if who not in self.people:
            self.person(who)

        def do() -> None:
            self._enrolled[who, session] = self.programme.enrol(self._sessions[session], self.people[who])

        self.will(when, do)

    def leaves(self, who: str, session: str, when: str) -> None:
        """Somebody gives their place back."""
        self.will(when, lambda: self.programme.leave(self._enrolled[who, session]))

    def moves(self, session: str, when: str, starts: str) -> None:
        """A session is held at another time and place."""

        def do() -> None:
            now = self.programme.read(self._sessions[session])
            self._versions[session] += 1
            place = f"{now.place or ''}".rpartition(".")[0] + f".{self._versions[session]}"
            self.programme.change(now, starts_wall=_wall(at(starts)), place=place)

        self.will(when, do)

    def cancels(self, session: str, when: str) -> None:
        """A session is not held."""
        self.will(when, lambda: self.programme.cancel(self._sessions[session]))

    def sheet(self, session: str, when: str, *present: str) -> None:
        """The coach says who came."""
        self.will(
            when,
            lambda: self.programme.sheet(
                self._sessions[session], *(self._enrolled[who, session] for who in present)
            ),
        )

    def withdraws(self, who: str, when: str, **what: Any) -> None:
        """Somebody does not want to be written to any more."""
        programme = self.programme
        self.will(
            when,
            lambda: contacts.withdraw(programme.region, self.people[who], "one-click", programme.now, **what),
        )

    def staff_replay(self, when: str, channel: str) -> None:
        """Staff have sent again what failed and what is parked."""

        def do() -> None:
            assert sent_again(self.programme.region, channel)

        self.will(when, do)

    def has_number(self, who: str, when: str, number: str) -> None:
        """Staff put a number right."""
        self.will(
            when,
            lambda: sql(
                self.programme.region,
                "UPDATE contact SET phone = :number WHERE id = :id RETURNING id",
                id=self.people[who],
                number=number,
            ),
        )

    def coach_ends(self, when: str) -> None:
        """The coach coaches no more."""
        programme = self.programme
        ((email,),) = sql(programme.region, "SELECT email FROM coach WHERE id = :id", id=self.coach)
        self.will(when, lambda: coaches.end(programme.region, email, programme.now))


def _wall(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(ZoneInfo(PARIS)).replace(tzinfo=None)


class Scene(msgspec.Struct, frozen=True):
    """A short world: who does what, and what strikes it."""

    play: Callable[[Cast], None]
    away: Sequence[tuple[What, str, str]] = ()
    wrong: Sequence[tuple[str, str, float]] = ()
    strikes: Sequence[tuple[str, str, str]] = ()

    def world(self, place: Place, *strikes: Strike) -> World:
        """It, about to be played, and struck by more."""
        return World(place, self.life, self.weather(place, *strikes))

    def life(self, programme: Programme) -> list[Act]:
        """What people do in it."""
        cast = Cast(programme)
        self.play(cast)
        return cast.acts

    def weather(self, place: Place, *strikes: Strike) -> Weather:
        """What strikes it."""
        hour = dt.timedelta(hours=1)
        return Weather(
            place.clock,
            away=[Away(what, at(begins), at(ends)) for what, begins, ends in self.away],
            wrong=[Wrong(at(b), at(e), by * hour, by * hour) for b, e, by in self.wrong],
            strikes=[*strikes, *(Strike(label, fault, at(when)) for label, fault, when in self.strikes)],
        )

    def story(self, place: Place) -> Story:
        """How it goes."""
        return self.world(place).play()


def _seminar(cast: Cast) -> None:
    """A week before: Monday 22nd. The day before is Sunday: Saturday 27th. Two hours before: Monday 29th."""
    cast.opens("seminar", "15 10:00", "29 14:00")
    cast.registers("ana", "seminar", "15 11:00")


def _dialogue(cast: Cast) -> None:
    """The day before: Monday 22nd. Two hours before: Tuesday 23rd."""
    cast.opens("dialogue", "15 10:00", "23 14:00", kind="dialogue")
    cast.registers("ana", "dialogue", "15 11:00")


def _withdrawn(cast: Cast) -> None:
    _dialogue(cast)
    cast.withdraws("ana", "22 16:00")


def _moved(cast: Cast) -> None:
    _dialogue(cast)
    cast.moves("dialogue", "22 16:00", "24 10:00")


def _left(cast: Cast) -> None:
    _dialogue(cast)
    cast.leaves("ana", "dialogue", "22 16:00")


def _left_and_back(cast: Cast) -> None:
    _left(cast)
    cast.registers("ana", "dialogue", "22 16:05")


def _cancelled(cast: Cast) -> None:
    _dialogue(cast)
    cast.cancels("dialogue", "22 16:00")


def _busy_person(cast: Cast) -> None:
    """Somebody with places in three sessions within a week."""
    for day in (22, 23, 24):
        cast.opens(f"session {day}", "08 10:00", f"{day} 14:00")
        cast.registers("ana", f"session {day}", "08 11:00")


def _nobodys(cast: Cast) -> None:
    cast.opens("dialogue", "15 10:00", "23 14:00", kind="dialogue", coached=False)
    cast.registers("ana", "dialogue", "15 11:00")
    cast.registers("bea", "dialogue", "15 11:00")


def _others_first(cast: Cast) -> None:
    """A letter that has time until Saturday waits before one that has until Tuesday."""
    cast.opens("seminar", "15 10:00", "29 13:00")
    cast.registers("cleo", "seminar", "15 11:00")
    _nobodys(cast)


def _coach_ends(cast: Cast) -> None:
    _dialogue(cast)
    cast.coach_ends("23 13:10")


def _by_text_only(cast: Cast) -> None:
    cast.person("ana", [each for each in EVERYTHING if each.transport == "sms"])
    _dialogue(cast)


def _attended(cast: Cast) -> None:
    """Tuesday 23rd: ana comes, bea does not."""
    cast.opens("seminar", "08 10:00", "23 14:00")
    cast.registers("ana", "seminar", "08 11:00")
    cast.registers("bea", "seminar", "08 11:00")
    cast.sheet("seminar", "23 18:00", "ana")


def _late_sheet(cast: Cast) -> None:
    """Tuesday 23rd, and nobody says before Friday who came."""
    cast.opens("seminar", "08 10:00", "23 14:00")
    cast.registers("ana", "seminar", "08 11:00")
    cast.registers("bea", "seminar", "08 11:00")
    cast.sheet("seminar", "26 18:00", "ana")


def _wrong_number(cast: Cast) -> None:
    """Two hours before, at 12:00: the text is refused, the letter waits, and staff put the number right and send the text again."""
    _dialogue(cast)
    cast.has_number("ana", "15 12:00", "0612")
    cast.has_number("ana", "23 12:03", "+33612340000")
    cast.staff_replay("23 12:03", "sms")


def _parked_again(cast: Cast) -> None:
    _dialogue(cast)
    cast.staff_replay("22 15:00", "mail")


def _back_in_time(cast: Cast) -> None:
    """By a clock that is two hours fast the reminder of 14:00 is put in a letter at noon, and the relay is away."""
    _dialogue(cast)
    cast.leaves("ana", "dialogue", "22 12:10")
    cast.registers("ana", "dialogue", "22 12:15")


NOON: Final = "23 13:32"
"""When the hub of an eventful day is back: the only run in which something of everything is to do."""


def _eventful(cast: Cast) -> None:
    """At once: letters to two, a text, somebody without consent, a coach to tell, and what nobody coaches."""
    cast.opens("tomorrow", "15 10:00", "24 10:00", kind="dialogue")
    cast.person("cleo", [each for each in EVERYTHING if each.purpose != "sessions"])
    for who in ("ana", "bea", "cleo"):
        cast.registers(who, "tomorrow", "15 11:00")
    cast.opens("over", "15 10:00", "23 14:00", kind="dialogue")
    cast.registers("ana", "over", "15 11:00")
    cast.opens("over and nobody's", "15 10:00", "23 14:00", kind="dialogue", coached=False)
    cast.registers("bea", "over and nobody's", "15 11:00")
    cast.opens("soon", "15 10:00", "23 15:30", kind="dialogue")
    cast.person("dan", [each for each in EVERYTHING if each.transport == "sms"])
    cast.registers("dan", "soon", "15 11:00")


EVENTFUL: Final = Scene(_eventful, away=[("hub", "22 12:00", "23 13:31")])
SCENES: Final[Mapping[str, Scene]] = {
    "nothing goes wrong": Scene(_attended),
    "much is to do at once": EVENTFUL,
    "the sheet comes late": Scene(_late_sheet),
    "the hub is away for two days": Scene(_seminar, away=[("hub", "22 12:00", "24 09:30")]),
    "the hub is away until it is too late": Scene(_dialogue, away=[("hub", "22 12:00", "23 13:45")]),
    "the hub is away for a week": Scene(_busy_person, away=[("hub", "14 12:00", "21 09:30")]),
    "the hub comes back in the night": Scene(_dialogue, away=[("hub", "22 12:00", "22 21:00")]),
    "the relay comes back in the night": Scene(_dialogue, away=[("mail", "22 12:00", "22 21:00")]),
    "consent is withdrawn while a letter waits": Scene(_withdrawn, away=[("mail", "22 12:00", "22 18:00")]),
    "a session is moved while a letter waits": Scene(_moved, away=[("mail", "22 12:00", "22 18:00")]),
    "a session is cancelled while a letter waits": Scene(_cancelled, away=[("mail", "22 12:00", "22 18:00")]),
    "somebody leaves while a letter waits": Scene(_left, away=[("mail", "22 12:00", "22 18:00")]),
    "somebody comes back while a letter waits": Scene(
        _left_and_back, away=[("mail", "22 12:00", "22 18:00")]
    ),
    "a session is moved between two reminders": Scene(_moved),
    "the hub dies with a letter in its hand": Scene(
        _dialogue, strikes=[("smtp data", "die_before", "22 12:00")]
    ),
    "the hub dies when a letter is taken": Scene(_dialogue, strikes=[("smtp data", "die_after", "22 12:00")]),
    "the hub stands still with a letter in its hand": Scene(
        _dialogue, strikes=[("ledger.claim", "overtaken", "22 14:00")]
    ),
    "the relay hangs up before the end of a letter": Scene(
        _dialogue, strikes=[("smtp data", "cut_before", "22 12:00")]
    ),
    "the relay hangs up after the end of a letter": Scene(
        _dialogue, strikes=[("smtp data", "cut_after", "22 12:00")]
    ),
    "staff have sent again what is parked": Scene(
        _parked_again, strikes=[("smtp data", "cut_before", "22 12:00")]
    ),
    "staff have sent again what found another way": Scene(
        _wrong_number, strikes=[("smtp rcpt", "not_now", "23 11:00")]
    ),
    "the relay asks for time": Scene(_dialogue, strikes=[("smtp rcpt", "not_now", "22 12:00")]),
    "the relay refuses an address": Scene(_dialogue, strikes=[("smtp rcpt", "refused", "22 12:00")]),
    "the gateway is away": Scene(_by_text_only, away=[("sms", "22 12:00", "23 13:45")]),
    "the clock is set back while a letter waits": Scene(
        _dialogue, strikes=[("ledger.claim", "die_before", "22 12:59")], wrong=[("22 10:00", "22 13:01", 1)]
    ),
    "the relay is away until it is too late": Scene(_others_first, away=[("mail", "22 12:00", "24 09:00")]),
    "somebody comes back when the clock is set back": Scene(
        _back_in_time, away=[("mail", "22 11:50", "22 14:30")], wrong=[("22 09:00", "22 12:05", 2)]
    ),
    "nobody coaches": Scene(_nobodys, away=[("hub", "22 12:00", "23 13:45")]),
    "the hub dies when it has told of what nobody coaches": Scene(
        _nobodys,
        away=[("hub", "22 12:00", "23 13:45")],
        strikes=[("untold.alert", "die_after", "23 13:00")],
    ),
    "the coach's address is refused": Scene(
        _dialogue, away=[("hub", "22 12:00", "23 13:45")], strikes=[("smtp rcpt", "refused", "23 13:00")]
    ),
    "the coach ends before the letter leaves": Scene(
        _coach_ends, away=[("hub", "22 12:00", "22 18:00"), ("mail", "22 12:00", "24 18:00")]
    ),
}
