"""The truth: what people received and what the hub says of it, against what should be.

Belongs here: one function a clause, each giving the differences in words. Does not: how the world got there (world.py), or whether a
letter was right when it was written (witness.py).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from core.quiet import next_allowed
from core.reminders import Rule
from tests.world.reminders import telling
from tests.world.reminders.post import Arrival
from tests.world.reminders.stage import Place

ENDED: Final = ("sent", "void", "refused", "expired", "unreachable", "parked")
MINUTE: Final = dt.timedelta(minutes=1)
UNSENT: Final = ("expired", "unreachable", "parked")
_ROWS: Final = """
    SELECT r.id, r.enrolment_id AS enrolment, r.contact_id AS contact, r.session_id AS session, r.rule, r.version, r.at, r.until,
        r.state, r.why, r.told_at, r.tried, r.changed_at, f.channel, f.subject, f.state AS effect, s.version AS current, s.state AS held, s.coach_id AS coach,
        e.state AS attendance, e.since, c.erased_at, c.email IS NOT NULL AND c.mail_stopped IS NULL AS mail,
        c.phone IS NOT NULL AND c.sms_stopped IS NULL AS sms,
        EXISTS (SELECT FROM world.history h WHERE h.reminder = r.id AND h.state = 'queued') AS was_queued,
        (SELECT count(DISTINCT h.told_at) FROM world.history h WHERE h.reminder = r.id) AS tellings
    FROM public.reminder r JOIN public.session s ON s.id = r.session_id JOIN public.enrolment e ON e.id = r.enrolment_id
        JOIN public.contact c ON c.id = r.contact_id LEFT JOIN public.effect f ON f.id = r.effect_id ORDER BY r.id
