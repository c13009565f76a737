"""The contractor's board: which offers exist, at which revision, and what is served of them.

Belongs here: entries, their order, changes to them, their bytes. Does not: HTTP (contractor.py), content (generator.py),
what the Region may send (exchange.py).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random
from typing import Any

import msgspec

from sandbox.clock import DAY, HOUR, Clock, instant
from sandbox.draws import number as drawn
from sandbox.generator import Kind, offer, reference
from sandbox.malformations import BY_KIND, MALFORMATIONS, NAN
from sandbox.state import State

KINDS: tuple[Kind, ...] = ("job", "training")
MALFORMED_PER_MILLE = 10
_SPREAD = 30 * DAY  # over which the first offers were last changed


@dataclass(slots=True)
class Entry:
    """An offer on the board. ``body`` is set for the Region's own, ``number`` and ``revision`` count for the others."""

    key: str
    kind: Kind
    number: int
    revision: int
    version: int
    open: bool
    updated: int
    malformation: str | None = None
    correction: dict[str, Any] | None = None
    body: dict[str, Any] | None = None
    rendered: bytes | None = field(default=None, compare=False)

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands in the board's order."""
        return self.updated, self.key


class Board:
    """Every offer, in the order (updated_at, ref). Call ``start`` again after the state file was wiped."""

    def __init__(self, state: State, clock: Clock, counts: dict[Kind, int], seed: int) -> None:
        self._state, self._clock, self.counts, self.seed = state, clock, counts, seed
        self.start()

    def start(self) -> None:
        """Read the board from the state file, or begin a new story."""
        story = f"{self.seed} {self.counts}"
        if (before := self._state.fact("story")) not in {None, story}:
            raise ValueError(f"the state file tells another story ({before}, not {story}): remove it")
        self._state.state("story", story)
        self.entries = {entry.key: entry for entry in self._first()}
        for row in self._state.connection.execute("SELECT * FROM offers"):
            self.entries[row[0]] = _read(row)
        self._orders: dict[tuple[Kind | None, bool], list[Entry]] = {}

    def _first(self) -> Iterable[Entry]:
        total = sum(self.counts.values())
        step = (_SPREAD - HOUR) / max(total, 1)
        for rank in range(total):
            jobs = rank * self.counts["job"] // total
            is_job = (rank + 1) * self.counts["job"] // total > jobs
            kind: Kind = "job" if is_job else "training"
            number = jobs if is_job else rank - jobs
            updated = self._clock.epoch - _SPREAD + int(rank * step)
            how = natural_malformation(self.seed, kind, number)
            yield Entry(
                reference(kind, number), kind, number, 1, 1, open=True, updated=updated, malformation=how
            )

    def ordered(self, kind: Kind | None, *, closed: bool) -> list[Entry]:
        """The entries of a kind (None: of both) in order; the open ones, or with ``closed`` all."""
        if (kind, closed) not in self._orders:
            chosen = (e for e in self.entries.values() if kind in {None, e.kind} and (closed or e.open))
            self._orders[kind, closed] = sorted(chosen, key=lambda entry: entry.place)
        return self._orders[kind, closed]

    def snapshot(self, kind: Kind | None) -> Sequence[Entry]:
        """What a walk without ``updated_since`` gives: the open offers, cut where the board was told to."""
        keep = self._state.fact("keep")
        return self.ordered(kind, closed=False)[: int(keep) if keep else None]

    def changed_since(self, moment: int, kind: Kind | None) -> Sequence[Entry]:
        """Every entry changed at or after the instant, closed ones included."""
        entries = self.ordered(kind, closed=True)
        return entries[bisect_left(entries, (moment, ""), key=lambda entry: entry.place) :]

    def snapshot_id(self, kind: Kind | None) -> str:
        """The name of the board's present contents of a kind: another name when anything changed."""
        turns = [self._state.fact(f"turn {each}") or "0" for each in KINDS if kind in {None, each}]
        words = [
            str(self._clock.epoch),
            *turns,
            self._state.fact("keep") or "",
            self._state.fact("voided") or "",
        ]
        return blake2b("|".join(words).encode(), digest_size=9).hexdigest()

    def payload(self, entry: Entry) -> bytes:
        """The bytes that are served of an entry."""
        if entry.rendered is None:
            entry.rendered = msgspec.json.encode(self._item(entry)).replace(_QUOTED_NAN, b"NaN")
        return entry.rendered

    def content(self, entry: Entry) -> dict[str, Any]:
        """The well-formed content of an entry, corrections included."""
        if entry.body is not None:
            written = dict(entry.body)
        else:
            written = offer(self.seed, entry.kind, entry.number, entry.revision, self._clock.epoch)
        if entry.correction:
            written = merged(written, entry.correction)
        written["version"] = entry.version
        written["status"] = "open" if entry.open else "closed"
        written["updated_at"] = instant(entry.updated)
        return written

    def _item(self, entry: Entry) -> Any:
        written = self.content(entry)
        if entry.malformation is None:
            return written
        if entry.malformation == "ref_duplicated":
            written["neighbour"] = self._neighbour(entry)
        random = Random(drawn(self.seed, entry.key, entry.malformation))
        return MALFORMATIONS[entry.malformation](written, random)

    def _neighbour(self, entry: Entry) -> str:
        for number in (*range(entry.number - 1, -1, -1), *range(entry.number + 1, self.counts[entry.kind])):
            if natural_malformation(self.seed, entry.kind, number) is None:
                return reference(entry.kind, number)
        return reference(entry.kind, entry.number + 1)

    def touch(self, entries: Iterable[Entry]) -> int:
        """Record that these entries changed now: the next version. Returns the instant."""
        now = self._clock.now()
        kinds = set()
        with self._state.transaction() as connection:
            for entry in entries:
                entry.version, entry.updated, entry.rendered = entry.version + 1, now, None
                self.entries[entry.key] = entry
                kinds.add(entry.kind)
                connection.execute(
                    "INSERT OR REPLACE INTO offers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _written(entry)
                )
            for kind in kinds:
                self._state.state(f"turn {kind}", str(int(self._state.fact(f"turn {kind}") or 0) + 1))
        self._orders.clear()
        return now

    def void(self) -> None:
        """Give the same contents another snapshot id."""
        self._state.state("voided", str(int(self._state.fact("voided") or 0) + 1))

    def truncate(self, keep: int | None) -> None:
        """Serve only the first ``keep`` offers in a snapshot; None serves all again."""
        self._state.state("keep", "" if keep is None else str(keep))

    def sound(self) -> list[Entry]:
        """The contractor's own open, well-formed offers, by reference."""
        chosen = (e for e in self.entries.values() if e.open and e.malformation is None and e.body is None)
        return sorted(chosen, key=lambda entry: entry.key)

    def change(
        self, share: float, count: int, close: int, appear: int, seed: int | None, reopen: int = 0
    ) -> dict[str, Any]:
        """Change, close, add and open again exactly so many offers, well-formed ones; their references, and the instant."""
        sound = self.sound()
        count = count or round(share * len(sound))
        if count + close > len(sound):
            raise ValueError(f"only {len(sound)} open and well-formed offers")
        closed = (e for e in self.entries.values() if not e.open and e.body is None)
        shut = sorted(closed, key=lambda entry: entry.key)
        if reopen > len(shut):
            raise ValueError(f"only {len(shut)} closed offers")
        random = Random(drawn(self.seed, "change", seed if seed is not None else self.snapshot_id(None)))
        chosen = random.sample(sound, count + close)
        again = random.sample(shut, reopen)
        for entry in chosen[:count]:
            entry.revision += 1
        for entry in chosen[count:]:
            entry.open = False
        for entry in again:
            entry.open = True
        new = self._appear(appear)
        now = self.touch([*chosen, *again, *new])
        return {
            "at": instant(now),
            "changed": sorted(entry.key for entry in chosen[:count]),
            "closed": sorted(entry.key for entry in chosen[count:]),
            "appeared": sorted(entry.key for entry in new),
            "reopened": sorted(entry.key for entry in again),
        }

    def _appear(self, count: int) -> list[Entry]:
        following = {kind: 1 + max((e.number for e in self._own(kind)), default=-1) for kind in KINDS}
        new = []
        for rank in range(count):
            kind = KINDS[rank % 2]
            number = following[kind] + rank // 2
            new.append(Entry(reference(kind, number), kind, number, 1, 0, open=True, updated=0))
        return new

    def _own(self, kind: Kind) -> Iterable[Entry]:
        return (entry for entry in self.entries.values() if entry.kind == kind and entry.body is None)

    def malform(self, refs: Iterable[str], how: str | None) -> int:
        """The newest payload of these offers is malformed from now on, or with None well-formed again."""
        entries = [self.entries[ref] for ref in refs]
        for entry in entries:
            if how is not None and how not in {*BY_KIND[entry.kind], "not_json"}:
                raise ValueError(f"{how} is not for {entry.kind}: one of {BY_KIND[entry.kind]} or not_json")
        for entry in entries:
            entry.malformation = how
        return self.touch(entries)


