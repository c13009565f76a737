"""Reminders: one row each, from the registration that calls for it to what became of it.

Belongs here: statements on ``reminder``. Does not: when one is due (core/reminders.py), whether it may go (core/judging.py), what
it says (connectors/mail), or telling coaches (untold.py).

What is due is found by its moment alone, never by the tick of a clock: after an outage of a week the rows are still there. A
reminder and the effect that carries it are one commit, so it is in exactly one letter. While that letter has not begun to leave,
what becomes due for the same person joins it: one message a person, not a storm.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.ledger import letters, once
from connectors.region.sessions.sessions import Session
from core.catch_up import Due
from core.judging import Facts, Verdict, carrier, judge
from core.quiet import is_quiet
from core.reminders import Rule, Transport, moments
from schemas.letters import ProgrammeLetter

PERSONS: Final = 500  # that one transaction sees to
Rules = Mapping[str, Rule]


def named(rules: Iterable[Rule]) -> Rules:
    """The rules by their names."""
    return {rule.name: rule for rule in rules}


def arm(
    connection: Connection,
    rules: Sequence[Rule],
    session: Session,
    enrolled: Sequence[tuple[int, int]],
    now: dt.datetime,
) -> int:
    """Have people reminded of a locked session: (enrolment, contact) of each who has a place since ``now``. Returns how many reminders."""
    due = moments(rules, session.timed, now)
    if not (due and enrolled):
        return 0
    return connection.execute(
        text(
            "INSERT INTO reminder (enrolment_id, contact_id, session_id, rule, version, at, until, changed_at) "
            "SELECT e.enrolment, e.contact, :session, d.rule, :version, d.at, d.until, :now "
            "FROM unnest(cast(:enrolments AS bigint[]), cast(:contacts AS bigint[])) AS e (enrolment, contact), "
            "unnest(cast(:rules AS text[]), cast(:ats AS timestamptz[]), cast(:untils AS timestamptz[])) AS d (rule, at, until) "
            "ON CONFLICT (enrolment_id, rule, version) DO UPDATE SET at = excluded.at, until = excluded.until, state = 'waiting', "
            "why = NULL, effect_id = NULL, tried = '[]', changed_at = :now WHERE reminder.state = 'void'"  # they left and came back
        ),
        {
            "session": session.id,
            "version": session.version,
            "enrolments": [enrolment for enrolment, _ in enrolled],
            "contacts": [contact for _, contact in enrolled],
            "rules": [moment.rule for moment in due],
            "ats": [moment.at for moment in due],
            "untils": [moment.until for moment in due],
            "now": now,
        },
    ).rowcount


def void(
    connection: Connection,
    why: str,
    *,
    session: int | None = None,
    enrolment: int | None = None,
    contact: int | None = None,
) -> int:
    """End what is not true any more and has not begun to leave, of a session, an enrolment or a person. Returns how many reminders.

    A letter whose reminders all end so says nothing and is not sent; one that is leaving cannot be called back.
    """
    held = connection.scalars(  # in the order in which ``queue`` locks them
        text(
            "SELECT id FROM reminder WHERE (session_id = :session OR enrolment_id = :enrolment OR contact_id = :contact) "
            "AND state IN ('waiting', 'queued') ORDER BY id FOR UPDATE"
        ),
        {"session": session, "enrolment": enrolment, "contact": contact},
    ).all()
    # Another statement, for it sees the letters that ``queue`` put some of them in while this one waited for it.
    return connection.execute(
        text(
            "UPDATE reminder r SET state = 'void', why = :why, changed_at = now() WHERE r.id = ANY(:ids) AND (r.state = 'waiting' "
            "OR EXISTS (SELECT FROM effect e WHERE e.id = r.effect_id AND e.state = 'planned'))"
        ),
        {"why": why, "ids": list(held)},
    ).rowcount


# A reminder with all that judges it. Every look-up goes by a key of its own row, so it costs the same however long the history is:
# OFFSET 0 keeps PostgreSQL from joining whole tables where it takes the reminders for many. Who missed what is asked of absent people only.
FACTS: Final = """
    SELECT r.id, r.state, r.contact_id, r.enrolment_id, r.session_id, r.rule, r.at, r.until, r.version, r.tried, r.turn, s.version AS current,
        s.starts_at, s.ends_at,
        s.state = 'cancelled' AS cancelled, e.state AS attendance,
        coalesce(c.email IS NOT NULL AND c.mail_stopped IS NULL, false) AS mail,
        coalesce(c.phone IS NOT NULL AND c.sms_stopped IS NULL, false) AS sms,
        (SELECT coalesce(jsonb_agg(jsonb_build_array(k.purpose, k.transport)), '[]') FROM consent k
            WHERE k.contact_id = r.contact_id AND k.withdrawn_at IS NULL) AS consents,
        CASE WHEN e.state = 'absent' THEN coalesce((SELECT e2.state = 'absent' FROM enrolment e2 JOIN session s2 ON s2.id = e2.session_id
            WHERE e2.contact_id = r.contact_id AND s2.cohort_id = s.cohort_id AND s2.starts_at < s.starts_at
            AND s2.state = 'open' AND e2.state IN ('present', 'absent')
            ORDER BY s2.starts_at DESC LIMIT 1), false) ELSE false END AS missed_before,
        CASE WHEN e.state = 'absent' THEN EXISTS (SELECT FROM contact c3 JOIN enrolment e3 ON e3.contact_id = c3.id
            WHERE (c3.id = r.contact_id OR c3.firm_id = c.firm_id) AND e3.state = 'present') ELSE false END AS ever_came
    FROM reminder r,
        LATERAL (SELECT state FROM enrolment WHERE id = r.enrolment_id OFFSET 0) e,
        LATERAL (SELECT version, starts_at, ends_at, state, cohort_id FROM session WHERE id = r.session_id OFFSET 0) s,
        LATERAL (SELECT firm_id, email, phone, mail_stopped, sms_stopped FROM contact WHERE id = r.contact_id OFFSET 0) c
    WHERE r.id = ANY(:ids) ORDER BY r.id