"""


class Case(msgspec.Struct, frozen=True):
    """What the clauses judge: the reminders ``rows`` by id, all ``arrivals``, and when nothing disturbed the hub.

    ``naming`` has, by reminder, the arrivals that tell of it; ``covering`` those whose effect it had. ``again``: effects that staff
    have had sent again.
    """

    place: Place
    rows: Mapping[int, Any]
    arrivals: Sequence[Arrival]
    calm: Sequence[tuple[dt.datetime, dt.datetime]]
    naming: Mapping[int, Sequence[Arrival]]
    covering: Mapping[int, Sequence[Arrival]]
    again: Collection[str]

    def is_again(self, arrival: Arrival) -> bool:
        """Whether staff have had it sent again, knowing that it may arrive twice."""
        return f"{arrival.transport} {arrival.subject}" in self.again

    def rule(self, row: Any) -> Rule:
        """The rule of a reminder."""
        return self.place.rules[row.rule]

    def name(self, row: Any) -> str:
        """A reminder as the differences name it."""
        return f"reminder {row.id} ({row.rule} of session {row.session} v{row.version} to {row.contact}, due {row.at:%m-%d %H:%M})"


def seen(place: Place, calm: Sequence[tuple[dt.datetime, dt.datetime]] = ()) -> Case:
    """What there is to judge now."""
    rows = {row.id: row for row in place.rows(_ROWS)}
    arrivals = place.post.arrivals()
    naming, covering = defaultdict(list), defaultdict(list)
    for arrival in arrivals:
        for number in rows.keys() & set(arrival.seen.reminders):
            naming[number].append(arrival)
        for number in rows.keys() & set(arrival.seen.covered):
            covering[number].append(arrival)
    again = {
        f"{row.channel} {row.subject}" for row in place.rows("SELECT channel, subject FROM world.replayed")
    }
    return Case(place, rows, arrivals, calm, naming, covering, again)


def differences(case: Case, *, quiet: bool = True) -> list[str]:
    """Everything that is not as it should be, clause by clause; ``quiet``: also what must be so once all is over."""
    always: tuple[Callable[[Case], Iterator[str]], ...] = (
        _kept,
        _never_twice,
        _sent,
        _unsent,
        _right,
        _one_message,
    )
    over: tuple[Callable[[Case], Iterator[str]], ...] = (
        _ended,
        _in_vain,
        _needless,
        _refused,
        _unreachable,
        telling.told,
        telling.moved,
    )
    return [difference for clause in (*always, *(over if quiet else ())) for difference in clause(case)]


def _kept(case: Case) -> Iterator[str]:
    """No reminder that was ever called for is gone."""
    for (number,) in case.place.rows("SELECT id FROM world.armed"):
        if number not in case.rows:
            yield f"reminder {number} is gone from the table"


def _never_twice(case: Case) -> Iterator[str]:
    """Nobody received an effect twice, nor a reminder of the same session, rule and version."""
    once = Counter(f"{each.transport} {each.subject}" for each in case.arrivals if not case.is_again(each))
    for name, times in once.items():
        if times > 1:
            yield f"{name} arrived {times} times"
    for number, arrivals in case.naming.items():
        if len(arrivals) > max(1, sum(map(case.is_again, arrivals))):
            effects = ", ".join(f"{each.transport} {each.subject}" for each in arrivals)
            yield f"{case.name(case.rows[number])} arrived {len(arrivals)} times: {effects}"


def _sent(case: Case) -> Iterator[str]:
    """What is sent, somebody received: a letter that tells of that session."""
    for row in case.rows.values():
        if row.state == "sent" and not any(_tells(case, row, each) for each in case.covering.get(row.id, ())):
            yield f"{case.name(row)} is sent, and no letter of {row.channel} {row.subject} that tells of its session arrived"


def _tells(case: Case, row: Any, arrival: Arrival) -> bool:
    if (arrival.transport, arrival.subject) != (row.channel, row.subject):
        return False
    return row.session in {
        case.rows[number].session for number in case.rows.keys() & set(arrival.seen.reminders)
    }


def _unsent(case: Case) -> Iterator[str]:
    """What somebody received is sent, or on its way to be; or nobody can know, and it is parked."""
    for number, arrivals in case.naming.items():
        row = case.rows[number]
        if row.state not in {"sent", "parked"} and (row.state != "queued" or row.effect == "planned"):
            yield f"{case.name(row)} is {row.state}, and arrived by {arrivals[-1].transport} {arrivals[-1].subject}"


def _right(case: Case) -> Iterator[str]:
    """Every letter was right when it was written, and names the sessions that it is about."""
    for arrival in case.arrivals:
        for flaw in arrival.seen.flaws:
            yield f"{arrival.transport} {arrival.subject} to {arrival.to} at {arrival.seen.at:%m-%d %H:%M}: {flaw}"


def _one_message(case: Case) -> Iterator[str]:
    """One run sends one person one message; two only where no transport may carry both."""
    of: dict[tuple[int, int], list[Arrival]] = defaultdict(list)
    for arrival in case.arrivals:
        if arrival.seen.kind == "reminder" and not case.is_again(arrival):
            of[arrival.seen.tick, arrival.seen.of].append(arrival)
    for (tick, contact), arrivals in of.items():
        by = Counter(each.transport for each in arrivals)
        if max(by.values()) > 1:
            yield f"person {contact} received {dict(by)} messages of run {tick}"


def _ended(case: Case) -> Iterator[str]:
    """Every reminder came to an end."""
    for row in case.rows.values():
        if row.state not in ENDED:
            yield f"{case.name(row)} did not end, but is {row.state} ({row.effect})"


def _in_vain(case: Case) -> Iterator[str]:
    """What is void is untrue: nothing is dropped without a reason that can be seen."""
    left = {row.enrolment for row in case.place.rows("SELECT enrolment FROM world.departed")}
    for row in case.rows.values():
        if row.state != "void" or row.held != "open" or row.version != row.current:
            continue
        if row.enrolment in left or row.erased_at or not _spoken_to(case.rule(row), row):
            continue
        yield f"{case.name(row)} is void, and nothing is untrue of it: {row.why}"


def _spoken_to(rule: Rule, row: Any) -> bool:
    """Whether a rule certainly speaks to somebody."""
    return rule.audience in {"registered", row.attendance}


def _needless(case: Case) -> Iterator[str]:
    """What is too late could not be sent: the hub was never undisturbed while it could, and was known to be for them."""
    for row in case.rows.values():
        if row.state != "expired" or row.was_queued:
            continue
        is_before = case.rule(row).is_before
        if not is_before and row.attendance not in {"present", "absent"}:
            continue
        known = row.at if is_before else max(row.at, row.since)
        for begins, ends in case.calm:
            could = next_allowed(max(begins, known)) + MINUTE
            if could < min(ends, row.until):
                yield f"{case.name(row)} is expired, and at {could:%m-%d %H:%M} it could have been sent"
                break


_CONSENTS: Final = "SELECT contact_id, purpose, transport, given_at, withdrawn_at FROM public.consent"


def _refused(case: Case) -> Iterator[str]:
    """What is refused was refused for a reason that is kept, and that was true: no consent covered it then."""
    held = defaultdict(list)
    for row in case.place.rows(_CONSENTS):
        held[row.contact_id, row.purpose, row.transport].append(row)
    for row in case.rows.values():
        if row.state != "refused":
            continue
        if not row.why:
            yield f"{case.name(row)} is refused, and nobody knows why"
        rule = case.rule(row)
        for transport in rule.transports:
            for each in held[row.contact, rule.purpose, transport]:
                if each.given_at <= row.changed_at and (
                    each.withdrawn_at is None or each.withdrawn_at > row.changed_at
                ):
                    yield f"{case.name(row)} is refused, and consent to {rule.purpose} by {transport} covered it"


def _unreachable(case: Case) -> Iterator[str]:
    """Whom nothing reaches has no address that works and that was not tried, by any transport that they agree to."""
    rows = case.place.rows(f"{_CONSENTS} WHERE withdrawn_at IS NULL")
    agreed = {(row.contact_id, row.purpose, row.transport) for row in rows}
    for row in case.rows.values():
        if row.state != "unreachable" or row.erased_at:
            continue
        rule = case.rule(row)
        for transport in rule.transports:
            able = getattr(row, transport) and (row.contact, rule.purpose, transport) in agreed
            if able and transport not in row.tried:
                yield f"{case.name(row)} is unreachable, and {transport} was not tried"
