"""What a channel is: the port that every outside place the hub writes to must fit.

Belongs here: the three shapes of a channel and what each declares. Does not: any channel (its own folder) or the
protocol's transactions (region/ledger/ledger.py).

Three shapes, because places differ in what one call does:
- items: one object an effect, sent in batches, each with its own answer (a Page, a mailbox, a calendar);
- document: one file holds every effect and is replaced as a whole (a feed);
- board: a table in our own database, where effect and receipt are one commit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from core.effects import Found, Intent, Only, Receipt
from schemas.errors import Permanent
from schemas.offer import Offer


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel can do.

    ``form`` is the version of what it writes: a new one rewrites everything. ``batch`` effects fit one call, of which
    ``in_flight`` may run at once. An object shows ``settle_seconds`` after its creation at the latest, in an inventory that
    is ``complete`` or not. ``lease_seconds`` is how long a worker may hold a claim.
    """

    form: str
    batch: int
    in_flight: int = 1
    settle_seconds: float = 0.0
    complete: bool = True
    lease_seconds: float = 600.0


class Entry(msgspec.Struct, frozen=True):
    """One offer of a document, with the marker that its link carries."""

    marker: str
    offer: Offer


class Sent(msgspec.Struct, frozen=True):
    """What came of one call. ``halt``: why a person must act before the next."""

    receipts: list[Receipt]
    halt: Permanent | None = None


class Channel(ABC):
    """An outside place, by name."""

    name: str
    capabilities: Capabilities

    def close(self) -> None:  # noqa: B027 - most channels hold nothing open
        """Let go of what is held open."""


class Readable(Channel):
    """A channel that can be read back. On any other an unknown effect is parked: nobody can look."""

    @abstractmethod
    def find(self, intents: Sequence[Intent]) -> Mapping[int, Found]:
        """Look up what the channel shows of these effects, by effect number; those not there are left out.

        Raises:
            RetryLater: it cannot be told now.

        """

    @abstractmethod
    def inventory(self) -> Iterator[Found]:
        """Everything that is on the channel; an object with an empty marker is not ours, as far as can be seen."""

    @abstractmethod
    def digest(self, marker: str, content: bytes) -> str:
        """The digest that ``find`` and ``inventory`` give of an object that shows this encoded offer under this marker."""


class ItemChannel(Channel):
    """A channel of single objects."""

    @abstractmethod
    def send(self, intents: Sequence[Intent]) -> Sent:
        """Carry out at most ``capabilities.batch`` intents in one call; one receipt each, in any order. Thread-safe.

        Raises:
            RetryLater: nothing was done; the channel asks for time.
            Permanent: nothing was done, and nothing will be until a person acts.

        """


class DocumentChannel(Readable):
    """A channel that is one document."""

    @abstractmethod
    def present(self) -> bool:
        """Whether the document is there, to its end; cheap, for every delivery asks."""

    @abstractmethod
    def whole(self) -> bool:
        """Whether all of it can be read, in every form in which it is offered; for audits."""

    @abstractmethod
    def replace(self, entries: Iterable[Entry], built_at: str) -> int:
        """Write the whole document and put it in the old one's place at once. Returns how many entries it has.

        The same entries and ``built_at`` give the same bytes.
        """


class BoardChannel(Readable):
    """A channel in the Region's own database."""

    @abstractmethod
    def place(self, limit: int, only: Only) -> Mapping[str, int]:
        """Carry out at most ``limit`` planned effects in one transaction. Returns how many, by operation."""
