"""Whether somebody may be shown: their consent, and for a minor their legal guardian's too.

Belongs here: the rule, pure. Does not: where consents are kept (connectors/region/coverage/media_consents.py), or what is shown
(connectors/region/coverage/media.py).

Sources: articles 9 and 371-1 of the Code civil (the right to one's image; the guardian decides for a minor), articles 4 (11) and 7
(3) of the GDPR (a consent is specific, and as easily withdrawn as given).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from core.days import paris_day
from schemas.coverage import ConsentKind, Giver, MediumKind, Scope

MAJORITY: Final = 18
NEEDED: Final[dict[MediumKind, tuple[ConsentKind, ...]]] = {"image": ("image",), "video": ("image", "voice")}
"""What a medium takes of whom it shows: a video has a voice, too."""


class Given(msgspec.Struct, frozen=True):
    """One consent: to what, where, of which event (None: of any), by whom, from when until when."""

    kind: ConsentKind
    scopes: frozenset[Scope]
    event: int | None
    by: Giver
    given_at: dt.datetime
    expires_at: dt.datetime
    withdrawn_at: dt.datetime | None = None


class Person(msgspec.Struct, frozen=True):
    """Somebody who is shown. ``born`` is None once they were erased: nothing of them may be shown any more."""

    name: str
    born: dt.date | None
    consents: tuple[Given, ...]


def is_minor(born: dt.date, day: dt.date) -> bool:
    """Whether they are under age on a day. Who was born on 29 February comes of age on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day)) < MAJORITY


def givers(born: dt.date, day: dt.date) -> tuple[Giver, ...]:
    """Whose consent is needed on that day."""
    return ("student", "guardian") if is_minor(born, day) else ("student",)


def why_not(
    person: Person, kinds: Collection[ConsentKind], event: int, scope: Scope, now: dt.datetime
) -> str | None:
    """Why somebody may not be shown so, there, of that event, at ``now``; None when they may."""
    if person.born is None:
        return "somebody shown has been erased"
    for giver in givers(person.born, paris_day(now)):
        for kind in kinds:
            given = [each for each in person.consents if (each.by, each.kind) == (giver, kind)]
            if why := _lacking(given, event, scope, now):
                who = person.name if giver == "student" else f"the legal guardian of {person.name}"
                return f"{who}: {why} ({kind}, {scope})"
    return None


def all_why_not(
    people: Iterable[Person], kinds: Collection[ConsentKind], event: int, scope: Scope, now: dt.datetime
) -> list[str]:
    """Why not, for each of those shown who may not be."""
    return [why for person in people if (why := why_not(person, kinds, event, scope, now))]


def _lacking(given: Sequence[Given], event: int, scope: Scope, now: dt.datetime) -> str | None:
    """What is wrong with the consents of one giver to one kind; None when one of them holds. The nearest to holding is told."""
    reasons = [_unfit(each, event, scope, now) for each in given]
    if None in reasons:
        return None
    return next((why for why in _NEAREST if why in reasons), "has not agreed")


_NEAREST: Final = (
    "has withdrawn the consent",
    "the consent has expired",
    "the consent does not begin yet",
    "has agreed to other channels only",
    "has agreed for another event only",
)


def _unfit(given: Given, event: int, scope: Scope, now: dt.datetime) -> str | None:
    """Why one consent does not hold; None when it does. To the instant: at its expiry it holds no more."""
    if given.event not in {None, event}:
        return "has agreed for another event only"
    if scope not in given.scopes:
        return "has agreed to other channels only"
    if given.withdrawn_at is not None and given.withdrawn_at <= now:
        return "has withdrawn the consent"
    if given.expires_at <= now:
        return "the consent has expired"
    if given.given_at > now:
        return "the consent does not begin yet"
    return None
