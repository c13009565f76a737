"""Which firms may be one and the same.

Belongs here: why two are compared at all, the reasons, the score. Does not: how alike two names are (firm_names.py), or what is
done about it (import_preview.py, a person).

| reason | when | score |
| --- | --- | --- |
| siret | the same SIRET | 1 |
| email | somebody of both has the same e-mail address | 0.9 |
| siren | another establishment of the same firm: it may have moved | 0.85 |
| name | a near name in the same commune, Lyon being one | its likeness, times 0.95 |

Several reasons add up, as independent ones do, and never reach the certainty of a SIRET.

Names are compared only when they share a key in their commune: of one of their words, or of all run together, the first three
letters, the last three, or the first two with the last two. One mistake in a word of five letters or more leaves one of the
three, so nothing that is near is overlooked but names that share no word's beginning or end; and the work follows the number of
firms that look alike, not the square of all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final, Literal

import msgspec

from core.addresses import email_key
from core.communes import LYON, in_lyon
from core.firm_names import NEAR, Name, likeness, taken_apart
from core.sirets import siren_of
from schemas.firm import FirmDraft, Registration

Reason = Literal["siret", "email", "siren", "name"]
SCORES: Final[dict[Reason, float]] = {"siret": 1.0, "email": 0.9, "siren": 0.85, "name": 0.95}
SUREST: Final = 0.999  # without the same SIRET


class Known(msgspec.Struct, frozen=True):
    """A firm to compare with: its identity in the database, what is told of it, and its people's addresses."""

    id: int
    firm: FirmDraft
    emails: tuple[str, ...] = ()


class Match(msgspec.Struct, frozen=True):
    """A known firm that may be the one in question, the surest reason first."""

    id: int
    score: float
    reasons: tuple[Reason, ...]


class Pair(msgspec.Struct, frozen=True):
    """Two known firms that may be one. ``one`` has the smaller id."""

    one: int
    other: int
    score: float
    reasons: tuple[Reason, ...]


class _Traits(msgspec.Struct, frozen=True):
    """What of a firm is compared."""

    siret: str
    siren: str
    emails: frozenset[str]
    place: str | None
    name: Name


class Index:
    """Known firms, found by what they share. Grows by ``add``."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._known: dict[int, Known] = {}
        self._traits: dict[int, _Traits] = {}
        self._sharing: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for each in known:
            self.add(each)

    def add(self, known: Known) -> None:
        """One firm more."""
        traits = _traits(known)
        self._known[known.id], self._traits[known.id] = known, traits
        for key in _keys(traits):
            self._sharing[key].append(known.id)

    def match(self, draft: Registration) -> list[Match]:
        """Every known firm that the draft's may be, the surest first."""
        told = _traits(Known(0, draft.firm, (draft.person.email,) if draft.person.email else ()))
        near = {id_: None for key in _keys(told) for id_ in self._sharing.get(key, ())}
        found = [Match(id_, *judged) for id_ in near if (judged := _compared(told, self._traits[id_]))]
        return sorted(found, key=lambda match: (-match.score, match.id))

    def duplicates(self) -> list[Pair]:
        """Every two known firms that may be one, the surest first."""
        pairs = [
            Pair(one.id, other.id, *judged)
            for one, other in self.blocks()
            if (judged := _compared(self._traits[one.id], self._traits[other.id]))
        ]
        return sorted(pairs, key=lambda pair: (-pair.score, pair.one, pair.other))

    def blocks(self) -> Iterator[tuple[Known, Known]]:
        """Every two firms that share a key, each pair once, the smaller id first."""
        seen: set[tuple[int, int]] = set()
        for sharing in self._sharing.values():
            for pair in combinations(sorted(sharing), 2):
                if pair not in seen:
                    seen.add(pair)
                    yield self._known[pair[0]], self._known[pair[1]]


def match(known: Sequence[Known], draft: Registration) -> list[Match]:
    """Every known firm that the draft's may be, the surest first. For many drafts make one ``Index``."""
    return Index(known).match(draft)


def blocks(known: Sequence[Known]) -> Iterator[tuple[Known, Known]]:
    """Every two firms that are worth comparing, each pair once, the smaller id first."""
    return Index(known).blocks()


def duplicates(known: Sequence[Known]) -> list[Pair]:
    """Every two known firms that may be one, the surest first."""
    return Index(known).duplicates()


def compared(one: Known, other: Known) -> tuple[float, tuple[Reason, ...]] | None:
    """The score and the reasons for which two may be one; None without any. Symmetric."""
    return _compared(_traits(one), _traits(other))


def _traits(known: Known) -> _Traits:
    emails = frozenset(email_key(each) for each in known.emails)
    siret = known.firm.siret
    return _Traits(siret, siren_of(siret), emails, _place(known.firm), taken_apart(known.firm.name))


def _compared(one: _Traits, other: _Traits) -> tuple[float, tuple[Reason, ...]] | None:
    if one.siret == other.siret:
        return 1.0, ("siret",)
    found: dict[Reason, float] = {}
    if not one.emails.isdisjoint(other.emails):
        found["email"] = SCORES["email"]
    if one.siren == other.siren:
        found["siren"] = SCORES["siren"]
    if one.place and one.place == other.place and (alike := likeness(one.name, other.name)) >= NEAR:
        found["name"] = SCORES["name"] * alike
    if not found:
        return None
    doubt = 1.0
    for reason in SCORES:  # always in one order, so that the product is the same both ways round
        doubt *= 1 - found.get(reason, 0)
    reasons = sorted(found, key=lambda reason: -found[reason])
    return round(min(1 - doubt, SUREST), 4), tuple(reasons)


def _keys(traits: _Traits) -> set[tuple[str, ...]]:
    """What two firms must share to be compared."""
    found: set[tuple[str, ...]] = {("siren", traits.siren)}
    found |= {("email", email) for email in traits.emails}
    if traits.place:
        found |= {(traits.place, *part) for part in _parts(traits.name)}
    return found


def _place(firm: FirmDraft) -> str | None:
    """Where names are compared: the commune, else the postal code."""
    return LYON if firm.commune and in_lyon(firm.commune) else firm.commune or firm.postal_code


def _parts(name: Name) -> Iterator[tuple[str, str]]:
    for word in {*name.own, name.together, name.whole}:
        yield "first", word[:3]
        yield "last", word[-3:]
        yield "ends", word[:2] + word[-2:]
