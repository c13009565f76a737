"""The witness: who stands beside the hub when a letter is written, and says on it what was so at that moment.

Belongs here: reading the facts by itself, and what is wrong with a letter that goes by them. Does not: what became of the letter
(post.py), or the verdict on a whole world (truth.py).

In flight is what was written: a letter is judged by how things were at the moment when the hub began its last look at them. What
changes after that look reaches a letter that nobody can call back. Each letter and text ends with the number of its testimony.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from threading import local
from typing import Any, Final, TypeVar

import msgspec
import psycopg
import pytest
from psycopg.rows import namedtuple_row

from connectors import registry
from connectors.mail import programme as letters
from connectors.mail.wire import Letter
from connectors.region.database import Region
from connectors.region.sessions import reminders
from connectors.reminding import Reminding
from connectors.settings import Settings
from connectors.sms import programme as texts
from connectors.sms.wire import Text
from connectors.writing import Moot, NotNow, Writer
from core.quiet import is_quiet
from core.reminders import Rule
from schemas.letters import ProgrammeLetter
from tests.world.reminders.clock import Clock

INSTALL: Final = """
    CREATE TABLE world.testimony (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, content jsonb NOT NULL);
    CREATE TABLE world.armed (id bigint PRIMARY KEY);
    CREATE TABLE world.history (reminder bigint NOT NULL, state text NOT NULL, why text, told_at timestamptz, at timestamptz NOT NULL);
    CREATE TABLE world.departed (enrolment bigint PRIMARY KEY);
    CREATE TABLE world.replayed (channel text NOT NULL, subject text NOT NULL);
    CREATE FUNCTION world.note_reminder() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO world.armed VALUES (new.id) ON CONFLICT DO NOTHING;
        INSERT INTO world.history VALUES (new.id, new.state, new.why, new.told_at, world.now());
        RETURN new;
    END $$;
    CREATE TRIGGER world_notes AFTER INSERT OR UPDATE OF state, told_at ON public.reminder
        FOR EACH ROW EXECUTE FUNCTION world.note_reminder();
    CREATE FUNCTION world.note_left() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO world.departed VALUES (new.id) ON CONFLICT DO NOTHING;
        RETURN new;
    END $$;
    CREATE TRIGGER world_notes AFTER UPDATE OF state ON public.enrolment
        FOR EACH ROW WHEN (new.state = 'left') EXECUTE FUNCTION world.note_left();
"""
NOTES: Final = ("testimony", "armed", "history", "departed", "replayed")
_FACTS: Final = """
    SELECT r.id, r.enrolment_id AS enrolment, r.contact_id AS contact, r.session_id AS session, r.rule, r.version, r.until, r.state,
        s.version AS current, s.state AS held, e.state AS attendance, c.email, c.phone, c.mail_stopped, c.sms_stopped, c.erased_at,
        ARRAY(SELECT k.purpose || ' ' || k.transport FROM public.consent k WHERE k.contact_id = c.id AND k.withdrawn_at IS NULL) AS consents
    FROM public.effect f JOIN public.reminder r ON r.effect_id = f.id JOIN public.session s ON s.id = r.session_id
        JOIN public.enrolment e ON e.id = r.enrolment_id JOIN public.contact c ON c.id = r.contact_id
    WHERE f.channel = %s AND f.subject = %s
