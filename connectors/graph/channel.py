"""A channel of objects on the Page, whatever their kind.

Belongs here: the port's calls, as batches. Does not: what is sent and what an object shows (the channels' own folders).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.channel import Capabilities, ItemChannel, Readable, Sent
from connectors.graph import client, words
from connectors.graph.client import Graph
from connectors.graph.edge import Edge
from core.effects import Found, Intent, Receipt
from schemas.errors import Unknown

SETTLE: Final = 60.0  # seconds after which a created object is listed


class GraphChannel(ItemChannel, Readable):
    """Objects of one edge. ``form`` is the version of what is written on them, ``in_flight`` how many batches run at once."""

    def __init__(self, graph: Graph, edge: Edge, form: str, in_flight: int = 1) -> None:
        self.graph, self.http, self._edge = graph, graph.http, edge
        self.capabilities = Capabilities(
            form=form, batch=client.BATCH, in_flight=in_flight, settle_seconds=SETTLE, complete=False
        )

    @abstractmethod
    def item(self, intent: Intent) -> words.Item:
        """The request that carries out an intent."""

    def receipt(self, intent: Intent, answer: Any) -> Receipt:
        """What the answer to it says."""
        return words.receipt(intent, answer)

    def close(self) -> None:
        """See the port."""
        self.http.close()

    def send(self, intents: Sequence[Intent]) -> Sent:
        """See the port."""
        items = [self.item(intent) for intent in intents]
        try:
            answers = self.graph.write(items)
        except Unknown as error:
            return Sent([Receipt(i.effect, "unknown", error=str(error), cause="answer") for i in intents])
        receipts = [self.receipt(intent, answer) for intent, answer in zip(intents, answers, strict=True)]
        return Sent(receipts, words.halt(answers))

    def find(self, intents: Sequence[Intent]) -> Mapping[int, Found]:
        """See the port."""
        return self._edge.find(intents)

    def inventory(self) -> Iterator[Found]:
        """See the port."""
        return self._edge.inventory()
