"""Telling: that coaches know what was not sent, and people what was moved, once.

Belongs here: the clauses of the truth that are about other letters than reminders. Does not: reminders (truth.py).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.world.reminders.post import Arrival
    from tests.world.reminders.truth import Case

UNSENT: Final = ("expired", "unreachable", "parked")
_OVER: Final = re.compile(r"has begun|are (present|absent) by now")
_NUMBER: Final = re.compile(r"\A([0-9]+) people were not reminded")
_TELLING: Final = """
    SELECT f.id, f.subject, f.state, f.cause, f.error, (f.content ->> 'of')::bigint AS coach, n.value::bigint AS reminder
    FROM public.effect f CROSS JOIN jsonb_array_elements_text(f.content -> 'reminders') AS n (value)
    WHERE f.channel = 'mail' AND f.content ->> 'kind' = 'untold'
"""


def told(case: Case) -> Iterator[str]:
    """Of each reminder that was not sent somebody was told, once: the coach, or by an alert whoever is there instead."""
    letters = defaultdict(list)
    for row in case.place.rows(_TELLING):
        letters[row.reminder].append(row)
    arrived = Counter(each.subject for each in case.arrivals if each.seen.kind == "untold")
    alerted, perhaps = Counter[int](), Counter[int]()
    for row in case.rows.values():
        if row.told_at is None:
            if row.state in UNSENT:
                yield f"{case.name(row)} is {row.state}, and nobody was told"
            continue
        written = letters[row.id]
        if any(f"mail {letter.subject}" in case.again for letter in written):
            perhaps[row.session] += 1  # staff had a letter sent again: told by it, or by an alert, or by both
            continue
        lost = [each for each in written if each.state == "rejected" and not _is_over(row, each)]
        if row.tellings != 1 + len(lost):
            yield f"{case.name(row)} was told {row.tellings} times, {len(lost)} of which came to nothing"
        if len(written) > 1:
            yield f"{case.name(row)} is in {len(written)} letters to coaches"
        if len(lost) == len(written):
            alerted[row.session] += 1
        for letter in written:
            yield from _reached(case, row, letter, arrived[letter.subject])
    yield from _alerts(case, alerted, perhaps)


def _is_over(row: Any, letter: Any) -> bool:
    """Whether a letter to a coach was rightly not sent: there was nothing to phone about any more."""
    gone = row.attendance in {"left", "waiting"} or row.erased_at is not None
    over = row.held != "open" or gone or row.state not in UNSENT
    return letter.cause == "moot" and over


def _reached(case: Case, row: Any, letter: Any, times: int) -> Iterator[str]:
    """A letter to a coach came to an end, and to nobody twice."""
    expected = {"done": {1}, "parked": {0, 1}, "rejected": {0}}
    if times not in expected.get(letter.state, ()):
        yield f"{case.name(row)}: {letter.subject} that tells it is {letter.state} ({letter.error}), and arrived {times} times"


def _alerts(case: Case, expected: Counter[int], perhaps: Counter[int]) -> Iterator[str]:
    """Where a session has no coach, alerts told of each unsent reminder once; of what staff had sent again, ``perhaps``."""
    said: Counter[str] = Counter()
    for row in case.place.rows(
        "SELECT a.cause, a.message, count(f.id) AS effects FROM public.alert a LEFT JOIN public.effect f ON f.channel = 'alerts' "
        "AND f.subject LIKE a.id || '.%%' WHERE a.cause LIKE 'reminders %%' GROUP BY a.id ORDER BY a.id"
    ):
        match = _NUMBER.match(row.message)
        assert match is not None, row.message
        said[row.cause.split()[1]] += int(match[1])
        if not row.effects:
            yield f"the alert {row.cause} went nowhere"
    for row in case.place.rows("SELECT id, ref FROM public.session"):
        least = expected[row.id]
        if not least <= said[row.ref] <= least + perhaps[row.id]:
            yield f"session {row.id}: {least} reminders were not sent, alerts told of {said[row.ref]}"
    for row in case.place.rows(
        "SELECT cause FROM public.alert WHERE cause LIKE 'reminders %%' AND resolved_at IS NULL"
    ):
        yield f"the alert {row.cause} stands open for ever"


# What was moved


_TELL: Final = ("registered", "promoted", "moved")  # the kinds of letters that tell where and when
_PLACES: Final = """
    SELECT f.subject, f.state, f.cause, f.error, f.content ->> 'kind' AS kind, (f.content ->> 'of')::bigint AS enrolment,
        coalesce((f.content ->> 'turn')::int, 0) AS turn, (f.content ->> 'version')::int AS version
    FROM public.effect f WHERE f.channel = 'mail' AND f.content ->> 'kind' IN ('registered', 'promoted', 'moved')
"""


def moved(case: Case) -> Iterator[str]:
    """Who has a place knows of each version that was delivered, by one letter; and of the last one."""
    of: dict[tuple[int, int], list[Arrival]] = defaultdict(list)
    for arrival in case.arrivals:
        if arrival.seen.kind in _TELL and not case.is_again(arrival):
            of[arrival.seen.of, arrival.seen.turn].append(arrival)
    for (enrolment, turn), arrivals in of.items():
        yield from _once_a_version(enrolment, turn, arrivals)
    yield from _last_version(case)


def _version(arrival: Arrival) -> int:
    (version,) = {version for _, version in arrival.places}
    return version


def _once_a_version(enrolment: int, turn: int, arrivals: list[Arrival]) -> Iterator[str]:
    kinds = Counter((each.seen.kind, _version(each)) for each in arrivals)
    for (kind, version), times in kinds.items():
        if times > 1:
            yield f"enrolment {enrolment}, turn {turn}: {kind} of version {version} arrived {times} times"
    known = 0
    for arrival in sorted(arrivals, key=lambda each: each.seen.at):
        version = _version(arrival)
        if arrival.seen.kind == "moved" and version <= known:
            yield f"enrolment {enrolment}, turn {turn}: {arrival.subject} tells version {version}, and {known} was known"
        known = max(known, version)


def _last_version(case: Case) -> Iterator[str]:
    told: dict[tuple[int, int], int] = defaultdict(int)
    for arrival in case.arrivals:
        if arrival.seen.kind in _TELL:
            key = arrival.seen.of, arrival.seen.turn
            told[key] = max(told[key], _version(arrival))
    written = defaultdict(list)
    for row in case.place.rows(_PLACES):
        written[row.enrolment, row.turn].append(row)
    for row in case.place.rows(
        "SELECT e.id, e.turn, s.version, s.starts_at, c.email, c.mail_stopped FROM public.enrolment e "
        "JOIN public.session s ON s.id = e.session_id JOIN public.contact c ON c.id = e.contact_id "
        "WHERE e.state IN ('registered', 'present', 'absent') AND s.state = 'open'"
    ):
        if row.email is None or row.mail_stopped:
            continue
        known = told[row.id, row.turn]
        excuse = [
            each
            for each in written[row.id, row.turn]
            if each.state == "parked"
            or (each.state == "rejected" and (each.cause != "moot" or _OVER.search(each.error)))
        ]
        if known != row.version and not excuse:
            yield f"enrolment {row.id}, turn {row.turn}: knows version {known} of a session at version {row.version}"