"""


def _judged(
    connection: Connection, rules: Rules, locked: Collection[int], now: dt.datetime
) -> tuple[Sequence[Any], dict[int, Verdict]]:
    """Locked reminders with all that judges them, read now that nobody else changes them, and the verdict on each."""
    rows = connection.execute(text(FACTS), {"ids": list(locked)}).all()
    return rows, {row.id: judge(rules.get(row.rule), _facts(row), now) for row in rows}


def _facts(row: Any) -> Facts:
    return Facts(
        until=row.until,
        version=row.version,
        current=row.current,
        cancelled=row.cancelled,
        attendance=row.attendance,
        missed_before=row.missed_before,
        ever_came=row.ever_came,
        consents={(purpose, transport) for purpose, transport in row.consents},
        addresses=_able(row),
        tried=row.tried,
    )


def _able(row: Any) -> list[Transport]:
    ways: tuple[tuple[Transport, bool], ...] = (("mail", row.mail), ("sms", row.sms))
    return [transport for transport, there in ways if there]


class Queued(msgspec.Struct):
    """What became of the reminders that were due, in reminders; and how many ``messages`` carry those that go."""

    going: int = 0
    messages: int = 0
    void: int = 0
    expired: int = 0
    refused: int = 0
    unreachable: int = 0

    def add(self, states: Iterable[str]) -> None:
        """Count more of them."""
        for state, number in Counter(states).items():
            setattr(self, state, getattr(self, state) + number)


def queue(region: Region, rules: Rules, now: dt.datetime) -> Queued:
    """Put every reminder that is due in a letter, or end it: at most one letter a person. Safe beside others doing the same.

    In quiet hours nothing goes; what is too late by then ends all the same, and so does what waits in a letter that cannot leave.
    """
    done = Queued()
    _end_late(region, rules, now, done)
    while _queue_some(region, rules, now, done):
        pass
    return done


# Whose turn it is. What waits to be known (who came) and is not too late would be seen again each minute: it is not even looked at.
DUE: Final = (
    "SELECT r.contact_id FROM reminder r, LATERAL (SELECT state FROM enrolment WHERE id = r.enrolment_id OFFSET 0) e "
    "WHERE r.state = 'waiting' AND r.at <= :now "
    "AND (r.until <= :now OR e.state <> 'registered' OR NOT r.rule = ANY(:later)) AND (r.until <= :now OR :open) "
    "ORDER BY r.at LIMIT :persons"
)


def whose_turn(connection: Connection, rules: Rules, now: dt.datetime) -> list[int]:
    """People of whom a reminder is due, the longest first, ``PERSONS`` at most; nobody else queues for them until this transaction ends."""
    due = connection.scalars(
        text(DUE),
        {
            "now": now,
            "later": [rule.name for rule in rules.values() if rule.audience != "registered"],
            "open": not is_quiet(now),
            "persons": PERSONS,
        },
    ).all()
    # NO KEY: whoever gives one of them a place refers to their row, and need not wait.
    return list(
        connection.scalars(
            text("SELECT id FROM contact WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"),
            {"ids": sorted(set(due))},
        )
    )


def judge_due(
    connection: Connection, rules: Rules, persons: Sequence[int], now: dt.datetime
) -> tuple[Sequence[Any], dict[int, Verdict]]:
    """What is due of these people, locked, with the verdict on each."""
    due = connection.scalars(
        text(
            "SELECT id FROM reminder WHERE contact_id = ANY(:persons) AND state = 'waiting' AND at <= :now ORDER BY id FOR UPDATE"
        ),
        {"persons": list(persons), "now": now},
    ).all()
    return _judged(connection, rules, due, now)


def _queue_some(region: Region, rules: Rules, now: dt.datetime, done: Queued) -> int:
    with region.begin() as connection:
        persons = whose_turn(connection, rules, now)
        if not persons:
            return 0
        rows, verdicts = judge_due(connection, rules, persons, now)
        _end(connection, verdicts, now)
        done.add(verdict.state for verdict in verdicts.values() if verdict.state not in {"go", "wait"})
        if not is_quiet(now):
            going = [row for row in rows if verdicts[row.id].state == "go"]
            done.going += len(going)
            done.messages += _carry(connection, going, verdicts, now)
    return len(persons)


def _end_late(region: Region, rules: Rules, now: dt.datetime, done: Queued) -> None:
    """End what is too late in letters that nobody has begun to send: a relay that is away keeps no coach from knowing."""
    with region.begin() as connection:
        late = connection.scalars(
            text(
                "SELECT r.id FROM reminder r JOIN effect f ON f.id = r.effect_id WHERE r.state = 'queued' AND f.state = 'planned' "
                "AND r.until <= :now ORDER BY r.id FOR UPDATE OF r, f SKIP LOCKED"
            ),
            {"now": now},
        ).all()
        _, verdicts = _judged(connection, rules, late, now)
        _end(connection, verdicts, now)
        done.add(verdict.state for verdict in verdicts.values())


def _end(connection: Connection, verdicts: Mapping[int, Verdict], now: dt.datetime) -> None:
    """Write down which reminders are over, and why."""
    ended = {number: each for number, each in verdicts.items() if each.state not in {"go", "wait"}}
    connection.execute(
        text(
            "UPDATE reminder r SET state = w.state, why = w.why, changed_at = :now FROM unnest(cast(:ids AS bigint[]), "
            "cast(:states AS text[]), cast(:whys AS text[])) AS w (id, state, why) WHERE r.id = w.id"
        ),
        {
            "ids": list(ended),
            "states": [each.state for each in ended.values()],
            "whys": [each.why for each in ended.values()],
            "now": now,
        },
    )


def _carry(
    connection: Connection, going: Sequence[Any], verdicts: Mapping[int, Verdict], now: dt.datetime
) -> int:
    """Put each in a letter: one that has not begun to leave, or a new one. Returns how many letters are new."""
    of: dict[tuple[int, Transport], list[int]] = defaultdict(list)
    due = Counter(row.contact_id for row in going)
    for row in going:
        transport = _transport(connection, row.contact_id, verdicts[row.id], alone=due[row.contact_id] == 1)
        of[row.contact_id, transport].append(row.id)
    new: dict[Transport, dict[str, ProgrammeLetter]] = defaultdict(dict)
    carried: dict[int, int] = {}
    turns = {row.id: row.turn for row in going}
    for (contact, transport), numbers in of.items():
        waiting = _join(connection, contact, transport, numbers)
        if waiting is None:
            subject = f"reminder.{numbers[0]}.{turns[numbers[0]]}"
            letter = ProgrammeLetter("reminder", contact, subject=subject, reminders=tuple(numbers))
            new[transport][subject] = letter
        else:
            carried.update(dict.fromkeys(numbers, waiting))
    for transport, wanted in new.items():
        effects = letters.write(connection, wanted, transport)
        for subject, letter in wanted.items():
            carried.update(dict.fromkeys(letter.reminders, effects[subject]))
    connection.execute(
        text(
            "UPDATE reminder r SET state = 'queued', effect_id = w.effect, turn = r.turn + 1, why = NULL, changed_at = :now "
            "FROM unnest(cast(:ids AS bigint[]), cast(:effects AS bigint[])) AS w (id, effect) WHERE r.id = w.id"
        ),
        {"ids": list(carried), "effects": list(carried.values()), "now": now},
    )
    return sum(map(len, new.values()))


def _transport(connection: Connection, contact: int, verdict: Verdict, *, alone: bool) -> Transport:
    """What carries a reminder of this person: in an SMS that still waits to leave there is no room for another, either."""
    transport = carrier(verdict, alone=alone)
    if alone and transport == "sms" and _waiting_letter(connection, contact, transport) is not None:
        return carrier(verdict, alone=False)
    return transport


def _join(connection: Connection, contact: int, transport: Transport, numbers: Sequence[int]) -> int | None:
    """Have a letter to this person that nobody has begun to send tell of these, too. Returns its effect, None when there is none."""
    row = _waiting_letter(connection, contact, transport)
    if row is None:
        return None
    before = msgspec.json.decode(row.content, type=ProgrammeLetter)
    told = dict.fromkeys((*before.reminders, *numbers))  # each once, in order: who left may have come back
    letter = msgspec.structs.replace(before, reminders=tuple(told))
    once.rewrite(connection, row.id, msgspec.json.encode(letter))
    return int(row.id)


def _waiting_letter(connection: Connection, contact: int, transport: Transport) -> Any | None:
    """The effect of a letter to this person that nobody has begun to send, and nobody begins until this transaction ends."""
    return connection.execute(
        text(
            "SELECT e.id, e.content::text AS content FROM effect e WHERE e.channel = :channel AND e.state = 'planned' AND e.id IN "
            "(SELECT effect_id FROM reminder WHERE contact_id = :contact AND state = 'queued') "
            "ORDER BY e.id LIMIT 1 FOR UPDATE OF e SKIP LOCKED"
        ),
        {"channel": transport, "contact": contact},
    ).one_or_none()


class Closed(msgspec.Struct):
    """What came of letters, in reminders: ``again`` by another transport, since the first refused."""

    sent: int = 0
    parked: int = 0
    again: int = 0
    void: int = 0


def close(region: Region, now: dt.datetime) -> Closed:
    """Write down what became of the letters that carried reminders."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "UPDATE reminder r SET changed_at = :now, state = w.next, "
                "tried = CASE WHEN w.next = 'waiting' THEN r.tried || to_jsonb(w.channel) ELSE r.tried END, "
                "effect_id = CASE WHEN w.next = 'waiting' THEN NULL ELSE r.effect_id END, why = w.error "
                "FROM (SELECT r.id, e.channel, e.error, CASE WHEN e.state = 'done' THEN 'sent' WHEN e.state = 'parked' THEN 'parked' "
                "WHEN e.cause IN ('moot', 'consent') THEN 'void' ELSE 'waiting' END AS next FROM reminder r JOIN effect e ON e.id = r.effect_id "
                "WHERE (r.state = 'queued' AND e.state IN ('done', 'parked', 'rejected')) OR (r.state = 'parked' AND e.state = 'done') "
                "ORDER BY r.id FOR UPDATE OF r SKIP LOCKED) w WHERE r.id = w.id RETURNING r.state"
            ),
            {"now": now},
        )
        counts = Counter(row.state for row in rows)
    return Closed(counts["sent"], counts["parked"], counts["waiting"], counts["void"])


