"""The outside of a world: the contractor's board, what changes on it, and what the hub should have made of it.

Belongs here: the two changes of the story, every version that was ever served. Does not: what the hub did (truth.py).

The expectations are rendered by the hub's own pure functions (wire, normalise): what they say is tested where they live.
Here it only matters which version of which offer is where.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import msgspec

from connectors.contractor import wire
from connectors.contractor.pages import read_page
from connectors.http import ATTEMPTS
from core.normalise import normalise
from schemas import documents
from schemas.errors import Rejected
from schemas.offer import Offer, key_of
from tests.worlds import Sandbox

_CLIENT = {"grant_type": "client_credentials", "client_id": "boostez", "client_secret": "sandbox-secret"}


class Outside:
    """The contractor's board during one world.

    ``versions`` are the valid contents that each offer, by key, ever had, oldest first.
    """

    def __init__(self, sandbox: Sandbox, seed: int) -> None:
        self.sandbox, self.seed = sandbox, seed
        self.versions: dict[str, list[Offer]] = defaultdict(list)
        self._note()

    def change_a_first_time(self) -> None:
        """Some are updated, two close, one is new."""
        self.sandbox.tell("/contractor/change", count=3, close=2, appear=1, seed=self.seed)
        self._note()

    def change_a_second_time(self) -> None:
        """Two become malformed (of one the reference cannot be read), one is updated, one closes, one opens again."""
        sound = self.sandbox.http.get("/truth/offers", params={"malformed": "false"}).json()["items"]
        bad = Random(self.seed).sample([offer["ref"] for offer in sound if offer["status"] == "open"], 2)
        self.sandbox.tell("/contractor/malform", refs=bad[:1], how="title_long")
        self.sandbox.tell("/contractor/malform", refs=bad[1:], how="ref_missing")
        self.sandbox.tell("/contractor/change", count=1, close=1, reopen=1, seed=self.seed + 1)
        self._note()

    @contextmanager
    def away(self) -> Iterator[None]:
        """The contractor answers that it is not there: people must be told."""
        self.sandbox.fault("/v1/offers", "unavailable", times=ATTEMPTS)
        try:
            yield
        finally:
            self.sandbox.http.delete("/faults").raise_for_status()

    def served(self) -> list[bytes]:
        """The payloads of every open offer, byte for byte."""
        http, base = self.sandbox.http, self.sandbox.base
        token = http.post(f"{base}/oauth/token", data=_CLIENT).json()["access_token"]
        answer = http.get(
            f"{base}/v1/offers", params={"limit": "1000"}, headers={"Authorization": f"Bearer {token}"}
        )
        answer.raise_for_status()
        return [bytes(raw) for raw in read_page(answer.content).items]

    def board(self) -> Board:
        """The board as it is now."""
        entries = self.sandbox.http.get("/truth/offers").json()["items"]
        by_key = {key_of(wire.SOURCE, entry["ref"]): entry for entry in entries}
        is_open = {key for key, entry in by_key.items() if entry["status"] == "open"}
        malformed = {key for key in is_open if by_key[key]["malformation"]}
        return Board(
            valid={key: self.versions[key][-1] for key in is_open - malformed},
            malformed={key: tuple(self.versions[key]) for key in malformed},
            closed=frozenset(by_key.keys() - is_open),
            served=frozenset(hashlib.sha256(raw).digest() for raw in self.served()),
        )

    def _note(self) -> None:
        for raw in self.served():
            offer = canonical(msgspec.json.decode(raw))
            if offer is not None:
                seen = self.versions[key_of(wire.SOURCE, offer.ref)]
                if offer not in seen[-1:]:
                    seen.append(offer)


class Board(msgspec.Struct, frozen=True):
    """What the contractor has, by key: ``valid`` open offers with their content; ``malformed`` open ones with the contents
    they had when they were valid; ``closed`` ones. ``served`` are the hashes of all open payloads."""

    valid: dict[str, Offer]
    malformed: dict[str, tuple[Offer, ...]]
    closed: frozenset[str]
    served: frozenset[bytes]


def canonical(payload: Any) -> Offer | None:
    """The Region's form of a payload; None for one that breaks a rule."""
    if not documents.valid(wire.SCHEMA, payload):
        return None
    try:
        verdict = normalise(wire.draft(payload))
    except Rejected:
        return None
    return None if isinstance(verdict, tuple) else verdict.offer