_QUOTED_NAN = msgspec.json.encode(NAN)


def natural_malformation(seed: int, kind: Kind, number: int) -> str | None:
    """How the n-th offer is malformed of itself: about one in a hundred is."""
    draw = drawn(seed, "malformed", kind, number)
    if draw % 1000 >= MALFORMED_PER_MILLE:
        return None
    return BY_KIND[kind][draw // 1000 % len(BY_KIND[kind])]


def merged(target: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396) applied."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


_encode: Callable[[Any], bytes] = msgspec.json.encode


def _written(entry: Entry) -> tuple[Any, ...]:
    correction = None if entry.correction is None else _encode(entry.correction).decode()
    body = None if entry.body is None else _encode(entry.body).decode()
    numbers = (entry.number, entry.revision, entry.version, entry.open, entry.updated)
    return (entry.key, entry.kind, *numbers, entry.malformation, correction, body)


def _read(row: tuple[Any, ...]) -> Entry:
    key, kind, number, revision, version, is_open, updated, malformation, correction, body = row
    return Entry(
        key,
        kind,
        number,
        revision,
        version,
        open=bool(is_open),
        updated=updated,
        malformation=malformation,
        correction=None if correction is None else msgspec.json.decode(correction),
        body=None if body is None else msgspec.json.decode(body),
    )