class Live(msgspec.Struct, frozen=True):
    """A reminder that its letter may tell of, and the enrolment that it is about."""

    due: Due
    enrolment: int


def live(
    region: Region, rules: Rules, transport: Transport, letter: ProgrammeLetter, now: dt.datetime
) -> list[Live]:
    """What a letter that is about to leave may still tell of. What it may not ends here, or waits for another letter.

    A reminder is told by the letter whose effect it names, and by no other that lists it: one that found another letter meanwhile
    (its first transport refused, say) is that one's alone, also when staff have the first sent again. What is parked and staff have
    sent again is judged like any other, but where it may not go it stays parked: nobody knows whether it went before. What was
    due is due: no clock that was set back since undoes it.
    """
    with region.begin() as connection:
        locked = connection.scalars(
            text(
                "SELECT id FROM reminder WHERE id = ANY(:ids) AND state IN ('queued', 'parked') AND effect_id = "
                "(SELECT id FROM effect WHERE channel = :channel AND subject = :subject) ORDER BY id FOR UPDATE"
            ),
            {"ids": list(letter.reminders), "channel": transport, "subject": letter.subject},
        ).all()
        rows, verdicts = _judged(connection, rules, locked, now)
        told = [row for row in rows if transport in verdicts[row.id].transports]
        not_told = {row.id: verdicts[row.id] for row in rows if row not in told and row.state == "queued"}
        _end(connection, not_told, now)
        put_off = [number for number, verdict in not_told.items() if verdict.state in {"go", "wait"}]
        connection.execute(
            text(
                "UPDATE reminder SET state = 'waiting', effect_id = NULL, changed_at = :now WHERE id = ANY(:ids)"
            ),
            {"ids": put_off, "now": now},
        )
    return [
        Live(
            Due(
                r.id,
                r.rule,
                r.session_id,
                r.starts_at,
                r.ends_at,
                min(r.at, now),
                r.until,
                rules[r.rule].rank,
            ),
            r.enrolment_id,
        )
        for r in told
    ]
