"""What a channel is: the port that every outside place the hub writes to must fit.

Belongs here: the three shapes of a channel and what each declares. Does not: any channel (its own folder) or the
protocol's transactions (region/ledger.py).

Three shapes, because places differ in what one call does:
- items: one object an effect, sent in batches, each with its own answer (a Page, a mailbox, a calendar);
- document: one file holds every effect and is replaced as a whole (a feed);
- board: a table in our own database, where effect and receipt are one commit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from connectors.region.database import Region
from core.effects import Found, Intent, Receipt
from schemas.offer import Offer


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel can do.

    ``form`` is the version of what it writes: a new one rewrites everything. ``batch`` effects fit one call, of which
    ``in_flight`` may run at once. ``lookup`` tells whether an unknown effect can be looked up; an object shows
    ``settle_seconds`` after its creation at the latest. ``lease_seconds`` is how long a worker may hold a claim.
    """

    form: str
    batch: int
    in_flight: int = 1
    lookup: bool = True
    settle_seconds: float = 0.0
    lease_seconds: float = 600.0


class Entry(msgspec.Struct, frozen=True):
    """One offer of a document, with the marker that its link carries."""

    marker: str
    offer: Offer


class Sent(msgspec.Struct, frozen=True):
    """What came of one call. ``hold``: seconds to leave the channel alone; ``halt``: why a person must act first."""

    receipts: list[Receipt]
    hold: float = 0.0
    halt: str | None = None


class Channel(ABC):
    """An outside place, by name."""

    name: str
    capabilities: Capabilities

    @abstractmethod
    def find(self, intents: Sequence[Intent]) -> Mapping[int, Found]:
        """Look up what the channel shows of these effects, by effect number; those not there are left out.

        Raises:
            RetryLater: it cannot be told now.

        """

    @abstractmethod
    def inventory(self) -> Iterator[Found | None]:
        """Everything that is on the channel; None stands for an object that is not ours."""

    def close(self) -> None:  # noqa: B027 - most channels hold nothing open
        """Let go of what is held open."""


class ItemChannel(Channel):
    """A channel of single objects."""

    @abstractmethod
    def send(self, intents: Sequence[Intent]) -> Sent:
        """Carry out at most ``capabilities.batch`` intents in one call; one receipt each, in any order. Thread-safe.

        Raises:
            RetryLater: nothing was done; the channel asks for time.
            Permanent: nothing was done, and nothing will be until a person acts.

        """


class DocumentChannel(Channel):
    """A channel that is one document."""

    @abstractmethod
    def present(self) -> bool:
        """Whether the document is there."""

    @abstractmethod
    def replace(self, entries: Iterable[Entry], built_at: str) -> int:
        """Write the whole document and put it in the old one's place at once. Returns how many entries it has.

        The same entries and ``built_at`` give the same bytes.
        """


class BoardChannel(Channel):
    """A channel in the Region's own database."""

    @abstractmethod
    def place(self, region: Region, limit: int) -> Mapping[str, int]:
        """Carry out at most ``limit`` planned effects in one transaction. Returns how many, by operation."""
