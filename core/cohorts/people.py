"""Who is to be brought together, and how much each wish weighs.

Belongs here: the values that cohorts are formed of, and whether they make sense together. Does not: who may sit with whom
(closeness.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from schemas.errors import Rejected
from schemas.firm import Level


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Who waits for a cohort: somebody of one firm. What is not known is None, and is said where it keeps them out.

    ``name`` is what those who decide read. ``availability`` is made of ``schemas.firm.SLOTS``; ``commune`` is an INSEE code.
    """

    id: int
    name: str
    department: str | None
    level: Level | None
    availability: frozenset[str]
    commune: str | None = None
    naf: str | None = None


class Coach(msgspec.Struct, frozen=True, kw_only=True):
    """Who can take ``cohorts``, each at another of their free ``slots``. Cohorts that are given as standing count as free."""

    id: int
    name: str
    departments: frozenset[str]
    slots: frozenset[str]
    cohorts: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A cohort that was formed before. A coach has one cohort at a slot, so the two name it.

    ``locked`` members stay in it whatever the rules say: a person decided so. The others stay where nothing better is found.
    """

    coach: int
    slot: str
    level: Level
    members: tuple[int, ...]
    locked: frozenset[int] = frozenset()


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """What each wish is worth, in kilometres: how much farther one firm would travel for it.

    ``left_over``: a firm without a cohort. ``size``: a cohort one firm off the ideal, its square for more. ``sector``: a firm
    whose whole cohort is of its own sector. ``moved``: a firm that was in a cohort and is not in the same one.
    """

    left_over: int = 1000
    size: int = 2
    sector: int = 30
    moved: int = 50


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How cohorts are formed.

    ``reach``: no two members live farther apart, in kilometres as the crow flies. ``unknown``: the distance that is assumed in
    one department when a place is not known. ``stay``: nobody leaves a standing cohort that they may be in; without it a move
    costs ``weights.moved``. ``rounds``: how often a part of the proposal is made anew. ``seed``: another one, another proposal.
    """

    minimum: int = 6
    ideal: int = 10
    maximum: int = 12
    reach: int = 60
    unknown: int = 30
    stay: bool = True
    rounds: int = 10_000
    seed: int = 0
    weights: Weights = Weights()


def check(
    candidates: Sequence[Candidate], coaches: Sequence[Coach], standing: Sequence[Standing], options: Options
) -> None:
    """Whether cohorts can be formed of these at all.

    Raises:
        Rejected: they contradict each other; the message has every reason.

    """
    reasons = [
        *_twice("candidate", (candidate.id for candidate in candidates)),
        *_twice("coach", (coach.id for coach in coaches)),
        *_twice("standing cohort of coach and slot", ((each.coach, each.slot) for each in standing)),
        *_twice("member of standing cohorts", (member for each in standing for member in each.members)),
        *_locked({candidate.id for candidate in candidates}, {coach.id for coach in coaches}, standing),
    ]
    if not 2 <= options.minimum <= options.ideal <= options.maximum:
        reasons.append(
            "sizes must be 2 <= minimum <= ideal <= maximum, not "
            f"{options.minimum}, {options.ideal}, {options.maximum}"
        )
    if reasons:
        raise Rejected("no cohorts can be formed of this: " + "; ".join(reasons))


def _twice(what: str, names: Iterable[object]) -> Iterator[str]:
    return (f"{what} {name} is there twice" for name, times in Counter(names).items() if times > 1)


def _locked(candidates: set[int], coaches: set[int], standing: Sequence[Standing]) -> Iterator[str]:
    for each in standing:
        cohort = f"the cohort of coach {each.coach} on {each.slot}"
        if each.locked and each.coach not in coaches:
            yield f"{cohort} has locked members and no such coach is there"
        for member in sorted(each.locked - set(each.members)):
            yield f"{member} is locked in {cohort} and no member of it"
        for member in sorted(each.locked & set(each.members) - candidates):
            yield f"{member} is locked in {cohort} and no candidate"