"""
T = TypeVar("T", Letter, Text)


class Testimony(msgspec.Struct, frozen=True, kw_only=True):
    """What was so when a letter was written, at ``at`` by the hub's clock, in the ``tick``-th run.

    ``kind`` and ``of`` are the effect's, ``reminders`` those that it names in words, ``covered`` those that it names at all.
    ``flaws``: why it should not go.
    """

    kind: str
    of: int
    turn: int
    transport: str
    at: dt.datetime
    tick: int
    reminders: tuple[int, ...] = ()
    covered: tuple[int, ...] = ()
    told_of: tuple[int, ...] = ()
    flaws: tuple[str, ...] = ()


class Witness:
    """Stands beside the hub of a world. ``tick`` counts its runs."""

    def __init__(self, clock: Clock, rules: Mapping[str, Rule]) -> None:
        self.connection: psycopg.Connection[Any] = clock.connection
        self.tick = 0
        self._clock, self._rules = clock, rules
        self._looks: dict[tuple[str, str], _Look] = {}

    def look(self, transport: str, subject: str) -> None:
        """See how things are with what a letter is to tell."""
        facts = self.rows(_FACTS, transport, subject)
        self._looks[transport, subject] = _Look(self._clock.now(), self.tick, facts)

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """What the database says, by names."""
        with self.connection.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute(statement.encode(), values).fetchall()

    def attest(self, transport: str, content: bytes, to: str | None, reminding: Reminding | None) -> int:
        """Write down what was seen of a letter that goes. Returns the testimony's number."""
        letter = msgspec.json.decode(content, type=ProgrammeLetter)
        seen = _Look(self._clock.now(), self.tick, [])
        told: list[Any] = []
        flaws: list[str] = []
        if letter.kind == "reminder":
            assert reminding is not None
            seen = self._looks[transport, letter.subject]
            wanted = [(part.place.enrolment, part.rule.name) for part in reminding.parts]
            told = [fact for fact in seen.facts if (fact.enrolment, fact.rule) in wanted]
            flaws += [
                f"{fact.id}: {flaw}" for fact in told for flaw in self._flaws(fact, seen.at, transport, to)
            ]
            if len(told) != len(wanted):
                flaws.append(f"it tells of {len(wanted)} reminders, of which the ledger gives it {len(told)}")
        testimony = Testimony(
            kind=letter.kind,
            of=letter.of,
            turn=letter.turn,
            transport=transport,
            at=seen.at,
            tick=seen.tick,
            reminders=tuple(fact.id for fact in told),
            covered=tuple(fact.id for fact in seen.facts),
            told_of=letter.reminders,
            flaws=tuple(flaws),
        )
        ((number,),) = self.rows(
            "INSERT INTO world.testimony (content) VALUES (%s::text::jsonb) RETURNING id",
            msgspec.json.encode(testimony).decode(),
        )
        return int(number)

    def _flaws(self, fact: Any, at: dt.datetime, transport: str, to: str | None) -> Iterator[str]:
        rule = self._rules[fact.rule]
        if at >= fact.until:
            yield f"too late: its cut-off was {fact.until:%m-%d %H:%M}, it is {at:%m-%d %H:%M}"
        if is_quiet(at):
            yield f"in quiet hours: {at:%m-%d %H:%M}"
        if fact.version != fact.current or fact.held != "open":
            yield f"of version {fact.version} of a session that is {fact.held}, at version {fact.current}"
        if fact.attendance not in _SPOKEN_TO[rule.audience]:
            yield f"{rule.name} to somebody who is {fact.attendance}"
        if f"{rule.purpose} {transport}" not in fact.consents:
            yield f"without consent to {rule.purpose} by {transport}"
        if fact.state not in {"queued", "parked"}:
            yield f"it is {fact.state}"
        stopped, address = (
            (fact.mail_stopped, fact.email) if transport == "mail" else (fact.sms_stopped, fact.phone)
        )
        if stopped or address is None or address != to or fact.erased_at:
            yield "not to an address of theirs that works"


class _Look(msgspec.Struct, frozen=True):
    """What was seen ``at`` an instant by the hub's clock."""

    at: dt.datetime
    tick: int
    facts: list[Any]


_SPOKEN_TO: Final[Mapping[str, Collection[str]]] = {
    "registered": ("registered", "present", "absent"),
    "present": ("present",),
    "absent": ("absent",),
    "absent_twice": ("absent",),
    "never_came": ("absent",),
}


@contextmanager
def standing_by(witness: Witness) -> Iterator[None]:
    """The witness beside every hub in this process."""
    live = reminders.live

    def looked_at(region: Region, rules: Any, transport: Any, letter: ProgrammeLetter, *now: Any) -> Any:
        witness.look(transport, letter.subject)
        return live(region, rules, transport, letter, *now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reminders, "live", looked_at)
        _attested(patch, witness, letters, registry.LETTERS, "mail")
        _attested(patch, witness, texts, registry.TEXTS, "sms")
        yield


def _attested(
    patch: pytest.MonkeyPatch,
    witness: Witness,
    module: Any,
    writers: dict[str, Callable[[Settings, Region], Writer[T]]],
    transport: str,
) -> None:
    build, ask = writers[module.ABOUT], module.reminding
    last = local()  # workers write at once

    def reminding(*words: Any) -> Any:
        told = ask(*words)
        last.reminding = told if isinstance(told, Reminding) else None
        return told

    def built(settings: Settings, region: Region) -> Writer[T]:
        write = build(settings, region)

        def written(content: bytes) -> T | NotNow | Moot:
            told = write(content)
            if isinstance(told, NotNow | Moot):
                return told
            number = witness.attest(transport, content, _recipient(told), getattr(last, "reminding", None))
            return _signed(told, number)

        return written

    patch.setattr(module, "reminding", reminding)
    patch.setitem(writers, module.ABOUT, built)


def _signed(told: T, number: int) -> T:
    if isinstance(told, Letter):
        return msgspec.structs.replace(told, text=f"{told.text}\n#{number}\n")
    return msgspec.structs.replace(told, body=f"{told.body} #{number}")


def _recipient(told: Letter | Text) -> str | None:
    return told.to if isinstance(told, Letter) else told.phone
