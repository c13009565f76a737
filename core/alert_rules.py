"""The rules of alerts as values: what each is about, who hears of it, what mutes it.

Belongs here: the records, looking one up, and whether all of them make sense. Does not: the file (connectors/alert_rules.py), or
which notice is due (core/alerting.py).

Causes are words such as ``paused facebook_page``. A pattern is a cause, or the beginning of causes and a ``*``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final, Literal, get_args

import msgspec

from core.office import Office
from core.on_call import OnCall

Severity = Literal["critical", "warning", "notice"]
Pillar = Literal["offers", "coaching", "dialogue", "operations"]
Form = Literal["state", "task", "event"]
ON_CALL: Final = "on-call"
"""The name in a route that stands for whoever is on call."""
DEFAULT: Final = "default"
"""The destination whose addresses serve every destination that has none of its own."""


def matches(pattern: str, cause: str) -> bool:
    """Whether a pattern speaks of a cause."""
    return cause.startswith(pattern[:-1]) if pattern.endswith("*") else cause == pattern


class Kind(msgspec.Struct, frozen=True):
    """What alerts of some causes are: ``affects`` has a ``{}`` where the rest of the cause goes.

    A state's end is told when it stays over; a task's is not, for whoever did it knows; an event is told though it is over. What is not
    ``told`` is shown only.
    """

    causes: str
    pillar: Pillar
    severity: Severity
    form: Form
    affects: str
    runbook: str
    told: bool = True

    def affected(self, cause: str) -> str:
        """What is affected, in words."""
        return self.affects.replace("{}", cause[len(self.causes.removesuffix("*")) :])


class Manner(msgspec.Struct, frozen=True):
    """How alerts of a severity are told: ``always``, or while the office is open only.

    ``repeat`` and ``escalate`` count from the last notice; ``acknowledged`` is the rest that whoever acts is given before the next
    repeat. None: never.
    """

    always: bool
    repeat: dt.timedelta | None = None
    escalate: dt.timedelta | None = None
    acknowledged: dt.timedelta | None = None


class Pace(msgspec.Struct, frozen=True):
    """What keeps an alert that comes and goes from being told each time.

    Its end is told after so much ``calm``; what comes back within ``memory`` of its end, or of what was last told of it, is the same
    alert; ``most`` notices of one alert leave in an hour, the others wait.
    """

    calm: dt.timedelta
    memory: dt.timedelta
    most: int


class Route(msgspec.Struct, frozen=True):
    """Who hears of some alerts, one after the other until somebody acknowledges: while the office is open, and otherwise."""

    pillars: tuple[Pillar, ...]
    severities: tuple[Severity, ...]
    office: tuple[str, ...]
    otherwise: tuple[str, ...]


class Inhibition(msgspec.Struct, frozen=True):
    """While there is an alert of ``cause``, those of ``mutes`` follow from it: they are shown, not told."""

    cause: str
    mutes: tuple[str, ...]


class Silence(msgspec.Struct, frozen=True):
    """How long ``of`` may say nothing, in hours that the office is open when it ``sleeps`` otherwise."""

    of: str
    limit: dt.timedelta
    sleeps: bool


class Step(msgspec.Struct, frozen=True):
    """A destination by its name, and its addresses as their effects name them."""

    name: str
    ids: frozenset[str]


class Rules(msgspec.Struct, frozen=True):
    """Everything of the file. ``destinations`` are who stands behind each name; ``runbooks`` is where their pages are."""

    runbooks: str
    failures: int
    destinations: Mapping[str, str]
    kinds: tuple[Kind, ...]
    manners: Mapping[Severity, Manner]
    routes: tuple[Route, ...]
    pace: Pace
    office: Office
    on_call: OnCall | None = None
    inhibitions: tuple[Inhibition, ...] = ()
    silences: tuple[Silence, ...] = ()

    def kind(self, cause: str) -> Kind:
        """What an alert of that cause is: the first kind that speaks of it. The last one speaks of all."""
        return next(kind for kind in self.kinds if matches(kind.causes, cause))

    def ladder(self, kind: Kind, at: dt.datetime, addresses: Mapping[str, frozenset[str]]) -> list[Step]:
        """Who hears of it at ``at``, one after the other; ``addresses`` are by destination. Whoever has none is left out."""
        route = next(r for r in self.routes if kind.pillar in r.pillars and kind.severity in r.severities)
        names = route.office if self.office.is_open(at) else route.otherwise
        named = [self.on_call.at(at) if name == ON_CALL and self.on_call else name for name in names]
        default = addresses.get(DEFAULT, frozenset())
        steps = [Step(name, addresses.get(name) or default) for name in dict.fromkeys(named)]
        return [step for step in steps if step.ids]


def faults(rules: Rules) -> Iterator[str]:
    """What makes no sense in rules that fit their schema."""
    if not rules.kinds or rules.kinds[-1].causes != "*":
        yield "the last of kinds must speak of every cause: causes = '*'"
    for pillar, severity in product(get_args(Pillar), get_args(Severity)):
        if not any(pillar in route.pillars and severity in route.severities for route in rules.routes):
            yield f"no route for {pillar}, {severity}: nobody would hear of it"
    yield from _unknown(rules)
    for one, other in product(rules.inhibitions, repeat=2):
        for muted in one.mutes:
            if _overlap(muted, other.cause):
                yield f"{muted!r} is muted by {one.cause!r} and mutes others: two could mute each other"


def _unknown(rules: Rules) -> Iterator[str]:
    named = {name for route in rules.routes for name in (*route.office, *route.otherwise)}
    if rules.on_call:
        named |= {*rules.on_call.rota, *(turn.who for turn in rules.on_call.turns)}
        for turn in rules.on_call.turns:
            if turn.first >= turn.until:
                yield f"the turn of {turn.who} ends before it begins"
    elif ON_CALL in named:
        yield f"a route names {ON_CALL!r}, and nobody is: write on_call"
    for name in sorted(named - {ON_CALL} - set(rules.destinations)):
        yield f"no destination {name!r}"


def _overlap(one: str, other: str) -> bool:
    """Whether there can be a cause of which both speak."""
    if one.endswith("*"):
        return matches(one, other.removesuffix("*")) or (other.endswith("*") and matches(other, one[:-1]))
    return matches(other, one)
