"""Mutants: mistakes that somebody could make with reminders, one at a time, and the scenes that must notice each.

Belongs here: the mistakes, as patches of our own code. Does not: the scenes (scenes.py), or mistakes that only two workers at once
show (test_two_workers.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
import pytest
from sqlalchemy import text

from connectors import reminding
from connectors.mail import relay
from connectors.region.database import Region
from connectors.region.ledger import ledger, letters
from connectors.region.sessions import reminders, untold
from core import catch_up, judging
from core.effects import Receipt
from core.judging import Facts, Verdict
from core.reminders import Rule
from schemas.letters import ProgrammeLetter
from tasks import settle
from tests.world.reminders.scenes import SCENES, Scene

Patch = pytest.MonkeyPatch
_NEVER: Final = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


class Mutant(msgspec.Struct, frozen=True):
    """A mistake: ``make`` puts it in place, and ``scenes`` must not come to a good end."""

    make: Callable[[Patch], None]
    scenes: tuple[Scene, ...]


def _noticed_when(*names: str) -> tuple[Scene, ...]:
    return tuple(SCENES[name] for name in names)


def rewritten(patch: Patch, module: Any, old: str, new: str) -> None:
    """A module whose statements have ``new`` for ``old``; some statement must have it."""
    source = module.__loader__.get_source(module.__name__)
    joined = "".join(source.split()).replace('"f"', "").replace('""', "")
    assert "".join(old.split()) in joined, f"{module.__name__} has changed: mend this mutant"
    patch.setattr(module, "text", lambda statement: text(statement.replace(old, new)))


def _marked_before_sent(patch: Patch) -> None:
    queue = reminders.queue

    def queued(region: Region, *more: Any) -> reminders.Queued:
        done = queue(region, *more)
        with region.begin() as connection:
            connection.execute(text("UPDATE reminder SET state = 'sent' WHERE state = 'queued'"))
        return done

    patch.setattr(reminders, "queue", queued)


def _receipt_before_call(patch: Patch) -> None:
    claim = ledger.claim

    def claimed(region: Region, *more: Any) -> Any:
        lease, intents = claim(region, *more)
        ledger.receive(region, lease, [Receipt(intent.effect, "done") for intent in intents])
        return lease, intents

    patch.setattr(ledger, "claim", claimed)
    patch.setattr(ledger, "holds", lambda *_: True)


def _date_difference_equals(patch: Patch) -> None:
    due = "r.at <= :now "
    assert due in reminders.DUE
    today = "AND (r.at AT TIME ZONE 'Europe/Paris')::date = (cast(:now AS timestamptz) AT TIME ZONE 'Europe/Paris')::date "
    late = f"(r.until <= :now OR ({due}{today})) "
    patch.setattr(reminders, "DUE", reminders.DUE.replace(due, late, 1))


def _deleted_before_sent(patch: Patch) -> None:
    live = reminders.live

    def taken(region: Region, *more: Any) -> Any:
        told = live(region, *more)
        with region.begin() as connection:
            connection.execute(
                text("DELETE FROM reminder WHERE id = ANY(:ids)"), {"ids": [each.due.id for each in told]}
            )
        return told

    patch.setattr(reminders, "live", taken)


def _judged(patch: Patch, change: Callable[[Facts], Facts]) -> None:
    judge = judging.judge
    patch.setattr(reminders, "judge", lambda rule, facts, now: judge(rule, change(facts), now))


def _cut_off_ignored(patch: Patch) -> None:
    _judged(patch, lambda facts: msgspec.structs.replace(facts, until=_NEVER))


def _consent_not_asked_again(patch: Patch) -> None:
    live, judge = reminders.live, judging.judge

    def agreed(rule: Rule, facts: Facts, now: dt.datetime) -> Verdict:
        consents = {(rule.purpose, transport) for transport in rule.transports}
        return judge(rule, msgspec.structs.replace(facts, consents=consents), now)

    def unasked(*words: Any) -> Any:
        with pytest.MonkeyPatch.context() as meanwhile:
            meanwhile.setattr(reminders, "judge", agreed)
            return live(*words)

    patch.setattr(reminders, "live", unasked)


def _moved_without_voiding(patch: Patch) -> None:
    patch.setattr(reminders, "void", lambda *_, **__: 0)
    _judged(patch, lambda facts: msgspec.structs.replace(facts, current=facts.version))


def _left_without_voiding(patch: Patch) -> None:
    patch.setattr(reminders, "void", lambda *_, **__: 0)

    def there(facts: Facts) -> Facts:
        return (
            msgspec.structs.replace(facts, attendance="registered") if facts.attendance == "left" else facts
        )

    _judged(patch, there)


def _cancelled_without_voiding(patch: Patch) -> None:
    patch.setattr(reminders, "void", lambda *_, **__: 0)
    _judged(patch, lambda facts: msgspec.structs.replace(facts, cancelled=False, current=facts.version))


def _told_before_written(patch: Patch) -> None:
    def told(region: Region, now: dt.datetime) -> int:
        with region.begin() as connection:
            rows = connection.execute(
                text(
                    "UPDATE reminder r SET told_at = :now FROM session s WHERE s.id = r.session_id AND s.coach_id IS NOT NULL AND "
                    "r.state IN ('parked', 'expired', 'unreachable') AND r.told_at IS NULL RETURNING r.id, s.coach_id"
                ),
                {"now": now},
            ).all()
        with region.begin() as connection:
            letters.write(
                connection,
                {
                    f"untold.{row.coach_id}.{row.id}": ProgrammeLetter(
                        "untold", row.coach_id, reminders=(row.id,)
                    )
                    for row in rows
                },
            )
        return len(rows)

    patch.setattr(untold, "tell_coaches", told)


def _never_quiet(patch: Patch) -> None:
    for module in (reminders, reminding, catch_up):
        patch.setattr(module, "is_quiet", lambda _: False)


def _one_letter_a_reminder(patch: Patch) -> None:
    carry = reminders._carry  # noqa: SLF001 - a mutant is an operation on the inside

    def carried(connection: Any, going: Iterable[Any], *more: Any) -> int:
        return sum(carry(connection, [row], *more) for row in going)

    patch.setattr(reminders, "_carry", carried)
    patch.setattr(reminders, "_waiting_letter", lambda *_: None)


def _parked_is_sent_again(patch: Patch) -> None:
    patch.setattr(settle, "Receipt", lambda effect, _outcome, **_: Receipt(effect, "retry"))


def _no_answer_is_a_no(patch: Patch) -> None:
    patch.setattr(relay, "_unknown", lambda intent, error: Receipt(intent.effect, "retry", error=error))


def _due_twice(patch: Patch) -> None:
    patch.setattr(reminders, "min", lambda at, _now: at, raising=False)


def _never_closed(patch: Patch) -> None:
    patch.setattr(reminders, "close", lambda *_: reminders.Closed())


def _not_waited_for_the_sheet(patch: Patch) -> None:
    judge = judging.judge

    def hasty(rule: Rule, facts: Facts, now: dt.datetime) -> Verdict:
        verdict = judge(rule, facts, now)
        return Verdict("go", transports=rule.transports) if verdict.state == "wait" else verdict

    patch.setattr(reminders, "judge", hasty)
    patch.setattr(
        reminders,
        "DUE",
        reminders.DUE.replace("NOT r.rule = ANY(:later)", "cast(:later AS text[]) IS NOT NULL"),
    )


def _told_by_whoever_lists_it(patch: Patch) -> None:
    rewritten(
        patch,
        reminders,
        "AND effect_id = (SELECT id FROM effect WHERE channel = :channel AND subject = :subject) ",
        "AND (:channel || :subject) IS NOT NULL ",
    )


def _refused_is_over(patch: Patch) -> None:
    rewritten(patch, reminders, "ELSE 'waiting' END AS next", "ELSE 'void' END AS next")


def _coach_not_told_otherwise(patch: Patch) -> None:
    patch.setattr(untold, "call_back", lambda _: 0)


def _late_only_when_it_leaves(patch: Patch) -> None:
    patch.setattr(reminders, "_end_late", lambda *_: None)


_DIES_BETWEEN: Final = msgspec.structs.replace(
    SCENES["the hub is away until it is too late"], strikes=[("somebody", "die_after", "23 13:00")]
)
MUTANTS: Final[Mapping[str, Mutant]] = {
    "mark before send": Mutant(_marked_before_sent, _noticed_when("nothing goes wrong")),
    "receipt before call": Mutant(
        _receipt_before_call, _noticed_when("the relay hangs up before the end of a letter")
    ),
    "date difference equals N": Mutant(
        _date_difference_equals, _noticed_when("the hub is away for two days")
    ),
    "delete before send": Mutant(_deleted_before_sent, _noticed_when("the relay asks for time")),
    "cut-off ignored": Mutant(_cut_off_ignored, _noticed_when("the hub is away until it is too late")),
    "consent not asked again": Mutant(
        _consent_not_asked_again, _noticed_when("consent is withdrawn while a letter waits")
    ),
    "moved without voiding": Mutant(
        _moved_without_voiding, _noticed_when("a session is moved while a letter waits")
    ),
    "left without voiding": Mutant(
        _left_without_voiding, _noticed_when("somebody leaves while a letter waits")
    ),
    "cancelled without voiding": Mutant(
        _cancelled_without_voiding, _noticed_when("a session is cancelled while a letter waits")
    ),
    "told before written": Mutant(_told_before_written, (_DIES_BETWEEN,)),
    "quiet hours ignored": Mutant(_never_quiet, _noticed_when("the relay comes back in the night")),
    "one letter a reminder": Mutant(_one_letter_a_reminder, _noticed_when("the hub is away for a week")),
    "parked is sent again": Mutant(
        _parked_is_sent_again, _noticed_when("the relay hangs up after the end of a letter")
    ),
    "no answer is a no": Mutant(
        _no_answer_is_a_no, _noticed_when("the relay hangs up after the end of a letter")
    ),
    "due is asked twice": Mutant(_due_twice, _noticed_when("the clock is set back while a letter waits")),
    "letters never closed": Mutant(_never_closed, _noticed_when("nothing goes wrong")),
    "sheet not waited for": Mutant(_not_waited_for_the_sheet, _noticed_when("the sheet comes late")),
    "told by whoever lists it": Mutant(
        _told_by_whoever_lists_it, _noticed_when("somebody comes back when the clock is set back")
    ),
    "refused is over": Mutant(_refused_is_over, _noticed_when("the relay refuses an address")),
    "a coach's letter is never called back": Mutant(
        _coach_not_told_otherwise, _noticed_when("the coach's address is refused")
    ),
    "late only when it leaves": Mutant(
        _late_only_when_it_leaves, _noticed_when("the relay is away until it is too late")
    ),
}
