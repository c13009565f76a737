"""What the Region sends to the contractor: its own offers, corrections, closures.

Belongs here: the verdict on each item of a batch, and the memory of idempotency keys. Does not: HTTP (contractor.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

import jsonschema_rs
import msgspec

from sandbox.board import Board, Entry, merged
from sandbox.clock import DAY, Clock
from sandbox.places import REFERENCE
from sandbox.state import State

OWN = "ara:"
_SCHEMA = REFERENCE.parent / "json" / "contractor.offer.v1.json"
_FIXED = frozenset({"ref", "version", "kind", "status", "updated_at"})
_RECEIVED = "received "  # what the names of the facts begin with that count results
_UNORDERED: Mapping[str, Any] = {}
Result = dict[str, Any]


class KeyReused(ValueError):
    """The idempotency key came before, with another body."""


class Exchange:
    """The receiving end of ``/v1/offers:batch``."""

    def __init__(self, state: State, clock: Clock, board: Board) -> None:
        self._state, self._clock, self._board = state, clock, board

    def received(self) -> dict[str, int]:
        """How many items had each status; a batch that came again counts once."""
        rows = self._state.connection.execute(
            "SELECT name, value FROM facts WHERE name LIKE ? ORDER BY name", (f"{_RECEIVED}%",)
        )
        return {name.removeprefix(_RECEIVED): int(value) for name, value in rows}

    def receive(
        self, key: str, body: bytes, items: list[Any], order: Mapping[str, Any] = _UNORDERED
    ) -> bytes:
        """The answer to a batch, the same for the same key and body during 24 hours; misbehaving as ordered."""
        digest = sha256(body).hexdigest()
        with self._state.transaction() as connection:
            connection.execute("DELETE FROM answers WHERE at <= ?", (self._clock.now() - DAY,))
            row = connection.execute("SELECT digest, answer FROM answers WHERE key = ?", (key,)).fetchone()
            if row is not None:
                if row[0] != digest:
                    raise KeyReused(key)
                return bytes(row[1])
            answer = msgspec.json.encode({"results": self._results(items, order)})
            connection.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?)", (key, digest, self._clock.now(), answer)
            )
            return answer

    def _results(self, items: list[Any], order: Mapping[str, Any]) -> list[Result]:
        fault, target = order.get("fault", ""), order.get("item")
        results = [self._obeyed(item, fault if rank == target else "") for rank, item in enumerate(items)]
        told = [result for result in results if result]
        return told[::-1] if fault == "reordered" else told

    def _obeyed(self, item: Any, fault: str) -> Result | None:
        if fault == "null_item":
            return None
        if fault == "item_error":
            return _invalid(str(item["ref"]), "refused on command")
        result = self._one(item)
        name = f"{_RECEIVED}{result['status']}"
        self._state.state(name, str(int(self._state.fact(name) or 0) + 1))
        return None if fault == "null_item_after" else result

    def _one(self, item: Any) -> Result:
        ref = item.get("ref") if isinstance(item, dict) else None
        operation = _OPERATIONS.get(str(item.get("op"))) if isinstance(item, dict) else None
        if not isinstance(ref, str) or operation is None:
            return _invalid(str(ref or ""), "an item needs an op (upsert, correct, close) and a ref")
        return operation(self, ref, item)

    def _upsert(self, ref: str, item: Mapping[str, Any]) -> Result:
        body = item.get("offer")
        if not ref.startswith(OWN) or not isinstance(body, dict) or body.get("ref") != ref:
            return _invalid(ref, f"an upsert needs a ref that starts with {OWN} and an offer of the same ref")
        if reason := _broken(body):
            return _invalid(ref, reason)
        known = self._board.entries.get(ref)
        is_open = body["status"] == "open"
        content = {
            name: value for name, value in body.items() if name not in {"version", "updated_at", "status"}
        }
        if known is not None and (known.body, known.open) == (content, is_open):
            return {"ref": ref, "status": "unchanged", "version": known.version}
        version = known.version if known else 0
        entry = Entry(ref, body["kind"], -1, 1, version, open=is_open, updated=0, body=content)
        self._board.touch([entry])
        return {"ref": ref, "status": "updated" if known else "created", "version": entry.version}

    def _correct(self, ref: str, item: Mapping[str, Any]) -> Result:
        entry, fields, base = self._board.entries.get(ref), item.get("fields"), item.get("base_version")
        if entry is None or entry.body is not None:
            return _invalid(ref, "no offer of the contractor has this ref")
        if not isinstance(fields, dict) or not fields or _FIXED & fields.keys():
            return _invalid(ref, f"a correction needs fields, and none of {', '.join(sorted(_FIXED))}")
        if base is not None and base != entry.version:
            detail = f"corrected on version {base}, now {entry.version}"
            return {"ref": ref, "status": "conflict", "version": entry.version, "detail": detail}
        before = self._board.content(entry)
        after = merged(before, fields)
        if after == before:
            return {"ref": ref, "status": "unchanged", "version": entry.version}
        if reason := _broken(after):
            return _invalid(ref, reason)
        entry.correction = {**_patched(entry.correction or {}, fields)}
        self._board.touch([entry])
        return {"ref": ref, "status": "updated", "version": entry.version}

    def _close(self, ref: str, _item: Mapping[str, Any]) -> Result:
        entry = self._board.entries.get(ref)
        if entry is None or entry.body is None:
            return _invalid(ref, "no offer of the Region has this ref")
        if not entry.open:
            return {"ref": ref, "status": "unchanged", "version": entry.version}
        entry.open = False
        self._board.touch([entry])
        return {"ref": ref, "status": "updated", "version": entry.version}


_OPERATIONS: dict[str, Callable[[Exchange, str, Mapping[str, Any]], Result]] = {
    "upsert": Exchange._upsert,  # noqa: SLF001 - the table belongs to the class
    "correct": Exchange._correct,  # noqa: SLF001
    "close": Exchange._close,  # noqa: SLF001
}


def _patched(patch: dict[str, Any], newer: dict[str, Any]) -> dict[str, Any]:
    """Two merge patches as one: unlike a target's, a patch's nulls stay."""
    result = dict(patch)
    for name, value in newer.items():
        older = result.get(name)
        result[name] = (
            _patched(older, value) if isinstance(older, dict) and isinstance(value, dict) else value
        )
    return result


def _invalid(ref: str, detail: str) -> Result:
    return {"ref": ref, "status": "invalid", "detail": detail}


@cache
def _validator() -> Any:
    return jsonschema_rs.validator_for(msgspec.json.decode(_SCHEMA.read_bytes()))


def _broken(offer: dict[str, Any]) -> str | None:
    error = next(iter(_validator().iter_errors(offer)), None)
    return None if error is None else f"/{'/'.join(map(str, error.instance_path))}: {error.message[:200]}"
