"""Whatever people do, in whatever order, and however much time passes between: what the programme promises holds after each step.

A season: three sessions with few places, five people, and a relay and a gateway that answer as they like.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from connectors.region.database import Region
from connectors.region.people import contacts
from connectors.region.publishing import replays
from connectors.region.publishing.replays import Choice
from connectors.region.sessions import untold
from connectors.region.sessions.enrolments import PROMOTED_BEFORE, Enrolment
from connectors.region.sessions.sessions import Session
from core.effects import Intent
from core.quiet import next_allowed
from core.reminders import Transport, moments
from schemas.errors import Refused
from schemas.firm import Consent
from tests.hands import sql
from tests.programme import DAY, EVERYTHING, HOUR, STARTS, Programme
from tests.reminder_rules import RULES

pytestmark = [pytest.mark.database, pytest.mark.slow]
MINUTE = dt.timedelta(minutes=1)
UNSENT = {"parked", "expired", "unreachable"}
TABLES = (
    "reminder, enrolment, registration, answer, bounce, cohort_member, session, consent, contact, firm_merge, firm, cohort, coach, "
    "effect, channel"
)
which = st.integers(0, 2)
who = st.integers(0, 4)
one = st.integers(0, 11)  # of those that there are
transports = st.sampled_from(["mail", "sms"])
spans = st.sampled_from([MINUTE, HOUR, 5 * HOUR, DAY, 3 * DAY, 6 * DAY])


class Standing(msgspec.Struct):
    """A session and its enrolments, by what they are: who waits, the longest first, who left, who has a place."""

    id: int
    state: str
    starts_at: dt.datetime
    version: int
    capacity: int
    waiting: list[int]
    gone: list[int]
    taken: list[int]


class Season(RuleBasedStateMachine):
    """Everything that people can do to the programme. Refusals are part of it: a refused step changes nothing."""

    region: ClassVar[Region]

    def __init__(self) -> None:
        super().__init__()
        for table in TABLES.split(", "):
            sql(self.region, f"DELETE FROM {table}")
        self.programme = Programme(self.region)
        coach = self.programme.coach()
        cohort = self.programme.cohort(coach)
        self.sessions = [
            self.programme.session(capacity=1, coach_id=coach),
            self.programme.session(capacity=1, coach_id=coach, starts_wall=STARTS + 2 * DAY, kind="dialogue"),
            self.programme.session(
                capacity=1, coach_id=coach, starts_wall=STARTS + 3 * DAY, kind="coaching", cohort_id=cohort
            ),
        ]
        self.people = [self.programme.person() for _ in range(5)]
        for person in self.people[:3]:  # one has a place, two wait
            self.programme.enrol(self.sessions[0], person)
            self.programme.now += MINUTE
        self.programme.enrol(self.sessions[1], self.people[0])
        self.leaving: list[tuple[Transport, int, list[Intent]]] = []
        self.told: set[int] = set()  # reminders that people received

    # What can be asked

    def enrolments(self, *states: str) -> list[Enrolment]:
        rows = sql(
            self.region,
            "SELECT id, session_id, contact_id, state, since, turn FROM enrolment WHERE state = ANY(:states) ORDER BY id",
            states=list(states) or ["registered", "waiting", "left", "present", "absent"],
        )
        return [Enrolment(*row) for row in rows]

    def standing(self) -> dict[int, Standing]:
        """Each session as it is now, by number."""
        rows = sql(
            self.region,
            "SELECT s.id, s.state, s.starts_at, s.version, s.capacity, "
            "coalesce(array_agg(e.id ORDER BY e.since, e.id) FILTER (WHERE e.state = 'waiting'), '{}'), "
            "coalesce(array_agg(e.id) FILTER (WHERE e.state = 'left'), '{}'), "
            "coalesce(array_agg(e.id) FILTER (WHERE e.state NOT IN ('waiting', 'left')), '{}') "
            "FROM session s LEFT JOIN enrolment e ON e.session_id = s.id GROUP BY s.id",
        )
        return {row.id: Standing(*row) for row in rows}

    def step(self, act: Callable[..., Any], *about: Any, **more: Any) -> bool:
        """Do it, and see that places were given as they must. Returns whether it was not refused."""
        before = self.standing()
        try:
            act(*about, **more)
        except Refused:
            assert self.standing() == before, "a refused step changes nothing"
            return False
        for number, now in self.standing().items():
            was = before[number]
            assert len(now.taken) <= max(now.capacity, len(was.taken)), "more places than there are"
            stayed = [each for each in was.waiting if each not in now.gone]
            promoted = [each for each in stayed if each in now.taken]
            assert promoted == stayed[: len(promoted)], "who waited longest is promoted first"
        return True

    def letters_of(self, kind: str, session: Session) -> list[int]:
        rows = sql(
            self.region,
            "SELECT (content ->> 'of')::bigint AS enrolment FROM effect JOIN enrolment e ON e.id = (content ->> 'of')::bigint "
            "WHERE content ->> 'kind' = :kind AND e.session_id = :session ORDER BY 1",
            kind=kind,
            session=session.id,
        )
        return [row.enrolment for row in rows]

    # What people do

    @rule(span=spans)
    def time_passes(self, span: dt.timedelta) -> None:
        self.programme.now += span

    @rule(after=st.sampled_from([-3 * HOUR, -HOUR / 2, 2 * HOUR, 20 * HOUR]), session=which)
    def it_is_the_day(self, session: int, after: dt.timedelta) -> None:
        """It is about the time of a session, unless that is over."""
        self.programme.now = max(
            self.programme.now, self.programme.read(self.sessions[session]).starts_at + after
        )

    @rule(late=st.sampled_from([0 * HOUR, HOUR, 10 * HOUR, 30 * HOUR]), send=st.booleans())
    def a_reminder_is_due(self, late: dt.timedelta, send: bool) -> None:  # noqa: FBT001
        """It is about the time of the next one."""
        ((due,),) = sql(self.region, "SELECT min(at) FROM reminder WHERE state = 'waiting'")
        self.programme.now = max(self.programme.now, due + late if due else self.programme.now)
        self.programme.queue()
        if send:
            self.minute()

    @rule(session=which, person=who)
    def enrol(self, session: int, person: int) -> None:
        self.step(self.programme.enrol, self.sessions[session], self.people[person])

    @rule(one=one)
    def leave(self, one: int) -> None:
        if some := self.enrolments("registered", "waiting"):
            self.step(self.programme.leave, some[one % len(some)])

    @rule(session=which)
    def a_place_gets_free(self, session: int) -> None:
        has = [each for each in self.enrolments("registered") if each.session_id == self.sessions[session].id]
        if has:
            self.step(self.programme.leave, has[0])

    @rule(one=one)
    def come_back(self, one: int) -> None:
        if some := self.enrolments("left"):
            back = some[one % len(some)]
            (session,) = (each for each in self.sessions if each.id == back.session_id)
            self.step(self.programme.enrol, session, back.contact_id)

    @rule(one=one, to=which)
    def transfer(self, one: int, to: int) -> None:
        if some := self.enrolments():
            self.step(self.programme.transfer, some[one % len(some)], self.sessions[to])

    @rule(one=one)
    def attend(self, one: int) -> None:
        if some := self.enrolments("registered", "absent", "waiting"):
            self.step(self.programme.attend, some[one % len(some)])

    @rule(session=which, came=st.sets(one))
    def sheet(self, session: int, came: Collection[int]) -> None:
        some = self.enrolments()
        present = [some[each % len(some)] for each in came if some]
        self.step(self.programme.sheet, self.sessions[session], *present)

    @rule(session=which, capacity=st.integers(0, 4))
    def capacity(self, session: int, capacity: int) -> None:
        self.step(self.programme.change, self.sessions[session], capacity=capacity)

    @rule(session=which, span=st.sampled_from([-DAY, HOUR, DAY, 7 * DAY]))
    def move(self, session: int, span: dt.timedelta) -> None:
        self._tell_all(session, "moved", self.programme.change, starts_wall=self._wall(session) + span)

    def _wall(self, session: int) -> dt.datetime:
        return self.programme.read(self.sessions[session]).starts_wall

    @rule(session=which)
    def cancel(self, session: int) -> None:
        if self.programme.read(self.sessions[session]).state == "open":
            self._tell_all(session, "cancelled", self.programme.cancel)

    def _tell_all(self, session: int, kind: str, act: Callable[..., Session], **how: Any) -> None:
        """Whoever takes part or waits has one letter more."""
        held = self.sessions[session]
        standing = self.standing()[held.id]
        told = [*standing.waiting, *standing.taken]
        before = self.letters_of(kind, held)
        if self.step(act, held, **how):
            assert self.letters_of(kind, held) == sorted([*before, *told])

    @rule(person=who, wanted=st.sets(st.sampled_from(EVERYTHING)))
    def prefer(self, person: int, wanted: Collection[Consent]) -> None:
        contacts.prefer(self.region, self.people[person], wanted, "preferences", self.programme.now)

    @rule(person=who)
    def agree_to_everything(self, person: int) -> None:
        contacts.prefer(self.region, self.people[person], EVERYTHING, "preferences", self.programme.now)

    # What the hub does

    @rule()
    def queue(self) -> None:
        self.programme.queue()
        assert self.programme.queue().going == 0

    @rule()
    def close(self) -> None:
        self.programme.close()

    @rule(transport=transports)
    def claim(self, transport: Transport) -> None:
        self.leaving.append((transport, *self.programme.post.claim(transport, 2)))

    @rule(transport=transports, answer=st.sampled_from(["done", "done", "rejected", "retry", "unknown"]))
    def deliver(self, transport: Transport, answer: Any) -> None:
        if not self.leaving:
            self.claim(transport)
        transport, lease, intents = self.leaving.pop(0)
        post = self.programme.post
        post.answers[transport] = answer
        post.receive(lease, [post.deliver(transport, intent) for intent in intents])
        self._look_at_what_was_told()

    @rule()
    def minute(self) -> None:
        self.programme.post.answers = dict.fromkeys(("mail", "sms"), "done")
        self.programme.minute()
        self._look_at_what_was_told()

    @rule(transport=transports, cause=st.sampled_from([None, "moot"]))
    def staff_send_again_what_was_refused(self, transport: Transport, cause: str | None) -> None:
        replays.failed(self.region, Choice(channel=transport, cause=cause), dry=False)

    @rule()
    def tell_coaches(self) -> None:
        untold.tell_coaches(self.region, self.programme.now)

    def _look_at_what_was_told(self) -> None:
        """Nothing is told twice; what was told just now was due, true and agreed to."""
        post = self.programme.post
        told = [number for letters in post.told.values() for letter in letters for number in letter]
        assert len(told) == len(set(told))
        fresh, self.told = set(told) - self.told, set(told)
        by = {number: way for way, letters in post.told.items() for letter in letters for number in letter}
        for row in sql(
            self.region,
            "SELECT r.id, r.rule, r.at, r.until, r.version, s.version AS current, s.state, e.state AS attendance, "
            "(SELECT array_agg(purpose || ' ' || transport) FROM consent k WHERE k.contact_id = r.contact_id "
            "AND k.withdrawn_at IS NULL) AS agreed FROM reminder r JOIN session s ON s.id = r.session_id "
            "JOIN enrolment e ON e.id = r.enrolment_id WHERE r.id = ANY(:ids)",
            ids=list(fresh),
        ):
            assert row.at <= self.programme.now < row.until
            assert (row.version, row.state) == (row.current, "open")
            (purpose,) = (each.purpose for each in RULES if each.name == row.rule)
            assert f"{purpose} {by[row.id]}" in row.agreed
            assert row.attendance in {
                "thanks": {"present"},
                "missed": {"absent"},
                "twice": {"absent"},
                "never": {"absent"},
            }.get(row.rule, {"registered", "present", "absent"})

    # What holds after each step

    @invariant()
    def nobody_waits_while_a_place_is_free(self) -> None:
        for each in self.standing().values():
            if each.state == "open" and each.starts_at - PROMOTED_BEFORE > self.programme.now:
                assert not each.waiting or len(each.taken) >= each.capacity

    @invariant()
    def no_reminder_waits_for_what_is_over(self) -> None:
        """Nor is any in a letter that nobody has begun to send."""
        assert not sql(
            self.region,
            "SELECT r.* FROM reminder r JOIN session s ON s.id = r.session_id JOIN enrolment e ON e.id = r.enrolment_id "
            "LEFT JOIN effect f ON f.id = r.effect_id WHERE (r.state = 'waiting' OR (r.state = 'queued' AND f.state = 'planned')) "
            "AND (s.state = 'cancelled' OR r.version <> s.version OR e.state IN ('left', 'waiting'))",
        )

    @invariant()
    def each_place_is_reminded_of_by_each_rule_once(self) -> None:
        for each in self.sessions:
            session = self.programme.read(each)
            if session.state != "open" or session.starts_at <= self.programme.now:
                continue
            for row in sql(
                self.region,
                "SELECT e.id, e.armed_at, array_agg(array[r.rule, r.at::text, r.until::text]) AS made FROM enrolment e "
                "LEFT JOIN reminder r ON r.enrolment_id = e.id AND r.version = :version AND r.state <> 'void' "
                "WHERE e.session_id = :id AND e.state = 'registered' GROUP BY e.id",
                id=session.id,
                version=session.version,
            ):
                made = [(name, _read(at), _read(until)) for name, at, until in row.made if name]
                assert len(made) == len({name for name, *_ in made})
                wanted = {(m.rule, m.at, m.until) for m in moments(RULES, session.timed, row.armed_at)}
                assert wanted <= set(made)

    @invariant()
    def each_turn_begins_with_one_letter(self) -> None:
        rows = sql(
            self.region,
            "SELECT e.id, e.turn, count(*) FILTER (WHERE f.content ->> 'kind' IN ('registered', 'waiting')) AS begun, "
            "count(*) FILTER (WHERE f.content ->> 'kind' = 'promoted') AS promoted FROM enrolment e LEFT JOIN effect f "
            "ON (f.content ->> 'of')::bigint = e.id AND f.content ->> 'kind' IN ('registered', 'waiting', 'promoted') GROUP BY e.id",
        )
        for row in rows:
            assert row.begun == row.turn
            assert row.promoted <= row.turn

    def teardown(self) -> None:
        """In the end each reminder is sent, or parked, or ended, and each coach knows of what was not sent, once."""
        if not hasattr(self, "programme"):
            return
        while self.leaving:
            self.deliver("mail", "done")
        for transport in ("mail", "sms"):
            self.programme.post.give_up(transport)
        self._play_to_the_end()
        self.programme.now = next_allowed(self.programme.now + 400 * DAY)
        self.minute()
        untold.tell_coaches(self.region, self.programme.now)
        assert untold.tell_coaches(self.region, self.programme.now) == 0
        rows = sql(self.region, "SELECT id, state, told_at FROM reminder")
        assert {row.state for row in rows} <= {"sent", "parked", "void", "expired", "refused", "unreachable"}
        told = sql(
            self.region,
            "SELECT (jsonb_array_elements(content -> 'reminders'))::bigint AS id FROM effect WHERE content ->> 'kind' = 'untold'",
        )
        assert max(Counter(row.id for row in told).values(), default=1) == 1
        assert {row.id for row in rows if row.state in UNSENT} <= {row.id for row in told}

    def _play_to_the_end(self) -> None:
        """The hub runs on, at each moment of a reminder; every second person comes. Nothing that was to come is missed."""
        to_come = {
            row.id
            for row in sql(self.region, "SELECT id FROM reminder WHERE at >= :now", now=self.programme.now)
        }
        self.minute()
        while due := self._next_moment():
            self.programme.now = max(self.programme.now, due)
            for number, held in self.standing().items():
                if held.state == "open" and held.starts_at < self.programme.now:
                    (session,) = (each for each in self.sessions if each.id == number)
                    some = [
                        each for each in self.enrolments("registered", "present") if each.session_id == number
                    ]
                    self.programme.sheet(
                        session, *(each for each in some if each.id % 2 or each.state == "present")
                    )
            self.minute()
        expired = {row.id for row in sql(self.region, "SELECT id FROM reminder WHERE state = 'expired'")}
        assert not expired & to_come

    def _next_moment(self) -> dt.datetime | None:
        """When the next reminder is due; those that are, and that nobody can send any more, are left."""
        statement = "SELECT min(at) AS due FROM reminder WHERE state = 'waiting' AND at > :now"
        due: dt.datetime | None = sql(self.region, statement, now=self.programme.now)[0].due
        return due


def _read(moment: str) -> dt.datetime:
    return dt.datetime.fromisoformat(moment)


def test_whatever_people_do_what_is_promised_holds(region: Region) -> None:
    Season.region = region
    run_state_machine_as_test(
        Season,
        settings=settings(
            max_examples=15,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
